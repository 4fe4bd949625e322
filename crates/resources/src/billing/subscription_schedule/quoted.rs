//! The schedule that becomes of a quote whose subscription begins later.
use super::{AddInvoiceItem, CREATED, Phase, PhaseItem, SubscriptionSchedule, make::blank, run};
use crate::{
    billing::{
        discount::DiscountParams,
        invoice::quoted::Line,
        invoice_item::ExtraPeriod,
        subscription::{
            BillingMode, Proration, TransferData,
            quoted::{Asked, Item},
        },
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::{Currency, Metadata, Ref, Timestamp};
use money::{Cycle, Interval};
use wire::Optional;

async fn kept(cx: &mut Cx<'_>, all: Vec<DiscountParams>) -> Result<Vec<super::PhaseDiscount>, Stop> {
    let mut held = Vec::with_capacity(all.len());
    for (n, it) in all.into_iter().enumerate() {
        held.push(it.keep(cx, &format!("discounts[{n}]")).await?);
    }
    Ok(held)
}

/// Its one phase begins at `start`, and lasts as long as a period; then the subscription goes on by itself.
pub(crate) async fn make(
    cx: &mut Cx<'_>,
    customer: &Customer,
    p: Asked,
    (start, interval, count): (Timestamp, Interval, i64),
) -> Result<SubscriptionSchedule, Stop> {
    let mut items = Vec::with_capacity(p.items.len());
    for Item { price, quantity, discounts, tax_rates } in p.items {
        items.push(PhaseItem {
            billing_thresholds: None,
            discounts: kept(cx, discounts).await?,
            metadata: Some(Metadata::default()),
            plan: Ref::to(&price),
            price: Ref::to(price),
            quantity: Optional(quantity),
            tax_rates: Some(tax_rates),
        });
    }
    let mut extra = Vec::with_capacity(p.extra.len());
    for Line { price, quantity, discounts, tax_rates, .. } in p.extra {
        let Some((price, _)) = price else { continue };
        extra.push(AddInvoiceItem {
            discountable: None,
            discounts: kept(cx, discounts).await?,
            metadata: Some(Metadata::default()),
            period: ExtraPeriod::default(),
            price: Ref::to(price),
            quantity: Some(quantity),
            tax_rates: Some(tax_rates),
        });
    }
    let phase = Phase {
        add_invoice_items: extra,
        application_fee_percent: p.application_fee_percent,
        billing_cycle_anchor: None,
        billing_thresholds: None,
        collection_method: Some(p.collection_method),
        currency: p.currency.unwrap_or(Currency::USD),
        default_payment_method: None,
        default_tax_rates: Some(p.default_tax_rates),
        description: p.description,
        discounts: kept(cx, p.discounts).await?,
        end_date: Cycle { anchor: start, interval, count }.boundary(1),
        invoice_settings: None,
        items,
        metadata: Some(p.metadata),
        on_behalf_of: p.on_behalf_of,
        proration_behavior: Proration::CreateProrations,
        start_date: start,
        transfer_data: p
            .transfer_data
            .map(|(amount_percent, destination)| TransferData { amount_percent, destination }),
        trial_end: p.trial_end,
    };
    let mut it = blank(cx, customer, None, vec![phase]);
    it.billing_mode = BillingMode::of(p.mode);
    it.default_settings.invoice_settings.days_until_due = p.days_until_due;
    it.default_settings.invoice_settings.custom_fields = p.custom_fields;
    it.default_settings.invoice_settings.description = p.invoice_description;
    it.default_settings.invoice_settings.footer = p.footer;
    cx.put(&it);
    cx.emit(CREATED, &it);
    run::later(cx, &it);
    Ok(it)
}
