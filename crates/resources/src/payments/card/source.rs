//! What a charge is made from: a token, a typed card, or a card that a customer keeps.
use super::{Card, CardParams, enter};
use crate::payments::{bank_account::BankAccount, customer::Customer, source as sources, token};
use acquirer::{Checks, Cvc, Expiry, simulator};
use api::{Cx, Stop};
use base::{ApiError, Metadata, Ref};
use vault::Secret;
use wire::{At, Bad, Node, Optional, Shape, Wire};

/// A source as a parameter: the id of a token or of a kept card, or a typed card.
#[derive(Debug)]
pub enum Source {
    /// `tok_…`, `btok_…`, or the id of something that the customer keeps.
    Id(String),
    /// A hash with a card.
    Card(Box<CardParams>),
}

impl Source {
    /// The id of a source of its own, such as `src_…`.
    pub(crate) fn of_its_own(&self) -> Option<&str> {
        match self {
            Source::Id(id) if id.starts_with("src_") => Some(id),
            _ => None,
        }
    }
}

impl Wire for Source {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        if let Some(Node::Map(_)) = node {
            return CardParams::read(at, node).map(|card| Source::Card(Box::new(card)));
        }
        let id = id_of(at, node)?;
        Ok(Source::Id(id.to_owned()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Source::Id(id) => wire::write_str(out, id),
            Source::Card(_) => out.extend_from_slice(b"null"),
        }
    }
}

/// The id in the place of a source. Errors never repeat what was sent: it could be a number in the wrong place.
pub(crate) fn id_of<'n>(at: &At<'_>, node: Option<&'n Node<'_>>) -> Result<&'n str, Bad> {
    if let Some(Node::List(_) | Node::Integer(_) | Node::Float(_)) = node {
        return Err(Bad::not(at, "string", "****"));
    }
    let id = wire::text(at, node)?;
    if id.chars().filter(char::is_ascii_digit).count() >= 9 && !id.contains('_') {
        let message = "This is not the id of a source. Numbers belong into a hash.".to_owned();
        return Err(Bad::Invalid { param: at.path(), code: None, message });
    }
    Ok(id)
}

/// What a charge is made from.
#[derive(Debug, Clone)]
pub struct Instrument {
    /// The card, to be shown as the charge's source.
    pub card: Card,
    /// The customer that was named, or whose card it is.
    pub customer: Option<String>,
    /// Whether the card is kept by the customer, so that what the bank says is written down.
    kept: bool,
    /// The number of a card that nobody keeps: a documented one, which is no secret and is not sealed.
    documented: Option<&'static str>,
    /// The source that the card lies in, to be shown in its place.
    of: Option<Box<sources::Source>>,
}

/// A card with its number opened; it is wiped when it is dropped.
#[derive(Debug)]
pub struct NetworkCard<'c> {
    /// The digits.
    pub(crate) number: Secret,
    /// When it ends.
    pub(crate) expiry: Expiry,
    /// Whether a security code was given.
    pub(crate) cvc_given: bool,
    /// The name on it.
    pub(crate) name: Option<&'c str>,
    /// The first line of the billing address.
    pub(crate) line1: Option<&'c str>,
    /// The postal code of the billing address.
    pub(crate) zip: Option<&'c str>,
}

impl NetworkCard<'_> {
    /// The card as the network sees it.
    pub fn ask(&self) -> acquirer::Card<'_> {
        acquirer::Card {
            number: self.number.reveal(),
            expiry: self.expiry,
            cvc: if self.cvc_given { Cvc::WasGiven } else { Cvc::Absent },
            name: self.name,
            line1: self.line1,
            zip: self.zip,
        }
    }
}

impl Card {
    /// The card with its number, for the acquirer's ask only. Errors: the vault does not open it.
    pub(crate) fn network(&self, cx: &Cx<'_>) -> Result<NetworkCard<'_>, Stop> {
        Ok(self.with_number(self.open(cx, &cx.caller.account)?))
    }
    fn with_number(&self, number: Secret) -> NetworkCard<'_> {
        NetworkCard {
            number,
            expiry: self.expiry(),
            cvc_given: self.cvc_given.0 == Some(true),
            name: self.name.as_deref(),
            line1: self.address_line1.as_deref(),
            zip: self.address_zip.as_deref(),
        }
    }
}

