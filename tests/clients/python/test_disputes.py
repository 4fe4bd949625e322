"""What banks do after a charge: disputes, warnings, reviews, refunds on their way. By the documented cards, and by hand."""

import secrets
import subprocess
import time

import pytest
import requests
import stripe

from harness import BINARY, SELLER


@pytest.fixture
def world(server):
    """A key that nobody used: its clock may be moved."""
    key = "sk_test_" + secrets.token_hex(12)

    class World:
        api = {"api_key": key}

        def advance(self, seconds):
            moved = requests.post(f"{server.origin}/_tollbridge/clock", auth=(key, ""), data={"advance": seconds})
            assert moved.status_code == 200, moved.text

        def by_hand(self, path, **form):
            return requests.post(f"{server.origin}/_tollbridge/{path}", auth=(key, ""), data=form)

        def charge(self, card="tok_visa", **more):
            form = {"amount": 1000, "currency": "usd", "source": card, **more}
            return stripe.Charge.create(**form, **self.api)

    return World()


def until(look, wanted):
    """Asks until the work that a commit left behind is done."""
    deadline = time.monotonic() + 20
    while True:
        seen = look()
        if wanted(seen):
            return seen
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)


def disputed(world, card="tok_createDispute", **more):
    charge = world.charge(card, **more)
    listed = until(lambda: stripe.Dispute.list(charge=charge.id, **world.api).data, len)
    return charge, listed[0]


def kinds(world):
    return [event.type for event in stripe.Event.list(limit=100, **world.api).data]


def test_a_dispute_is_won(world):
    charge, dispute = disputed(world)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1000)
    assert dispute.balance_transactions[0].net == -2500 and dispute.charge == charge.id
    assert stripe.Charge.retrieve(charge.id, **world.api).disputed is True
    kept = stripe.Dispute.modify(
        dispute.id, evidence={"customer_name": "Ann"}, submit=False, metadata={"case": "7"}, **world.api)
    assert kept.evidence.customer_name == "Ann" and kept.evidence_details.submission_count == 0
    sent = stripe.Dispute.modify(dispute.id, evidence={"uncategorized_text": "winning_evidence"}, **world.api)
    assert sent.status == "under_review"
    won = until(lambda: stripe.Dispute.retrieve(dispute.id, **world.api), lambda it: it.status == "won")
    assert [moved.net for moved in won.balance_transactions] == [-2500, 1000]
    told = kinds(world)
    for kind in ("created", "funds_withdrawn", "updated", "closed", "funds_reinstated"):
        assert f"charge.dispute.{kind}" in told
    listed = stripe.BalanceTransaction.list(source=dispute.id, **world.api).data
    assert {moved.reporting_category for moved in listed} == {"dispute", "dispute_reversal"}


def test_a_dispute_is_lost_by_silence(world):
    _, dispute = disputed(world)
    world.advance(dispute.evidence_details.due_by - dispute.created + 2)
    lost = until(lambda: stripe.Dispute.retrieve(dispute.id, **world.api), lambda it: it.status == "lost")
    assert lost.evidence_details.past_due is True and len(lost.balance_transactions) == 1


def test_a_dispute_is_given_up(world):
    _, dispute = disputed(world, "tok_createDisputeProductNotReceived")
    assert stripe.Dispute.close(dispute.id, **world.api).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Dispute.close(dispute.id, **world.api)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Dispute.modify(dispute.id, evidence={"customer_name": "Ann"}, **world.api)


def test_an_inquiry(world):
    charge, inquiry = disputed(world, "tok_createDisputeInquiry")
    assert inquiry.status == "warning_needs_response" and inquiry.balance_transactions == []
    stripe.Refund.create(charge=charge.id, **world.api)
    assert stripe.Dispute.retrieve(inquiry.id, **world.api).status == "warning_closed"


