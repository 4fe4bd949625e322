"""Subscriptions by the official SDK: a whole life on a test clock, and as they were in the first years."""

import subprocess
import re
import time

import pytest
import stripe

import harness
from harness import BINARY, Person, Server, unique

CLOCK = stripe.test_helpers.TestClock
DAY = 86_400
# Monday, 1 January 2024.
START = 1_704_067_200


def move(clock, to, **how):
    """Moves a clock, in as many steps as that takes: two intervals of the shortest subscription are one."""
    while True:
        try:
            CLOCK.advance(clock.id, frozen_time=to, **how)
        except stripe.InvalidRequestError as refused:
            farthest = re.search(r"here up to (\d+)", str(refused))
            if not farthest:
                raise
            move(clock, int(farthest[1]), **how)
            continue
        break
    end = time.monotonic() + 60
    while CLOCK.retrieve(clock.id, **how).status != "ready":
        assert time.monotonic() < end, "the clock does not arrive"
        time.sleep(0.01)


def subscriber(clock=None, method="pm_card_visa", **more):
    clocked = {"test_clock": clock.id} if clock else {}
    return stripe.Customer.create(
        email=f"{unique('jenny')}@example.com", payment_method=method,
        invoice_settings={"default_payment_method": method}, **clocked, **more)


def monthly(amount, name="Gold", **more):
    product = stripe.Product.create(name=name, **more)
    return stripe.Price.create(
        product=product.id, currency="usd", unit_amount=amount, recurring={"interval": "month"}, **more)


def totals(subscription, **how):
    return [(it.billing_reason, it.status, it.total)
            for it in reversed(stripe.Invoice.list(subscription=subscription, limit=100, **how).data)]


