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
