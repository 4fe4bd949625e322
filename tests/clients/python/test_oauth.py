"""The connect flow with the official SDK: authorize, token, refresh, deauthorize, and what goes wrong."""

import base64
import hashlib
import secrets
import threading
import urllib.parse

import pytest
import stripe

from harness import (
    CALLBACK, DEVELOPMENT, PLATFORM, PLATFORM_LIVE_SECRET, PLATFORM_SECRET, PRODUCTION, SELLER,
    SELLER_SECRET, Page, Person, authorize_url, query_of, unique,
)


def oauth_error(answer, status, code):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["error"] == code, body
    assert isinstance(body.get("error_description", ""), str)
    return body.get("error_description", "")


# -- authorize


def test_the_sdk_walks_the_loop(server):
    state = unique("state")
    client = stripe.StripeClient(
        PLATFORM_SECRET, client_id=DEVELOPMENT, base_addresses={"api": server.origin, "connect": server.origin})
    url = client.oauth.authorize_url(
        {"scope": "read_write", "state": state, "redirect_uri": CALLBACK})

    back = Person(server).approve(url)
    assert back.startswith(CALLBACK + "?")
    got = query_of(back)
    assert got["state"] == state and got["scope"] == "read_write"
    assert got["code"].startswith("ac_") and len(got["code"]) == 35

    answer = stripe.OAuth.token(grant_type="authorization_code", code=got["code"])
    assert answer.access_token.startswith("sk_test_")
    assert answer.stripe_publishable_key.startswith("pk_test_")
    assert answer.refresh_token.startswith("rt_")
    assert answer.stripe_user_id == SELLER
    assert (answer.token_type, answer.scope, answer.livemode) == ("bearer", "read_write", False)
    assert "expires_in" not in answer

    account = stripe.Account.retrieve(api_key=answer.access_token)
    assert account.id == SELLER

    gone = stripe.OAuth.deauthorize(client_id=DEVELOPMENT, stripe_user_id=SELLER)
    assert gone.stripe_user_id == SELLER
    with pytest.raises(stripe.AuthenticationError):
        stripe.Account.retrieve(api_key=answer.access_token)
    with pytest.raises(stripe.PermissionError) as refused:
        stripe.Account.retrieve(SELLER)
    assert refused.value.error.code == "account_invalid"
    with pytest.raises(stripe.oauth_error.InvalidGrantError):
        stripe.OAuth.token(grant_type="refresh_token", refresh_token=answer.refresh_token)


@pytest.mark.parametrize("state", [
    "plain", "a b+c", "%41%zz", "ünïcödé 漢字 🎈", "a=b&c=d#e?f", "<script>alert(1)</script>", '"\'\\', "x" * 500, "",
])
def test_state_comes_back_byte_for_byte(server, state):
    back = Person(server).approve(authorize_url(server, state=state, always_prompt="true"))
    assert query_of(back).get("state", "") == state


def test_no_state_no_state(server):
    back = Person(server).approve(authorize_url(server, always_prompt="true"))
    assert "state" not in query_of(back)


def test_the_scope_is_read_only_unless_asked_for(server):
    url = authorize_url(server, always_prompt="true").replace("&scope=read_write", "")
    back = Person(server).approve(url)
    assert query_of(back)["scope"] == "read_only"


def test_a_redirect_uri_keeps_its_own_query(server):
    back = Person(server).approve(authorize_url(server, redirect_uri=CALLBACK + "?shop=7", state="s"))
    assert back.startswith(CALLBACK + "?shop=7&")
    assert set(query_of(back)) == {"shop", "scope", "code", "state"}


def test_declining_says_so(server):
    back = Person(server).decline(authorize_url(server, state="s 1", always_prompt="true"))
    assert back.startswith(CALLBACK + "?")
    assert query_of(back) == {
        "error": "access_denied", "error_description": "The user denied your request", "state": "s 1"}


def test_who_is_connected_and_signed_in_is_sent_straight_back(server):
    person = Person(server)
    server.swap(query_of(person.approve(authorize_url(server)))["code"])
    second = person.open(authorize_url(server, state="again"))
    assert isinstance(second, str) and query_of(second)["state"] == "again"
    page = person.open(authorize_url(server, always_prompt="true"))
    assert isinstance(page, Page)


def test_skipping_the_form_gives_an_account_that_takes_test_charges(server):
    answer = server.fresh_account()
    assert answer["livemode"] is False and answer["stripe_user_id"] != SELLER
    account = stripe.Account.retrieve(api_key=answer["access_token"])
    assert account.details_submitted is False and account.charges_enabled is False
    charge = stripe.Charge.create(
        amount=700, currency="usd", source="tok_visa", api_key=answer["access_token"])
    assert charge.paid