def test_disputes_by_hand(world):
    charge = world.charge()
    opened = world.by_hand("disputes", charge=charge.id, reason="duplicate", amount=400)
    assert opened.status_code == 200, opened.text
    dispute = stripe.Dispute.retrieve(opened.json()["id"], **world.api)
    assert (dispute.reason, dispute.amount, dispute.status) == ("duplicate", 400, "needs_response")
    assert world.by_hand(f"disputes/{dispute.id}", outcome="won").json()["status"] == "won"
    asked = world.by_hand("disputes", charge=world.charge().id, kind="inquiry").json()
    assert world.by_hand(f"disputes/{asked['id']}", outcome="escalated").json()["status"] == "needs_response"
    warning = world.by_hand("early_fraud_warnings", charge=charge.id, fraud_type="made_with_stolen_card").json()
    assert stripe.radar.EarlyFraudWarning.retrieve(warning["id"], **world.api).fraud_type == "made_with_stolen_card"
    for path, form in [
        ("disputes", {}),
        ("disputes", {"charge": "ch_nothing"}),
        ("disputes", {"charge": charge.id, "reason": "bored"}),
        ("disputes", {"charge": charge.id, "amount": 5000}),
        ("disputes", {"charge": charge.id, "account": "acct_stranger"}),
        (f"disputes/{dispute.id}", {"outcome": "lost"}),
        ("disputes/dp_nothing", {"outcome": "won"}),
        ("early_fraud_warnings", {"charge": charge.id, "fraud_type": "bored"}),
    ]:
        refused = world.by_hand(path, **form)
        assert 400 <= refused.status_code < 500, (path, form, refused.text)


