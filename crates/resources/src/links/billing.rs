//! What must hold of the catalogue. Coupons may be deleted: who has one keeps it.
use super::{beside, read};
use crate::{
    billing::{
        coupon::Coupon,
        credit_note::CreditNote,
        discount::Discount,
        invoice::{Invoice, Status},
        invoice_item::InvoiceItem,
        invoice_payment::InvoicePayment,
        meter::{self, EventName, Meter},
        meter_event::usage::Usage,
        portal_configuration::PortalConfiguration,
        portal_session::PortalSession,
        price::{LookupKey, Price},
        product::Product,
        promotion_code::{Codes, PromotionCode},
        quote::{self, Quote},
        shipping_rate::ShippingRate,
        subscription::Subscription,
        subscription_schedule::SubscriptionSchedule,
        tax_rate::TaxRate,
    },
    payments::{
        customer::Customer, customer_balance_transaction::CustomerBalanceTransaction,
        payment_intent::PaymentIntent, refund::Refund, setup_intent::SetupIntent,
    },
};
use audit::Said;
use base::Named as _;
use store::{Held, Key};

pub(super) fn product(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Product>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.total("prices", it.prices.0);
    if let Some(price) = &it.default_price {
        said.mirror("default_price", &beside::<Price>(held, &price.id), Product::NAME, &it.id);
    }
}

pub(super) fn portal_session(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<PortalSession>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.link("configuration", &beside::<PortalConfiguration>(held, &it.configuration.id));
    said.link_or_gone("customer", &beside::<Customer>(held, &it.customer));
}

