//! Sources: the first face of what today is a payment method, for cards and for cards whose holder proves who they are
//! (API page "Sources").
mod charged;
mod kept;
mod operations;
mod redirect;

pub(crate) use charged::{used, with};
pub(crate) use kept::{attach, detach, drop_all, of_customer};
pub(crate) use operations::ends;
pub(crate) use redirect::{answer, awaited};

use crate::{
    address::Address,
    payments::{card::Card, customer::Customer},
};
use acquirer::Check;
use api::{Endpoint, Noun, Object, secrets::Sealed};
use base::{ApiError, Currency, Metadata, Named, Timestamp};
use store::IndexKey;
use vault::Kind as Secret;
use wire::{Hidden, Optional, Wire};

/// What somebody pays with, as it was before payment methods.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Source {
    /// `src_…`.
    pub id: String,
    /// `source`.
    pub object: String,
    /// Whether it may be shown again to the customer who keeps it.
    pub allow_redisplay: Option<String>,
    /// What can be paid with it, in minor units; any amount where it is not said.
    pub amount: Option<i64>,
    /// The card.
    pub card: Optional<SourceCard>,
    /// With this, the payer's browser may look at it.
    pub client_secret: String,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Option<Currency>,
    /// Who keeps it.
    pub customer: Optional<String>,
    /// What the payer has to do before it can be charged.
    pub flow: Flow,
    /// Live or test.
    pub livemode: bool,
    /// The caller's own keys and values.
    pub metadata: Option<Metadata>,
    /// Who pays.
    pub owner: Option<Owner>,
    /// Where the payer is sent.
    pub redirect: Optional<Redirect>,
    /// What the statement shows.
    pub statement_descriptor: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// The card whose holder proves who they are.
    pub three_d_secure: Optional<ProvenCard>,
    /// Which of its kinds it is.
    pub r#type: SourceType,
    /// How often it can be charged.
    pub usage: Option<Usage>,
    /// The card as it was taken; its number lies beside it, sealed to it.
    pub taken: Hidden<Card>,
    /// The number.
    pub sealed_number: Hidden<Option<String>>,
    /// Whether a security code was given.
    pub cvc_given: Hidden<Option<bool>>,
    /// What names the question that the payer is asked.
    pub challenge: Hidden<Optional<String>>,
}

/// A card as a source shows it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SourceCard {
    address_line1_check: Option<Check>,
    address_zip_check: Option<Check>,
    brand: Option<String>,
    country: Option<String>,
    cvc_check: Option<Check>,
    dynamic_last4: Option<String>,
    exp_month: Option<i64>,
    exp_year: Option<i64>,
    fingerprint: Optional<String>,
    funding: Option<String>,
    last4: Option<String>,
    name: Option<String>,
    three_d_secure: Optional<String>,
    tokenization_method: Option<String>,
}

/// A card whose holder proves who they are.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ProvenCard {
    address_line1_check: Option<Check>,
    address_zip_check: Option<Check>,
    /// Whether they did.
    authenticated: Option<bool>,
    brand: Option<String>,
    /// The source of the card.
    card: Option<String>,
    country: Option<String>,
    customer: Option<String>,
    cvc_check: Option<Check>,
    dynamic_last4: Option<String>,
    exp_month: Option<i64>,
    exp_year: Option<i64>,
    fingerprint: Optional<String>,
    funding: Option<String>,
    last4: Option<String>,
    name: Option<String>,
    three_d_secure: Optional<String>,
    tokenization_method: Option<String>,
}

/// Who pays.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Owner {
    address: Option<Address>,
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    verified_address: Option<Address>,
    verified_email: Option<String>,
    verified_name: Option<String>,
    verified_phone: Option<String>,
}

/// Where a payer is sent.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Redirect {
    /// Why it came to nothing.
    pub failure_reason: Option<String>,
    /// Where they come back to.
    pub return_url: String,
    /// Where it stands.
    pub status: RedirectStatus,
    /// The page that they are sent to.
    pub url: String,
}

