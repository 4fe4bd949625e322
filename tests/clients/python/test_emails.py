"""The outbox: what customers are written, by the official SDK and in the dashboard."""

import stripe

from harness import PASSWORD, PLATFORM_SECRET, Person, unique


def outbox(server, **which):
    answer = server.get("/_tollbridge/outbox", PLATFORM_SECRET, params=which)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_an_invoice_goes_out_with_its_links(server):
    email = f"{unique('jenny')}@example.com"
    customer = stripe.Customer.create(email=email).id
    stripe.InvoiceItem.create(customer=customer, amount=2000, currency="usd")
    invoice = stripe.Invoice.create(
        customer=customer, collection_method="send_invoice", days_until_due=30,
        pending_invoice_items_behavior="include")
    assert outbox(server, to=email) == []
    sent = stripe.Invoice.send_invoice(invoice.id)
    message, = outbox(server, about=invoice.id)
    assert (message["type"], message["to"], message["status"]) == ("invoice", email, "kept")
    assert message["said"]["button"]["url"] == sent.hosted_invoice_url
    assert sent.number in message["subject"] and "$20.00" in message["text"] and "$20.00" in message["html"]
    assert sent.invoice_pdf in message["text"]
    assert server.get("/_tollbridge/outbox", PLATFORM_SECRET, params={"limit": 0}).status_code == 400
    assert server.get("/_tollbridge/outbox").status_code == 401


def test_receipts_and_what_is_chosen(server):
    email = f"{unique('jenny')}@example.com"
    charge = stripe.Charge.create(amount=1234, currency="usd", source="tok_visa", receipt_email=email)
    message, = outbox(server, to=email, type="receipt")
    assert stripe.Charge.retrieve(charge.id).receipt_number in message["subject"]
    customer = stripe.Customer.create(email=email, source="tok_visa").id
    plain = stripe.Charge.create(amount=500, currency="usd", customer=customer)
    assert outbox(server, about=plain.id) == []
    chosen = server.post("/_tollbridge/outbox", PLATFORM_SECRET, {"successful_payments": "true"}).json()
    assert chosen["successful_payments"] and not chosen["refunds"]
    try:
        intent = stripe.PaymentIntent.create(
            amount=700, currency="usd", customer=customer, payment_method="pm_card_visa", confirm=True,
            automatic_payment_methods={"enabled": True, "allow_redirects": "never"})
        assert [it["type"] for it in outbox(server, about=intent.latest_charge)] == ["receipt"]
    finally:
        server.post("/_tollbridge/outbox", PLATFORM_SECRET, {"successful_payments": "false"})


def test_the_dashboard_shows_them(server):
    email = f"{unique('jenny')}@example.com"
    stripe.Charge.create(amount=4321, currency="usd", source="tok_visa", receipt_email=email,
                         description='"><script>alert(1)</script>')
    person = Person(server)
    page = person.open(server.origin + "/sign-in?next=/dashboard/emails")
    page = person.press(page, r"^sign in", email="platform@example.com", password=PASSWORD)
    listed = person.session.get(server.origin + "/dashboard/emails")
    assert email in listed.text and "stay here" in listed.text
    message = outbox(server, to=email)[0]
    shown = person.session.get(server.origin + "/dashboard/emails/message", params={"id": message["id"]})
    assert message["message_id"].strip("<>") in shown.text and "$43.21" in shown.text
    assert "frame-src 'self'" in shown.headers["Content-Security-Policy"]
    html = person.session.get(server.origin + "/dashboard/emails/message/html", params={"id": message["id"]})
    assert html.text == message["html"]
    policy = html.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "script-src" not in policy
    stranger = Person(server)
    assert "$43.21" not in stranger.session.get(
        server.origin + "/dashboard/emails/message", params={"id": message["id"]}).text
