//! Top-ups: money that comes from a bank account into the balance (API page "Top-ups").
use crate::{
    due,
    payments::{
        balance_transaction::{self, BalanceTransaction, Kind, Movement},
        bank_account::BankAccount,
        card::{Taken, take},
        charge::rules,
        payment_method::PaymentMethod,
    },
};
use acquirer::simulator::banks::{self, Debit};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::{Delay, LedgerAccount, Posting};
use wire::{Hidden, Optional, Patch, Wire};

/// Money that comes from a bank account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Topup {
    /// `tu_…`.
    pub id: String,
    /// `topup`.
    pub object: String,
    /// In minor units.
    pub amount: i64,
    /// What the balance gained by it; once it is there.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// The account's own words.
    pub description: Option<String>,
    /// When the money is expected.
    pub expected_availability_date: Option<Timestamp>,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// The same as a sentence.
    pub failure_message: Option<String>,
    /// Who asked for it.
    pub initiated_by: Option<Initiator>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// The payment method that it comes from.
    pub payment_method: Option<Ref<PaymentMethod>>,
    /// How that is debited.
    pub payment_method_options: Option<Options>,
    /// The bank account that it comes from.
    pub source: Option<BankSource>,
    /// What the bank statement shows.
    pub statement_descriptor: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// What holds it and transfers together.
    pub transfer_group: Option<String>,
    /// Why the bank will refuse it; nothing where it will not.
    pub refusal: Hidden<Optional<String>>,
}

/// How a payment method is debited, by its kind.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Options {
    /// A bank account in the United States.
    pub us_bank_account: Option<BankOptions>,
}

/// How a bank account in the United States is debited.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BankOptions {
    /// Over which network.
    pub network: Network,
}

/// A network of banks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Network {
    /// The Automated Clearing House.
    Ach,
}

/// Who asked for a top-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Initiator {
    /// The schedule.
    Stripe,
    /// The account.
    User,
}

/// Where a top-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It was called off.
    Canceled,
    /// The bank refused it.
    Failed,
    /// It is on its way.
    Pending,
    /// It went back.
    Reversed,
    /// It is there.
    Succeeded,
}

/// A bank account in the form of a source, as top-ups show it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BankSource {
    /// `src_…`.
    pub id: String,
    /// `source`.
    pub object: String,
    /// The bank account.
    pub ach_debit: AchDebit,
    /// Whether it may be shown again.
    pub allow_redisplay: Option<String>,
    /// Any amount.
    pub amount: Option<i64>,
    /// A secret for browsers.
    pub client_secret: String,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the bank account.
    pub currency: Option<Currency>,
    /// `none`: nobody has to do anything.
    pub flow: String,
    /// Live or test.
    pub livemode: bool,
    /// Its own keys and values.
    pub metadata: Option<Metadata>,
    /// Who holds it.
    pub owner: Option<String>,
    /// What the bank statement shows.
    pub statement_descriptor: Option<String>,
    /// `chargeable`.
    pub status: String,
    /// `ach_debit`.
    pub r#type: String,
    /// `reusable`.
    pub usage: Option<String>,
}

/// A bank account that is debited.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AchDebit {
    /// The bank.
    pub bank_name: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: Option<String>,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// The number of the bank.
    pub routing_number: Option<String>,
    /// `individual` or `company`.
    pub r#type: Option<String>,
}