def test_the_production_client_offers_no_skip(server):
    url = authorize_url(server, client_id=PRODUCTION, stripe_landing="register").replace(
        "redirect_uri=" + urllib.parse.quote_plus(CALLBACK), "")
    page = Person(server).open(url)
    assert isinstance(page, Page) and not page.has("skip this")


def test_landing_decides_which_page_comes_first(server):
    def has_bank_field(page):
        return any("account_number" in name for form in page.forms for name in form.fields)

    assert has_bank_field(Person(server).open(authorize_url(server, stripe_landing="register")))
    assert not has_bank_field(Person(server).open(authorize_url(server, stripe_landing="login")))


def test_prefill_reaches_the_form_and_bad_values_are_ignored(server):
    url = authorize_url(server, stripe_landing="register", stripe_user={
        "email": "ann@shop.example", "business_name": 'Ann & "Sons" <b>', "country": "US",
        "phone_number": "5551234567", "first_name": "Ann", "dob_year": "17", "unheard_of": "x"})
    page = Person(server).open(url)
    values = [value for form in page.forms for value in form.fields.values()]
    assert "ann@shop.example" in values and 'Ann & "Sons" <b>' in values and "Ann" in values
    assert "17" not in values


@pytest.mark.parametrize("change, status, error", [
    ({"response_type": "token"}, 400, "unsupported_response_type"),
    ({"response_type": ""}, 400, ("invalid_request", "unsupported_response_type")),
    ({"scope": "admin"}, 400, "invalid_scope"),
    ({"redirect_uri": "https://evil.example/"}, 400, "invalid_redirect_uri"),
])
def test_a_wrong_request_is_told_on_the_spot(server, change, status, error):
    answer = server.get(authorize_url(server, state="st", **change)[len(server.origin):])
    assert answer.status_code == status and "Location" not in answer.headers
    body = answer.json()
    assert body["error"] in (error if isinstance(error, tuple) else (error,))
    assert body["state"] == "st" and body["error_description"]
    if error == "unsupported_response_type":
        assert body["error_description"] == "Only 'code' response_type is supported, but 'token' was provided"
    if error == "invalid_redirect_uri":
        assert body["error_description"] == (
            "Invalid redirect URI 'https://evil.example/'. Ensure this uri exactly matches one of the uris "
            "specified in your application settings")


def test_an_unknown_client_never_redirects(server):
    answer = server.get(authorize_url(server, client_id="ca_" + "0" * 32)[len(server.origin):])
    assert answer.status_code == 400 and "Location" not in answer.headers
    assert answer.json() == {"error": {"message": "No application matches the supplied client identifier"}} or (
        answer.json()["error"]["message"] == "No application matches the supplied client identifier")


def test_unknown_parameters_of_authorize_are_ignored(server):
    back = Person(server).approve(authorize_url(server, always_prompt="true", type="web_server", nonce="1"))
    assert "code" in query_of(back)


# -- token


@pytest.mark.parametrize("way", ["body", "bearer", "basic", "basic with client_id", "body and bearer"])
def test_every_way_to_authenticate(server, way):
    form = {"grant_type": "authorization_code", "code": server.codes()[0]}
    headers = {}
    if way.startswith("body"):
        form |= {"client_secret": PLATFORM_SECRET, "client_id": DEVELOPMENT}
    if way.endswith("bearer"):
        headers["Authorization"] = "Bearer " + PLATFORM_SECRET
    if way == "basic":
        headers["Authorization"] = "Basic " + base64.b64encode(f"{PLATFORM_SECRET}:".encode()).decode()
    if way == "basic with client_id":
        # RFC 6749, 2.3.1: both halves are form-encoded first.
        halves = f"{DEVELOPMENT.replace('_', '%5F')}:{PLATFORM_SECRET.replace('_', '%5F')}"
        headers["Authorization"] = "Basic " + base64.b64encode(halves.encode()).decode()
    answer = server.post("/oauth/token", form=form, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["stripe_user_id"] == SELLER
    assert "no-store" in answer.headers.get("Cache-Control", "")


@pytest.mark.parametrize("form, status, error, text", [
    ({}, 400, "invalid_request", "No grant type specified"),
    ({"grant_type": "authorization_code"}, 400, "invalid_request", None),
    ({"grant_type": "refresh_token"}, 400, "invalid_request", None),
    ({"grant_type": "password", "code": "x"}, 400, "unsupported_grant_type", None),
    ({"grant_type": "authorization_code", "code": "ac_none"}, 400, "invalid_grant",
     "Authorization code does not exist: ac_none"),
    ({"grant_type": "refresh_token", "refresh_token": "rt_none"}, 400, "invalid_grant", None),
    ({"grant_type": ["a", "b"]}, 400, None, None),
    ({"grant_type": {"a": {"b": "c"}}}, 400, None, None),
])
def test_token_errors(server, form, status, error, text):
    answer = server.post("/oauth/token", PLATFORM_SECRET, form)
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["error"], str)
    if error:
        assert answer.json()["error"] == error
    if text:
        assert answer.json()["error_description"] == text


