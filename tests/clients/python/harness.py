"""What every test here needs: the real server, a person with a browser's manners, a webhook receiver."""

from __future__ import annotations

import html.parser
import json
import os
import pathlib
import queue
import re
import secrets
import signal
import subprocess
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("TOLLBRIDGE_BIN", str(TARGET / "debug" / "tollbridge"))

# The well-known values of a first start of `tollbridge dev`.
PLATFORM = "acct_platform"
PLATFORM_SECRET = "sk_test_TollbridgePlatformSecret"
PLATFORM_PUBLIC = "pk_test_TollbridgePlatformPublic"
PLATFORM_LIVE_SECRET = "sk_live_TollbridgePlatformSecret"
DEVELOPMENT = "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7"
PRODUCTION = "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC"
SELLER = "acct_seller"
SELLER_SECRET = "sk_test_TollbridgeSellerSecret01"
SELLER_PUBLIC = "pk_test_TollbridgeSellerPublic01"
SELLER_EMAIL = "seller@example.com"
PASSWORD = "password"
CALLBACK = "http://127.0.0.1:49152/callback"

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}


def form_pairs(value, prefix=""):
    """Nested hashes and lists as the form pairs that Stripe's libraries send."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from form_pairs(inner, f"{prefix}[{key}]" if prefix else key)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from form_pairs(inner, f"{prefix}[{index}]")
    elif isinstance(value, bool):
        yield prefix, "true" if value else "false"
    elif value is not None:
        yield prefix, str(value)


class Server:
    """`tollbridge dev` on a free port, with its own data directory."""

    def __init__(self, data: pathlib.Path, *arguments: str, environment: dict[str, str] | None = None):
        self.data = data
        self.arguments = arguments
        self.environment = environment or {}
        self.process: subprocess.Popen | None = None
        self.origin = ""
        self.log: list[str] = []

    def start(self) -> "Server":
        ready: queue.Queue = queue.Queue()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBRIDGE_")}
        self.process = subprocess.Popen(
            [BINARY, "dev", "--port", "0", "--data", str(self.data), *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment | self.environment,
        )

        def read(stream):
            for line in stream:
                self.log.append(line)
                found = re.search(r"listening on (http://[0-9.]+:\d+)", line)
                if found:
                    ready.put(found.group(1))
            ready.put(None)

        threading.Thread(target=read, args=(self.process.stderr,), daemon=True).start()
        try:
            origin = ready.get(timeout=60)
        except queue.Empty:
            origin = None
        if origin is None:
            self.kill()
            raise RuntimeError("the server did not start:\n" + "".join(self.log[-40:]))
        self.origin = origin
        return self

    def kill(self):
        """As a power cut would: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process = None

    # -- plain HTTP, where a library would hide what is looked at

    def request(self, method, path, key=None, form=None, headers=None, **options):
        headers = dict(headers or {})
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key}")
        if isinstance(form, dict):
            form = list(form_pairs(form))
        if form is not None:
            if method == "GET":
                options["params"] = form
            else:
                options["data"] = form if isinstance(form, (str, bytes)) else urllib.parse.urlencode(form)
                headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        return requests.request(method, self.origin + path, headers=headers, **options)

    def get(self, path, key=None, **options):
        return self.request("GET", path, key, **options)

    def post(self, path, key=None, form=None, **options):
        return self.request("POST", path, key, form if form is not None else {}, **options)

    def advance(self, seconds: int):
        answer = self.post("/_tollbridge/clock", PLATFORM_SECRET, {"advance": seconds})
        assert answer.status_code == 200, answer.text

    def codes(self, account=SELLER, scope="read_write", count=1, client_id=DEVELOPMENT) -> list[str]:
        """Authorization codes as consent pages would have given, for tests that are not about pages."""
        form = {"client_id": client_id, "account": account, "scope": scope, "count": count}
        answer = self.post("/_tollbridge/codes", PLATFORM_SECRET, form)
        assert answer.status_code == 200, answer.text
        return answer.json()["codes"]

    def swap(self, code, secret=PLATFORM_SECRET):
        return self.post("/oauth/token", form={
            "client_secret": secret, "grant_type": "authorization_code", "code": code})

    def connect(self, account=SELLER, scope="read_write") -> dict:
        """A connection of `account` with the platform: the token answer."""
        answer = self.swap(self.codes(account, scope)[0])
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fresh_account(self, scope="read_write") -> dict:
        """A new account, connected by skipping the form: the token answer."""
        url = authorize_url(self, scope=scope, stripe_landing="register")
        answer = self.swap(query_of(Person(self).skip(url))["code"])
        assert answer.status_code == 200, answer.text
        return answer.json()