impl Named for Topup {
    const NAME: &'static str = "topup";
    const PREFIX: &'static str = "tu";
}
impl Object for Topup {
    const PATH: &'static str = "/v1/topups";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Topup>();
/// A top-up was called off.
pub const CANCELED: &str = "topup.canceled";
/// A top-up was made.
pub const CREATED: &str = "topup.created";
/// The bank refused a top-up.
pub const FAILED: &str = "topup.failed";
/// The bank took the money back.
pub const REVERSED: &str = "topup.reversed";
/// The money is there.
pub const SUCCEEDED: &str = "topup.succeeded";
/// What top-ups cause.
pub const EVENTS: &[&str] = &[CANCELED, CREATED, FAILED, REVERSED, SUCCEEDED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/topups", "topup", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Topup>("/v1/topups/{id}"),
        Endpoint::new("POST", "/v1/topups/{id}", "topup", |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>("/v1/topups", "topup", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("POST", "/v1/topups/{id}/cancel", "topup", |cx, p| Box::pin(cancel(cx, p))),
    ]
}

/// What `POST /v1/topups` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: i64,
    currency: Currency,
    description: Option<String>,
    metadata: MetadataPatch,
    payment_method: Option<String>,
    payment_method_options: Option<Options>,
    source: Option<String>,
    statement_descriptor: Option<String>,
    transfer_group: Option<String>,
}

/// What `POST /v1/topups/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    description: Patch<String>,
    metadata: MetadataPatch,
}

/// What `POST /v1/topups/{id}/cancel` takes.
#[derive(Debug, Wire)]
pub struct Cancel {}

/// What `GET /v1/topups` filters by.
#[derive(Debug, Wire)]
pub struct List {
    amount: Option<Range>,
    created: Option<Range>,
    status: Option<String>,
}

/// How long the test bank takes to object, in seconds.
const DISPUTE_TAKES: i64 = 60;
/// The longest statement descriptor of a debit in characters.
const DESCRIPTOR_MAX: usize = 15;

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Topup> {
    let metadata = p.metadata.fresh()?;
    rules::positive("amount", p.amount)?;
    rules::description(p.description.as_deref())?;
    rules::statement_descriptor("statement_descriptor", p.statement_descriptor.as_deref())?;
    if p.statement_descriptor.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTOR_MAX) {
        let message = format!("The statement descriptor must be at most {DESCRIPTOR_MAX} characters long.");
        return Err(ApiError::invalid(400, message).param("statement_descriptor").into());
    }
    if cx.caller.livemode {
        let message = "No acquirer is configured that debits bank accounts. Use a test mode key.";
        return Err(ApiError::invalid(400, message).code("testmode_charges_only").into());
    }
    // Where none is named, the bank is debited that was set up for this; test mode has one for everybody.
    let bank = match p.source {
        Some(_) if p.payment_method.is_some() => {
            let message = "You may only specify one of these parameters: payment_method, source.";
            return Err(ApiError::invalid(400, message).code("parameters_exclusive").param("source").into());
        }
        Some(source) => Some(named(cx, &source, p.currency).await?),
        None => None,
    };
    let refusal = match (&bank, &p.payment_method) {
        (Some(bank), _) => {
            let number = bank.open(cx, &cx.caller.account)?;
            refusal(bank.routing_number.as_deref(), number.reveal())
        }
        (None, Some(id)) => of_method(cx, id, p.currency).await?,
        (None, None) => None,
    };
    if p.payment_method_options.is_some() && p.payment_method.is_none() {
        let message = "You can only send payment_method_options together with a payment_method.";
        return Err(ApiError::invalid(400, message).param("payment_method_options").into());
    }
    let arrival = money::available_on(cx.now(), Delay::BusinessDays(1));
    let topup = Topup {
        id: cx.new_id::<Topup>(),
        object: Topup::NAME.into(),
        amount: p.amount,
        balance_transaction: None,
        created: cx.now(),
        currency: p.currency,
        description: p.description,
        expected_availability_date: Some(arrival),
        failure_code: None,
        failure_message: None,
        initiated_by: Some(Initiator::User),
        livemode: cx.caller.livemode,
        metadata,
        payment_method: p.payment_method.map(Ref::to),
        payment_method_options: p.payment_method_options,
        refusal: Hidden(Optional(refusal)),
        source: bank.map(|bank| shown(cx, bank)),
        statement_descriptor: p.statement_descriptor,
        status: Status::Pending,
        transfer_group: p.transfer_group,
    };
    cx.put(&topup);
    due::later(cx, due::Kind::TopupMoves, &topup.id, arrival);
    cx.emit(CREATED, &topup);
    done(topup)
}

