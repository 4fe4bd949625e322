"""Rotation of the vault keys while charges go on, and where the keys may come from."""

import os
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
import stripe

from harness import BINARY, CARD, PLATFORM_SECRET, Receiver, Server

CUSTOMERS = 12
KEY = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="


def keys(server, *arguments, environment=None):
    """`tollbridge keys …` on the data of a server."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBRIDGE_")}
    return subprocess.run(
        [BINARY, "keys", *arguments, "--data", str(server.data), *server.arguments],
        capture_output=True, text=True, timeout=60, env={**plain, **(environment or {})})


def well(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def key_file(server):
    return server.data / "vault.key"


def stored(server) -> str:
    """Every body in the database of a server that has nothing to do: all have left the journal then."""
    def settled():
        with sqlite3.connect(f"file:{server.data / 'tollbridge.db'}?mode=ro", uri=True) as base:
            bodies = base.execute("SELECT b.body FROM objects o LEFT JOIN bodies b ON b.n = o.body").fetchall()
            due = base.execute("SELECT body FROM due").fetchall()
        return None if (None,) in bodies else b"\n".join(bytes(body) for (body,) in bodies + due)
    return until(settled).decode()


def until(holds, timeout=60):
    deadline = time.monotonic() + timeout
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)
    return found


def resealed(server, current):
    def look():
        told = server.get("/_tollbridge/keys", PLATFORM_SECRET).json()
        reseal = told["reseal"]
        return told["current"] == current and reseal and reseal["to"] == current and reseal["finished"]
    until(look)


def customer(server) -> dict:
    made = server.post("/v1/customers", PLATFORM_SECRET, {"source": {"object": "card", **CARD}})
    assert made.status_code == 200, made.text
    return made.json()


def charge(server, customer):
    made = server.post("/v1/charges", PLATFORM_SECRET, {
        "amount": "1000", "currency": "usd", "customer": customer["id"]})
    assert made.status_code == 200, made.text
    return made.json()


class Charging(threading.Thread):
    """Charges saved cards, and saves cards, one after the other until it is told to stop."""

    def __init__(self, server, customers):
        super().__init__(daemon=True)
        self.server, self.customers = server, customers
        self.done, self.wrong, self.over = 0, None, threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                charge(self.server, self.customers[self.done % len(self.customers)])
                if self.done % 5 == 0:
                    customer(self.server)
                self.done += 1
        except Exception as error:
            self.wrong = repr(error)


def test_rotation_beside_charges(tmp_path):
    receiver = Receiver()
    server = Server(tmp_path / "data").start()
    hook = server.post("/v1/webhook_endpoints", PLATFORM_SECRET, {
        "url": receiver.url, "enabled_events": ["charge.succeeded"]}).json()
    # Tokens hold a sealed number until they are used.
    bank = {"object": "bank_account", "country": "US", "currency": "usd",
            "routing_number": "110000000", "account_number": "000123456789"}
    for form in ({"card": CARD}, {"bank_account": bank}):
        assert server.post("/v1/tokens", PLATFORM_SECRET, form).status_code == 200
    customers = [customer(server) for _ in range(CUSTOMERS)]
    print_before = charge(server, customers[1])["source"]["fingerprint"]
    assert "v1.k1." in stored(server)

    charging = Charging(server, customers)
    charging.start()
    for _ in range(2):
        well(keys(server, "rotate"))
        current = key_file(server).read_text().splitlines()[1].split()[0]
        resealed(server, current)
    done = charging.done
    until(lambda: charging.done > done or charging.wrong)
    charging.over.set()
    charging.join()
    assert charging.wrong is None

    listed = well(keys(server, "list"))
    assert re.search(rf"^{current} +current +[1-9]", listed, re.M), listed
    assert re.search(r"^k1 +opens only +0$", listed, re.M), listed
    ids = set(re.findall(r"\bv1\.(\w+)\.[\w-]{40}", stored(server)))
    assert ids == {current}, "an object with a sealed secret is not declared"

    older = [line.split()[0] for line in key_file(server).read_text().splitlines()[2:]]
    assert "is the current key" in keys(server, "retire", current).stderr
    for id_ in older:
        well(keys(server, "retire", id_))
    assert len(key_file(server).read_text().splitlines()) == 2
    assert key_file(server).stat().st_mode & 0o777 == 0o600

    server.stop()
    server.start()
    again = charge(server, customers[2])
    assert again["source"]["fingerprint"] == print_before, "fingerprints outlive every key"
    assert customer(server)["default_source"]
    told = receiver.wait(lambda event: event["data"]["object"]["id"] == again["id"])
    stripe.Webhook.construct_event(told.body, told.headers["Stripe-Signature"], hook["secret"])
    assert well(keys(server, "list")).count("\n") == 2
    server.stop()
    receiver.close()


def test_killed_while_it_encrypts_again(tmp_path):
    server = Server(tmp_path / "data").start()
    customers = [customer(server) for _ in range(CUSTOMERS)]
    for wait in (0.0, 1.4, 1.6, 1.8):
        well(keys(server, "rotate"))
        # Not a wait for something: the moment of the blow is what differs.
        time.sleep(wait)
        server.kill()
        server.start()
        assert all(charge(server, it)["paid"] for it in customers)
    current = key_file(server).read_text().splitlines()[1].split()[0]
    resealed(server, current)
    assert set(re.findall(r"\bv1\.(\w+)\.[\w-]{40}", stored(server))) == {current}
    server.stop()


def test_by_hand_without_a_server(tmp_path):
    server = Server(tmp_path / "data").start()
    it = customer(server)
    refused = keys(server, "reseal")
    assert refused.returncode == 1 and "running server encrypts again by itself" in refused.stderr
    server.stop()
    well(keys(server, "rotate"))
    kept = keys(server, "retire", "k1")
    assert kept.returncode == 1 and "still encrypted under k1" in kept.stderr, kept.stderr
    well(keys(server, "reseal"))
    well(keys(server, "retire", "k1"))
    server.start()
    assert charge(server, it)["paid"]
    server.stop()


def test_wrong_and_missing_keys(tmp_path):
    server = Server(tmp_path / "data").start()
    it = customer(server)
    server.stop()
    right = key_file(server).read_text()
    key_file(server).write_text(KEY)
    with pytest.raises(RuntimeError, match="is another one than this data was used with"):
        server.start()
    key_file(server).write_text(f"other {KEY}")
    with pytest.raises(RuntimeError, match="encrypted under the vault key 'k1'"):
        server.start()
    key_file(server).write_text(right)
    server.start()
    assert charge(server, it)["paid"]
    # A wrong key beside a running server is refused, and the server goes on.
    key_file(server).write_text(KEY)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: any("goes on with the keys that it has" in line for line in server.log))
    assert charge(server, it)["paid"]
    server.stop()


def test_sources(tmp_path, monkeypatch):
    (tmp_path / "ring").write_text(f"b {KEY}\n")
    by_command = Server(tmp_path / "one", "--vault-key-command", f"cat {tmp_path}/ring").start()
    assert by_command.get("/_tollbridge/keys", PLATFORM_SECRET).json()["current"] == "b"
    assert not key_file(by_command).exists()
    it = customer(by_command)
    ring = well(keys(by_command, "rotate"))
    (tmp_path / "ring").write_text(ring)
    by_command.process.send_signal(signal.SIGHUP)
    resealed(by_command, ring.splitlines()[1].split()[0])
    assert charge(by_command, it)["paid"]
    by_command.stop()

    failing = Server(tmp_path / "two", "--vault-key-command", "echo locked >&2; exit 7")
    with pytest.raises(RuntimeError, match=r"exit status: 7\): locked"):
        failing.start()
    both = Server(tmp_path / "three", "--vault-key-command", "true", "--vault-key-file", "x")
    with pytest.raises(RuntimeError, match="one place only"):
        both.start()

    environment = {"TOLLBRIDGE_VAULT_KEY": f"e {KEY}"}
    told = keys(Server(tmp_path / "one"), "list", environment=environment)
    assert re.search(r"^e +current +0$", told.stdout, re.M), told.stderr
    assert "NOT CONFIGURED" in told.stdout


def test_serve_refuses_an_exposed_file(tmp_path):
    exposed = tmp_path / "vault.key"
    exposed.write_text(KEY)
    exposed.chmod(0o644)
    plain = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBRIDGE_")}
    done = subprocess.run(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"),
         "--vault-key-file", str(exposed)],
        capture_output=True, text=True, timeout=60, env=plain)
    assert done.returncode == 1 and "chmod 600" in done.stderr, done.stderr
