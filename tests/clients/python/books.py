"""What must be true of an account that was charged, whatever happened meanwhile."""

from __future__ import annotations

import sqlite3
import threading

import requests

from harness import PLATFORM_SECRET


def charge_form(key):
    return {"amount": "1000", "currency": "usd", "source": "tok_visa", "application_fee_amount": "100",
            "metadata[key]": key}


def charge(session, origin, token, key, timeout=30):
    return session.post(origin + "/v1/charges", data=charge_form(key), timeout=timeout, headers={
        "Authorization": "Bearer " + token, "Idempotency-Key": key})


class Charging(threading.Thread):
    """Charges one after the other until the line breaks, or until it is told to stop.

    Refusals of a server that is in trouble (`may_fail`) are kept, and the next charge is tried.
    """

    def __init__(self, server, token, name, may_fail=False):
        super().__init__()
        self.origin, self.token, self.prefix, self.may_fail = server.origin, token, name, may_fail
        self.acknowledged: dict[str, str] = {}
        self.unanswered: list[str] = []
        self.refused: list[requests.Response] = []
        self.wrong: str | None = None
        self.over = threading.Event()

    def run(self):
        session = requests.Session()
        for turn in range(100_000):
            if self.over.is_set():
                return
            key = f"{self.prefix}-{turn}"
            try:
                answer = charge(session, self.origin, self.token, key)
                answered = answer.json()
            except (requests.RequestException, ValueError):
                self.unanswered.append(key)
                return
            if answer.status_code == 200:
                self.acknowledged[key] = answered["id"]
            elif self.may_fail and answer.status_code >= 500:
                self.refused.append(answer)
                self.unanswered.append(key)
            else:
                self.wrong = f"{answer.status_code} {answer.text}"
                return

    def stop(self):
        self.over.set()
        self.join()


def every(server, path, key, **form):
    """All objects of a list, newest first."""
    found, after = [], {}
    while True:
        page = server.get(path, key, form={"limit": 100, **form, **after}).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        after = {"starting_after": found[-1]["id"]}


def check_charges(server, token, acknowledged: dict[str, str]) -> dict:
    """Every acknowledged charge is there and whole, and nothing else is; returns the charges by id."""
    charges = {c["id"]: c for c in every(server, "/v1/charges", token)}
    found = {c["metadata"]["key"]: id_ for id_, c in charges.items()}
    assert found == acknowledged, {
        "lost": acknowledged.items() - found.items(), "too many": found.items() - acknowledged.items()}
    assert len(charges) == len(acknowledged)

    entries = {t["id"]: t for t in every(server, "/v1/balance_transactions", token)}
    assert len(entries) == len(charges)
    for charge_ in charges.values():
        entry = entries[charge_["balance_transaction"]]
        assert (entry["amount"], entry["fee"], entry["net"]) == (1000, 159, 841)
        assert entry["source"] == charge_["id"]
    assert total(server, token) == 841 * len(charges)

    fees = {f["charge"]: f for f in every(server, "/v1/application_fees", PLATFORM_SECRET)}
    assert set(fees) == set(charges) and all(f["amount"] == 100 for f in fees.values())
    assert all(c["application_fee"] == fees[c["id"]]["id"] for c in charges.values())
    assert total(server, PLATFORM_SECRET) == 100 * len(charges)

    told = [e["data"]["object"]["id"] for e in every(server, "/v1/events", token)
            if e["type"] == "charge.succeeded"]
    assert sorted(told) == sorted(charges), "one event a charge, no more and no less"
    return charges


def total(server, key) -> int:
    balance = server.get("/v1/balance", key).json()
    return sum(money["amount"] for money in balance["available"] + balance["pending"])


def check_file(data):
    """The database of a server that is down, as SQLite sees it."""
    for path in data.glob("*.db"):
        with sqlite3.connect(f"file:{path}", uri=True) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