/// The bank account that a source names. Errors: it names something else, or one in another currency.
async fn named(cx: &mut Cx<'_>, source: &str, currency: Currency) -> Result<BankAccount, Stop> {
    let bank = match take(cx, source, "source").await? {
        Taken::Bank(bank) => *bank,
        Taken::Card(_) => {
            let message = format!("{source} stands for a card. Top-ups come from bank accounts.");
            return Err(ApiError::invalid(400, message).code("invalid_source_usage").param("source").into());
        }
    };
    if bank.currency != currency {
        let message = format!(
            "The bank account is in {}, so a top-up in {currency} cannot come from it.",
            bank.currency
        );
        return Err(ApiError::invalid(400, message).param("currency").into());
    }
    Ok(bank)
}

/// Why the bank of a payment method will refuse to be debited. Errors: there is no such payment method; it is not the
/// account's own, or no bank account of this currency.
async fn of_method(cx: &mut Cx<'_>, id: &str, currency: Currency) -> Result<Option<String>, Stop> {
    const PARAM: &str = "payment_method";
    let Some(method) = cx.get::<PaymentMethod>(id).await? else {
        return Err(ApiError::no_such("PaymentMethod", id, PARAM).status(400).into());
    };
    let (Some(bank), Some(true)) = (&method.us_bank_account.0, method.own.0.0) else {
        let message = format!(
            "The PaymentMethod {id} cannot be debited for your own balance. Set a us_bank_account up with a SetupIntent that has attach_to_self=true."
        );
        return Err(ApiError::invalid(400, message).param(PARAM).into());
    };
    if currency != Currency::USD {
        let message = format!("The bank account is in usd, so a top-up in {currency} cannot come from it.");
        return Err(ApiError::invalid(400, message).param("currency").into());
    }
    let number = method.open(cx, &cx.caller.account)?;
    Ok(refusal(bank.routing_number.as_deref(), number.reveal()))
}

/// Why the bank will refuse to be debited, as the documented test accounts do.
fn refusal(routing: Option<&str>, number: &str) -> Option<String> {
    let known = banks::find(routing.unwrap_or_default(), number);
    match known.map(|it| it.debit) {
        Some(Debit::Fails(code) | Debit::Unusable(code)) => Some(code.to_owned()),
        Some(Debit::Blocked | Debit::WeeklyLimitExceeded) => Some("declined".to_owned()),
        Some(Debit::Disputed) => Some(DISPUTED.to_owned()),
        Some(Debit::Succeeds | Debit::MicrodepositsFail | Debit::Processing) | None => None,
    }
}

/// The bank does not refuse, but its customer objects once the money is there.
const DISPUTED: &str = "disputed";

fn shown(cx: &Cx<'_>, bank: BankAccount) -> BankSource {
    let id = cx.world.new_id("src");
    BankSource {
        object: "source".into(),
        ach_debit: AchDebit {
            bank_name: bank.bank_name,
            country: Some(bank.country),
            fingerprint: bank.fingerprint,
            last4: Some(bank.last4),
            routing_number: bank.routing_number,
            r#type: bank.account_holder_type.map(|it| it.as_str().to_owned()),
        },
        allow_redisplay: None,
        amount: None,
        client_secret: format!("src_client_secret_{}", cx.token(24)),
        created: cx.now(),
        currency: Some(bank.currency),
        flow: "none".into(),
        livemode: cx.caller.livemode,
        metadata: Some(Metadata::default()),
        owner: None,
        statement_descriptor: None,
        status: "chargeable".into(),
        r#type: "ach_debit".into(),
        usage: Some("reusable".into()),
        id,
    }
}

