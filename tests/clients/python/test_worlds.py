"""Worlds side by side in `tollbridge dev`: a key that nobody issued is one; snapshots, copies, clocks, isolation."""

import concurrent.futures
import itertools
import re
import threading
import time

import pytest
import stripe

from harness import (
    DEVELOPMENT, PASSWORD, PLATFORM, PLATFORM_SECRET, SELLER_SECRET, Page, Person, Server, authorize_url, query_of,
    unique,
)

CHARGE = {"amount": 1000, "currency": "usd", "source": "tok_visa"}


def fresh_key() -> str:
    return "sk_test_" + unique("w")


def world(server, key) -> dict:
    answer = server.get("/_tollbridge/world", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_world(server, key, what, **form) -> dict:
    answer = server.post(f"/_tollbridge/world/{what}", key, form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def charge(server, key, **more) -> dict:
    answer = server.post("/v1/charges", key, {**CHARGE, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def amounts(server, key, path="/v1/charges") -> list[int]:
    answer = server.get(path, key)
    assert answer.status_code == 200, answer.text
    return [it["amount"] for it in answer.json()["data"]]


def advance(server, key, seconds) -> int:
    answer = server.post("/_tollbridge/clock", key, {"advance": seconds})
    assert answer.status_code == 200, answer.text
    return answer.json()["now"]


# -- a key is a world


def test_a_key_that_nobody_issued_is_a_world_of_its_own(server):
    key = fresh_key()
    account = stripe.Account.retrieve(api_key=key)
    told = world(server, key)
    assert told["account"] == account.id == told["platform"]["account"] != PLATFORM
    assert account.email == told["platform"]["sign_in"]["email"]
    assert told["platform"]["secret_key"] == key
    assert told["platform"]["publishable_key"] == key.replace("sk_", "pk_")
    assert re.fullmatch(r"ca_\w{32}", told["development_client_id"])
    assert server.get("/v1/events", key).json()["data"] == [], "nothing has happened yet"
    charge(server, key)
    assert amounts(server, key) == [1000]
    token = server.post("/v1/tokens", told["platform"]["publishable_key"], {"card": {
        "number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}})
    assert token.status_code == 200, token.text
    charge(server, key, source=token.json()["id"])
    assert stripe.Account.retrieve(api_key=told["seller"]["secret_key"]).id == told["seller"]["account"]


def test_a_publishable_key_comes_first_as_well(server):
    key = fresh_key()
    token = server.post("/v1/tokens", key.replace("sk_", "pk_"), {"card": {
        "number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}})
    assert token.status_code == 200, token.text
    charge(server, key, source=token.json()["id"])


@pytest.mark.parametrize("key", ["sk_test_short", "sk_test_has-a-dash", "sk_live_" + "x" * 24, "rk_test_" + "x" * 24,
                                 "sk_test_" + "x" * 101, "x" * 24])
def test_what_is_no_key_is_refused(server, key):
    answer = server.get("/v1/balance", key)
    assert answer.status_code == 401
    assert "Invalid API Key" in answer.json()["error"]["message"]


def test_two_first_requests_that_race_make_one_world(server):
    for _ in range(5):
        key = fresh_key()
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: server.get("/v1/account", key), range(12)))
        assert [it.status_code for it in answers] == [200] * 12
        assert len({it.json()["id"] for it in answers}) == 1


def test_a_revoked_key_does_not_become_a_world(server):
    key = fresh_key()
    told = world(server, key)
    code = server.post("/_tollbridge/codes", key, {
        "client_id": told["development_client_id"], "account": told["seller"]["account"]}).json()["codes"][0]
    token = server.swap(code, key).json()["access_token"]
    assert server.get("/v1/account", token).json()["id"] == told["seller"]["account"]
    ended = server.post("/oauth/deauthorize", key, {
        "client_id": told["development_client_id"], "stripe_user_id": told["seller"]["account"]})
    assert ended.status_code == 200, ended.text
    assert server.get("/v1/account", token).status_code == 401
    # The same in the world of the guides.
    token = server.fresh_account()["access_token"]
    account = server.get("/v1/account", token).json()["id"]
    server.post("/oauth/deauthorize", PLATFORM_SECRET, {"client_id": DEVELOPMENT, "stripe_user_id": account})
    assert server.get("/v1/account", token).status_code == 401


# -- the pages


def test_people_of_a_world_connect_and_sign_in(server):
    key = fresh_key()
    told = world(server, key)
    url = authorize_url(server, told["development_client_id"])
    seller = Person(server)
    back = seller.approve(url, told["seller"]["sign_in"]["email"], PASSWORD)
    token = server.swap(query_of(back)["code"], key).json()
    assert token["stripe_user_id"] == told["seller"]["account"]
    charge(server, token["access_token"])
    # The session leads to the world, as the address did.
    assert "authorized" in " ".join(seller.open(server.origin + "/dashboard/authorized-applications").text).lower()
    platform = Person(server)
    page = platform.sign_in(platform.open(server.origin + "/sign-in"), told["platform"]["sign_in"]["email"])
    assert isinstance(page, Page) and told["account"] in " ".join(
        platform.open(server.origin + "/dashboard/account").text)
    connected = " ".join(platform.open(server.origin + "/dashboard/connected-accounts").text)
    assert told["seller"]["account"] in connected


def test_receipts_are_shown_from_their_world(server):
    paid = charge(server, fresh_key())
    assert "10.00" in server.get(paid["receipt_url"].removeprefix(server.origin)).text


# -- time


def test_a_clock_moves_its_own_world_only(server):
    key, other = fresh_key(), fresh_key()
    first = charge(server, key)
    before = server.get("/_tollbridge/clock", PLATFORM_SECRET).json()["now"]
    assert advance(server, key, 30 * 86_400) >= first["created"] + 30 * 86_400
    assert charge(server, key)["created"] >= first["created"] + 30 * 86_400
    assert server.get("/_tollbridge/clock", PLATFORM_SECRET).json()["now"] < before + 600
    assert charge(server, other)["created"] < before + 600
    paid_out = server.get("/v1/payouts", key).json()["data"]
    assert [it["amount"] for it in paid_out] == [941], "what was pending became available in this world"
    assert server.get("/v1/payouts", other).json()["data"] == []


def test_work_of_two_worlds_is_due_by_their_own_clocks(server, receiver):
    keys = [fresh_key(), fresh_key()]
    receiver.answer = lambda delivery: 500
    endpoints = {}
    for key in keys:
        made = server.post("/v1/webhook_endpoints", key, {"url": receiver.url + "/" + key, "enabled_events": ["*"]})
        endpoints[key] = made.json()["id"]
        charge(server, key)
    came = lambda key: sum(1 for it in receiver.deliveries if it.path.endswith(key))
    assert receiver.wait_until(lambda _: all(came(key) >= 1 for key in keys))
    # The second attempt would come after seconds, the third after ten minutes.
    advance(server, keys[0], 5)
    assert receiver.wait_until(lambda _: came(keys[0]) >= 2)
    advance(server, keys[0], 600)
    assert receiver.wait_until(lambda _: came(keys[0]) >= 3)
    assert came(keys[1]) <= 2, "its ten minutes have not passed"
    log = server.get("/_tollbridge/webhooks", keys[0]).json()
    assert {it["endpoint"] for it in log["deliveries"]} == {endpoints[keys[0]]}
    assert [it["id"] for it in log["endpoints"]] == [endpoints[keys[0]]]


def test_a_world_begins_at_a_time_of_its_own(server):
    made = server.post("/_tollbridge/worlds", form={"name": "2012", "now": 1_350_000_000}).json()
    assert made["name"] == "2012" and made["fork_of"] is None
    key = made["platform"]["secret_key"]
    assert 0 <= charge(server, key)["created"] - 1_350_000_000 < 600
    # A session of those days has not expired by today's clock.
    person = Person(server)
    page = person.sign_in(person.open(server.origin + "/sign-in"), made["platform"]["sign_in"]["email"])
    assert isinstance(page, Page)
    again = of_world(server, key, "reset")
    assert 0 <= again["now"] - 1_350_000_000 < 600


# -- snapshots and copies


def test_a_snapshot_is_restored_with_its_clock_and_work(server):
    key = fresh_key()
    charge(server, key)
    advance(server, key, 86_400)
    kept = of_world(server, key, "snapshot", name="one-charge")
    assert kept["name"] == "one-charge" and kept["records"] > 10
    balance = server.get("/v1/balance", key).json()
    issued = server.post("/_tollbridge/keys", key, {"permissions": ["customer_read"]}).json()["key"]
    charge(server, key, amount=500)
    advance(server, key, 86_400)
    assert amounts(server, key) == [500, 1000]
    of_world(server, key, "restore", name="one-charge")
    assert amounts(server, key) == [1000]
    assert server.get("/v1/balance", key).json() == balance
    told = world(server, key)
    assert told["clock"]["ahead"] == 86_400 and [it["name"] for it in told["snapshots"]] == ["one-charge"]
    assert server.get("/v1/customers", issued).status_code == 401, "it was not issued then"
    # And again, as often as one likes.
    charge(server, key, amount=700)
    of_world(server, key, "restore", name="one-charge")
    assert amounts(server, key) == [1000]
    missing = server.post("/_tollbridge/world/restore", key, {"name": "other"})
    assert missing.status_code == 404 and missing.json()["error"]["param"] == "name"
    assert server.post("/_tollbridge/world/snapshot", key, {"name": "a.b"}).status_code == 400


def test_a_copy_goes_its_own_way(server, receiver):
    key = fresh_key()
    told = world(server, key)
    secret = server.post("/v1/webhook_endpoints", key, {"url": receiver.url, "enabled_events": ["customer.created"]})
    code = server.post("/_tollbridge/codes", key, {
        "client_id": told["development_client_id"], "account": told["seller"]["account"]}).json()["codes"][0]
    token = server.swap(code, key).json()["access_token"]
    charge(server, key)
    fork = of_world(server, key, "fork", name="copy")
    copied = fork["platform"]["secret_key"]
    assert fork["fork_of"] == told["id"] and copied != key
    assert fork["account"] == told["account"], "what is inside keeps its ids"
    for name in ("development_client_id", "production_client_id"):
        assert fork[name] != told[name]
    assert fork["platform"]["sign_in"]["email"] != told["platform"]["sign_in"]["email"]
    assert amounts(server, copied) == [1000]
    charge(server, copied, amount=200)
    charge(server, key, amount=300)
    assert (amounts(server, copied), amounts(server, key)) == ([200, 1000], [300, 1000])
    # The connection was copied, too, with the client id of the copy; the token stays with the original.
    headers = {"Stripe-Account": told["seller"]["account"]}
    assert server.get("/v1/account", copied, headers=headers).status_code == 200
    assert charge(server, token, amount=400)["amount"] == 400
    assert server.get("/v1/charges", copied, headers=headers).json()["data"] == []
    url = authorize_url(server, fork["development_client_id"])
    back = Person(server).approve(url, fork["seller"]["sign_in"]["email"], PASSWORD)
    assert server.swap(query_of(back)["code"], copied).status_code == 200
    # Secrets of webhooks open in the copy.
    assert world(server, copied)["webhook_endpoints"][0]["secret"] == secret.json()["secret"]
    server.post("/v1/customers", copied, {"email": "a@example.com"})
    assert receiver.wait(lambda event: event["type"] == "customer.created")
    of_world(server, copied, "reset")
    assert amounts(server, copied) == [1000], "a copy begins with what it was made of"


def test_reset_is_as_it_was_made(server):
    key = fresh_key()
    told = world(server, key)
    charge(server, key)
    advance(server, key, 1000)
    again = of_world(server, key, "reset")
    assert amounts(server, key) == [] and again["clock"]["ahead"] == 0
    for name in ("id", "account", "platform", "seller", "development_client_id"):
        assert again[name] == told[name]
    charge(server, key)


def test_a_seed_repeats_what_chance_gives(server):
    made = server.post("/_tollbridge/worlds", form={"seed": 7}).json()
    key = made["platform"]["secret_key"]
    form = {"client_id": made["development_client_id"], "account": made["seller"]["account"], "count": 3}
    codes = server.post("/_tollbridge/codes", key, form).json()["codes"]
    of_world(server, key, "reset")
    assert server.post("/_tollbridge/codes", key, form).json()["codes"] == codes


def test_a_deleted_world_is_gone_and_its_key_begins_anew(server):
    key = fresh_key()
    told = world(server, key)
    charge(server, key)
    of_world(server, key, "snapshot", name="kept")
    listed = lambda: {it["id"] for it in every_world(server)}
    assert told["id"] in listed()
    gone = server.request("DELETE", "/_tollbridge/worlds/" + told["id"])
    assert gone.json() == {"id": told["id"], "object": "world", "deleted": True}
    assert told["id"] not in listed()
    assert server.get("/_tollbridge/worlds/" + told["id"]).status_code == 404
    assert server.get("/v1/account", told["seller"]["secret_key"].replace("sk_test_", "sk_live_")).status_code == 401
    assert amounts(server, key) == [] and world(server, key)["snapshots"] == []
    refused = server.request("DELETE", "/_tollbridge/worlds/default")
    assert refused.status_code == 400 and "reset" in refused.json()["error"]["message"]


def every_world(server):
    after = {}
    while True:
        page = server.get("/_tollbridge/worlds", form={"limit": 100, **after}).json()
        yield from page["data"]
        if not page["has_more"]:
            return
        after = {"starting_after": page["data"][-1]["id"]}


def test_the_world_of_the_guides_is_kept_and_restored(tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        charge(server, PLATFORM_SECRET)
        other = fresh_key()
        charge(server, other, amount=300)
        assert server.post("/_tollbridge/worlds/default/snapshot").status_code == 200
        charge(server, PLATFORM_SECRET, amount=200)
        charge(server, other, amount=400)
        fork = of_world(server, PLATFORM_SECRET, "fork")
        assert amounts(server, fork["platform"]["secret_key"]) == [200, 1000]
        assert server.post("/_tollbridge/worlds/default/restore").status_code == 200
        assert amounts(server, PLATFORM_SECRET) == [1000]
        assert server.post("/_tollbridge/worlds/default/reset").status_code == 200
        assert amounts(server, PLATFORM_SECRET) == []
        assert amounts(server, other) == [400, 300] and amounts(server, fork["platform"]["secret_key"]) == [200, 1000]
        assert server.connect()["stripe_user_id"] == "acct_seller"
    finally:
        server.stop()


# -- isolation


def test_no_endpoint_crosses_worlds(server, receiver):
    """Every endpoint, with the key of one world and the ids of another."""
    mine, theirs = fresh_key(), fresh_key()
    told = world(server, theirs)
    customer = server.post("/v1/customers", theirs, {"email": "a@example.com", "source": "tok_visa"}).json()
    paid = charge(server, theirs, source=None, customer=customer["id"])
    made = {
        "account": told["account"], "customer": customer["id"], "charge": paid["id"],
        "balance_transaction": paid["balance_transaction"],
        "refund": server.post("/v1/refunds", theirs, {"charge": paid["id"], "amount": 100}).json()["id"],
        "token": server.post("/v1/tokens", theirs, {"card": {
            "number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}}).json()["id"],
        "event": server.get("/v1/events", theirs).json()["data"][0]["id"],
        "webhook_endpoint": server.post("/v1/webhook_endpoints", theirs, {
            "url": receiver.url, "enabled_events": ["*"]}).json()["id"],
    }
    before = snapshot_of(server, theirs)
    world(server, mine)
    walked = 0
    for line in server.get("/_tollbridge/routes").text.splitlines():
        method, pattern = line.split(" ", 1)
        parts = re.findall(r"\{(\w+)\}", pattern)
        if not parts:
            continue
        for ids in itertools.product(made.values(), repeat=len(parts)):
            path = pattern
            for part, value in zip(parts, ids):
                path = path.replace("{" + part + "}", value, 1)
            answer = server.request(method, path, mine, {} if method == "POST" else None)
            assert answer.status_code in (400, 403, 404), f"{method} {path}: {answer.status_code} {answer.text}"
            walked += 1
    assert walked > 100
    assert snapshot_of(server, theirs) == before
    # Parameters lead nowhere else, either.
    for form in ({"customer": customer["id"]}, {"source": made["token"]}, {"source": paid["source"]["id"]}):
        answer = server.post("/v1/charges", mine, {"amount": 100, "currency": "usd", **form})
        assert answer.status_code in (400, 404), answer.text
    for account in (told["account"], "acct_platform", f"<{told['id']}>{told['account']}"):
        answer = server.get("/v1/charges", mine, headers={"Stripe-Account": account})
        assert answer.status_code == 403, answer.text
    assert server.get("/v1/charges", PLATFORM_SECRET,
                      headers={"Stripe-Account": f"<{told['id']}>{told['account']}"}).status_code == 403
    # A code of one world is worth nothing in another.
    code = server.post("/_tollbridge/codes", theirs, {
        "client_id": told["development_client_id"], "account": told["seller"]["account"]}).json()["codes"][0]
    assert server.swap(code, mine).status_code == 400
    minted = server.post("/_tollbridge/codes", mine, {
        "client_id": told["development_client_id"], "account": told["seller"]["account"]})
    assert minted.status_code == 400
    assert server.swap(code, theirs).status_code == 200


def snapshot_of(server, key):
    return [server.get(path, key).json() for path in (
        "/v1/customers", "/v1/charges", "/v1/refunds", "/v1/balance", "/v1/webhook_endpoints", "/v1/account")]


def test_events_and_webhooks_do_not_cross(server, receiver):
    keys = [fresh_key() for _ in range(3)] + [PLATFORM_SECRET, SELLER_SECRET]
    for n, key in enumerate(keys):
        made = server.post("/v1/webhook_endpoints", key, {
            "url": f"{receiver.url}/{n}", "enabled_events": ["customer.created"]})
        assert made.status_code == 200, made.text
    emails = {}
    for n, key in enumerate(keys * 3):
        emails[f"{unique()}@example.com"] = n % len(keys)
        server.post("/v1/customers", key, {"email": list(emails)[-1]})
    assert receiver.wait_until(lambda came: len(came) >= len(emails))
    for delivery in receiver.deliveries:
        at = int(delivery.path.rsplit("/", 1)[1])
        assert emails[delivery.event["data"]["object"]["email"]] == at
    for n, key in enumerate(keys[:3]):
        told = server.get("/v1/events", key, form={"type": "customer.created"}).json()["data"]
        assert {it["data"]["object"]["email"] for it in told} == {it for it, at in emails.items() if at == n}


def test_idempotency_keys_are_a_worlds_own(server):
    headers = {"Idempotency-Key": unique()}
    made = [server.post("/v1/charges", fresh_key(), CHARGE, headers=headers).json()["id"] for _ in range(3)]
    assert len(set(made)) == 3


# -- durability


def test_worlds_are_there_after_a_restart(tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        key = fresh_key()
        charge(server, key)
        moved = advance(server, key, 50 * 86_400)
        server.advance(7 * 86_400)
        of_world(server, key, "snapshot")
        fork = of_world(server, key, "fork")["platform"]["secret_key"]
        before = world(server, key)
        server.stop()
        server.start()
        assert server.get("/_tollbridge/clock").json()["now"] >= time.time() + 7 * 86_400 - 60
        after = world(server, key)
        assert after["now"] >= moved and amounts(server, key) == [1000]
        for name in ("id", "platform", "seller", "development_client_id", "snapshots"):
            assert after[name] == before[name]
        of_world(server, key, "restore")
        assert amounts(server, key) == [1000] == amounts(server, fork)
    finally:
        server.stop()


def test_a_killed_server_leaves_whole_worlds(tmp_path):
    """Worlds are made, copied, restored and deleted while the server is killed: each is there whole or not at all."""
    server = Server(tmp_path / "data").start()
    try:
        for round_ in range(4):
            keys = [fresh_key() for _ in range(40)]
            original = fresh_key()
            charge(server, original)
            of_world(server, original, "snapshot")
            stop, done = threading.Event(), threading.Semaphore(0)

            def work(n):
                for key in itertools.islice(itertools.cycle(keys), n * 10, None):
                    for step in (
                        lambda: of_world(server, key, "reset"),
                        lambda: of_world(server, original, "fork"),
                        lambda: of_world(server, original, "restore"),
                        lambda: server.request("DELETE", "/_tollbridge/worlds/" + world(server, key)["id"]),
                    ):
                        try:
                            step()
                        except (OSError, AssertionError, ValueError):
                            if not stop.is_set():
                                raise
                        if stop.is_set():
                            return
                        done.release()

            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                running = [pool.submit(work, n) for n in range(4)]
                for _ in range(7 + 3 * round_):
                    assert done.acquire(timeout=30)
                stop.set()
                server.kill()
            for it in running:
                it.result()
            server.start()
            for told in every_world(server):
                one = server.get("/_tollbridge/worlds/" + told["id"]).json()
                key = one["platform"]["secret_key"]
                assert key, "a world has its keys"
                assert server.get("/v1/account", key).json()["id"] == one["account"]
                assert server.get("/v1/account", one["seller"]["secret_key"]).json()["id"] == one["seller"]["account"]
                code = server.post("/_tollbridge/codes", key, {
                    "client_id": one["development_client_id"], "account": one["seller"]["account"]})
                assert code.status_code == 200, code.text
                if one["fork_of"]:
                    assert amounts(server, key) == [1000]
            assert amounts(server, original) == [1000]
    finally:
        server.kill()


def test_worlds_are_kept_in_memory_as_well(tmp_path):
    server = Server(tmp_path / "data", "--ephemeral").start()
    try:
        key = fresh_key()
        charge(server, key)
        of_world(server, key, "snapshot")
        charge(server, key, amount=200)
        of_world(server, key, "restore")
        assert amounts(server, key) == [1000]
        fork = of_world(server, key, "fork")
        server.request("DELETE", "/_tollbridge/worlds/" + fork["id"])
        assert server.get("/_tollbridge/worlds/" + fork["id"]).status_code == 404
    finally:
        server.stop()
