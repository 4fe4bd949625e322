"""What every route shares: errors, idempotency, paging, expansion, metadata, callers, scopes, CORS."""

import base64
import threading

import pytest
import stripe

from harness import (
    CARD, PLATFORM_PUBLIC, PLATFORM_SECRET, SELLER, SELLER_PUBLIC, SELLER_SECRET, unique,
)

PAST = {"Stripe-Version": "2012-10-26"}


# -- errors and the exceptions they become


@pytest.mark.parametrize("call, exception, status, code, param", [
    (lambda: stripe.Charge.retrieve("ch_none"), stripe.InvalidRequestError, 404, "resource_missing", "id"),
    (lambda: stripe.Customer.retrieve("cus_none"), stripe.InvalidRequestError, 404, "resource_missing", "id"),
    (lambda: stripe.Charge.create(currency="usd", source="tok_visa"),
     stripe.InvalidRequestError, 400, "parameter_missing", "amount"),
    (lambda: stripe.Charge.create(amount="abc", currency="usd", source="tok_visa"),
     stripe.InvalidRequestError, 400, "parameter_invalid_integer", "amount"),
    (lambda: stripe.Charge.create(amount=10, currency="usd", source="tok_visa"),
     stripe.InvalidRequestError, 400, "amount_too_small", "amount"),
    (lambda: stripe.Charge.create(amount=100000000, currency="usd", source="tok_visa"),
     stripe.InvalidRequestError, 400, "amount_too_large", "amount"),
    (lambda: stripe.Charge.create(amount=500, currency="usd", source="tok_none"),
     stripe.InvalidRequestError, 400, "resource_missing", "source"),
    (lambda: stripe.Customer.create(colour="blue"),
     stripe.InvalidRequestError, 400, "parameter_unknown", "colour"),
    (lambda: stripe.Customer.create(address={"planet": "mars"}),
     stripe.InvalidRequestError, 400, "parameter_unknown", "address[planet]"),
    (lambda: stripe.Charge.create(amount=500, currency="usd", source="tok_chargeDeclined"),
     stripe.CardError, 402, "card_declined", None),
    (lambda: stripe.Account.retrieve(api_key="sk_live_" + "x" * 24), stripe.AuthenticationError, 401, None, None),
    (lambda: stripe.Customer.list(stripe_account="acct_none"),
     stripe.PermissionError, 403, "account_invalid", None),
    (lambda: stripe.Customer.list(api_key=PLATFORM_PUBLIC),
     (stripe.PermissionError, stripe.AuthenticationError), None, "secret_key_required", None),
])
def test_an_error_becomes_the_sdks_exception(server, call, exception, status, code, param):
    with pytest.raises(exception) as raised:
        call()
    error = raised.value
    if status:
        assert error.http_status == status
    if code:
        # Not every exception of the SDK repeats the code; the error that came with it has it always.
        assert error.error.code == code
        assert error.error.doc_url.endswith("/error-codes/" + code.replace("_", "-"))
    if param:
        assert error.error.param == param
    assert error.request_id.startswith("req_")
    assert error.user_message and error.error.type


def test_the_texts_of_common_errors(server):
    def text(method, path, form=None, key=PLATFORM_SECRET):
        return server.request(method, path, key, form).json()["error"]["message"]

    assert text("GET", "/v1/charges/ch_none") == "No such charge: 'ch_none'"
    assert text("POST", "/v1/customers", {"foo": "1"}).startswith("Received unknown parameter: foo")
    assert text("POST", "/v1/customers", {"foo": "1", "bar": "2"}).startswith(
        "Received unknown parameters: ")
    assert text("POST", "/v1/charges", {"amount": "abc", "currency": "usd"}).startswith("Invalid integer: abc")
    assert text("POST", "/v1/charges", {"amount": 500, "currency": "usd"}).startswith("Must provide source or customer")
    assert text("GET", "/v1/nothing").startswith("Unrecognized request URL (GET: /v1/nothing)")
    assert text("GET", "/v1/account", key="sk_live_" + "x" * 20 + "1234").startswith("Invalid API Key provided: sk_live_")
    assert "x" * 20 not in text("GET", "/v1/account", key="sk_live_" + "x" * 20 + "1234")
    assert text("GET", "/v1/account", key=None).startswith("You did not provide an API key.")


