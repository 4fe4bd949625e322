//! What a credit note comes to: its lines, and what discounts and taxes are of them.
use super::{CreditNoteLineItem, Credits, LineParams, LineType, counted};
use crate::{
    billing::{
        amounts::{TaxBehavior, bounds, either, refused, unit},
        invoice::{Invoice, credits},
        line_item::{DiscountAmount, LineItem, TaxAmount, TaxRateDetails, TaxType, TaxabilityReason},
        tax_rate::{self, TaxRate},
    },
    payments::{card::not_more_than, charge::rules::MONEY_MAX},
};
use api::{Cx, Stop};
use base::{ApiError, Named as _};
use money::{Decimal, Refunded, refunded_share};
use wire::Optional;

/// A line, and what of its discounts was its own.
pub(super) struct Drawn {
    pub(super) line: CreditNoteLineItem,
    pub(super) own: i64,
}

/// The part of `whole` that goes with `now` of `of`, where `before` of it went already: all parts add up to the whole.
fn part(whole: i64, of: i64, before: i64, now: i64) -> i64 {
    let upto = |now: i64| {
        let seen = Refunded { of: of.saturating_abs(), before: 0, now: now.saturating_abs() };
        refunded_share(whole.saturating_abs(), 0, seen)
    };
    whole.signum() * (upto(before.saturating_add(now)) - upto(before))
}

/// The lines that are asked for.
pub(super) async fn lines(
    cx: &mut Cx<'_>,
    invoice: &Invoice,
    known: &Credits,
    asked: Vec<LineParams>,
) -> Result<Vec<Drawn>, Stop> {
    let (mut all, mut known): (Vec<Drawn>, Credits) = (Vec::with_capacity(asked.len()), known.clone());
    for (at, params) in asked.into_iter().enumerate() {
        let within = format!("lines[{at}]");
        let drawn = match params.r#type {
            LineType::CustomLineItem => custom(cx, params, &within).await?,
            LineType::InvoiceLineItem => of_invoice(cx, invoice, &known, params, &within).await?,
        };
        if let Some(id) = &drawn.line.invoice_line_item.0 {
            super::count(&mut known.lines, id, drawn.line.amount);
        }
        all.push(drawn);
    }
    Ok(all)
}

/// One line of a whole amount, which says nothing of taxes.
pub(super) fn amount(cx: &Cx<'_>, amount: i64) -> Drawn {
    let line = CreditNoteLineItem {
        quantity: Some(1),
        unit_amount: Some(amount),
        unit_amount_decimal: Some(Decimal::of(amount)),
        ..blank(cx, LineType::CustomLineItem, amount)
    };
    Drawn { line, own: 0 }
}

fn blank(cx: &Cx<'_>, kind: LineType, amount: i64) -> CreditNoteLineItem {
    CreditNoteLineItem {
        id: cx.new_id::<CreditNoteLineItem>(),
        object: CreditNoteLineItem::NAME.into(),
        amount,
        description: None,
        discount_amount: 0,
        discount_amounts: Vec::new(),
        invoice_line_item: Optional(None),
        livemode: cx.caller.livemode,
        metadata: None,
        pretax_credit_amounts: Vec::new(),
        quantity: None,
        tax_rates: Vec::new(),
        taxes: Some(Vec::new()),
        r#type: kind,
        unit_amount: None,
        unit_amount_decimal: None,
    }
}

/// A parameter that goes with the other kind of line.
fn only_for(within: &str, name: &str, kind: &str) -> Stop {
    refused(format!("`{name}` can only be sent with lines of the type {kind}."))
        .param(format!("{within}[{name}]"))
        .into()
}

