"""Meters by the official SDK: what a customer used, counted, summed up and taken back."""

import time

import pytest
import stripe

from harness import unique


def test_what_is_used_is_counted(server, receiver):
    stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["billing.meter.created"])
    name = unique("calls")
    meter = stripe.billing.Meter.create(display_name="Calls", event_name=name, default_aggregation={"formula": "sum"})
    receiver.wait(lambda it: it["data"]["object"]["id"] == meter.id)
    customer = stripe.Customer.create().id
    now = int(time.time())
    for value, at in ((25, now - 60), (5, now - 7200)):
        stripe.billing.MeterEvent.create(
            event_name=name, payload={"stripe_customer_id": customer, "value": str(value)}, timestamp=at,
            identifier=f"{name}-{value}")
    span = {"start_time": (now - 8000) // 60 * 60, "end_time": (now + 120) // 60 * 60}
    summed = stripe.billing.Meter.list_event_summaries(meter.id, customer=customer, **span).data
    assert [it.aggregated_value for it in summed] == [30]
    done = stripe.billing.MeterEventAdjustment.create(event_name=name, type="cancel", cancel={"identifier": f"{name}-5"})
    assert done.status == "complete"
    hours = {"start_time": (now - 8000) // 3600 * 3600, "end_time": (now + 3600) // 3600 * 3600}
    spans = stripe.billing.Meter.list_event_summaries(meter.id, customer=customer, value_grouping_window="hour", limit=2, **hours)
    assert sum(it.aggregated_value for it in spans.auto_paging_iter()) == 25
    price = stripe.Price.create(
        currency="usd", unit_amount=2, product_data={"name": "Calls"},
        recurring={"interval": "month", "usage_type": "metered", "meter": meter.id})
    assert price.recurring.meter == meter.id
    assert stripe.billing.Meter.modify(meter.id, display_name="API calls").display_name == "API calls"
    assert stripe.billing.Meter.deactivate(meter.id).status == "inactive"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.billing.MeterEvent.create(event_name=name, payload={"stripe_customer_id": customer, "value": "1"})
    assert stripe.billing.Meter.reactivate(meter.id).status == "active"
    assert meter.id in [it.id for it in stripe.billing.Meter.list(status="active").auto_paging_iter()]
