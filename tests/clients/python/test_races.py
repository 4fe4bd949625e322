"""64 clients on 4 accounts, all at once, on one node and on two: charges, captures, refunds, cards that go, tokens and
codes used twice.

Nothing is spent twice, no update is lost, nobody waits for ever, and in the end every balance is the sum of its
entries.
"""

import collections
import random
import re
import threading
import time

import pytest
import requests

from books import every, total
from harness import PLATFORM_SECRET, form_pairs
from homes import HOMES, Home

CLIENTS = 64
ROUNDS = 10
CARD = {"card": {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}}


class Client(threading.Thread):
    """Asks one after the other; keeps what it was told and how long it took."""

    def __init__(self, server, work):
        super().__init__()
        self.server, self.work = server, work
        self.session = requests.Session()
        self.failed: BaseException | None = None
        self.slowest = 0.0
        self.statuses: collections.Counter = collections.Counter()

    def run(self):
        try:
            self.work(self)
        except BaseException as failure:  # told by the thread that joins
            self.failed = failure

    def ask(self, method, path, key, form=None, allowed=(200,)):
        began = time.monotonic()
        sent = {"params" if method == "GET" else "data": list(form_pairs(form or {}))}
        answer = self.session.request(method, self.server.origin + path, timeout=60,
                                      headers={"Authorization": f"Bearer {key}"}, **sent)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 429:
            # Too often too late: nothing was done, and whoever asks again is served.
            assert answer.json()["error"]["code"] == "lock_timeout"
            return self.ask(method, path, key, form, allowed)
        assert answer.status_code in allowed, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer


