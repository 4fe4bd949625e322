"""Bad input: always Stripe's error, never a 5xx, never a redirect, never a partial write."""

import http.client
import json
import socket
import urllib.parse

import pytest

from harness import (
    CALLBACK, CARD, DEVELOPMENT, PLATFORM_LIVE_SECRET, PLATFORM_SECRET, PRODUCTION, SELLER,
    SELLER_SECRET, authorize_url,
)

HEX = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def token(server):
    # One known charge and customer, so that a list has something to be compared by.
    token = server.connect()["access_token"]
    assert server.post("/v1/charges", token, {"amount": 500, "currency": "usd", "source": "tok_visa"}).ok
    return token


@pytest.fixture
def untouched(server, token):
    """Whatever the test sends, nothing is written: not by the seller, not by the platform."""

    def everything():
        seen = []
        for key in (token, PLATFORM_SECRET):
            for path in ("charges", "customers", "events", "refunds", "balance_transactions", "balance"):
                answer = server.get("/v1/" + path, key, form={"limit": 5} if path != "balance" else None)
                assert answer.status_code == 200, answer.text
                seen.append(answer.content)
        return seen

    before = everything()
    yield
    assert everything() == before


def refused(answer, *statuses):
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    if statuses:
        assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert answer.headers["Content-Type"].startswith("application/json"), answer.headers
    error = answer.json()["error"]
    if isinstance(error, dict):
        assert error["type"] in ("invalid_request_error", "card_error", "idempotency_error", "api_error")
        assert error["message"] and error["type"] != "api_error"
    return error


# -- redirect URIs

HOSTILE = [
    # other hosts, and hosts dressed as a loopback address
    "https://evil.example", "https://evil.example/", "http://evil.example", "https://evil.example/callback",
    "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://127.0.0.1@evil.example/",
    "http://127.0.0.1:80@evil.example/", "http://localhost:pass@evil.example/", "http://user@127.0.0.1/",
    "http://user:pass@localhost/", "http://evil.example#127.0.0.1", "http://evil.example?127.0.0.1",
    "http://evil.example/127.0.0.1", "http://evil.example\\@127.0.0.1/", "http://127.0.0.1\\@evil.example/",
    "http://127.0.0.1\\.evil.example/", "http://evil.example;127.0.0.1/", "http://127.0.0.1,evil.example/",
    "http://127.0.0.1%2eevil.example/", "http://127.0.0.1%00.evil.example/", "http://127.0.0.1 .evil.example/",
    "http://localhost..evil.example/", "http://xn--localhost-.evil.example/", "http://ⓛocalhost.evil.example/",
    "http://128.0.0.1/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://0.0.0.0/",
    "http://192.168.0.1/", "http://[::]/", "http://[2001:db8::1]/", "http://[::ffff:8.8.8.8]/", "http://[::1",
    "http://[::1]evil.example/", "http://8.8.8.8/",
    # schemes
    "javascript:alert(1)", "javascript://127.0.0.1/%0aalert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x",
    "data:text/html;base64,PHNjcmlwdD4=", "file:///etc/passwd", "ftp://127.0.0.1/", "vbscript:msgbox(1)",
    "ws://127.0.0.1/", "about:blank", "mailto:a@evil.example", "app://callback", "tel:+1", "blob:http://127.0.0.1/x",
    "view-source:http://127.0.0.1/",
    # no scheme, no host, relative
    "//evil.example/", "///evil.example", "/callback", "callback", "127.0.0.1/callback", "localhost:3000",
    "http:/evil.example", "http:///evil.example", "http:evil.example", "http:\\\\evil.example", "https:", "http://",
    "http://:80/", "?x=1", "#x", "\\\\evil.example", ".", "..",
    # control characters and split headers
    "http://127.0.0.1/\r\nSet-Cookie: a=b", "http://127.0.0.1/%0d%0aSet-Cookie:a=b\r\n", "\thttps://evil.example/",
    " https://evil.example/", "https://evil.example/\n", "http://127.0.0.1/\x00", "http://127.0.0.1\t.evil.example/",
    "java\nscript:alert(1)", "\x01javascript:alert(1)",
    # fragments, ports, sizes, traversal
    "http://127.0.0.1/#fragment", "http://127.0.0.1:3000/cb#", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/",
    "http://127.0.0.1:abc/", "https://" + "a" * 5000 + ".example/", "https://evil.example/%2e%2e/callback",
    "*", "http://*/", "http://*.example/", "null", "undefined", "[object Object]", "\ufeffhttps://evil.example/",
    "\u202ehttps://evil.example/", "<script>alert(1)</script>", "'\"><img src=x>",
]


