"""Customers by the official SDK: their balance, their tax ids, and searching, for charges too."""

import pytest
import stripe

from harness import PLATFORM_SECRET, unique


@pytest.fixture
def customer(server):
    return stripe.Customer.create(name="Jenny Rosen", email=f"{unique('jenny')}@example.com")


# -- balance


def test_a_balance_is_the_sum_of_its_transactions(customer):
    credit = stripe.Customer.create_balance_transaction(
        customer.id, amount=-1500, currency="usd", description="A gift", metadata={"gift": "card"})
    assert (credit.type, credit.ending_balance, credit.customer) == ("adjustment", -1500, customer.id)
    owed = stripe.Customer.create_balance_transaction(customer.id, amount=400, currency="usd")
    assert owed.ending_balance == -1100
    now = stripe.Customer.retrieve(customer.id)
    assert (now.balance, now.currency) == (-1100, "usd")
    stripe.Customer.modify(customer.id, balance=-100)
    moves = list(stripe.Customer.list_balance_transactions(customer.id, limit=2).auto_paging_iter())
    assert [move.amount for move in moves] == [1000, 400, -1500]
    assert moves[0].ending_balance == -100
    changed = stripe.Customer.modify_balance_transaction(customer.id, credit.id, metadata={"gift": "voucher"})
    assert changed.metadata["gift"] == "voucher"
    again = stripe.Customer.retrieve_balance_transaction(customer.id, credit.id, expand=["customer"])
    assert (again.amount, again.customer.balance) == (-1500, -100)


def test_a_customer_can_begin_with_a_balance(server):
    made = stripe.Customer.create(balance=250)
    move = stripe.Customer.list_balance_transactions(made.id).data[0]
    assert (move.type, move.amount, move.ending_balance) == ("initial", 250, 250)


def test_currencies_of_one_customer_are_not_mixed(customer):
    stripe.Customer.create_balance_transaction(customer.id, amount=1, currency="eur")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Customer.create_balance_transaction(customer.id, amount=1, currency="usd")
    assert refused.value.param == "currency"


# -- tax ids


@pytest.mark.parametrize("value, status", [
    ("000000000", "verified"), ("111111111", "unverified"), ("222222222", "pending"), ("DE123456789", "unavailable")])
def test_tax_ids_are_verified_as_documented(server, receiver, customer, value, status):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["customer.tax_id.updated"])
    made = stripe.Customer.create_tax_id(customer.id, type="eu_vat", value=value)
    assert (made.verification.status, made.owner.type, made.owner.customer) == ("pending", "customer", customer.id)
    if status != "pending":
        event = receiver.wait(lambda it: it["data"]["object"]["id"] == made.id)
        assert event.event["data"]["object"]["verification"]["status"] == status
        assert event.event["data"]["previous_attributes"] == {"verification": {"status": "pending"}}
    assert stripe.Customer.retrieve_tax_id(customer.id, made.id).verification.status == status


def test_tax_ids_belong_to_somebody(customer):
    own = stripe.TaxId.create(type="us_ein", value="12-3456789")
    his = stripe.TaxId.create(type="gb_vat", value="GB123456789", owner={"type": "customer", "customer": customer.id})
    assert own.owner.type == "self" and own.verification is None and own.country == "US"
    assert own.id in [it.id for it in stripe.TaxId.list().auto_paging_iter()]
    listed = stripe.TaxId.list(owner={"type": "customer", "customer": customer.id}, expand=["data.customer"])
    assert [(it.id, it.customer.id) for it in listed.data] == [(his.id, customer.id)]
    whole = stripe.Customer.retrieve(customer.id, expand=["tax_ids"])
    assert [it.id for it in whole.tax_ids.data] == [his.id]
    assert stripe.Customer.delete_tax_id(customer.id, his.id).deleted
    assert not stripe.Customer.list_tax_ids(customer.id).data
    assert stripe.TaxId.delete(own.id).deleted


def test_a_wrong_tax_id_is_refused(customer):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Customer.create_tax_id(customer.id, type="eu_vat", value="DE1")
    assert (refused.value.code, refused.value.param) == ("tax_id_invalid", "value")


def test_tax_ids_come_with_a_new_customer(server):
    made = stripe.Customer.create(tax_id_data=[{"type": "eu_vat", "value": "000000000"}], expand=["tax_ids"])
    assert [it.value for it in made.tax_ids.data] == ["000000000"]


# -- searching


