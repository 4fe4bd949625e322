//! Tokens: a card, a bank account, a person's number, the details of an account or of a person, or a security code, each
//! to be used once, made where it was typed (API page "Tokens").
mod details;

pub(crate) use details::{Origin, take_account, take_cvc, take_person};

use crate::{
    connect::{
        account::TokenParams,
        person::{IdNumber, PersonParams, read_number},
    },
    payments::{
        bank_account::{self, BankAccount, BankSource},
        card::{self, Card, Entered, Source, Taken},
        customer::Customer,
    },
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Stop, done, sealed_text, secrets::Sealed};
use base::{ApiError, Metadata, Named, Timestamp, Version, Via};
use details::{CvcParams, DETAILS, Typed};
use vault::Kind;
use wire::{Hidden, Optional, Wire};

/// Something that was typed and can be used once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Token {
    /// `tok_…`, `btok_…` for a bank account, `pii_…` for a person's number, `ct_…` for an account, `cpt_…` for a person,
    /// `cvctok_…` for a security code.
    pub id: String,
    /// `token`.
    pub object: String,
    /// The bank account.
    pub bank_account: Optional<BankAccount>,
    /// The card.
    pub card: Optional<Card>,
    /// The address of the browser that made it.
    pub client_ip: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Live or test.
    pub livemode: bool,
    /// `account`, `bank_account`, `card`, `cvc_update`, `person` or `pii`.
    pub r#type: String,
    /// Whether it was used.
    pub used: bool,
    /// The number, until the token is used.
    pub sealed_number: Hidden<Option<String>>,
    /// Whether a security code came with the card.
    pub cvc_given: Hidden<Option<bool>>,
    /// What a person's number said.
    pub id_number: Hidden<Option<IdNumber>>,
    /// What was typed of an account or of a person, sealed in pieces, until the token is used.
    pub sealed_details: Hidden<Vec<String>>,
    /// What the machine that made it says of its program.
    pub user_agent: Hidden<Option<String>>,
}

impl Named for Token {
    const NAME: &'static str = "token";
    const PREFIX: &'static str = "tok";
}
impl Object for Token {
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        let number = &mut self.sealed_number.0;
        match (&self.card.0, &self.bank_account.0) {
            (Some(card), _) => Sealed::one(Kind::CardNumber, &card.id, number),
            (None, Some(bank)) => Sealed::one(Kind::BankAccountNumber, &bank.id, number),
            (None, None) => sealed_text::secrets(DETAILS, &self.id, &mut self.sealed_details.0),
        }
    }
    /// A number that nobody came for is not kept.
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(if self.used { KEPT_USED } else { KEPT_UNUSED }).0)
    }
}

/// The type of tokens of a person's number, which their ids begin with.
pub(crate) const PII: &str = "pii";

/// How long a token waits for its use, in seconds.
const KEPT_UNUSED: i64 = Timestamp::DAY;
/// How long it is known that a token was used, in seconds.
const KEPT_USED: i64 = 30 * Timestamp::DAY;
/// Publishable keys retrieve no tokens, and see no fingerprint, from this version on.
const PUBLIC_SEES_LESS: Version = Version::of("2014-10-07");
/// Refusals for lack of rights are 403 from this version on, 401 before.
const FORBIDDEN: Version = Version::of("2016-10-19");

/// The noun.
pub const NOUN: Noun = Noun::of::<Token>();
/// What it causes.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/tokens", Token::NAME, |cx, p| Box::pin(create(cx, p))).public(),
        Endpoint::new("GET", "/v1/tokens/{id}", Token::NAME, |cx, p| Box::pin(retrieve(cx, p))).public(),
    ]
}

/// What `POST /v1/tokens` takes.
#[derive(Debug, Wire)]
pub struct Create {
    account: Option<Typed<TokenParams>>,
    amount: Option<i64>,
    bank_account: Option<BankSource>,
    card: Option<Source>,
    customer: Option<String>,
    cvc_update: Option<CvcParams>,
    person: Option<Typed<PersonParams>>,
    pii: Option<Pii>,
}

/// What is known of a person.
#[derive(Debug, Wire)]
struct Pii {
    id_number: Option<Entered>,
}

// Transitions.

impl Token {
    /// A token that stands for nothing yet.
    fn blank(cx: &Cx<'_>) -> Self {
        Token {
            id: String::new(),
            object: Token::NAME.into(),
            bank_account: Optional(None),
            card: Optional(None),
            client_ip: cx.caller.client.map(|it| it.to_string()),
            created: cx.now(),
            livemode: cx.caller.livemode,
            r#type: String::new(),
            used: false,
            sealed_number: Hidden(None),
            cvc_given: Hidden(None),
            id_number: Hidden(None),
            sealed_details: Hidden(Vec::new()),
            user_agent: Hidden(cx.caller.user_agent.clone()),
        }
    }