def test_there_are_enough_of_them():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.parametrize("client_id", [DEVELOPMENT, PRODUCTION])
@pytest.mark.parametrize("uri", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_redirect_uri_goes_nowhere(server, uri, client_id):
    path = authorize_url(server, client_id=client_id, redirect_uri=uri, state="s")[len(server.origin):]
    answer = server.get(path)
    assert "Location" not in answer.headers and "Refresh" not in answer.headers
    assert "Set-Cookie" not in answer.headers or "a=b" not in answer.headers["Set-Cookie"]
    assert answer.status_code == 400, answer.text[:300]
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["error"] == "invalid_redirect_uri" and answer.json()["state"] == "s"


@pytest.mark.parametrize("uri", ["http://127.0.0.1:3000/cb", "http://localhost:3000/cb", "http://[::1]:3000/cb"])
def test_the_production_client_takes_no_loopback(server, uri):
    refused(server.get(authorize_url(server, client_id=PRODUCTION, redirect_uri=uri)[len(server.origin):]), 400)


def test_a_parameter_twice_is_no_way_round(server):
    path = authorize_url(server)[len(server.origin):] + "&redirect_uri=" + urllib.parse.quote("https://evil.example/")
    answer = server.get(path)
    assert "evil.example" not in answer.headers.get("Location", "")
    if answer.status_code == 200:
        assert "evil.example" not in answer.text


# -- forms


FORMS = {
    "amount[": "amount[=1", "unclosed": "card[number=1", "closed twice": "card]number]=1", "only brackets": "[]=1",
    "empty key": "=1", "bracket first": "[amount]=1", "scalar then hash": "card=tok&card[number]=1",
    "hash then scalar": "card[number]=1&card=tok", "hash and list": "metadata[a]=1&metadata[]=2",
    "list of lists": "expand[][]=a", "twice": "amount=1&amount=2", "percent": "amount=%zz", "cut percent": "amount=%4",
    "cut utf-8": "description=%c3", "overlong utf-8": "description=%c0%af", "surrogate": "description=%ed%a0%80",
    "nul": "a%00b=1", "huge index": "expand[99999999999999999999]=a", "negative index": "expand[-1]=a",
    "deep": "metadata" + "[a]" * 100 + "=1", "a nesting bomb": "a" + "[b]" * 20000 + "=1",
    "lists in lists": "a" + "[]" * 5000 + "=1", "prototype": "__proto__[x]=1", "json": '{"amount":1}',
    "just ampersands": "&" * 1000 + "zzz=1", "many keys": "&".join(f"k{i}=1" for i in range(20000)),
    "many list items": "&".join("expand[]=x" for _ in range(20000)), "a long key": "k" * 100000 + "=1",
    "unicode key": urllib.parse.quote("ключ") + "=1", "dots": "a.b.c=1",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("path", ["/v1/charges", "/v1/customers", "/v1/tokens"])
def test_a_malformed_form(server, token, untouched, path, body):
    refused(server.post(path, token, body))


RAW = {
    "invalid utf-8": b"description=\xff\xfe\xfd", "nul bytes": b"a=\x00\x00", "binary": bytes(range(256)) * 16,
    "latin-1": "description=é".encode("latin-1") + b"\xe9", "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("body", RAW.values(), ids=RAW.keys())
def test_bytes_that_are_no_form(server, token, untouched, body):
    refused(server.post("/v1/charges", token, body))


@pytest.mark.parametrize("query", [
    "limit=%ff", "limit[gt]=1", "created[gt]=abc", "created[foo]=1", "created=-99999999999999999999", "limit=1e3",
    "starting_after[]=x", "expand=a", "expand[a]=b", "%00=1", "limit=" + "9" * 400, "foo" + "[x]" * 500 + "=1",
    "created[gt][lt]=1", "customer[]=a",
])
def test_a_malformed_query(server, token, untouched, query):
    refused(server.get("/v1/charges?" + query, token))


@pytest.mark.parametrize("content_type", [
    "application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "", "x",
    "application/x-www-form-urlencoded; charset=utf-16",
])
def test_a_body_of_another_kind_writes_nothing(server, token, untouched, content_type):
    body = b'{"amount":500,"currency":"usd","source":"tok_visa"}'
    refused(server.post("/v1/charges", token, body, headers={"Content-Type": content_type}))


def test_an_oversized_body(server, token, untouched):
    # The server may close the door before all of it was sent.
    connection = http.client.HTTPConnection(*server.origin[7:].split(":"), timeout=30)
    try:
        connection.request("POST", "/v1/customers", b"description=" + b"x" * (32 << 20), {
            "Authorization": "Bearer " + token, "Content-Type": HEX})
        answer = connection.getresponse()
        assert answer.status in (400, 413)
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        connection.close()
    assert server.get("/v1/account", token).status_code == 200


def exchange(server, raw: bytes) -> bytes:
    host, port = server.origin[7:].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        answer = b""
        try:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            while chunk := line.recv(65536):
                answer += chunk
        except OSError:
            pass  # hung up on, as may be
        return answer


@pytest.mark.parametrize("raw", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /v1/account HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    b"GET /v1/account HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 2_000_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 2_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1/charges HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\namount=1",
    b"POST /v1/charges HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/charges HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /v1/charges HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/charges HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"POST /v1/charges HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\namount=1",
    b"GET /v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
])
def test_bytes_that_are_no_request(server, untouched, raw):
    answer = exchange(server, raw)
    assert not answer.startswith(b"HTTP/1.1 5") and not answer.startswith(b"HTTP/1.0 5"), answer[:200]
    assert b" 200 " not in answer[:15]


@pytest.mark.parametrize("path", [
    "/v1/charges/%00", "/v1/charges/%ff", "/v1/charges/..", "/v1/charges/../customers/x", "/v1/charges/%2e%2e/account",
    "/v1/charges/" + "x" * 3000, "/v1//charges", "/v1/charges/", "/v1/Charges", "/v1/charges/ch_1/nothing", "/v2/x", "/v1/nothing",
    "/v1/customers/%2Fetc%2Fpasswd", "/v1/charges/ch_'%20OR%20'1'='1", "/v1/events/evt_%F0%9F%8E%88",
])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_paths_that_lead_nowhere(server, token, untouched, method, path):
    # By hand: a library would tidy the path up first.
    connection = http.client.HTTPConnection(*server.origin[7:].split(":"), timeout=30)
    connection.request(method, path, headers={"Authorization": "Bearer " + token})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    if path == "/v1/charges/" and answer.status == 200:
        assert method == "GET" and body["object"] == "list"
        return
    assert 400 <= answer.status < 500 and body["error"]["type"] == "invalid_request_error", body


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "CONNECT", "FOO"])
def test_verbs_that_nobody_speaks(server, token, untouched, method):
    answer = server.request(method, "/v1/charges", token)
    assert 400 <= answer.status_code < 500


