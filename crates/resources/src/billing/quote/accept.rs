//! A customer accepts a quote: it becomes a subscription, or an invoice where nothing of it recurs.
use super::{ACCEPTED, Quote, Status, figures::recurs, steps::named};
use crate::{
    billing::{
        amounts::refused,
        discount::{Discount, DiscountParams},
        invoice::quoted as invoice_of,
        quote_line_item::QuoteLineItem,
        subscription::quoted as subscription_of,
        subscription_schedule::quoted as schedule_of,
    },
    payments::customer::Customer,
};
use api::{Cx, Nothing, Outcome, Stop, done};
use base::{Ref, Timestamp};

pub(super) async fn accept(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Quote> {
    let (mut it, customer) = named(cx).await?;
    it.must_be(&[Status::Open], "accepted")?;
    if it.expires_at <= cx.now() {
        return Err(refused("This quote has expired, and cannot be accepted any more.").into());
    }
    let Some(customer) = customer else {
        return Err(refused("The customer of this quote was deleted.").into());
    };
    let starts = it.subscription_data.effective_date.filter(|at| *at > cx.now());
    let period = it.computed.recurring.as_ref().map(|it| (it.interval, it.interval_count));
    if let (Some(start), Some((interval, count))) = (starts, period) {
        let asked = asked(cx, &it, start).await?;
        let made = schedule_of::make(cx, &customer, asked, (start, interval, count)).await?;
        it.subscription_schedule = Some(Ref::to(made.id));
    } else if it.is_recurring() {
        let now = cx.now();
        let asked = asked(cx, &it, now).await?;
        let made = subscription_of::begin(cx, &customer, asked).await?;
        it.invoice = made.latest_invoice.map(|it| Ref::to(it.id));
        it.subscription = Some(Ref::to(made.id));
    } else {
        it.invoice = Some(Ref::to(bill(cx, &it, &customer).await?.id));
    }
    it.status = Status::Accepted;
    it.status_transitions.accepted_at = Some(cx.now());
    cx.put(&it);
    cx.emit(ACCEPTED, &it);
    done(it)
}

/// What was offered is redeemed by whoever accepts it.
async fn redeemed(cx: &mut Cx<'_>, all: &[Ref<Discount>]) -> Result<Vec<DiscountParams>, Stop> {
    let mut params = Vec::with_capacity(all.len());
    for it in all {
        params.extend(cx.get::<Discount>(&it.id).await?.as_ref().map(DiscountParams::again));
    }
    Ok(params)
}

/// A line that is paid once.
async fn once(cx: &mut Cx<'_>, it: &Quote, line: &QuoteLineItem) -> Result<invoice_of::Line, Stop> {
    let kept = it.kept(&line.id);
    Ok(invoice_of::Line {
        amount: line.amount_subtotal,
        currency: line.currency,
        description: line.description.clone(),
        price: line.price.as_ref().map(|it| (it.id.clone(), it.product.id.clone())),
        unit: line.price.as_ref().and_then(|it| it.unit_amount_decimal),
        quantity: line.quantity.unwrap_or(1),
        discounts: redeemed(cx, kept.map_or(&[], |it| &it.discounts)).await?,
        tax_rates: kept.map(|it| it.tax_rates.clone()).unwrap_or_default(),
    })
}

async fn rates(cx: &mut Cx<'_>, it: &Quote) -> Result<Vec<crate::billing::tax_rate::TaxRate>, Stop> {
    let mut all = Vec::with_capacity(it.default_tax_rates.len());
    for rate in &it.default_tax_rates {
        all.extend(cx.get(&rate.id).await?);
    }
    Ok(all)
}

async fn bill(
    cx: &mut Cx<'_>,
    it: &Quote,
    customer: &Customer,
) -> Result<crate::billing::invoice::Invoice, Stop> {
    let mut lines = Vec::with_capacity(it.lines().len());
    for line in it.lines() {
        lines.push(once(cx, it, line).await?);
    }
    let asked = invoice_of::Asked {
        quote: it.id.clone(),
        lines,
        discounts: redeemed(cx, &it.discounts).await?,
        default_tax_rates: rates(cx, it).await?,
        collection_method: it.collection_method,
        days_until_due: it.invoice_settings.days_until_due,
        custom_fields: it.invoice_settings.custom_fields.clone(),
        description: it.invoice_settings.description.clone().or_else(|| it.description.clone()),
        footer: it.invoice_settings.footer.clone(),
        on_behalf_of: it.on_behalf_of.clone(),
        application_fee_amount: it.application_fee_amount,
        transfer_data: it.transfer_data.as_ref().map(|to| (to.amount, to.destination.clone())),
    };
    invoice_of::make(cx, customer, asked).await
}

/// What a quote says of its subscription, which begins at `start`.
async fn asked(cx: &mut Cx<'_>, it: &Quote, start: Timestamp) -> Result<subscription_of::Asked, Stop> {
    let (mut items, mut extra) = (Vec::new(), Vec::new());
    for line in it.lines() {
        if !recurs(line) {
            extra.push(once(cx, it, line).await?);
            continue;
        }
        let kept = it.kept(&line.id);
        items.push(subscription_of::Item {
            price: line.price.as_ref().map(|it| it.id.clone()).unwrap_or_default(),
            quantity: line.quantity,
            discounts: redeemed(cx, kept.map_or(&[], |it| &it.discounts)).await?,
            tax_rates: kept.map(|it| it.tax_rates.clone()).unwrap_or_default(),
        });
    }
    let data = &it.subscription_data;
    Ok(subscription_of::Asked {
        currency: it.currency,
        mode: data.billing_mode.r#type,
        items,
        extra,
        discounts: redeemed(cx, &it.discounts).await?,
        default_tax_rates: rates(cx, it).await?,
        description: data.description.clone().or_else(|| it.description.clone()),
        metadata: data.metadata.clone().unwrap_or_default(),
        trial_end: data
            .trial_period_days
            .filter(|days| *days > 0)
            .map(|days| start.plus(days * Timestamp::DAY)),
        collection_method: it.collection_method,
        days_until_due: it.invoice_settings.days_until_due,
        custom_fields: it.invoice_settings.custom_fields.clone(),
        invoice_description: it.invoice_settings.description.clone(),
        footer: it.invoice_settings.footer.clone(),
        on_behalf_of: it.on_behalf_of.clone(),
        application_fee_percent: it.application_fee_percent,
        transfer_data: it.transfer_data.as_ref().map(|to| (to.amount_percent, to.destination.clone())),
    })
}
