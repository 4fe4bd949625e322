"""Subscription schedules and metered prices by the official SDK, on test clocks."""

import subprocess

import pytest
import stripe

import harness
from harness import BINARY, Server, unique
from test_subscriptions import CLOCK, DAY, START, monthly, move, subscriber, totals

HOUR = 3600


def test_phases_on_a_test_clock(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["*"])
    clock = CLOCK.create(frozen_time=START)
    jenny = subscriber(clock)
    silver, gold = monthly(3100, "Silver"), monthly(6200)
    setup = stripe.Price.create(currency="usd", unit_amount=500, product_data={"name": "Setup"})
    coupon = stripe.Coupon.create(percent_off=50, duration="forever")
    schedule = stripe.SubscriptionSchedule.create(
        customer=jenny.id, start_date=START + DAY, end_behavior="cancel",
        default_settings={"description": "By a plan", "invoice_settings": {"footer": "Thanks"}},
        phases=[
            {"items": [{"price": silver.id, "quantity": 2}], "duration": {"interval": "month", "interval_count": 2},
             "add_invoice_items": [{"price": setup.id}]},
            {"items": [{"price": gold.id}], "duration": {"interval": "month"},
             "discounts": [{"coupon": coupon.id}], "metadata": {"phase": "second"}},
        ])
    assert (schedule.status, schedule.subscription, len(schedule.phases)) == ("not_started", None, 2)
    assert [it.id for it in stripe.SubscriptionSchedule.list(customer=jenny.id, scheduled=True).data] == [schedule.id]
    move(clock, START + DAY)
    schedule = stripe.SubscriptionSchedule.retrieve(schedule.id, expand=["subscription.latest_invoice"])
    sub = schedule.subscription
    assert (schedule.status, sub.status, sub.schedule, sub.description) == ("active", "active", schedule.id, "By a plan")
    assert (sub.latest_invoice.total, sub.latest_invoice.footer) == (6700, "Thanks")
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        stripe.Subscription.modify(sub.id, cancel_at_period_end=True)
    # 2 January to 2 March to 2 April.
    second = schedule.phases[1]
    move(clock, second.start_date + HOUR)
    moved = receiver.wait(lambda it: it["type"] == "subscription_schedule.updated" and it["data"]["object"]["id"] == schedule.id
                          and it["data"]["object"]["current_phase"]["start_date"] == second.start_date).event
    assert moved["data"]["previous_attributes"]["current_phase"]["end_date"] == second.start_date
    sub = stripe.Subscription.retrieve(sub.id)
    assert (sub["items"].data[0].price.id, sub.metadata["phase"], len(sub.discounts)) == (gold.id, "second", 1)
    assert totals(sub.id) == [("subscription_create", "paid", 6700), ("subscription_cycle", "paid", 6200),
                              ("subscription_cycle", "paid", 3100)]
    move(clock, second.end_date + HOUR)
    for kind in ("expiring", "completed"):
        receiver.wait(lambda it: it["type"] == f"subscription_schedule.{kind}" and it["data"]["object"]["id"] == schedule.id)
    schedule = stripe.SubscriptionSchedule.retrieve(schedule.id, expand=["subscription"])
    assert (schedule.status, schedule.subscription.status) == ("completed", "canceled")
    assert schedule.completed_at == second.end_date


def test_phases_were_counted_in_periods_of_their_first_price(server):
    """Until 2025-09-30 a phase said how often its first price recurs in it."""
    jenny = subscriber()
    gold = stripe.Price.create(currency="usd", unit_amount=500, product_data={"name": "Gold"},
                               recurring={"interval": "week", "interval_count": 2})
    phases = [{"items": [{"price": gold.id}], "iterations": many} for many in (1, 3)]
    made = stripe.SubscriptionSchedule.create(
        customer=jenny.id, start_date=START + 50 * 365 * DAY, phases=phases, stripe_version="2025-08-27.basil")
    assert [it.end_date - it.start_date for it in made.phases] == [14 * DAY, 42 * DAY]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.SubscriptionSchedule.create(customer=jenny.id, start_date="now", phases=phases)
    assert refused.value.param == "phases[0][iterations]"