def test_a_whole_life_on_a_test_clock(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["*"])
    clock = CLOCK.create(frozen_time=START)
    jenny = subscriber(clock)
    silver, gold = monthly(3100, "Silver"), monthly(6200)
    # A trial of a week.
    sub = stripe.Subscription.create(
        customer=jenny.id, items=[{"price": silver.id}], trial_period_days=7, metadata={"order": "7"},
        expand=["latest_invoice", "items.data.price.product"])
    item = sub["items"].data[0]
    assert (sub.status, sub.trial_end, item.price.product.name) == ("trialing", START + 7 * DAY, "Silver")
    assert (sub.latest_invoice.total, sub.latest_invoice.lines.data[0].description) == (0, "Trial period for Silver")
    move(clock, START + 4 * DAY)
    warned = receiver.wait(lambda it: it["type"] == "customer.subscription.trial_will_end").event
    assert warned["data"]["object"]["id"] == sub.id
    # It ends, and an hour later the first period is paid.
    move(clock, START + 7 * DAY + 3600)
    sub = stripe.Subscription.retrieve(sub.id, expand=["latest_invoice"])
    assert (sub.status, sub.latest_invoice.status, sub.latest_invoice.total) == ("active", "paid", 3100)
    assert sub.latest_invoice.lines.data[0].metadata["order"] == "7"
    active = receiver.wait(lambda it: it["type"] == "customer.subscription.updated"
                           and it["data"]["object"]["status"] == "active").event
    assert active["data"]["previous_attributes"]["status"] == "trialing"
    # A renewal.
    renewed = sub["items"].data[0].current_period_end
    assert renewed == START + 7 * DAY + 31 * DAY
    move(clock, renewed)
    draft = stripe.Subscription.retrieve(sub.id, expand=["latest_invoice"]).latest_invoice
    assert (draft.status, draft.automatically_finalizes_at) == ("draft", renewed + 3600)
    move(clock, renewed + 3600)
    # An upgrade in the middle, as it was previewed.
    half = renewed + 3600 + 10 * DAY
    move(clock, half)
    change = [{"id": item.id, "price": gold.id}]
    details = {"items": change, "proration_date": half, "proration_behavior": "always_invoice"}
    preview = stripe.Invoice.create_preview(subscription=sub.id, subscription_details=details)
    sub = stripe.Subscription.modify(
        sub.id, items=change, proration_date=half, proration_behavior="always_invoice", expand=["latest_invoice"])
    upgraded = sub.latest_invoice
    assert (upgraded.status, upgraded.total) == ("paid", preview.total) and 0 < upgraded.total < 3100
    assert [line.description for line in upgraded.lines.data] == [line.description for line in preview.lines.data]
    # The next card asks its holder, who is away.
    asks = stripe.PaymentMethod.attach("pm_card_authenticationRequired", customer=jenny.id)
    stripe.Subscription.modify(sub.id, default_payment_method=asks.id)
    after = sub["items"].data[0].current_period_end
    move(clock, after + 3600)
    late = stripe.Subscription.retrieve(sub.id, expand=["latest_invoice.payments"])
    assert (late.status, late.latest_invoice.status, late.latest_invoice.attempt_count) == ("past_due", "open", 1)
    assert late.latest_invoice.next_payment_attempt == after + 3600 + 3 * DAY
    receiver.wait(lambda it: it["type"] == "invoice.payment_action_required")
    # They come and prove it.
    intent = late.latest_invoice.payments.data[0].payment.payment_intent
    waits = stripe.PaymentIntent.confirm(intent, payment_method=asks.id, return_url="https://shop.example/back")
    assert waits.status == "requires_action"
    person = Person(server)
    person.press(person.open(waits.next_action.redirect_to_url.url), "Complete")
    sub = stripe.Subscription.retrieve(sub.id, expand=["latest_invoice"])
    assert (sub.status, sub.latest_invoice.status) == ("active", "paid")
    # The end, with the period.
    stripe.Subscription.modify(sub.id, cancel_at_period_end=True)
    move(clock, sub["items"].data[0].current_period_end)
    over = stripe.Subscription.retrieve(sub.id)
    assert (over.status, over.cancellation_details.reason) == ("canceled", "cancellation_requested")
    receiver.wait(lambda it: it["type"] == "customer.subscription.deleted" and it["data"]["object"]["id"] == sub.id)
    assert totals(sub.id) == [
        ("subscription_create", "paid", 0), ("subscription_cycle", "paid", 3100), ("subscription_cycle", "paid", 3100),
        ("subscription_update", "paid", upgraded.total), ("subscription_cycle", "paid", 6200)]
    assert [it.id for it in stripe.Subscription.list(customer=jenny.id, status="canceled").data] == [sub.id]


def test_few_steps_or_many_make_the_same_invoices(server):
    gold, coupon = monthly(3100), stripe.Coupon.create(percent_off=20, duration="repeating", duration_in_months=3)

    def life(steps):
        clock = CLOCK.create(frozen_time=START + 30 * DAY)
        jenny = subscriber(clock)
        sub = stripe.Subscription.create(
            customer=jenny.id, items=[{"price": gold.id, "quantity": 2}], discounts=[{"coupon": coupon.id}])
        for to in steps:
            move(clock, to)
        return [(it.total, it.period_end, it.created, it.status_transitions.paid_at)
                for it in stripe.Invoice.list(subscription=sub.id).data]

    end = START + 200 * DAY
    few = life([end])
    assert len(few) == 6 and few == life([*range(START + 45 * DAY, end, 17 * DAY), end])


