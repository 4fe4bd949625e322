"""Invoices by the official SDK: items, finalising, paying, giving up, and what goes on by itself."""

import subprocess

import pytest
import stripe

import harness
from harness import BINARY, Server, unique


def payer(method="pm_card_visa", **more):
    made = stripe.Customer.create(
        name="Jenny Rosen", email=f"{unique('jenny')}@example.com", payment_method=method,
        invoice_settings={"default_payment_method": method}, **more)
    return made.id


def test_from_items_to_money(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["*"])
    customer = payer()
    rate = stripe.TaxRate.create(display_name="VAT", percentage=10, inclusive=False)
    coupon = stripe.Coupon.create(percent_off=50, duration="once")
    product = stripe.Product.create(name="Pot")
    price = stripe.Price.create(product=product.id, currency="usd", unit_amount=500)
    stripe.InvoiceItem.create(customer=customer, pricing={"price": price.id}, quantity=3, metadata={"a": "b"})
    stripe.InvoiceItem.create(customer=customer, amount=1500, currency="usd", description="Glaze", tax_rates=[rate.id])
    preview = stripe.Invoice.create_preview(customer=customer)
    assert (preview.total, preview.lines.data[0].description) == (3000 + 150, "Pot")
    draft = stripe.Invoice.create(
        customer=customer, pending_invoice_items_behavior="include", discounts=[{"coupon": coupon.id}],
        custom_fields=[{"name": "Order", "value": "7"}], footer="Thanks", description="Pots", metadata={"order": "7"})
    assert (draft.status, draft.subtotal, draft.total) == ("draft", 3000, 1575)
    final = stripe.Invoice.finalize_invoice(draft.id, expand=["confirmation_secret", "payments", "discounts"])
    assert final.number.endswith("-0001") and final.confirmation_secret.client_secret.startswith("pi_")
    assert final.discounts[0].source.coupon == coupon.id
    paid = stripe.Invoice.pay(final.id, expand=["payments.data.payment.payment_intent"])
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1575, 0)
    assert paid.payments.data[0].payment.payment_intent.status == "succeeded"
    event = receiver.wait(lambda it: it["type"] == "invoice_payment.paid")
    assert event.event["data"]["object"]["invoice"] == final.id
    for kind in ("invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"):
        receiver.wait(lambda it, kind=kind: it["type"] == kind and it["data"]["object"]["id"] == final.id)
    lines = list(stripe.Invoice.list_lines(final.id, limit=1).auto_paging_iter())
    assert [line.amount for line in lines] == [1500, 1500]
    assert [it.id for it in stripe.Invoice.list(customer=customer, status="paid").data] == [final.id]
    assert [it.id for it in stripe.Invoice.search(query=f"number:'{final.number}'").data] == [final.id]
    payment = stripe.InvoicePayment.list(invoice=final.id).data[0]
    assert stripe.InvoicePayment.retrieve(payment.id).status == "paid"


def test_a_declined_card_and_another(server):
    customer = payer("pm_card_chargeCustomerFail")
    stripe.InvoiceItem.create(customer=customer, amount=2000, currency="usd")
    invoice = stripe.Invoice.create(customer=customer, pending_invoice_items_behavior="include")
    with pytest.raises(stripe.CardError) as declined:
        stripe.Invoice.pay(invoice.id)
    assert declined.value.code == "card_declined"
    assert stripe.Customer.retrieve(customer).delinquent
    with pytest.raises(stripe.CardError) as waits:
        stripe.Invoice.pay(invoice.id, payment_method="pm_card_threeDSecure2Required", off_session=False)
    assert waits.value.code == "invoice_payment_intent_requires_action"
    assert stripe.Invoice.pay(invoice.id, payment_method="pm_card_visa").status == "paid"
    assert not stripe.Customer.retrieve(customer).delinquent


