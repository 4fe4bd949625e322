//! What the next invoice would be: of a subscription, of one that there is not yet, or of what waits.
use super::{
    BillingReason, Invoice,
    create::{blank, currency_for},
    properties::{IssuerParams, Properties},
};
use crate::{
    billing::{
        discount::{self, DiscountParams, Of},
        invoice_item,
        subscription::preview::{self, Ask, Details},
    },
    payments::customer::{Customer, CustomerAccount},
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Currency, Named as _};
use wire::{Patch, Wire};

/// What `POST /v1/invoices/create_preview` takes.
#[derive(Debug, Wire)]
pub(super) struct Preview {
    currency: Option<Currency>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    discounts: Option<Vec<DiscountParams>>,
    issuer: Option<IssuerParams>,
    on_behalf_of: Patch<String>,
    subscription: Option<String>,
    subscription_details: Option<Details>,
}

/// Works it out; nothing is written down.
pub(super) async fn preview(cx: &mut Cx<'_>, mut p: Preview) -> Outcome<Invoice> {
    let (issuer, on_behalf_of) = (p.issuer.take(), std::mem::replace(&mut p.on_behalf_of, Patch::Keep));
    let mut it = worked_out(cx, p).await?;
    let said = Properties { issuer, on_behalf_of, ..Properties::default() };
    Box::pin(said.apply(cx, &mut it)).await?;
    done(it)
}

async fn worked_out(cx: &mut Cx<'_>, p: Preview) -> Result<Invoice, Stop> {
    let Preview { currency, customer, discounts, subscription, subscription_details: details, .. } = p;
    let named = match (&customer, subscription) {
        (_, Some(id)) => Some(id),
        // Whoever names nothing but the customer asks for what comes next.
        (Some(customer), None) if details.is_none() => preview::next_of(cx, customer).await?,
        _ => None,
    };
    if named.is_some() || details.is_some() {
        let ask = Ask { customer, currency, discounts, subscription: named, details };
        return Box::pin(preview::preview(cx, ask)).await;
    }
    let customer = customer.ok_or_else(|| ApiError::missing("customer"))?;
    let customer: Customer = cx.must("customer", &customer).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let currency = match currency {
        Some(currency) => currency,
        None => currency_for(cx, &customer).await?,
    };
    let items = invoice_item::pending(cx, &customer.id, Some(currency)).await?;
    if items.is_empty() {
        let message = format!("No upcoming invoices for customer: {}", customer.id);
        return Err(ApiError::invalid(404, message).code("invoice_upcoming_none").into());
    }
    let mut it = blank(cx, &customer, currency).await?;
    if let Some(discounts) = discounts {
        it.discounts = discount::redeem_all(cx, &customer, discounts, Of::Invoice(&it.id)).await?;
    }
    it.metadata = Some(Default::default());
    it.billing_reason = Some(BillingReason::Upcoming);
    it.work_out(cx, &customer, &items).await?;
    cx.forget();
    Ok(shown_as_upcoming(it))
}

/// An invoice that there is not: neither it nor its lines can be asked for by their ids.
pub(crate) fn shown_as_upcoming(mut it: Invoice) -> Invoice {
    it.id = it.id.replacen(Invoice::PREFIX, "upcoming_in", 1);
    for line in &mut it.all_lines.0 {
        line.id = line.id.replacen("il_", "il_tmp_", 1);
        line.invoice = Some(it.id.clone());
    }
    it.show_lines();
    it
}