    fn of_number(cx: &Cx<'_>, number: IdNumber) -> Self {
        let id = cx.world.new_id(PII);
        Token { id, r#type: PII.into(), id_number: Hidden(Some(number)), ..Token::blank(cx) }
    }

    fn new(cx: &Cx<'_>, of: Taken) -> Self {
        let mut token = Token::blank(cx);
        match of {
            Taken::Card(mut card) => {
                token.id = cx.new_id::<Token>();
                token.r#type = Card::NAME.into();
                token.sealed_number = std::mem::take(&mut card.sealed_number);
                token.cvc_given = std::mem::take(&mut card.cvc_given);
                token.card = Optional(Some(*card));
            }
            Taken::Bank(mut bank) => {
                token.id = cx.world.new_id("btok");
                token.r#type = BankAccount::NAME.into();
                token.sealed_number = std::mem::take(&mut bank.sealed_number);
                token.bank_account = Optional(Some(*bank));
            }
        }
        token
    }

    /// Uses the token up: what it stood for leaves it with the number.
    fn spend(&mut self) -> Option<Taken> {
        self.used = true;
        let sealed_number = std::mem::take(&mut self.sealed_number);
        if let Some(mut card) = self.card.0.clone() {
            card.sealed_number = sealed_number;
            card.cvc_given = self.cvc_given.clone();
            return Some(Taken::Card(Box::new(card)));
        }
        let mut bank = self.bank_account.0.clone()?;
        bank.sealed_number = sealed_number;
        Some(Taken::Bank(Box::new(bank)))
    }

    /// The token as this caller may see it.
    fn shown(mut self, cx: &Cx<'_>) -> Self {
        let sees_less = cx.caller.via == Via::PublishableKey && cx.caller.version.has(PUBLIC_SEES_LESS);
        if let Some(card) = self.card.0.as_mut().filter(|_| sees_less) {
            card.fingerprint = Optional(None);
        }
        self
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Token> {
    // The first pages gave an amount along with the card. It never bound anybody, and they still send it.
    if p.amount.is_some() && cx.caller.via != Via::PublishableKey {
        return Err(wire::Bad::Unknown(vec!["amount".into()]).into());
    }
    p.one_kind()?;
    let token = match p {
        Create { account: Some(sent), .. } => details::of_account(cx, sent)?,
        Create { person: Some(sent), .. } => details::of_person(cx, sent)?,
        Create { cvc_update: Some(sent), .. } => details::of_cvc(cx, &sent)?,
        Create { pii: Some(sent), .. } => of_pii(cx, &sent)?,
        p => {
            let of = taken(cx, p).await?;
            Token::new(cx, of)
        }
    };
    cx.put(&token);
    done(token.shown(cx))
}

impl Create {
    /// Errors: it says more than one thing.
    fn one_kind(&self) -> Result<(), ApiError> {
        let means = self.card.is_some() || self.bank_account.is_some() || self.customer.is_some();
        let kinds = [
            ("account", self.account.is_some()),
            ("card, bank_account, customer", means),
            ("cvc_update", self.cvc_update.is_some()),
            ("person", self.person.is_some()),
            (PII, self.pii.is_some()),
        ];
        let sent: Vec<&str> = kinds.into_iter().filter(|(_, sent)| *sent).map(|(name, _)| name).collect();
        let [_, .., last] = sent[..] else { return Ok(()) };
        let message = format!("You may only specify one of these parameters: {}.", sent.join(", "));
        Err(ApiError::invalid(400, message).code("parameters_exclusive").param(last))
    }
}

fn of_pii(cx: &Cx<'_>, pii: &Pii) -> Result<Token, Stop> {
    let param = "pii[id_number]";
    let missing = || {
        let message = "Missing required param: pii[id_number]. Send the number as it stands on the document.";
        ApiError::invalid(400, message).code("parameter_missing").param(param)
    };
    let sent = pii.id_number.as_ref().ok_or_else(missing)?;
    let number = read_number(sent, param, cx.caller.livemode)?.ok_or_else(missing)?;
    Ok(Token::of_number(cx, number))
}

/// The card or bank account that was sent.
async fn taken(cx: &mut Cx<'_>, p: Create) -> Result<Taken, Stop> {
    Ok(match p {
        Create { customer: Some(customer), card, bank_account, .. } => {
            shared(cx, &customer, card, bank_account).await?
        }
        Create { card: Some(_), bank_account: Some(_), .. } => return Err(one_of_them()),
        Create { card: Some(Source::Card(typed)), .. } => {
            Taken::Card(Box::new(card::enter(cx, *typed, "card")?))
        }
        Create { bank_account: Some(BankSource::Typed(typed)), .. } => {
            Taken::Bank(Box::new(bank_account::enter(cx, *typed, "bank_account")?))
        }
        Create { card: Some(Source::Id(_)), .. } | Create { bank_account: Some(BankSource::Id(_)), .. } => {
            let message = "To make a token of something that a customer keeps, name the customer, too.";
            return Err(ApiError::invalid(400, message).code("parameter_missing").param("customer").into());
        }
        Create { card: None, bank_account: None, customer: None, .. } => {
            let message = "You must supply either a card, customer, or bank account to create a token.";
            return Err(ApiError::invalid(400, message).code("parameter_missing").param("card").into());
        }
    })
}

fn one_of_them() -> Stop {
    let message = "You may only specify one of these parameters: card, bank_account.";
    ApiError::invalid(400, message).code("parameters_exclusive").param("bank_account").into()
}

/// Copies what a customer of the platform keeps into the account that the platform acts for. The platform's
/// customer is the one object of another tenant that is read here, and only by that platform.
async fn shared(
    cx: &mut Cx<'_>,
    customer: &str,
    card: Option<Source>,
    bank: Option<BankSource>,
) -> Result<Taken, Stop> {
    let live = cx.caller.livemode;
    let platform = cx.caller.platform.clone().filter(|_| cx.caller.via != Via::PublishableKey);
    let Some(platform) = platform else {
        let message = "The customer parameter can only be used with an OAuth access token or the Stripe-Account header: it copies a customer of the platform into the connected account.";
        return Err(ApiError::invalid(400, message).param("customer").into());
    };
    let Some(owner) = cx.get_of::<Customer>(&platform, live, customer).await? else {
        return Err(ApiError::no_such(Customer::NAME, customer, "customer").into());
    };
    let number = || ApiError::invalid(400, "With a customer, name what the customer keeps by its id.");
    let id = match (card, bank) {
        (Some(_), Some(_)) => return Err(one_of_them()),
        (None, Some(BankSource::Id(id))) => {
            let kept = cx.get_of::<BankAccount>(&platform, live, &id).await?;
            let Some(mut bank) = kept.filter(|bank| bank.belongs_to(&owner.id)) else {
                return Err(ApiError::no_such(BankAccount::NAME, &id, "bank_account").into());
            };
            let number = bank.open(cx, &platform)?;
            bank.id = cx.new_id::<BankAccount>();
            (bank.customer, bank.metadata) = (Optional(None), Optional(None));
            bank.seal(cx, &cx.caller.account, number.reveal())?;
            return Ok(Taken::Bank(Box::new(bank)));
        }
        (None, Some(BankSource::Typed(_))) => return Err(number().param("bank_account").into()),
        (Some(Source::Card(_)), None) => return Err(number().param("card").into()),
        (Some(Source::Id(id)), None) => id,
        (None, None) => match owner.default_source {
            Some(card) => card.id,
            None => {
                let message = format!("The customer {} has no card to make a token of.", owner.id);
                return Err(ApiError::invalid(400, message).code("missing").param("customer").into());
            }
        },
    };
    let kept = cx.get_of::<Card>(&platform, live, &id).await?;
    let Some(mut card) = kept.filter(|card| card.belongs_to(&owner.id)) else {
        return Err(ApiError::no_such(Card::NAME, &id, "card").into());
    };
    let number = card.open(cx, &platform)?;
    card.id = cx.new_id::<Card>();
    (card.customer, card.metadata) = (Optional(None), Metadata::default());
    card.seal(cx, &cx.caller.account, number.reveal())?;
    Ok(Taken::Card(Box::new(card)))
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Token> {
    if cx.caller.via == Via::PublishableKey && cx.caller.version.has(PUBLIC_SEES_LESS) {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.";
        let status = if cx.caller.version.has(FORBIDDEN) { 403 } else { 401 };
        return Err(ApiError::invalid(status, message).code("secret_key_required").into());
    }
    let id = cx.path("id").to_owned();
    if let Some(of) = well_known(cx, &id)? {
        let known = Token::new(cx, of);
        return done(Token { id, ..known });
    }
    done(cx.must::<Token>("id", &id).await?)
}

fn well_known(cx: &Cx<'_>, id: &str) -> Result<Option<Taken>, Stop> {
    if let Some((mut card, number)) = card::well_known(cx, id) {
        card.seal(cx, &cx.caller.account, number)?;
        return Ok(Some(Taken::Card(Box::new(card))));
    }
    Ok(bank_account::well_known(cx, id)?.map(|bank| Taken::Bank(Box::new(bank))))
}

/// Takes what a token stands for, and writes down that it was used.
pub(crate) async fn take(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<Taken, Stop> {
    if let Some(of) = well_known(cx, id)? {
        return Ok(of);
    }
    let mut token = unused(cx, id, param).await?;
    if token.card.0.is_none() && token.bank_account.0.is_none() {
        let message = format!(
            "The token {id} is of the type {}. Send a token of a card or of a bank account.",
            token.r#type
        );
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    let of = token.spend().ok_or_else(|| api::fault(format!("{id} stands for nothing")))?;
    cx.put(&token);
    Ok(of)
}

/// Takes the number that a token stands for, and writes down that it was used.
pub(crate) async fn take_number(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<IdNumber, Stop> {
    let mut token = unused(cx, id, param).await?;
    token.used = true;
    cx.put(&token);
    token.id_number.0.ok_or_else(|| api::fault(format!("{id} stands for nothing")))
}

async fn unused(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<Token, Stop> {
    let Some(token) = cx.get::<Token>(id).await? else {
        return Err(ApiError::no_such(Token::NAME, id, param).status(400).into());
    };
    if token.used {
        let message = format!("You cannot use a Stripe token more than once: {id}.");
        return Err(ApiError::invalid(400, message).code("token_already_used").param(param).into());
    }
    Ok(token)
}

#[cfg(test)]
pub(crate) mod tests;
