"""Webhooks: signed, repeated until answered, told to whom they concern and to nobody else."""

import time

import pytest
import stripe

from harness import DEVELOPMENT, SELLER, SELLER_SECRET, Receiver, unique


@pytest.fixture
def hook(server, receiver):
    made = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["*"], connect=True)
    yield made
    made.delete()


def test_an_endpoint_through_the_api(server, receiver):
    made = stripe.WebhookEndpoint.create(
        url=receiver.url, enabled_events=["charge.succeeded"], connect=True, description="mine",
        metadata={"a": "1"})
    assert made.id.startswith("we_") and made.secret.startswith("whsec_") and made.status == "enabled"
    assert made.application == DEVELOPMENT
    seen = stripe.WebhookEndpoint.retrieve(made.id)
    assert getattr(seen, "secret", None) is None and seen.enabled_events == ["charge.succeeded"]
    changed = stripe.WebhookEndpoint.modify(made.id, enabled_events=["*"], disabled=True)
    assert changed.status == "disabled" and changed.enabled_events == ["*"]
    assert made.id in [e.id for e in stripe.WebhookEndpoint.list(limit=100).data]
    assert made.delete().deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        stripe.WebhookEndpoint.retrieve(made.id)


def test_a_charge_is_told_signed_and_at_once(server, token, hook, receiver):
    charge = stripe.Charge.create(amount=1200, currency="usd", source="tok_visa", api_key=token)
    asked = time.time()
    delivery = receiver.wait(lambda e: e["type"] == "charge.succeeded" and e["data"]["object"]["id"] == charge.id)
    # The promise is 100 ms on an idle machine; a busy one is forgiven a little.
    assert delivery.at - asked < 1.0

    event = stripe.Webhook.construct_event(delivery.body, delivery.headers["Stripe-Signature"], hook.secret)
    assert event.type == "charge.succeeded" and event.livemode is False and event.pending_webhooks >= 1
    assert event.account == SELLER
    assert event.data.object.amount == 1200
    assert delivery.headers["Content-Type"].startswith("application/json")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(delivery.body + b" ", delivery.headers["Stripe-Signature"], hook.secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(delivery.body, delivery.headers["Stripe-Signature"], "whsec_other")

    seen = stripe.Event.retrieve(event.id, api_key=token)
    assert seen.type == event.type and seen.data.object.id == charge.id


def test_the_envelope_speaks_of_the_user(server, token, hook, receiver):
    # The envelope of the guide has user_id, that of today account; what is delivered carries both.
    stripe.Customer.create(email="u@example.com", api_key=token)
    event = receiver.wait(lambda e: e["type"] == "customer.created").event
    assert event["account"] == SELLER and event["user_id"] == SELLER


def test_only_what_was_asked_for(server, token, receiver):
    made = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["charge.refunded"], connect=True)
    charge = stripe.Charge.create(amount=1200, currency="usd", source="tok_bypassPending", api_key=token)
    stripe.Refund.create(charge=charge.id, api_key=token)
    receiver.wait(lambda e: e["type"] == "charge.refunded")
    assert {d.event["type"] for d in receiver.deliveries} == {"charge.refunded"}
    made.delete()


def test_own_events_go_to_the_own_endpoint_only(server, token, hook, receiver):
    own = Receiver()
    made = stripe.WebhookEndpoint.create(url=own.url, enabled_events=["*"])
    assert made.application is None
    mine = stripe.Customer.create(email="mine@example.com")
    theirs = stripe.Customer.create(email="theirs@example.com", api_key=token)
    heard = own.wait(lambda e: e["data"]["object"].get("id") == mine.id).event
    assert "account" not in heard and "user_id" not in heard
    receiver.wait(lambda e: e["data"]["object"].get("id") == theirs.id)
    # Both have been told by now; neither may have heard of the other's.
    assert theirs.id not in [d.event["data"]["object"].get("id") for d in own.deliveries]
    assert mine.id not in [d.event["data"]["object"].get("id") for d in receiver.deliveries]
    made.delete()
    own.close()


def test_an_unconnected_accounts_events_are_nobodys(server, hook, receiver):
    account = server.fresh_account()
    stripe.OAuth.deauthorize(client_id=DEVELOPMENT, stripe_user_id=account["stripe_user_id"])
    receiver.wait(lambda e: e["type"] == "account.application.deauthorized"
                  and e["account"] == account["stripe_user_id"])
    server.connect()
    marker = stripe.Customer.create(email="marker@example.com", stripe_account=SELLER)
    receiver.wait(lambda e: e["data"]["object"].get("id") == marker.id)
    after = [d.event for d in receiver.deliveries if d.event.get("account") == account["stripe_user_id"]]
    assert after[-1]["type"] == "account.application.deauthorized"


