"""Event destinations and thin events, as today's official SDK uses API v2."""

import json

import pytest
import stripe
from stripe.events import V1CustomerCreatedEventNotification

from harness import PLATFORM_SECRET, SELLER, unique

ALL = ["webhook_endpoint.signing_secret", "webhook_endpoint.url"]


@pytest.fixture
def client(server):
    return stripe.StripeClient(
        PLATFORM_SECRET, base_addresses={"api": server.origin, "connect": server.origin}, max_network_retries=0)


@pytest.fixture
def destination(client, receiver):
    made = client.v2.core.event_destinations.create({
        "name": "thin", "type": "webhook_endpoint", "event_payload": "thin",
        "events_from": ["@self", "@accounts"], "enabled_events": ["*"],
        "webhook_endpoint": {"url": receiver.url}, "include": ALL})
    yield made
    client.v2.core.event_destinations.delete(made.id)


def parse(client, destination, delivery):
    """The notification, after the SDK's own check of the signature."""
    return client.parse_event_notification(
        delivery.body, delivery.headers["Stripe-Signature"], destination.webhook_endpoint.signing_secret)


def test_the_life_of_a_destination(client, receiver):
    calls = client.v2.core.event_destinations
    made = calls.create({
        "name": "mine", "type": "webhook_endpoint", "event_payload": "snapshot", "enabled_events": ["charge.succeeded"],
        "description": "words", "metadata": {"a": "1"}, "webhook_endpoint": {"url": receiver.url}, "include": ALL})
    assert made.id.startswith("ed_") and made.object == "v2.core.event_destination"
    assert made.webhook_endpoint.signing_secret.startswith("whsec_") and made.webhook_endpoint.url == receiver.url
    assert made.events_from == ["@self"] and made.status == "enabled" and made.snapshot_api_version
    seen = calls.retrieve(made.id)
    assert seen.webhook_endpoint.url is None and seen.webhook_endpoint.signing_secret is None
    assert calls.retrieve(made.id, {"include": ["webhook_endpoint.url"]}).webhook_endpoint.url == receiver.url
    changed = calls.update(made.id, {"name": "renamed", "metadata": {"a": None, "b": "2"}})
    assert changed.name == "renamed" and changed.metadata.to_dict() == {"b": "2"}
    assert calls.disable(made.id).status_details.disabled.reason == "user"
    assert calls.enable(made.id).status == "enabled"
    assert made.id in [it.id for it in calls.list({"limit": 1}).auto_paging_iter()]
    assert calls.delete(made.id).id == made.id
    with pytest.raises(stripe.InvalidRequestError) as gone:
        calls.retrieve(made.id)
    assert gone.value.http_status == 404 and gone.value.code == "not_found"


def test_a_thin_event_is_verified_and_fetched(client, destination, receiver):
    customer = client.v1.customers.create({"name": unique("thin")})
    delivery = receiver.wait(lambda e: (e.get("related_object") or {}).get("id") == customer.id)
    event = parse(client, destination, delivery)
    assert isinstance(event, V1CustomerCreatedEventNotification)
    assert event.type == "v1.customer.created" and event.livemode is False and event.context is None
    assert event.fetch_related_object().id == customer.id
    full = event.fetch_event()
    assert full.id == event.id and full.type == event.type
    assert full.reason.type == "request" and full.reason.request.id.startswith("req_")
    assert client.v1.events.retrieve(full.snapshot_event).data.object.id == customer.id
    with pytest.raises(stripe.SignatureVerificationError):
        client.parse_event_notification(delivery.body + b" ", delivery.headers["Stripe-Signature"],
                                        destination.webhook_endpoint.signing_secret)


def test_a_connected_accounts_event_leads_to_the_account(server, connection, client, destination, receiver):
    customer = client.v1.customers.create({"name": "theirs"}, {"stripe_account": SELLER})
    delivery = receiver.wait(lambda e: (e.get("related_object") or {}).get("id") == customer.id)
    event = parse(client, destination, delivery)
    assert str(event.context) == SELLER
    # Both are asked for with `Stripe-Context`.
    assert event.fetch_related_object().id == customer.id
    assert event.fetch_event().related_object.id == customer.id
    with pytest.raises(stripe.InvalidRequestError):
        client.v2.core.events.retrieve(event.id)


def test_a_ping(client, destination, receiver):
    told = client.v2.core.event_destinations.ping(destination.id)
    delivery = receiver.wait(lambda e: e["type"] == "v2.core.event_destination.ping")
    event = parse(client, destination, delivery)
    assert event.id == told.id and event.fetch_related_object().id == destination.id
    assert event.fetch_event().related_object.id == destination.id


