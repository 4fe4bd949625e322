//! What an amount is made of, as it is told for the network.
use super::line_items::{self, LineItem, LineParams, Lines, Sums};
use crate::payments::charge::rules::MONEY_MAX;
use api::Cx;
use base::ApiError;
use wire::{Optional, Patch, Wire};

/// What an amount is made of.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct AmountDetails {
    /// What was taken off, in minor units.
    pub discount_amount: Optional<i64>,
    /// Why the parts do not fit together.
    pub error: Optional<Mismatch>,
    /// What is sold, line by line.
    pub line_items: Optional<Lines>,
    /// What shipping costs.
    pub shipping: Optional<ShippingAmount>,
    /// What tax is in it.
    pub tax: Optional<TaxAmount>,
    /// What the payer gave on top.
    pub tip: Optional<Tip>,
}

/// Why the parts do not fit together.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Mismatch {
    /// What is wrong.
    pub code: Option<String>,
    /// The same as a sentence.
    pub message: Option<String>,
}

/// What shipping costs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ShippingAmount {
    /// In minor units.
    pub amount: Option<i64>,
    /// From where.
    pub from_postal_code: Option<String>,
    /// Where to.
    pub to_postal_code: Option<String>,
}

/// What tax is in an amount.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxAmount {
    /// In minor units.
    pub total_tax_amount: Option<i64>,
}

/// What the payer gave on top.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Tip {
    /// In minor units.
    pub amount: Optional<i64>,
}

/// `amount_details` as sent.
#[derive(Debug, Wire)]
pub(super) struct AmountParams {
    discount_amount: Patch<i64>,
    enforce_arithmetic_validation: Option<bool>,
    line_items: Patch<Vec<LineParams>>,
    shipping: Patch<ShippingParams>,
    tax: Patch<TaxParams>,
}

#[derive(Debug, Wire)]
struct ShippingParams {
    amount: Patch<i64>,
    from_postal_code: Patch<String>,
    to_postal_code: Patch<String>,
}

#[derive(Debug, Wire)]
struct TaxParams {
    total_tax_amount: i64,
}

/// The payment whose amount is told of.
pub(super) struct Payment<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// In minor units.
    pub(super) amount: i64,
    /// All its lines.
    pub(super) lines: &'a mut Option<Vec<LineItem>>,
}

const MISMATCH: &str = "amount_details_tax_shipping_discount_greater_than_amount";
const UNEQUAL: &str = "amount_details_amount_mismatch";

impl AmountDetails {
    /// Applies what was sent to the details of an amount. Errors: a part is negative; the parts do not make up the
    /// whole, unless the caller wants to be told of that in the details.
    pub(super) fn set(&mut self, cx: &Cx<'_>, sent: AmountParams, of: Payment<'_>) -> Result<(), ApiError> {
        let amount = of.amount;
        match sent.line_items {
            Patch::Keep => {}
            Patch::Clear => *of.lines = None,
            Patch::Set(lines) => *of.lines = Some(line_items::enter(cx, lines)?).filter(|it| !it.is_empty()),
        }
        self.line_items = Optional(of.lines.as_ref().map(|lines| Lines::of(lines, of.id)));
        sent.discount_amount.apply(&mut self.discount_amount.0);
        match sent.shipping {
            Patch::Keep => {}
            Patch::Clear => self.shipping = Optional(None),
            Patch::Set(it) => {
                let shipping = self.shipping.0.get_or_insert(ShippingAmount {
                    amount: None,
                    from_postal_code: None,
                    to_postal_code: None,
                });
                it.amount.apply(&mut shipping.amount);
                it.from_postal_code.apply(&mut shipping.from_postal_code);
                it.to_postal_code.apply(&mut shipping.to_postal_code);
            }
        }
        match sent.tax {
            Patch::Keep => {}
            Patch::Clear => self.tax = Optional(None),
            Patch::Set(it) => {
                self.tax = Optional(Some(TaxAmount { total_tax_amount: Some(it.total_tax_amount) }));
            }
        }
        let discount = self.discount_amount.0.unwrap_or(0);
        let shipping = self.shipping.0.as_ref().and_then(|it| it.amount).unwrap_or(0);
        let tax = self.tax.0.as_ref().and_then(|it| it.total_tax_amount).unwrap_or(0);
        let parts =
            [("discount_amount", discount), ("shipping][amount", shipping), ("tax][total_tax_amount", tax)];
        for (name, part) in parts {
            if !(0..=MONEY_MAX).contains(&part) {
                let message = "Invalid non-negative integer";
                let error = ApiError::invalid(400, message).code("parameter_invalid_integer");
                return Err(error.param(format!("amount_details[{name}]")));
            }
        }
        let sums = of.lines.as_ref().map(|lines| Sums::of(lines));
        let wrong = mismatch(amount, [discount, shipping, tax], sums);
        if let (Some((code, message)), true) = (wrong, sent.enforce_arithmetic_validation == Some(true)) {
            return Err(ApiError::invalid(400, message).code(code).param("amount_details"));
        }
        let told = |(code, message): (&str, &str)| Mismatch {
            code: Some(code.into()),
            message: Some(message.into()),
        };
        self.error = Optional(wrong.map(told));
        Ok(())
    }
}

/// What is wrong with the parts of an amount: its code, and the same as a sentence. Tax and discount are said either
/// for the whole or line by line.
fn mismatch(
    amount: i64,
    [discount, shipping, tax]: [i64; 3],
    lines: Option<Sums>,
) -> Option<(&'static str, &'static str)> {
    if discount.saturating_add(shipping).saturating_add(tax) > amount {
        return Some((
            MISMATCH,
            "The sum of tax, shipping and discount in amount_details is greater than the amount.",
        ));
    }
    let lines = lines?;
    if discount > 0 && lines.discount > 0 || tax > 0 && lines.tax > 0 {
        return Some((
            UNEQUAL,
            "Say tax and discount either in amount_details or in its line items, not in both.",
        ));
    }
    let taxes = tax.saturating_add(lines.tax).saturating_add(shipping);
    let whole = lines.cost.saturating_add(taxes).saturating_sub(discount).saturating_sub(lines.discount);
    (whole != amount).then_some((
        UNEQUAL,
        "The line items of amount_details with tax and shipping, less the discount, do not add up to the amount.",
    ))
}

#[cfg(test)]
mod tests {
    use super::{MISMATCH, Sums, UNEQUAL, mismatch};

    #[test]
    fn parts_make_up_the_whole() {
        let lines = |cost, discount, tax| Some(Sums { cost, discount, tax });
        for (amount, parts, lines, code) in [
            (1000, [0, 0, 0], None, None),
            (1000, [400, 300, 300], None, None),
            (1000, [400, 300, 301], None, Some(MISMATCH)),
            (1000, [0, 0, 0], lines(1000, 0, 0), None),
            (1000, [100, 50, 80], lines(970, 0, 0), None),
            (1000, [0, 50, 0], lines(970, 100, 80), None),
            (1000, [0, 0, 0], lines(999, 0, 0), Some(UNEQUAL)),
            (1000, [10, 0, 0], lines(1020, 10, 0), Some(UNEQUAL)),
            (1000, [0, 0, 10], lines(980, 0, 10), Some(UNEQUAL)),
            (1000, [0, 0, 0], lines(i64::MAX, 0, 5), Some(UNEQUAL)),
        ] {
            assert_eq!(mismatch(amount, parts, lines).map(|it| it.0), code, "{amount} {parts:?} {lines:?}");
        }
    }
}
