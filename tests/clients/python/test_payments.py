"""Payments for the connected user, with the official SDK and only the base URL changed."""

import pytest
import stripe

from harness import (
    CARD, DEVELOPMENT, PLATFORM_PUBLIC, PLATFORM_SECRET, SELLER, SELLER_SECRET, unique,
)


@pytest.fixture(scope="module")
def on_behalf(token):
    return {"api_key": token}


@pytest.fixture(scope="module")
def public_key(connection):
    return connection["stripe_publishable_key"]


def card_token(public_key, **change):
    return stripe.Token.create(card={**CARD, **change}, api_key=public_key)


# -- account


def test_account_with_the_access_token(server, on_behalf):
    account = stripe.Account.retrieve(**on_behalf)
    assert (account.id, account.object, account.country) == (SELLER, "account", "US")
    assert account.email == "seller@example.com"
    assert account.charges_enabled is True and account.details_submitted is True


def test_account_three_ways(server, on_behalf):
    assert stripe.Account.retrieve(SELLER).id == SELLER
    assert stripe.Account.retrieve(stripe_account=SELLER).id == SELLER
    assert stripe.Account.retrieve(api_key=SELLER_SECRET).id == SELLER


def test_an_accounts_update_is_told_with_what_it_was(server, receiver):
    hook = stripe.WebhookEndpoint.create(
        url=receiver.url, enabled_events=["account.updated"], connect=True)
    before = stripe.Account.retrieve(api_key=SELLER_SECRET)
    name = unique("Shop")
    stripe.Account.modify(SELLER, business_profile={"name": name}, api_key=SELLER_SECRET)
    delivery = receiver.wait(lambda e: e["type"] == "account.updated")
    event = delivery.event
    assert event["account"] == SELLER and event["data"]["object"]["business_profile"]["name"] == name
    assert event["data"]["previous_attributes"] == {
        "business_profile": {"name": before.business_profile.name}}
    hook.delete()


# -- tokens


def test_a_card_token_by_publishable_key(server, public_key, on_behalf):
    made = card_token(public_key, name="Ann Example", address_zip="94110")
    assert made.id.startswith("tok_") and made.type == "card" and made.used is False
    assert made.livemode is False
    card = made.card
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("Visa", "4242", 12, 2034)
    assert card.name == "Ann Example" and card.country == "US"
    assert "4242424242424242" not in str(made) and "cvc" not in card.to_dict() and "number" not in card.to_dict()
    seen = stripe.Token.retrieve(made.id, **on_behalf)
    assert seen.id == made.id


def test_a_bank_account_token(server, public_key):
    made = stripe.Token.create(api_key=public_key, bank_account={
        "country": "US", "currency": "usd", "routing_number": "110000000", "account_number": "000123456789",
        "account_holder_name": "Ann", "account_holder_type": "individual"})
    assert made.id.startswith("btok_") or made.id.startswith("tok_")
    assert made.type == "bank_account"
    bank = made.bank_account
    assert (bank.last4, bank.bank_name, bank.routing_number) == ("6789", "STRIPE TEST BANK", "110000000")


@pytest.mark.parametrize("change, code, param", [
    ({"number": "4242424242424241"}, "incorrect_number", "number"),
    ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
    ({"exp_year": "1970"}, "invalid_expiry_year", "exp_year"),
    ({"cvc": "99"}, "invalid_cvc", "cvc"),
])
def test_a_card_with_a_slip_is_refused(server, public_key, change, code, param):
    with pytest.raises(stripe.CardError) as refused:
        card_token(public_key, **change)
    assert refused.value.code == code and refused.value.http_status == 402
    assert param in refused.value.error.param


def test_a_number_that_is_no_test_card_is_refused(server, public_key):
    # Passes the Luhn check and belongs to nobody's list of test cards.
    with pytest.raises((stripe.CardError, stripe.InvalidRequestError)) as refused:
        token = card_token(public_key, number="4539578763621486")
        stripe.Charge.create(amount=500, currency="usd", source=token.id, stripe_account=SELLER)
    assert refused.value.http_status in (400, 402)
    assert "4539578763621486" not in str(refused.value.json_body)


def test_the_fingerprint_knows_the_number_again(server, public_key):
    first, second = card_token(public_key), card_token(public_key, exp_year="2035")
    other = card_token(public_key, number="5555555555554444")
    charged = [stripe.Charge.create(amount=100, currency="usd", source=t.id, stripe_account=SELLER)
               for t in (first, second, other)]
    prints = [c.payment_method_details.card.fingerprint for c in charged]
    assert prints[0] and prints[0] == prints[1] != prints[2]