def test_every_answer_has_a_request_id(server):
    answers = [server.get("/v1/account", PLATFORM_SECRET), server.get("/v1/account"),
               server.get("/v1/nothing", PLATFORM_SECRET), server.post("/v1/charges", PLATFORM_SECRET)]
    ids = [a.headers["Request-Id"] for a in answers]
    assert all(i.startswith("req_") for i in ids) and len(set(ids)) == len(ids)
    assert all(a.headers["Content-Type"].startswith("application/json") for a in answers)


def test_an_error_names_its_log(server):
    answer = server.get("/v1/charges/ch_none", PLATFORM_SECRET)
    assert answer.headers["Request-Id"] in answer.json()["error"]["request_log_url"]


# -- who calls


def test_basic_and_bearer(server):
    basic = base64.b64encode(f"{PLATFORM_SECRET}:".encode()).decode()
    assert server.get("/v1/account", headers={"Authorization": "Basic " + basic}).status_code == 200
    assert server.get("/v1/account", PLATFORM_SECRET).status_code == 200
    for bad in ("Basic !!!", "Basic", "Bearer", "Bearer  ", "Digest x", "Basic " + base64.b64encode(b"\xff\xfe:").decode()):
        answer = server.get("/v1/account", headers={"Authorization": bad})
        assert answer.status_code == 401, bad
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_read_only_token_reads_and_does_not_write(server):
    account = server.fresh_account(scope="read_only")
    token = account["access_token"]
    assert account["scope"] == "read_only"
    assert stripe.Account.retrieve(api_key=token).id == account["stripe_user_id"]
    assert stripe.Charge.list(api_key=token).data == []
    with pytest.raises(stripe.PermissionError) as refused:
        stripe.Charge.create(amount=500, currency="usd", source="tok_visa", api_key=token)
    assert refused.value.http_status == 403
    assert refused.value.error.code == "more_permissions_required_for_application"
    assert "Having the 'read_write' scope would allow this request to continue." in str(refused.value)
    # The status of the past.
    assert server.post("/v1/customers", token, headers=PAST).status_code == 401
    # The header is under the same permission.
    with pytest.raises(stripe.PermissionError):
        stripe.Customer.create(stripe_account=account["stripe_user_id"])


def test_the_account_header(server, token):
    customer = stripe.Customer.create(email="header@example.com", stripe_account=SELLER)
    assert stripe.Customer.retrieve(customer.id, api_key=token).id == customer.id
    assert stripe.Customer.retrieve(customer.id, api_key=SELLER_SECRET).id == customer.id
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.retrieve(customer.id)
    answer = server.get(f"/v1/customers/{customer.id}", PLATFORM_SECRET, headers={"Stripe-Account": SELLER})
    assert answer.status_code == 200
    # One's own account is no other account.
    assert stripe.Account.retrieve(stripe_account="acct_platform").id == "acct_platform"


def test_who_is_no_platform_cannot_act_for_another(server):
    with pytest.raises(stripe.PermissionError) as refused:
        stripe.Customer.list(api_key=SELLER_SECRET, stripe_account="acct_platform")
    assert refused.value.error.code in ("platform_account_required", "account_invalid")


def test_a_publishable_key_makes_tokens_and_nothing_else(server):
    assert stripe.Token.create(card=CARD, api_key=SELLER_PUBLIC).id.startswith("tok_")
    for method, path in [("GET", "/v1/account"), ("GET", "/v1/charges"), ("POST", "/v1/charges"),
                         ("GET", "/v1/balance"), ("POST", "/v1/customers"), ("GET", "/v1/events")]:
        answer = server.request(method, path, SELLER_PUBLIC, {} if method == "POST" else None)
        assert answer.status_code in (401, 403), (path, answer.text)


