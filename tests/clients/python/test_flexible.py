"""More than was authorized, several captures, line items, bank accounts verified by deposits, and refunds that wait; with the official SDK."""

import pytest
import stripe

MANDATE = {"customer_acceptance": {"type": "offline"}}


def test_more_than_was_authorized(server):
    intent = stripe.PaymentIntent.create(
        amount=2000, currency="usd", allowed_payment_method_types=["card"], payment_method="pm_card_visa", confirm=True,
        capture_method="manual",
        payment_method_options={"card": {"request_incremental_authorization": "if_available"}}, expand=["latest_charge"])
    assert intent.latest_charge.payment_method_details.card.incremental_authorization.status == "available"
    more = stripe.PaymentIntent.increment_authorization(intent.id, amount=2500, expand=["latest_charge"])
    assert (more.amount, more.amount_capturable, more.latest_charge.amount) == (2500, 2500, 2500)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentIntent.increment_authorization(intent.id, amount=2500)
    assert (refused.value.code, refused.value.param) == ("amount_too_small", "amount")
    assert stripe.PaymentIntent.capture(intent.id).amount_received == 2500


def test_line_items(server):
    intent = stripe.PaymentIntent.create(
        amount=1250, currency="usd", allowed_payment_method_types=["card"], amount_details={
            "shipping": {"amount": 150}, "tax": {"total_tax_amount": 100},
            "line_items": [{"product_name": f"Chair {n}", "quantity": 2, "unit_cost": 250} for n in range(2)]})
    lines = stripe.PaymentIntent.list_amount_details_line_items(intent.id, limit=1)
    assert [it.product_name for it in lines.auto_paging_iter()] == ["Chair 0", "Chair 1"]
    assert "error" not in intent.amount_details
    shown = stripe.PaymentIntent.retrieve(intent.id, expand=["amount_details.line_items"])
    assert shown.amount_details.line_items.data[1].unit_cost == 250
    told = stripe.PaymentIntent.modify(intent.id, amount=1300)
    told = stripe.PaymentIntent.modify(intent.id, amount_details={"tax": {"total_tax_amount": 100}})
    assert told.amount_details.error.code == "amount_details_amount_mismatch"


def typed(number="000123456789"):
    return stripe.PaymentMethod.create(
        type="us_bank_account", billing_details={"name": "Jenny", "email": "jenny@example.com"},
        us_bank_account={"account_holder_type": "individual", "routing_number": "110000000", "account_number": number})


def test_a_payment_verified_by_deposits(server):
    intent = stripe.PaymentIntent.create(
        amount=2000, currency="usd", allowed_payment_method_types=["us_bank_account"], payment_method=typed().id,
        confirm=True, mandate_data=MANDATE)
    assert (intent.status, intent.next_action.type) == ("requires_action", "verify_with_microdeposits")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentIntent.verify_microdeposits(intent.id, amounts=[1, 2])
    assert refused.value.code == "payment_method_microdeposit_verification_amounts_mismatch"
    assert stripe.PaymentIntent.verify_microdeposits(intent.id, amounts=[32, 45]).status in ("processing", "succeeded")


def test_the_page_that_verifies(server):
    import urllib.request
    intent = stripe.PaymentIntent.create(
        amount=2000, currency="usd", allowed_payment_method_types=["us_bank_account"], payment_method=typed().id,
        confirm=True, mandate_data=MANDATE)
    url = intent.next_action.verify_with_microdeposits.hosted_verification_url
    with urllib.request.urlopen(url) as page:
        text = page.read().decode()
    assert "Verify your bank account" in text and "ending in 6789" in text


def test_a_setup_verified_by_deposits(server):
    customer = stripe.Customer.create()
    intent = stripe.SetupIntent.create(
        customer=customer.id, allowed_payment_method_types=["us_bank_account"], payment_method=typed().id, confirm=True,
        mandate_data=MANDATE)
    assert intent.next_action.type == "verify_with_microdeposits"
    ready = stripe.SetupIntent.verify_microdeposits(intent.id, descriptor_code="SM11AA")
    assert (ready.status, ready.next_action) == ("succeeded", None)
    again = stripe.SetupIntent.create(
        allowed_payment_method_types=["us_bank_account"], payment_method=typed().id, confirm=True, mandate_data=MANDATE)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.SetupIntent.verify_microdeposits(again.id, descriptor_code="SM44DD")
    assert refused.value.code == "payment_method_microdeposit_verification_timeout"
    assert stripe.SetupIntent.retrieve(again.id).status == "requires_payment_method"