def authorize_url(server: Server, client_id=DEVELOPMENT, **parameters) -> str:
    form = {"response_type": "code", "client_id": client_id, "scope": "read_write",
            "redirect_uri": CALLBACK, **parameters}
    return server.origin + "/oauth/authorize?" + urllib.parse.urlencode(list(form_pairs(form)))


def query_of(url: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True))


# -- a person in front of the pages, without a browser


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # name, value, text


class Page(html.parser.HTMLParser):
    """The forms, links and words of a page."""

    def __init__(self, text: str, url: str):
        super().__init__(convert_charrefs=True)
        self.url, self.forms, self.links, self.text = url, [], [], []
        self._form: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._button = self._link = self._select = None
        self.feed(text)

    def _owner(self, a):
        return self._by_id.get(a.get("form") or "", self._form)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self._form = Form(urllib.parse.urljoin(self.url, a.get("action") or self.url),
                              (a.get("method") or "get").upper())
            self.forms.append(self._form)
            if a.get("id"):
                self._by_id[a["id"]] = self._form
        elif tag == "input" and a.get("name") and self._owner(a):
            form, kind = self._owner(a), a.get("type", "text")
            if kind == "submit":
                form.buttons.append((a["name"], a.get("value", ""), a.get("value", "")))
            elif kind not in ("radio", "checkbox") or "checked" in a:
                form.fields[a["name"]] = a.get("value") or ("on" if kind == "checkbox" else "")
            form.types[a["name"]] = kind
        elif tag == "textarea" and a.get("name") and self._owner(a):
            self._owner(a).fields[a["name"]] = ""
        elif tag == "select" and self._owner(a):
            self._select = (self._owner(a), a.get("name"))
        elif tag == "option" and self._select:
            form, name = self._select
            if "selected" in a or name not in form.fields:
                form.fields[name] = a.get("value", "")
        elif tag == "button" and self._owner(a) and a.get("type", "submit") == "submit":
            self._button = [self._owner(a), a.get("name") or "", a.get("value") or "", ""]
        elif tag == "a" and a.get("href"):
            self._link = [urllib.parse.urljoin(self.url, a["href"]), ""]

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button:
            form, name, value, text = self._button
            form.buttons.append((name, value, " ".join(text.split())))
            self._button = None
        elif tag == "a" and self._link:
            self.links.append((self._link[0], " ".join(self._link[1].split())))
            self._link = None

    def handle_data(self, data):
        self.text.append(data)
        if self._button:
            self._button[3] += data
        if self._link:
            self._link[1] += data

    def press(self, pattern: str):
        """The form and button, or the link, whose words match."""
        for form in self.forms:
            for button in form.buttons:
                if re.search(pattern, button[2], re.I):
                    return form, button
        for href, text in self.links:
            if re.search(pattern, text, re.I):
                return href, None
        words = " ".join(" ".join(self.text).split())
        raise AssertionError(f"nothing on {self.url} reads like {pattern!r}: {words[:1500]}")

    def has(self, pattern: str) -> bool:
        try:
            self.press(pattern)
        except AssertionError:
            return False
        return True


APPROVE = r"^(connect|allow|authori[sz]e|approve)\b"
DECLINE = r"^(cancel|deny|decline|no,|not now)"
SKIP = r"skip this (account )?form"
SIGN_IN = r"^(sign|log) ?in\b"


