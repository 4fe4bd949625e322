"""Cash balances of customers, and what pays of them; with the official SDK."""

import pytest
import stripe

TRANSFER = {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}}


def waiting(customer, amount, **more):
    return stripe.PaymentIntent.create(**{
        "amount": amount, "currency": "usd", "customer": customer, "allowed_payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"}, "payment_method_options": TRANSFER, "confirm": True, **more})


def test_a_bank_transfer_pays(server):
    customer = stripe.Customer.create(email="payer@example.com")
    intent = waiting(customer.id, 1000)
    told = intent.next_action.display_bank_transfer_instructions
    assert (told.amount_remaining, told.type) == (1000, "us_bank_transfer")
    assert told.financial_addresses[0].aba.routing_number == "110000000"
    part = stripe.Customer.TestHelpers.fund_cash_balance(customer.id, amount=400, currency="usd")
    assert (part.type, part.net_amount) == ("funded", 400)
    told = stripe.PaymentIntent.retrieve(intent.id).next_action.display_bank_transfer_instructions
    assert told.amount_remaining == 600
    stripe.Customer.TestHelpers.fund_cash_balance(customer.id, amount=900, currency="usd", reference=told.reference)
    paid = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge", "payment_method"])
    assert (paid.status, paid.latest_charge.payment_method_details.type) == ("succeeded", "customer_balance")
    assert stripe.Customer.retrieve_cash_balance(customer.id).available["usd"] == 300
    moves = stripe.Customer.list_cash_balance_transactions(customer.id)
    assert [it.type for it in moves] == ["applied_to_payment", "funded", "applied_to_payment", "funded"]
    one = stripe.Customer.retrieve_cash_balance_transaction(customer.id, moves.data[0].id)
    assert one.applied_to_payment.payment_intent == intent.id
    refund = stripe.Refund.create(payment_intent=intent.id, amount=100)
    assert refund.status == "succeeded"
    assert stripe.Customer.retrieve_cash_balance(customer.id).available["usd"] == 400
    seen = stripe.Customer.retrieve(customer.id, expand=["cash_balance"])
    assert seen.cash_balance.available["usd"] == 400


def test_by_hand(server):
    customer = stripe.Customer.create(cash_balance={"settings": {"reconciliation_mode": "manual"}})
    assert stripe.Customer.retrieve_cash_balance(customer.id).settings.reconciliation_mode == "manual"
    intent = waiting(customer.id, 1000)
    stripe.Customer.TestHelpers.fund_cash_balance(customer.id, amount=1000, currency="usd")
    assert stripe.PaymentIntent.retrieve(intent.id).status == "requires_action"
    assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
    changed = stripe.Customer.modify_cash_balance(customer.id, settings={"reconciliation_mode": "merchant_default"})
    assert changed.settings.using_merchant_default


def test_where_to_send_it(server):
    customer = stripe.Customer.create()
    told = stripe.Customer.create_funding_instructions(
        customer.id, currency="eur", funding_type="bank_transfer",
        bank_transfer={"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "DE"}})
    assert told.bank_transfer.financial_addresses[0].iban.iban.startswith("DE")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Customer.create_funding_instructions(
            customer.id, currency="usd", funding_type="bank_transfer", bank_transfer={"type": "eu_bank_transfer"})
    assert refused.value.param == "bank_transfer[type]"


def test_cash_goes_back_to_the_bank(server):
    customer = stripe.Customer.create(email="payer@example.com")
    stripe.Customer.TestHelpers.fund_cash_balance(customer.id, amount=1000, currency="eur")
    refund = stripe.Refund.create(
        origin="customer_balance", customer=customer.id, amount=400, currency="eur", instructions_email="payer@example.com")
    assert (refund.status, refund.charge, refund.destination_details.type) == ("pending", None, "eu_bank_transfer")
    assert stripe.Refund.cancel(refund.id).status == "canceled"
    moves = stripe.Customer.list_cash_balance_transactions(customer.id)
    assert [it.type for it in moves] == ["return_canceled", "return_initiated", "funded"]
