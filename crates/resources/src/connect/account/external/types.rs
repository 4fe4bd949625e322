//! What payouts go to: bank accounts and debit cards, as they are kept and shown.
use super::super::Account;
use crate::payments::bank_account::{AccountType, HolderType};
use acquirer::Check;
use api::{Cx, Stop, secrets::Sealed};
use base::{Currency, Metadata, Ref};
use store::Bytes;
use vault::{Place, Secret};
use wire::{At, Bad, Node, Optional, Shape, Wire};

/// The bank accounts and cards that payouts go to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExternalAccounts {
    /// `list`.
    pub object: String,
    /// The bank accounts and cards.
    pub data: Vec<External>,
    /// Always `false`.
    pub has_more: bool,
    /// Where the list is.
    pub url: String,
}

impl ExternalAccounts {
    /// The list of an account.
    pub fn of(account: &str, data: Vec<External>) -> Self {
        let url = format!("/v1/accounts/{account}/external_accounts");
        ExternalAccounts { object: "list".into(), data, has_more: false, url }
    }
}

/// Where payouts go.
#[derive(Debug, Clone, PartialEq)]
pub enum External {
    /// A bank account.
    Bank(PayoutBank),
    /// A debit card.
    Card(PayoutCard),
}

/// A bank account that payouts go to. Its number is sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PayoutBank {
    /// `ba_…`.
    pub id: String,
    /// `bank_account`.
    pub object: String,
    /// The account that it belongs to.
    pub account: Ref<Account>,
    /// Whose it is.
    pub account_holder_name: Option<String>,
    /// Whether that is a person or a company.
    pub account_holder_type: Option<HolderType>,
    /// Checking, savings and the like.
    pub account_type: Option<AccountType>,
    /// How payouts may reach it.
    pub available_payout_methods: Vec<String>,
    /// The name of the bank.
    pub bank_name: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: String,
    /// The currency that is paid out to it.
    pub currency: Currency,
    /// Whether payouts in its currency go to it.
    pub default_for_currency: bool,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// What will be wanted for it later.
    pub future_requirements: Option<BankRequirements>,
    /// The last four characters of the number.
    pub last4: String,
    /// Keys and values.
    pub metadata: Metadata,
    /// What is wanted for it.
    pub requirements: Option<BankRequirements>,
    /// The number of the bank.
    pub routing_number: Option<String>,
    /// `new`, or `errored` after a payout failed.
    pub status: String,
}

/// What is wanted for a bank account.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BankRequirements {
    /// What is wanted now.
    pub currently_due: Vec<String>,
    /// What is wrong with what was given.
    pub errors: Vec<super::super::Complaint>,
    /// What should have been given already.
    pub past_due: Vec<String>,
    /// What is being looked at.
    pub pending_verification: Vec<String>,
}

/// A debit card that payouts go to. Its number is sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PayoutCard {
    /// `card_…`.
    pub id: String,
    /// `card`.
    pub object: String,
    /// The account that it belongs to.
    pub account: Ref<Account>,
    /// City.
    pub address_city: Option<String>,
    /// Country.
    pub address_country: Option<String>,
    /// Street.
    pub address_line1: Option<String>,
    /// What the bank says of the street.
    pub address_line1_check: Option<Check>,
    /// Apartment, suite or building.
    pub address_line2: Option<String>,
    /// State, county, province or region.
    pub address_state: Option<String>,
    /// ZIP or postal code.
    pub address_zip: Option<String>,
    /// What the bank says of the postal code.
    pub address_zip_check: Option<Check>,
    /// How payouts may reach it.
    pub available_payout_methods: Vec<String>,
    /// Such as `Visa`.
    pub brand: String,
    /// Where it was issued.
    pub country: Option<String>,
    /// The currency that is paid out to it.
    pub currency: Currency,
    /// What the bank says of the security code.
    pub cvc_check: Option<Check>,
    /// Whether payouts in its currency go to it.
    pub default_for_currency: bool,
    /// The last four digits of a number that a device gave in its place.
    pub dynamic_last4: Option<String>,
    /// 1 to 12.
    pub exp_month: i64,
    /// Four digits.
    pub exp_year: i64,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// `debit`.
    pub funding: String,
    /// The last four digits.
    pub last4: String,
    /// Keys and values.
    pub metadata: Metadata,
    /// The name on it.
    pub name: Option<String>,
    /// Whether fees for it are capped by law.
    pub regulated_status: Option<String>,
    /// `new`, or `errored` after a payout failed.
    pub status: Optional<String>,
    /// The wallet that gave it.
    pub tokenization_method: Option<String>,
}

