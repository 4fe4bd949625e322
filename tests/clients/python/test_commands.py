"""The commands of the program that talk with a server that runs: listen, trigger, logs, events resend."""

import concurrent.futures
import json
import queue
import re
import socket
import subprocess
import threading
import time

import pytest
import stripe

import harness
from harness import PLATFORM_SECRET, SELLER
from homes import Home


def run(server, *args, key=PLATFORM_SECRET):
    """Runs a command to its end; what it printed."""
    line = [harness.BINARY, *args, "--server", server.origin, "--key", key]
    return subprocess.run(line, capture_output=True, text=True, timeout=120)


class Followed:
    """A command that goes on until it is ended, and its lines."""

    def __init__(self, server, *args, key=PLATFORM_SECRET):
        line = [harness.BINARY, *args, "--server", server.origin, "--key", key]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def until(self, pattern):
        """The first line from here on in which the pattern is found."""
        while True:
            try:
                line = self.lines.get(timeout=30)
            except queue.Empty:
                pytest.fail(f"{pattern} was not printed; there was {self.seen}")
            self.seen.append(line)
            if re.search(pattern, line):
                return line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0


def customer(server, email, **more):
    return stripe.Customer.create(email=email, **more)


def test_listen_forwards_in_order_and_signs(server, receiver, connection):
    secret = run(server, "listen", "--print-secret").stdout.strip()
    with Followed(server, "listen", "--forward-to", receiver.url, "--connect", "--events", "customer.*") as heard:
        assert secret in heard.until("signing secret")
        made = [customer(server, f"own{n}@example.com").id for n in range(5)]
        theirs = customer(server, "theirs@example.com", stripe_account=SELLER).id
        stripe.Product.create(name="Shoes")
        receiver.wait(lambda event: event["data"]["object"]["id"] == theirs)
        came = list(receiver.deliveries)
        signature = lambda it: {name.lower(): value for name, value in it.headers.items()}["stripe-signature"]
        events = [stripe.Webhook.construct_event(it.body, signature(it), secret) for it in came]
        assert [it.data.object.id for it in events] == [*made, theirs]
        assert [it.to_dict().get("account") for it in events] == [None] * 5 + [SELLER]
        heard.until(r"<-- \[200\] POST")
        for event, more in ((events[2], ()), (events[5], ("--account", SELLER))):
            sent = run(server, "events", "resend", event.id, *more)
            assert (sent.returncode, sent.stdout) == (0, f"{event.id} customer.created\n"), sent.stderr
            again = len(came)
            receiver.wait(lambda it: it["id"] == event.id and len(receiver.deliveries) > again)
            came = list(receiver.deliveries)
            assert came[-1].event["id"] == event.id


class Way:
    """The way to a server, which can be cut."""

    def __init__(self, origin):
        self.to = ("127.0.0.1", int(origin.rsplit(":", 1)[1]))
        self.open = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            self.open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            end.close()

    def cut(self):
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def close(self):
        self.cut()
        self.listening.close()


def test_nothing_is_missed_while_the_connection_is_broken(server, receiver):
    way = Way(server.origin)
    try:
        with Followed(way, "listen", "--forward-to", receiver.url) as heard:
            heard.until("signing secret")
            for n in range(10):
                way.cut()
                customer(server, f"broken{n}@example.com")
            for n in range(10):
                receiver.wait(lambda event: event["data"]["object"].get("email") == f"broken{n}@example.com")
    finally:
        way.close()


def test_a_session_that_has_ended_is_begun_again(server, receiver):
    key = "sk_test_WhereTimeMovesADay01"
    way = Way(server.origin)
    try:
        with Followed(way, "listen", "--forward-to", receiver.url, key=key) as heard:
            heard.until("signing secret")
            post(server, "/_tollbridge/clock", key=key, advance=2 * 86400)
            way.cut()
            # It is heard by the session that follows.
            def told():
                post(server, "/v1/customers", key=key, email="late@example.com")
                return any(it.event["type"] == "customer.created" for it in receiver.deliveries)

            deadline = time.monotonic() + 30
            while not told():
                assert time.monotonic() < deadline
    finally:
        way.close()


