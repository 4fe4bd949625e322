"""Time by the official SDK: test clocks."""

import time

import pytest
import stripe

CLOCK = stripe.test_helpers.TestClock
FROZEN = 1_577_836_800
DAY = 86_400


def wait_for(holds, seconds=15):
    """Waits for what the server does by itself."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_test_clock_on_a_connected_account_moves_with_its_customers(server, connection):
    account = connection["stripe_user_id"]
    clock = CLOCK.create(frozen_time=FROZEN, name="Launch", stripe_account=account)
    assert (clock.status, clock.frozen_time, clock.livemode) == ("ready", FROZEN, False)
    jenny = stripe.Customer.create(test_clock=clock.id, stripe_account=account)
    assert (jenny.test_clock, jenny.created) == (clock.id, FROZEN)
    moved = CLOCK.advance(clock.id, frozen_time=FROZEN + 40 * DAY, stripe_account=account)
    assert moved.status_details.advancing.target_frozen_time == FROZEN + 40 * DAY
    wait_for(lambda: CLOCK.retrieve(clock.id, stripe_account=account).status == "ready")
    assert CLOCK.retrieve(clock.id, stripe_account=account).frozen_time == FROZEN + 40 * DAY
    told = stripe.Event.list(type="test_helpers.test_clock.ready", stripe_account=account).data[0]
    assert told.data.previous_attributes["status"] == "advancing"
    assert clock.id in [it.id for it in CLOCK.list(stripe_account=account).auto_paging_iter()]
    mine = stripe.Customer.list(test_clock=clock.id, stripe_account=account)
    assert [it.id for it in mine.data] == [jenny.id]
    assert jenny.id not in [it.id for it in stripe.Customer.list(stripe_account=account).auto_paging_iter()]
    assert CLOCK.delete(clock.id, stripe_account=account).deleted
    assert stripe.Customer.retrieve(jenny.id, stripe_account=account).deleted


def test_a_customer_who_is_there_already_is_put_on_a_clock(server):
    jenny = stripe.Customer.create()
    clock = CLOCK.create(frozen_time=FROZEN, customer=jenny.id)
    shown = stripe.Customer.retrieve(jenny.id, expand=["test_clock"])
    assert shown.test_clock.frozen_time == FROZEN
    with pytest.raises(stripe.InvalidRequestError, match="forward only") as refused:
        CLOCK.advance(clock.id, frozen_time=FROZEN)
    assert refused.value.param == "frozen_time"
    CLOCK.delete(clock.id)


# -- the clock of a world


def world_of(server, **form):
    made = server.post("/_tollbridge/worlds", form=form).json()
    return made, made["platform"]["secret_key"]


def clock(server, key, **form):
    answer = server.post("/_tollbridge/clock", key, form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_becomes_due_on_the_way_is_done_at_its_own_time(server):
    made, key = world_of(server, now=FROZEN, frozen="true")
    assert made["clock"]["frozen"] and made["clock"]["now"] == FROZEN
    server.post("/v1/charges", key, {"amount": 1000, "currency": "usd", "source": "tok_visa"})
    assert clock(server, key, advance=30 * DAY)["under_way"] == 0
    payout = server.get("/v1/payouts", key).json()["data"][0]
    assert payout["automatic"] and payout["status"] == "paid"
    assert payout["created"] % DAY == 0 and FROZEN < payout["created"] <= FROZEN + 8 * DAY
    events = server.get("/v1/events", key, form={"limit": 100}).json()["data"]
    told = {it["type"]: it["created"] for it in events}
    assert told["payout.created"] == payout["created"] < told["payout.paid"] <= FROZEN + 12 * DAY
    assert server.get("/_tollbridge/clock", key).json()["now"] == FROZEN + 30 * DAY
    back = server.post("/_tollbridge/clock", key, {"now": FROZEN})
    assert back.status_code == 400 and back.json()["error"]["param"] == "now"
    assert clock(server, key, now=FROZEN + 40 * DAY)["now"] == FROZEN + 40 * DAY


def test_a_clock_that_stands_is_kept_and_runs_again(server):
    _, key = world_of(server, now=FROZEN, frozen="true")
    server.post("/_tollbridge/world/snapshot", key)
    fork = server.post("/_tollbridge/world/fork", key).json()
    assert fork["clock"]["now"] == FROZEN and fork["clock"]["frozen"]
    clock(server, key, advance=DAY)
    assert server.post("/_tollbridge/world/restore", key).json()["now"] == FROZEN
    runs = clock(server, key, frozen="false")
    assert not runs["frozen"] and runs["now"] >= FROZEN


def test_retries_of_a_delivery_pass_in_one_step(server, receiver):
    _, key = world_of(server, now=FROZEN, frozen="true")
    server.post("/v1/webhook_endpoints", key, {"url": receiver.url, "enabled_events[]": "customer.created"})
    receiver.answer = lambda _: 500
    server.post("/v1/customers", key)
    assert receiver.wait_until(lambda came: len(came) == 1)
    clock(server, key, advance=4 * 3600)
    assert len(receiver.deliveries) == 4, "the first, and three more over a few hours"
