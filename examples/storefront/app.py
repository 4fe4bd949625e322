#!/usr/bin/env python3
"""A small platform on Tollbridge: sellers connect an account, buyers pay them, the platform takes a fee.

One file, one dependency: the official `stripe` library with its base URL changed. The README beside it
walks through it. What it knows it keeps in memory: start it again and connect again.
"""

import collections
import html
import http.cookies
import os
import pathlib
import secrets
import sys
import time
import traceback
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

TOLLBRIDGE = os.environ.get("TOLLBRIDGE", "http://127.0.0.1:7070")
SECRET_KEY = os.environ.get("SECRET_KEY", "sk_test_TollbridgePlatformSecret")
CLIENT_ID = os.environ.get("CLIENT_ID", "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7")
PORT = int(os.environ.get("PORT", "4242"))
FEE_PERCENT = 10
CARD = "4242 4242 4242 4242"  # a test card, so that trying the shop takes no typing

client = stripe.StripeClient(
    SECRET_KEY, client_id=CLIENT_ID, base_addresses={"api": TOLLBRIDGE, "connect": TOLLBRIDGE})

STATES = {}  # browser session -> the state of its walk to Tollbridge
SHOPS = {}  # account id -> {"publishable_key", "owner": browser session, "name"}
EVENTS = collections.deque(maxlen=12)  # newest first
PRODUCT = {"name": "Stoneware bowl", "price": 4800, "text": "Thrown by hand, glazed twice, 24 cm wide."}


# ---- What the platform does -------------------------------------------------------------------------------


def start_connecting(request):
    """The Connect button: off to Tollbridge, with a state that only this browser can bring back."""
    state = STATES[request.session] = secrets.token_urlsafe(24)
    return request.redirect(client.oauth.authorize_url({
        "scope": "read_write", "state": state, "redirect_uri": request.origin + "/callback"}))


def finish_connecting(request):
    """Back from Tollbridge: check the state, swap the code, remember the account."""
    state = STATES.pop(request.session, "")
    if not state or not secrets.compare_digest(state.encode(), request.query.get("state", "").encode()):
        return request.page("Please start again", "<p>This answer belongs to no question of this browser.</p>", 400)
    if "error" in request.query:
        return request.page("Not connected", f"<p>{escape(request.query.get('error_description', ''))}.</p>")
    token = client.oauth.token({"grant_type": "authorization_code", "code": request.query.get("code", "")})
    account = client.v1.accounts.retrieve(token.stripe_user_id)
    name = account.business_profile and account.business_profile.name or account.email or account.id
    SHOPS[account.id] = {
        "publishable_key": token.stripe_publishable_key, "owner": request.session, "name": name}
    return request.redirect("/")


def buy(request, account):
    """Charges the card token for the connected account; the fee is the platform's."""
    try:
        charge = client.v1.charges.create(
            {
                "amount": PRODUCT["price"], "currency": "usd", "source": request.form.get("token", ""),
                "description": PRODUCT["name"], "application_fee_amount": PRODUCT["price"] * FEE_PERCENT // 100,
            },
            {"stripe_account": account, "idempotency_key": request.form.get("order", "")[:64]})
    except stripe.CardError as error:
        return checkout(request, account, error.user_message)
    receipt = f"""<p>{escape(SHOPS[account]["name"])} received {money(charge.amount)} from your card ending in
        {escape(charge.payment_method_details.card.last4)}.</p><p><code>{charge.id}</code></p>
        <p><a class="button" href="/">Back to the platform</a></p>"""
    return request.page("Thank you", receipt)


def disconnect(request, account):
    client.oauth.deauthorize({"stripe_user_id": account})
    SHOPS.pop(account, None)
    return request.redirect("/")


def hear(request):
    """The webhook: believe what is signed, forget whoever left."""
    try:
        event = client.construct_event(
            request.body, request.headers.get("Stripe-Signature", ""), Handler.webhook_secret)
    except (ValueError, stripe.SignatureVerificationError):
        return request.answer(400, "text/plain", b"not signed by whom I know")
    # Deliveries may come twice.
    if event.id not in [seen.id for seen in EVENTS]:
        EVENTS.appendleft(event)
    if event.type == "account.application.deauthorized":
        SHOPS.pop(event.account, None)
    return request.answer(200, "text/plain", b"ok")


def listen_to_events(origin):
    """One webhook endpoint for the events of all connected accounts; a stale one of an earlier run goes."""
    url = origin + "/webhook"
    for endpoint in client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter():
        if endpoint.url == url:
            client.v1.webhook_endpoints.delete(endpoint.id)
    return client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"], "connect": True}).secret


# ---- What people see --------------------------------------------------------------------------------------

escape = html.escape


def money(cents):
    return f"${cents / 100:,.2f}"


