"""Money between a platform, its seller and their banks, with the official SDK while the clock is moved."""

import time

import pytest
import stripe

from harness import PLATFORM_SECRET, SELLER, SELLER_SECRET, unique

DAY = 86_400


@pytest.fixture(scope="module", autouse=True)
def connected(connection):
    """The seller is connected to the platform."""


def balance(key=PLATFORM_SECRET):
    held = stripe.Balance.retrieve(api_key=key)
    return held.available[0].amount, held.pending[0].amount


def fund(amount, key=PLATFORM_SECRET):
    return stripe.Charge.create(amount=amount, currency="usd", source="tok_bypassPending", api_key=key)


def until(what, seconds=20):
    """What due work brings about, as soon as it has."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_a_destination_charge_and_its_refund(server):
    before, theirs = balance(), balance(SELLER_SECRET)
    charge = stripe.Charge.create(
        amount=1000, currency="usd", source="tok_visa", application_fee_amount=123,
        transfer_data={"destination": SELLER}, expand=["transfer", "balance_transaction", "application_fee"])
    assert (charge.balance_transaction.net, charge.transfer.amount, charge.application_fee.amount) == (941, 1000, 123)
    assert charge.transfer_group == f"group_{charge.id}" and charge.transfer.source_transaction == charge.id
    assert balance()[1] == before[1] + 64 and balance(SELLER_SECRET)[1] == theirs[1] + 877
    payment = stripe.Charge.retrieve(charge.transfer.destination_payment, stripe_account=SELLER)
    assert payment.id.startswith("py_") and payment.source_transfer == charge.transfer.id
    fee = stripe.ApplicationFee.retrieve(charge.application_fee.id)
    assert (fee.charge, fee.originating_transaction, fee.account) == (payment.id, charge.id, SELLER)

    refund = stripe.Refund.create(
        charge=charge.id, amount=500, reverse_transfer=True, refund_application_fee=True,
        expand=["transfer_reversal"])
    assert (refund.transfer_reversal.amount, refund.transfer_reversal.source_refund) == (500, refund.id)
    assert stripe.ApplicationFee.retrieve(fee.id).amount_refunded == 62
    assert balance(SELLER_SECRET)[1] == theirs[1] + 877 - 500 + 62


def test_transfers_and_reversals(server):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Transfer.create(amount=99_999_999, currency="usd", destination=SELLER)
    assert refused.value.code == "balance_insufficient"
    fund(10_000)
    group = unique("group")
    transfer = stripe.Transfer.create(
        amount=4000, currency="usd", destination=SELLER, transfer_group=group, description="May",
        metadata={"order": "7"})
    assert transfer.reversed is False and transfer.reversals.total_count == 0
    changed = stripe.Transfer.modify(transfer.id, metadata={"order": "8"}, description="June")
    assert (changed.metadata["order"], changed.description) == ("8", "June")
    reversal = stripe.Transfer.create_reversal(transfer.id, amount=1500, metadata={"why": "late"})
    assert stripe.Transfer.retrieve_reversal(transfer.id, reversal.id).amount == 1500
    stripe.Transfer.modify_reversal(transfer.id, reversal.id, metadata={"why": "lost"})
    again = stripe.Transfer.retrieve(transfer.id, expand=["destination_payment", "balance_transaction"])
    assert again.amount_reversed == 1500 and again.reversals.data[0].metadata["why"] == "lost"
    assert again.balance_transaction.type == "transfer" and again.destination_payment.amount_refunded == 1500
    assert [it.id for it in stripe.Transfer.list(transfer_group=group)] == [transfer.id]
    assert len(stripe.Transfer.list_reversals(transfer.id).data) == 1


def test_a_transfer_of_a_charge(server):
    charge = stripe.Charge.create(amount=10_000, currency="usd", source="tok_visa")
    first = stripe.Transfer.create(
        amount=7000, currency="usd", destination=SELLER, source_transaction=charge.id)
    stripe.Transfer.create(amount=2000, currency="usd", destination=SELLER, source_transaction=charge.id)
    assert first.transfer_group == f"group_{charge.id}"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Transfer.create(
            amount=1001, currency="usd", destination=SELLER, source_transaction=charge.id)


def test_an_account_is_debited(server):
    fund(1000, SELLER_SECRET)
    debit = stripe.Charge.create(amount=300, currency="usd", source=SELLER, description="rent")
    assert debit.id.startswith("py_") and debit.description == "rent"
    refund = stripe.Refund.create(charge=debit.id, amount=100)
    assert refund.id.startswith("pyr_") and refund.status == "succeeded"


def test_payouts_by_hand(server):
    key = SELLER_SECRET
    stripe.Account.modify(SELLER, settings={"payouts": {"schedule": {"interval": "manual"}}}, api_key=key)
    fund(20_000, key)
    payout = stripe.Payout.create(
        amount=5000, currency="usd", statement_descriptor="RENT", metadata={"a": "b"}, api_key=key)
    assert (payout.status, payout.automatic, payout.type) == ("pending", False, "bank_account")
    other = stripe.Payout.create(amount=1000, currency="usd", method="instant", api_key=key)
    assert other.status == "in_transit"
    cost = stripe.BalanceTransaction.retrieve(other.balance_transaction, api_key=key)
    assert (cost.amount, cost.fee, cost.net) == (-1000, 50, -1050)
    gone = stripe.Payout.cancel(stripe.Payout.create(amount=1, currency="usd", api_key=key).id, api_key=key)
    assert gone.status == "canceled" and gone.failure_balance_transaction.startswith("txn_")
    server.advance(3601)
    until(lambda: stripe.Payout.retrieve(payout.id, api_key=key).status == "in_transit")
    server.advance(4 * DAY)
    paid = until(lambda: [
        it for it in [stripe.Payout.retrieve(payout.id, api_key=key, expand=["balance_transaction"])]
        if it.status == "paid"])[0]
    assert paid.balance_transaction.amount == -5000 and paid.balance_transaction.type == "payout"
    reversal = stripe.Payout.reverse(payout.id, api_key=key)
    assert (reversal.amount, reversal.original_payout) == (-5000, payout.id)
    assert stripe.Payout.modify(payout.id, metadata={"a": "c"}, api_key=key).metadata["a"] == "c"
    assert payout.id in [it.id for it in stripe.Payout.list(status="paid", api_key=key)]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Payout.create(amount=99_999_999, currency="usd", api_key=key)
    assert refused.value.code == "balance_insufficient"


def test_the_schedule_pays_out_and_says_what(server, receiver):
    key = SELLER_SECRET
    hook = stripe.WebhookEndpoint.create(
        url=receiver.url, enabled_events=["payout.paid", "balance.available"], api_key=key)
    stripe.Account.modify(SELLER, settings={"payouts": {"schedule": {"interval": "daily"}}}, api_key=key)
    charge = stripe.Charge.create(amount=1000, currency="usd", source="tok_visa", api_key=key)
    server.advance(7 * DAY)
    payout = until(lambda: [it for it in stripe.Payout.list(api_key=key, limit=1).data if it.automatic])[0]
    server.advance(5 * DAY)
    told = receiver.wait(lambda e: e["type"] == "payout.paid" and e["data"]["object"]["automatic"])
    assert told.event["data"]["object"]["reconciliation_status"] == "completed"
    receiver.wait(lambda e: e["type"] == "balance.available")
    movements = list(stripe.BalanceTransaction.list(payout=payout.id, api_key=key).auto_paging_iter())
    assert sum(it.net for it in movements) == 0 and charge.id in [it.source for it in movements]
    hook.delete(api_key=key)


def test_topups(server):
    topup = stripe.Topup.create(
        amount=5000, currency="usd", source="btok_us_verified", description="float",
        statement_descriptor="FLOAT")
    assert topup.status == "pending" and topup.source.ach_debit.last4 == "6789"
    failing = stripe.Topup.create(amount=5000, currency="usd", source="btok_us_verified_noAccount")
    gone = stripe.Topup.cancel(stripe.Topup.create(amount=5, currency="usd", source="btok_us_verified").id)
    assert gone.status == "canceled"
    server.advance(4 * DAY)
    until(lambda: stripe.Topup.retrieve(topup.id).status == "succeeded")
    failed = until(lambda: [
        it for it in [stripe.Topup.retrieve(failing.id)] if it.status == "failed"])[0]
    assert failed.failure_code == "no_account"
    assert stripe.Topup.modify(topup.id, metadata={"a": "b"}).metadata["a"] == "b"
    assert topup.id in [it.id for it in stripe.Topup.list(status="succeeded")]


def test_a_report_for_the_bookkeeper(server):
    kinds = {it.id for it in stripe.reporting.ReportType.list()}
    assert {"balance.summary.1", "payout_reconciliation.itemized.5"} <= kinds
    assert stripe.reporting.ReportType.retrieve("balance.summary.1").version == 1
    now = server.get("/_tollbridge/clock", PLATFORM_SECRET).json()["now"]
    asked = stripe.reporting.ReportRun.create(
        report_type="balance.summary.1",
        parameters={"interval_start": int(now) - 90 * DAY, "interval_end": int(now) + DAY, "connected_account": SELLER})
    run = until(lambda: [
        it for it in [stripe.reporting.ReportRun.retrieve(asked.id)] if it.status == "succeeded"])[0]
    file = stripe.File.retrieve(run.result.id)
    answer = server.get(file.url.removeprefix(server.origin), PLATFORM_SECRET)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8" and len(answer.content) == file.size
    lines = answer.text.splitlines()
    assert lines[0] == "category,description,net_amount,currency"
    held = stripe.Balance.retrieve(api_key=SELLER_SECRET)
    whole = held.available[0].amount + held.pending[0].amount
    ending = next(line for line in lines if line.startswith("ending_balance") and line.endswith("usd"))
    assert round(float(ending.split(",")[2]) * 100) == whole
    assert server.get(file.url.removeprefix(server.origin)).status_code == 401
    assert server.get(file.url.removeprefix(server.origin), SELLER_SECRET).status_code == 404
    assert asked.id in [it.id for it in stripe.reporting.ReportRun.list()]
    assert file.id in [it.id for it in stripe.File.list(purpose="finance_report_run")]


def test_payouts_were_transfers_in_2012(server):
    then = {"Stripe-Version": "2012-10-26"}
    listed = server.get("/v1/transfers", SELLER_SECRET, headers=then).json()
    assert listed["count"] >= 1
    automatic = next(it for it in stripe.Payout.list(api_key=SELLER_SECRET) if it.automatic)
    transfer = server.get(f"/v1/transfers/{automatic.id}", SELLER_SECRET, headers=then).json()
    assert {"object", "date", "amount", "status", "fee", "fee_details", "account", "recipient", "description",
            "livemode", "currency", "id"} <= set(transfer)
    assert (transfer["object"], transfer["fee"], transfer["account"]) == ("transfer", 0, None)
    assert transfer["date"] == automatic.arrival_date and "arrival_date" not in transfer
    parts = server.get(
        f"/v1/transfers/{automatic.id}/transactions", SELLER_SECRET, headers=then, form={"count": 100}).json()
    assert sum(it["net"] for it in parts["data"]) == transfer["amount"]
    # Today it is none.
    assert server.get(f"/v1/transfers/{automatic.id}", SELLER_SECRET).status_code == 404
    told = server.get("/v1/events", SELLER_SECRET, headers=then, form={"type": "transfer.paid"}).json()
    assert all(it["data"]["object"]["object"] == "transfer" for it in told["data"])


def test_settings_of_the_balance(server):
    changed = stripe.BalanceSettings.modify(
        payments={"payouts": {"schedule": {"interval": "weekly", "weekly_payout_days": ["monday", "friday"]}}},
        api_key=SELLER_SECRET)
    assert changed.payments.payouts.schedule.weekly_payout_days == ["monday", "friday"]
    assert stripe.BalanceSettings.retrieve(api_key=SELLER_SECRET).payments.payouts.schedule.interval == "weekly"