# -- values


AMOUNTS = [
    "-1", "0", "-9223372036854775808", "9223372036854775807", "9223372036854775808", "18446744073709551616",
    "1" + "0" * 400, "1.5", "1e3", "0x10", "1_000", "１０００", "٣", "+5.0", "NaN", "Infinity", "-0", " ", "", "null",
    "true", "100000000", "49", "1,000", "100abc", "--5", "1 000",
]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_amounts(server, token, untouched, amount):
    refused(server.post("/v1/charges", token, {"amount": amount, "currency": "usd", "source": "tok_visa"}), 400)


@pytest.mark.parametrize("field", [{"amount": {"a": "1"}}, {"amount": ["1"]}, {"currency": ["usd"]}, {"source": ["tok_visa"]},
                                   {"capture": "maybe"}, {"capture": "1"}, {"capture": "yes"}, {"metadata": "x"},
                                   {"metadata[]": "x"}, {"description": {"a": "b"}}, {"shipping": "x"},
                                   {"expand": "balance_transaction"}, {"customer": {"id": "x"}}])
def test_wrong_types(server, token, untouched, field):
    refused(server.post("/v1/charges", token, {
        "amount": 500, "currency": "usd", "source": "tok_visa", **field}), 400)


@pytest.mark.parametrize("currency", ["", "us", "usdd", "xxx", "zzz", "btc", "123", "$", "U$D", "u\u0000d", "💵", "usd ", "us d"])
def test_currencies(server, token, untouched, currency):
    refused(server.post("/v1/charges", token, {"amount": 500, "currency": currency, "source": "tok_visa"}), 400)


