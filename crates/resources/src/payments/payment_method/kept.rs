//! What a customer keeps to pay with, payment methods and cards of the first years in one list.
use super::{AllowRedisplay, DETACHED, MethodRef, MethodType, PaymentMethod};
use crate::payments::{
    card::{Card, merged},
    customer::{self, Customer},
};
use api::{Cx, Outcome, Page, Stop};
use base::{Named as _, made};
use store::Bytes;

/// At most this many payment methods a customer.
const KEPT_MAX: usize = 500;

/// What a list is narrowed to.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    pub(super) kind: Option<MethodType>,
    pub(super) allow_redisplay: Option<AllowRedisplay>,
}

impl Narrow {
    pub(super) fn holds(&self, method: &PaymentMethod) -> bool {
        self.kind.is_none_or(|kind| kind == method.r#type)
            && self.allow_redisplay.is_none_or(|wanted| method.allow_redisplay.0 == Some(wanted))
    }
}

/// The payment method that a card of the first years is.
pub(super) fn seen(cx: &Cx<'_>, card: &Card) -> PaymentMethod {
    PaymentMethod::of_card(card, cx.caller.livemode, made(&card.id).unwrap_or(cx.now()))
}

async fn of_customer(cx: &Cx<'_>, customer: &str) -> Result<Vec<PaymentMethod>, Stop> {
    let by = || Some((Customer::NAME, customer.to_owned()));
    let (account, live) = (&cx.caller.account, cx.caller.livemode);
    let mut all = cx.all_by::<PaymentMethod>(account, live, by(), KEPT_MAX).await?;
    let cards = cx.all_by::<Card>(account, live, by(), KEPT_MAX).await?;
    all.extend(cards.iter().map(|card| seen(cx, card)));
    Ok(all)
}

/// A page of what a customer keeps.
pub(super) async fn list(cx: &Cx<'_>, customer: &str, narrow: Narrow, url: String) -> Outcome<Page> {
    let all = of_customer(cx, customer).await?.into_iter().filter(|it| narrow.holds(it));
    let items = all.map(|it| (it.id.clone(), Bytes::from(wire::to_json(&it)))).collect();
    merged(cx, items, PaymentMethod::NAME, url)
}

/// Takes every payment method away from a customer who goes.
pub(crate) async fn detach_all(cx: &mut Cx<'_>, customer: &str) -> Result<(), Stop> {
    let by = Some((Customer::NAME, customer.to_owned()));
    let all = cx.all_by::<PaymentMethod>(&cx.caller.account, cx.caller.livemode, by, KEPT_MAX).await?;
    for method in all {
        // Reading it again lets it enter the read set.
        if let Some(mut method) = cx.get::<PaymentMethod>(&method.id).await? {
            detach(cx, &mut method);
        }
    }
    Ok(())
}

/// Takes a payment method away from its customer; it cannot be used any more.
pub(super) fn detach(cx: &mut Cx<'_>, method: &mut PaymentMethod) {
    let before = method.clone();
    method.customer = None;
    method.spent.0 = true;
    cx.put(method);
    cx.emit_update(DETACHED, &before, method);
}

/// The id of what a customer keeps under this id; none where they keep no such thing.
pub(crate) async fn kept_by(cx: &mut Cx<'_>, id: &str, customer: &str) -> Result<Option<String>, Stop> {
    if id.starts_with(Card::PREFIX) {
        let card = cx.get::<Card>(id).await?.filter(|card| card.belongs_to(customer));
        return Ok(card.map(|card| card.id));
    }
    let method = cx.get::<PaymentMethod>(id).await?.filter(|method| method.belongs_to(customer));
    Ok(method.map(|method| method.id))
}

/// What a customer pays invoices with is no such thing any more once they do not keep it.
pub(super) async fn forget(cx: &mut Cx<'_>, method: &str, customer: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Customer>(customer).await? else { return Ok(()) };
    let preferred = before.invoice_settings.default_payment_method.as_ref();
    if preferred.is_some_and(|MethodRef(id)| id == method) {
        let mut after = before.clone();
        after.invoice_settings.default_payment_method = None;
        cx.put(&after);
        cx.emit_update(customer::UPDATED, &before, &after);
    }
    Ok(())
}