/// A top-up of the caller is there, or was refused.
pub(crate) async fn advance(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Topup>(id).await? else { return Ok(()) };
    let disputed = before.refusal.0.0.as_deref() == Some(DISPUTED);
    match before.status {
        Status::Pending => {}
        Status::Succeeded if disputed => return reverse(cx, &before),
        _ => return Ok(()),
    }
    let mut topup = before.clone();
    if let Some(code) = before.refusal.0.0.clone().filter(|_| !disputed) {
        topup.status = Status::Failed;
        topup.failure_message = Some(format!("The bank refused to be debited: {}.", code.replace('_', " ")));
        topup.failure_code = Some(code);
        cx.put(&topup);
        cx.emit_update(FAILED, &before, &topup);
        return Ok(());
    }
    topup.balance_transaction = Some(Ref::to(book(cx, &topup, Kind::Topup, topup.amount)?));
    topup.status = Status::Succeeded;
    cx.put(&topup);
    if disputed {
        due::later(cx, due::Kind::TopupMoves, &topup.id, cx.now().plus(DISPUTE_TAKES));
    }
    due::later(cx, due::Kind::BalanceTells, &topup.id, cx.world_now());
    cx.emit_update(SUCCEEDED, &before, &topup);
    Ok(())
}

/// The bank takes the money back.
fn reverse(cx: &mut Cx<'_>, before: &Topup) -> Result<(), Stop> {
    let mut topup = before.clone();
    topup.status = Status::Reversed;
    book(cx, &topup, Kind::TopupReversal, -topup.amount)?;
    cx.put(&topup);
    cx.emit_update(REVERSED, before, &topup);
    Ok(())
}

/// Writes down what the balance gains by a top-up; returns the id of the movement.
fn book(cx: &mut Cx<'_>, topup: &Topup, kind: Kind, amount: i64) -> Result<String, Stop> {
    let account = cx.caller.account.clone();
    let available_on = cx.now().midnight();
    let movement = Movement {
        account: &account,
        live: topup.livemode,
        kind,
        amount,
        currency: topup.currency,
        fees: Vec::new(),
        available_on,
        description: topup.description.clone(),
        source: topup.id.clone(),
        posting: Posting::moved(LedgerAccount::Bank, topup.currency, amount, available_on),
    };
    balance_transaction::record(cx, movement)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Topup> {
    let id = cx.path("id").to_owned();
    let mut topup: Topup = cx.must("id", &id).await?;
    if let Patch::Set(text) = &p.description {
        rules::description(Some(text))?;
    }
    p.description.apply(&mut topup.description);
    p.metadata.apply(&mut topup.metadata)?;
    cx.put(&topup);
    done(topup)
}

async fn cancel(cx: &mut Cx<'_>, _: Cancel) -> Outcome<Topup> {
    let id = cx.path("id").to_owned();
    let before: Topup = cx.must("id", &id).await?;
    if before.status != Status::Pending {
        let message = format!(
            "Top-up {id} cannot be canceled because its status is {}: only pending ones can.",
            before.status.as_str()
        );
        return Err(ApiError::invalid(400, message).into());
    }
    let mut topup = before.clone();
    topup.status = Status::Canceled;
    cx.put(&topup);
    cx.emit_update(CANCELED, &before, &topup);
    done(topup)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { amount, created, status } = p;
    if amount.is_none() && created.is_none() && status.is_none() {
        return cx.page::<Topup>(None).await;
    }
    cx.page_where::<Topup>(None, |doc| {
        wire::from_json::<Topup>(&doc.body).is_ok_and(|it| {
            amount.is_none_or(|range| range.holds(it.amount))
                && created.is_none_or(|range| range.holds(it.created.0))
                && status.as_deref().is_none_or(|wanted| wanted == it.status.as_str())
        })
    })
    .await
}

#[cfg(test)]
mod tests;
