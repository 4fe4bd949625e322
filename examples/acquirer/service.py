#!/usr/bin/env python3
"""A reference acquirer: everything that docs/acquirer-protocol.md promises, in one file, with a ledger to look at.

It moves no money. Whoever connects a real processor replaces `Ledger` by calls of that processor and keeps the rest.

    TOLLBRIDGE_ACQUIRER_SECRET=$(openssl rand -hex 32) python3 service.py --port 7071 --ledger ledger.db
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import hmac
import html
import json
import os
import re
import secrets
import sqlite3
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How far a signature's time may be off, in seconds.
TOLERANCE = 300
# No ask is longer, in bytes.
BODY_MAX = 64 * 1024

# What the documented test cards do.
DECLINES = {
    "4000000000000002": {"code": "card_declined", "decline_code": "generic_decline"},
    "4000000000009995": {"code": "card_declined", "decline_code": "insufficient_funds"},
    "4000000000009987": {"code": "card_declined", "decline_code": "lost_card"},
    "4000000000009979": {"code": "card_declined", "decline_code": "stolen_card"},
    "4000000000000069": {"code": "expired_card"},
    "4000000000000127": {"code": "incorrect_cvc"},
    "4000000000000119": {"code": "processing_error"},
    "4100000000000019": {"code": "card_declined", "decline_code": "fraudulent", "blocked": True},
}


class Malformed(Exception):
    """The ask cannot be read: 400."""


class Conflict(Exception):
    """The key is in use for something else, or was abandoned: 409."""


def field(ask: dict, name: str, kind: type):
    value = ask.get(name)
    # A bool is an int in Python, and no amount.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Malformed(f"{name} must be there and be of type {kind.__name__}")
    return value


def luhn(number: str) -> bool:
    digits = [int(c) for c in reversed(number)]
    return sum(d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits)) % 10 == 0


class Ledger:
    """What was asked, what was answered, and what it moved; one transaction an ask, on disk before it is answered."""

    SCHEMA = """
        CREATE TABLE IF NOT EXISTS asks (
            key TEXT PRIMARY KEY, kind TEXT NOT NULL, content TEXT NOT NULL, reference TEXT, answer TEXT NOT NULL,
            abandoned INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS authorizations (
            reference TEXT PRIMARY KEY, key TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
            livemode INTEGER NOT NULL, last4 TEXT NOT NULL, at_once INTEGER NOT NULL,
            captured INTEGER, refunded INTEGER NOT NULL DEFAULT 0, voided INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS movements (
            number INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, reference TEXT NOT NULL,
            amount INTEGER NOT NULL, currency TEXT NOT NULL, key TEXT NOT NULL);
    """

    def __init__(self, path: str):
        # Asks wait for each other, so one that comes twice at once finds the answer of the first.
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + self.SCHEMA)

    @contextlib.contextmanager
    def transaction(self):
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def rows(self, table: str) -> list[dict]:
        with self.lock:
            return [dict(row) for row in self.db.execute(f"SELECT * FROM {table} ORDER BY rowid")]

    def asked(self, kind: str, ask: dict) -> dict:
        """The answer to an ask: made now, or the one that its key had before."""
        key = field(ask, "key", str)
        if not 0 < len(key) <= 255:
            raise Malformed("key must have 1 to 255 characters")
        decide = {"authorizations": self.authorize, "captures": self.capture, "voids": self.void,
                  "refunds": self.refund, "abandonments": self.abandon}[kind]
        if kind == "abandonments":
            with self.transaction() as db:
                return decide(db, ask)
        content = self.content(kind, ask)
        with self.transaction() as db:
            known = db.execute("SELECT * FROM asks WHERE key = ?", (key,)).fetchone()
            if known and known["abandoned"]:
                raise Conflict("this key was abandoned")
            if known and (known["kind"], known["content"]) != (kind, content):
                raise Conflict("this key was used for another ask")
            if known:
                return json.loads(known["answer"])
            answer = decide(db, ask)
            reference = answer.get("reference") if kind == "authorizations" else ask["reference"]
            db.execute("INSERT INTO asks (key, kind, content, reference, answer) VALUES (?, ?, ?, ?, ?)",
                       (key, kind, content, reference, json.dumps(answer)))
            return answer

    @staticmethod
    def content(kind: str, ask: dict) -> str:
        """What must be the same when a key comes again, without the card number in the clear."""
        amount, currency, livemode = field(ask, "amount", int), field(ask, "currency", str), field(ask, "livemode", bool)
        if amount <= 0:
            raise Malformed("amount must be positive")
        if not re.fullmatch("[a-z]{3}", currency):
            raise Malformed("currency must be three small letters")
        parts = [amount, currency, livemode]
        if kind == "authorizations":
            number = field(field(ask, "card", dict), "number", str)
            if not re.fullmatch("[0-9]{12,19}", number):
                raise Malformed("card.number must be 12 to 19 digits")
            parts += [field(ask, "capture", bool), hashlib.sha256(number.encode()).hexdigest()]
        else:
            parts.append(field(ask, "reference", str))
        return json.dumps(parts)

    def move(self, db, what, reference, amount, currency, key):
        db.execute("INSERT INTO movements (at, what, reference, amount, currency, key) VALUES (?, ?, ?, ?, ?, ?)",
                   (int(time.time()), what, reference, amount, currency, key))

    def authorize(self, db, ask) -> dict:
        card, number = ask["card"], ask["card"]["number"]
        expiry = field(card, "exp_year", int), field(card, "exp_month", int)
        declined = DECLINES.get(number)
        if not luhn(number):
            declined = {"code": "incorrect_number"}
        elif not declined and expiry < time.gmtime()[:2]:
            declined = {"code": "expired_card"}
        if declined:
            return {"status": "declined", **declined}
        reference = f"ref_{secrets.token_hex(12)}"
        db.execute("INSERT INTO authorizations (reference, key, amount, currency, livemode, last4, at_once, captured)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   (reference, ask["key"], ask["amount"], ask["currency"], ask["livemode"], number[-4:], ask["capture"],
                    ask["amount"] if ask["capture"] else None))
        self.move(db, "charge" if ask["capture"] else "reserve", reference, ask["amount"], ask["currency"], ask["key"])
        checked = {"cvc": "pass" if card.get("cvc_given") else None,
                   "line1": "pass" if card.get("line1") else None,
                   "postal_code": "pass" if card.get("postal_code") else None}
        return {"status": "approved", "reference": reference, "checks": checked, "risk_level": "normal", "risk_score": 12}

    def of(self, db, ask) -> sqlite3.Row | None:
        """The authorization that an ask is about."""
        found = db.execute("SELECT * FROM authorizations WHERE reference = ?", (ask["reference"],)).fetchone()
        return found if found and (found["currency"], found["livemode"]) == (ask["currency"], ask["livemode"]) else None

    def capture(self, db, ask) -> dict:
        it = self.of(db, ask)
        if not it:
            return {"status": "refused", "message": "there is no such authorization."}
        if it["voided"] or it["captured"] is not None:
            return {"status": "refused", "message": "the authorization was captured or let go before."}
        if ask["amount"] > it["amount"]:
            return {"status": "refused", "message": "this is more than was reserved."}
        db.execute("UPDATE authorizations SET captured = ? WHERE reference = ?", (ask["amount"], it["reference"]))
        self.move(db, "capture", it["reference"], ask["amount"], ask["currency"], ask["key"])
        return {"status": "done"}

    def void(self, db, ask) -> dict:
        it = self.of(db, ask)
        if not it:
            return {"status": "refused", "message": "there is no such authorization."}
        if it["captured"] is not None:
            return {"status": "refused", "message": "the authorization was captured before."}
        if not it["voided"]:
            db.execute("UPDATE authorizations SET voided = 1 WHERE reference = ?", (it["reference"],))
            self.move(db, "void", it["reference"], it["amount"], it["currency"], ask["key"])
        return {"status": "done"}

    def refund(self, db, ask) -> dict:
        it = self.of(db, ask)
        if not it:
            return {"status": "refused", "message": "there is no such authorization."}
        if ask["amount"] > (it["captured"] or 0) - it["refunded"]:
            return {"status": "refused", "message": "this is more than is left of what was captured."}
        db.execute("UPDATE authorizations SET refunded = refunded + ? WHERE reference = ?", (ask["amount"], it["reference"]))
        self.move(db, "refund", it["reference"], ask["amount"], ask["currency"], ask["key"])
        return {"status": "succeeded", "reference": f"re_{secrets.token_hex(12)}"}

    def abandon(self, db, ask) -> dict:
        key = ask["key"]
        known = db.execute("SELECT * FROM asks WHERE key = ?", (key,)).fetchone()
        if not known:
            db.execute("INSERT INTO asks (key, kind, content, answer, abandoned) VALUES (?, '', '', '', 1)", (key,))
            return {"status": "nothing"}
        if known["abandoned"]:
            return {"status": "nothing"}
        answer = json.loads(known["answer"])
        it = self.of(db, {"reference": known["reference"], "currency": json.loads(known["content"])[1],
                          "livemode": json.loads(known["content"])[2]})
        if known["kind"] == "authorizations" and answer["status"] == "approved":
            if it["captured"] is not None and not it["at_once"]:
                return {"status": "moved"}
            left = (it["captured"] or 0) - it["refunded"]
            if left:
                db.execute("UPDATE authorizations SET refunded = refunded + ? WHERE reference = ?", (left, it["reference"]))
                self.move(db, "give back", it["reference"], left, it["currency"], key)
            elif it["captured"] is None and not it["voided"]:
                db.execute("UPDATE authorizations SET voided = 1 WHERE reference = ?", (it["reference"],))
                self.move(db, "void", it["reference"], it["amount"], it["currency"], key)
        elif answer["status"] in ("done", "succeeded", "pending"):
            return {"status": "moved"}
        db.execute("UPDATE asks SET abandoned = 1 WHERE key = ?", (key,))
        return {"status": "nothing"}


KINDS = ("authorizations", "captures", "voids", "refunds", "abandonments")


class Service(ThreadingHTTPServer):
    """The protocol over HTTP, and the ledger as a page at `/`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], secret: str, ledger: Ledger):
        super().__init__(address, Handler)
        self.secret, self.ledger = secret.strip().encode(), ledger

    def mac(self, *parts: bytes) -> str:
        return hmac.new(self.secret, b".".join(parts), hashlib.sha256).hexdigest()

    def signature(self, header: str | None, path: str, body: bytes) -> str | None:
        """The signature of an ask, where it is right and fresh."""
        found = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header or "")
        if not found or abs(time.time() - int(found[1])) > TOLERANCE:
            return None
        right = hmac.compare_digest(self.mac(found[1].encode(), path.encode(), body), found[2])
        return found[2] if right else None

    def answer(self, kind: str, ask: dict) -> dict:
        return self.ledger.asked(kind, ask)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_MAX:
            self.close_connection = True
            return self.reply(413, {"error": "the ask is too long"})
        body = self.rfile.read(length)
        path = urllib.parse.urlsplit(self.path).path
        signature = self.server.signature(self.headers.get("Tollbridge-Signature"), path, body)
        if not signature:
            return self.reply(401, {"error": "the signature is missing, wrong or too old"})
        kind = path.rsplit("/", 1)[-1]
        if kind not in KINDS:
            return self.reply(404, {"error": "there is nothing at this path"}, signature)
        try:
            ask = json.loads(body)
            if not isinstance(ask, dict):
                raise Malformed("the body must be a JSON object")
            return self.reply(200, self.server.answer(kind, ask), signature)
        except (Malformed, ValueError) as why:
            return self.reply(400, {"error": str(why)}, signature)
        except Conflict as why:
            return self.reply(409, {"error": str(why)}, signature)

    def do_GET(self):
        ledger = self.server.ledger
        if self.path == "/ledger.json":
            return self.reply(200, {table: ledger.rows(table) for table in ("authorizations", "movements")})
        if self.path != "/":
            return self.reply(404, {"error": "there is nothing at this path"})
        self.send(200, page(ledger).encode(), "text/html; charset=utf-8", None)

    def reply(self, status: int, body: dict, signature: str | None = None):
        text = json.dumps(body).encode()
        signed = signature and "v1=" + self.server.mac(signature.encode(), str(status).encode(), text)
        self.send(status, text, "application/json", signed)

    def send(self, status: int, text: bytes, kind: str, signed: str | None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        if signed:
            self.send_header("Tollbridge-Signature", signed)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format, *arguments):
        """The path and the status; never a body."""
        sys.stderr.write(f"{self.command} {urllib.parse.urlsplit(self.path).path} {arguments[1] if len(arguments) > 1 else ''}\n")


