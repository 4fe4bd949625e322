"""A disk that is full, read-only, or loses what it was told to keep, under the real server.

Whoever asks meanwhile is told with a 5xx in the API's own envelope; reading goes on. When the disk is sound
again, the server goes on without a restart. What was acknowledged is there, also after `kill -9`; what was refused
is there whole or not at all, and asking again with the same idempotency key makes it once.
"""

import errno
import os
import random
import subprocess
import time

import pytest
import requests

import harness
import power
from books import Charging, charge, check_charges, check_file
from harness import Server

SOURCE = harness.ROOT / "tests" / "clients" / "python" / "faulty_disk.c"
WORKERS = 4
CUTS = int(os.environ.get("TOLLBRIDGE_KILLS", "15")) // 2 + 1
SEED = int(os.environ.get("TOLLBRIDGE_SEED", random.SystemRandom().randrange(1 << 32)))

# What fails, with which error, and how often (-1: until it is repaired).
FAULTS = {
    "full": ("write", errno.ENOSPC, -1),
    "full in the middle of a write": ("short", errno.ENOSPC, -1),
    "broken for writing": ("write", errno.EIO, -1),
    "read-only": ("all", errno.EROFS, -1),
    "no more files": ("open", errno.EMFILE, -1),
    "not cut": ("truncate", errno.EIO, -1),
    "not synced": ("sync", errno.EIO, -1),
    "not synced once": ("sync", errno.EIO, 1),
    "not synced for lack of space": ("sync", errno.ENOSPC, 3),
}


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """The library that makes the disk fail, for the server to be started with."""
    built = tmp_path_factory.mktemp("faulty_disk") / "faulty_disk.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, SOURCE, "-ldl"], check=True)
    return built


class Disk:
    """The disk under a server's data."""

    def __init__(self, library, folder):
        self.data, self.control = folder / "data", folder / "control"
        self.repair()
        self.environment = {"LD_PRELOAD": str(library), "FAULTY_DISK_BELOW": str(self.data),
                            "FAULTY_DISK_CONTROL": str(self.control)}

    def fail(self, operation, error, count):
        self._say(f"{operation} {error} {count}")

    def repair(self):
        self._say("")

    def _say(self, text):
        beside = self.control.with_suffix(".next")
        beside.write_text(text)
        beside.replace(self.control)


def finish(server, token, acknowledged, unanswered):
    """Asks again for what was refused or never answered."""
    session = requests.Session()
    for key in unanswered:
        answer = charge(session, server.origin, token, key)
        assert answer.status_code == 200, answer.text
        acknowledged[key] = answer.json()["id"]


def goes_on(server, token, name, timeout=20):
    """The server takes charges again by itself."""
    deadline, turn, tried = time.monotonic() + timeout, 0, []
    while True:
        key = f"{name}-again-{turn}"
        answer = charge(requests, server.origin, token, key)
        if answer.status_code == 200:
            return {key: answer.json()["id"]}, tried
        assert answer.status_code >= 500 and time.monotonic() < deadline, answer.text
        tried.append(key)
        turn += 1
        time.sleep(0.1)