def test_raw_card_data_for_a_connected_account_is_refused(server, on_behalf):
    for options in (on_behalf, {"stripe_account": SELLER}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            stripe.Charge.create(amount=500, currency="usd", source={"object": "card", **CARD}, **options)
        assert "must use card tokens from Stripe.js" in str(refused.value)
        with pytest.raises(stripe.InvalidRequestError):
            stripe.Token.create(card=CARD, **options)
        with pytest.raises(stripe.InvalidRequestError):
            stripe.Customer.create(source={"object": "card", **CARD}, **options)


def test_a_shared_customer_becomes_a_token_of_the_account(server, on_behalf):
    mine = stripe.Token.create(card=CARD, api_key=PLATFORM_PUBLIC)
    customer = stripe.Customer.create(source=mine.id, email="shared@example.com")
    shared = stripe.Token.create(customer=customer.id, **on_behalf)
    charge = stripe.Charge.create(amount=900, currency="usd", source=shared.id, **on_behalf)
    assert charge.paid and charge.source.last4 == "4242"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Charge.create(amount=900, currency="usd", source=shared.id, **on_behalf)


# -- customers


def test_customers_and_their_cards(server, public_key, on_behalf):
    customer = stripe.Customer.create(
        email="ann@example.com", description="Ann", source=card_token(public_key).id,
        metadata={"order": "7"}, **on_behalf)
    assert customer.id.startswith("cus_") and customer.default_source.startswith("card_")
    changed = stripe.Customer.modify(customer.id, name="Ann B.", **on_behalf)
    assert changed.name == "Ann B." and changed.email == "ann@example.com"

    second = stripe.Customer.create_source(
        customer.id, source=card_token(public_key, number="5555555555554444").id, **on_behalf)
    assert second.brand == "MasterCard" and second.customer == customer.id
    cards = stripe.Customer.list_sources(customer.id, object="card", **on_behalf)
    assert {c.last4 for c in cards.data} == {"4242", "4444"}
    stripe.Customer.modify(customer.id, default_source=second.id, **on_behalf)
    charge = stripe.Charge.create(amount=800, currency="usd", customer=customer.id, **on_behalf)
    assert charge.source.last4 == "4444" and charge.customer == customer.id
    updated = stripe.Customer.modify_source(customer.id, second.id, name="New Name", **on_behalf)
    assert updated.name == "New Name"
    assert stripe.Customer.delete_source(customer.id, second.id, **on_behalf).deleted is True

    gone = stripe.Customer.delete(customer.id, **on_behalf)
    assert gone.deleted is True and gone.id == customer.id
    assert stripe.Customer.retrieve(customer.id, **on_behalf).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.modify(customer.id, name="x", **on_behalf)


def test_a_declining_card_cannot_be_kept(server, on_behalf):
    with pytest.raises(stripe.CardError) as refused:
        stripe.Customer.create(source="tok_chargeDeclined", **on_behalf)
    assert refused.value.code == "card_declined"
    customer = stripe.Customer.create(source="tok_chargeCustomerFail", **on_behalf)
    with pytest.raises(stripe.CardError):
        stripe.Charge.create(amount=500, currency="usd", customer=customer.id, **on_behalf)


# -- charges


def test_a_charge_with_an_application_fee(server, public_key, on_behalf):
    before = stripe.Balance.retrieve(**on_behalf)
    mine_before = stripe.Balance.retrieve()
    charge = stripe.Charge.create(
        amount=1000, currency="usd", source=card_token(public_key).id, description="A chair",
        application_fee_amount=123, metadata={"sku": "chair"},
        expand=["balance_transaction", "application_fee"], **on_behalf)
    assert charge.paid and charge.captured and charge.status == "succeeded" and charge.livemode is False
    assert charge.application == DEVELOPMENT and charge.application_fee_amount == 123
    assert charge.metadata["sku"] == "chair" and charge.outcome.type == "authorized"

    moved = charge.balance_transaction
    assert (moved.amount, moved.fee, moved.net, moved.type) == (1000, 182, 818, "charge")
    assert moved.source == charge.id
    assert {(d.type, d.amount) for d in moved.fee_details} == {("stripe_fee", 59), ("application_fee", 123)}
    taken = [d for d in moved.fee_details if d.type == "application_fee"][0]
    assert taken.application == DEVELOPMENT

    fee = stripe.ApplicationFee.retrieve(charge.application_fee.id)
    assert (fee.amount, fee.account, fee.charge, fee.application) == (123, SELLER, charge.id, DEVELOPMENT)
    assert fee.refunded is False and fee.amount_refunded == 0
    assert fee.id in [f.id for f in stripe.ApplicationFee.list(charge=charge.id).data]

    def total(balance):
        return sum(m.amount for m in [*balance.available, *balance.pending] if m.currency == "usd")

    assert total(stripe.Balance.retrieve(**on_behalf)) - total(before) == 818
    assert total(stripe.Balance.retrieve()) - total(mine_before) == 123
    entry = stripe.BalanceTransaction.retrieve(moved.id, **on_behalf)
    assert entry.net == 818
    assert moved.id in [t.id for t in stripe.BalanceTransaction.list(source=charge.id, **on_behalf).data]

    same = stripe.Charge.retrieve(charge.id, stripe_account=SELLER)
    assert same.id == charge.id and same.balance_transaction == moved.id


@pytest.mark.parametrize("amount, fee", [(50, 31), (100, 33), (500, 45), (1000, 59), (10000, 320), (99999999, 2900030)])
def test_the_processing_fee_rounds_half_up(server, on_behalf, amount, fee):
    charge = stripe.Charge.create(
        amount=amount, currency="usd", source="tok_visa", expand=["balance_transaction"], **on_behalf)
    assert charge.balance_transaction.fee == fee


def test_the_platforms_own_charge_takes_no_application_fee(server):
    charge = stripe.Charge.create(amount=600, currency="usd", source="tok_visa")
    assert charge.application is None and charge.application_fee is None
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Charge.create(amount=600, currency="usd", source="tok_visa", application_fee_amount=10)


def test_an_application_fee_fits_into_the_charge(server, on_behalf):
    for bad in (1001, -1, 99999999999):
        with pytest.raises(stripe.InvalidRequestError):
            stripe.Charge.create(
                amount=1000, currency="usd", source="tok_visa", application_fee_amount=bad, **on_behalf)


def test_authorise_now_capture_later(server, on_behalf):
    charge = stripe.Charge.create(amount=2000, currency="usd", source="tok_visa", capture=False, **on_behalf)
    assert charge.captured is False and charge.paid is True and charge.balance_transaction is None
    taken = stripe.Charge.capture(
        charge.id, amount=1500, application_fee_amount=100, expand=["balance_transaction"], **on_behalf)
    assert taken.captured is True and taken.amount_captured == 1500 and taken.amount_refunded == 500
    assert taken.balance_transaction.net == 1500 - 74 - 100
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Charge.capture(charge.id, **on_behalf)
    assert refused.value.code == "charge_already_captured"


def test_update_and_list_charges(server, on_behalf):
    charge = stripe.Charge.create(amount=300, currency="usd", source="tok_visa", **on_behalf)
    changed = stripe.Charge.modify(charge.id, description="Renamed", metadata={"a": "1"}, **on_behalf)
    assert changed.description == "Renamed" and changed.metadata["a"] == "1"
    newest = stripe.Charge.list(limit=1, **on_behalf)
    assert newest.data[0].id == charge.id and newest.has_more is True
    since = stripe.Charge.list(created={"gte": charge.created}, **on_behalf)
    assert charge.id in [c.id for c in since.data]


@pytest.mark.parametrize("source, code, decline_code", [
    ("tok_chargeDeclined", "card_declined", "generic_decline"),
    ("tok_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("tok_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("tok_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("tok_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("tok_chargeDeclinedExpiredCard", "expired_card", None),
    ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("tok_chargeDeclinedProcessingError", "processing_error", None),
])
def test_declines(server, on_behalf, source, code, decline_code):
    with pytest.raises(stripe.CardError) as refused:
        stripe.Charge.create(amount=1000, currency="usd", source=source, **on_behalf)
    error = refused.value.error
    assert refused.value.http_status == 402 and error.type == "card_error" and error.code == code
    if decline_code:
        assert error.decline_code == decline_code
    failed = stripe.Charge.retrieve(error.charge, **on_behalf)
    assert failed.paid is False and failed.status == "failed" and failed.failure_code == code
    assert failed.balance_transaction is None


@pytest.mark.parametrize("number, code, decline_code", [
    ("4000000000000002", "card_declined", "generic_decline"),
    ("4000000000009995", "card_declined", "insufficient_funds"),
    ("4000000000009987", "card_declined", "lost_card"),
    ("4000000000009979", "card_declined", "stolen_card"),
    ("4000000000000069", "expired_card", None),
    ("4000000000000127", "incorrect_cvc", None),
    ("4000000000000119", "processing_error", None),
])
def test_declines_by_number(server, public_key, on_behalf, number, code, decline_code):
    source = card_token(public_key, number=number).id
    with pytest.raises(stripe.CardError) as refused:
        stripe.Charge.create(amount=1000, currency="usd", source=source, **on_behalf)
    assert refused.value.code == code
    if decline_code:
        assert refused.value.error.decline_code == decline_code


@pytest.mark.parametrize("number, brand", [
    ("4242424242424242", "visa"), ("5555555555554444", "mastercard"), ("378282246310005", "amex"),
    ("6011111111111117", "discover"), ("3056930009020004", "diners"), ("3566002020360505", "jcb"),
])
def test_brands(server, public_key, on_behalf, number, brand):
    cvc = "1234" if brand == "amex" else "123"
    source = card_token(public_key, number=number, cvc=cvc).id
    charge = stripe.Charge.create(amount=1000, currency="usd", source=source, **on_behalf)
    details = charge.payment_method_details.card
    assert details.brand == brand and details.checks.cvc_check == "pass"


@pytest.mark.parametrize("number, line1, postal", [
    ("4000000000000010", "fail", "fail"), ("4000000000000028", "fail", "pass"),
    ("4000000000000036", "pass", "fail"), ("4000000000000044", "unavailable", "unavailable"),
    ("4242424242424242", "pass", "pass"),
])
def test_address_checks(server, public_key, on_behalf, number, line1, postal):
    source = card_token(public_key, number=number, address_line1="1 Main St", address_zip="94110").id
    charge = stripe.Charge.create(amount=1000, currency="usd", source=source, **on_behalf)
    checks = charge.payment_method_details.card.checks
    assert (checks.address_line1_check, checks.address_postal_code_check) == (line1, postal)


def test_a_token_is_used_once(server, public_key, on_behalf):
    source = card_token(public_key).id
    stripe.Charge.create(amount=1000, currency="usd", source=source, **on_behalf)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Charge.create(amount=1000, currency="usd", source=source, **on_behalf)
    assert refused.value.code == "token_already_used"
    assert stripe.Token.retrieve(source, **on_behalf).used is True


def test_money_available_at_once(server, on_behalf):
    def available():
        held = stripe.Balance.retrieve(**on_behalf)
        return sum(m.amount for m in held.available if m.currency == "usd")

    before = available()
    stripe.Charge.create(amount=5000, currency="usd", source="tok_bypassPending", **on_behalf)
    assert available() - before == 5000 - 175


# -- refunds


def charged(on_behalf, amount=1000, **more):
    return stripe.Charge.create(amount=amount, currency="usd", source="tok_bypassPending", **more, **on_behalf)


def test_refund_in_parts_then_no_more(server, on_behalf):
    charge = charged(on_behalf)
    part = stripe.Refund.create(
        charge=charge.id, amount=400, reason="requested_by_customer", metadata={"n": "1"},
        expand=["balance_transaction"], **on_behalf)
    assert part.id.startswith("re_") and part.status == "succeeded" and part.amount == 400
    assert part.balance_transaction.amount == -400 and part.balance_transaction.type == "refund"
    half = stripe.Charge.retrieve(charge.id, **on_behalf)
    assert half.refunded is False and half.amount_refunded == 400
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Refund.create(charge=charge.id, amount=601, **on_behalf)
    stripe.Refund.create(charge=charge.id, **on_behalf)
    whole = stripe.Charge.retrieve(charge.id, expand=["refunds"], **on_behalf)
    assert whole.refunded is True and whole.amount_refunded == 1000
    assert [r.amount for r in whole.refunds.data] == [600, 400]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Refund.create(charge=charge.id, **on_behalf)
    assert refused.value.code == "charge_already_refunded"
    assert stripe.Refund.retrieve(part.id, **on_behalf).metadata["n"] == "1"
    assert len(stripe.Refund.list(charge=charge.id, **on_behalf).data) == 2
    assert stripe.Refund.modify(part.id, metadata={"n": "2"}, **on_behalf).metadata["n"] == "2"


def test_the_application_fee_goes_back_when_asked(server, on_behalf):
    kept = charged(on_behalf, application_fee_amount=200, expand=["application_fee"])
    stripe.Refund.create(charge=kept.id, amount=500, **on_behalf)
    assert stripe.ApplicationFee.retrieve(kept.application_fee.id).amount_refunded == 0
    stripe.Refund.create(charge=kept.id, amount=250, refund_application_fee=True, **on_behalf)
    assert stripe.ApplicationFee.retrieve(kept.application_fee.id).amount_refunded == 50

    whole = charged(on_behalf, application_fee_amount=200, expand=["application_fee"])
    stripe.Refund.create(charge=whole.id, refund_application_fee=True, **on_behalf)
    fee = stripe.ApplicationFee.retrieve(whole.application_fee.id)
    assert fee.refunded is True and fee.amount_refunded == 200


def test_the_platform_gives_a_fee_back_itself(server, on_behalf):
    charge = charged(on_behalf, application_fee_amount=200, expand=["application_fee"])
    fee = charge.application_fee.id
    part = stripe.ApplicationFee.create_refund(fee, amount=80)
    assert part.id.startswith("fr_") and part.object == "fee_refund" and part.fee == fee
    assert stripe.ApplicationFee.retrieve(fee).amount_refunded == 80
    with pytest.raises(stripe.InvalidRequestError):
        stripe.ApplicationFee.create_refund(fee, amount=121)
    stripe.ApplicationFee.create_refund(fee)
    assert stripe.ApplicationFee.retrieve(fee).refunded is True


# -- the ledger as seen from outside


def test_the_balance_is_the_sum_of_its_transactions(server, on_behalf):
    for options in (on_behalf, {}):
        entries = list(stripe.BalanceTransaction.list(limit=100, **options).auto_paging_iter())
        assert entries and all(e.amount - e.fee == e.net for e in entries)
        assert all(sum(d.amount for d in e.fee_details) == e.fee for e in entries)
        held = stripe.Balance.retrieve(**options)
        total = sum(m.amount for m in [*held.available, *held.pending] if m.currency == "usd")
        assert total == sum(e.net for e in entries if e.currency == "usd")


# -- events


def test_what_happened_is_told_as_events(server, on_behalf):
    customer = stripe.Customer.create(email="e@example.com", **on_behalf)
    charge = charged(on_behalf)
    stripe.Refund.create(charge=charge.id, **on_behalf)
    stripe.Customer.modify(customer.id, email="f@example.com", **on_behalf)
    events = stripe.Event.list(limit=30, **on_behalf).data

    def of(kind, object_id):
        return [e for e in events if e.type == kind and getattr(e.data.object, "id", None) == object_id]

    assert of("customer.created", customer.id) and of("charge.succeeded", charge.id)
    assert of("charge.refunded", charge.id)
    update = of("customer.updated", customer.id)[0]
    assert update.data.previous_attributes["email"] == "e@example.com"
    assert update.data.object.email == "f@example.com"
    event = of("charge.succeeded", charge.id)[0]
    assert event.data.object.amount == 1000 and event.request.id.startswith("req_")
    assert stripe.Event.retrieve(event.id, **on_behalf).id == event.id

    only = stripe.Event.list(type="charge.*", limit=100, **on_behalf)
    assert only.data and all(e.type.startswith("charge.") for e in only.data)
    some = stripe.Event.list(types=["customer.created", "customer.updated"], **on_behalf)
    assert {e.type for e in some.data} <= {"customer.created", "customer.updated"}
    # The platform's own list does not hold the account's events.
    assert event.id not in [e.id for e in stripe.Event.list(limit=100).data]


def test_the_platform_hears_of_its_fee(server, on_behalf):
    charge = charged(on_behalf, application_fee_amount=77, expand=["application_fee"])
    told = stripe.Event.list(type="application_fee.created", limit=5).data
    assert charge.application_fee.id in [e.data.object.id for e in told]


def test_two_platform_keys_one_platform(server):
    customer = stripe.Customer.create(email="own@example.com", api_key=PLATFORM_SECRET)
    assert stripe.Customer.retrieve(customer.id).email == "own@example.com"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.retrieve(customer.id, stripe_account=SELLER)
