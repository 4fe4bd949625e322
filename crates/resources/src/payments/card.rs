//! Cards: what a customer is charged with, and what a token stands for (API page "Cards").
mod enter;
mod source;
mod sources;

pub use enter::{CardParams, Entered, NetworksParam};
pub(crate) use enter::{Typed, documented, enter, refused, well_known};
pub use source::{Instrument, NetworkCard, Source, Taken, instrument, take};
pub(crate) use source::{attach, id_of, not_more_than};
pub(crate) use sources::{drop_all, drop_card, merged, paged};

use crate::payments::{customer::Customer, payment_method::PaymentMethod};
use acquirer::{Check, Checks, Expiry};
use api::{Cx, Endpoint, Face, Noun, Object, Stop, secrets::Sealed};
use base::{Currency, Metadata, Named, Ref, Timestamp, made};
use store::IndexKey;
use vault::{Kind, Place, Secret};
use wire::{Hidden, Node, Optional, Wire};

/// A card. Its number is sealed, and its security code was never kept.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Card {
    /// `card_…`.
    pub id: String,
    /// `card`.
    pub object: String,
    /// City, as the cardholder gave it.
    pub address_city: Option<String>,
    /// Country, as the cardholder gave it.
    pub address_country: Option<String>,
    /// Street.
    pub address_line1: Option<String>,
    /// What the bank says of the street; `null` where none was given.
    pub address_line1_check: Option<Check>,
    /// Apartment, suite or building.
    pub address_line2: Option<String>,
    /// State, county, province or region.
    pub address_state: Option<String>,
    /// ZIP or postal code.
    pub address_zip: Option<String>,
    /// What the bank says of the postal code; `null` where none was given.
    pub address_zip_check: Option<Check>,
    /// Such as `Visa` or `MasterCard`.
    pub brand: String,
    /// Where it was issued: two letters (ISO 3166-1).
    pub country: Option<String>,
    /// The currency of what is paid out to it.
    pub currency: Optional<Currency>,
    /// Whose card it is.
    pub customer: Optional<Ref<Customer>>,
    /// What the bank says of the security code; `null` where none was given.
    pub cvc_check: Option<Check>,
    /// The last four digits of a number that a device gave in its place.
    pub dynamic_last4: Option<String>,
    /// 1 to 12.
    pub exp_month: i64,
    /// Four digits.
    pub exp_year: i64,
    /// The same for the same number in the same account.
    pub fingerprint: Optional<String>,
    /// `credit`, `debit`, `prepaid` or `unknown`.
    pub funding: String,
    /// The last four digits.
    pub last4: String,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// The name on it.
    pub name: Option<String>,
    /// The networks that it runs on.
    pub networks: Optional<Networks>,
    /// Whether fees for it are capped by law.
    pub regulated_status: Option<String>,
    /// The wallet that gave it.
    pub tokenization_method: Option<String>,
    /// The number, sealed to the account and this card.
    pub sealed_number: Hidden<Option<String>>,
    /// Whether a security code was given when the card was entered.
    pub cvc_given: Hidden<Option<bool>>,
}

/// The networks of a card with more than one.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Networks {
    /// Which one the cardholder chose.
    pub preferred: Option<String>,
}

impl Named for Card {
    const NAME: &'static str = "card";
    const PREFIX: &'static str = "card";
}
impl Object for Card {
    /// Where a payment method is meant, a card is shown as one.
    const FACES: &'static [(&'static str, Face)] = &[(PaymentMethod::NAME, as_payment_method)];
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        Sealed::one(Kind::CardNumber, &self.id, &mut self.sealed_number.0)
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.customer.0.iter().map(|customer| IndexKey::listed(Customer::NAME, &customer.id)).collect()
    }
}

fn as_payment_method(card: &Node<'static>, livemode: bool, now: Timestamp) -> Option<Node<'static>> {
    let card: Card = wire::from_json(card.to_json().as_bytes()).ok()?;
    let method = PaymentMethod::of_card(&card, livemode, made(&card.id).unwrap_or(now));
    Some(Node::parse(&wire::to_json(&method)).ok()?.into_owned())
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Card>();
/// A customer got a card or a bank account.
pub const CREATED: &str = "customer.source.created";
/// A card or bank account of a customer was changed.
pub const UPDATED: &str = "customer.source.updated";
/// A card or bank account of a customer was deleted.
pub const DELETED: &str = "customer.source.deleted";
/// What cards cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints. Customers had cards before they had sources, so there are two addresses for the same.
pub fn endpoints() -> Vec<Endpoint> {
    sources::endpoints()
}

impl Card {
    /// The number, for an ask of the network and nothing else. Errors: it was sealed elsewhere, or is gone.
    pub(crate) fn open(&self, cx: &Cx<'_>, account: &str) -> Result<Secret, Stop> {
        let Some(sealed) = &self.sealed_number.0 else {
            return Err(api::fault(format!("{} has no number", self.id)));
        };
        let at = Place { account, object: &self.id };
        let opened = cx.world.vault.open(Kind::CardNumber, at, sealed);
        opened.map_err(|e| api::fault(format!("the number of {} cannot be opened: {e}", self.id)))
    }
    /// Seals the number to this card of an account.
    pub(crate) fn seal(&mut self, cx: &Cx<'_>, account: &str, number: &str) -> Result<(), Stop> {
        let at = Place { account, object: &self.id };
        let sealed = cx.world.vault.seal(Kind::CardNumber, at, number, &*cx.world.entropy);
        let sealed =
            sealed.map_err(|e| api::fault(format!("the number of {} cannot be sealed: {e}", self.id)))?;
        self.sealed_number = Hidden(Some(sealed));
        self.fingerprint = Optional(Some(cx.world.vault.fingerprint(account, number)));
        Ok(())
    }
    /// When it ends.
    pub fn expiry(&self) -> Expiry {
        Expiry { month: self.exp_month, year: self.exp_year }
    }
    /// Takes over what the bank said.
    pub fn checked(&mut self, checks: Checks) {
        self.cvc_check = checks.cvc;
        self.address_line1_check = checks.line1;
        self.address_zip_check = checks.zip;
    }
    /// Sets what nobody has asked the bank about yet: of what was given, and `null` for the rest.
    pub(crate) fn unchecked(&mut self) {
        let given = |it: &Option<String>| it.as_ref().map(|_| Check::Unchecked);
        self.address_line1_check = given(&self.address_line1);
        self.address_zip_check = given(&self.address_zip);
        self.cvc_check = (self.cvc_given.0 == Some(true)).then_some(Check::Unchecked);
    }
}

#[cfg(test)]
mod tests;
