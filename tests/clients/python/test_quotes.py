"""Quotes by the official SDK: drafts, what they come to, and what becomes of them."""

import time

import pytest
import stripe

Quote = stripe.Quote
DAY = 86_400


def prices(**how):
    product = stripe.Product.create(name="Gold", **how)
    monthly = stripe.Price.create(
        product=product.id, currency="usd", unit_amount=1000, recurring={"interval": "month"}, **how)
    once = stripe.Price.create(product=product.id, currency="usd", unit_amount=2500, **how)
    return monthly.id, once.id


def payer(**how):
    return stripe.Customer.create(
        name="Jenny", payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa"}, **how)


def move(clock, to):
    stripe.test_helpers.TestClock.advance(clock.id, frozen_time=to)
    end = time.monotonic() + 60
    while stripe.test_helpers.TestClock.retrieve(clock.id).status != "ready":
        assert time.monotonic() < end, "the clock does not arrive"
        time.sleep(0.01)


def test_a_quote_becomes_a_subscription(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["quote.accepted"])
    monthly, once = prices()
    rate = stripe.TaxRate.create(display_name="VAT", percentage=10, inclusive=False)
    coupon = stripe.Coupon.create(percent_off=50, duration="forever")
    jenny = payer()
    quote = Quote.create(
        customer=jenny.id, line_items=[{"price": monthly, "quantity": 2}, {"price": once, "tax_rates": [rate.id]}],
        discounts=[{"coupon": coupon.id}], header="Hello", description="As we said", footer="Thanks",
        metadata={"order": "7"}, expand=["line_items"])
    assert (quote.status, quote.amount_subtotal, quote.amount_total) == ("draft", 4500, 2375)
    assert [line.amount_total for line in quote.line_items.data] == [1000, 1375]
    assert (quote.computed.recurring.amount_total, quote.computed.upfront.amount_total) == (1000, 2375)
    quote = Quote.modify(quote.id, metadata={"order": "8"}, subscription_data={"description": "Gold for Jenny"})
    assert [line.quantity for line in Quote.list_line_items(quote.id).data] == [2, 1]
    assert len(Quote.list_computed_upfront_line_items(quote.id).data) == 2
    quote = Quote.finalize_quote(quote.id, expires_at=int(time.time()) + 3 * DAY)
    assert quote.status == "open" and quote.number.startswith("QT-") and quote.number.endswith("-0001-1")
    stripe.upload_api_base = server.origin
    drawn = Quote.pdf(quote.id).io.read()
    assert drawn.startswith(b"%PDF-") and quote.number.encode() in drawn
    quote = Quote.accept(quote.id, expand=["subscription", "invoice"])
    assert (quote.status, quote.subscription.status, quote.subscription.description) == ("accepted", "active", "Gold for Jenny")
    assert (quote.invoice.status, quote.invoice.total) == ("paid", 2375)
    told = receiver.wait(lambda it: it["type"] == "quote.accepted").event["data"]["object"]
    assert (told["id"], told["subscription"]) == (quote.id, quote.subscription.id)
    assert quote.id in [it.id for it in Quote.list(customer=jenny.id, status="accepted").data]
    with pytest.raises(stripe.InvalidRequestError):
        Quote.cancel(quote.id)


def test_a_quote_becomes_an_invoice_on_a_connected_account(server, connection):
    how = {"stripe_account": connection["stripe_user_id"]}
    _, once = prices(**how)
    quote = Quote.create(
        customer=payer(**how).id, line_items=[{"price": once}], application_fee_amount=250,
        collection_method="send_invoice", invoice_settings={"days_until_due": 7}, **how)
    quote = Quote.accept(Quote.finalize_quote(quote.id, **how).id, expand=["invoice"], **how)
    assert quote.subscription is None and quote.application is not None
    assert (quote.invoice.status, quote.invoice.total, quote.invoice.parent.quote_details.quote) == ("draft", 2500, quote.id)
    paid = stripe.Invoice.pay(stripe.Invoice.finalize_invoice(quote.invoice.id, **how).id, **how)
    assert paid.status == "paid"
    assert stripe.ApplicationFee.list(limit=1).data[0].amount == 250


def test_a_quote_sends_its_money_on(server, connection):
    monthly, _ = prices()
    quote = Quote.create(
        customer=payer().id, line_items=[{"price": monthly}],
        transfer_data={"destination": connection["stripe_user_id"], "amount_percent": 40})
    quote = Quote.accept(Quote.finalize_quote(quote.id).id, expand=["subscription"])
    assert quote.subscription.transfer_data.amount_percent == 40
    sent = stripe.Transfer.list(destination=connection["stripe_user_id"], limit=1).data[0]
    assert sent.amount == 400


def test_a_quote_is_revised_and_withdrawn(server):
    _, once = prices()
    first = Quote.finalize_quote(Quote.create(customer=payer().id, line_items=[{"price": once}]).id)
    second = Quote.create(from_quote={"quote": first.id, "is_revision": True})
    assert second.from_quote.quote == first.id and second.amount_total == 2500
    second = Quote.finalize_quote(second.id)
    assert second.number == first.number[:-1] + "2"
    assert Quote.retrieve(first.id).status == "canceled"
    assert Quote.cancel(second.id).status_transitions.canceled_at is not None


def test_a_quote_runs_out_by_a_clock(server):
    clock = stripe.test_helpers.TestClock.create(frozen_time=1_704_067_200)
    _, once = prices()
    quote = Quote.create(customer=payer(test_clock=clock.id).id, line_items=[{"price": once}])
    quote = Quote.finalize_quote(quote.id)
    assert (quote.test_clock, quote.expires_at) == (clock.id, 1_704_067_200 + 30 * DAY)
    move(clock, quote.expires_at)
    assert Quote.retrieve(quote.id).status == "canceled"


def test_a_quote_whose_subscription_begins_later(server):
    clock = stripe.test_helpers.TestClock.create(frozen_time=1_704_067_200)
    monthly, _ = prices()
    start = 1_704_067_200 + 7 * DAY
    quote = Quote.create(
        customer=payer(test_clock=clock.id).id, line_items=[{"price": monthly, "quantity": 2}],
        subscription_data={"effective_date": start, "description": "Later"})
    quote = Quote.accept(Quote.finalize_quote(quote.id).id, expand=["subscription_schedule"])
    assert (quote.subscription, quote.subscription_schedule.status) == (None, "not_started")
    move(clock, start)
    begun = stripe.SubscriptionSchedule.retrieve(quote.subscription_schedule.id, expand=["subscription.latest_invoice"])
    assert (begun.status, begun.subscription.description) == ("active", "Later")
    assert begun.subscription.latest_invoice.total == 2000