def test_a_schedule_from_a_subscription_is_changed_and_released(server):
    clock = CLOCK.create(frozen_time=START)
    jenny = subscriber(clock)
    silver, gold = monthly(3100, "Silver"), monthly(6200)
    sub = stripe.Subscription.create(customer=jenny.id, items=[{"price": silver.id}])
    schedule = stripe.SubscriptionSchedule.create(from_subscription=sub.id)
    first = schedule.phases[0]
    assert (first["items"][0].price, first.end_date) == (silver.id, sub["items"].data[0].current_period_end)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.SubscriptionSchedule.create(from_subscription=sub.id)
    schedule = stripe.SubscriptionSchedule.modify(schedule.id, end_behavior="release", metadata={"order": "7"}, phases=[
        {"items": [{"price": silver.id}], "start_date": first.start_date, "end_date": first.end_date},
        {"items": [{"price": gold.id}], "duration": {"interval": "month"}, "proration_behavior": "none"},
    ])
    assert schedule.metadata["order"] == "7"
    move(clock, first.end_date + HOUR)
    assert totals(sub.id)[-1] == ("subscription_cycle", "paid", 6200)
    released = stripe.SubscriptionSchedule.release(schedule.id)
    assert (released.status, released.released_subscription, released.subscription) == ("released", sub.id, None)
    assert stripe.Subscription.retrieve(sub.id).schedule is None
    with pytest.raises(stripe.InvalidRequestError):
        stripe.SubscriptionSchedule.cancel(schedule.id)
    other = stripe.SubscriptionSchedule.create(customer=jenny.id, phases=[{"items": [{"price": gold.id}]}])
    gone = stripe.SubscriptionSchedule.cancel(other.id, invoice_now=True, prorate=True)
    assert (gone.status, stripe.Subscription.retrieve(other.subscription).status) == ("canceled", "canceled")