def check_refusal(answer):
    assert answer.status_code in (500, 503), answer.text
    told = answer.json()["error"]
    assert told["type"] == "api_error" and told["message"]
    assert answer.headers["Request-Id"].startswith("req_")
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("fault", FAULTS)
def test_disk(library, tmp_path, fault):
    disk = Disk(library, tmp_path)
    server = Server(disk.data, environment=disk.environment).start()
    token = server.connect()["access_token"]
    acknowledged, unanswered, refused = {}, [], []

    def note(workers):
        assert not [w.wrong for w in workers if w.wrong]
        for worker in workers:
            acknowledged.update(worker.acknowledged)
            unanswered.extend(worker.unanswered)
            refused.extend(worker.refused)

    # Fails under load, is repaired, and goes on; the second time it dies in the middle of the trouble.
    for blow in ("repaired", "killed"):
        workers = [Charging(server, token, f"{blow}-{number}", may_fail=True) for number in range(WORKERS)]
        [w.start() for w in workers]
        wait_for(lambda: all(w.acknowledged for w in workers))
        disk.fail(*FAULTS[fault])
        before = {w: len(w.acknowledged) for w in workers}
        # Some faults pass unseen where the server does nothing of the kind just now.
        wait_for(lambda: all(w.refused for w in workers)
                 or sum(len(w.acknowledged) - before[w] for w in workers) > 40)
        for key, id_ in list(acknowledged.items())[:3]:
            seen = server.get(f"/v1/charges/{id_}", token)
            assert seen.status_code == 200 and seen.json()["metadata"]["key"] == key, seen.text
        if blow == "killed":
            server.kill()
        [w.stop() for w in workers]
        disk.repair()
        note(workers)
        if blow == "killed":
            server.start()
        went_on, tried = goes_on(server, token, blow)
        acknowledged |= went_on
        unanswered += tried
    [check_refusal(answer) for answer in refused]
    assert refused or fault not in ("full", "broken for writing", "read-only", "not synced"), "nobody noticed"

    finish(server, token, acknowledged, unanswered)
    check_charges(server, token, acknowledged)
    server.stop()
    check_file(disk.data)
    server.start()
    check_charges(server, token, acknowledged)
    server.kill()
    print(f"{fault}: {len(acknowledged)} charges, {len(refused)} refused")


def wait_for(holds, timeout=30):
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def test_a_start_on_a_disk_that_cannot_be_written_says_so(library, tmp_path):
    disk = Disk(library, tmp_path)
    Server(disk.data, environment=disk.environment).start().stop()
    for error, word in ((errno.ENOSPC, "no space left"), (errno.EROFS, "read-only")):
        disk.fail("all", error, -1)
        with pytest.raises(RuntimeError) as told:
            Server(disk.data, environment=disk.environment).start().kill()
        assert "panicked" not in str(told.value), told.value
        assert word in str(told.value).lower(), told.value
    disk.repair()
    Server(disk.data, environment=disk.environment).start().stop()
    check_file(disk.data)


def test_power_cuts(library, tmp_path):
    """What was written but not synced when the power went may be gone in part; what was acknowledged is not, also
    where a sync before it had failed."""
    print(f"{CUTS} cuts, TOLLBRIDGE_SEED={SEED}")
    chance = random.Random(SEED)
    disk, trace = Disk(library, tmp_path), tmp_path / "trace"
    disk.environment["FAULTY_DISK_TRACE"] = str(trace)
    server = Server(disk.data, environment=disk.environment)
    disk.data.mkdir()
    before = power.Disk(disk.data, "tollbridge.db")
    server.start()
    token = server.connect()["access_token"]
    acknowledged, unanswered, unsynced, refused = {}, [], 0, 0
    for round_ in range(CUTS):
        workers = [Charging(server, token, f"{round_}-{number}", may_fail=True) for number in range(WORKERS)]
        [w.start() for w in workers]
        # Not waits for something: the moment of the cut is the random part. Pauses give time to tidy up.
        time.sleep(chance.uniform(0.01, 0.3))
        if chance.random() < 0.4:
            disk.fail("sync", errno.EIO, chance.randint(1, 4))
            time.sleep(chance.uniform(0.01, 0.3))
        if chance.random() < 0.5:
            [w.stop() for w in workers]
            time.sleep(chance.uniform(0, 0.5))
        server.kill()
        [w.join() for w in workers]
        assert not [w.wrong for w in workers if w.wrong]
        for worker in workers:
            acknowledged |= worker.acknowledged
            unanswered += worker.unanswered
            refused += len(worker.refused)
            [check_refusal(answer) for answer in worker.refused]
        disk.repair()
        unsynced += before.cut(trace, chance)
        before = power.Disk(disk.data, "tollbridge.db")
        server.start()
    assert unsynced > 0, "the cuts took nothing"
    finish(server, token, acknowledged, unanswered)
    check_charges(server, token, acknowledged)
    server.stop()
    check_file(disk.data)
    print(f"{len(acknowledged)} charges, {unsynced} writes were under way, {refused} refused")