def test_connecting_and_revoking_are_told(server, hook, receiver):
    account = server.fresh_account()["stripe_user_id"]
    told = receiver.wait(lambda e: e["type"] == "account.application.authorized" and e["account"] == account).event
    assert told["data"]["object"] == {"id": DEVELOPMENT, "object": "application", "name": "Acme Storefronts"}
    stripe.OAuth.deauthorize(client_id=DEVELOPMENT, stripe_user_id=account)
    told = receiver.wait(lambda e: e["type"] == "account.application.deauthorized" and e["account"] == account).event
    assert told["data"]["object"] == {"id": DEVELOPMENT, "object": "application", "name": "Acme Storefronts"}
    assert told["livemode"] is False


def test_a_failed_delivery_is_repeated_with_a_new_signature(server, token, hook, receiver):
    marker = unique("retry")

    def answer(delivery):
        if marker.encode() not in delivery.body:
            return 200
        return 500 if sum(marker.encode() in d.body for d in receiver.deliveries) < 2 else 200

    receiver.answer = answer

    def mine(deliveries):
        return [d for d in deliveries if marker.encode() in d.body]

    stripe.Customer.create(name=marker, api_key=token)
    for number in (1, 2, 3):
        for _ in range(50):
            if receiver.wait_until(lambda all: len(mine(all)) >= number, timeout=0.3):
                break
            server.advance(3600)
        assert len(mine(receiver.deliveries)) >= number, "not repeated"
    told = mine(receiver.deliveries)
    assert len({d.event["id"] for d in told}) == 1
    assert len({d.headers["Stripe-Signature"] for d in told}) == 3
    for delivery in told:
        stripe.Webhook.construct_event(
            delivery.body, delivery.headers["Stripe-Signature"], hook.secret, tolerance=None)
    # Answered at last: nothing is pending, and nothing more comes.
    event = told[0].event["id"]
    for _ in range(50):
        if stripe.Event.retrieve(event, api_key=token).pending_webhooks == 0:
            break
        receiver.wait_until(lambda _: False, timeout=0.1)
    assert stripe.Event.retrieve(event, api_key=token).pending_webhooks == 0
    server.advance(24 * 3600)
    stripe.Customer.create(name="after", api_key=token)
    receiver.wait(lambda e: e["data"]["object"].get("name") == "after")
    assert len(mine(receiver.deliveries)) == 3


@pytest.mark.parametrize("status", [301, 302, 404, 500, 503])
def test_only_2xx_counts(server, token, hook, receiver, status):
    receiver.answer = lambda _: status
    marker = unique("status")
    customer = stripe.Customer.create(name=marker, api_key=token)
    event = receiver.wait(lambda e: e["data"]["object"].get("id") == customer.id).event
    assert stripe.Event.retrieve(event["id"], api_key=token).pending_webhooks >= 1


def test_a_dead_endpoint_holds_up_nobody(server, token, hook, receiver):
    dead = stripe.WebhookEndpoint.create(url="http://127.0.0.1:9/nobody", enabled_events=["*"], connect=True)
    customer = stripe.Customer.create(email="d@example.com", api_key=token)
    receiver.wait(lambda e: e["data"]["object"].get("id") == customer.id, timeout=5)
    dead.delete()


def test_the_event_list_and_the_deliveries_agree(server, token, hook, receiver):
    made = [stripe.Customer.create(name=f"agree{i}", api_key=token).id for i in range(20)]
    assert receiver.wait_until(
        lambda all: set(made) <= {d.event["data"]["object"].get("id") for d in all}, timeout=20)
    listed = {e.id: e for e in stripe.Event.list(type="customer.created", limit=100, api_key=token).data}
    for delivery in receiver.deliveries:
        event = delivery.event
        if event["data"]["object"].get("id") in made:
            assert listed[event["id"]].data.object.id == event["data"]["object"]["id"]


@pytest.mark.parametrize("form", [
    {"enabled_events": ["*"]}, {"url": "http://127.0.0.1:1/"}, {"url": "not a url", "enabled_events": ["*"]},
    {"url": "ftp://127.0.0.1/", "enabled_events": ["*"]}, {"url": "http://", "enabled_events": ["*"]},
    {"url": "http://127.0.0.1:1/", "enabled_events": ["no.such.event"]},
    {"url": "http://127.0.0.1:1/", "enabled_events": ["*"], "connect": "maybe"},
    {"url": "http://127.0.0.1:1/", "enabled_events": []},
    {"url": "http://127.0.0.1:1/" + "x" * 6000, "enabled_events": ["*"]},
])
def test_a_wrong_endpoint(server, form):
    with pytest.raises(stripe.InvalidRequestError):
        stripe.WebhookEndpoint.create(**form)


def test_the_seller_sees_the_platforms_endpoints_not(server, hook):
    assert hook.id not in [e.id for e in stripe.WebhookEndpoint.list(api_key=SELLER_SECRET).data]
    with pytest.raises(stripe.InvalidRequestError):
        stripe.WebhookEndpoint.retrieve(hook.id, api_key=SELLER_SECRET)
