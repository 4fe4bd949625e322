//! What a payer has to do before an intent moves on.
use crate::payments::cash_balance::bank_transfer::{FinancialAddress, TransferType};
use api::Cx;
use base::{Currency, Timestamp};
use wire::{Optional, Wire};

/// What a payer has to do.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct NextAction {
    /// Send money to these accounts.
    pub display_bank_transfer_instructions: Optional<TransferInstructions>,
    /// Go to this address.
    pub redirect_to_url: Optional<RedirectToUrl>,
    /// Which member is there.
    pub r#type: String,
    /// Let the browser's library do it.
    pub use_stripe_sdk: Optional<SdkAction>,
    /// Tell of small deposits on the bank account.
    pub verify_with_microdeposits: Optional<VerifyWithMicrodeposits>,
}

/// Accounts to send money to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TransferInstructions {
    /// What has not come yet, in minor units.
    pub amount_remaining: Option<i64>,
    /// The currency of it.
    pub currency: Option<Currency>,
    /// The accounts.
    pub financial_addresses: Optional<Vec<FinancialAddress>>,
    /// A page that shows the same.
    pub hosted_instructions_url: Option<String>,
    /// What is to be written on the transfer.
    pub reference: Option<String>,
    /// Of which kind the transfer is.
    pub r#type: TransferType,
}

/// Small deposits to tell of.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct VerifyWithMicrodeposits {
    /// When they are there.
    pub arrival_date: Timestamp,
    /// The page where the payer tells of them.
    pub hosted_verification_url: String,
    /// What the payer is to tell.
    pub microdeposit_type: Option<DepositType>,
}

/// What a payer tells of deposits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum DepositType {
    /// The amounts of two.
    Amounts,
    /// The code beside one.
    DescriptorCode,
}

/// An address to go to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RedirectToUrl {
    /// Where the payer comes back to.
    pub return_url: Option<String>,
    /// The address.
    pub url: Option<String>,
}

/// What the browser's library has to do.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SdkAction {
    /// What names the challenge.
    pub source: String,
    /// The address of the challenge.
    pub stripe_js: String,
    /// `three_d_secure_redirect`.
    pub r#type: String,
}

/// The challenge of a cardholder: what names it, and what the payer has to do. The library of a browser is told where
/// it is used (`sdk`), or where nobody said where the payer comes back to.
pub(crate) fn challenge(
    cx: &Cx<'_>,
    intent: &str,
    return_url: Option<&str>,
    sdk: bool,
) -> (String, NextAction) {
    let secret = cx.token(24);
    let url = format!("{}/challenges/{}/{intent}/{secret}", cx.world.origin, cx.caller.account);
    let action = match return_url.filter(|_| !sdk) {
        Some(return_url) => NextAction {
            display_bank_transfer_instructions: Optional(None),
            redirect_to_url: Optional(Some(RedirectToUrl {
                return_url: Some(return_url.to_owned()),
                url: Some(url),
            })),
            r#type: "redirect_to_url".into(),
            use_stripe_sdk: Optional(None),
            verify_with_microdeposits: Optional(None),
        },
        None => NextAction {
            display_bank_transfer_instructions: Optional(None),
            redirect_to_url: Optional(None),
            r#type: "use_stripe_sdk".into(),
            use_stripe_sdk: Optional(Some(SdkAction {
                source: cx.world.new_id("src"),
                stripe_js: url,
                r#type: "three_d_secure_redirect".into(),
            })),
            verify_with_microdeposits: Optional(None),
        },
    };
    (secret, action)
}