def page(ledger: Ledger) -> str:
    def table(name: str) -> str:
        rows = ledger.rows(name)
        if not rows:
            return "<p>Nothing yet.</p>"
        cells = lambda row, tag: "".join(f"<{tag}>{html.escape('' if it is None else str(it))}</{tag}>" for it in row)
        body = "".join(f"<tr>{cells(row.values(), 'td')}</tr>" for row in reversed(rows[-500:]))
        return f"<table><tr>{cells(rows[0], 'th')}</tr>{body}</table>"

    style = "body{font:14px system-ui;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em}"
    return (f"<!doctype html><title>Ledger</title><style>{style}</style><h1>Authorizations</h1>{table('authorizations')}"
            f"<h1>Movements</h1>{table('movements')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=7071, help="0 picks a free one")
    parser.add_argument("--ledger", default="ledger.db", help="the file that the ledger is kept in")
    chosen = parser.parse_args()
    secret = os.environ.get("TOLLBRIDGE_ACQUIRER_SECRET", "")
    if len(secret.strip()) < 32:
        sys.exit("Set TOLLBRIDGE_ACQUIRER_SECRET to at least 32 characters: openssl rand -hex 32")
    service = Service(("127.0.0.1", chosen.port), secret, Ledger(chosen.ledger))
    print(f"listening on http://127.0.0.1:{service.server_port}, the ledger is at the same address", flush=True)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