def test_events_are_paged_and_filtered(client, server):
    customers = [client.v1.customers.create({"name": f"page{i}"}).id for i in range(5)]
    events = client.v2.core.events
    listed = events.list({"types": ["v1.customer.created"], "limit": 2})
    assert len(listed.data) == 2 and "types%5B0%5D=" in listed.next_page_url
    found = [it.related_object.id for it in listed.auto_paging_iter()]
    assert found[:5] == customers[::-1] and len(found) == len(set(found))
    one = events.list({"object_id": customers[0]}).data
    assert [it.related_object.id for it in one] == [customers[0]]
    assert not events.list({"created": {"gt": "2100-01-01T00:00:00Z"}}).data


def test_every_delivered_byte_verifies(client, destination, server, connection, receiver):
    marker = unique("bytes")
    snapshot = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"], "connect": True})
    for name in ("plain", "Zoë – “quoted” \\ \u2028 🌁", "x" * 2000):
        client.v1.customers.create({"name": marker, "description": name[:350]}, {"stripe_account": SELLER})
    charge = client.v1.charges.create(
        {"amount": 900, "currency": "usd", "source": "tok_visa"}, {"stripe_account": SELLER})
    receiver.wait(lambda e: e["type"] == "charge.succeeded" and e["data"]["object"]["id"] == charge.id)
    receiver.wait(lambda e: e["type"] == "v1.charge.succeeded" and e["related_object"]["id"] == charge.id)
    checked = set()
    for delivery in list(receiver.deliveries):
        signed = delivery.headers["Stripe-Signature"]
        if json.loads(delivery.body)["object"] == "event":
            event = stripe.Webhook.construct_event(delivery.body, signed, snapshot.secret)
        else:
            event = parse(client, destination, delivery)
        checked.add(event.type)
    assert {"customer.created", "v1.customer.created", "charge.succeeded", "v1.charge.succeeded"} <= checked
    client.v1.webhook_endpoints.delete(snapshot.id)


@pytest.mark.parametrize("change, named", [
    ({"name": ""}, "name"), ({"type": "amazon_eventbridge"}, "type"), ({"enabled_events": []}, "enabled_events"),
    ({"enabled_events": ["customer.created"]}, "enabled_events[0]"), ({"events_from": ["@organization_members"]}, "events_from[0]"),
    ({"webhook_endpoint": {"url": "ftp://x"}}, "webhook_endpoint[url]"), ({"snapshot_api_version": "2020-08-27"}, "snapshot_api_version"),
    ({"azure_event_grid": {"azure_region": "westus", "azure_resource_group_name": "g", "azure_subscription_id": "s"}}, "azure_event_grid"),
    ({"colour": "red"}, "colour"), ({"include": ["everything"]}, "include[0]"),
])
def test_what_is_wrong_is_named(client, change, named):
    whole = {"name": "n", "type": "webhook_endpoint", "event_payload": "thin", "enabled_events": ["v1.customer.created"],
             "webhook_endpoint": {"url": "http://127.0.0.1:1/"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v2.core.event_destinations.create({**whole, **change})
    assert refused.value.http_status == 400 and refused.value.code == "invalid_fields"
    assert refused.value.json_body["error"]["param"] == named


def test_buses_of_clouds_are_refused_with_what_to_do_instead(client):
    amazon = {"aws_account_id": "123456789012", "aws_region": "us-west-2"}
    azure = {"azure_region": "westus", "azure_resource_group_name": "shop", "azure_subscription_id": "s1"}
    for kind, place in (("amazon_eventbridge", amazon), ("azure_event_grid", azure)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v2.core.event_destinations.create({
                "name": "bus", "type": kind, kind: place, "event_payload": "thin", "enabled_events": ["*"]})
        error = refused.value.json_body["error"]
        assert (refused.value.http_status, error["param"]) == (400, "type")
        assert "over HTTP alone" in error["message"] and kind in error["message"]
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v2.core.event_destinations.create({
                "name": "bus", "type": kind, kind: {}, "event_payload": "thin", "enabled_events": ["*"]})
        assert refused.value.json_body["error"]["param"].startswith(kind + "[")


def test_a_request_is_repeated_under_its_key(client, receiver):
    whole = {"name": "once", "type": "webhook_endpoint", "event_payload": "thin", "enabled_events": ["*"],
             "webhook_endpoint": {"url": receiver.url}, "include": ALL}
    calls, key = client.v2.core.event_destinations, unique("key")
    first, second = (calls.create(whole, {"idempotency_key": key}) for _ in range(2))
    assert (first.id, first.webhook_endpoint.signing_secret) == (second.id, second.webhook_endpoint.signing_secret)
    # A deletion is repeated, too, and not answered by 404.
    for _ in range(2):
        assert calls.delete(first.id, None, {"idempotency_key": key + "d"}).id == first.id


def test_forms_are_not_spoken_here(server):
    answer = server.post("/v2/core/event_destinations", key=PLATFORM_SECRET, form={"name": "x"})
    assert answer.status_code == 400 and "application/json" in answer.json()["error"]["message"]
