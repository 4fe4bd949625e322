"""`kill -9` at random moments while charges run: of the server, of PostgreSQL, of the machine it runs on.

Afterwards every charge that was acknowledged is there with its balance transaction, its fee and its
event; nothing is there in part; a request repeated with its idempotency key never charges twice; every
event is delivered at least once. `TOLLBRIDGE_KILLS=200` runs the long form.
"""

import os
import random
import threading
import time

import pytest
import requests

from books import Charging, charge, check_charges, every
from cluster import Cluster
from harness import PLATFORM_SECRET, SELLER, Receiver
from homes import HOMES, Home

KILLS = int(os.environ.get("TOLLBRIDGE_KILLS", "15"))
SEED = int(os.environ.get("TOLLBRIDGE_SEED", random.SystemRandom().randrange(1 << 32)))
WORKERS = 4


class Toll:
    """A platform and its seller who are charged while things die, and what they were told."""

    def __init__(self, home: Home):
        self.home, self.server = home, home.servers[0]
        self.receiver = Receiver()
        self.token = self.server.connect()["access_token"]
        made = self.server.post("/v1/webhook_endpoints", PLATFORM_SECRET, {
            "url": self.receiver.url, "enabled_events": ["*"], "connect": True})
        assert made.status_code == 200, made.text
        self.acknowledged: dict[str, str] = {}
        self.unanswered: list[str] = []

    def charging(self, name, may_fail=False):
        servers = self.home.servers
        workers = [Charging(servers[number % len(servers)], self.token, f"{name}-{number}", may_fail)
                   for number in range(WORKERS)]
        [w.start() for w in workers]
        return workers

    def note(self, workers):
        assert not [w.wrong for w in workers if w.wrong]
        for worker in workers:
            self.acknowledged |= worker.acknowledged
            self.unanswered += worker.unanswered

    def check(self):
        # Ask again for what was never answered: it happened wholly or not at all.
        session = requests.Session()
        for key in self.unanswered:
            answer = charge(session, self.server.origin, self.token, key)
            assert answer.status_code == 200, answer.text
            self.acknowledged[key] = answer.json()["id"]
        known = random.Random(SEED).sample(sorted(self.acknowledged.items()), min(50, len(self.acknowledged)))
        for key, id_ in known:
            assert charge(session, self.server.origin, self.token, key).json()["id"] == id_
        charges = check_charges(self.server, self.token, self.acknowledged)

        # Every event of the account, not the first charge only, reaches the endpoint.
        wanted = {e["id"] for e in every(self.server, "/v1/events", self.token) if e["type"] == "charge.succeeded"}
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.receiver.wait_until(lambda all: wanted <= {d.event["id"] for d in all}, timeout=5):
                break
            [server.advance(3600) for server in self.home.servers]
        missing = wanted - {d.event["id"] for d in self.receiver.deliveries}
        assert not missing, f"{len(missing)} of {len(wanted)} events were never delivered"
        assert all(d.event["account"] == SELLER for d in self.receiver.deliveries)
        print(f"{len(charges)} charges, {len(self.unanswered)} repeated, {len(self.receiver.deliveries)} deliveries")
        [server.stop() for server in self.home.servers]
        self.home.check()
        self.receiver.close()


@pytest.mark.parametrize("kind", HOMES)
def test_kill_nine(tmp_path, kind):
    print(f"{KILLS} kills, TOLLBRIDGE_SEED={SEED}")
    chance = random.Random(SEED)
    with Home(kind, tmp_path) as home:
        toll = Toll(home)
        for round_ in range(KILLS):
            workers = toll.charging(round_)
            # Not a wait for something: the moment of the blow is the random part.
            time.sleep(chance.uniform(0.01, 0.25))
            # Each by itself, or both at once.
            dead = chance.sample(home.servers, chance.randint(1, len(home.servers)))
            [server.kill() for server in dead]
            [w.stop() for w in workers]
            toll.note(workers)
            [server.start() for server in dead]
        assert len(toll.acknowledged) > KILLS
        toll.check()


def test_postgresql_dies_under_load(tmp_path):
    """The nodes stay up; they say what is wrong while it is, and go on by themselves."""
    chance = random.Random(SEED)
    with Home("postgresql", tmp_path) as home:
        toll, kills = Toll(home), max(2, KILLS // 5)
        workers = toll.charging("pg", may_fail=True)
        for _ in range(kills):
            seen = [len(w.acknowledged) for w in workers]
            wait_for(lambda: all(len(w.acknowledged) > before for w, before in zip(workers, seen)))
            time.sleep(chance.uniform(0.01, 0.25))
            home.clusters[0].crash()
            home.clusters[0].start()
        seen = [len(w.acknowledged) for w in workers]
        wait_for(lambda: all(len(w.acknowledged) > before for w, before in zip(workers, seen)))
        [w.stop() for w in workers]
        toll.note(workers)
        refused = [answer for w in workers for answer in w.refused]
        for answer in refused:
            assert answer.status_code in (500, 503) and answer.json()["error"]["type"] == "api_error"
            assert answer.headers["Request-Id"].startswith("req_")
        print(f"{kills} crashes of PostgreSQL, {len(refused)} refused")
        toll.check()


def test_failover(tmp_path):
    """The primary is gone and its synchronous replica takes over: nothing that was acknowledged is lost."""
    primary = Cluster("synchronous_standby_names = 'replica'", "synchronous_commit = local")
    replica = Cluster(follows=primary)
    # The tables are made once both are there.
    primary.sql("ALTER SYSTEM SET synchronous_commit = 'on'")
    primary.sql("SELECT pg_reload_conf()")
    wait_for(lambda: primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync")
    with Home("postgresql", tmp_path, [primary, replica]) as home:
        toll = Toll(home)
        workers = toll.charging("failover", may_fail=True)
        wait_for(lambda: all(len(w.acknowledged) > 5 for w in workers))
        primary.crash()
        died = time.monotonic()
        # The replica waits for a replica of its own no more.
        replica.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        replica.promote()
        seen = [len(w.acknowledged) for w in workers]
        wait_for(lambda: all(len(w.acknowledged) > before for w, before in zip(workers, seen)))
        print(f"all clients were served again {time.monotonic() - died:.1f} s after the primary died")
        [w.stop() for w in workers]
        toll.note(workers)
        toll.check()


def wait_for(holds, timeout=60):
    over = threading.Event()
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be"
        over.wait(0.02)