def test_cors_for_pages_with_a_publishable_key(server):
    answer = server.post("/v1/tokens", form={"card": CARD, "key": SELLER_PUBLIC},
                         headers={"Origin": "https://shop.example"})
    assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == "*"
    asked = server.request("OPTIONS", "/v1/tokens", headers={
        "Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,authorization"})
    assert asked.status_code in (200, 204)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    refused = server.post("/v1/tokens", form={"card": {**CARD, "number": "1"}, "key": SELLER_PUBLIC},
                          headers={"Origin": "https://shop.example"})
    assert refused.status_code == 402 and refused.headers["Access-Control-Allow-Origin"] == "*"


def test_jsonp_as_the_first_browser_library_had_it(server):
    answer = server.get("/v1/tokens", form={
        "card": CARD, "key": SELLER_PUBLIC, "callback": "sjsonp1", "_method": "POST"})
    assert answer.status_code == 200 and "javascript" in answer.headers["Content-Type"]
    # A comment may stand in front, so that no chosen name is the first byte of the answer.
    text = answer.text.strip().removeprefix("/**/").rstrip(";")
    assert text.startswith("sjsonp1({") and text.endswith(", 200)")
    bad = server.get("/v1/tokens", form={
        "card": {**CARD, "number": "4242424242424241"}, "key": SELLER_PUBLIC, "callback": "sjsonp2",
        "_method": "POST"})
    assert bad.status_code == 200 and bad.text.strip().rstrip(";").endswith(", 402)")
    evil = server.get("/v1/tokens", form={
        "card": CARD, "key": SELLER_PUBLIC, "callback": "alert(1)//", "_method": "POST"})
    assert "alert(1)" not in evil.text or "javascript" not in evil.headers["Content-Type"]
    assert evil.status_code == 400


# -- idempotency


def test_the_same_key_gives_the_same_answer(server):
    key = unique("idem")
    form = {"amount": 500, "currency": "usd", "source": "tok_visa", "metadata": {"k": key}}
    first = server.post("/v1/charges", PLATFORM_SECRET, form, headers={"Idempotency-Key": key})
    again = server.post("/v1/charges", PLATFORM_SECRET, form, headers={"Idempotency-Key": key})
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers.get("Original-Request", first.headers["Request-Id"]) == first.headers["Request-Id"]
    listed = [c for c in stripe.Charge.list(limit=100).data if c.metadata.to_dict().get("k") == key]
    assert len(listed) == 1