@pytest.mark.parametrize("fee", AMOUNTS[:12] + ["501", "-5"])
def test_application_fees(server, token, untouched, fee):
    answer = server.post("/v1/charges", token, {
        "amount": 500, "currency": "usd", "source": "tok_visa", "application_fee_amount": fee})
    if fee == "0" and answer.status_code == 200:
        pytest.skip("a fee of nothing is no fee")
    refused(answer, 400)


@pytest.mark.parametrize("source", ["tok_none", "", "acct_seller", "ch_x", "tok_" + "x" * 5000, "tok_visa; DROP TABLE", "pk_test"])
def test_sources(server, token, untouched, source):
    refused(server.post("/v1/charges", token, {"amount": 500, "currency": "usd", "source": source}), 400)


@pytest.mark.parametrize("card", [
    {"number": ""}, {"number": "x"}, {"number": "4" * 500}, {"number": "0"}, {"number": ["4242424242424242"]},
    {"exp_month": "0"}, {"exp_month": "-1"}, {"exp_month": "99999999999999999999"}, {"exp_month": "x"},
    {"exp_year": "0"}, {"exp_year": "-2030"}, {"exp_year": "99999"}, {"exp_year": "1999"}, {"exp_year": ""},
    {"cvc": "x"}, {"cvc": "12345"}, {"cvc": "1"}, {"cvc": "-12"}, {"colour": "blue"}, {"number": {"a": "b"}},
    {"number": "４２４２４２４２４２４２４２４２"},
])
def test_cards(server, untouched, card):
    answer = server.post("/v1/tokens", form={"key": "pk_test_TollbridgeSellerPublic01", "card": {**CARD, **card}})
    refused(answer, 400, 402)


@pytest.mark.parametrize("field, value", [
    ("email", "x" * 600 + "@example.com"), ("description", "x" * 100000), ("name", "x" * 10000),
    ("default_source", "card_none"), ("address", {"line1": {"a": "b"}}), ("id", "cus_mine"), ("created", "1"),
    ("object", "customer"), ("livemode", "true"),
])
def test_customers(server, token, untouched, field, value):
    refused(server.post("/v1/customers", token, {field: value}))


# -- what belongs to others


def test_foreign_ids(server, token):
    """Another account's objects, and the other mode's, do not exist."""
    theirs = server.post("/v1/customers", PLATFORM_SECRET, {"source": "tok_visa"}).json()
    charge = server.post("/v1/charges", PLATFORM_SECRET, {
        "amount": 500, "currency": "usd", "customer": theirs["id"]}).json()
    event = server.get("/v1/events", PLATFORM_SECRET).json()["data"][0]["id"]
    for key in (token, SELLER_SECRET, PLATFORM_LIVE_SECRET):
        refused(server.get("/v1/customers/" + theirs["id"], key), 404)
        refused(server.post("/v1/customers/" + theirs["id"], key, {"name": "x"}), 404)
        refused(server.request("DELETE", "/v1/customers/" + theirs["id"], key), 404)
        refused(server.get("/v1/charges/" + charge["id"], key), 404)
        refused(server.post("/v1/charges/" + charge["id"], key, {"description": "x"}), 404)
        refused(server.post(f"/v1/charges/{charge['id']}/capture", key), 404)
        refused(server.get("/v1/balance_transactions/" + charge["balance_transaction"], key), 404)
        refused(server.get("/v1/events/" + event, key), 404)
        refused(server.post("/v1/refunds", key, {"charge": charge["id"]}), 400, 404)
        refused(server.post("/v1/charges", key, {"amount": 500, "currency": "usd", "customer": theirs["id"]}), 400, 404)
        refused(server.get("/v1/customers", key, form={"starting_after": theirs["id"]}), 400, 404)
    refused(server.get("/v1/accounts/acct_platform", token), 403, 404)
    refused(server.get("/v1/accounts/acct_platform", SELLER_SECRET), 403, 404)
    assert server.get("/v1/customers/" + theirs["id"], PLATFORM_SECRET).json().get("name") is None
    # A token of one account is no source for another.
    mine = server.post("/v1/tokens", form={"key": "pk_test_TollbridgePlatformPublic", "card": CARD}).json()["id"]
    refused(server.post("/v1/charges", token, {"amount": 500, "currency": "usd", "source": mine}), 400)


