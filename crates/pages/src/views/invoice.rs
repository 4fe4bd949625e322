//! What a customer who is to pay an invoice sees.

use paper::Sheet;
use serde::Serialize;

use super::Chrome;
use crate::View;

/// `GET /invoices/{account}/{invoice}/{secret}`.
#[derive(Clone, Debug, Serialize)]
pub struct HostedInvoice {
    /// What stands on every page.
    pub chrome: Chrome,
    /// Who bills.
    pub business: String,
    /// Whether real money is moved.
    pub livemode: bool,
    /// Where it stands.
    pub state: InvoiceState,
    /// What is to be paid, or was: in words, with its currency.
    pub amount: String,
    /// What it says; of many lines the first.
    pub sheet: Sheet,
    /// How many more lines there are.
    pub more: usize,
    /// Where the document is.
    pub pdf: String,
    /// Where the form leads.
    pub action: String,
    /// Why the last try did not work.
    pub problem: Option<String>,
}

impl View for HostedInvoice {
    const TEMPLATE: &'static str = "invoice.html";
}

/// Where an invoice stands, for whoever is to pay it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    /// It is to be paid.
    Payable,
    /// The bank has not answered yet.
    Processing,
    /// It is paid.
    Paid,
    /// It is void.
    Void,
}
