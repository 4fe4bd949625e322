//! What an invoice comes to: its lines from its items, what is taken off and added, and what of it is due.
use super::{Entry, Invoice, Status};
use crate::{
    billing::{
        amounts::TaxBehavior,
        discount::Discount,
        invoice_item::InvoiceItem,
        line_item::{
            CreditType, DiscountAmount, LineItem, Parent, Period, PretaxCredit, TaxAmount, TaxRateDetails,
            TaxType, TaxabilityReason,
        },
        promotion_code,
        tax_rate::TaxRate,
    },
    payments::customer::{Customer, TaxExempt},
};
use api::{Cx, Stop};
use base::{ApiError, Named as _, Ref, Timestamp};
use money::{Decimal, Drawn, Line, Off};
use std::collections::HashMap;
use wire::{Hidden, Optional};

/// What one tax of a line is, where it applies.
struct Applied {
    rate: TaxRate,
    reason: TaxabilityReason,
}

fn too_large() -> Stop {
    ApiError::invalid(400, "The invoice comes to more than can be charged.").code("amount_too_large").into()
}

impl Invoice {
    /// Works out everything that follows from its items and its discounts, for a customer.
    pub(crate) async fn work_out(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        items: &[InvoiceItem],
    ) -> Result<(), Stop> {
        let mut shared: Vec<Discount> = Vec::new();
        for it in &self.discounts {
            shared.extend(cx.get::<Discount>(&it.id).await?.filter(|it| it.holds(cx.now())));
        }
        let offs: Vec<Off> = shared.iter().map(|it| it.off(self.currency)).collect();
        let (mut lines, mut owns, mut taxes) = (Vec::new(), Vec::new(), Vec::new());
        let entries: Vec<Entry> =
            items.iter().map(Entry::of).chain(self.recurring.0.iter().cloned()).collect();
        for item in &entries {
            let mut own: Vec<Discount> = Vec::new();
            for it in &item.discounts {
                own.extend(cx.get::<Discount>(&it.id).await?);
            }
            let applied = self.applied(customer, item);
            let rule = |it: &Applied| match it.reason {
                TaxabilityReason::NotAvailable => it.rate.rule(),
                // Nothing is due, and nothing is within.
                _ => money::TaxRule { percent: money::Decimal::ZERO, inclusive: it.rate.inclusive },
            };
            let product = item.product.as_deref();
            lines.push(Line {
                amount: item.amount,
                own: own.iter().map(|it| it.off(self.currency)).collect(),
                covered: shared.iter().map(|it| item.discountable && it.covers(product)).collect(),
                taxes: applied.iter().map(rule).collect(),
            });
            owns.push(own);
            taxes.push(applied);
        }
        let drawn = money::draw(&lines, &offs).ok_or_else(too_large)?;
        let mut known = known(&std::mem::take(&mut self.all_lines.0));
        let mut all = Vec::with_capacity(entries.len());
        for (at, item) in entries.iter().enumerate() {
            let known = known.get_mut(&made_of(&item.parent, item.period)).and_then(Vec::pop);
            let id = known.unwrap_or_else(|| cx.new_id::<LineItem>());
            all.push(line(self, id, item, &drawn[at], [&owns[at], &shared], &taxes[at]));
        }
        self.sum_up(all, &drawn)?;
        let balance =
            if customer.currency.is_none_or(|it| it == self.currency) { customer.balance } else { 0 };
        self.settle_balance(balance)
    }

    /// Whether its lines come to what the codes ask for that are redeemed for it. Errors: they do not.
    pub(super) async fn bought_enough(&self, cx: &mut Cx<'_>) -> Result<(), Stop> {
        if self.discounts.is_empty() {
            return Ok(());
        }
        let bought = self.all_lines.0.iter().fold(0i64, |sum, line| sum.saturating_add(line.amount));
        promotion_code::enough(cx, &self.discounts, (bought, self.currency), "discounts").await
    }

    /// The taxes of an item: its own, or those of the invoice.
    fn applied(&self, customer: &Customer, item: &Entry) -> Vec<Applied> {
        let own = Some(&item.tax_rates).filter(|it| !it.is_empty());
        let reason = match customer.tax_exempt {
            Some(TaxExempt::Exempt) => TaxabilityReason::CustomerExempt,
            Some(TaxExempt::Reverse) => TaxabilityReason::ReverseCharge,
            Some(TaxExempt::None) | None => TaxabilityReason::NotAvailable,
        };
        own.unwrap_or(&self.default_tax_rates)
            .iter()
            .map(|rate| Applied { rate: rate.clone(), reason })
            .collect()
    }

    /// Sums its lines up.
    fn sum_up(&mut self, lines: Vec<LineItem>, drawn: &[Drawn]) -> Result<(), Stop> {
        let (mut subtotal, mut left, mut within, mut on_top) = (0i64, 0i64, 0i64, 0i64);
        for (line, it) in lines.iter().zip(drawn) {
            let own: i64 = it.own.iter().sum();
            let of = |wanted: TaxBehavior| -> i64 {
                line.taxes
                    .iter()
                    .flatten()
                    .filter(|tax| tax.tax_behavior == wanted)
                    .map(|tax| tax.amount)
                    .sum()
            };
            subtotal = subtotal.checked_add(line.amount - own).ok_or_else(too_large)?;
            left = left.checked_add(it.left).ok_or_else(too_large)?;
            within = within.checked_add(of(TaxBehavior::Inclusive)).ok_or_else(too_large)?;
            on_top = on_top.checked_add(of(TaxBehavior::Exclusive)).ok_or_else(too_large)?;
        }
        let shipping = self.shipping_cost.as_ref().map_or(0, |it| it.amount_total);
        left = left.checked_add(shipping).ok_or_else(too_large)?;
        self.amount_shipping = shipping;
        self.subtotal = subtotal;
        self.subtotal_excluding_tax = Some(subtotal - within);
        self.total = left.checked_add(on_top).ok_or_else(too_large)?;
        self.total_excluding_tax = Some(left - within);
        self.total_discount_amounts =
            Some(by_discount(lines.iter().flat_map(|it| it.discount_amounts.iter().flatten())));
        self.total_pretax_credit_amounts =
            Some(credits(self.total_discount_amounts.as_deref().unwrap_or_default()));
        self.total_taxes = Some(by_rate(lines.iter().flat_map(|it| it.taxes.iter().flatten())));
        self.all_lines = Hidden(lines);
        self.show_lines();
        Ok(())
    }