def test_who_does_not_say_who_they_are(server):
    text = oauth_error(server.post("/oauth/token", form={"grant_type": "authorization_code", "code": "ac_x"}),
                       401, "invalid_client")
    assert text == ("No authentication was provided. Send your secret API key using the Authorization header, "
                    "or as a client_secret POST parameter.")


def test_an_unknown_key(server):
    # A live key that nobody issued: an unknown test key may be a world of its own.
    text = oauth_error(server.swap("ac_x", secret="sk_live_nobody"), 401, "invalid_client")
    assert text.startswith("No such API key: ")


@pytest.mark.parametrize("call, error", [
    (lambda: stripe.OAuth.token(grant_type="authorization_code", code="ac_none"), "InvalidGrantError"),
    (lambda: stripe.OAuth.token(grant_type="password"), "UnsupportedGrantTypeError"),
    (lambda: stripe.OAuth.token(grant_type="authorization_code"), "InvalidRequestError"),
    (lambda: stripe.OAuth.token(grant_type="authorization_code", code="x", api_key="sk_live_no"),
     "InvalidClientError"),
    (lambda: stripe.OAuth.deauthorize(client_id=DEVELOPMENT, stripe_user_id="acct_nobody"),
     "InvalidClientError"),
])
def test_the_sdk_raises_the_exception_of_each_error(server, call, error):
    with pytest.raises(getattr(stripe.oauth_error, error)):
        call()


def test_a_code_lives_five_minutes(server):
    code = server.codes()[0]
    server.advance(301)
    text = oauth_error(server.swap(code), 400, "invalid_grant")
    assert text == "Authorization code expired"