def held(**card):
    return stripe.PaymentIntent.create(
        amount=2000, currency="usd", allowed_payment_method_types=["card"], payment_method="pm_card_visa", confirm=True,
        capture_method="manual", payment_method_options={"card": card}, expand=["latest_charge"])


def test_a_payment_taken_in_parts(server):
    intent = held(request_multicapture="if_available")
    assert intent.latest_charge.payment_method_details.card.multicapture.status == "available"
    first = stripe.PaymentIntent.capture(intent.id, amount_to_capture=700, final_capture=False)
    assert (first.status, first.amount_received, first.amount_capturable) == ("requires_capture", 700, 1300)
    refund = stripe.Refund.create(payment_intent=intent.id, amount=200)
    assert refund.status == "succeeded"
    last = stripe.PaymentIntent.capture(intent.id, amount_to_capture=800, expand=["latest_charge"])
    assert (last.status, last.amount_received) == ("succeeded", 1500)
    charge = last.latest_charge
    assert (charge.captured, charge.amount_captured, charge.amount_refunded) == (True, 1500, 700)
    moved = stripe.BalanceTransaction.list(source=charge.id)
    assert [it.amount for it in moved] == [800, 700]


def test_a_payment_above_and_longer(server):
    intent = held(request_overcapture="if_available", request_extended_authorization="if_available")
    card = intent.latest_charge.payment_method_details.card
    assert (card.overcapture.maximum_amount_capturable, card.extended_authorization.status) == (2300, "enabled")
    assert card.capture_before == intent.latest_charge.created + 30 * 86400
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentIntent.capture(intent.id, amount_to_capture=2301)
    assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount_to_capture")
    taken = stripe.PaymentIntent.capture(intent.id, amount_to_capture=2300)
    assert (taken.amount, taken.amount_received) == (2300, 2300)


def test_said_once_of_a_card(server):
    proof = {"cryptogram": "AAABBEg0VhI0VniQEjRWAAAAAAA=", "transaction_id": "d6f15aae", "version": "2.2.0"}
    paid = stripe.PaymentIntent.create(
        amount=1000, currency="usd", allowed_payment_method_types=["card"], payment_method="pm_card_authenticationRequired",
        confirm=True, payment_method_options={"card": {"three_d_secure": proof}}, expand=["latest_charge"])
    assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    by_phone = stripe.PaymentIntent.create(
        amount=1000, currency="usd", allowed_payment_method_types=["card"], payment_method="pm_card_visa", confirm=True,
        payment_method_options={"card": {"moto": True, "setup_credential_usage": "recurring"}}, expand=["latest_charge"])
    card = by_phone.latest_charge.payment_method_details.card
    assert (card.moto, card.setup_credential_usage) == (True, "recurring")


def test_a_bank_account_of_ones_own(server):
    setup = stripe.SetupIntent.create(
        allowed_payment_method_types=["us_bank_account"], attach_to_self=True, flow_directions=["inbound"],
        payment_method=typed().id, confirm=True, mandate_data=MANDATE)
    assert (setup.attach_to_self, setup.flow_directions) == (True, ["inbound"])
    stripe.SetupIntent.verify_microdeposits(setup.id, amounts=[32, 45])
    topup = stripe.Topup.create(amount=3000, currency="usd", payment_method=setup.payment_method)
    assert topup.payment_method == setup.payment_method
    assert [it.id for it in stripe.SetupIntent.list(attach_to_self=True)] == [setup.id]


def test_accounts_that_are_customers(server):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentIntent.create(amount=1000, currency="usd", customer_account="acct_1Nobody")
    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer_account")


def test_what_payouts_leave(server):
    settings = stripe.BalanceSettings.modify(payments={"payouts": {"minimum_balance_by_currency": {"usd": 1500}}})
    assert settings.payments.payouts.minimum_balance_by_currency["usd"] == 1500
    settings = stripe.BalanceSettings.modify(payments={"payouts": {"minimum_balance_by_currency": {"usd": ""}}})
    assert settings.payments.payouts.minimum_balance_by_currency.to_dict() == {}


def test_where_a_customer_is_for_tax(server):
    customer = stripe.Customer.create(
        address={"country": "DE"}, tax={"ip_address": "203.0.113.7", "validate_location": "immediately"}, expand=["tax"])
    assert (customer.tax.location.country, customer.tax.automatic_tax) == ("DE", "not_collecting")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Customer.create(tax={"validate_location": "immediately"})
    assert refused.value.code == "customer_tax_location_invalid"