    /// Works out what is due, where the customer owes or has to their credit so much.
    fn settle_balance(&mut self, balance: i64) -> Result<(), Stop> {
        let due = money::due(self.total, balance, self.currency.minimum()).ok_or_else(too_large)?;
        self.starting_balance = balance;
        self.ending_balance = (!self.is(Status::Draft)).then_some(due.balance);
        self.amount_due = due.amount;
        self.amount_remaining = due.amount - self.amount_paid;
        Ok(())
    }
}

/// What tells what a line is made of from what others are: the item, and since when it is for.
fn made_of(parent: &Parent, period: Period) -> (String, Timestamp) {
    let item = parent.invoice_item_details.as_ref().map(|it| &it.invoice_item);
    let recurring = parent.subscription_item_details.as_ref();
    let item = item.or_else(|| recurring.map(|it| it.invoice_item.as_ref().unwrap_or(&it.subscription_item)));
    (item.cloned().unwrap_or_default(), period.start)
}

/// The ids of lines by what they are made of, the first of them last: a line keeps its id while its item does.
fn known(lines: &[LineItem]) -> HashMap<(String, Timestamp), Vec<String>> {
    let mut all: HashMap<_, Vec<String>> = HashMap::with_capacity(lines.len());
    for line in lines.iter().rev() {
        if let Some(parent) = &line.parent {
            all.entry(made_of(parent, line.period)).or_default().push(line.id.clone());
        }
    }
    all
}

fn line(
    invoice: &Invoice,
    id: String,
    item: &Entry,
    drawn: &Drawn,
    [own, shared]: [&[Discount]; 2],
    taxes: &[Applied],
) -> LineItem {
    let taken = drawn.own.iter().zip(own).chain(drawn.shared.iter().zip(shared));
    let discounts: Vec<DiscountAmount> = taken
        .filter(|(amount, _)| **amount != 0)
        .map(|(amount, it)| DiscountAmount { amount: *amount, discount: Ref::to(&it.id) })
        .collect();
    let taxes = taxes.iter().zip(&drawn.taxes).map(|(applied, tax)| TaxAmount {
        amount: tax.amount,
        tax_behavior: if applied.rate.inclusive { TaxBehavior::Inclusive } else { TaxBehavior::Exclusive },
        tax_rate_details: Some(TaxRateDetails { tax_rate: applied.rate.id.clone() }),
        taxability_reason: applied.reason,
        taxable_amount: Some(tax.taxable),
        r#type: TaxType::TaxRateDetails,
    });
    LineItem {
        id,
        object: LineItem::NAME.into(),
        amount: item.amount,
        currency: invoice.currency,
        description: item.description.clone(),
        pretax_credit_amounts: Some(credits(&discounts)),
        discount_amounts: Some(discounts),
        discountable: item.discountable,
        discounts: item.discounts.clone(),
        invoice: Some(invoice.id.clone()),
        livemode: invoice.livemode,
        metadata: item.metadata.clone(),
        parent: Some(item.parent.clone()),
        period: item.period,
        pricing: item.pricing.clone(),
        quantity: Some(item.quantity),
        quantity_decimal: Some(Decimal::of(item.quantity)),
        subscription: item.subscription().map(Ref::to),
        subtotal: item.amount,
        taxes: Some(taxes.collect()),
    }
}

/// What discounts take off, as credits before tax.
pub(crate) fn credits(discounts: &[DiscountAmount]) -> Vec<PretaxCredit> {
    let credit = |it: &DiscountAmount| PretaxCredit {
        amount: it.amount,
        discount: Optional(Some(it.discount.clone())),
        r#type: CreditType::Discount,
    };
    discounts.iter().map(credit).collect()
}

/// What each discount takes off several lines.
pub(crate) fn by_discount<'l>(all: impl Iterator<Item = &'l DiscountAmount>) -> Vec<DiscountAmount> {
    let mut sums: Vec<DiscountAmount> = Vec::new();
    for it in all {
        match sums.iter_mut().find(|sum| sum.discount == it.discount) {
            Some(sum) => sum.amount = sum.amount.saturating_add(it.amount),
            None => sums.push(it.clone()),
        }
    }
    sums
}

/// What each tax of several lines comes to.
pub(crate) fn by_rate<'l>(all: impl Iterator<Item = &'l TaxAmount>) -> Vec<TaxAmount> {
    let mut sums: Vec<TaxAmount> = Vec::new();
    for it in all {
        let same = |sum: &&mut TaxAmount| {
            sum.tax_rate_details == it.tax_rate_details && sum.taxability_reason == it.taxability_reason
        };
        match sums.iter_mut().find(same) {
            Some(sum) => {
                sum.amount = sum.amount.saturating_add(it.amount);
                sum.taxable_amount =
                    sum.taxable_amount.zip(it.taxable_amount).map(|(a, b)| a.saturating_add(b));
            }
            None => sums.push(it.clone()),
        }
    }
    sums
}
