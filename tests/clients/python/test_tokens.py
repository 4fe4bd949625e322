"""What browsers and apps are handed instead of a secret key: tokens of who somebody is, ephemeral keys, sessions."""

import pytest
import stripe

from harness import PLATFORM_PUBLIC, PLATFORM_SECRET

VERSION = "2026-10-28.endive"


def in_browser(**params):
    return stripe.Token.create(api_key=PLATFORM_PUBLIC, **params)


def test_an_account_is_opened_with_what_its_owner_typed_in_the_browser(server):
    typed = in_browser(account={
        "business_type": "individual",
        "individual": {"first_name": "Ann", "last_name": "Potter", "dob": {"day": 1, "month": 1, "year": 1901},
                       "id_number": "222222222"},
        "tos_shown_and_accepted": True,
    })
    assert (typed.type, typed.used, typed.client_ip) == ("account", False, "127.0.0.1")
    made = stripe.Account.create(type="custom", country="US", account_token=typed.id)
    assert (made.individual.first_name, made.individual.id_number_provided) == ("Ann", True)
    assert (made.tos_acceptance.ip, made.tos_acceptance.date) == ("127.0.0.1", typed.created)
    assert made.tos_acceptance.user_agent.startswith("Stripe/v1 PythonBindings")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Account.create(type="custom", account_token=typed.id)
    assert (refused.value.code, refused.value.param) == ("token_already_used", "account_token")


def test_a_person_is_told_of_by_token(server):
    account = stripe.Account.create(type="custom", business_type="company")
    typed = in_browser(person={"first_name": "Bo", "relationship": {"owner": True, "percent_ownership": 30}})
    made = stripe.Account.create_person(account.id, person_token=typed.id)
    assert (made.first_name, made.relationship.owner, made.relationship.percent_ownership) == ("Bo", True, 30)
    changed = in_browser(person={"last_name": "Lee"})
    assert stripe.Account.modify_person(account.id, made.id, person_token=changed.id).last_name == "Lee"


def test_a_security_code_is_typed_again(server):
    customer = stripe.Customer.create(source="tok_visa")
    code = in_browser(cvc_update={"cvc": "314"})
    assert code.type == "cvc_update"
    paid = stripe.PaymentIntent.create(
        amount=1000, currency="usd", customer=customer.id, payment_method=customer.default_source, confirm=True,
        allowed_payment_method_types=["card"], payment_method_options={"card": {"cvc_token": code.id}},
        expand=["latest_charge"])
    assert paid.latest_charge.payment_method_details.card.checks.cvc_check == "pass"
    assert stripe.Token.retrieve(code.id).used


def test_an_app_sees_its_customer_and_nothing_else(server):
    customer = stripe.Customer.create(source="tok_visa")
    other = stripe.Customer.create()
    key = stripe.EphemeralKey.create(customer=customer.id, stripe_version=VERSION)
    assert key.secret.startswith("ek_test_") and key.expires - key.created == 3600
    app = {"api_key": key.secret, "stripe_version": VERSION}
    assert stripe.Customer.retrieve(customer.id, **app).id == customer.id
    kept = stripe.PaymentMethod.list(customer=customer.id, type="card", **app)
    assert [it.card.last4 for it in kept.data] == ["4242"]
    for ask in (lambda: stripe.Customer.retrieve(other.id, **app), lambda: stripe.Balance.retrieve(**app),
                lambda: stripe.Customer.modify(customer.id, balance=-5000, **app)):
        with pytest.raises(stripe.PermissionError):
            ask()
    assert stripe.EphemeralKey.delete(key.id).id == key.id
    with pytest.raises(stripe.AuthenticationError):
        stripe.Customer.retrieve(customer.id, **app)


def test_sessions_for_embedded_pages(server):
    account = stripe.Account.create(type="express")
    shown = stripe.AccountSession.create(account=account.id, components={
        "account_onboarding": {"enabled": True}, "payments": {"enabled": True, "features": {"refund_management": False}}})
    assert shown.client_secret.startswith("accs_secret__")
    assert shown.components.payments.features.to_dict() == {
        "capture_payments": True, "destination_on_behalf_of_charge_management": False, "dispute_management": True,
        "refund_management": False, "smart_disputes_management": True}
    customer = stripe.Customer.create()
    offered = stripe.CustomerSession.create(customer=customer.id, components={"payment_element": {
        "enabled": True, "features": {"payment_method_redisplay": "enabled"}}})
    assert offered.components.payment_element.features.payment_method_redisplay == "enabled"
    assert offered.components.pricing_table.enabled is False


def test_the_same_key_tells_the_same_secret(server):
    customer = stripe.Customer.create()
    ask = {"customer": customer.id, "stripe_version": VERSION, "idempotency_key": "ephemeral-once"}
    assert stripe.EphemeralKey.create(**ask).secret == stripe.EphemeralKey.create(**ask).secret
    assert stripe.api_key == PLATFORM_SECRET


def test_what_is_offered_follows_from_a_configuration(server):
    own = next(it for it in stripe.PaymentMethodConfiguration.list().data if it.is_default)
    assert own.card.available and own.klarna.display_preference.value == "off"
    cards = stripe.PaymentMethodConfiguration.create(
        name="Cards", us_bank_account={"display_preference": {"preference": "off"}})
    paid = stripe.PaymentIntent.create(amount=1000, currency="usd", payment_method_configuration=cards.id)
    assert paid.payment_method_types == ["card"]
    assert paid.payment_method_configuration_details.to_dict() == {"id": cards.id, "parent": None}
    plain = stripe.PaymentIntent.create(amount=1000, currency="usd", automatic_payment_methods={"enabled": True})
    assert plain.payment_method_configuration_details.id == own.id
    off = stripe.PaymentMethodConfiguration.modify(cards.id, active=False)
    assert off.active is False and stripe.PaymentMethodConfiguration.retrieve(cards.id).name == "Cards"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.SetupIntent.create(payment_method_configuration=cards.id)


def test_domains_that_show_wallets(server):
    made = stripe.PaymentMethodDomain.create(domain_name="shop.example.com")
    assert made.apple_pay.status == "active" and made.enabled
    off = stripe.PaymentMethodDomain.modify(made.id, enabled=False)
    assert not off.enabled and stripe.PaymentMethodDomain.retrieve(made.id).id == made.id
    assert [it.id for it in stripe.PaymentMethodDomain.list(domain_name="shop.example.com").data] == [made.id]
    lost = stripe.PaymentMethodDomain.create(domain_name="nowhere.invalid")
    seen = stripe.PaymentMethodDomain.validate(lost.id)
    assert seen.apple_pay.status == "inactive" and seen.apple_pay.status_details.error_message
