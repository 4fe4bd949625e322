"""`kill -9` at random moments while charges run.

Afterwards every charge that was acknowledged is there with its balance transaction, its fee and its
event; nothing is there in part; a request repeated with its idempotency key never charges twice; every
event is delivered at least once. `TOLLBRIDGE_KILLS=200` runs the long form.
"""

import os
import random
import time

import requests

from books import Charging, charge, check_charges, check_file, every
from harness import PLATFORM_SECRET, SELLER, Receiver, Server

KILLS = int(os.environ.get("TOLLBRIDGE_KILLS", "15"))
SEED = int(os.environ.get("TOLLBRIDGE_SEED", random.SystemRandom().randrange(1 << 32)))
WORKERS = 4


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
        workers = [Charging(server, token, f"{round_}-{number}") for number in range(WORKERS)]
        [w.start() for w in workers]
        # Not a wait for something: the moment of the blow is the random part.
        time.sleep(chance.uniform(0.01, 0.25))
        server.kill()
        [w.join() for w in workers]
        assert not [w.wrong for w in workers if w.wrong]
        for worker in workers:
            acknowledged |= worker.acknowledged
            unanswered += worker.unanswered
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
    charges = check_charges(server, token, acknowledged)

    # Every event of the account, not the first charge only, reaches the endpoint.
    wanted = {e["id"] for e in every(server, "/v1/events", token) if e["type"] == "charge.succeeded"}
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
    check_file(server.data)
    receiver.close()