class Person:
    """Walks the connect pages as a browser without scripts would; keeps cookies."""

    def __init__(self, server: Server):
        self.server = server
        self.session = requests.Session()

    def open(self, url: str):
        """A page of the server, or the address it sends the person to."""
        return self._follow(self.session.get(url, allow_redirects=False, timeout=30))

    def _follow(self, answer):
        for _ in range(10):
            location = answer.headers.get("Location")
            if answer.status_code not in (301, 302, 303, 307) or not location:
                assert answer.status_code < 500, answer.text
                return Page(answer.text, answer.url)
            location = urllib.parse.urljoin(answer.url, location)
            if not location.startswith(self.server.origin + "/"):
                return location
            answer = self.session.get(location, allow_redirects=False, timeout=30)
        raise AssertionError("too many redirects")

    def press(self, page: Page, pattern: str, **values):
        target, button = page.press(pattern)
        if isinstance(target, str):
            return self.open(target)
        fields = {**target.fields, **values}
        if button[0]:
            fields[button[0]] = button[1]
        # A browser names the page a form came from; the server may insist on it.
        headers = {"Origin": self.server.origin, "Referer": page.url}
        answer = self.session.request(
            target.method, target.action, headers=headers, allow_redirects=False, timeout=30,
            **({"params": fields} if target.method == "GET" else {"data": fields}))
        return self._follow(answer)

    def sign_in(self, page: Page, email=SELLER_EMAIL, password=PASSWORD):
        if not any("password" in form.types.values() and page_is_sign_in(form) for form in page.forms):
            page = self.press(page, SIGN_IN)
        return self.press(page, SIGN_IN, email=email, password=password)

    def approve(self, url: str, email=SELLER_EMAIL, password=PASSWORD) -> str:
        """Sign in if asked and consent: the address the person is sent back to."""
        page = self.open(url)
        if isinstance(page, Page) and not page.has(APPROVE):
            page = self.sign_in(page, email, password)
        if isinstance(page, Page):
            page = self.press(page, APPROVE)
        assert isinstance(page, str), "".join(page.text)
        return page

    def decline(self, url: str) -> str:
        page = self.open(url)
        if not page.has(APPROVE):
            page = self.sign_in(page)
        page = self.press(page, DECLINE)
        assert isinstance(page, str), "".join(page.text)
        return page

    def skip(self, url: str) -> str:
        page = self.press(self.open(url), SKIP)
        if isinstance(page, Page):
            page = self.press(page, APPROVE)
        assert isinstance(page, str), "".join(page.text)
        return page


def page_is_sign_in(form: Form) -> bool:
    return any(re.search(SIGN_IN, text, re.I) for _, _, text in form.buttons)


# -- webhooks


@dataclass
class Delivery:
    path: str
    headers: dict
    body: bytes
    at: float

    @property
    def event(self) -> dict:
        return json.loads(self.body)


class Receiver:
    """A webhook endpoint on a free loopback port; `answer` decides what it says."""

    def __init__(self):
        self.deliveries: list[Delivery] = []
        self.answer = lambda delivery: 200
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                delivery = Delivery(self.path, dict(self.headers), body, time.time())
                with receiver._changed:
                    status = receiver.answer(delivery)
                    receiver.deliveries.append(delivery)
                    receiver._changed.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request, address):
                """A sender that was killed breaks its connections: nothing to report."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait(self, wanted, timeout=15) -> Delivery:
        """The first delivery for which `wanted(event)` holds, whether it came already or not."""
        deadline = time.monotonic() + timeout
        with self._changed:
            seen = 0
            while True:
                for delivery in self.deliveries[seen:]:
                    if wanted(delivery.event):
                        return delivery
                seen = len(self.deliveries)
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    came = [d.event.get("type") for d in self.deliveries]
                    raise AssertionError(f"no such delivery within {timeout} s; came: {came[-30:]}")

    def wait_until(self, holds, timeout=15) -> bool:
        """Waits until `holds(deliveries)`; says whether it came to be."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self.deliveries), timeout)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def unique(prefix="t") -> str:
    return f"{prefix}_{secrets.token_hex(8)}"