def test_the_first_payment(server):
    gold = monthly(2000)
    jenny = subscriber()
    waits = stripe.Subscription.create(
        customer=jenny.id, items=[{"price": gold.id}], payment_behavior="default_incomplete",
        payment_settings={"save_default_payment_method": "on_subscription"},
        expand=["latest_invoice.confirmation_secret", "latest_invoice.payments"])
    assert waits.status == "incomplete" and waits.latest_invoice.confirmation_secret.client_secret.startswith("pi_")
    intent = waits.latest_invoice.payments.data[0].payment.payment_intent
    stripe.PaymentIntent.confirm(intent, payment_method="pm_card_mastercard", return_url="https://shop.example")
    paid = stripe.Subscription.retrieve(waits.id, expand=["default_payment_method"])
    assert (paid.status, paid.default_payment_method.card.brand) == ("active", "mastercard")
    fails = subscriber(method="pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        stripe.Subscription.create(customer=fails.id, items=[{"price": gold.id}], payment_behavior="error_if_incomplete")
    assert stripe.Subscription.list(customer=fails.id).data == []
    assert stripe.Subscription.create(customer=fails.id, items=[{"price": gold.id}]).status == "incomplete"
    asks = subscriber(method="pm_card_threeDSecure2Required")
    with pytest.raises(stripe.CardError) as refused:
        stripe.Subscription.create(customer=asks.id, items=[{"price": gold.id}], payment_behavior="error_if_incomplete")
    assert refused.value.code == "subscription_payment_intent_requires_action"
    sub = stripe.Subscription.create(customer=asks.id, items=[{"price": gold.id}], expand=["latest_invoice"])
    assert (sub.status, sub.latest_invoice.status) == ("incomplete", "open")


def test_items_pauses_and_discounts(server):
    jenny, gold, more = subscriber(), monthly(2000), monthly(500, "More")
    coupon = stripe.Coupon.create(percent_off=50, duration="forever")
    sub = stripe.Subscription.create(
        customer=jenny.id, items=[{"price": gold.id}], discounts=[{"coupon": coupon.id}], expand=["discounts"])
    assert sub.discounts[0].subscription == sub.id
    added = stripe.SubscriptionItem.create(subscription=sub.id, price=more.id, quantity=3, metadata={"a": "b"})
    assert stripe.SubscriptionItem.retrieve(added.id).quantity == 3
    assert stripe.SubscriptionItem.modify(added.id, quantity=1, tax_rates=[]).quantity == 1
    assert len(stripe.SubscriptionItem.list(subscription=sub.id).data) == 2
    assert stripe.SubscriptionItem.delete(added.id).deleted
    waiting = stripe.InvoiceItem.list(customer=jenny.id, pending=True).data
    assert sum(it.amount for it in waiting) == 0 and all(it.parent.subscription_details.subscription == sub.id for it in waiting)
    assert stripe.Subscription.delete_discount(sub.id).deleted
    paused = stripe.Subscription.modify(sub.id, pause_collection={"behavior": "void"})
    assert paused.pause_collection.behavior == "void"
    assert stripe.Subscription.modify(sub.id, pause_collection="").pause_collection is None
    gone = stripe.Subscription.cancel(sub.id, cancellation_details={"comment": "Too dear", "feedback": "too_expensive"})
    assert (gone.status, gone.cancellation_details.feedback) == ("canceled", "too_expensive")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Subscription.cancel(sub.id)
    assert refused.value.http_status == 404


def test_in_2012(server):
    def ask(method, path, form=None, status=200, version="2012-10-26"):
        answer = server.request(
            method.upper(), path, harness.PLATFORM_SECRET, form, headers={"Stripe-Version": version})
        assert answer.status_code == status, answer.text
        return answer.json()

    plan = unique("gold")
    ask("post", "/v1/plans", {"id": plan, "name": "Gold", "amount": 3100, "currency": "usd", "interval": "month"})
    card = {"card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2034}
    customer = ask("post", "/v1/customers", {"plan": plan, "quantity": 2, **card})
    sub = customer["subscription"]
    assert sorted(sub) == sorted(
        "plan object start status customer cancel_at_period_end current_period_start current_period_end ended_at trial_start "
        "trial_end canceled_at quantity application_fee_percent".split())
    assert (sub["status"], sub["quantity"], sub["plan"]["name"], sub["customer"]) == ("active", 2, "Gold", customer["id"])
    invoice = ask("get", f"/v1/invoices?customer={customer['id']}")["data"][0]
    line = invoice["lines"]["data"][0]
    assert (invoice["paid"], invoice["closed"], invoice["total"]) == (True, True, 6200)
    assert (line["type"], line["plan"]["name"], line["quantity"], line["proration"]) == ("subscription", "Gold", 2, False)
    assert ask("get", f"/v1/invoices/upcoming?customer={customer['id']}")["total"] == 6200
    path = f"/v1/customers/{customer['id']}/subscription"
    dear = unique("dear")
    ask("post", "/v1/plans", {
        "id": dear, "name": "Dear", "amount": 9900, "currency": "usd", "interval": "month", "trial_period_days": 7})
    switched = ask("post", path, {"plan": dear, "prorate": "false"})
    assert (switched["plan"]["id"], switched["quantity"]) == (dear, 1)
    assert ask("delete", f"{path}?at_period_end=true")["cancel_at_period_end"] is True
    assert ask("delete", path)["status"] == "canceled"
    assert ask("get", f"/v1/customers/{customer['id']}")["subscription"] is None
    assert ask("post", path, {"plan": dear})["status"] == "trialing"
    broke = ask("post", "/v1/customers", {**card, "card[number]": "4000000000000341"})
    declined = ask("post", f"/v1/customers/{broke['id']}/subscription", {"plan": plan}, status=402)
    assert declined["error"]["type"] == "card_error"
    assert ask("get", f"/v1/customers/{broke['id']}")["subscription"] is None
    # Some years later.
    newer = ask("get", f"/v1/customers/{customer['id']}/subscriptions", version="2017-06-05")["data"][0]
    assert newer["id"].startswith("sub_") and newer["billing"] == "charge_automatically" and newer["plan"]["name"] == "Dear"
    later = ask("get", f"/v1/subscriptions/{newer['id']}", version="2024-06-20")
    assert later["current_period_end"] == later["trial_end"] and later["items"]["data"][0]["price"]["id"] == dear


def test_renewals_go_on_with_connected_accounts_and_the_books_hold(tmp_path):
    own = Server(tmp_path / "data").start()
    before = stripe.api_base, stripe.api_key
    try:
        stripe.api_base, stripe.api_key = own.origin, harness.PLATFORM_SECRET
        token = own.connect()["access_token"]
        jenny = stripe.Customer.create(
            payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa"}, api_key=token)
        product = stripe.Product.create(name="Gold", api_key=token)
        gold = stripe.Price.create(
            product=product.id, currency="usd", unit_amount=2000, recurring={"interval": "month"}, api_key=token)
        sub = stripe.Subscription.create(
            customer=jenny.id, items=[{"price": gold.id}], application_fee_percent=10, api_key=token)
        fails = stripe.PaymentMethod.attach("pm_card_chargeCustomerFail", customer=jenny.id, api_key=token)
        poor = stripe.Subscription.create(customer=jenny.id, items=[{"price": gold.id}], api_key=token)
        stripe.Subscription.modify(poor.id, default_payment_method=fails.id, api_key=token)
        own.advance(64 * DAY)
        assert totals(sub.id, api_key=token) == [
            ("subscription_create", "paid", 2000), ("subscription_cycle", "paid", 2000), ("subscription_cycle", "paid", 2000)]
        assert [fee.amount for fee in stripe.ApplicationFee.list().data] == [200, 200, 200]
        over = stripe.Subscription.retrieve(poor.id, api_key=token)
        assert (over.status, over.cancellation_details.reason) == ("canceled", "payment_failed")
        stripe.Customer.delete(jenny.id, api_key=token)
        assert stripe.Subscription.retrieve(sub.id, api_key=token).status == "canceled"
    finally:
        stripe.api_base, stripe.api_key = before
        own.stop()
    checked = subprocess.run([BINARY, "check", "--data", str(tmp_path / "data")], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
