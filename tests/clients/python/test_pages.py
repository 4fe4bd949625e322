"""The pages as a careful visitor sees them: sessions, throttling, what is said to the browser."""

import requests

from harness import APPROVE, PASSWORD, SELLER_EMAIL, Page, Person, authorize_url, query_of


def session_cookies(person):
    return {cookie.name: cookie.value for cookie in person.session.cookies}


def test_the_session_changes_at_sign_in(server):
    person = Person(server)
    page = person.open(authorize_url(server, stripe_landing="login"))
    before = session_cookies(person)
    assert before, "the page that holds a token of the session begins one"
    page = person.sign_in(page)
    after = session_cookies(person)
    assert page.has(APPROVE)
    assert not set(before.values()) & set(after.values()), "a session fixed before sign-in is worth nothing after it"


def test_a_token_of_another_session_is_refused(server):
    first, second = Person(server), Person(server)
    mine = first.open(authorize_url(server, stripe_landing="login"))
    theirs = second.open(authorize_url(server, stripe_landing="login"))
    form, _ = mine.press(r"^sign in")
    stolen, _ = theirs.press(r"^sign in")
    answer = first.session.post(
        form.action, data={**form.fields, "csrf": stolen.fields["csrf"], "email": SELLER_EMAIL,
                           "password": PASSWORD, "do": "sign_in"}, allow_redirects=False, timeout=30)
    assert 400 <= answer.status_code < 500
    page = first.open(authorize_url(server, stripe_landing="login"))
    assert isinstance(page, Page) and not page.has(APPROVE), "nobody signed in"


def test_every_page_carries_its_headers(server):
    for path in ("/", "/sign-in", authorize_url(server)[len(server.origin):], "/nothing-here"):
        answer = server.get(path, headers={"Accept": "text/html"})
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "'unsafe-inline'" not in policy, path
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path


def test_next_leads_nowhere_else(server):
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/%09/evil.example"):
        person = Person(server)
        page = person.open(server.origin + "/sign-in?next=" + requests.utils.quote(target, safe=""))
        landed = person.press(page, r"^sign in", email=SELLER_EMAIL, password=PASSWORD)
        assert isinstance(landed, Page) and landed.url.startswith(server.origin + "/"), (target, landed)


def test_what_is_typed_is_shown_as_text(server):
    nasty = '"><script>alert(1)</script>'
    answer = server.get(authorize_url(server, stripe_landing="register", stripe_user={
        "business_name": nasty, "first_name": nasty})[len(server.origin):])
    assert "<script>alert(1)" not in answer.text
    person = Person(server)
    page = person.open(authorize_url(server, stripe_landing="login", state=nasty))
    back = person.press(page, r"^cancel")
    assert query_of(back)["state"] == nasty


def test_sign_in_attempts_are_throttled(server):
    """Last, for whoever guessed too often waits."""
    person = Person(server)
    page = person.open(server.origin + "/sign-in")
    form, _ = page.press(r"^sign in")
    statuses = []
    for attempt in range(40):
        answer = person.session.post(form.action, data={
            **form.fields, "email": SELLER_EMAIL, "password": f"wrong{attempt}"}, allow_redirects=False, timeout=30)
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert statuses[-1] == 429, statuses
    # The right password does not help while the door is shut.
    answer = person.session.post(form.action, data={
        **form.fields, "email": SELLER_EMAIL, "password": PASSWORD}, allow_redirects=False, timeout=30)
    assert answer.status_code == 429
    server.advance(24 * 3600)
    page = person.open(server.origin + "/sign-in")
    landed = person.press(page, r"^sign in", email=SELLER_EMAIL, password=PASSWORD)
    assert isinstance(landed, Page) and "/sign-in" not in landed.url
