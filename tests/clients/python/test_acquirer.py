"""Live mode over the `http` acquirer: the reference service of `examples/acquirer`, the conformance command, and
`kill -9` at each step of an ask.

Whatever dies when: in the end the ledger of the acquirer and the books here say the same, nothing was charged twice, and
nothing that was taken is missing.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import threading
import time

import pytest
import requests

from books import every
from harness import BINARY, PLATFORM_LIVE_SECRET as LIVE, ROOT, Server, unique
from homes import HOMES, Home

SECRET = "a-secret-that-only-these-tests-share"
# A number with a right check digit that no list of test cards has.
NUMBER = "4539148803436467"
CARD = {"number": NUMBER, "exp_month": "12", "exp_year": "2034", "cvc": "942"}
PUBLIC = "pk_live_TollbridgePlatformPublic"
PATIENCE = 3
# What an ask waits beyond the patience for its answer, and a little more.
LEASE = PATIENCE + 31

spec = importlib.util.spec_from_file_location("reference_service", ROOT / "examples/acquirer/service.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


class Acquirer(reference.Service):
    """The reference service, which tells when an ask arrives, was decided and was answered."""

    def __init__(self):
        self.at = {}
        super().__init__(("127.0.0.1", 0), SECRET, reference.Ledger(":memory:"))
        self.url = f"http://127.0.0.1:{self.server_port}/pay"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def once(self, step, act):
        """Acts at the next ask that comes to this step."""
        self.at[step] = act

    def reach(self, step):
        act = self.at.pop(step, None)
        if act:
            act()

    def answer(self, kind, ask):
        if kind != "abandonments":
            self.reach("arrived")
        answer = super().answer(kind, ask)
        if kind != "abandonments":
            self.reach("decided")
        return answer

    def finish_request(self, request, address):
        try:
            super().finish_request(request, address)
        except OSError:
            pass  # whoever asked was killed

    def moved(self) -> list[tuple[str, int]]:
        """What moved, in order."""
        return [(row["what"], row["amount"]) for row in self.ledger.rows("movements")]

    def close(self):
        self.shutdown()
        self.server_close()


@pytest.fixture(autouse=True)
def fresh():
    tokens.clear()


@pytest.fixture
def acquirer():
    service = Acquirer()
    yield service
    service.close()


def connect(servers, acquirer):
    for server in servers:
        server.environment = {"TOLLBRIDGE_ACQUIRER_SECRET": SECRET}
        server.arguments += ("--acquirer-url", acquirer.url, "--acquirer-patience", str(PATIENCE), "--log", "trace")


@pytest.fixture
def server(tmp_path, acquirer):
    running = Server(tmp_path / "data")
    connect([running], acquirer)
    running.start()
    yield running
    running.kill()


tokens: dict[str, str] = {}


def token(server, key=None):
    """What a browser makes of the card; the same for whoever asks again with a key."""
    if key not in tokens:
        made = ok(server.post("/v1/tokens", PUBLIC, {"card": CARD}))["id"]
        if not key:
            return made
        tokens[key] = made
    return tokens[key]


def charge(server, key=None, **form):
    form = {"amount": 1000, "currency": "usd", "source": token(server, key), **form}
    return server.post("/v1/charges", LIVE, form, headers={"Idempotency-Key": key} if key else {})


def ok(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(holds, timeout=30):
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (it := holds()):
        assert time.monotonic() < deadline, "it did not come to be"
        pause.wait(0.02)
    return it


def cut_off(server, send):
    """The server is killed while it answers."""
    with pytest.raises(requests.ConnectionError):
        send()
    wait_for(lambda: server.process is None)


def books_agree(server, acquirer):
    """Each approval that stands is a charge, and says the same of what was taken and given back."""
    charges = {}
    for charge in every(server, "/v1/charges", LIVE):
        if charge["paid"]:
            let_go = charge["amount"] - charge["amount_captured"] if charge["captured"] else 0
            charges[charge["id"]] = (charge["amount"], charge["amount_captured"],
                                     charge["amount_refunded"] - let_go if charge["captured"] else 0,
                                     bool(not charge["captured"] and charge["refunded"]))
    approvals = []
    for row in acquirer.ledger.rows("authorizations"):
        abandoned = any(m["what"] in ("give back", "void") and m["key"] == row["key"]
                        for m in acquirer.ledger.rows("movements"))
        if not abandoned:
            approvals.append((row["amount"], row["captured"] or 0, row["refunded"], bool(row["voided"])))
    assert sorted(charges.values()) == sorted(approvals)
    return charges


# -- the command


def prove(url, secret=SECRET):
    return subprocess.run([BINARY, "acquirer", "test", url], capture_output=True, text=True, timeout=120,
                          env={"TOLLBRIDGE_ACQUIRER_SECRET": secret})


def test_the_reference_service_conforms(acquirer):
    ended = prove(acquirer.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "FAILED" not in ended.stdout and "29 of 29 checks passed" in ended.stderr


def forgetful(service):
    """Keys are remembered by nobody."""
    def asked(kind, ask):
        if kind != "abandonments":
            ask = {**ask, "key": unique()}
        return reference.Ledger.asked(service.ledger, kind, ask)
    service.ledger.asked = asked


def generous(service):
    """Refunds are not compared with what was captured."""
    service.ledger.refund = lambda db, ask: {"status": "succeeded", "reference": unique()}


def trusting(service):
    """Signatures are believed as they are."""
    right = service.signature
    service.signature = lambda header, path, body: right(header, path, body) or "0" * 64


def mute(service):
    """Answers are not signed."""
    service.mac, right = (lambda *parts: "0" * 64), service.mac
    service.signature = lambda header, path, body: header.split("v1=")[1] if header and header == (
        f"t={header[2:].split(',')[0]},v1=" + right(header[2:].split(",")[0].encode(), path.encode(), body)) and abs(
        time.time() - int(header[2:].split(",")[0])) < 300 else None


def keeping(service):
    """What was abandoned stays."""
    service.ledger.abandon = lambda db, ask: {"status": "nothing"}


@pytest.mark.parametrize("broken, fails", [
    (forgetful, ["the same key has the same answer", "one key asked many times at once is one authorization",
                 "the same key with another amount is refused with 409"]),
    (generous, ["refunds in parts, each once, and never more than was captured",
                "of many refunds of the whole at once, one is made"]),
    (trusting, ["an ask without a signature is refused with 401", "a signature of another body is refused with 401"]),
    (mute, ["a signed authorization is approved, and the answer is signed"]),
    (keeping, ["an abandoned charge is given back", "a key that was abandoned before it was heard of is dead"]),
], ids=lambda it: getattr(it, "__name__", ""))
def test_a_service_that_breaks_its_word_is_found_out(acquirer, broken, fails):
    broken(acquirer)
    ended = prove(acquirer.url)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    failed = [line.removeprefix("FAILED  ") for line in ended.stdout.splitlines() if line.startswith("FAILED")]
    assert set(fails) <= set(failed)


def test_what_cannot_be_proved_says_why(acquirer):
    assert prove(acquirer.url, "another-secret-of-the-right-length").returncode == 1
    short = prove(acquirer.url, "short")
    assert short.returncode == 2 and "32 characters" in short.stderr
    away = prove("http://127.0.0.1:1")
    assert away.returncode == 2 and "can't be asked" in away.stderr
    clear = prove("http://pay.example")
    assert clear.returncode == 2 and "in the clear" in clear.stderr


# -- money


def test_live_money_moves_through_the_acquirer(server, acquirer):
    taken = ok(charge(server))
    assert taken["livemode"] and taken["captured"] and taken["outcome"]["risk_score"] == 12
    assert taken["payment_method_details"]["card"]["checks"]["cvc_check"] == "pass"
    held = ok(charge(server, capture=False))
    part = ok(server.post(f"/v1/charges/{held['id']}/capture", LIVE, {"amount": 300}))
    assert (part["amount_captured"], part["amount_refunded"]) == (300, 700)
    ok(server.post("/v1/refunds", LIVE, {"charge": taken["id"], "amount": 400}))
    let_go = ok(charge(server, capture=False))
    ok(server.post("/v1/refunds", LIVE, {"charge": let_go["id"]}))
    assert acquirer.moved() == [("charge", 1000), ("reserve", 1000), ("capture", 300), ("refund", 400),
                                ("reserve", 1000), ("void", 1000)]
    assert all(row["livemode"] for row in acquirer.ledger.rows("authorizations"))
    books_agree(server, acquirer)
    # Test mode troubles nobody.
    from harness import PLATFORM_SECRET
    ok(server.post("/v1/charges", PLATFORM_SECRET, {"amount": 500, "currency": "usd", "source": "tok_visa"}))
    assert len(acquirer.moved()) == 6


def test_a_decline_of_the_acquirer_reaches_the_caller(server, acquirer):
    acquirer.ledger.authorize = lambda db, ask: {
        "status": "declined", "code": "card_declined", "decline_code": "insufficient_funds"}
    answer = charge(server)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (402, "card_error", "card_declined")
    assert (error["decline_code"], error["message"]) == ("insufficient_funds", "Your card has insufficient funds.")
    failed = ok(server.get(f"/v1/charges/{error['charge']}", LIVE))
    assert failed["status"] == "failed" and failed["outcome"]["reason"] == "insufficient_funds"


def test_a_refusal_of_the_acquirer_moves_nothing_here(server, acquirer):
    held = ok(charge(server, capture=False))
    acquirer.ledger.capture = lambda db, ask: {"status": "refused", "message": "the bank let go of it."}
    answer = server.post(f"/v1/charges/{held['id']}/capture", LIVE)
    assert answer.status_code == 400 and answer.json()["error"]["message"] == "The acquirer refused: the bank let go of it."
    assert not ok(server.get(f"/v1/charges/{held['id']}", LIVE))["captured"]


def test_card_numbers_go_to_the_acquirer_and_nowhere_else(server, acquirer):
    ok(charge(server))
    # The request is written down while it is asked; there it is sealed.
    seen = []
    acquirer.once("decided", lambda: seen.append(found_in(server.data, NUMBER.encode())))
    ok(charge(server))
    assert seen == [[]]
    server.stop()
    assert not found_in(server.data, NUMBER.encode())
    assert not [line for line in server.log if NUMBER in line or SECRET in line]


def found_in(folder, text):
    return [str(path) for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


def test_live_mode_without_an_acquirer_refuses(tmp_path):
    server = Server(tmp_path / "data").start()
    answer = charge(server)
    assert answer.status_code == 400
    assert "No acquirer is configured for live mode" in answer.json()["error"]["message"]
    assert not ok(server.get("/v1/charges", LIVE))["data"]
    server.stop()


@pytest.mark.parametrize("arguments, says", [
    (("--acquirer-url", "https://pay.example"), "--acquirer-secret-file"),
    (("--acquirer-url", "http://pay.example", "--acquirer-secret-file", "secret"), "in the clear"),
    (("--acquirer-secret-file", "secret"), "--acquirer-url"),
])
def test_half_an_acquirer_is_refused_at_the_start(tmp_path, arguments, says):
    (tmp_path / "secret").write_text(SECRET + "\n")
    arguments = [str(tmp_path / it) if it == "secret" else it for it in arguments]
    ended = subprocess.run([BINARY, "dev", "--port", "0", "--data", str(tmp_path / "data"), *arguments],
                           capture_output=True, text=True, timeout=60, env={})
    assert ended.returncode == 1 and says in ended.stderr


# -- what is lost on the way


def test_an_acquirer_out_of_reach_is_said_at_once_to_have_done_nothing(server, acquirer):
    acquirer.close()
    answer = charge(server, "again")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    server.advance(2 * LEASE)
    assert not ok(server.get("/v1/charges", LIVE))["data"]


def test_an_answer_that_does_not_come_is_found_out_later(server, acquirer):
    hanging = threading.Event()
    acquirer.ledger.authorize, right = (lambda db, ask: hanging.wait(60) and None), acquirer.ledger.authorize
    answer = charge(server)
    assert answer.status_code == 500 and answer.json()["error"]["type"] == "api_error"
    assert not ok(server.get("/v1/charges", LIVE))["data"]
    acquirer.ledger.authorize = right
    hanging.set()
    server.advance(LEASE)
    found = wait_for(lambda: ok(server.get("/v1/charges", LIVE))["data"])
    assert [it["amount"] for it in found] == [1000]
    books_agree(server, acquirer)


def test_an_approval_that_comes_to_nothing_is_let_go(server, acquirer):
    customer = ok(server.post("/v1/customers", LIVE, {"source": token(server)}))["id"]
    # While the bank is asked, the customer goes.
    acquirer.once("decided", lambda: ok(server.request("DELETE", f"/v1/customers/{customer}", LIVE)))
    form = {"amount": 700, "currency": "usd", "customer": customer}
    answer = server.post("/v1/charges", LIVE, form, headers={"Idempotency-Key": "gone"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "resource_missing"
    wait_for(lambda: acquirer.moved() == [("charge", 700), ("give back", 700)])
    assert server.post("/v1/charges", LIVE, form, headers={"Idempotency-Key": "gone"}).json() == answer.json()
    books_agree(server, acquirer)


def test_nobody_is_charged_an_hour_late(server, acquirer):
    acquirer.once("decided", server.kill)
    cut_off(server, lambda: charge(server, "late"))
    server.start()
    server.advance(2 * 3600)
    wait_for(lambda: acquirer.moved() == [("charge", 1000), ("give back", 1000)])
    answer = charge(server, "late")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (409, "idempotency_error")
    assert "another idempotency key" in error["message"]
    ok(charge(server, "later"))
    books_agree(server, acquirer)


def ask_of(operation, server):
    """A request that asks the acquirer, and what it moves there."""
    if operation == "charge":
        return lambda node, key: charge(node, key), ("charge", 1000)
    made = ok(charge(server, capture=operation == "refund"))["id"]
    if operation == "capture":
        return (lambda node, key: node.post(f"/v1/charges/{made}/capture", LIVE, {"amount": 900},
                                            headers={"Idempotency-Key": key} if key else {})), ("capture", 900)
    return (lambda node, key: node.post("/v1/refunds", LIVE, {"charge": made, "amount": 250},
                                        headers={"Idempotency-Key": key} if key else {})), ("refund", 250)


@pytest.mark.parametrize("kind", HOMES)
@pytest.mark.parametrize("step", ["arrived", "decided"])
def test_kill_nine_at_each_step_of_an_ask(tmp_path, acquirer, kind, step):
    """The server dies while it waits for the answer; with two nodes, the other one finishes what the dead one began."""
    home = Home(kind, tmp_path)
    connect(home.servers, acquirer)
    with home:
        first, other = home.servers[0], home.servers[-1]
        for operation in ("charge", "capture", "refund"):
            for key in (None, unique("key")):
                send, wanted = ask_of(operation, other)
                before = acquirer.moved().count(wanted)
                acquirer.once(step, first.kill)
                cut_off(first, lambda: send(first, key))
                if first is other or key:
                    first.start()
                if key:
                    # Whoever asks again gets the answer of the one ask.
                    again = ok(send(other, key))
                    assert ok(send(first, key)) == again
                else:
                    other.advance(LEASE)
                    wait_for(lambda: acquirer.moved().count(wanted) == before + 1 and agrees(other, acquirer))
                    if first is not other:
                        first.start()
                assert acquirer.moved().count(wanted) == before + 1
                books_agree(other, acquirer)
        # Nothing is left to be done.
        [server.advance(LEASE) for server in home.servers]
        settled = list(acquirer.moved())
        ok(charge(first))
        assert acquirer.moved() == [*settled, ("charge", 1000)]
        books_agree(first, acquirer)
        [server.stop() for server in home.servers]
        home.check()


def agrees(server, acquirer):
    try:
        return bool(books_agree(server, acquirer))
    except AssertionError:
        return False


def test_kill_nine_between_answer_and_commit(server, acquirer):
    """The moments after the answer has left: the blow falls before, in or after the commit."""
    class Late(threading.Thread):
        def __init__(self, seconds):
            super().__init__()
            self.seconds = seconds

        def run(self):
            time.sleep(self.seconds)  # the moment of the blow, not a wait for something
            server.kill()

    for turn in range(6):
        blow = Late(turn * 0.002)
        acquirer.once("decided", blow.start)
        key = unique("key") if turn % 2 else None
        try:
            answered = charge(server, key)
        except requests.ConnectionError:
            answered = None
        blow.join()
        server.start()
        server.advance(LEASE)
        wait_for(lambda: agrees(server, acquirer))
        if key:
            again = ok(charge(server, key))
            assert answered is None or again == answered.json()
    assert acquirer.moved() == [("charge", 1000)] * 6
    assert len(books_agree(server, acquirer)) == 6


def test_an_ask_that_died_before_it_was_sent_is_sent(server, acquirer):
    """Nobody listens when the ask was written down: as if the blow had come before the first byte."""
    port = acquirer.server_port
    acquirer.close()
    blow = threading.Timer(PATIENCE / 2, server.kill)
    blow.start()
    with pytest.raises(requests.ConnectionError):
        charge(server)
    blow.join()
    acquirer.moved()
    revived = reference.Service(("127.0.0.1", port), SECRET, acquirer.ledger)
    threading.Thread(target=revived.serve_forever, daemon=True).start()
    server.start()
    server.advance(LEASE)
    wait_for(lambda: acquirer.moved() == [("charge", 1000)])
    wait_for(lambda: agrees(server, acquirer))
    revived.shutdown()
    revived.server_close()


def test_a_crowd_with_one_key_is_one_charge(server, acquirer):
    answers = []
    gate = threading.Barrier(8)
    # Made before they race for it: with tokens of their own they would ask different things.
    token(server, "crowd")

    def ask():
        gate.wait()
        answers.append(charge(server, "crowd"))

    crowd = [threading.Thread(target=ask) for _ in range(8)]
    [it.start() for it in crowd]
    [it.join() for it in crowd]
    assert {it.status_code for it in answers} <= {200, 409}
    assert len({it.json()["id"] for it in answers if it.status_code == 200}) == 1
    assert acquirer.moved() == [("charge", 1000)]


def test_the_same_key_for_another_request_is_refused_before_anybody_is_asked(server, acquirer):
    acquirer.once("decided", server.kill)
    cut_off(server, lambda: charge(server, "mine"))
    server.start()
    other = charge(server, "mine", amount=2000)
    assert other.status_code == 400 and other.json()["error"]["type"] == "idempotency_error"
    assert ok(charge(server, "mine"))["amount"] == 1000
    assert acquirer.moved() == [("charge", 1000)]


def test_the_ledger_can_be_looked_at(server, acquirer):
    ok(charge(server))
    root = f"http://127.0.0.1:{acquirer.server_port}"
    page = requests.get(root + "/", timeout=10).text
    assert "<h1>Authorizations</h1>" in page and NUMBER[-4:] in page and NUMBER not in page
    assert json.loads(requests.get(root + "/ledger.json", timeout=10).text)["movements"][0]["what"] == "charge"
