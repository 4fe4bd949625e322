"""Payment methods, payment intents, setup intents and confirmation tokens, with the official SDK."""

import time

import pytest
import stripe

from harness import CARD, PLATFORM_PUBLIC, SELLER, SELLER_PUBLIC, Person

MANDATE = {"customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "test"}}}
RETURN = "https://shop.example/done"


@pytest.fixture(scope="module")
def customer(server):
    return stripe.Customer.create(email="payer@example.com")


def pay(method, **more):
    return stripe.PaymentIntent.create(**{
        "amount": 2000, "currency": "usd", "allowed_payment_method_types": ["card"], "payment_method": method,
        "confirm": True, **more})


def settled(intent, *statuses):
    """The intent once the bank has told of its debit."""
    for _ in range(200):
        now = stripe.PaymentIntent.retrieve(intent.id)
        if now.status in statuses:
            return now
        time.sleep(0.02)
    raise AssertionError(f"{now.id} stays {now.status}")


# -- payment methods


def test_payment_methods(server, customer):
    method = stripe.PaymentMethod.create(
        type="card", card={**CARD, "exp_month": 12, "exp_year": 2034}, metadata={"a": "b"},
        billing_details={"name": "Ann", "email": "ann@example.com", "address": {"line1": "Main", "postal_code": "94107"}})
    assert (method.id[:3], method.card.brand, method.card.last4) == ("pm_", "visa", "4242")
    assert method.customer is None and method.billing_details.address.line1 == "Main"
    assert "4242424242424242" not in str(method)
    attached = stripe.PaymentMethod.attach(method.id, customer=customer.id)
    assert attached.customer == customer.id and attached.card.checks.cvc_check == "pass"
    changed = stripe.PaymentMethod.modify(method.id, metadata={"c": "d"}, card={"exp_year": 2035}, allow_redisplay="always")
    assert (changed.card.exp_year, changed.allow_redisplay) == (2035, "always")
    assert changed.metadata.to_dict() == {"a": "b", "c": "d"}
    assert stripe.PaymentMethod.retrieve(method.id, expand=["customer"]).customer.email == "payer@example.com"
    assert method.id in [it.id for it in stripe.PaymentMethod.list(customer=customer.id, type="card")]
    assert method.id in [it.id for it in stripe.Customer.list_payment_methods(customer.id)]
    assert stripe.Customer.retrieve_payment_method(customer.id, method.id).id == method.id
    detached = stripe.PaymentMethod.detach(method.id)
    assert detached.customer is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentMethod.attach(method.id, customer=customer.id)
    assert refused.value.code == "payment_method_unexpected_state"


def test_what_a_customers_invoices_are_paid_with(server):
    customer = stripe.Customer.create(
        payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa"},
        expand=["invoice_settings.default_payment_method"])
    method = customer.invoice_settings.default_payment_method
    assert (method.customer, method.card.last4) == (customer.id, "4242")
    other = stripe.PaymentMethod.attach("pm_card_mastercard", customer=customer.id)
    changed = stripe.Customer.modify(customer.id, invoice_settings={"default_payment_method": other.id})
    assert changed.invoice_settings.default_payment_method == other.id
    stripe.PaymentMethod.detach(other.id)
    assert stripe.Customer.retrieve(customer.id).invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Customer.modify(customer.id, invoice_settings={"default_payment_method": other.id})
    assert refused.value.param == "invoice_settings[default_payment_method]"


def test_a_token_and_a_named_card_become_payment_methods(server):
    token = stripe.Token.create(card=CARD, api_key=PLATFORM_PUBLIC)
    method = stripe.PaymentMethod.create(type="card", card={"token": token.id})
    assert pay(method.id).status == "succeeded"
    assert stripe.PaymentMethod.retrieve("pm_card_mastercard").card.brand == "mastercard"


def test_bank_accounts_as_payment_methods(server):
    bank = stripe.PaymentMethod.create(
        type="us_bank_account", billing_details={"name": "Ann"},
        us_bank_account={"account_holder_type": "individual", "routing_number": "110000000", "account_number": "000123456789"})
    assert (bank.us_bank_account.bank_name, bank.us_bank_account.last4) == ("STRIPE TEST BANK", "6789")
    sepa = stripe.PaymentMethod.create(
        type="sepa_debit", billing_details={"name": "Ann", "email": "a@example.com"},
        sepa_debit={"iban": "AT61 1904 3002 3457 3201"})
    assert (sepa.sepa_debit.country, sepa.sepa_debit.bank_code, sepa.sepa_debit.last4) == ("AT", "19043", "3201")
    for iban, code in [("AT611904300234573202", "invalid_bank_account_iban"),
                       ("AT511904300000066666", "sepa_debit_debits_not_supported")]:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            stripe.PaymentMethod.create(
                type="sepa_debit", billing_details={"name": "A", "email": "a@example.com"}, sepa_debit={"iban": iban})
        assert (refused.value.code, refused.value.param) == (code, "sepa_debit[iban]")


def test_cards_of_the_first_years_are_payment_methods(server):
    customer = stripe.Customer.create(source="tok_visa")
    card = customer.default_source
    seen = stripe.PaymentMethod.retrieve(card)
    assert (seen.object, seen.type, seen.card.brand, seen.customer) == ("payment_method", "card", "visa", customer.id)
    assert [it.id for it in stripe.PaymentMethod.list(customer=customer.id)] == [card]
    paid = pay(card, customer=customer.id, expand=["payment_method", "latest_charge"])
    assert (paid.status, paid.latest_charge.source.id) == ("succeeded", card)
    assert (paid.payment_method.id, paid.payment_method.object) == (card, "payment_method")
    assert stripe.PaymentMethod.detach(card).customer is None
    assert stripe.Customer.retrieve(customer.id).default_source is None


def test_a_platforms_payment_method_is_copied_into_an_account(server, connection, customer):
    kept = stripe.PaymentMethod.attach("pm_card_visa", customer=customer.id)
    copied = stripe.PaymentMethod.create(customer=customer.id, payment_method=kept.id, stripe_account=SELLER)
    assert copied.id != kept.id and copied.customer is None and copied.card.last4 == "4242"
    assert copied.card.fingerprint != kept.card.fingerprint
    paid = pay(copied.id, application_fee_amount=150, stripe_account=SELLER)
    charge = stripe.Charge.retrieve(paid.latest_charge, stripe_account=SELLER, expand=["application_fee"])
    assert (paid.status, paid.application_fee_amount, charge.application_fee.amount) == ("succeeded", 150, 150)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.PaymentMethod.create(customer=customer.id, payment_method=kept.id)


# -- payment intents


def test_a_payment_from_the_first_thought_to_the_money(server, customer):
    intent = stripe.PaymentIntent.create(
        amount=1500, currency="usd", automatic_payment_methods={"enabled": True}, customer=customer.id,
        description="chair", metadata={"order": "7"}, receipt_email="payer@example.com",
        shipping={"name": "Ann", "address": {"line1": "Main"}}, statement_descriptor_suffix="CHAIR")
    assert (intent.status, intent.next_action, intent.latest_charge) == ("requires_payment_method", None, None)
    intent = stripe.PaymentIntent.modify(intent.id, amount=1600, payment_method="pm_card_visa", setup_future_usage="off_session")
    assert (intent.status, intent.amount) == ("requires_confirmation", 1600)
    paid = stripe.PaymentIntent.confirm(intent.id, return_url=RETURN, expand=["latest_charge.balance_transaction"])
    assert (paid.status, paid.amount_received) == ("succeeded", 1600)
    charge = paid.latest_charge
    assert (charge.payment_intent, charge.description, charge.receipt_email) == (paid.id, "chair", "payer@example.com")
    assert charge.balance_transaction.amount == 1600 and charge.shipping.name == "Ann"
    assert stripe.PaymentMethod.retrieve(paid.payment_method).customer == customer.id
    assert paid.id in [it.id for it in stripe.PaymentIntent.list(customer=customer.id)]
    again = pay(paid.payment_method, customer=customer.id, off_session=True)
    assert again.status == "succeeded"
    refund = stripe.Refund.create(payment_intent=paid.id, amount=600)
    assert (refund.payment_intent, refund.amount) == (paid.id, 600)


def test_reserving_and_taking_a_part(server):
    intent = pay("pm_card_visa", capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2000)
    taken = stripe.PaymentIntent.capture(intent.id, amount_to_capture=1200)
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1200, 0)
    gone = stripe.PaymentIntent.cancel(pay("pm_card_visa", capture_method="manual").id, cancellation_reason="duplicate")
    assert (gone.status, gone.cancellation_reason) == ("canceled", "duplicate")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentIntent.capture(gone.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent.id == gone.id


def test_what_nobody_takes_is_let_go(server):
    intent = pay("pm_card_visa", capture_method="manual")
    server.advance(7 * 86400 + 1)
    gone = settled(intent, "canceled")
    assert gone.cancellation_reason == "automatic"
    assert stripe.Charge.retrieve(intent.latest_charge).refunded is True


def test_a_decline_leaves_the_intent_waiting(server):
    with pytest.raises(stripe.CardError) as refused:
        pay("pm_card_visa_chargeDeclinedInsufficientFunds")
    error = refused.value.error
    assert (error.code, error.decline_code, error.payment_intent.status) == (
        "card_declined", "insufficient_funds", "requires_payment_method")
    intent = stripe.PaymentIntent.retrieve(error.payment_intent.id)
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    assert intent.last_payment_error.payment_method.card.last4 == "9995"
    assert stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa").status == "succeeded"


def test_a_payers_bank_asks(server):
    intent = pay("pm_card_threeDSecure2Required", return_url=RETURN)
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    url = intent.next_action.redirect_to_url.url
    assert intent.next_action.redirect_to_url.return_url == RETURN and url.startswith(server.origin)
    person = Person(server)
    back = person.press(person.open(url), "Complete")
    assert back.startswith(f"{RETURN}?payment_intent={intent.id}&") and back.endswith("redirect_status=succeeded")
    paid = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge"])
    assert paid.status == "succeeded"
    assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    with pytest.raises(stripe.CardError) as refused:
        pay("pm_card_threeDSecure2Required", error_on_requires_action=True)
    assert refused.value.code == "authentication_required"
    with pytest.raises(stripe.CardError) as refused:
        pay("pm_card_authenticationRequired", off_session=True)
    assert (refused.value.code, refused.value.error.decline_code) == (
        "authentication_required", "authentication_required")
    wanted = pay("pm_card_threeDSecureOptional", payment_method_options={"card": {"request_three_d_secure": "any"}})
    assert (wanted.status, wanted.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert stripe.PaymentIntent.cancel(wanted.id).status == "canceled"


def test_debits_settle_later(server):
    debit = {"allowed_payment_method_types": ["us_bank_account"], "mandate_data": MANDATE}
    intent = pay("pm_usBankAccount_success", **debit)
    assert intent.status == "processing"
    paid = settled(intent, "succeeded")
    charge = stripe.Charge.retrieve(paid.latest_charge)
    assert (charge.status, charge.payment_method_details.type) == ("succeeded", "us_bank_account")
    mandate = stripe.Mandate.retrieve(charge.payment_method_details.us_bank_account.mandate)
    assert (mandate.status, mandate.single_use.amount) == ("active", 2000)
    failed = settled(pay("pm_usBankAccount_noAccount", **debit), "requires_payment_method")
    assert failed.last_payment_error.code == "no_account"
    sepa = pay("pm_sepaDebit_failed_de", currency="eur", allowed_payment_method_types=["sepa_debit"], mandate_data=MANDATE)
    assert settled(sepa, "requires_payment_method").last_payment_error.code == "debit_not_authorized"


def test_a_browser_pays_with_the_client_secret(server):
    intent = stripe.PaymentIntent.create(amount=700, currency="usd", metadata={"a": "b"})
    path = f"/v1/payment_intents/{intent.id}"
    assert server.get(path, SELLER_PUBLIC, form={"client_secret": intent.client_secret}).status_code == 404
    seen = server.get(path, PLATFORM_PUBLIC, form={"client_secret": intent.client_secret})
    assert seen.status_code == 200 and "metadata" not in seen.json() and "latest_charge" not in seen.json()
    assert server.get(path, PLATFORM_PUBLIC).status_code == 400
    form = {
        "client_secret": intent.client_secret, "use_stripe_sdk": True,
        "payment_method_data": {"type": "card", "card": CARD, "billing_details": {"name": "Ann"}}}
    paid = server.post(path + "/confirm", PLATFORM_PUBLIC, form)
    assert paid.status_code == 200 and paid.json()["status"] == "succeeded"
    deep = server.get(path, PLATFORM_PUBLIC, form={
        "client_secret": intent.client_secret, "expand": ["payment_method.customer"]})
    assert deep.status_code == 400 and deep.json()["error"]["param"] == "expand"


def test_older_versions_see_older_intents(server):
    old = server.post("/v1/payment_intents", stripe.api_key, {
        "amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True,
        "payment_method_types": ["card"]}, headers={"Stripe-Version": "2022-08-01"}).json()
    assert old["charges"]["data"][0]["payment_intent"] == old["id"] and "latest_charge" not in old
    assert old["capture_method"] == "automatic" and old["automatic_payment_methods"] is None
    first = server.post("/v1/payment_intents", stripe.api_key, {
        "amount": 700, "currency": "usd", "allowed_source_types": ["card"]}, headers={"Stripe-Version": "2018-11-08"})
    assert first.json()["status"] == "requires_source" and first.json()["allowed_source_types"] == ["card"]


def test_a_payment_is_told(server, receiver):
    hook = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=[
        "payment_intent.created", "payment_intent.succeeded", "payment_method.attached", "charge.succeeded"])
    customer = stripe.Customer.create()
    paid = pay("pm_card_visa", customer=customer.id, setup_future_usage="on_session")
    ours = lambda kind: receiver.wait(lambda e: e["type"] == kind and (
        e["data"]["object"].get("customer") == customer.id)).event["data"]["object"]
    assert ours("payment_intent.created")["status"] == "requires_payment_method"
    assert ours("payment_intent.succeeded")["id"] == paid.id
    assert ours("payment_method.attached")["id"] == paid.payment_method
    assert ours("charge.succeeded")["id"] == paid.latest_charge
    hook.delete()


def test_a_destination_payment(server, connection):
    paid = pay("pm_card_visa", application_fee_amount=123, transfer_data={"destination": SELLER}, expand=["latest_charge"])
    assert (paid.status, paid.transfer_data.destination) == ("succeeded", SELLER)
    assert paid.latest_charge.transfer and paid.latest_charge.application_fee_amount == 123


# -- setup intents


def test_a_setup(server, customer):
    intent = stripe.SetupIntent.create(
        customer=customer.id, allowed_payment_method_types=["card"], payment_method="pm_card_visa", metadata={"a": "b"})
    assert intent.status == "requires_confirmation"
    intent = stripe.SetupIntent.modify(intent.id, description="later")
    done = stripe.SetupIntent.confirm(intent.id, expand=["payment_method", "latest_attempt"])
    assert (done.status, done.usage, done.payment_method.customer) == ("succeeded", "off_session", customer.id)
    assert done.latest_attempt.status == "succeeded"
    assert stripe.SetupIntent.retrieve(done.id).description == "later"
    assert [it.id for it in stripe.SetupIntent.list(customer=customer.id)] == [done.id]
    assert [it.setup_intent for it in stripe.SetupAttempt.list(setup_intent=done.id)] == [done.id]
    with pytest.raises(stripe.CardError) as refused:
        stripe.SetupIntent.create(allowed_payment_method_types=["card"], payment_method="pm_card_chargeDeclined", confirm=True)
    assert refused.value.error.setup_intent.last_setup_error.code == "card_declined"
    failed = refused.value.error.setup_intent.id
    assert stripe.SetupIntent.cancel(failed).status == "canceled"
    bank = stripe.SetupIntent.create(
        customer=customer.id, allowed_payment_method_types=["us_bank_account"], payment_method="pm_usBankAccount_success",
        mandate_data=MANDATE, confirm=True, expand=["mandate"])
    assert (bank.status, bank.mandate.type) == ("succeeded", "multi_use")
    waiting = stripe.SetupIntent.create(
        allowed_payment_method_types=["card"], payment_method="pm_card_authenticationRequiredOnSetup", confirm=True)
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "use_stripe_sdk")


# -- confirmation tokens


def test_confirmation_tokens(server, customer):
    token = stripe.ConfirmationToken.TestHelpers.create(
        payment_method="pm_card_visa", return_url=RETURN, setup_future_usage="off_session",
        shipping={"name": "Ann", "address": {"line1": "Main"}})
    assert token.payment_method_preview.card.last4 == "4242" and token.payment_intent is None
    paid = stripe.PaymentIntent.create(
        amount=900, currency="usd", confirmation_token=token.id, confirm=True, customer=customer.id)
    assert (paid.status, paid.shipping.name, paid.setup_future_usage) == ("succeeded", "Ann", "off_session")
    assert stripe.ConfirmationToken.retrieve(token.id).payment_intent == paid.id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.PaymentIntent.create(amount=900, currency="usd", confirmation_token=token.id, confirm=True)
    assert refused.value.param == "confirmation_token"
    typed = server.post("/v1/confirmation_tokens", PLATFORM_PUBLIC, {
        "payment_method_data": {"type": "card", "card": CARD}, "return_url": RETURN})
    assert typed.status_code == 200
    setup = stripe.SetupIntent.create(confirmation_token=typed.json()["id"], confirm=True)
    assert setup.status == "succeeded"
