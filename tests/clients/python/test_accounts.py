"""Accounts that a platform creates: with the official SDK, and as a person who follows its links."""

import subprocess
import time
import urllib.parse

import pytest
import stripe

from harness import BINARY, Page, Person, Server, PLATFORM_SECRET, PLATFORM_LIVE_SECRET, SELLER, SELLER_SECRET

WANTED = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
ADDRESS = {"line1": "1 Clay Lane", "city": "Berea", "state": "KY", "postal_code": "40403"}
BANK = {"object": "bank_account", "country": "US", "currency": "usd", "routing_number": "110000000",
        "account_number": "000123456789", "account_holder_name": "Ann Potter"}
TERMS = {"date": 1609798905, "ip": "8.8.8.8"}


def person(**change):
    return {"first_name": "Ann", "last_name": "Potter", "email": "ann@example.com", "phone": "0000000000",
            "dob": {"day": 1, "month": 1, "year": 1902}, "address": ADDRESS, "ssn_last_4": "0000", **change}


def custom(**change):
    return stripe.Account.create(**{
        "type": "custom", "country": "US", "email": "ann@example.com", "business_type": "individual",
        "capabilities": WANTED, "individual": person(), "external_account": BANK, "tos_acceptance": TERMS,
        "business_profile": {"mcc": "5734", "url": "https://accessible.stripe.com"}, **change})


