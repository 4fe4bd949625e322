//! What a payer's bank asks.

use serde::Serialize;

use super::Chrome;
use crate::View;

/// `GET /challenges/{account}/{intent}/{secret}`.
#[derive(Clone, Debug, Serialize)]
pub struct Challenge {
    /// What stands on every page.
    pub chrome: Chrome,
    /// Where the form goes.
    pub action: String,
    /// What would be paid, in words; none where a card is only set up.
    pub amount: Option<String>,
    /// Who would be paid.
    pub business: String,
    /// The last four digits of the card or bank account.
    pub last4: Option<String>,
    /// Whether it asks for the code beside a small deposit.
    pub deposits: bool,
    /// What was wrong with the answer before.
    pub wrong: Option<String>,
}

impl View for Challenge {
    const TEMPLATE: &'static str = "challenge.html";
}