def test_a_failure_is_replayed_too(server):
    key = unique("idem")
    form = {"amount": 500, "currency": "usd", "source": "tok_chargeDeclined"}
    answers = [server.post("/v1/charges", PLATFORM_SECRET, form, headers={"Idempotency-Key": key}) for _ in "12"]
    assert [a.status_code for a in answers] == [402, 402]
    assert answers[0].json()["error"]["charge"] == answers[1].json()["error"]["charge"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_the_same_key_for_something_else_is_an_error(server):
    key = unique("idem")
    stripe.Customer.create(email="a@example.com", idempotency_key=key)
    with pytest.raises(stripe.IdempotencyError) as refused:
        stripe.Customer.create(email="b@example.com", idempotency_key=key)
    assert refused.value.http_status == 400
    assert str(refused.value.user_message) == (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request.")
    with pytest.raises(stripe.IdempotencyError):
        stripe.Charge.create(amount=500, currency="usd", source="tok_visa", idempotency_key=key)


def test_keys_are_apart_for_each_account(server, token):
    key = unique("idem")
    mine = stripe.Customer.create(email="a@example.com", idempotency_key=key)
    theirs = stripe.Customer.create(email="b@example.com", idempotency_key=key, api_key=token)
    assert mine.id != theirs.id


def test_what_never_ran_is_not_remembered(server):
    key = unique("idem")
    refused = server.post("/v1/customers", PLATFORM_SECRET, {"colour": "blue"}, headers={"Idempotency-Key": key})
    assert refused.status_code == 400
    answer = server.post("/v1/customers", PLATFORM_SECRET, {"name": "x"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 200
    key = unique("idem")
    assert server.post("/v1/customers", "sk_live_none", {}, headers={"Idempotency-Key": key}).status_code == 401
    assert server.post("/v1/customers", PLATFORM_SECRET, {}, headers={"Idempotency-Key": key}).status_code == 200


def test_a_key_is_forgotten_on_the_clock(server):
    key = unique("idem")
    first = stripe.Customer.create(email="a@example.com", idempotency_key=key)
    server.advance(3600)
    assert stripe.Customer.create(email="a@example.com", idempotency_key=key).id == first.id
    server.advance(31 * 24 * 3600)
    assert stripe.Customer.create(email="a@example.com", idempotency_key=key).id != first.id


def test_many_at_once_with_one_key_make_one(server):
    key = unique("idem")
    start, answers = threading.Barrier(20), []

    def create():
        start.wait()
        answers.append(server.post("/v1/customers", PLATFORM_SECRET, {"name": key}, headers={"Idempotency-Key": key}))

    threads = [threading.Thread(target=create) for _ in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert {a.status_code for a in answers} <= {200, 409}
    for conflict in (a for a in answers if a.status_code == 409):
        assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert len({a.json()["id"] for a in answers if a.status_code == 200}) == 1


def test_an_overlong_key_is_refused_and_gets_ignore_it(server):
    answer = server.post("/v1/customers", PLATFORM_SECRET, {}, headers={"Idempotency-Key": "k" * 256})
    assert answer.status_code == 400
    key = unique("idem")
    for path in ("/v1/account", "/v1/balance"):
        assert server.get(path, PLATFORM_SECRET, headers={"Idempotency-Key": key}).status_code == 200


# -- lists


@pytest.fixture(scope="module")
def crowd(server):
    """A fresh account with 25 customers, oldest first."""
    token = server.fresh_account()["access_token"]
    return token, [stripe.Customer.create(name=f"n{i}", api_key=token).id for i in range(25)]


def test_paging_forward(crowd):
    token, ids = crowd
    listed = [c.id for c in stripe.Customer.list(limit=7, api_key=token).auto_paging_iter()]
    assert listed == ids[::-1]


def test_paging_backward(crowd):
    token, ids = crowd
    listed = [c.id for c in stripe.Customer.list(limit=7, ending_before=ids[4], api_key=token).auto_paging_iter()]
    assert listed == ids[5:]


def test_a_page(crowd):
    token, ids = crowd
    page = stripe.Customer.list(limit=3, starting_after=ids[20], api_key=token)
    assert [c.id for c in page.data] == [ids[19], ids[18], ids[17]] and page.has_more is True
    assert page.url == "/v1/customers" and page.object == "list"
    page = stripe.Customer.list(limit=3, ending_before=ids[20], api_key=token)
    assert [c.id for c in page.data] == [ids[23], ids[22], ids[21]] and page.has_more is True
    assert stripe.Customer.list(limit=25, api_key=token).has_more is False
    assert len(stripe.Customer.list(api_key=token).data) == 10


@pytest.mark.parametrize("bad", [
    {"limit": 0}, {"limit": 101}, {"limit": -1}, {"limit": "x"}, {"starting_after": "cus_none"},
    {"starting_after": "ch_1", "ending_before": "ch_2"}, {"page": "2"},
])
def test_a_wrong_page(crowd, bad):
    token, ids = crowd
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.list(api_key=token, **bad)


def test_the_lists_of_2012_count(server, crowd):
    token, ids = crowd
    page = server.get("/v1/customers", token, form={"count": 4, "offset": 2}, headers=PAST).json()
    assert page["count"] == 25 and [c["id"] for c in page["data"]] == ids[::-1][2:6]
    assert page["object"] == "list" and page["url"] == "/v1/customers" and "has_more" not in page


# -- expansion


def test_expand_to_four_levels(server, token):
    charge = stripe.Charge.create(
        amount=900, currency="usd", source="tok_visa", application_fee_amount=50, api_key=token,
        expand=["balance_transaction.source", "application_fee.charge.balance_transaction"])
    assert charge.balance_transaction.source.id == charge.id
    assert charge.application_fee.object == "application_fee"
    listed = stripe.Charge.list(limit=2, expand=["data.balance_transaction"], api_key=token)
    assert listed.data[0].balance_transaction.object == "balance_transaction"
    deep = "data.balance_transaction.source.balance_transaction"
    assert stripe.Charge.list(limit=1, expand=[deep], api_key=token).data[0].id == charge.id
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Charge.list(limit=1, expand=[deep + ".source"], api_key=token)


@pytest.mark.parametrize("path", ["amount", "nothing", "balance_transaction.nothing", "", ".", "a..b", "data.x"])
def test_what_cannot_be_expanded(server, token, path):
    charge = stripe.Charge.create(amount=900, currency="usd", source="tok_visa", api_key=token)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Charge.retrieve(charge.id, expand=[path], api_key=token)


# -- metadata


def test_metadata_merges_deletes_and_clears(server):
    customer = stripe.Customer.create(metadata={"a": "1", "b": "2"})
    assert stripe.Customer.modify(customer.id, metadata={"c": "3"}).metadata.to_dict() == {
        "a": "1", "b": "2", "c": "3"}
    assert stripe.Customer.modify(customer.id, metadata={"a": "", "b": "9"}).metadata.to_dict() == {
        "b": "9", "c": "3"}
    assert stripe.Customer.modify(customer.id, metadata="").metadata.to_dict() == {}


@pytest.mark.parametrize("metadata", [
    {"k" * 41: "v"}, {"k": "v" * 501}, {f"k{i}": "v" for i in range(51)}, {"a": {"b": "c"}}, {"a": ["b"]},
])
def test_metadata_has_limits(server, metadata):
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.create(metadata=metadata)


def test_metadata_at_its_limits(server):
    most = {f"k{i}": "v" for i in range(49)} | {"é" * 40: "ü" * 500}
    assert stripe.Customer.create(metadata=most).metadata.to_dict() == most


# -- the account's own version and others


def test_versions(server):
    now = server.get("/v1/account", PLATFORM_SECRET).json()
    assert "settings" in now and "charge_enabled" not in now
    then = server.get("/v1/account", PLATFORM_SECRET, headers=PAST).json()
    assert list(then) == ["id", "email", "statement_descriptor", "details_submitted", "charge_enabled",
                          "transfer_enabled", "currencies_supported", "default_currency", "country", "object"]
    assert then["default_currency"] == "USD" and then["currencies_supported"] == ["USD"]
    for wrong in ("2012-10-27x", "yesterday", "1999-01-01", "x" * 300):
        answer = server.get("/v1/account", PLATFORM_SECRET, headers={"Stripe-Version": wrong})
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_health(server):
    assert server.get("/healthz").status_code == 200


def test_a_filter_that_lets_little_pass_pages_both_ways(server):
    token = server.fresh_account()["access_token"]
    for turn in range(36):
        made = server.post("/v1/customers", token, {"description": turn}).json()
        if turn % 12 == 0:
            assert server.request("DELETE", f"/v1/customers/{made['id']}", token).status_code == 200

    def page(**form):
        answer = server.get("/v1/events", token, form={"type": "customer.deleted", **form}).json()
        return [event["id"] for event in answer["data"]], answer["has_more"]

    newest, middle, oldest = page()[0]
    assert page(limit=1) == ([newest], True)
    assert page(limit=2) == ([newest, middle], True)
    assert page(limit=3) == ([newest, middle, oldest], False)
    assert page(limit=1, starting_after=newest) == ([middle], True)
    assert page(limit=2, starting_after=newest) == ([middle, oldest], False)
    assert page(limit=1, ending_before=oldest) == ([middle], True)
    assert page(limit=2, ending_before=oldest) == ([newest, middle], False)
    assert page(type="customer.nothing") == ([], False)