async fn custom(cx: &mut Cx<'_>, p: LineParams, within: &str) -> Result<Drawn, Stop> {
    let named = |name: &str| format!("{within}[{name}]");
    for (name, sent) in [("amount", p.amount.is_some()), ("invoice_line_item", p.invoice_line_item.is_some())]
    {
        if sent {
            return Err(only_for(within, name, "invoice_line_item"));
        }
    }
    let Some(description) = p.description else {
        return Err(ApiError::missing(&named("description")).into());
    };
    not_more_than(DESCRIPTION_MAX, &named("description"), Some(&description))?;
    let quantity = p.quantity.unwrap_or(1);
    bounds(&named("quantity"), quantity, (1, MONEY_MAX))?;
    let (whole, decimal) = (named("unit_amount"), named("unit_amount_decimal"));
    let Some(each) = unit((&whole, p.unit_amount), (&decimal, p.unit_amount_decimal))? else {
        return Err(ApiError::missing(&whole).into());
    };
    let amount = each.times(quantity).and_then(Decimal::rounded).filter(|it| *it <= MONEY_MAX);
    let amount = amount
        .ok_or_else(|| refused("The line comes to more than can be credited.").param(named("quantity")))?;
    let mut line = CreditNoteLineItem {
        description: Some(description),
        quantity: Some(quantity),
        unit_amount: each.whole(),
        unit_amount_decimal: Some(each),
        ..blank(cx, LineType::CustomLineItem, amount)
    };
    line.metadata = Some(p.metadata.fresh()?);
    tax(cx, &mut line, (p.tax_rates, p.tax_amounts), within).await?;
    Ok(Drawn { line, own: 0 })
}

/// The longest description of a line, in characters.
const DESCRIPTION_MAX: usize = 500;

/// How much of a line of the invoice is credited: as many as are named, or so much.
fn how_much(line: &LineItem, before: i64, p: &LineParams, within: &str) -> Result<i64, ApiError> {
    let named = |name: &str| format!("{within}[{name}]");
    let left = line.amount - before;
    let (amount, param) = match (p.amount, p.quantity) {
        (Some(_), Some(_)) => return Err(either(&named("amount"), &named("quantity"))),
        (Some(amount), None) => (amount, "amount"),
        (None, Some(quantity)) => {
            let of = line.quantity.unwrap_or(1);
            bounds(&named("quantity"), quantity, (0, of))?;
            (part(line.amount, of, 0, quantity), "quantity")
        }
        (None, None) => return Err(ApiError::missing(&named("amount"))),
    };
    if amount.signum() * left.signum() < 0 || amount.abs() > left.abs() {
        let message = format!("Only {left} of the line item {} can still be credited.", line.id);
        return Err(refused(message).param(named(param)));
    }
    Ok(amount)
}

async fn of_invoice(
    cx: &mut Cx<'_>,
    invoice: &Invoice,
    known: &Credits,
    p: LineParams,
    within: &str,
) -> Result<Drawn, Stop> {
    let named = |name: &str| format!("{within}[{name}]");
    for (name, sent) in
        [("unit_amount", p.unit_amount.is_some()), ("unit_amount_decimal", p.unit_amount_decimal.is_some())]
    {
        if sent {
            return Err(only_for(within, name, "custom_line_item"));
        }
    }
    let Some(id) = &p.invoice_line_item else {
        return Err(ApiError::missing(&named("invoice_line_item")).into());
    };
    let of = invoice.all_lines.0.iter().find(|it| it.id == *id);
    let of = of.ok_or_else(|| ApiError::no_such(LineItem::NAME, id, &named("invoice_line_item")))?;
    not_more_than(DESCRIPTION_MAX, &named("description"), p.description.as_deref())?;
    let before = counted(&known.lines, id);
    let amount = how_much(of, before, &p, within)?;
    let share = |whole: i64| part(whole, of.amount, before, amount);
    let discounts: Vec<DiscountAmount> = of
        .discount_amounts
        .iter()
        .flatten()
        .map(|it| DiscountAmount { amount: share(it.amount), discount: it.discount.clone() })
        .collect();
    let is_own = |it: &&DiscountAmount| of.discounts.iter().any(|own| own.id == it.discount.id);
    let own = discounts.iter().filter(is_own).map(|it| it.amount).sum();
    let mut line = CreditNoteLineItem {
        description: p.description.clone().or_else(|| of.description.clone()),
        discount_amount: discounts.iter().map(|it| it.amount).sum(),
        pretax_credit_amounts: credits(&discounts),
        discount_amounts: discounts,
        invoice_line_item: Optional(Some(id.clone())),
        quantity: p.quantity,
        ..blank(cx, LineType::InvoiceLineItem, amount)
    };
    line.metadata = Some(p.metadata.fresh()?);
    if p.tax_rates.is_none() && p.tax_amounts.is_none() {
        for it in of.taxes.iter().flatten() {
            let taxed = TaxAmount {
                amount: share(it.amount),
                taxable_amount: it.taxable_amount.map(share),
                ..it.clone()
            };
            line.taxes.get_or_insert_default().push(taxed);
            if let Some(details) = &it.tax_rate_details {
                line.tax_rates.extend(cx.peek::<TaxRate>(&details.tax_rate).await?);
            }
        }
    } else {
        tax(cx, &mut line, (p.tax_rates, p.tax_amounts), within).await?;
    }
    Ok(Drawn { line, own })
}

