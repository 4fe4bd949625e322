"""`kill -9` at random moments while charges run.

Afterwards every charge that was acknowledged is there with its balance transaction, its fee and its
event; nothing is there in part; a request repeated with its idempotency key never charges twice; every
event is delivered at least once. `TOLLBRIDGE_KILLS=200` runs the long form.
"""

import os
import random
import threading
import time

import requests

from harness import PLATFORM_SECRET, SELLER, Receiver, Server

KILLS = int(os.environ.get("TOLLBRIDGE_KILLS", "15"))
SEED = int(os.environ.get("TOLLBRIDGE_SEED", random.SystemRandom().randrange(1 << 32)))
WORKERS = 4


def charge_form(key):
    return {"amount": "1000", "currency": "usd", "source": "tok_visa", "application_fee_amount": "100",
            "metadata[key]": key}


def charge(session, origin, token, key):
    return session.post(origin + "/v1/charges", data=charge_form(key), timeout=30, headers={
        "Authorization": "Bearer " + token, "Idempotency-Key": key})


class Worker(threading.Thread):
    """Charges one after the other until the line breaks."""

    def __init__(self, server, token, round_, number):
        super().__init__()
        self.origin, self.token, self.name_ = server.origin, token, f"{round_}-{number}"
        self.acknowledged: dict[str, str] = {}
        self.unanswered: str | None = None
        self.wrong: str | None = None

    def run(self):
        session = requests.Session()
        for turn in range(100_000):
            key = f"{self.name_}-{turn}"
            try:
                answer = charge(session, self.origin, self.token, key)
                answered = answer.json()
            except (requests.RequestException, ValueError):
                self.unanswered = key
                return
            if answer.status_code != 200:
                self.wrong = f"{answer.status_code} {answer.text}"
                return
            self.acknowledged[key] = answered["id"]


def every(server, path, key, **form):
    """All objects of a list, newest first."""
    found, after = [], {}
    while True:
        page = server.get(path, key, form={"limit": 100, **form, **after}).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        after = {"starting_after": found[-1]["id"]}


def test_kill_nine(tmp_path):
    print(f"{KILLS} kills, TOLLBRIDGE_SEED={SEED}")
    chance = random.Random(SEED)
    receiver = Receiver()
    server = Server(tmp_path / "data").start()
    token = server.connect()["access_token"]
    made = server.post("/v1/webhook_endpoints", PLATFORM_SECRET, {
        "url": receiver.url, "enabled_events": ["*"], "connect": True})
    assert made.status_code == 200, made.text

    acknowledged: dict[str, str] = {}
    unanswered: list[str] = []
    for round_ in range(KILLS):
        workers = [Worker(server, token, round_, number) for number in range(WORKERS)]
        [w.start() for w in workers]
        # Not a wait for something: the moment of the blow is the random part.
        time.sleep(chance.uniform(0.01, 0.25))
        server.kill()
        [w.join() for w in workers]
        assert not [w.wrong for w in workers if w.wrong]
        for worker in workers:
            acknowledged |= worker.acknowledged
            unanswered += [worker.unanswered] if worker.unanswered else []
        server.start()

    # Ask again for what was never answered: it happened wholly or not at all.
    session = requests.Session()
    for key in unanswered:
        answer = charge(session, server.origin, token, key)
        assert answer.status_code == 200, answer.text
        acknowledged[key] = answer.json()["id"]
    for key, known in random.Random(SEED).sample(sorted(acknowledged.items()), min(50, len(acknowledged))):
        assert charge(session, server.origin, token, key).json()["id"] == known
    assert len(acknowledged) > KILLS

    charges = {c["id"]: c for c in every(server, "/v1/charges", token)}
    assert len(charges) == len(acknowledged), "a charge too many, or one too few"
    assert {c["metadata"]["key"]: id_ for id_, c in charges.items()} == acknowledged

    entries = {t["id"]: t for t in every(server, "/v1/balance_transactions", token)}
    assert len(entries) == len(charges)
    for charge_ in charges.values():
        entry = entries[charge_["balance_transaction"]]
        assert (entry["amount"], entry["fee"], entry["net"]) == (1000, 159, 841)
        assert entry["source"] == charge_["id"]
    balance = server.get("/v1/balance", token).json()
    assert sum(m["amount"] for m in balance["available"] + balance["pending"]) == 841 * len(charges)

    fees = {f["charge"]: f for f in every(server, "/v1/application_fees", PLATFORM_SECRET)}
    assert set(fees) == set(charges) and all(f["amount"] == 100 for f in fees.values())
    assert all(c["application_fee"] == fees[c["id"]]["id"] for c in charges.values())
    mine = server.get("/v1/balance", PLATFORM_SECRET).json()
    assert sum(m["amount"] for m in mine["available"] + mine["pending"]) == 100 * len(charges)

    events = every(server, "/v1/events", token)
    told = [e["data"]["object"]["id"] for e in events if e["type"] == "charge.succeeded"]
    assert sorted(told) == sorted(charges), "one event a charge, no more and no less"

    # Every event of the account, not the first charge only, reaches the endpoint.
    wanted = {e["id"] for e in events if e["type"] == "charge.succeeded"}
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if receiver.wait_until(lambda all: wanted <= {d.event["id"] for d in all}, timeout=5):
            break
        server.advance(3600)
    missing = wanted - {d.event["id"] for d in receiver.deliveries}
    assert not missing, f"{len(missing)} of {len(wanted)} events were never delivered"
    assert all(d.event["account"] == SELLER for d in receiver.deliveries)
    print(f"{len(charges)} charges, {len(unanswered)} repeated, {len(receiver.deliveries)} deliveries")
    server.stop()
    receiver.close()
