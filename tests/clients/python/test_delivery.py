"""Deliveries at full strength: crashes between any two steps, liberties that a receiver must bear with, certificates."""

import collections
import datetime
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import stripe

from harness import PLATFORM_SECRET, Receiver, Server


def api(server, method, path, form=None):
    answer = server.request(method, path, key=PLATFORM_SECRET, form=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def attempts(server):
    return api(server, "GET", "/_tollbridge/webhooks")["deliveries"]


@pytest.mark.timeout(240)
def test_kill_nine_loses_nothing(tmp_path, capsys):
    """Killed while it sends and while it marks: each event that was acknowledged arrives, some twice."""
    receiver = Receiver()
    server = Server(tmp_path).start()
    hook = api(server, "POST", "/v1/webhook_endpoints", {"url": receiver.url, "enabled_events[]": "customer.created"})
    acknowledged, kills = [], 0
    for round_number in range(6):
        stop = threading.Event()

        def make():
            with requests.Session() as session:
                session.auth = (PLATFORM_SECRET, "")
                while not stop.is_set():
                    try:
                        answer = session.post(server.origin + "/v1/customers", data={"name": "x"}, timeout=5)
                    except requests.RequestException:
                        return
                    if answer.status_code == 200:
                        acknowledged.append(answer.json()["id"])

        # In every other round the receiver holds its answer back, so that the kill falls between send and mark.
        held = threading.Event()
        receiver.answer = (lambda _: (held.wait(20), 200)[1]) if round_number % 2 else (lambda _: 200)
        before = len(receiver.deliveries)
        makers = [threading.Thread(target=make) for _ in range(4)]
        for maker in makers:
            maker.start()
        if round_number % 2:
            goal = len(acknowledged) + 30
            while len(acknowledged) < goal:
                time.sleep(0.005)
        else:
            assert receiver.wait_until(lambda all: len(all) > before + 20)
        server.kill()
        kills += 1
        stop.set()
        held.set()
        for maker in makers:
            maker.join()
        server.start()
    receiver.answer = lambda _: 200

    def heard():
        return collections.Counter(d.event["data"]["object"]["id"] for d in list(receiver.deliveries))

    deadline = time.monotonic() + 90
    while set(acknowledged) - set(heard()) and time.monotonic() < deadline:
        server.advance(30)
        time.sleep(0.1)
    counts = heard()
    lost = set(acknowledged) - set(counts)
    assert not lost, f"{len(lost)} of {len(acknowledged)} lost"
    for delivery in receiver.deliveries:
        stripe.Webhook.construct_event(delivery.body, delivery.headers["Stripe-Signature"], hook["secret"], tolerance=None)
    twice = sum(count - 1 for count in counts.values())
    with capsys.disabled():
        print(f"\n{kills} kills, {len(acknowledged)} events acknowledged, none lost, {twice} delivered again")
    # Nothing is owed: what was sent is marked, or was sent again and marked.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not api(server, "GET", "/v1/events?delivery_success=false&limit=1")["data"]:
            break
        server.advance(30)
        time.sleep(0.1)
    assert not api(server, "GET", "/v1/events?delivery_success=false&limit=1")["data"]
    server.stop()
    receiver.close()


@pytest.mark.parametrize("how", ["shuffled", "duplicated", "delayed"])
def test_liberties(tmp_path, how):
    receiver = Receiver()
    server = Server(tmp_path, "--ephemeral", "--seed", "7", "--deliveries", how).start()
    hook = api(server, "POST", "/v1/webhook_endpoints", {"url": receiver.url, "enabled_events[]": "customer.created"})
    made = [api(server, "POST", "/v1/customers", {"name": str(i)})["id"] for i in range(30)]
    assert receiver.wait_until(lambda all: set(made) <= {d.event["data"]["object"]["id"] for d in all}, timeout=30)
    came = [d.event["data"]["object"]["id"] for d in list(receiver.deliveries)]
    if how == "duplicated":
        assert len(came) > len(made)
        again = [d for d in receiver.deliveries if came.count(d.event["data"]["object"]["id"]) > 1]
        assert len({(d.body, d.headers["Stripe-Signature"]) for d in again}) < len(again), "to the letter"
    else:
        assert sorted(came) == sorted(made) and came != made
    for delivery in receiver.deliveries:
        stripe.Webhook.construct_event(delivery.body, delivery.headers["Stripe-Signature"], hook["secret"])
    server.stop()
    receiver.close()


def certificate(folder):
    """A certificate for 127.0.0.1 that nobody vouches for."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .sign(key, hashes.SHA256()))
    path = folder / "receiver.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path):
    reached = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            reached.append(self.path)
            self.send_response(200)
            self.end_headers()

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request, address):
            """Whoever is not believed is hung up on."""

    receiver = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    server = Server(tmp_path / "data", "--ephemeral").start()
    url = f"https://127.0.0.1:{receiver.server_port}/hook"
    api(server, "POST", "/v1/webhook_endpoints", {"url": url, "enabled_events[]": "*"})
    api(server, "POST", "/v1/customers", {"name": "x"})
    deadline = time.monotonic() + 15
    while not (made := attempts(server)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert made[0]["status"] is None and "certificate" in json.dumps(made[0]).lower(), made
    assert reached == []
    server.stop()
    receiver.shutdown()
    receiver.server_close()


def test_the_log_survives_a_restart(tmp_path):
    receiver = Receiver()
    server = Server(tmp_path).start()
    api(server, "POST", "/v1/webhook_endpoints", {"url": receiver.url, "enabled_events[]": "*"})
    customer = api(server, "POST", "/v1/customers", {"name": "x"})["id"]
    receiver.wait(lambda e: e["data"]["object"]["id"] == customer)
    deadline = time.monotonic() + 15
    while not attempts(server) and time.monotonic() < deadline:
        time.sleep(0.02)
    before = attempts(server)
    assert [it["outcome"] for it in before] == ["delivered"]
    server.kill()
    server.start()
    assert attempts(server) == before
    server.stop()
    receiver.close()
