"""The customer portal by the official SDK: what customers may do there, and sessions, also on connected accounts."""

import pytest
import requests
import stripe

from harness import unique

Configuration = stripe.billing_portal.Configuration
Session = stripe.billing_portal.Session


def plan(**how):
    product = stripe.Product.create(name="Gold", **how)
    price = stripe.Price.create(
        product=product.id, currency="usd", unit_amount=2000, recurring={"interval": "month"}, **how)
    return product.id, price.id


def configuration(product, price, **how):
    return Configuration.create(
        business_profile={"headline": "Plans", "privacy_policy_url": "https://shop.example/privacy"},
        default_return_url="https://shop.example/account",
        features={
            "customer_update": {"enabled": True, "allowed_updates": ["email", "address", "shipping"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {
                "enabled": True, "mode": "immediately", "proration_behavior": "create_prorations",
                "cancellation_reason": {"enabled": True, "options": ["unused", "other"]}},
            "subscription_pause": {
                "enabled": True,
                "duration": {"type": "interval_options", "interval_options": [{"interval": "month"}]}},
            "subscription_update": {
                "enabled": True, "default_allowed_updates": ["price", "quantity"], "proration_behavior": "none",
                "billing_cycle_anchor": "unchanged", "trial_update_behavior": "continue_trial",
                "products": [{"product": product, "prices": [price],
                              "adjustable_quantity": {"enabled": True, "maximum": 5}}]},
        },
        name="Main", metadata={"order": "7"}, expand=["features.subscription_update.products"], **how)


def test_a_configuration(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["billing_portal.configuration.updated",
                                                                    "billing_portal.session.created"])
    product, price = plan()
    made = configuration(product, price)
    update = made.features.subscription_update
    assert (update.products[0].prices, update.products[0].adjustable_quantity.maximum) == ([price], 5)
    assert made.features.subscription_cancel.mode == "immediately" and not made.is_default
    changed = Configuration.modify(
        made.id, active=False, features={"subscription_pause": {"enabled": False}}, metadata={"order": ""})
    assert not changed.active and not changed.features.subscription_pause.enabled and changed.metadata.to_dict() == {}
    told = receiver.wait(lambda it: it["type"] == "billing_portal.configuration.updated").event
    assert told["data"]["previous_attributes"]["active"] is True
    assert Configuration.retrieve(made.id).features.customer_update.allowed_updates == ["email", "address", "shipping"]
    usual = Configuration.list(is_default=True).data
    assert [it.features.subscription_cancel.mode for it in usual] == ["at_period_end"]
    assert made.id in [it.id for it in Configuration.list(active=False).auto_paging_iter()]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        Session.create(customer=stripe.Customer.create().id, configuration=made.id)
    assert refused.value.param == "configuration"


def test_a_session_lets_its_customer_in(server, receiver):
    endpoint = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["billing_portal.session.created"])
    _, price = plan()
    jenny = stripe.Customer.create(
        name="Jenny", payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa"})
    sub = stripe.Subscription.create(customer=jenny.id, items=[{"price": price}])
    session = Session.create(
        customer=jenny.id, return_url="https://shop.example/account", locale="auto", expand=["configuration"],
        flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": sub.id},
                   "after_completion": {"type": "hosted_confirmation",
                                        "hosted_confirmation": {"custom_message": "Bye"}}})
    assert session.configuration.is_default and session.flow.subscription_cancel.subscription == sub.id
    page = requests.get(session.url, timeout=30)
    assert page.status_code == 200 and "Cancel your plan" in page.text and "It stays yours until" in page.text
    told = receiver.wait(lambda it: it["type"] == "billing_portal.session.created").event["data"]["object"]
    # What is told opens nothing.
    assert session.url.startswith(told["url"]) and session.url != told["url"]
    stripe.WebhookEndpoint.delete(endpoint.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        Session.create(customer=jenny.id, flow_data={"type": "subscription_update",
                                                     "subscription_update": {"subscription": sub.id}})
    assert refused.value.param == "flow_data[type]"


def test_on_a_connected_account(server, connection):
    how = {"stripe_account": connection["stripe_user_id"]}
    product, price = plan(**how)
    made = configuration(product, price, **how)
    assert made.application is not None
    jenny = stripe.Customer.create(
        email=f"{unique('jenny')}@example.com", payment_method="pm_card_visa",
        invoice_settings={"default_payment_method": "pm_card_visa"}, **how)
    stripe.Subscription.create(customer=jenny.id, items=[{"price": price}], application_fee_percent=10, **how)
    session = Session.create(customer=jenny.id, configuration=made.id, **how)
    page = requests.get(session.url, timeout=30)
    assert "$20.00 per month" in page.text and "Update plan" in page.text
    with pytest.raises(stripe.InvalidRequestError):
        Session.create(customer=jenny.id)
    # For whom a platform sells is all that is shown.
    only = Session.create(customer=jenny.id, configuration=made.id, on_behalf_of=connection["stripe_user_id"], **how)
    assert only.on_behalf_of == connection["stripe_user_id"]
    assert "There is no plan at the moment" in requests.get(only.url, timeout=30).text