def test_customers_are_found(server):
    mark = unique("order")
    made = [stripe.Customer.create(name=f"Zoe {n}", email=f"zoe{n}.{mark}@example.com", metadata={"order": mark, "n": str(n)})
            for n in range(5)]
    ids = [it.id for it in reversed(made)]

    def found(query, **options):
        return [it.id for it in stripe.Customer.search(query=query, **options).data]

    assert found(f'metadata["order"]:"{mark}"') == ids
    assert found(f"metadata['order']:'{mark}' AND -metadata['n']:'3'") == [it for it in ids if it != made[3].id]
    assert found(f'email:"ZOE2.{mark}@example.com"') == [made[2].id]
    assert found(f'email~"{mark}" name:"zoe 4"') == [made[4].id]
    assert found(f'email:"zoe0.{mark}@example.com" OR email:"zoe1.{mark}@example.com"') == [made[1].id, made[0].id]
    assert found(f'email~"{mark}" AND created>{made[4].created}') == []
    assert set(found(f'email~"{mark}" AND created>={made[0].created}')) == set(ids)
    # What was acknowledged is found at once, and what is gone is not.
    stripe.Customer.modify(made[0].id, metadata={"order": ""})
    stripe.Customer.delete(made[1].id)
    assert found(f'metadata["order"]:"{mark}"') == ids[:3]


def test_searches_are_paged(server):
    mark = unique("page")
    ids = [stripe.Customer.create(metadata={"mark": mark}).id for _ in range(7)][::-1]
    query = f'metadata["mark"]:"{mark}"'
    first = stripe.Customer.search(query=query, limit=3, expand=["total_count"])
    assert first.object == "search_result" and first.url == "/v1/customers/search"
    assert first.has_more and first.total_count == 7 and first.next_page
    assert [it.id for it in first.data] == ids[:3]
    second = stripe.Customer.search(query=query, limit=3, page=first.next_page)
    assert [it.id for it in second.data] == ids[3:6] and second.has_more
    assert "total_count" not in second
    last = stripe.Customer.search(query=query, limit=3, page=second.next_page)
    assert [it.id for it in last.data] == ids[6:] and not last.has_more and last.next_page is None
    assert [it.id for it in stripe.Customer.search(query=query, limit=2).auto_paging_iter()] == ids
    for page, other in [("nonsense", query), (first.next_page, 'metadata["mark"]:"other"')]:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            stripe.Customer.search(query=other, page=page)
        assert refused.value.param == "page"


def test_charges_are_found(server):
    mark = unique("charge")
    buyer = stripe.Customer.create(source="tok_visa")
    made = [stripe.Charge.create(amount=amount, currency="usd", customer=buyer.id, metadata={"mark": mark})
            for amount in (1000, 2000, 3000)]
    stripe.Refund.create(charge=made[0].id)
    stripe.Refund.create(charge=made[1].id, amount=500)

    def found(query):
        result = stripe.Charge.search(query=f'{query} metadata["mark"]:"{mark}"')
        return [made.index(next(m for m in made if m.id == it.id)) for it in result.data]

    assert found("amount>1000") == [2, 1]
    assert found("amount>=1000 amount<3000") == [1, 0]
    assert found('refunded:"true"') == [0]
    assert found('refunded:"false"') == [1]
    assert found("refunded:null") == [2]
    assert found('payment_method_details.card.last4:4242 payment_method_details.card.brand:"visa"') == [2, 1, 0]
    assert found('currency:"USD" status:"succeeded" disputed:"false"') == [2, 1, 0]
    by_customer = stripe.Charge.search(query=f'customer:"{buyer.id}"', expand=["data.customer", "total_count"])
    assert by_customer.total_count == 3 and by_customer.data[0].customer.id == buyer.id
    assert not stripe.Charge.search(query=f'customer:"{buyer.id}" AND amount:5').data


@pytest.mark.parametrize("query, says", [
    ('description:"x"', "not searchable"),
    ('amount:1 AND status:"a" OR amount:2', "not both"),
    ("amount:", "nothing"),
    ('status~"succ"', "part of it"),
    ("(amount:1)", "parentheses"),
])
def test_what_cannot_be_searched_is_said(server, query, says):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Charge.search(query=query)
    assert refused.value.param == "query" and says in refused.value.user_message


def test_the_parameters_of_a_search(server):
    for form, code, param in [
        ({}, "parameter_missing", "query"),
        ({"query": "amount:1", "limit": 101}, "parameter_invalid_integer", "limit"),
        ({"query": "amount:1", "starting_after": "ch_1"}, "parameter_unknown", "starting_after"),
        ({"query": "amount:1", "expand[]": "customer"}, None, "expand"),
    ]:
        error = server.get("/v1/charges/search", PLATFORM_SECRET, form=form).json()["error"]
        assert (error.get("code"), error["param"]) == (code, param)


def test_payment_intents_are_found(server):
    mark = unique("intent")
    made = [stripe.PaymentIntent.create(amount=amount, currency="usd", metadata={"mark": mark}) for amount in (700, 900)]
    stripe.PaymentIntent.cancel(made[0].id)
    query = f'metadata["mark"]:"{mark}"'
    assert [it.id for it in stripe.PaymentIntent.search(query=query).data] == [made[1].id, made[0].id]
    assert [it.id for it in stripe.PaymentIntent.search(query=query + ' status:"canceled"').data] == [made[0].id]
    assert [it.id for it in stripe.PaymentIntent.search(query=query + " amount>=900").data] == [made[1].id]