impl Instrument {
    /// The card of a source.
    pub(crate) fn of_source(source: &sources::Source, card: Card) -> Self {
        let customer = source.customer.0.clone();
        Instrument { card, customer, kept: false, documented: None, of: Some(Box::new(source.clone())) }
    }
    /// The id by which a charge names it.
    pub(crate) fn id(&self) -> &str {
        self.of.as_ref().map_or(&self.card.id, |source| &source.id)
    }
    /// It as a charge shows it.
    pub(crate) fn shown(&self) -> Vec<u8> {
        self.of.as_ref().map_or_else(|| wire::to_json(&self.card), |source| wire::to_json(&**source))
    }
    /// The card with its number, for the acquirer's ask only. Errors: the vault does not open it.
    pub fn network_card(&self, cx: &Cx<'_>) -> Result<NetworkCard<'_>, Stop> {
        match self.documented {
            Some(number) => Ok(self.card.with_number(Secret::new(number))),
            None => self.card.network(cx),
        }
    }
    /// Takes over what the bank said of the card's data, and writes it down where a customer keeps the card.
    pub fn checked(&mut self, cx: &mut Cx<'_>, checks: Checks) {
        if !self.kept {
            return self.card.checked(checks);
        }
        let before = self.card.clone();
        self.card.checked(checks);
        if self.card != before {
            cx.put(&self.card);
        }
    }
}

/// Finds what a charge is made from; a token is used up in the same unit of work. Errors: neither a source nor a
/// customer, no such token or customer, a token that was used, a customer without a card, a card that is wrong.
pub async fn instrument(
    cx: &mut Cx<'_>,
    source: Option<Source>,
    customer: Option<&str>,
) -> Result<Instrument, Stop> {
    let Some(customer) = customer else {
        let card = match source {
            None => {
                let error = ApiError::invalid(400, "Must provide source or customer.");
                return Err(error.code("parameter_missing").into());
            }
            Some(Source::Card(typed)) => enter::enter(cx, *typed, "source")?,
            Some(Source::Id(id)) => {
                if let Some((card, number)) = enter::well_known(cx, &id) {
                    let documented = Some(number);
                    return Ok(Instrument { card, customer: None, kept: false, documented, of: None });
                }
                match take(cx, &id, "source").await? {
                    Taken::Card(card) => *card,
                    Taken::Bank(_) => return Err(no_card(&id)),
                }
            }
        };
        return Ok(Instrument { card, customer: None, kept: false, documented: None, of: None });
    };
    let owner: Customer = match cx.get(customer).await? {
        Some(owner) => owner,
        None => return Err(ApiError::no_such("customer", customer, "customer").into()),
    };
    let id = match source {
        Some(Source::Id(id)) => id,
        Some(Source::Card(_)) => {
            let message = "You cannot charge a typed card together with a customer. Add the card to the customer first, or leave the customer out.";
            return Err(ApiError::invalid(400, message).code("parameters_exclusive").param("source").into());
        }
        None => match &owner.default_source {
            Some(card) => card.id.clone(),
            None => {
                let message = "Cannot charge a customer that has no active card";
                return Err(ApiError::card("missing", None, message).param("card").into());
            }
        },
    };
    match cx.get::<Card>(&id).await?.filter(|card| card.belongs_to(&owner.id)) {
        Some(card) => {
            Ok(Instrument { card, customer: Some(owner.id), kept: true, documented: None, of: None })
        }
        None => {
            let shown: String = id.chars().take(255).collect();
            let message = format!("Customer {} does not have a linked source with ID {shown}.", owner.id);
            Err(ApiError::invalid(400, message).code("missing").param("source").into())
        }
    }
}

fn no_card(id: &str) -> Stop {
    let message =
        format!("The token {id} stands for a bank account, which cannot be charged here. Use a card.");
    ApiError::invalid(400, message).code("invalid_source_usage").param("source").into()
}

impl Card {
    pub(crate) fn belongs_to(&self, customer: &str) -> bool {
        self.customer.0.as_ref().is_some_and(|owner| owner.id == customer)
    }
}

/// What a token stood for.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// A card.
    Card(Box<Card>),
    /// A bank account.
    Bank(Box<BankAccount>),
}

/// Takes what a token stands for, and uses the token up in the same unit of work. The documented test tokens can
/// be taken any number of times in test mode. Errors, both naming `param`: no such token, or it was used.
pub async fn take(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<Taken, Stop> {
    token::take(cx, id, param).await
}

/// Gives a source to a customer, who is put by the caller. The first card becomes the default. Errors: the bank
/// refuses the card, unless `validate` is off; no such token; the token was used.
pub(crate) async fn attach(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    source: Source,
    metadata: Metadata,
    validate: bool,
    param: &str,
) -> Result<Taken, Stop> {
    let taken = match source {
        Source::Card(typed) => Taken::Card(Box::new(enter::enter(cx, *typed, param)?)),
        Source::Id(id) => take(cx, &id, param).await?,
    };
    match taken {
        Taken::Card(mut card) => {
            card.customer = Optional(Some(Ref::to(&customer.id)));
            card.metadata = metadata;
            // Live mode has no way to ask the bank without charging.
            if validate && !cx.caller.livemode {
                let checks = simulator::attach_outcome(&card.network(cx)?.ask());
                card.checked(checks.map_err(|why| enter::refused(cx, why))?);
            }
            if customer.default_source.is_none() {
                customer.default_source = Some(Ref::to(&card.id));
            }
            cx.put(&*card);
            cx.emit(super::CREATED, &*card);
            Ok(Taken::Card(card))
        }
        Taken::Bank(mut bank) => {
            bank.customer = Optional(Some(Ref::to(&customer.id)));
            bank.metadata = Optional(Some(metadata));
            cx.put(&*bank);
            cx.emit(super::CREATED, &*bank);
            Ok(Taken::Bank(bank))
        }
    }
}

/// Refuses a text with more characters than this.
pub(crate) fn not_more_than(most: usize, param: &str, text: Option<&str>) -> Result<(), ApiError> {
    match text {
        Some(text) if text.chars().count() > most => {
            let start: String = text.chars().take(20).collect();
            let message = format!("Invalid string: {start}…; must be at most {most} characters");
            Err(ApiError::invalid(400, message).param(param))
        }
        _ => Ok(()),
    }
}
