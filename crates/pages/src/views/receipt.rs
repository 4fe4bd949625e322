//! What somebody who paid by card can look at and print.

use serde::Serialize;

use crate::View;

/// `GET /receipts/{account}/{charge}`.
#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    /// Who was paid.
    pub business: String,
    /// Whether real money was moved.
    pub livemode: bool,
    /// What became of the amount.
    pub state: ReceiptState,
    /// What was paid, is reserved or was released: in words, with its currency.
    pub amount: String,
    /// What of a paid amount went back.
    pub refunded: Option<ReceiptRefund>,
    /// When it was paid, Unix seconds.
    pub created: i64,
    /// What it was paid with.
    pub card: Option<ReceiptCard>,
    /// What the cardholder's statement shows.
    pub statement_descriptor: Option<String>,
    /// The number of the receipt, where it has one beside the id of the charge.
    pub number: Option<String>,
    /// `ch_…`.
    pub charge: String,
}

impl View for Receipt {
    const TEMPLATE: &'static str = "receipt.html";
}

/// What became of the amount on a [`Receipt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// It was taken, whether or not some of it went back since.
    Paid,
    /// The bank holds it for the business.
    Reserved,
    /// The bank held it and let it go.
    Released,
}

/// What went back, in words, with its currency.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptRefund {
    /// What went back.
    pub amount: String,
    /// What did not.
    pub left: String,
}

/// A card as far as a receipt shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptCard {
    /// Such as `Visa`.
    pub brand: String,
    /// The last four digits.
    pub last4: Option<String>,
}