/// Taxes a line as it is told: by these rates, or with these amounts.
async fn tax(
    cx: &mut Cx<'_>,
    line: &mut CreditNoteLineItem,
    told: (Option<Vec<String>>, Option<Vec<super::TaxParams>>),
    within: &str,
) -> Result<(), Stop> {
    let (rates, amounts) = told;
    if rates.is_some() && amounts.is_some() {
        return Err(either(&format!("{within}[tax_rates]"), &format!("{within}[tax_amounts]")).into());
    }
    if let Some(ids) = rates {
        let rates = tax_rate::named(cx, &ids, &format!("{within}[tax_rates]")).await?;
        let rules: Vec<_> = rates.iter().map(TaxRate::rule).collect();
        let taxes = money::taxes(line.amount - line.discount_amount, &rules);
        let taxes = taxes.ok_or_else(|| refused("The taxes come to more than can be credited."))?;
        line.taxes =
            Some(rates.iter().zip(taxes).map(|(rate, it)| taxed(rate, it.amount, it.taxable)).collect());
        line.tax_rates = rates;
    }
    for (n, it) in amounts.into_iter().flatten().enumerate() {
        let within = format!("{within}[tax_amounts][{n}]");
        let rate: TaxRate = cx.must(&format!("{within}[tax_rate]"), &it.tax_rate).await?;
        bounds(&format!("{within}[amount]"), it.amount, (0, MONEY_MAX))?;
        bounds(&format!("{within}[taxable_amount]"), it.taxable_amount, (0, MONEY_MAX))?;
        line.taxes.get_or_insert_default().push(taxed(&rate, it.amount, it.taxable_amount));
        line.tax_rates.push(rate);
    }
    Ok(())
}

fn taxed(rate: &TaxRate, amount: i64, taxable: i64) -> TaxAmount {
    TaxAmount {
        amount,
        tax_behavior: if rate.inclusive { TaxBehavior::Inclusive } else { TaxBehavior::Exclusive },
        tax_rate_details: Some(TaxRateDetails { tax_rate: rate.id.clone() }),
        taxability_reason: TaxabilityReason::NotAvailable,
        taxable_amount: Some(taxable),
        r#type: TaxType::TaxRateDetails,
    }
}

#[cfg(test)]
mod tests {
    use super::part;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is credited bit by bit comes to the whole in the end, and never to more.
        #[test]
        fn parts_add_up(whole in -1_000_000i64..1_000_000, parts in prop::collection::vec(1i64..10_000, 1..12), back: bool) {
            let sign = if back { -1 } else { 1 };
            let of = sign * parts.iter().sum::<i64>();
            let (mut before, mut sum) = (0, 0);
            for now in parts {
                let share = part(whole, of, before, sign * now);
                prop_assert!(share.signum() * whole.signum() >= 0);
                before += sign * now;
                sum += share;
            }
            prop_assert_eq!(sum, whole);
        }
    }
}
