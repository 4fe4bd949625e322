//! What must hold of the catalogue. Coupons may be deleted: who has one keeps it.
use super::{beside, read};
use crate::{
    billing::{
        coupon::Coupon,
        discount::Discount,
        price::{LookupKey, Price},
        product::Product,
        promotion_code::{Codes, PromotionCode},
        shipping_rate::ShippingRate,
        tax_rate::TaxRate,
    },
    payments::customer::Customer,
};
use audit::Said;
use base::Named as _;
use store::Held;

pub(super) fn product(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Product>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.total("prices", it.prices.0);
    if let Some(price) = &it.default_price {
        said.mirror("default_price", &beside::<Price>(held, &price.id), Product::NAME, &it.id);
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

pub(super) fn discount(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Discount>(held, said) else { return };
    if let Some(customer) = &it.customer {
        said.is(Customer::NAME, &customer.id);
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
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
