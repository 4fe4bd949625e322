//! What a quote comes to.
use super::{Computed, Kept, Quote, QuoteLines, Recurring, Total, TotalDetails, Upfront};
use crate::{
    billing::{discount::Discount, price::Type, quote_line_item::QuoteLineItem, tax_rate::TaxRate},
    payments::customer::{Customer, TaxExempt},
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Ref};
use money::{Decimal, Line, TaxRule};
use wire::Included;

fn too_large() -> Stop {
    ApiError::invalid(400, "The quote comes to more than can be charged.").code("amount_too_large").into()
}

/// What discounts and taxes follow from.
struct Rules {
    shared: Vec<Discount>,
    taxes: Vec<TaxRate>,
    currency: Currency,
    /// Whether taxes are due at all.
    taxed: bool,
}

impl Quote {
    /// Its lines.
    pub(super) fn lines(&self) -> &[QuoteLineItem] {
        self.line_items.0.as_ref().map_or(&[], |it| &it.data)
    }
    /// Sets its lines.
    pub(super) fn set_lines(&mut self, data: Vec<QuoteLineItem>) {
        let url = format!("/v1/quotes/{}/line_items", self.id);
        self.line_items = Included(Some(QuoteLines { object: "list".into(), data, has_more: false, url }));
    }
    /// What is to be known of a line beside what it shows.
    pub(super) fn kept(&self, line: &str) -> Option<&Kept> {
        self.kept.0.iter().find(|it| it.line == line)
    }
    /// Its lines that are paid at first.
    pub(super) fn upfront_lines(&self) -> Vec<&QuoteLineItem> {
        let trial = self.subscription_data.trial_period_days.is_some_and(|days| days > 0);
        self.lines().iter().filter(|it| !(trial && recurs(it))).collect()
    }
    /// Whether it becomes a subscription.
    pub(super) fn is_recurring(&self) -> bool {
        self.lines().iter().any(recurs)
    }

    /// Works out everything that follows from its lines, discounts and taxes.
    pub(super) async fn work_out(
        &mut self,
        cx: &mut Cx<'_>,
        customer: Option<&Customer>,
    ) -> Result<(), Stop> {
        let Some(currency) = self.currency else {
            self.computed = Computed { recurring: None, upfront: Upfront::default() };
            (self.amount_subtotal, self.amount_total) = (0, 0);
            self.total_details = TotalDetails::default();
            return Ok(());
        };
        let shared = found::<Discount>(cx, &self.discounts).await?;
        let taxes = found::<TaxRate>(cx, &self.default_tax_rates).await?;
        let exempt = customer.and_then(|it| it.tax_exempt);
        let taxed = !matches!(exempt, Some(TaxExempt::Exempt | TaxExempt::Reverse));
        let rules = Rules { shared, taxes, currency, taxed };
        let mut lines = self.lines().to_vec();
        let all = self.draw(cx, &rules, &mut lines.iter_mut().collect::<Vec<_>>()).await?;
        self.set_lines(lines);
        self.amount_subtotal = all.subtotal;
        self.amount_total = all.total;
        self.total_details = all.details;
        let mut first: Vec<QuoteLineItem> = self.upfront_lines().into_iter().cloned().collect();
        let upfront = self.draw(cx, &rules, &mut first.iter_mut().collect::<Vec<_>>()).await?;
        let mut again: Vec<QuoteLineItem> = self.lines().iter().filter(|it| recurs(it)).cloned().collect();
        let recurring = self.draw(cx, &rules, &mut again.iter_mut().collect::<Vec<_>>()).await?;
        let period = again.first().and_then(|it| it.price.as_ref()?.recurring.clone());
        self.computed = Computed {
            recurring: period.map(|it| Recurring {
                amount_subtotal: recurring.subtotal,
                amount_total: recurring.total,
                interval: it.interval,
                interval_count: it.interval_count,
                total_details: recurring.details,
            }),
            upfront: Upfront {
                amount_subtotal: upfront.subtotal,
                amount_total: upfront.total,
                total_details: upfront.details,
            },
        };
        Ok(())
    }

    /// Draws lines up: what is taken off each, and what its taxes come to.
    async fn draw(
        &self,
        cx: &mut Cx<'_>,
        rules: &Rules,
        lines: &mut [&mut QuoteLineItem],
    ) -> Result<Total, Stop> {
        let mut asked = Vec::with_capacity(lines.len());
        for line in lines.iter() {
            let kept = self.kept(&line.id);
            let own = found::<Discount>(cx, kept.map_or(&[], |it| &it.discounts)).await?;
            let taxes = kept.map(|it| &it.tax_rates).filter(|all| !all.is_empty()).unwrap_or(&rules.taxes);
            let product = line.price.as_ref().map(|it| it.product.id.as_str());
            let rule = |rate: &TaxRate| {
                let rule = rate.rule();
                TaxRule { percent: if rules.taxed { rule.percent } else { Decimal::ZERO }, ..rule }
            };
            asked.push(Line {
                amount: line.amount_subtotal,
                own: own.iter().map(|it| it.off(rules.currency)).collect(),
                covered: rules.shared.iter().map(|it| it.covers(product)).collect(),
                taxes: taxes.iter().map(rule).collect(),
            });
        }
        let offs: Vec<_> = rules.shared.iter().map(|it| it.off(rules.currency)).collect();
        let drawn = money::draw(&asked, &offs).ok_or_else(too_large)?;
        let mut total = Total {
            details: TotalDetails { amount_shipping: Some(0), ..Default::default() },
            ..Total::default()
        };
        for ((line, drawn), asked) in lines.iter_mut().zip(&drawn).zip(&asked) {
            line.amount_discount = line.amount_subtotal - drawn.left;
            line.amount_tax = drawn.taxes.iter().map(|it| it.amount).sum();
            let on_top: i64 = drawn
                .taxes
                .iter()
                .zip(&asked.taxes)
                .filter(|(_, rule)| !rule.inclusive)
                .map(|(tax, _)| tax.amount)
                .sum();
            line.amount_total = drawn.left + on_top;
            let add = |sum: &mut i64, by: i64| -> Result<(), Stop> {
                *sum = sum.checked_add(by).ok_or_else(too_large)?;
                Ok(())
            };
            add(&mut total.subtotal, line.amount_subtotal)?;
            add(&mut total.total, line.amount_total)?;
            add(&mut total.details.amount_discount, line.amount_discount)?;
            add(&mut total.details.amount_tax, line.amount_tax)?;
        }
        Ok(total)
    }
}

/// Whether a line is paid again and again.
pub(super) fn recurs(line: &QuoteLineItem) -> bool {
    line.price.as_ref().is_some_and(|it| it.r#type == Type::Recurring)
}

/// The objects of these references that there are.
async fn found<T: api::Object>(cx: &mut Cx<'_>, all: &[Ref<T>]) -> Result<Vec<T>, Stop> {
    let mut held = Vec::with_capacity(all.len());
    for it in all {
        held.extend(cx.get::<T>(&it.id).await?);
    }
    Ok(held)
}
