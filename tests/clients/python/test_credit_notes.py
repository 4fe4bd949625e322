"""Credit notes by the official SDK: before and after the payment, by lines, previewed, voided, and as they once were."""

import pytest
import stripe

from harness import PLATFORM_SECRET, unique


def invoice(paid=False, **more):
    customer = stripe.Customer.create(email=f"{unique('jenny')}@example.com").id
    rate = stripe.TaxRate.create(display_name="VAT", percentage=10, inclusive=False)
    stripe.InvoiceItem.create(customer=customer, currency="usd", unit_amount_decimal="500", quantity=4, tax_rates=[rate.id])
    draft = stripe.Invoice.create(customer=customer, pending_invoice_items_behavior="include", **more)
    opened = stripe.Invoice.finalize_invoice(draft.id)
    return stripe.Invoice.pay(opened.id, payment_method="pm_card_visa") if paid else opened


def test_before_the_payment(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["credit_note.created", "credit_note.voided"])
    opened = invoice()
    line = {"type": "invoice_line_item", "invoice_line_item": opened.lines.data[0].id, "quantity": 1}
    preview = stripe.CreditNote.preview(invoice=opened.id, lines=[line])
    shown = list(stripe.CreditNote.preview_lines(invoice=opened.id, lines=[line]).auto_paging_iter())
    note = stripe.CreditNote.create(invoice=opened.id, lines=[line], memo="One was broken", reason="product_unsatisfactory")
    assert (preview.total, note.total, shown[0].amount) == (550, 550, 500)
    assert (note.number, note.total_taxes[0].amount) == (f"{opened.number}-CN-01", 50)
    assert stripe.Invoice.retrieve(opened.id).amount_due == 1650
    assert [it.amount for it in stripe.CreditNote.list_lines(note.id)] == [500]
    assert stripe.CreditNote.modify(note.id, memo="Two were").memo == "Two were"
    assert stripe.CreditNote.void_credit_note(note.id).status == "void"
    assert stripe.Invoice.retrieve(opened.id).amount_due == 2200
    for kind in ("credit_note.created", "credit_note.voided"):
        receiver.wait(lambda it, kind=kind: it["type"] == kind and it["data"]["object"]["id"] == note.id)


def test_after_the_payment(server):
    paid = invoice(paid=True)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.CreditNote.create(invoice=paid.id, amount=1000)
    note = stripe.CreditNote.create(
        invoice=paid.id, amount=1000, refund_amount=600, credit_amount=400, expand=["refunds.refund", "invoice"])
    assert note.refunds[0].refund.amount == 600
    assert note.invoice.post_payment_credit_notes_amount == 1000
    assert stripe.Customer.retrieve(note.customer).balance == -400
    assert [it.id for it in stripe.CreditNote.list(invoice=paid.id)] == [note.id]


def test_as_it_once_was(server):
    paid = invoice(paid=True)
    payment = stripe.InvoicePayment.list(invoice=paid.id).data[0].payment.payment_intent
    refund = stripe.Refund.create(payment_intent=payment, amount=300)
    note = server.post(
        "/v1/credit_notes", PLATFORM_SECRET, {"invoice": paid.id, "amount": 300, "refund": refund.id},
        headers={"Stripe-Version": "2023-08-16"}).json()
    assert (note["refund"], note["tax_amounts"], "refunds" in note) == (refund.id, [], False)