def at_once(home, *works):
    """Runs them side by side, on all nodes; none of them may fail."""
    nodes = home.servers
    # Two in a row share a node, since accounts go round too.
    clients = [Client(nodes[number // 4 % len(nodes)], work) for number, work in enumerate(works)]
    [c.start() for c in clients]
    [c.join(120) for c in clients]
    assert not [c for c in clients if c.is_alive()], "somebody waits for ever"
    for client in clients:
        if client.failed:
            raise client.failed
    return clients


@pytest.fixture(params=HOMES)
def home(request, tmp_path):
    with Home(request.param, tmp_path) as running:
        yield running
        [server.stop() for server in running.servers]
        running.check()


def commits(home) -> collections.Counter:
    """Units of work by what became of them, on all nodes."""
    found: collections.Counter = collections.Counter()
    for server in home.servers:
        for outcome, count in re.findall(r'tollbridge_commits_total{outcome="(\w+)"} (\d+)',
                                         server.get("/metrics").text):
            found[outcome] += int(count)
    return found


def succeeded(clients):
    return sum(client.statuses[200] for client in clients)


def test_hot_accounts(home):
    server = home.servers[0]
    tokens = [server.connect()["access_token"]] + [server.fresh_account()["access_token"] for _ in range(3)]
    customers, cards = [], []
    for token in tokens:
        customer = server.post("/v1/customers", token, {"source": "tok_visa"}).json()
        customers.append(customer["id"])
        cards.append(customer["default_source"])

    # What all of them fight for: one charge of 500 in each account to be refunded, one to be captured.
    shared = [server.post("/v1/charges", token, {"amount": 500, "currency": "usd", "source": "tok_visa"}).json()
              for token in tokens]
    held = [server.post("/v1/charges", token, {
        "amount": 700, "currency": "usd", "source": "tok_visa", "capture": False}).json() for token in tokens]
    told = threading.Lock()
    refunded: collections.Counter = collections.Counter()
    captured: collections.Counter = collections.Counter()
    counted: collections.Counter = collections.Counter()

    def work_of(number):
        chance = random.Random(number)
        n = number % len(tokens)
        token, customer = tokens[n], customers[n]

        def work(client):
            for turn in range(ROUNDS):
                what = chance.choice(["charge", "charge", "refund", "capture", "customer"])
                if what == "charge":
                    client.ask("POST", "/v1/charges", token, {
                        "amount": 1000, "currency": "usd", "customer": customer, "application_fee_amount": 100})
                elif what == "refund":
                    answer = client.ask("POST", "/v1/refunds", token, {"charge": shared[n]["id"], "amount": 70},
                                        allowed=(200, 400))
                    if answer.status_code == 200:
                        with told:
                            refunded[n] += 70
                elif what == "capture":
                    answer = client.ask("POST", f"/v1/charges/{held[n]['id']}/capture", token,
                                        allowed=(200, 400))
                    if answer.status_code == 200:
                        with told:
                            captured[n] += 1
                else:
                    # Each adds a key of its own: none may be lost to another one.
                    client.ask("POST", f"/v1/customers/{customer}", token,
                               {"metadata": {f"k{number}_{turn % 3}": "x"}})
                    with told:
                        counted[n, f"k{number}_{turn % 3}"] += 1
        return work

    before = commits(home)
    clients = at_once(home, *[work_of(number) for number in range(CLIENTS)])
    made = commits(home) - before
    slowest = max(client.slowest for client in clients)
    for n, token in enumerate(tokens):
        charge = server.get(f"/v1/charges/{shared[n]['id']}", token).json()
        assert charge["amount_refunded"] == refunded[n] <= 500
        refunds = every(server, "/v1/refunds", token, charge=charge["id"])
        assert sum(refund["amount"] for refund in refunds) == refunded[n]
        assert captured[n] <= 1
        charge = server.get(f"/v1/charges/{held[n]['id']}", token).json()
        assert charge["captured"] == bool(captured[n])
        metadata = server.get(f"/v1/customers/{customers[n]}", token).json()["metadata"]
        assert set(metadata) == {key for account, key in counted if account == n}, "an update was lost"
        entries = every(server, "/v1/balance_transactions", token)
        assert total(server, token) == sum(entry["net"] for entry in entries)
        sources = [entry["source"] for entry in entries]
        assert len(sources) == len(set(sources)), "booked twice"
    mine = every(server, "/v1/balance_transactions", PLATFORM_SECRET)
    assert total(server, PLATFORM_SECRET) == sum(entry["net"] for entry in mine)
    print(f"{succeeded(clients)} of {CLIENTS * ROUNDS} succeeded, the slowest took {slowest:.2f} s; commits: {dict(made)}, "
          f"{sum(client.statuses[429] for client in clients)} asked again")
    assert slowest < 30
    late = sum(client.statuses[429] for client in clients)
    assert late <= CLIENTS * ROUNDS // 20, f"{late} requests came too late sixteen times"
    # Who loses has lost to somebody who won, and sixteen share an account.
    assert made["conflict"] < made["done"] * CLIENTS / len(tokens)
    assert made["failed"] == 0


def test_what_can_be_used_once_is_used_once(home):
    server = home.servers[0]
    for _ in range(4):
        # A token of a card.
        connection = server.connect()
        token = connection["access_token"]
        made = server.post("/v1/tokens", connection["stripe_publishable_key"], CARD)
        assert made.status_code == 200, made.text
        card = made.json()["id"]
        paid = at_once(home, *[lambda client: client.ask("POST", "/v1/charges", token, {
            "amount": 900, "currency": "usd", "source": card}, allowed=(200, 400, 409))] * 16)
        assert succeeded(paid) == 1

        # A code of a consent; who uses it twice loses the connection.
        code = server.codes()[0]
        swapped = at_once(home, *[lambda client: client.ask("POST", "/oauth/token", PLATFORM_SECRET, {
            "grant_type": "authorization_code", "code": code}, allowed=(200, 400))] * 16)
        assert succeeded(swapped) <= 1

        # One idempotency key.
        def once(client):
            client.session.headers["Idempotency-Key"] = f"once {card}"
            answer = client.ask("POST", "/v1/charges", token, {
                "amount": 800, "currency": "usd", "source": "tok_visa"}, allowed=(200, 409))
            if answer.status_code == 200:
                ids.add(answer.json()["id"])
        ids = set()
        token = server.connect()["access_token"]
        at_once(home, *[once] * 16)
        assert len(ids) == 1

        # A card that is charged while it is deleted: afterwards it is gone, and every charge that was made is whole.
        customer = server.post("/v1/customers", token, {"source": "tok_visa"}).json()
        pay = lambda client: client.ask("POST", "/v1/charges", token, {  # noqa: E731
            "amount": 600, "currency": "usd", "customer": customer["id"]}, allowed=(200, 400, 402, 404))
        drop = lambda client: client.ask(  # noqa: E731
            "DELETE", f"/v1/customers/{customer['id']}/sources/{customer['default_source']}", token,
            allowed=(200, 404))
        works = [pay] * 8 + [drop] * 4 + [pay] * 4
        clients = at_once(home, *works)
        assert succeeded(clients[8:12]) == 1, "deleted once"
        refused = server.post("/v1/charges", token, {"amount": 600, "currency": "usd", "customer": customer["id"]})
        assert refused.status_code in (400, 402), refused.text
        made = every(server, "/v1/charges", token, customer=customer["id"])
        assert len(made) == succeeded(clients[:8]) + succeeded(clients[12:])

    entries = every(server, "/v1/balance_transactions", token)
    assert total(server, token) == sum(entry["net"] for entry in entries)
