"""OAuth 2.0 libraries that know nothing of this server complete the loop."""

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError
from requests_oauthlib import OAuth2Session

from harness import CALLBACK, DEVELOPMENT, PLATFORM_SECRET, SELLER, Person


@pytest.fixture(autouse=True)
def plain_http_on_loopback(monkeypatch):
    # Both libraries insist on https unless told that this is a loopback test.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def test_requests_oauthlib(server):
    session = OAuth2Session(DEVELOPMENT, redirect_uri=CALLBACK, scope=["read_write"])
    url, state = session.authorization_url(server.origin + "/oauth/authorize")
    back = Person(server).approve(url)
    token = session.fetch_token(
        server.origin + "/oauth/token", authorization_response=back, client_secret=PLATFORM_SECRET,
        include_client_id=True)
    assert token["stripe_user_id"] == SELLER and token["scope"] == ["read_write"]

    account = session.get(server.origin + "/v1/account")
    assert account.status_code == 200 and account.json()["id"] == SELLER

    again = session.refresh_token(
        server.origin + "/oauth/token", client_id=DEVELOPMENT, client_secret=PLATFORM_SECRET)
    assert again["access_token"] != token["access_token"]
    assert session.get(server.origin + "/v1/account").status_code == 200


def test_requests_oauthlib_with_basic_and_pkce(server):
    session = OAuth2Session(DEVELOPMENT, redirect_uri=CALLBACK, scope=["read_only"], pkce="S256")
    url, state = session.authorization_url(server.origin + "/oauth/authorize", always_prompt="true")
    back = Person(server).approve(url)
    # The library's default: client_id and secret by Basic, code and redirect_uri in the body.
    token = session.fetch_token(
        server.origin + "/oauth/token", authorization_response=back, client_secret=PLATFORM_SECRET)
    assert token["scope"] == ["read_only"]


def test_requests_oauthlib_hears_the_denial(server):
    session = OAuth2Session(DEVELOPMENT, redirect_uri=CALLBACK, scope=["read_write"])
    url, _ = session.authorization_url(server.origin + "/oauth/authorize", always_prompt="true")
    back = Person(server).decline(url)
    with pytest.raises(AccessDeniedError):
        session.fetch_token(
            server.origin + "/oauth/token", authorization_response=back, client_secret=PLATFORM_SECRET)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_by_discovery(server, method):
    told = requests.get(server.origin + "/.well-known/oauth-authorization-server", timeout=10).json()
    session = AuthlibSession(
        DEVELOPMENT, PLATFORM_SECRET, redirect_uri=CALLBACK, scope="read_write",
        token_endpoint_auth_method=method, code_challenge_method="S256",
        token_endpoint=told["token_endpoint"])
    verifier = "v" * 64
    url, state = session.create_authorization_url(
        told["authorization_endpoint"], code_verifier=verifier, always_prompt="true")
    back = Person(server).approve(url)
    token = session.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
    assert token["stripe_user_id"] == SELLER and token["scope"] == "read_write"
    assert session.get(server.origin + "/v1/account").json()["id"] == SELLER
    again = session.refresh_token(told["token_endpoint"], refresh_token=token["refresh_token"])
    assert again["access_token"] != token["access_token"]
