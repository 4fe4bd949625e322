"""Meter events of API v2, one by one and streamed, with the official SDK."""

import datetime

import pytest
import requests
import stripe

from harness import PLATFORM_SECRET, SELLER_SECRET


def client_of(server, key):
    return stripe.StripeClient(key, base_addresses={"api": server.origin, "meter_events": server.origin})


@pytest.fixture(scope="module")
def sold(server):
    """A client of a platform, a meter of it, a customer who uses it."""
    client = client_of(server, PLATFORM_SECRET)
    meter = client.v1.billing.meters.create({
        "display_name": "Tea", "event_name": "tea", "default_aggregation": {"formula": "sum"}})
    return client, meter, client.v1.customers.create({"name": "Jenny"})


def used(client, meter, customer):
    now = int(datetime.datetime.now(datetime.UTC).timestamp())
    found = client.v1.billing.meters.event_summaries.list(meter.id, {
        "customer": customer.id, "start_time": now // 60 * 60 - 3600, "end_time": now // 60 * 60 + 60})
    return sum(it.aggregated_value for it in found.data)


def cups(customer, value, **more):
    return {"event_name": "tea", "payload": {"stripe_customer_id": customer.id, "value": str(value)}, **more}


def test_events_are_counted_and_cancelled(sold):
    client, meter, customer = sold
    before = used(client, meter, customer)
    it = client.v2.billing.meter_events.create(cups(customer, 3, identifier="one"))
    assert (it.object, it.event_name, it.identifier, it.livemode) == ("v2.billing.meter_event", "tea", "one", False)
    assert it.payload["value"] == "3" and it.created.endswith("Z") and it.timestamp.endswith("Z")
    ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    moment = ago.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert client.v2.billing.meter_events.create(cups(customer, 4, timestamp=moment)).timestamp == moment
    assert used(client, meter, customer) == before + 7
    undone = client.v2.billing.meter_event_adjustments.create({
        "event_name": "tea", "type": "cancel", "cancel": {"identifier": "one"}})
    assert (undone.object, undone.status, undone.cancel.identifier) == (
        "v2.billing.meter_event_adjustment", "complete", "one")
    assert undone.id.startswith("mtrea_")
    assert used(client, meter, customer) == before + 4
    for wrong in (cups(customer, 1, identifier="one"), cups(customer, "x"), cups(customer, 1, timestamp="yesterday"),
                  {**cups(customer, 1), "event_name": "coffee"}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v2.billing.meter_events.create(wrong)
        assert refused.value.http_status == 400


def test_events_are_streamed_with_a_session_alone(server, sold):
    client, meter, customer = sold
    session = client.v2.billing.meter_event_session.create()
    assert session.object == "v2.billing.meter_event_session" and session.id.startswith("mes_")
    created, ends = (datetime.datetime.fromisoformat(at) for at in (session.created, session.expires_at))
    assert ends - created == datetime.timedelta(minutes=15)
    streaming = client_of(server, session.authentication_token)
    before = used(client, meter, customer)
    streaming.v2.billing.meter_event_stream.create({"events": [cups(customer, n) for n in range(1, 11)]})
    assert used(client, meter, customer) == before + 55
    # All of a request or nothing of it.
    with pytest.raises(stripe.InvalidRequestError) as refused:
        streaming.v2.billing.meter_event_stream.create({"events": [cups(customer, 1), cups(customer, "x")]})
    assert "events[1]" in refused.value.user_message or refused.value.http_status == 400
    for events in ([], [cups(customer, 1)] * 101):
        with pytest.raises(stripe.InvalidRequestError):
            streaming.v2.billing.meter_event_stream.create({"events": events})
    assert used(client, meter, customer) == before + 55
    # The token opens nothing else, other keys do not stream, and another account's customers do not exist.
    with pytest.raises(stripe.PermissionError):
        streaming.v1.customers.list()
    with pytest.raises(stripe.AuthenticationError):
        client.v2.billing.meter_event_stream.create({"events": [cups(customer, 1)]})
    other = client_of(server, client_of(server, SELLER_SECRET).v2.billing.meter_event_session.create().authentication_token)
    with pytest.raises(stripe.InvalidRequestError):
        other.v2.billing.meter_event_stream.create({"events": [cups(customer, 1)]})
    server.advance(15 * 60)
    late = requests.post(server.origin + "/v2/billing/meter_event_stream", json={"events": [cups(customer, 1)]},
                         headers={"Authorization": "Bearer " + session.authentication_token})
    assert late.status_code == 401, late.text


def test_who_lives_by_a_test_clock_is_not_streamed(server, sold):
    client, _, _ = sold
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": 1_700_000_000})
    customer = client.v1.customers.create({"test_clock": clock.id})
    token = client.v2.billing.meter_event_session.create().authentication_token
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client_of(server, token).v2.billing.meter_event_stream.create({"events": [cups(customer, 1)]})
    assert "test clock" in str(refused.value)
    assert client.v2.billing.meter_events.create(cups(customer, 1)).timestamp == "2023-11-14T22:13:20.000Z"