def test_objects_in_the_place_of_others(server, token, untouched):
    charge = server.get("/v1/charges", token).json()["data"][0]["id"]
    refused(server.get("/v1/customers/" + charge, token), 404)
    refused(server.get("/v1/refunds/" + charge, token), 404)
    refused(server.get("/v1/balance_transactions/" + charge, token), 404)
    refused(server.post("/v1/charges", token, {"amount": 500, "currency": "usd", "customer": charge}), 400, 404)


# -- OAuth


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/deauthorize"])
@pytest.mark.parametrize("body", [*FORMS.values(), *RAW.values()], ids=[*FORMS.keys(), *RAW.keys()])
def test_malformed_forms_at_the_oauth_endpoints(server, untouched, path, body):
    answer = server.post(path, PLATFORM_SECRET, body)
    assert isinstance(refused(answer, 400, 401, 413), (str, dict))


@pytest.mark.parametrize("code", ["", " ", "ac_", "ac_" + "x" * 10000, "%00", "ac_💥", "'; --", "rt_x", "ac_\n"])
def test_codes_that_are_none(server, untouched, code):
    error = refused(server.swap(code), 400)
    assert error in ("invalid_grant", "invalid_request")


def test_authorize_survives_anything(server):
    for query in ("", "client_id[]=x", "client_id=" + "x" * 9000, "%ff=%ff", "response_type=code&client_id=%00",
                  "response_type=code&client_id=" + DEVELOPMENT + "&stripe_user[a][b][c]=1&stripe_user=2",
                  "response_type[]=code&client_id=" + DEVELOPMENT + "&redirect_uri=" + CALLBACK,
                  "response_type=code&client_id=" + DEVELOPMENT + "&scope=read_only%20read_write",
                  "response_type=code&client_id=" + DEVELOPMENT + "&state=" + "s" * 20000,
                  "response_type=code&client_id=" + DEVELOPMENT + "&stripe_user" + "[a]" * 5000 + "=1"):
        answer = server.get("/oauth/authorize?" + query)
        assert answer.status_code < 500, query[:80]


def test_pages_want_their_own_token(server):
    """A form posted from elsewhere, without the token of the session, does nothing."""
    for path in ("/sign-in", "/sign-out", "/dashboard/authorized-applications/revoke", "/oauth/authorize"):
        answer = server.post(path, form={"email": "seller@example.com", "password": "password", "do": "approve",
                                         "account": SELLER, "client_id": DEVELOPMENT},
                             headers={"Origin": "https://evil.example"})
        assert 400 <= answer.status_code < 500 or (
            answer.status_code in (302, 303) and "/sign-in" in answer.headers["Location"]), (path, answer.status_code)
        assert "code=" not in answer.headers.get("Location", "")


def test_pages_tell_the_browser_to_be_careful(server):
    answer = server.get(authorize_url(server, stripe_landing="login")[len(server.origin):])
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe-inline" not in policy
    assert "no-store" in headers["Cache-Control"] and headers["Referrer-Policy"] == "no-referrer"
    for cookie in answer.raw.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie and "SameSite" in cookie


def test_it_still_stands(server, token):
    assert server.get("/healthz").status_code == 200
    assert server.post("/v1/charges", token, {"amount": 500, "currency": "usd", "source": "tok_visa"}).ok
    assert not any("panicked" in line for line in server.log)