def wait(account, until, seconds=15):
    """The account once what is due was done."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        seen = stripe.Account.retrieve(account)
        if until(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"it never came to that: {seen.requirements}")


# -- types


@pytest.mark.parametrize("kind, losses, collects, dashboard", [
    ("standard", "stripe", "stripe", "full"),
    ("express", "application", "stripe", "express"),
    ("custom", "application", "application", "none"),
])
def test_the_three_types(server, kind, losses, collects, dashboard):
    made = stripe.Account.create(type=kind, metadata={"shop": "7"})
    assert (made.type, made.country, made.default_currency) == (kind, "US", "usd")
    assert made.controller.type == "application" and made.controller.is_controller is True
    assert made.controller.losses.payments == losses
    assert made.controller.requirement_collection == collects
    assert made.controller.stripe_dashboard.type == dashboard
    assert made.metadata.to_dict() == {"shop": "7"}
    assert any(it.id == made.id for it in stripe.Account.list(limit=5).data)


def test_a_controller_says_it_all(server):
    made = stripe.Account.create(country="DE", controller={
        "fees": {"payer": "application"}, "losses": {"payments": "application"},
        "stripe_dashboard": {"type": "express"}})
    assert (made.type, made.default_currency) == ("none", "eur")
    assert made.settings.payouts.schedule.delay_days == 7


@pytest.mark.parametrize("form, param", [
    ({"type": "boat"}, "type"),
    ({"type": "custom", "country": "KP"}, "country"),
    ({"type": "custom", "email": "nobody"}, "email"),
    ({"type": "custom", "business_type": "hobby"}, "business_type"),
    ({"type": "custom", "capabilities": {"flying": {"requested": True}}}, "capabilities[flying]"),
    ({"type": "custom", "individual": {"dob": {"day": 31, "month": 2, "year": 1980}}}, "individual[dob]"),
    ({"type": "custom", "individual": {"shoe_size": 42}}, "individual[shoe_size]"),
    ({"type": "custom", "company": {"structure": "band"}}, "company[structure]"),
    ({"type": "custom", "external_account": "btok_none"}, "external_account"),
    ({"type": "custom", "settings": {"payouts": {"schedule": {"interval": "hourly"}}}},
     "settings[payouts][schedule][interval]"),
])
def test_what_cannot_be_is_refused(server, form, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Account.create(**form)
    assert refused.value.http_status == 400 and refused.value.param == param


def test_only_platforms_create_accounts(server):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Account.create(type="custom", api_key=SELLER_SECRET)
    assert "signed up for Connect" in refused.value.user_message


# -- requirements and capabilities


def test_from_nothing_to_payments(server):
    made = stripe.Account.create(type="custom", capabilities=WANTED)
    due = made.requirements.currently_due
    assert {"business_type", "external_account", "tos_acceptance.date"} <= set(due)
    assert made.requirements.past_due == due and made.requirements.disabled_reason == "requirements.past_due"
    assert made.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    one = stripe.Account.retrieve_capability(made.id, "card_payments")
    assert one.requested and one.status == "inactive" and one.account == made.id
    assert "business_profile.mcc" in one.requirements.currently_due

    done = stripe.Account.modify(
        made.id, business_type="individual", individual=person(), external_account=BANK, tos_acceptance=TERMS,
        business_profile={"mcc": "5734", "url": "https://accessible.stripe.com"})
    assert done.charges_enabled and done.payouts_enabled and done.details_submitted
    assert done.requirements.currently_due == [] and done.requirements.disabled_reason is None
    assert done.individual.verification.status == "verified"
    assert [it.status for it in stripe.Account.list_capabilities(made.id).data] == ["active", "active"]
    assert done.external_accounts.data[0].last4 == "6789"


def test_verification_comes_a_moment_later(server, receiver):
    hook = stripe.WebhookEndpoint.create(
        url=receiver.url, enabled_events=["account.updated", "capability.updated"], connect=True)
    made = custom(individual=person(dob={"day": 1, "month": 1, "year": 1901}))
    assert made.individual.verification.status in ("pending", "verified")
    seen = wait(made.id, lambda it: it.charges_enabled)
    assert seen.individual.verification.status == "verified"
    told = receiver.wait(lambda e: e["type"] == "account.updated" and e["data"]["object"]["charges_enabled"]).event
    assert told["account"] == made.id and told["data"]["previous_attributes"]["charges_enabled"] is False
    active = receiver.wait(
        lambda e: e["type"] == "capability.updated" and e["data"]["object"]["status"] == "active").event
    assert active["data"]["object"]["account"] == made.id
    hook.delete()


@pytest.mark.parametrize("change, code", [
    ({"dob": {"day": 2, "month": 2, "year": 1980}}, "verification_failed_keyed_identity"),
    ({"id_number": "111111111"}, "verification_failed_id_number_match"),
    ({"address": {**ADDRESS, "line1": "address_no_match"}}, "verification_failed_residential_address"),
    ({"verification": {"document": {"front": "file_identity_document_failure"}}},
     "verification_document_failed_test_mode"),
])
def test_documented_values_of_persons(server, change, code):
    made = custom(individual=person(**change))
    seen = wait(made.id, lambda it: it.requirements.errors)
    assert [error.code for error in seen.requirements.errors] == [code]
    assert seen.requirements.errors[0].requirement in seen.requirements.past_due
    assert seen.individual.verification.status == "unverified" and not seen.charges_enabled


def test_a_document_beats_what_was_typed(server):
    made = custom(individual=person(dob={"day": 2, "month": 2, "year": 1980}))
    wait(made.id, lambda it: it.requirements.errors)
    stripe.Account.modify(
        made.id, individual={"verification": {"document": {"front": "file_identity_document_success"}}})
    assert wait(made.id, lambda it: it.charges_enabled).individual.verification.status == "verified"


def test_by_hand(server):
    made = custom()
    hand = lambda form: server.post(f"/_tollbridge/accounts/{made.id}", PLATFORM_SECRET, form)
    asked = hand({"ask": "next"}).json()
    assert asked["requirements"]["currently_due"] == ["individual.id_number"]
    assert asked["requirements"]["current_deadline"] and asked["charges_enabled"]
    server.advance(15 * 86_400)
    late = wait(made.id, lambda it: not it.charges_enabled)
    assert late.requirements.disabled_reason == "requirements.past_due"
    stripe.Account.modify(made.id, individual={"id_number": "222222222"})
    assert stripe.Account.retrieve(made.id).charges_enabled
    assert hand({"pause": "under_review"}).json()["requirements"]["disabled_reason"] == "under_review"
    assert hand({"pause": ""}).json()["charges_enabled"]
    assert hand({"pause": "tea"}).status_code == 400 and hand({"tea": "1"}).status_code == 400
    assert server.post(f"/_tollbridge/accounts/{SELLER}", PLATFORM_SECRET, {"ask": "next"}).status_code == 400


@pytest.mark.parametrize("card, blocked", [
    ("tok_visa_triggerChargeBlock", "charges_enabled"), ("tok_visa_triggerPayoutBlock", "payouts_enabled")])
def test_cards_that_block_whom_they_pay(server, card, blocked):
    made = custom()
    stripe.Charge.create(amount=1000, currency="usd", source=card, stripe_account=made.id)
    seen = wait(made.id, lambda it: not it[blocked])
    assert seen.requirements.past_due == ["individual.verification.document"]


# -- persons


def test_the_persons_of_a_company(server):
    made = stripe.Account.create(
        type="custom", business_type="company", capabilities=WANTED, external_account="btok_us_verified",
        tos_acceptance=TERMS, business_profile={"mcc": "5734", "product_description": "Pots"},
        company={"name": "Pots Inc", "phone": "0000000000", "tax_id": "222222222", "address": ADDRESS,
                 "owners_provided": True, "structure": "private_corporation"})
    assert "representative.first_name" in made.requirements.currently_due
    ann = stripe.Account.create_person(
        made.id, relationship={"representative": True, "title": "CEO", "percent_ownership": 60.5},
        **person(id_number="222222222"))
    assert ann.object == "person" and ann.account == made.id and ann.verification.status == "verified"
    assert ann.relationship.percent_ownership == 60.5 and ann.id_number_provided
    bea = stripe.Account.create_person(made.id, first_name="Bea", relationship={"owner": True})
    assert set(bea.requirements.currently_due) == {"email", "last_name"}
    assert f"{bea.id}.email" in stripe.Account.retrieve(made.id).requirements.currently_due
    changed = stripe.Account.modify_person(made.id, bea.id, last_name="Baker", email="bea@example.com")
    assert changed.requirements.currently_due == []
    assert [it.id for it in stripe.Account.list_persons(made.id).data] == [bea.id, ann.id]
    assert [it.id for it in stripe.Account.list_persons(made.id, relationship={"owner": True}).data] == [bea.id]
    assert stripe.Account.retrieve_person(made.id, ann.id).last_name == "Potter"
    assert stripe.Account.delete_person(made.id, bea.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as gone:
        stripe.Account.retrieve_person(made.id, bea.id)
    assert gone.value.http_status == 404 and gone.value.code == "resource_missing"
    seen = stripe.Account.retrieve(made.id)
    assert seen.charges_enabled and seen.company.tax_id_provided and "individual" not in seen
    kinds = {it.type for it in stripe.Event.list(stripe_account=made.id, limit=100).data}
    assert {"person.created", "person.updated", "person.deleted", "capability.updated", "account.updated",
            "account.application.authorized", "account.external_account.created"} <= kinds


# -- external accounts


def test_a_number_by_a_token(server):
    number = stripe.Token.create(pii={"id_number": "222222222"})
    assert (number.type, number.used, number.id.split("_")[0]) == ("pii", False, "pii")
    company = stripe.Account.create(type="custom", business_type="company")
    owner = stripe.Account.create_person(company.id, first_name="Ann", id_number=number.id)
    assert owner.id_number_provided and stripe.Token.retrieve(number.id).used
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Account.modify_person(company.id, owner.id, id_number=number.id)
    assert (refused.value.code, refused.value.param) == ("token_already_used", "id_number")


def test_external_accounts(server):
    made = custom()
    card = stripe.Account.create_external_account(
        made.id, external_account="tok_visa_debit_us_transferSuccess", metadata={"a": "b"})
    assert (card.object, card.funding, card.account) == ("card", "debit", made.id)
    assert card.default_for_currency is False and card.metadata.to_dict() == {"a": "b"}
    token = stripe.Token.create(bank_account={**BANK, "object": None})
    bank = stripe.Account.create_external_account(
        made.id, external_account=token.id, default_for_currency=True)
    assert (bank.object, bank.default_for_currency, bank.bank_name) == ("bank_account", True, "STRIPE TEST BANK")
    listed = stripe.Account.list_external_accounts(made.id).data
    assert [it.default_for_currency for it in listed] == [True, False, False]
    assert len(stripe.Account.list_external_accounts(made.id, object="card").data) == 1
    renamed = stripe.Account.modify_external_account(made.id, bank.id, account_holder_name="Ann P.")
    assert renamed.account_holder_name == "Ann P."
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Account.delete_external_account(made.id, bank.id)
    assert stripe.Account.delete_external_account(made.id, card.id).deleted is True
    with pytest.raises(stripe.StripeError) as refused:
        stripe.Account.create_external_account(made.id, external_account="tok_visa")
    assert refused.value.code == "invalid_card_type"
    with pytest.raises(stripe.StripeError):
        stripe.Account.create_external_account(made.id, external_account=token.id)


def test_an_instant_payout_to_a_debit_card(server):
    made = custom()
    card = stripe.Account.create_external_account(
        made.id, external_account="tok_visa_debit_us_transferSuccess")
    stripe.Charge.create(amount=10_000, currency="usd", source="tok_bypassPending", stripe_account=made.id)
    payout = stripe.Payout.create(
        amount=1000, currency="usd", method="instant", destination=card.id, stripe_account=made.id)
    assert (payout.type, payout.destination) == ("card", card.id)


# -- what a platform may do


def test_the_platform_acts_for_its_account(server):
    made = custom()
    charge = stripe.Charge.create(
        amount=1000, currency="usd", source="tok_visa", application_fee_amount=100, stripe_account=made.id)
    assert charge.paid and charge.application_fee_amount == 100
    assert stripe.Account.retrieve(stripe_account=made.id).id == made.id
    moved = stripe.Transfer.create(
        amount=100, currency="usd", destination=made.id,
        source_transaction=stripe.Charge.create(amount=500, currency="usd", source="tok_visa").id)
    assert moved.destination == made.id
    with pytest.raises(stripe.PermissionError) as foreign:
        stripe.Account.retrieve(made.id, api_key=PLATFORM_LIVE_SECRET)
    assert foreign.value.error.code == "account_invalid"


def test_details_that_a_page_asks_for_are_the_pages(server):
    made = stripe.Account.create(type="express", individual=person(), business_type="individual")
    assert made.individual.first_name == "Ann"
    link = stripe.AccountLink.create(
        account=made.id, type="account_onboarding", refresh_url="https://a.example/again",
        return_url="https://a.example/back")
    assert link.object == "account_link" and link.expires_at - link.created == 300
    with pytest.raises(stripe.PermissionError) as refused:
        stripe.Account.modify(made.id, individual={"first_name": "Eve"})
    assert refused.value.error.param == "individual"
    assert stripe.Account.modify(made.id, metadata={"a": "b"}).metadata.to_dict() == {"a": "b"}
    assert "individual" not in stripe.Account.retrieve(made.id)


def test_reject_and_delete(server, receiver):
    hook = stripe.WebhookEndpoint.create(
        url=receiver.url, enabled_events=["account.application.deauthorized"], connect=True)
    made = custom()
    refused = stripe.Account.reject(made.id, reason="terms_of_service")
    assert refused.requirements.disabled_reason == "rejected.platform_terms_of_service"
    assert not refused.charges_enabled and not refused.payouts_enabled
    # Before the reasons of fraud were told apart there was one.
    older = stripe.Account.reject(custom().id, reason="fraud", stripe_version="2023-10-16")
    assert older.requirements.disabled_reason == "rejected.fraud"
    assert stripe.Account.delete(made.id).deleted is True
    assert receiver.wait(lambda e: e["account"] == made.id)
    with pytest.raises(stripe.PermissionError):
        stripe.Account.retrieve(made.id)
    with pytest.raises(stripe.PermissionError):
        stripe.Charge.create(amount=1000, currency="usd", source="tok_visa", stripe_account=made.id)
    with pytest.raises(stripe.PermissionError):
        stripe.Account.delete(SELLER)
    hook.delete()


def test_what_a_platform_controls_is_deleted_and_not_disconnected(server):
    made = custom()
    form = {"client_id": stripe.client_id, "stripe_user_id": made.id, "client_secret": PLATFORM_SECRET}
    answer = server.post("/oauth/deauthorize", form=form)
    assert answer.status_code == 400 and "Delete it instead" in answer.json()["error_description"]
    assert stripe.Account.retrieve(made.id).charges_enabled


def test_country_specs(server):
    us = stripe.CountrySpec.retrieve("US")
    assert us.default_currency == "usd" and "individual.ssn_last_4" in us.verification_fields.individual.minimum
    assert "eur" in us.supported_payment_currencies
    assert len([it for it in stripe.CountrySpec.list(limit=20).auto_paging_iter()]) == 45
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        stripe.CountrySpec.retrieve("XX")
    assert unknown.value.http_status == 404


def test_then(server):
    """A custom account as it was in 2016, when it was managed and had a legal entity."""
    answer = server.post("/v1/accounts", PLATFORM_SECRET, {
        "managed": True, "country": "US", "legal_entity": {
            "type": "individual", "first_name": "Ann", "last_name": "Potter",
            "dob": {"day": 1, "month": 1, "year": 1902}, "address": ADDRESS},
        "tos_acceptance": TERMS, "external_account": BANK,
    }, headers={"Stripe-Version": "2016-07-06"})
    assert answer.status_code == 200, answer.text
    then = answer.json()
    assert then["managed"] is True and "type" not in then and "individual" not in then
    assert then["legal_entity"]["first_name"] == "Ann" and then["legal_entity"]["type"] == "individual"
    assert "fields_needed" in then["verification"] and "requirements" not in then
    assert then["external_accounts"]["data"][0]["last4"] == "6789"


# -- pages


def link(account, kind="account_onboarding", **more):
    return stripe.AccountLink.create(
        account=account, type=kind, refresh_url="https://shop.example/again",
        return_url="https://shop.example/back", **more).url


def fill(server, visitor, url):
    """Goes through the form with the values that test mode offers; the address it leads to."""
    page = visitor.open(url)
    for _ in range(6):
        if not isinstance(page, Page):
            return page
        page = visitor.press(page, "fill in test values")
        page = visitor.press(page, r"^(continue|agree and submit|submit|save)$", **ticked(page))
    raise AssertionError("the form never ends: " + " ".join(" ".join(page.text).split())[:1500])


def ticked(page):
    return {name: "true" for form in page.forms for name, kind in form.types.items() if kind == "checkbox"}


@pytest.mark.parametrize("kind", ["express", "custom"])
def test_an_account_link_opens_once_and_takes_the_details(server, kind):
    made = stripe.Account.create(type=kind, capabilities=WANTED)
    url, visitor = link(made.id), Person(server)
    assert urllib.parse.urlsplit(url).path.startswith(f"/connect/setup/{made.id}/")
    assert fill(server, visitor, url) == "https://shop.example/back"
    seen = wait(made.id, lambda it: it.charges_enabled)
    assert seen.details_submitted and seen.payouts_enabled and seen.tos_acceptance.date
    # It opened once; now it leads to where another one is to be had.
    assert Person(server).open(url) == "https://shop.example/again"
    server.advance(400)
    late = link(made.id)
    server.advance(301)
    assert Person(server).open(late) == "https://shop.example/again"
    assert server.get(f"/connect/setup/{made.id}/nonsense", headers={"Accept": "text/html"}).status_code == 410


def test_a_company_gives_its_details(server):
    made = stripe.Account.create(type="custom", business_type="company", capabilities=WANTED)
    assert fill(server, Person(server), link(made.id)) == "https://shop.example/back"
    seen = wait(made.id, lambda it: it.charges_enabled)
    assert seen.company.name and len(stripe.Account.list_persons(made.id).data) == 1


def test_what_is_wrong_is_said_at_the_field(server):
    made = stripe.Account.create(type="express", business_type="individual", capabilities=WANTED)
    visitor = Person(server)
    page = visitor.press(visitor.open(link(made.id)), "fill in test values")
    page = visitor.press(page, "^agree and submit$", **{"individual.email": "nobody", "individual.first_name": ""})
    assert "Fill this in" in " ".join(page.text)
    page = visitor.press(visitor.open(f"{server.origin}/connect/onboarding/{made.id}"), "fill in test values")
    page = visitor.press(page, "^agree and submit$", **{"external_account.account_number": "1"})
    assert "test bank account" in " ".join(page.text)
    assert not stripe.Account.retrieve(made.id).details_submitted
    assert visitor.press(page, "finish later") == "https://shop.example/back"
    # Whoever was not let in sees nothing.
    assert server.get(f"/connect/onboarding/{made.id}", headers={"Accept": "text/html"}).status_code == 410


def test_details_are_updated(server):
    made = custom()
    visitor = Person(server)
    page = visitor.open(link(made.id, "account_update"))
    form = next(form for form in page.forms if "individual.email" in form.fields)
    assert form.fields["individual.email"] == "ann@example.com"
    assert visitor.press(page, "^save$", **{"individual.phone": "2025550123"}) == "https://shop.example/back"
    assert stripe.Account.retrieve(made.id).individual.phone == "2025550123"
    with pytest.raises(stripe.InvalidRequestError):
        link(stripe.Account.create(type="express").id, "account_update")


def test_a_standard_account_gets_a_sign_in(server):
    made = stripe.Account.create(type="standard")
    visitor = Person(server)
    page = visitor.press(visitor.open(link(made.id)), "fill in test values")
    page = visitor.press(page, "^continue$", email="stan@example.com", password="correct horse")
    for _ in range(4):
        if not isinstance(page, Page):
            break
        page = visitor.press(page, "fill in test values")
        page = visitor.press(page, "^(agree and submit|submit)$", **ticked(page))
    assert page == "https://shop.example/back"
    wait(made.id, lambda it: it.charges_enabled)
    dashboard = Person(server)
    home = dashboard.sign_in(dashboard.open(f"{server.origin}/dashboard"), "stan@example.com", "correct horse")
    assert made.id in " ".join(" ".join(home.text).split()) or home.has("account and keys")


def test_a_login_link_opens_the_small_dashboard(server):
    made = stripe.Account.create(type="express", capabilities=WANTED)
    with pytest.raises(stripe.InvalidRequestError) as early:
        stripe.Account.create_login_link(made.id)
    assert "has not completed onboarding" in early.value.user_message
    fill(server, Person(server), link(made.id))
    wait(made.id, lambda it: it.charges_enabled)
    stripe.Charge.create(amount=12_300, currency="usd", source="tok_bypassPending", stripe_account=made.id)
    stripe.Payout.create(amount=5000, currency="usd", stripe_account=made.id)
    made_link = stripe.Account.create_login_link(made.id)
    assert made_link.object == "login_link"
    visitor = Person(server)
    page = visitor.open(made_link.url)
    words = " ".join(" ".join(page.text).split())
    assert "50.00 USD" in words and "STRIPE TEST BANK" in words and "6789" in words, words
    out = visitor.press(page, "^leave$")
    assert isinstance(out, Page)
    again = server.get(urllib.parse.urlsplit(made_link.url).path, headers={"Accept": "text/html"})
    assert again.status_code == 410
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Account.create_login_link(custom().id)


def test_in_a_world_of_its_own_and_whole_at_the_end(tmp_path):
    """Links lead into the world of their account, and what accounts leave behind is as it must be."""
    apart = Server(tmp_path).start()
    was = stripe.api_base
    stripe.api_base = apart.origin
    try:
        for key in (PLATFORM_SECRET, "sk_test_" + "w0rld" * 5):
            stripe.api_key = key
            made = stripe.Account.create(type="express", capabilities=WANTED)
            assert fill(apart, Person(apart), link(made.id)) == "https://shop.example/back"
            wait(made.id, lambda it: it.charges_enabled)
            other = custom()
            stripe.Account.create_external_account(other.id, external_account="tok_visa_debit_us_transferSuccess")
            stripe.Charge.create(amount=1000, currency="usd", source="tok_visa", stripe_account=other.id)
            stripe.Account.delete(other.id)
    finally:
        stripe.api_base, stripe.api_key = was, PLATFORM_SECRET
        apart.stop()
    checked = subprocess.run([BINARY, "check", "--data", str(tmp_path)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
