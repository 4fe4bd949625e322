"""The clock of a world across `kill -9`, and worlds that repeat byte by byte."""

import collections
import threading
import time

import requests

from harness import PLATFORM_SECRET, Receiver, Server

DAY = 86_400


def listed(server, path, key, **form):
    """Everything of a list, newest first."""
    found, after = [], {}
    while True:
        page = server.get(path, key, form={"limit": 100, **form, **after}).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        after = {"starting_after": page["data"][-1]["id"]}


def asking(server, key, method, path, form=None):
    """Asks in the background, whatever becomes of the server meanwhile."""
    def ask():
        try:
            server.request(method, path, key, form=form)
        except requests.RequestException:
            pass
    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_move_goes_on_where_the_server_was_killed(tmp_path):
    receiver = Receiver()
    server = Server(tmp_path).start()
    made = server.post("/_tollbridge/worlds", form={"frozen": "true"}).json()
    key, began = made["platform"]["secret_key"], made["clock"]["now"]
    server.post("/v1/webhook_endpoints", key, {"url": receiver.url, "enabled_events": [
        "payout.created", "payout.paid", "charge.dispute.created", "charge.dispute.closed"]})
    for day in range(8):
        for token in ["tok_visa"] * 6 + ["tok_createDispute"] * 3:
            paid = server.post("/v1/charges", key, {"amount": 10_000 + day, "currency": "usd", "source": token})
            assert paid.status_code == 200, paid.text
        server.post("/_tollbridge/clock", key, {"advance": DAY // 2})
    # As slow as a receiver may be, so that there is time to die in.
    receiver.answer = lambda _: time.sleep(0.02) or 200
    target = began + 29 * DAY
    ask = asking(server, key, "POST", "/_tollbridge/clock", {"now": target})
    for _ in range(4):
        came = len(receiver.deliveries)
        assert receiver.wait_until(lambda all: len(all) >= came + 4), "it was killed on its way"
        server.kill()
        ask.join()
        server.start()
        # Whoever comes first to the world lets it go on.
        ask = asking(server, key, "GET", "/_tollbridge/clock")
    ask.join()
    assert server.get("/_tollbridge/clock", key).json() == {"now": target, "frozen": True, "moving": False}

    payouts = listed(server, "/v1/payouts", key)
    assert len(payouts) > 2 and {it["status"] for it in payouts} == {"paid"}
    disputes = listed(server, "/v1/disputes", key)
    assert len(disputes) == 24 and {it["status"] for it in disputes} == {"lost"}
    # Nothing was done twice: the books say what there was to pay out, and each thing happened once.
    entries = listed(server, "/v1/balance_transactions", key)
    assert sum(it["net"] for it in entries) == sum(it["amount"] for money in ("available", "pending")
                                                   for it in server.get("/v1/balance", key).json()[money])
    assert -sum(it["net"] for it in entries if it["type"] == "payout") == sum(it["amount"] for it in payouts)
    # As long as they are kept: thirty days.
    events = listed(server, "/v1/events", key)
    happened = collections.Counter((it["type"], it["data"]["object"]["id"]) for it in events
                                   if it["type"].startswith(("payout.", "charge.dispute.")))
    once = ("payout.created", "payout.paid", "charge.dispute.created", "charge.dispute.closed")
    assert {count for (kind, _), count in happened.items() if kind in once} == {1}
    assert all(began <= it["created"] <= target for it in events)
    told = {it["id"] for it in events if it["type"] in once}
    assert receiver.wait_until(lambda came: told <= {d.event["id"] for d in came}), "each is told of at least once"
    # A move that was answered is over: asked again it does nothing.
    again = server.post("/_tollbridge/clock", key, {"now": target}).json()
    assert (again["now"], again["done"]) == (target, 0)
    server.stop()
    receiver.close()


def script(server, receiver):
    """What is answered to the same requests: status, headers and body of each."""
    said = []

    def ask(method, path, key=PLATFORM_SECRET, form=None, **headers):
        answer = server.request(method, path, key, form=form, headers=headers)
        kept = {name: value for name, value in answer.headers.items() if name.lower() != "date"}
        said.append((method, path, answer.status_code, kept, answer.text))
        return answer.json()

    ask("POST", "/v1/webhook_endpoints", form={"url": receiver.url, "enabled_events[]": "*"})
    ask("POST", "/v1/webhook_endpoints", form={"url": receiver.url, "enabled_events[]": "*", "connect": "true"})
    code = server.codes()[0]
    token = ask("POST", "/oauth/token", form={"grant_type": "authorization_code", "code": code})["access_token"]
    account = ask("POST", "/v1/accounts", form={
        "type": "custom", "country": "US", "capabilities[transfers][requested]": "true"})["id"]
    customer = ask("POST", "/v1/customers", token, {"source": "tok_visa", "email": "jenny@example.com"})["id"]
    for number in range(5):
        charge = ask("POST", "/v1/charges", token,
                     {"amount": 2000 + number, "currency": "usd", "customer": customer, "application_fee_amount": 100},
                     **{"Idempotency-Key": f"charge-{number}"})
        ask("POST", "/v1/charges", token, {"amount": 50, "currency": "usd", "source": "tok_chargeDeclined"})
    ask("POST", "/v1/charges", token, {"amount": 3000, "currency": "usd", "source": "tok_createDispute"})
    ask("POST", "/v1/refunds", token, {"charge": charge["id"], "amount": 500})
    ask("POST", "/v1/invoiceitems", token, {"customer": customer, "amount": 700, "currency": "usd"})
    ask("POST", "/v1/invoices", token, {"customer": customer, "auto_advance": "true",
                                        "pending_invoice_items_behavior": "include"})
    ask("POST", "/v1/payment_intents", form={"amount": 900, "currency": "usd", "payment_method": "pm_card_visa",
                                             "confirm": "true", "transfer_data[destination]": account,
                                             "automatic_payment_methods[enabled]": "true",
                                             "automatic_payment_methods[allow_redirects]": "never"})
    # How much of it deliveries were that the queue had not made yet is left to the machine, so that answer is not kept.
    server.advance(20 * DAY)
    ask("GET", "/v1/customers/nobody", token)
    for key in (PLATFORM_SECRET, token):
        for path in ("charges", "events", "payouts", "balance", "balance_transactions", "invoices", "disputes", "refunds"):
            ask("GET", f"/v1/{path}" + ("" if path == "balance" else "?limit=100"), key)
    return said, token


def test_two_worlds_of_one_seed_answer_and_tell_the_same_bytes(tmp_path):
    receiver = Receiver()
    runs = []
    for run in range(2):
        # What answers say of the server's own address must not differ by its port.
        server = Server(tmp_path / str(run), "--ephemeral", "--seed", "5", "--origin", "http://tollbridge.test").start()
        before = len(receiver.deliveries)
        said, token = script(server, receiver)
        keys = [PLATFORM_SECRET, token]
        deadline = time.monotonic() + 15
        while any(it["pending_webhooks"] for key in keys for it in listed(server, "/v1/events", key)):
            assert time.monotonic() < deadline, "deliveries are owed"
            time.sleep(0.02)
        server.stop()
        told = [(d.path, sorted(d.headers.items()), d.body) for d in receiver.deliveries[before:]]
        runs.append((said, told))
    (said, told), (said_again, told_again) = runs
    for one, other in zip(said, said_again, strict=True):
        assert one == other
    assert any(kind[4].startswith('{"error"') for kind in said) and len(said) > 30
    assert len(told) > 40
    # Two endpoints are told side by side, so what is the same is what each of them hears.
    assert sorted(told) == sorted(told_again)
    receiver.close()


def test_what_expires_is_gone_when_the_clock_has_passed_its_time(server):
    for frozen in ("true", "false"):
        made = server.post("/_tollbridge/worlds", form={"frozen": frozen}).json()
        key = made["platform"]["secret_key"]

        def types():
            return collections.Counter(it["type"] for it in listed(server, "/v1/events", key))

        def advance(seconds):
            moved = server.post("/_tollbridge/clock", key, {"advance": seconds})
            assert moved.status_code == 200, moved.text
        for name in range(3):
            server.post("/v1/customers", key, {"name": name})
        assert types() == {"customer.created": 3}
        advance(20 * DAY)
        server.post("/v1/products", key, {"name": "Tea"})
        server.post("/_tollbridge/world/snapshot", key, {"name": "kept"})
        assert types() == {"customer.created": 3, "product.created": 1}
        # Events are kept for thirty days, each by what the clock showed when it happened.
        advance(11 * DAY)
        assert types() == {"product.created": 1}
        advance(365 * DAY)
        assert types() == {}
        # What does not expire stays, and a snapshot loses nothing.
        assert len(listed(server, "/v1/customers", key)) == 3
        server.post("/_tollbridge/world/restore", key, {"name": "kept"})
        assert types() == {"customer.created": 3, "product.created": 1}
        advance(11 * DAY)
        assert types() == {"product.created": 1}