def test_ends_that_are_no_payment(server):
    customer = payer()

    def ready(**more):
        stripe.InvoiceItem.create(customer=customer, amount=2000, currency="usd")
        return stripe.Invoice.create(customer=customer, pending_invoice_items_behavior="include", **more)

    assert stripe.Invoice.delete(ready().id).deleted
    item = stripe.InvoiceItem.list(customer=customer, pending=True).data[0]
    assert stripe.InvoiceItem.modify(item.id, amount=100).amount == 100
    assert stripe.InvoiceItem.delete(item.id).deleted
    opened = stripe.Invoice.finalize_invoice(ready().id)
    assert stripe.Invoice.void_invoice(opened.id).status == "void"
    lost = stripe.Invoice.mark_uncollectible(stripe.Invoice.finalize_invoice(ready().id).id)
    assert lost.status_transitions.marked_uncollectible_at
    sent = stripe.Invoice.send_invoice(ready(collection_method="send_invoice", days_until_due=7).id)
    assert (sent.status, sent.due_date > sent.created) == ("open", True)
    elsewhere = stripe.Invoice.pay(sent.id, paid_out_of_band=True)
    assert elsewhere.status == "paid"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Invoice.modify(elsewhere.id, description="too late")
    assert (refused.value.code, refused.value.param) == ("invoice_not_editable", "description")