def test_a_payment_intent_is_disputed_and_refunded(world):
    paid = stripe.PaymentIntent.create(
        amount=1000, currency="usd", payment_method="pm_card_createDispute", confirm=True,
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"}, **world.api)
    assert paid.status == "succeeded"
    dispute = until(lambda: stripe.Dispute.list(payment_intent=paid.id, **world.api).data, len)[0]
    assert (dispute.payment_intent, dispute.charge) == (paid.id, paid.latest_charge)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Refund.create(payment_intent=paid.id, **world.api)
    assert refused.value.code == "charge_disputed"
    risky = stripe.PaymentIntent.create(
        amount=1000, currency="usd", payment_method="pm_card_riskLevelElevated", confirm=True,
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"},
        expand=["latest_charge.review"], **world.api)
    assert risky.latest_charge.review.payment_intent == risky.id
    stripe.Refund.create(payment_intent=risky.id, **world.api)
    closed = stripe.Review.retrieve(risky.latest_charge.review.id, **world.api)
    assert (closed.open, closed.closed_reason) == (False, "refunded")


def test_a_command_disputes(server, world):
    def command(*flags):
        address = server.origin.removeprefix("http://")
        done = subprocess.run(
            [BINARY, "dispute", *flags, "--server", address, "--key", world.api["api_key"]],
            capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout.split(), done.stderr

    charge = world.charge()
    code, told, _ = command(charge.id, "--inquiry")
    assert (code, told[1:]) == (0, [charge.id, "warning_needs_response"])
    code, told, _ = command(told[0], "--outcome", "lost")
    assert (code, told[2]) == (0, "warning_closed")
    code, _, why = command("ch_nothing")
    assert code == 1 and "No such charge" in why


def test_a_dispute_of_a_direct_charge_is_the_sellers(server, token):
    charge = stripe.Charge.create(amount=1000, currency="usd", source="tok_visa", api_key=token)
    opened = requests.post(
        f"{server.origin}/_tollbridge/disputes", auth=(stripe.api_key, ""),
        data={"charge": charge.id, "account": SELLER})
    assert opened.status_code == 200, opened.text
    dispute = stripe.Dispute.retrieve(opened.json()["id"], stripe_account=SELLER)
    assert dispute.balance_transactions[0].fee == 1500
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Dispute.retrieve(dispute.id)


def test_refunds_on_their_way(world):
    pending = stripe.Refund.create(charge=world.charge("tok_pendingRefund").id, **world.api)
    assert (pending.status, pending.pending_reason) == ("pending", "processing")
    called_back = stripe.Refund.create(charge=world.charge("tok_pendingRefund").id, **world.api)
    canceled = stripe.Refund.cancel(called_back.id, **world.api)
    assert canceled.status == "canceled" and canceled.failure_balance_transaction
    charge = world.charge("tok_refundFail")
    failing = stripe.Refund.create(charge=charge.id, **world.api)
    assert failing.status == "succeeded"
    world.advance(61)
    until(lambda: stripe.Refund.retrieve(pending.id, **world.api), lambda it: it.status == "succeeded")
    failed = until(lambda: stripe.Refund.retrieve(failing.id, **world.api), lambda it: it.status == "failed")
    moved = stripe.BalanceTransaction.retrieve(failed.failure_balance_transaction, **world.api)
    assert (moved.type, moved.net, failed.failure_reason) == ("refund_failure", 1000, "unknown")
    assert stripe.Charge.retrieve(charge.id, **world.api).refunded is False
    assert "refund.failed" in kinds(world) and "charge.refund.updated" in kinds(world)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Refund.cancel(pending.id, **world.api)


def test_warnings_and_reviews(world):
    charge = world.charge("tok_createIssuerFraudRecord")
    listed = until(lambda: stripe.radar.EarlyFraudWarning.list(charge=charge.id, **world.api).data, len)
    assert listed[0].actionable is True
    risky = world.charge("tok_riskLevelElevated")
    review = stripe.Review.retrieve(risky.review, **world.api)
    assert review.open is True and review.charge == risky.id
    assert [it.id for it in stripe.Review.list(**world.api).data] == [review.id]
    assert stripe.Review.approve(review.id, **world.api).closed_reason == "approved"
    assert {"review.opened", "review.closed"} <= set(kinds(world))


def test_the_face_of_2012(server, world):
    charge, dispute = disputed(world)

    def seen(version):
        # Not by the SDK: what it hears is checked against the shapes of today.
        headers = {"Stripe-Version": version}
        auth = (world.api["api_key"], "")
        return requests.get(f"{server.origin}/v1/charges/{charge.id}", auth=auth, headers=headers).json()

    assert seen("2012-10-26")["disputed"] is True and "dispute" not in seen("2012-10-26")
    then = seen("2014-06-17")["dispute"]
    assert (then["status"], then["evidence"]) == ("needs_response", None)
    assert then["balance_transaction"] == dispute.balance_transactions[0].id
    assert then["evidence_due_by"] == dispute.evidence_details.due_by
    assert seen("2019-12-03")["dispute"] == dispute.id


def test_another_currency_is_converted(world):
    charge = world.charge(currency="eur", expand=["balance_transaction"])
    moved = charge.balance_transaction
    rate = stripe.ExchangeRate.retrieve("eur", **world.api).rates["usd"]
    assert (moved.currency, moved.exchange_rate) == ("usd", rate)
    assert moved.amount == round(1000 * rate) and moved.net == moved.amount - moved.fee
    refund = stripe.Refund.create(charge=charge.id, expand=["balance_transaction"], **world.api)
    assert refund.amount == 1000 and refund.balance_transaction.amount == -moved.amount
    yen = world.charge(currency="jpy", amount=1000, expand=["balance_transaction"])
    assert yen.amount == 1000 and yen.balance_transaction.currency == "usd"
    for form, code in [
        ({"currency": "jpy", "amount": 49}, "amount_too_small"),
        ({"currency": "usd", "amount": 100_000_000}, "amount_too_large"),
        ({"currency": "kwd", "amount": 1001}, "parameter_invalid_integer"),
    ]:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            world.charge(**form)
        assert refused.value.code == code
    assert len(stripe.ExchangeRate.list(limit=100, **world.api).data) > 30
