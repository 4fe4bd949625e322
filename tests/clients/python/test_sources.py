"""Sources of cards, with the official SDK."""

import pytest
import stripe


def test_a_card(server):
    source = stripe.Source.create(type="card", token="tok_visa", owner={"email": "jenny@example.com"}, metadata={"a": "b"})
    assert (source.status, source.card.last4, source.owner.email) == ("chargeable", "4242", "jenny@example.com")
    changed = stripe.Source.modify(source.id, metadata={"c": "d"})
    assert changed.metadata.to_dict() == {"a": "b", "c": "d"}
    charge = stripe.Charge.create(amount=1000, currency="usd", source=source.id)
    assert charge.source.id == source.id
    assert stripe.Source.retrieve(source.id).status == "consumed"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Charge.create(amount=1000, currency="usd", source=source.id)
    assert refused.value.code == "invalid_source_usage"


def test_a_customer_keeps_it(server):
    source = stripe.Source.create(type="card", token="tok_visa")
    customer = stripe.Customer.create(source=source.id)
    kept = stripe.Customer.list_sources(customer.id)
    assert [it.id for it in kept] == [source.id]
    assert stripe.Customer.retrieve_source(customer.id, source.id).object == "source"
    for _ in range(2):
        assert stripe.Charge.create(amount=1000, currency="usd", customer=customer.id, source=source.id).paid
    assert stripe.Customer.delete_source(customer.id, source.id).status == "consumed"


def test_a_holder_is_asked(server):
    import urllib.request
    card = stripe.Source.create(type="card", token="tok_threeDSecure2Required")
    source = stripe.Source.create(
        type="three_d_secure", amount=1000, currency="usd", three_d_secure={"card": card.id},
        redirect={"return_url": "https://shop.example/done"})
    assert (source.status, source.redirect.status) == ("pending", "pending")
    with urllib.request.urlopen(source.redirect.url) as page:
        text = page.read().decode()
    assert "Is it you who pays?" in text and "ending in 3220" in text
    assert stripe.Source.list_source_transactions(source.id).data == []