/// The sealed number of a bank account or card.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SealedNumber {
    /// The bank account, `ba_…`, or card, `card_…`.
    pub bank: String,
    /// What [`vault::Vault::seal`] made of the number.
    pub sealed: String,
}

impl SealedNumber {
    /// The secret, to be sealed again under another key.
    pub(in super::super) fn secret(&mut self) -> Sealed<'_> {
        Sealed { kind: kind_of(&self.bank), object: self.bank.clone(), text: &mut self.sealed }
    }
}

fn kind_of(id: &str) -> vault::Kind {
    if id.starts_with("card_") { vault::Kind::CardNumber } else { vault::Kind::BankAccountNumber }
}

impl Wire for External {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node.and_then(|node| node.get("object")).and_then(Node::as_str) {
            Some("card") => PayoutCard::read(at, node).map(External::Card),
            _ => PayoutBank::read(at, node).map(External::Bank),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            External::Bank(bank) => bank.write(out),
            External::Card(card) => card.write(out),
        }
    }
}

/// Calls a field of either sort by its name.
macro_rules! field {
    ($self:expr, $name:ident) => {
        match $self {
            External::Bank(it) => &it.$name,
            External::Card(it) => &it.$name,
        }
    };
    (mut $self:expr, $name:ident) => {
        match $self {
            External::Bank(it) => &mut it.$name,
            External::Card(it) => &mut it.$name,
        }
    };
}

impl External {
    /// `ba_…` or `card_…`.
    pub fn id(&self) -> &str {
        field!(self, id)
    }
    /// The currency that is paid out to it.
    pub fn currency(&self) -> Currency {
        *field!(self, currency)
    }
    /// Whether payouts in its currency go to it.
    pub fn is_default(&self) -> bool {
        *field!(self, default_for_currency)
    }
    /// How payouts may reach it: `standard`, `instant`.
    pub fn payout_methods(&self) -> &[String] {
        field!(self, available_payout_methods)
    }
    /// The last four characters of the number.
    pub fn last4(&self) -> &str {
        field!(self, last4)
    }
    /// `new`, or `errored` after it refused a payout.
    pub fn status(&self) -> Option<&str> {
        match self {
            External::Bank(bank) => Some(&bank.status),
            External::Card(card) => card.status.0.as_deref(),
        }
    }
    /// Nothing is paid out to it any more.
    pub(crate) fn disable(&mut self, status: &str) {
        match self {
            External::Bank(bank) => status.clone_into(&mut bank.status),
            External::Card(card) => card.status = Optional(Some(status.to_owned())),
        }
    }
    /// The number, for whoever pays out to it. Errors: it is sealed elsewhere, or is gone.
    pub(crate) fn number(&self, cx: &Cx<'_>, holder: &Account) -> Result<Secret, Stop> {
        let id = self.id();
        let sealed = holder.sealed.0.iter().find(|it| it.bank == id);
        let sealed = sealed.ok_or_else(|| api::fault(format!("{id} has no number")))?;
        let at = Place { account: &holder.id, object: id };
        let opened = cx.world.vault.open(kind_of(id), at, &sealed.sealed);
        opened.map_err(|e| api::fault(format!("the number of {id} cannot be opened: {e}")))
    }
    pub(super) fn set_default(&mut self, is: bool) {
        *field!(mut self, default_for_currency) = is;
    }
    /// The caller's own keys and values.
    pub(super) fn metadata(&mut self) -> &mut Metadata {
        field!(mut self, metadata)
    }
    /// Its JSON.
    pub(crate) fn json(&self) -> Bytes {
        let mut out = Vec::with_capacity(1024);
        self.write(&mut out);
        Bytes::from(out)
    }
}