pub(super) fn quote(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Quote>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if let Some(customer) = &it.customer {
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
    for discount in &it.discounts {
        said.link("discounts", &beside::<Discount>(held, &discount.id));
    }
    let later = it.subscription_schedule.is_some();
    let became = it.subscription.is_some() || it.invoice.is_some() || later;
    said.same("what became of it", it.status == quote::Status::Accepted, became);
    if let Some(subscription) = &it.subscription {
        said.link("subscription", &beside::<Subscription>(held, &subscription.id));
    }
}

pub(super) fn price(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Price>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    let product = beside::<Product>(held, &it.product.id);
    said.is(Product::NAME, &it.product.id);
    said.link("product", &product);
    said.adds(&product, "prices", 1);
    if let Some(key) = &it.lookup_key {
        said.is("lookup_key", vault::digest(key));
        said.mirror("lookup_key", &beside::<LookupKey>(held, &vault::digest(key)), Price::NAME, &it.id);
    }
}

pub(super) fn lookup_key(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<LookupKey>(held, said) else { return };
    said.is(Price::NAME, &it.price);
    said.mirror("price", &beside::<Price>(held, &it.price), "lookup_key", &it.id);
}

pub(super) fn coupon(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Coupon>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
}

pub(super) fn credit_note(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<CreditNote>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.same("amount", it.pre_payment_amount + it.post_payment_amount, it.amount);
    said.link("invoice", &beside::<Invoice>(held, &it.invoice.id));
    for part in &it.refunds {
        said.link("refunds", &beside::<Refund>(held, &part.refund.id));
    }
    if let Some(moved) = &it.customer_balance_transaction {
        said.link("customer_balance_transaction", &beside::<CustomerBalanceTransaction>(held, &moved.id));
    }
}

pub(super) fn discount(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Discount>(held, said) else { return };
    if let Some(customer) = &it.customer {
        said.is(Customer::NAME, &customer.id);
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
}

pub(super) fn invoice(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Invoice>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.same("amount_remaining", it.amount_due - it.amount_paid, it.amount_remaining);
    said.same("number", it.status == Some(Status::Draft) || it.number.is_some(), true);
    if let Some(customer) = &it.customer {
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
    for discount in &it.discounts {
        said.link("discounts", &beside::<Discount>(held, &discount.id));
    }
    said.same("lines", it.items.0.len() + it.recurring.0.len(), it.all_lines.0.len());
    if let Some(subscription) = it.subscription() {
        said.is(Subscription::NAME, subscription);
        said.mirror(
            "subscription",
            &beside::<Subscription>(held, subscription),
            Customer::NAME,
            it.customer.as_ref().map_or("", |it| it.id.as_str()),
        );
    }
    for item in &it.items.0 {
        said.mirror("items", &beside::<InvoiceItem>(held, item), Invoice::NAME, &it.id);
        said.is("items", item);
    }
    if let Some(payment) = &it.payment.0 {
        said.mirror("payment", &beside::<InvoicePayment>(held, payment), Invoice::NAME, &it.id);
    }
    if let Some(intent) = &it.payment_intent.0 {
        said.link("payment_intent", &beside::<PaymentIntent>(held, intent));
    }
}

/// A subscription has items, each with what is to be known of it, and its last invoice is its own.
pub(super) fn subscription(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Subscription>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.is(Customer::NAME, &it.customer.id);
    said.link_or_gone("customer", &beside::<Customer>(held, &it.customer.id));
    let (mut items, mut kept): (Vec<_>, Vec<_>) =
        (it.items.data.iter().map(|it| &it.id).collect(), it.kept.0.iter().map(|it| &it.item).collect());
    items.sort();
    kept.sort();
    said.same("items", format!("{items:?}"), format!("{kept:?}"));
    if let Some(invoice) = &it.latest_invoice {
        said.mirror("latest_invoice", &beside::<Invoice>(held, &invoice.id), Subscription::NAME, &it.id);
    }
    if let Some(intent) = &it.pending_setup_intent {
        said.link("pending_setup_intent", &beside::<SetupIntent>(held, &intent.id));
    }
    if let Some(schedule) = &it.schedule {
        said.mirror(
            "schedule",
            &beside::<SubscriptionSchedule>(held, &schedule.id),
            Subscription::NAME,
            &it.id,
        );
    }
    for discount in it.discounts.iter().chain(it.items.data.iter().flat_map(|it| &it.discounts)) {
        said.link("discounts", &beside::<Discount>(held, &discount.id));
    }
}

/// A schedule and its subscription know of each other as long as they go together.
pub(super) fn subscription_schedule(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<SubscriptionSchedule>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.link_or_gone("customer", &beside::<Customer>(held, &it.customer.id));
    if let Some(subscription) = &it.subscription {
        said.is(Subscription::NAME, &subscription.id);
        said.link("subscription", &beside::<Subscription>(held, &subscription.id));
    }
}

pub(super) fn invoice_item(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<InvoiceItem>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.link_or_gone("customer", &beside::<Customer>(held, &it.customer.id));
    if let Some(invoice) = &it.invoice {
        said.is(Invoice::NAME, &invoice.id);
        said.mirror("invoice", &beside::<Invoice>(held, &invoice.id), "items", &it.id);
    }
}

pub(super) fn invoice_payment(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<InvoicePayment>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.is(Invoice::NAME, &it.invoice.id);
    said.link("invoice", &beside::<Invoice>(held, &it.invoice.id));
    if let Some(intent) = &it.payment.payment_intent.0 {
        said.link("payment_intent", &beside::<PaymentIntent>(held, &intent.id));
    }
}

pub(super) fn promotion_code(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<PromotionCode>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if let Some(customer) = &it.customer {
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
    if it.active {
        let codes = beside::<Codes>(held, &it.code.to_ascii_uppercase());
        said.is("active", &it.id);
        said.mirror("code", &codes, PromotionCode::NAME, &it.id);
    }
}

pub(super) fn codes(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Codes>(held, said) else { return };
    for holder in &it.active {
        let id = &holder.promotion_code;
        said.is(PromotionCode::NAME, id);
        said.mirror("active", &beside::<PromotionCode>(held, id), "active", id);
    }
}

pub(super) fn shipping_rate(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<ShippingRate>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
}

pub(super) fn tax_rate(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<TaxRate>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
}

pub(super) fn meter(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Meter>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if it.status == meter::Status::Active {
        let id = vault::digest(&it.event_name);
        said.is("event_name", &id);
        said.mirror("event_name", &beside::<EventName>(held, &id), Meter::NAME, &it.id);
    }
}

pub(super) fn event_name(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<EventName>(held, said) else { return };
    said.is(Meter::NAME, &it.meter);
    said.mirror("meter", &beside::<Meter>(held, &it.meter), "event_name", &it.id);
}

pub(super) fn usage(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Usage>(held, said) else { return };
    said.link("meter", &beside::<Meter>(held, &it.meter));
    said.link_or_gone("customer", &beside::<Customer>(held, &it.customer));
    let space = Key::space(&held.doc.key.account, held.doc.key.live, "counter");
    for (counter, by) in it.moves() {
        said.moves(space.clone() + &counter, by);
    }
}
