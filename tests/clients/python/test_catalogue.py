"""The catalogue by the official SDK: products, prices, plans, coupons, promotion codes, tax and shipping rates."""

import pytest
import stripe

import harness
from harness import unique


def test_a_product_and_its_prices(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["product.created", "price.created", "plan.created"])
    product = stripe.Product.create(
        name="Gold", description="All of it", images=["https://a.example/1.png"], tax_code="txcd_10103001",
        marketing_features=[{"name": "Fast"}], unit_label="seat", url="https://a.example",
        package_dimensions={"height": 1.5, "length": 2, "weight": 3, "width": 4}, shippable=False,
        default_price_data={"currency": "usd", "unit_amount": 1500, "recurring": {"interval": "month"}},
        expand=["default_price"])
    assert product.default_price.recurring.interval == "month"
    told = {receiver.wait(lambda it, kind=kind: it["type"] == kind).event["type"]
            for kind in ("product.created", "price.created", "plan.created")}
    assert len(told) == 3
    tiered = stripe.Price.create(
        product=product.id, currency="usd", billing_scheme="tiered", tiers_mode="volume", recurring={"interval": "year"},
        tiers=[{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount_decimal": "650.5", "flat_amount": 10}],
        lookup_key=unique("gold"), expand=["tiers", "currency_options"])
    assert [tier.up_to for tier in tiered.tiers] == [5, None]
    assert str(tiered.tiers[1].unit_amount_decimal) == "650.5" and tiered.currency_options["usd"].tiers[0].unit_amount == 700
    packs = stripe.Price.create(
        product=product.id, currency="usd", unit_amount=250, transform_quantity={"divide_by": 10, "round": "up"},
        currency_options={"eur": {"unit_amount": 240}}, tax_behavior="exclusive")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe.Price.modify(packs.id, tax_behavior="inclusive")
    assert refused.value.param == "tax_behavior"
    custom = stripe.Price.create(
        product=product.id, currency="usd", custom_unit_amount={"enabled": True, "minimum": 100, "preset": 500})
    assert (custom.custom_unit_amount.preset, custom.unit_amount) == (500, None)
    listed = stripe.Price.list(product=product.id, limit=2)
    assert [price.id for price in listed.auto_paging_iter()] == [
        custom.id, packs.id, tiered.id, product.default_price.id]
    assert [it.id for it in stripe.Price.list(lookup_keys=[tiered.lookup_key]).data] == [tiered.id]
    assert [it.id for it in stripe.Price.search(query=f"product:'{product.id}' AND type:'one_time'").data] == [custom.id, packs.id]
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Product.delete(product.id)


def test_plans_are_prices(server):
    plan = stripe.Plan.create(
        id=unique("gold"), amount=2000, currency="usd", interval="month", product={"name": "Gold"}, trial_period_days=7)
    price = stripe.Price.retrieve(plan.id)
    assert (price.unit_amount, price.recurring.trial_period_days, price.product) == (2000, 7, plan.product)
    assert stripe.Plan.modify(plan.id, nickname="Old gold").nickname == "Old gold"
    assert stripe.Plan.delete(plan.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Price.retrieve(plan.id)
    assert stripe.Product.delete(plan.product).deleted


def test_coupons_codes_and_discounts(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["customer.discount.created", "customer.discount.deleted"])
    product = stripe.Product.create(name="Gold")
    coupon = stripe.Coupon.create(
        id=unique("save"), percent_off=25.5, duration="repeating", duration_in_months=3, max_redemptions=5, name="Save",
        applies_to={"products": [product.id]}, expand=["applies_to"])
    assert (float(coupon.percent_off), coupon.applies_to.products) == (25.5, [product.id])
    fixed = stripe.Coupon.create(
        amount_off=500, currency="usd", currency_options={"eur": {"amount_off": 450}}, expand=["currency_options"])
    assert fixed.currency_options["eur"].amount_off == 450
    code = stripe.PromotionCode.create(
        promotion={"type": "coupon", "coupon": coupon.id}, code=unique("FALL"), expand=["promotion.coupon"],
        restrictions={"minimum_amount": 100, "minimum_amount_currency": "usd"})
    assert code.promotion.coupon.id == coupon.id
    assert [it.id for it in stripe.PromotionCode.list(code=code.code.lower()).data] == [code.id]
    customer = stripe.Customer.create(promotion_code=code.id, expand=["discount.source.coupon"])
    assert customer.discount.source.coupon.times_redeemed == 1
    event = receiver.wait(lambda it: it["type"] == "customer.discount.created")
    assert event.event["data"]["object"]["promotion_code"] == code.id
    assert stripe.Customer.delete_discount(customer.id).deleted
    receiver.wait(lambda it: it["type"] == "customer.discount.deleted")
    assert stripe.Coupon.delete(coupon.id).deleted
    assert not stripe.PromotionCode.retrieve(code.id).active


def test_tax_rates_shipping_rates_and_tax_codes(server):
    rate = stripe.TaxRate.create(display_name="VAT", percentage=19, inclusive=True, country="DE", tax_type="vat")
    assert stripe.TaxRate.modify(rate.id, active=False).active is False
    assert rate.id not in [it.id for it in stripe.TaxRate.list(active=True, limit=100).data]
    shipping = stripe.ShippingRate.create(
        display_name="Ground", type="fixed_amount", tax_code="txcd_92010001",
        fixed_amount={"amount": 500, "currency": "usd", "currency_options": {"eur": {"amount": 450}}},
        delivery_estimate={"minimum": {"unit": "business_day", "value": 2}, "maximum": {"unit": "week", "value": 1}},
        expand=["tax_code"])
    assert shipping.tax_code.name == "Shipping"
    assert stripe.ShippingRate.modify(shipping.id, tax_behavior="inclusive").tax_behavior == "inclusive"
    assert stripe.TaxCode.retrieve("txcd_99999999").name == "General - Tangible Goods"
    assert len(stripe.TaxCode.list(limit=2).data) == 2


def test_what_a_connected_account_sells_is_its_own(server, token):
    product = stripe.Product.create(name="Theirs", stripe_account=harness.SELLER)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Product.retrieve(product.id)
    price = stripe.Price.create(
        product=product.id, currency="usd", unit_amount=5, stripe_account=harness.SELLER)
    assert price.product == product.id


@pytest.mark.parametrize("version, has", [("2025-08-27.basil", True), ("2025-09-30.clover", False)])
def test_discounts_showed_their_coupon_whole(server, version, has):
    coupon = stripe.Coupon.create(percent_off=10)
    made = server.post("/v1/customers", harness.PLATFORM_SECRET, {"coupon": coupon.id},
                       headers={"Stripe-Version": version}).json()["discount"]
    if has:
        assert made["coupon"]["id"] == coupon.id and "source" not in made
    else:
        assert made["source"]["coupon"] == coupon.id


def test_plans_and_coupons_in_2012(server):
    def post(path, form):
        answer = server.post(path, harness.PLATFORM_SECRET, form, headers={"Stripe-Version": "2012-10-26"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    name = unique("gold")
    plan = post("/v1/plans", {"id": name, "amount": 2000, "currency": "usd", "interval": "month", "name": "Gold"})
    assert sorted(plan) == [
        "amount", "currency", "id", "interval", "interval_count", "livemode", "name", "object", "trial_period_days"]
    assert (plan["name"], plan["amount"]) == ("Gold", 2000)
    coupon = post("/v1/coupons", {"percent_off": 25, "duration": "once"})
    assert sorted(coupon) == [
        "amount_off", "currency", "duration", "duration_in_months", "id", "livemode", "max_redemptions", "object",
        "percent_off", "redeem_by", "times_redeemed"]
    discount = post("/v1/customers", {"coupon": coupon["id"]})["discount"]
    assert sorted(discount) == ["coupon", "customer", "end", "object", "start"]
    assert discount["coupon"]["percent_off"] == 25