/// Where sending a payer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum RedirectStatus {
    /// They did not prove who they are.
    Failed,
    /// Nobody has to go anywhere.
    NotRequired,
    /// They are on their way.
    Pending,
    /// They proved who they are.
    Succeeded,
}

/// What a payer has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Flow {
    /// Nothing.
    None,
    /// Go to a page.
    Redirect,
}

/// Where a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// Its time is over.
    Canceled,
    /// It can be charged.
    Chargeable,
    /// It was charged, or taken away from its customer.
    Consumed,
    /// The payer did not do their part.
    Failed,
    /// The payer has something to do.
    Pending,
}

/// How often a source can be charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Usage {
    /// Any number of times, once a customer keeps it.
    Reusable,
    /// Once.
    SingleUse,
}

/// The kinds of sources that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum SourceType {
    /// A card.
    Card,
    /// A card whose holder proves who they are.
    ThreeDSecure,
}

impl Named for Source {
    const NAME: &'static str = "source";
    const PREFIX: &'static str = "src";
}
impl Object for Source {
    const PATH: &'static str = "/v1/sources";
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        Sealed::one(Secret::CardNumber, &self.taken.0.id, &mut self.sealed_number.0)
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.customer.0.iter().map(|customer| IndexKey::listed(Customer::NAME, customer)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Source>();
/// The time of a source is over.
pub const CANCELED: &str = "source.canceled";
/// A source can be charged.
pub const CHARGEABLE: &str = "source.chargeable";
/// The payer did not do their part.
pub const FAILED: &str = "source.failed";
/// What sources cause.
pub const EVENTS: &[&str] = &[CANCELED, CHARGEABLE, FAILED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    operations::endpoints()
}

impl SourceCard {
    fn of(card: &Card) -> Self {
        SourceCard {
            address_line1_check: card.address_line1_check,
            address_zip_check: card.address_zip_check,
            brand: Some(card.brand.clone()),
            country: card.country.clone(),
            cvc_check: card.cvc_check,
            dynamic_last4: None,
            exp_month: Some(card.exp_month),
            exp_year: Some(card.exp_year),
            fingerprint: card.fingerprint.clone(),
            funding: Some(card.funding.clone()),
            last4: Some(card.last4.clone()),
            name: card.name.clone(),
            three_d_secure: Optional(Some("optional".into())),
            tokenization_method: card.tokenization_method.clone(),
        }
    }
}

impl ProvenCard {
    fn of(source: &Source) -> Self {
        let SourceCard {
            address_line1_check,
            address_zip_check,
            brand,
            country,
            cvc_check,
            dynamic_last4,
            exp_month,
            exp_year,
            fingerprint,
            funding,
            last4,
            name,
            three_d_secure,
            tokenization_method,
        } = SourceCard::of(&source.taken.0);
        ProvenCard {
            address_line1_check,
            address_zip_check,
            authenticated: Some(false),
            brand,
            card: Some(source.id.clone()),
            country,
            customer: source.customer.0.clone(),
            cvc_check,
            dynamic_last4,
            exp_month,
            exp_year,
            fingerprint,
            funding,
            last4,
            name,
            three_d_secure,
            tokenization_method,
        }
    }
}

impl Source {
    /// Refuses what this status does not allow.
    fn must_be_chargeable(&self, param: &str) -> Result<(), ApiError> {
        if self.status == Status::Chargeable {
            return Ok(());
        }
        let message = format!(
            "The source {} cannot be used because its status is {}: only chargeable sources can.",
            self.id,
            self.status.as_str()
        );
        Err(ApiError::invalid(400, message).code("invalid_source_usage").param(param))
    }
    /// The card with its number, as whoever asks the network needs it.
    fn card_of(&self) -> Card {
        let mut card = self.taken.0.clone();
        card.sealed_number = self.sealed_number.clone();
        card.cvc_given = self.cvc_given.clone();
        card
    }
    /// Whether a customer keeps it.
    pub(crate) fn belongs_to(&self, customer: &str) -> bool {
        self.customer.0.as_deref() == Some(customer)
    }
}

#[cfg(test)]
mod tests;