class Socket:
    """A websocket by hand, which acknowledges nothing by itself."""

    TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

    def __init__(self, server, session):
        host, port = server.origin.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        path = session["websocket_url"].split(":", 2)[2].partition("/")[2]
        self.socket.sendall((
            f"GET /{path}?websocket_feature=webhooks HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Websocket-Id: {session['websocket_id']}\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        assert b" 101 " in self.file.readline()
        while self.file.readline().strip():
            pass

    def send(self, kind, body=b""):
        assert len(body) < 65536
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
        self.socket.sendall(bytes([0x80 | kind]) + length + bytes(4) + body)

    def read(self):
        """The kind of the next frame, and what is in it."""
        first, length = self.file.read(2)
        if length >= 126:
            length = int.from_bytes(self.file.read(2 if length == 126 else 8))
        return first & 15, self.file.read(length)

    def events(self, number):
        """The next messages, each event once and in its default version."""
        found = []
        while len(found) < number:
            kind, body = self.read()
            assert kind == self.TEXT, (kind, body)
            message = json.loads(body)
            if message["endpoint"]["api_version"] is None:
                found.append(message)
        return found

    def acknowledge(self, message):
        told = {"type": "event_ack", "event_id": json.loads(message["event_payload"])["id"],
                "webhook_conversation_id": message["webhook_conversation_id"], "webhook_id": message["webhook_id"]}
        self.send(self.TEXT, json.dumps(told).encode())

    def close(self):
        self.socket.close()


def test_a_listener_that_acknowledges_nothing_is_told_no_more_and_hears_it_again(server):
    key, window, events = "sk_test_WhoNeverAcknowledges1", 64, 70
    session = post(server, "/v1/stripecli/sessions", key=key, **{"websocket_features[]": "webhooks"})
    silent = Socket(server, session)
    made = [post(server, "/v1/customers", key=key, email=f"{n}@example.com")["id"] for n in range(events)]
    of = lambda messages: [json.loads(it["event_payload"])["data"]["object"]["id"] for it in messages]
    assert of(silent.events(window)) == made[:window]
    kind, _ = silent.read()
    assert kind == Socket.TEXT  # the last of them in today's version
    silent.send(Socket.PING, b"anything more?")
    assert silent.read() == (Socket.PONG, b"anything more?")
    silent.close()
    # Whoever comes back hears all of it again, and the rest once there is room.
    again = Socket(server, session)
    heard = again.events(window)
    [again.acknowledge(message) for message in heard[:events - window]]
    again.read()
    rest = again.events(events - window)
    assert of(heard + rest) == made
    again.close()


def post(server, path, key=PLATFORM_SECRET, **form):
    answer = server.post(path, key, form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_logs_tell_the_last_requests_and_those_that_come(server):
    key = "sk_test_ForTheLogsOfThisTest01"
    with Followed(server, "logs", "tail", "--filter-status-code-type", "4XX", key=key) as told:
        told.until("waiting")
        post(server, "/v1/customers", key=key, email="x@example.com")
        server.post("/v1/charges", key, {"amount": "x"})
        line = told.until(r"/v1/")
        assert "[400] POST /v1/charges [req_" in line
        told.until("invalid_request_error")
    last = run(server, "logs", key=key).stdout
    assert re.search(r"\[200\] POST /v1/customers \[req_", last) and "[400] POST /v1/charges" in last


def seen(person, path):
    """What a page says."""
    return "".join(person.open(person.server.origin + path).text)


def test_the_dashboard_shows_requests_to_their_account_alone(server):
    refused = server.post("/v1/charges", PLATFORM_SECRET, {"amount": "many"})
    told = refused.json()["error"]
    where = told["request_log_url"].removeprefix(server.origin)
    stranger = harness.Person(server)
    assert "Look in the server" in seen(stranger, where)
    seller = harness.Person(server)
    seller.sign_in(seller.open(server.origin + "/sign-in"))
    assert "Look in the server" in seen(seller, where)
    platform = harness.Person(server)
    platform.sign_in(platform.open(server.origin + "/sign-in"), "platform@example.com")
    page = seen(platform, where)
    assert refused.headers["request-id"] in page and "/v1/charges" in page and told["code"] in page
    assert refused.headers["request-id"] in seen(platform, "/dashboard/logs")
    assert refused.headers["request-id"] not in seen(platform, "/dashboard/logs?live=1")


def test_what_one_node_commits_a_listener_on_another_hears(tmp_path, receiver):
    with Home("postgresql", tmp_path) as home:
        one, two = home.servers
        with Followed(one, "listen", "--forward-to", receiver.url) as heard:
            heard.until("signing secret")
            made = [post(node, "/v1/customers", email=f"{n}@example.com")["id"] for n, node in enumerate([two, one, two])]
            for customer_id in made:
                receiver.wait(lambda event: event["data"]["object"]["id"] == customer_id)
            assert len(receiver.deliveries) == 3
        [node.stop() for node in home.servers]
        home.check()


def test_mistakes_are_sentences(server):
    for args, said in [
        (("trigger", "charge.sold"), "No recipe makes charge.sold happen. There are: charge.captured"),
        (("trigger", "charge.succeeded", "--override", "x"), "STEP:PARAM=VALUE"),
        (("trigger", "charge.succeeded", "--override", "x:a=b"), "Its steps are: charge"),
        (("trigger", "charge.succeeded", "--for", "ch_1"), "Leave --for out"),
        (("trigger", "charge.captured", "--for", "ch_none"), "No such charge: 'ch_none'"),
        (("events", "resend", "evt_none"), "No such event: 'evt_none'"),
        (("listen", "--connect"), "needs --forward-to"),
        (("logs", "--limit", "0"), "Ask for 1 to"),
    ]:
        ran = run(server, *args)
        assert ran.returncode == 1 and said in ran.stderr, (args, ran.stderr)
        assert "panicked" not in ran.stderr
    ran = run(server, "listen", key="sk_live_nobody_issued_this_one")
    assert ran.returncode == 1 and "Invalid API Key" in ran.stderr


def test_trigger_happens_to_what_is_named(server, connection):
    charge = stripe.Charge.create(amount=700, currency="usd", source="tok_visa", stripe_account=SELLER)
    ran = run(server, "trigger", "charge.dispute.created", "--for", charge.id, "--account", SELLER)
    assert ran.returncode == 0, ran.stderr
    assert stripe.Charge.retrieve(charge.id, stripe_account=SELLER).disputed
    ran = run(server, "trigger", "charge.succeeded", "--override", "charge:amount=4321")
    assert ran.returncode == 0 and re.fullmatch(r"charge\.succeeded \[evt_\w+\]\n", ran.stdout), ran.stderr
    assert stripe.Charge.list(limit=1).data[0].amount == 4321


def test_each_recipe_makes_its_event_happen(server):
    """Each in a world of its own."""
    events = subprocess.run([harness.BINARY, "trigger", "--list"], capture_output=True, text=True).stdout.split()
    assert len(events) > 90

    def one(event):
        key = "sk_test_Recipe" + re.sub(r"\W", "0", event)
        ran = run(server, "trigger", event, key=key)
        return None if re.fullmatch(rf"{re.escape(event)} \[evt_\w+\]\n", ran.stdout) else f"{event}: {ran.stderr}"

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert [it for it in pool.map(one, events) if it] == []