def test_an_invoice_in_2012(server):
    def ask(method, path, form=None):
        answer = getattr(server, method)(
            path, harness.PLATFORM_SECRET, **({"form": form} if form else {}), headers={"Stripe-Version": "2012-10-26"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    customer = payer()
    item = ask("post", "/v1/invoiceitems", {"customer": customer, "amount": 2000, "currency": "usd"})
    assert sorted(item) == [
        "amount", "currency", "customer", "date", "description", "id", "invoice", "livemode", "object", "proration"]
    assert ask("get", f"/v1/invoices/upcoming?customer={customer}")["total"] == 2000
    made = ask("post", "/v1/invoices", {"customer": customer})
    assert (made["closed"], made["paid"], made["attempted"], made["lines"]["data"][0]["type"]) == (
        False, False, False, "invoiceitem")
    paid = ask("post", f"/v1/invoices/{made['id']}/pay")
    assert sorted(paid) == sorted(
        "date id period_start period_end lines subtotal total customer object attempted closed paid livemode attempt_count "
        "amount_due currency starting_balance ending_balance next_payment_attempt charge discount".split())
    assert (paid["closed"], paid["paid"], paid["attempt_count"]) == (True, True, 1)
    assert ask("get", f"/v1/charges/{paid['charge']}")["amount"] == 2000
    then = server.get(f"/v1/invoices/{made['id']}", harness.PLATFORM_SECRET, headers={"Stripe-Version": "2024-06-20"}).json()
    assert then["charge"] == paid["charge"] and then["payment_intent"].startswith("pi_") and then["status"] == "paid"


def test_drafts_go_on_by_the_clock_on_connected_accounts_too(tmp_path, receiver):
    own = Server(tmp_path / "data").start()
    before = stripe.api_base, stripe.api_key
    try:
        stripe.api_base, stripe.api_key = own.origin, harness.PLATFORM_SECRET
        token = own.connect()["access_token"]
        customer = stripe.Customer.create(
            payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa"}, api_key=token)
        stripe.InvoiceItem.create(customer=customer.id, amount=2000, currency="usd", api_key=token)
        invoice = stripe.Invoice.create(
            customer=customer.id, pending_invoice_items_behavior="include", application_fee_amount=200, auto_advance=True,
            api_key=token)
        stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["invoice.paid"], connect=True)
        own.advance(3700)
        told = receiver.wait(lambda it: it["data"]["object"]["id"] == invoice.id).event
        assert told["account"] == harness.SELLER and told["request"]["id"] is None
        assert stripe.Invoice.retrieve(invoice.id, api_key=token).status == "paid"
        assert stripe.ApplicationFee.list().data[0].amount == 200
        something_of_everything()
    finally:
        stripe.api_base, stripe.api_key = before
        own.stop()
    checked = subprocess.run([BINARY, "check", "--data", str(tmp_path / "data")], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def something_of_everything():
    """What documents of billing say of each other, in most of their states."""
    product = stripe.Product.create(
        id="gold", name="Gold", default_price_data={"currency": "usd", "unit_amount": 500})
    for _ in range(2):
        stripe.Price.create(
            product=product.id, currency="usd", unit_amount=5, lookup_key="gold", transfer_lookup_key=True)
    stripe.Plan.delete(stripe.Plan.create(
        id="monthly", product="gold", amount=5, currency="usd", interval="month").id)
    coupon = stripe.Coupon.create(id="half", percent_off=50, duration="repeating", duration_in_months=2, max_redemptions=9)
    code = stripe.PromotionCode.create(promotion={"type": "coupon", "coupon": coupon.id}, code="HALF")
    stripe.PromotionCode.create(promotion={"type": "coupon", "coupon": coupon.id}, code="QUARTER", active=False)
    rate = stripe.TaxRate.create(display_name="VAT", percentage=19, inclusive=True)
    customer = stripe.Customer.create(promotion_code=code.id, balance=-300)
    stripe.Coupon.delete(coupon.id)

    def ready():
        stripe.InvoiceItem.create(customer=customer.id, amount=4000, currency="usd", tax_rates=[rate.id])
        return stripe.Invoice.create(customer=customer.id, pending_invoice_items_behavior="include")

    ready()
    stripe.Invoice.void_invoice(stripe.Invoice.finalize_invoice(ready().id).id)
    stripe.Invoice.pay(ready().id, payment_method="pm_card_visa")
    stripe.Invoice.pay(ready().id, paid_out_of_band=True)
    stripe.Invoice.delete(ready().id)
    stripe.Invoice.mark_uncollectible(stripe.Invoice.finalize_invoice(ready().id).id)


def test_shipping_revisions_and_payments_in_parts(server):
    customer = payer()
    rate = stripe.ShippingRate.create(
        display_name="Ground", type="fixed_amount", fixed_amount={"amount": 500, "currency": "usd"})
    stripe.InvoiceItem.create(customer=customer, amount=2000, currency="usd")
    first = stripe.Invoice.create(
        customer=customer, pending_invoice_items_behavior="include", shipping_cost={"shipping_rate": rate.id},
        shipping_details={"name": "Jenny Rosen", "address": {"line1": "1 Main", "country": "US"}},
        rendering={"pdf": {"page_size": "letter"}}, payment_settings={"payment_method_types": ["card"]})
    assert (first.total, first.shipping_cost.amount_total, first.rendering.pdf.page_size) == (2500, 500, "letter")
    first = stripe.Invoice.finalize_invoice(first.id)
    assert b"[0 0 612 792]" in server.get(first.invoice_pdf[len(server.origin):]).content
    page = server.get(first.hosted_invoice_url[len(server.origin):]).text
    assert "Shipping" in page and "Shipped to Jenny Rosen, 1 Main" in page
    revision = stripe.Invoice.create(from_invoice={"invoice": first.id, "action": "revision"})
    revision = stripe.Invoice.finalize_invoice(revision.id)
    assert (revision.total, revision.from_invoice.invoice) == (2500, first.id)
    first = stripe.Invoice.retrieve(first.id, expand=["latest_revision"])
    assert (first.status, first.latest_revision.id) == ("void", revision.id)
    part = stripe.PaymentIntent.create(
        amount=1000, currency="usd", customer=customer, payment_method="pm_card_visa", confirm=True,
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"})
    held = stripe.Invoice.attach_payment(revision.id, payment_intent=part.id)
    assert (held.status, held.amount_paid, held.amount_remaining) == ("open", 1000, 1500)
    assert stripe.Invoice.pay(revision.id).amount_paid == 2500
    assert {it.status for it in stripe.InvoicePayment.list(invoice=revision.id).data} == {"paid"}