def test_a_code_used_twice_revokes_what_it_gave(server):
    code = server.codes(server.fresh_account()["stripe_user_id"])[0]
    first = server.swap(code).json()
    assert server.get("/v1/account", first["access_token"]).status_code == 200
    text = oauth_error(server.swap(code), 400, "invalid_grant")
    assert text == ("This authorization code has already been used. All tokens issued with this code have "
                    "been revoked.")
    assert server.get("/v1/account", first["access_token"]).status_code == 401
    oauth_error(server.post("/oauth/token", PLATFORM_SECRET, {
        "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}), 400, "invalid_grant")


def test_fifty_exchanges_at_once_one_wins_and_loses_it_again(server):
    account = server.fresh_account()["stripe_user_id"]
    code = server.codes(account)[0]
    start, answers = threading.Barrier(50), []

    def swap():
        start.wait()
        answers.append(server.swap(code))

    threads = [threading.Thread(target=swap) for _ in range(50)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    won = [a for a in answers if a.status_code == 200]
    lost = [a for a in answers if a.status_code == 400 and a.json()["error"] == "invalid_grant"]
    assert (len(won), len(lost)) == (1, 49), [a.status_code for a in answers]
    assert server.get("/v1/account", won[0].json()["access_token"]).status_code == 401


def test_another_platforms_code_does_not_exist(server):
    code = server.codes()[0]
    oauth_error(server.swap(code, secret=SELLER_SECRET), 400, "invalid_grant")
    assert server.swap(code).status_code == 200


def test_the_key_must_be_of_the_codes_mode(server):
    oauth_error(server.swap(server.codes()[0], secret=PLATFORM_LIVE_SECRET), 400, "invalid_grant")


def test_refresh_rolls_the_token_and_narrows_the_scope(server):
    account = server.fresh_account()["stripe_user_id"]
    first = server.connect(account)
    second = stripe.OAuth.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.stripe_user_id == account and second.scope == "read_write"
    assert second.refresh_token
    assert second.access_token != first["access_token"]
    assert server.get("/v1/account", second.access_token).status_code == 200
    assert server.get("/v1/account", first["access_token"]).status_code == 401

    narrow = stripe.OAuth.token(
        grant_type="refresh_token", refresh_token=second.refresh_token, scope="read_only")
    assert narrow.scope == "read_only"
    with pytest.raises(stripe.PermissionError):
        stripe.Customer.create(api_key=narrow.access_token)
    assert server.get("/v1/account", second.access_token).status_code == 200


def test_a_scope_cannot_widen(server):
    account = server.fresh_account()["stripe_user_id"]
    stripe.OAuth.deauthorize(client_id=DEVELOPMENT, stripe_user_id=account)
    narrow = server.connect(account, scope="read_only")
    assert narrow["scope"] == "read_only"
    with pytest.raises(stripe.oauth_error.InvalidScopeError):
        stripe.OAuth.token(
            grant_type="refresh_token", refresh_token=narrow["refresh_token"], scope="read_write")
    with pytest.raises(stripe.oauth_error.InvalidScopeError):
        stripe.OAuth.token(grant_type="refresh_token", refresh_token=narrow["refresh_token"], scope="all")


def test_a_development_connection_gives_no_live_token(server):
    first = server.connect()
    oauth_error(server.post("/oauth/token", PLATFORM_LIVE_SECRET, {
        "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}), 400, "invalid_grant")


def test_a_production_connection_swaps_to_test_by_refresh(server):
    code = server.codes(client_id=PRODUCTION)[0]
    live = server.swap(code, secret=PLATFORM_LIVE_SECRET)
    assert live.status_code == 200, live.text
    live = live.json()
    assert live["livemode"] is True and live["access_token"].startswith("sk_live_")
    test = server.post("/oauth/token", PLATFORM_SECRET, {
        "grant_type": "refresh_token", "refresh_token": live["refresh_token"]}).json()
    assert test["livemode"] is False and test["access_token"].startswith("sk_test_")
    assert server.get("/v1/account", live["access_token"]).status_code == 200


# -- deauthorize


@pytest.mark.parametrize("key, form, status, error", [
    (PLATFORM_SECRET, {}, 400, "invalid_request"),
    (PLATFORM_SECRET, {"client_id": DEVELOPMENT}, 400, "invalid_request"),
    (PLATFORM_SECRET, {"stripe_user_id": SELLER}, 400, "invalid_request"),
    (PLATFORM_SECRET, {"client_id": DEVELOPMENT, "stripe_user_id": PLATFORM}, 401, "invalid_client"),
    (PLATFORM_SECRET, {"client_id": DEVELOPMENT, "stripe_user_id": "acct_no"}, 401, "invalid_client"),
    (PLATFORM_SECRET, {"client_id": "ca_no", "stripe_user_id": SELLER}, 401, "invalid_client"),
    (PLATFORM_SECRET, {"client_id": PRODUCTION, "stripe_user_id": SELLER}, 401, "invalid_client"),
    (PLATFORM_LIVE_SECRET, {"client_id": DEVELOPMENT, "stripe_user_id": SELLER}, 401, "invalid_client"),
    (SELLER_SECRET, {"client_id": DEVELOPMENT, "stripe_user_id": SELLER}, 401, "invalid_client"),
    ("sk_live_nobody", {"client_id": DEVELOPMENT, "stripe_user_id": SELLER}, 401, "invalid_client"),
    (None, {"client_id": DEVELOPMENT, "stripe_user_id": SELLER}, 401, "invalid_client"),
])
def test_deauthorize_errors_leave_the_connection(server, key, form, status, error):
    connected = server.connect()
    oauth_error(server.post("/oauth/deauthorize", key, form), status, error)
    assert server.get("/v1/account", connected["access_token"]).status_code == 200


def test_deauthorizing_says_what_is_not_connected(server):
    text = oauth_error(server.post("/oauth/deauthorize", PLATFORM_SECRET, {
        "client_id": DEVELOPMENT, "stripe_user_id": "acct_nobody"}), 401, "invalid_client")
    assert text == ("This application is not connected to stripe account acct_nobody, or that account does "
                    "not exist.")


# -- beside it, for today's clients


def test_metadata_describes_the_server(server):
    told = server.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == server.origin
    assert told["authorization_endpoint"] == server.origin + "/oauth/authorize"
    assert told["token_endpoint"] == server.origin + "/oauth/token"
    assert told["response_types_supported"] == ["code"]
    assert "S256" in told["code_challenge_methods_supported"]
    assert {"client_secret_basic", "client_secret_post"} <= set(told["token_endpoint_auth_methods_supported"])


def test_a_challenge_once_given_is_enforced(server):
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    url = authorize_url(server, always_prompt="true", code_challenge=challenge, code_challenge_method="S256")

    def swap(**more):
        code = query_of(Person(server).approve(url))["code"]
        return server.post("/oauth/token", PLATFORM_SECRET, {
            "grant_type": "authorization_code", "code": code, **more})

    assert swap(code_verifier=verifier).status_code == 200
    oauth_error(swap(), 400, "invalid_grant")
    oauth_error(swap(code_verifier=secrets.token_urlsafe(48)), 400, "invalid_grant")


def test_a_plain_challenge_is_refused(server):
    answer = server.get(authorize_url(
        server, code_challenge="x" * 43, code_challenge_method="plain")[len(server.origin):])
    # Told on the spot or by redirect, but never taken.
    assert answer.status_code in (302, 303, 400)
    if answer.status_code != 400:
        assert query_of(answer.headers["Location"])["error"] == "invalid_request"
    else:
        assert answer.json()["error"] == "invalid_request"