def test_a_platform_schedules_for_its_seller_and_the_books_hold(tmp_path):
    own = Server(tmp_path / "data").start()
    before = stripe.api_base, stripe.api_key
    try:
        stripe.api_base, stripe.api_key = own.origin, harness.PLATFORM_SECRET
        seller = {"api_key": own.connect()["access_token"]}
        jenny = subscriber(**seller)
        gold = monthly(10_000, **seller)
        schedule = stripe.SubscriptionSchedule.create(customer=jenny.id, phases=[
            {"items": [{"price": gold.id}], "duration": {"interval": "month"}, "application_fee_percent": 10},
            {"items": [{"price": gold.id}], "application_fee_percent": 20},
        ], **seller)
        later = stripe.SubscriptionSchedule.create(
            customer=jenny.id, start_date=schedule.phases[1].end_date, phases=[{"items": [{"price": gold.id}]}], **seller)
        meter = stripe.billing.Meter.create(
            display_name="Calls", event_name="calls", default_aggregation={"formula": "sum"}, **seller)
        for n, value in enumerate(("1.5", "-0.25", "7")):
            stripe.billing.MeterEvent.create(
                event_name="calls", identifier=f"call{n}", payload={"stripe_customer_id": jenny.id, "value": value}, **seller)
        stripe.billing.MeterEventAdjustment.create(
            event_name="calls", type="cancel", cancel={"identifier": "call2"}, **seller)
        assert meter.status == "active"
        own.advance(32 * DAY)
        assert [fee.amount for fee in stripe.ApplicationFee.list().data] == [2000, 1000]
        assert totals(schedule.subscription, **seller)[-1] == ("subscription_cycle", "paid", 10_000)
        stripe.Customer.delete(jenny.id, **seller)
        for gone in (schedule, later):
            assert stripe.SubscriptionSchedule.retrieve(gone.id, **seller).status == "canceled"
    finally:
        stripe.api_base, stripe.api_key = before
        own.stop()
    checked = subprocess.run([BINARY, "check", "--data", str(tmp_path / "data")], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_is_used_is_billed_with_the_next_period(server):
    name = unique("calls")
    clock = CLOCK.create(frozen_time=START)
    jenny = subscriber(clock)
    meter = stripe.billing.Meter.create(
        display_name="Calls", event_name=name, default_aggregation={"formula": "sum"})
    price = stripe.Price.create(
        currency="usd", product_data={"name": "Calls"}, billing_scheme="tiered", tiers_mode="graduated",
        tiers=[{"up_to": 100, "unit_amount": 0, "flat_amount": 1000}, {"up_to": "inf", "unit_amount": 2}],
        recurring={"interval": "month", "usage_type": "metered", "meter": meter.id})

    def uses(value, at):
        stripe.billing.MeterEvent.create(
            event_name=name, payload={"stripe_customer_id": jenny.id, "value": str(value)}, timestamp=at)

    sub = stripe.Subscription.create(customer=jenny.id, items=[{"price": price.id}], expand=["latest_invoice"])
    assert (sub.status, sub.latest_invoice.total) == ("active", 0)
    item = sub["items"].data[0]
    assert "quantity" not in item
    move(clock, START + DAY)
    uses(300, START + DAY)
    end = item.current_period_end
    assert stripe.Invoice.create_preview(subscription=sub.id).total == 1400
    move(clock, end + HOUR)
    assert totals(sub.id)[-1] == ("subscription_cycle", "paid", 1400)
    uses(150, end + HOUR)
    move(clock, end + 2 * HOUR)
    over = stripe.Subscription.cancel(sub.id, invoice_now=True)
    assert over.status == "canceled"
    assert totals(sub.id)[-1][1:] == ("paid", 1100)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Subscription.create(customer=jenny.id, items=[{"price": price.id, "quantity": 2}])
    assert refused.value.param == "items[0][quantity]"


def test_what_happens_in_the_life_of_a_subscription(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["invoice.upcoming", "customer.subscription.paused"])
    clock = CLOCK.create(frozen_time=START)
    jenny = subscriber(clock)
    gold = monthly(3100)
    # It began ten days ago, by the classic rules.
    order = unique("order")
    sub = stripe.Subscription.create(
        customer=jenny.id, items=[{"price": gold.id}], backdate_start_date=START - 10 * DAY, metadata={"order": order},
        billing_mode={"type": "classic"}, pending_invoice_item_interval={"interval": "week"},
        add_invoice_items=[{"price_data": {"currency": "usd", "product": gold.product, "unit_amount": 500},
                            "period": {"start": {"type": "now"}, "end": {"type": "min_item_period_end"}}}])
    assert sub.start_date == START - 10 * DAY and totals(sub.id)[0][2] == 3100 + 1000 + 500
    assert sub.next_pending_invoice_item_invoice == START + 7 * DAY
    stripe.InvoiceItem.create(customer=jenny.id, amount=250, currency="usd")
    move(clock, START + 7 * DAY + HOUR)
    assert totals(sub.id)[1][1:] == ("paid", 250)
    assert stripe.Subscription.migrate(sub.id, billing_mode={"type": "flexible"}).billing_mode.type == "flexible"
    end = sub["items"].data[0].current_period_end
    move(clock, end - 7 * DAY)
    told = receiver.wait(lambda it: it["type"] == "invoice.upcoming" and it["data"]["object"]["customer"] == jenny.id).event
    assert told["data"]["object"]["total"] == 3100
    assert totals(sub.id)[-1][2] == 250
    # It rests for a month, and goes on anew.
    paused = stripe.Subscription.pause(sub.id, invoicing_behavior="pending_invoice_item")
    assert (paused.status, paused.status_details.paused.subscription.type) == ("paused", "pause_requested")
    receiver.wait(lambda it: it["type"] == "customer.subscription.paused" and it["data"]["object"]["id"] == sub.id)
    move(clock, end + 20 * DAY)
    assert len(totals(sub.id)) == 2
    resumed = stripe.Subscription.resume(sub.id, billing_cycle_anchor={"type": "now"})
    assert resumed.status == "active"
    assert totals(sub.id)[-1][1:] == ("paid", 3100 - 700)
    found = stripe.Subscription.search(query=f"metadata['order']:'{order}' AND status:'active'").data
    assert [it.id for it in found] == [sub.id]


def test_a_setup_waits_where_a_trial_has_nothing_to_be_paid_by(server):
    clock = CLOCK.create(frozen_time=START)
    poor = stripe.Customer.create(test_clock=clock.id)
    gold = monthly(3100)
    sub = stripe.Subscription.create(
        customer=poor.id, items=[{"price": gold.id}], trial_period_days=5, payment_behavior="default_incomplete",
        payment_settings={"save_default_payment_method": "on_subscription"}, expand=["pending_setup_intent"])
    setup = stripe.SetupIntent.confirm(sub.pending_setup_intent.id, payment_method="pm_card_visa")
    assert setup.status == "succeeded"
    sub = stripe.Subscription.retrieve(sub.id)
    assert (sub.pending_setup_intent, sub.default_payment_method) == (None, setup.payment_method)
    move(clock, START + 5 * DAY + HOUR)
    assert totals(sub.id)[-1] == ("subscription_cycle", "paid", 3100)
