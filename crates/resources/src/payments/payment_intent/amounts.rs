//! What an amount is made of, as it is told for the network.
use crate::payments::charge::rules::MONEY_MAX;
use base::ApiError;
use wire::{Optional, Patch, Wire};

/// What an amount is made of.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct AmountDetails {
    /// What was taken off, in minor units.
    pub discount_amount: Optional<i64>,
    /// Why the parts do not fit together.
    pub error: Optional<Mismatch>,
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

const MISMATCH: &str = "amount_details_tax_shipping_discount_greater_than_amount";

impl AmountDetails {
    /// Applies what was sent to the details of an amount. Errors: a part is negative; the parts are more than the
    /// whole, where the caller wants that checked.
    pub(super) fn set(&mut self, sent: AmountParams, amount: i64) -> Result<(), ApiError> {
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
        let total = discount.saturating_add(shipping).saturating_add(tax);
        let message = "The sum of tax, shipping and discount in amount_details is greater than the amount.";
        self.error = Optional((total > amount).then(|| Mismatch {
            code: Some(MISMATCH.into()),
            message: Some(message.into()),
        }));
        if total > amount && sent.enforce_arithmetic_validation == Some(true) {
            return Err(ApiError::invalid(400, message).code(MISMATCH).param("amount_details"));
        }
        Ok(())
    }
}