def home(request):
    mine = {account: shop for account, shop in SHOPS.items() if shop["owner"] == request.session}
    body = f"""<p class="lead">Open a shop in two minutes. Buyers pay you, we keep {FEE_PERCENT}&#8239;%.</p>
        <p><a href="/connect"><img src="{TOLLBRIDGE}/assets/connect-dark.svg" width="190" height="33"
        alt="Connect with Tollbridge"></a></p>"""
    for account, shop in mine.items():
        rows = "".join(
            f"<tr><td>{escape(charge.description or '')}</td><td>{escape(charge.status)}</td>"
            f"<td class=num>{money(charge.amount)}</td><td class=num>{money(charge.application_fee_amount if charge.paid else 0)}</td></tr>"
            for charge in client.v1.charges.list({"limit": 5}, {"stripe_account": account}).data)
        body = f"""<section><h2>{escape(shop["name"])}</h2><p><code>{account}</code> is connected.</p>
            <p><a class="button" href="/shop/{account}">Visit the shop</a></p>
            <table><thead><tr><th>Sale</th><th>State</th><th class=num>Price</th><th class=num>Our fee</th></tr></thead>
            <tbody>{rows or '<tr><td colspan=4>No sales yet.</td></tr>'}</tbody></table>
            <form method="post" action="/disconnect/{account}"><button class="quiet">Disconnect</button></form></section>"""
    events = "".join(
        f"<li><code>{escape(event.type)}</code> <span>{escape(getattr(event, 'account', ''))}</span>"
        f"<time>{time.strftime('%H:%M:%S', time.localtime(event.created))}</time></li>" for event in EVENTS)
    body += f"<section><h2>What we heard</h2><ul class=events>{events or '<li>Nothing yet.</li>'}</ul></section>"
    return request.page("Acme Storefronts", body)


def checkout(request, account, problem=""):
    """The card number goes from this page to Tollbridge; our own server sees a token only."""
    body = f"""<section class="product"><div class="picture" aria-hidden="true"></div><h2>{PRODUCT["name"]}</h2>
        <p>{PRODUCT["text"]}</p><p class="price">{money(PRODUCT["price"])}</p></section>
        <form id="pay" method="post" action="/shop/{account}">
        <p id="problem" class="problem" role="alert">{escape(problem)}</p>
        <input type="hidden" name="token"><input type="hidden" name="order" value="{secrets.token_hex(16)}">
        <label>Card number <input data-stripe="number" inputmode="numeric" autocomplete="cc-number" value="{CARD}"></label>
        <div class="row"><label>Month <input data-stripe="exp_month" size="2" value="12"></label>
        <label>Year <input data-stripe="exp_year" size="4" value="2034"></label>
        <label>CVC <input data-stripe="cvc" size="4" value="123"></label></div>
        <button>Pay {money(PRODUCT["price"])}</button></form>
        <script src="{TOLLBRIDGE}/v2/"></script>
        <script>
          Stripe.setPublishableKey("{SHOPS[account]["publishable_key"]}");
          const form = document.getElementById("pay");
          form.addEventListener("submit", (event) => {{
            event.preventDefault();
            form.querySelector("button").disabled = true;
            Stripe.card.createToken(form, (status, response) => {{
              if (response.error) {{
                document.getElementById("problem").textContent = response.error.message;
                form.querySelector("button").disabled = false;
              }} else {{
                form.elements.token.value = response.id;
                form.submit();
              }}
            }});
          }});
        </script>"""
    return request.page(SHOPS[account]["name"], body)


# ---- The web server ---------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    webhook_secret = ""
    origin = ""

    def route(self):
        address = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(address.query))
        self.body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 1 << 20))
        self.form = dict(urllib.parse.parse_qsl(self.body.decode("utf-8", "replace"))) if self.command == "POST" else {}
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie", "")).get("storefront")
        self.session = cookie.value if cookie else secrets.token_urlsafe(24)
        what, _, account = address.path.strip("/").partition("/")
        match self.command, what:
            case "GET", "": return home(self)
            case "GET", "connect": return start_connecting(self)
            case "GET", "callback": return finish_connecting(self)
            case "POST", "webhook": return hear(self)
            case "GET", "shop" if account in SHOPS: return checkout(self, account)
            case "POST", "shop" if account in SHOPS: return buy(self, account)
            case "POST", "disconnect" if SHOPS.get(account, {}).get("owner") == self.session:
                return disconnect(self, account)
            case "GET", "style.css":
                return self.answer(200, "text/css", pathlib.Path(__file__).with_name("style.css").read_bytes())
        return self.page("Nothing here", '<p><a href="/">Start page</a></p>', 404)

    def do_GET(self):
        try:
            self.route()
        except stripe.StripeError as error:
            self.page("Tollbridge said no", f"<p>{escape(error.user_message or str(error))}</p>", 502)
        except Exception:
            traceback.print_exc()
            self.page("Something broke", "<p>The terminal knows more.</p>", 500)

    do_POST = do_GET

    def page(self, title, body, status=200):
        self.answer(status, "text/html; charset=utf-8", f"""<!doctype html><html lang="en"><meta charset="utf-8">
            <meta name="viewport" content="width=device-width"><title>{escape(title)}</title>
            <link rel="stylesheet" href="/style.css"><main><h1>{escape(title)}</h1>{body}</main>""".encode())

    def redirect(self, where):
        self.answer(303, "text/plain", b"", Location=where)

    def answer(self, status, kind, content, **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        # Lax keeps other sites from posting in this browser's name.
        self.send_header("Set-Cookie", f"storefront={self.session}; HttpOnly; SameSite=Lax; Path=/")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    Handler.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        Handler.webhook_secret = listen_to_events(Handler.origin)
    except stripe.APIConnectionError:
        sys.exit(f"No Tollbridge at {TOLLBRIDGE}: start it first (`cargo run --release` in its directory).")
    print(f"listening on {Handler.origin}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
