"""Faults on demand: what the official SDK's own retries make of them. Nothing twice, nothing lost."""

import collections
import concurrent.futures
import secrets

import pytest
import requests
import stripe

from harness import Receiver, Server

CHARGE = {"amount": 1000, "currency": "usd", "source": "tok_visa"}


@pytest.fixture
def key():
    """A world of its own for each test."""
    return "sk_test_" + secrets.token_hex(12)


@pytest.fixture
def retries(monkeypatch):
    """The SDK tries again by itself, without its usual pauses."""
    monkeypatch.setattr(stripe, "max_network_retries", 4)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


def fault(server, key, **form):
    answer = server.post("/_tollbridge/faults", key, form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rules(server, key):
    return server.get("/_tollbridge/faults", key).json()["data"]


def charges(key):
    return list(stripe.Charge.list(api_key=key, limit=100).auto_paging_iter())


@pytest.mark.parametrize("form", [
    {"fault": "rate_limit"},
    {"fault": "lock_timeout"},
    {"fault": "error", "status": 500},
    {"fault": "error", "status": 503, "when": "after"},
    {"fault": "dropped"},
    {"fault": "dropped", "when": "after"},
], ids=lambda form: "-".join(map(str, form.values())))
def test_the_sdk_gets_through_and_charges_once(server, key, retries, form):
    made = fault(server, key, route="/v1/charges", method="POST", count=2, **form)
    charge = stripe.Charge.create(api_key=key, **CHARGE)
    assert [it.id for it in charges(key)] == [charge.id]
    told = [e for e in stripe.Event.list(api_key=key).data if e.type == "charge.succeeded"]
    assert [e.data.object.id for e in told] == [charge.id]
    after = form.get("when") == "after"
    assert ("idempotent-replayed" in charge.last_response.headers) == after
    assert charge.last_response.headers.get("Original-Request", "") != ""
    [rule] = rules(server, key)
    assert (rule["id"], rule["met"], rule["count"]) == (made["id"], 2, 0)


def test_who_does_not_try_again_learns_what_was_lost(server, key):
    fault(server, key, fault="error", status=502, when="after", count=1)
    with pytest.raises(stripe.APIError) as failed:
        stripe.Charge.create(api_key=key, idempotency_key="once", **CHARGE)
    assert failed.value.http_status == 502 and "fault_1" in str(failed.value)
    assert failed.value.headers["Stripe-Should-Retry"] == "true"
    [held] = charges(key)
    again = stripe.Charge.create(api_key=key, idempotency_key="once", **CHARGE)
    assert again.id == held.id
    fault(server, key, fault="dropped", when="after", count=1)
    with pytest.raises(stripe.APIConnectionError):
        stripe.Charge.create(api_key=key, **CHARGE)
    assert len(charges(key)) == 2


def test_a_rate_limit_has_the_shape_of_one(server, key, retries):
    fault(server, key, fault="rate_limit", should_retry="false", count=2)
    with pytest.raises(stripe.RateLimitError) as limited:
        stripe.Balance.retrieve(api_key=key)
    headers = limited.value.headers
    assert (limited.value.http_status, limited.value.error.code) == (429, "rate_limit")
    assert headers["Stripe-Should-Retry"] == "false" and headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    of_old = server.get("/v1/balance", key, headers={"Stripe-Version": "2012-10-26"})
    assert of_old.status_code == 400, "the SDK did not try again, so one was left"
    line = server.get("/_tollbridge/requests", key).json()["data"][0]
    assert (line["status"], line["error"]["code"]) == (400, "rate_limit"), "it is in the log as any other request"


def test_only_what_a_rule_names_meets_it(server, key):
    account = stripe.Account.create(api_key=key, type="custom", country="US", capabilities={
        "card_payments": {"requested": True}, "transfers": {"requested": True}})
    fault(server, key, fault="error", account=account.id)
    fault(server, key, fault="error", method="delete", route="/v1/customers/{id}")
    assert stripe.Balance.retrieve(api_key=key).object == "balance"
    with pytest.raises(stripe.APIError):
        stripe.Balance.retrieve(api_key=key, stripe_account=account.id)
    customer = stripe.Customer.create(api_key=key)
    with pytest.raises(stripe.APIError):
        stripe.Customer.delete(customer.id, api_key=key)
    assert [rule["met"] for rule in rules(server, key)] == [1, 1]
    assert server.get("/v1/customers", "sk_test_" + secrets.token_hex(12)).status_code == 200, "another world"
    first = rules(server, key)[0]["id"]
    assert server.request("DELETE", f"/_tollbridge/faults/{first}", key).json() == {"id": first, "deleted": True}
    assert stripe.Balance.retrieve(api_key=key, stripe_account=account.id).object == "balance"
    assert server.request("DELETE", "/_tollbridge/faults", key).json() == {"deleted": 1}
    assert rules(server, key) == []


def test_a_bank_declines_whatever_card_it_is(server, key):
    fault(server, key, fault="decline", decline_code="insufficient_funds", count=1)
    with pytest.raises(stripe.CardError) as declined:
        stripe.Charge.create(api_key=key, **CHARGE)
    assert (declined.value.code, declined.value.error.decline_code) == ("card_declined", "insufficient_funds")
    [failed] = charges(key)
    assert (failed.status, failed.failure_code, failed.id) == ("failed", "card_declined", declined.value.error.charge)
    assert stripe.Charge.create(api_key=key, **CHARGE).paid
    fault(server, key, fault="decline", decline_code="processing_error", route="/v1/payment_intents/{id}/confirm")
    intent = stripe.PaymentIntent.create(
        api_key=key, amount=500, currency="usd", payment_method="pm_card_visa",
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"})
    with pytest.raises(stripe.CardError) as declined:
        stripe.PaymentIntent.confirm(intent.id, api_key=key)
    assert declined.value.code == "processing_error"
    assert stripe.PaymentIntent.retrieve(intent.id, api_key=key).status == "requires_payment_method"


def test_delays_are_felt(server, key):
    fault(server, key, fault="latency", latency=300, route="/v1/balance")
    took = server.get("/v1/balance", key).elapsed.total_seconds()
    assert took >= 0.3
    with pytest.raises(requests.Timeout):
        server.get("/v1/balance", key, timeout=0.1)


def test_a_code_is_not_lost_with_the_answer(server, key):
    world = server.get("/_tollbridge/world", key).json()
    form = {"client_id": world["development_client_id"], "account": world["seller"]["account"]}
    code = server.post("/_tollbridge/codes", key, form).json()["codes"][0]
    swap = {"client_secret": key, "grant_type": "authorization_code", "code": code}
    fault(server, key, fault="error", status=503, route="/oauth/token", count=1)
    refused = server.post("/oauth/token", form=swap)
    assert (refused.status_code, refused.headers["Stripe-Should-Retry"]) == (503, "true")
    assert server.post("/oauth/token", form=swap).status_code == 200
    fault(server, key, fault="dropped", route="/oauth/token", count=1)
    with pytest.raises(requests.ConnectionError):
        server.post("/oauth/token", form=swap)


@pytest.mark.parametrize("form, param", [
    ({}, "fault"),
    ({"fault": "explosion"}, "fault"),
    ({"fault": "latency"}, "latency"),
    ({"fault": "latency", "latency": 120_001}, "latency"),
    ({"fault": "error", "status": 404}, "status"),
    ({"fault": "rate_limit", "status": 500}, "status"),
    ({"fault": "rate_limit", "when": "after"}, "when"),
    ({"fault": "dropped", "should_retry": "true"}, "should_retry"),
    ({"fault": "decline", "decline_code": "bad_hair_day"}, "decline_code"),
    ({"fault": "error", "rate": "1.5"}, "rate"),
    ({"fault": "error", "count": -1}, "count"),
    ({"fault": "error", "route": "v1/charges"}, "route"),
    ({"fault": "error", "profile": "hostile"}, "fault"),
    ({"fault": "error", "colour": "red"}, "colour"),
])
def test_what_is_no_rule_is_refused(server, key, form, param):
    answer = server.post("/_tollbridge/faults", key, form)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
    assert rules(server, key) == []


def test_without_a_key_there_are_no_rules(server):
    assert server.get("/_tollbridge/faults").status_code == 401
    assert server.request("DELETE", "/_tollbridge/faults/fault_9", "sk_test_" + secrets.token_hex(12)).status_code == 404


def test_a_hostile_server_neither_doubles_nor_loses(tmp_path, retries, monkeypatch):
    """Every charge that the SDK was told of is there once, and every charge that is there was told of."""
    monkeypatch.setattr(stripe, "max_network_retries", 10)
    server = Server(tmp_path, "--ephemeral", "--hostile", "--seed", "7").start()
    monkeypatch.setattr(stripe, "api_base", server.origin)
    receiver = Receiver()
    key = "sk_test_" + secrets.token_hex(12)
    assert len(rules(server, key)) > 8
    # Delays would only make the test slow.
    for rule in rules(server, key):
        if rule["fault"] == "latency":
            server.request("DELETE", f"/_tollbridge/faults/{rule['id']}", key)
    hook = stripe.WebhookEndpoint.create(
        api_key=key, url=receiver.url, enabled_events=["charge.succeeded", "charge.failed"])

    def pay(number):
        try:
            return stripe.Charge.create(api_key=key, **{**CHARGE, "amount": 1000 + number}).id, "succeeded"
        except stripe.CardError as declined:
            return declined.error.charge, "failed"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        told = dict(pool.map(pay, range(200)))
    assert len(told) == 200
    held = {charge.id: charge.status for charge in charges(key)}
    assert held == told
    met = {rule["fault"]: rule["met"] for rule in rules(server, key) if rule["met"]}
    assert {"error", "dropped", "decline", "rate_limit"} <= met.keys()
    assert "failed" in told.values()
    # Receivers hear of each at least once, and of some twice.
    for charge in told:
        receiver.wait(lambda e: e["data"]["object"]["id"] == charge)
    heard = collections.Counter(d.event["id"] for d in receiver.deliveries)
    assert len(heard) >= 200 and max(heard.values()) > 1
    for delivery in receiver.deliveries:
        stripe.Webhook.construct_event(delivery.body, delivery.headers["Stripe-Signature"], hook.secret, tolerance=None)
    server.stop()
    receiver.close()
