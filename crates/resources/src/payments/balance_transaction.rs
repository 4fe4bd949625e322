//! Balance transactions: every movement of an account's balance, with the ledger entries behind it (API page
//! "Balance transactions").
use crate::payments::{
    charge::Charge,
    dispute::Dispute,
    payout::{Cut, Payout},
    refund::Refund,
};
use api::{Cx, Endpoint, Fresh, Noun, Object, Outcome, Page, Range, Reply, Stop, done, fault};
use base::{ApiError, Currency, Named, Ref, Timestamp};
use money::{Entry, Exchange, Posting, Rate};
use store::Bytes;
use wire::{At, Bad, Hidden, Node, Optional, Shape, Wire};

/// A movement of an account's balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BalanceTransaction {
    /// `txn_…`.
    pub id: String,
    /// `balance_transaction`.
    pub object: String,
    /// What moved before fees, in minor units; negative where the balance gave.
    pub amount: i64,
    /// From when the net can be spent.
    pub available_on: Timestamp,
    /// Which balance it moved.
    pub balance_type: BalanceType,
    /// When it was written down.
    pub created: Timestamp,
    /// The currency of the balance.
    pub currency: Currency,
    /// What it was, in words.
    pub description: Option<String>,
    /// The rate at which the source's money was converted, where it was.
    pub exchange_rate: Option<Rate>,
    /// What was taken of the amount, in minor units.
    pub fee: i64,
    /// The fee in its parts.
    pub fee_details: Vec<FeeDetail>,
    /// What the balance gained: the amount less the fee, in minor units.
    pub net: i64,
    /// Where reports count it.
    pub reporting_category: ReportingCategory,
    /// What moved the money.
    pub source: Option<Source>,
    /// Whether the net can be spent: follows from `available_on` and the time of the answer.
    pub status: Status,
    /// What kind of movement it was.
    pub r#type: Kind,
    /// The movement in the ledger; its entries sum to zero.
    pub entries: Hidden<Vec<Entry>>,
    /// What moved before it was converted, in minor units of the source's currency.
    pub paid: Hidden<Optional<i64>>,
}

/// Which balance was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum BalanceType {
    /// The balance of payments.
    Payments,
}

/// A part of a fee.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FeeDetail {
    /// In minor units; negative where it was given back.
    pub amount: i64,
    /// The client id of the application that took it.
    pub application: Option<String>,
    /// The currency of the amount.
    pub currency: Currency,
    /// What it was for.
    pub description: Option<String>,
    /// Who took it.
    pub r#type: FeeType,
}

impl FeeDetail {
    /// What processing cost.
    pub fn processing(amount: i64, currency: Currency) -> Self {
        let description = Some("Stripe processing fees".to_owned());
        FeeDetail { amount, application: None, currency, description, r#type: FeeType::StripeFee }
    }
    /// What a dispute cost.
    pub fn dispute(amount: i64, currency: Currency) -> Self {
        let description = Some("Dispute fee".to_owned());
        FeeDetail { amount, application: None, currency, description, r#type: FeeType::StripeFee }
    }
    /// What a platform took, or (negative) gave back. `name` is that of its application.
    pub fn application(amount: i64, currency: Currency, application: String, name: Option<&str>) -> Self {
        let description = Some(match name {
            Some(name) => format!("{name} application fee"),
            None => "Application fee".to_owned(),
        });
        let application = Some(application);
        FeeDetail { amount, application, currency, description, r#type: FeeType::ApplicationFee }
    }
}

/// Who took a part of a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum FeeType {
    /// The platform.
    ApplicationFee,
    /// Whoever processes the payment.
    StripeFee,
}

/// What kind of movement it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Kind {
    /// None of the others.
    Adjustment,
    /// A platform took a fee.
    ApplicationFee,
    /// A platform gave a fee back.
    ApplicationFeeRefund,
    /// A charge was captured.
    Charge,
    /// Money came from another account.
    Payment,
    /// Money that had come from another account went back.
    PaymentRefund,
    /// The balance went to the bank.
    Payout,
    /// A payout was taken back before it left, or reversed.
    PayoutCancel,
    /// The bank refused a payout.
    PayoutFailure,
    /// What a payout leaves in the balance is held while it is made.
    PayoutMinimumBalanceHold,
    /// That is let go again.
    PayoutMinimumBalanceRelease,
    /// A charge was refunded.
    Refund,
    /// A refund came back.
    RefundFailure,
    /// Part of a platform's balance is held for connected accounts that owe, or let go.
    ReserveTransaction,
    /// Money came from the bank.
    Topup,
    /// Money that had come from the bank went back.
    TopupReversal,
    /// Money went to another account.
    Transfer,
    /// Money that had gone to another account came back.
    TransferRefund,
}

/// Where reports count a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ReportingCategory {
    /// Charges, and what came from other accounts.
    Charge,
    /// Disputes.
    Dispute,
    /// What came back of disputes.
    DisputeReversal,
    /// What is held for connected accounts that owe.
    ConnectReservedFunds,
    /// None of the others.
    OtherAdjustment,
    /// What went to the bank.
    Payout,
    /// What payouts leave in the balance.
    PayoutMinimumBalanceHold,
    /// The same, let go.
    PayoutMinimumBalanceRelease,
    /// What came back of payouts.
    PayoutReversal,
    /// What a platform took.
    PlatformEarning,
    /// What a platform gave back.
    PlatformEarningRefund,
    /// Refunds.
    Refund,
    /// Refunds that came back.
    RefundFailure,
    /// What came from the bank.
    Topup,
    /// What went back of that.
    TopupReversal,
    /// What went to other accounts.
    Transfer,
    /// What came back of that.
    TransferReversal,
}

impl Kind {
    /// Where reports count a movement by this source.
    pub fn category(self, source: &str, amount: i64) -> ReportingCategory {
        match self {
            Kind::Adjustment if source.starts_with(DISPUTES) && amount < 0 => ReportingCategory::Dispute,
            Kind::Adjustment if source.starts_with(DISPUTES) => ReportingCategory::DisputeReversal,
            Kind::Adjustment => ReportingCategory::OtherAdjustment,
            Kind::ApplicationFee => ReportingCategory::PlatformEarning,
            Kind::ApplicationFeeRefund => ReportingCategory::PlatformEarningRefund,
            Kind::RefundFailure => ReportingCategory::RefundFailure,
            Kind::Charge | Kind::Payment => ReportingCategory::Charge,
            Kind::Payout => ReportingCategory::Payout,
            Kind::PayoutCancel | Kind::PayoutFailure => ReportingCategory::PayoutReversal,
            Kind::PayoutMinimumBalanceHold => ReportingCategory::PayoutMinimumBalanceHold,
            Kind::PayoutMinimumBalanceRelease => ReportingCategory::PayoutMinimumBalanceRelease,
            Kind::Refund | Kind::PaymentRefund => ReportingCategory::Refund,
            Kind::ReserveTransaction => ReportingCategory::ConnectReservedFunds,
            Kind::Topup => ReportingCategory::Topup,
            Kind::TopupReversal => ReportingCategory::TopupReversal,
            Kind::Transfer => ReportingCategory::Transfer,
            Kind::TransferRefund => ReportingCategory::TransferReversal,
        }
    }
}

/// How the ids of disputes begin.
const DISPUTES: &str = "dp_";

/// Whether the net can be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It can.
    Available,
    /// Not yet.
    Pending,
}

/// The id of what moved the money; it can be an object of several kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(pub String);

impl Wire for Source {
    /// The kinds in the order in which they are looked for.
    const SHAPE: Shape = Shape::Reference(
        "charge refund application_fee fee_refund transfer transfer_reversal payout dispute topup",
    );
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        String::read(at, node).map(Source)
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.0);
    }
}

impl Named for BalanceTransaction {
    const NAME: &'static str = "balance_transaction";
    const PREFIX: &'static str = "txn";
}
impl Object for BalanceTransaction {
    const PATH: &'static str = "/v1/balance_transactions";
    const FRESH: Option<Fresh> = Some(fresh);
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<BalanceTransaction>();
/// What balance transactions cause.
pub const EVENTS: &[&str] = &[];

/// Where the list was before it had a name of its own; the path still works.
const HISTORY: &str = "/v1/balance/history";

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/balance_transactions", "balance_transaction", |cx, p| Box::pin(list(cx, p, BalanceTransaction::PATH))),
        Endpoint::new("GET", "/v1/balance_transactions/{id}", "balance_transaction", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::list::<List>(HISTORY, "balance_transaction", |cx, p| Box::pin(list(cx, p, HISTORY))),
        Endpoint::new("GET", "/v1/balance/history/{id}", "balance_transaction", |cx, p| Box::pin(retrieve(cx, p))),
    ]
}

/// What `GET /v1/balance_transactions` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    currency: Option<Currency>,
    payout: Option<String>,
    source: Option<String>,
    r#type: Option<String>,
}

/// What `GET /v1/balance_transactions/{id}` takes.
#[derive(Debug, Wire)]
pub struct Retrieve {}

// Transitions.

impl BalanceTransaction {
    /// What it is at this time: money becomes available as the clock passes its day, and nobody writes that down.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.status = status(self.available_on, now);
        self
    }
}

fn status(available_on: Timestamp, now: Timestamp) -> Status {
    if available_on <= now { Status::Available } else { Status::Pending }
}

/// The same for the public JSON, where it stands in another object.
fn fresh(it: &mut Node<'static>, now: Timestamp) {
    let available_on = it.get("available_on").and_then(Node::as_i64).unwrap_or(i64::MAX);
    if let Some(slot) = it.get_mut("status") {
        *slot = Node::text(status(Timestamp(available_on), now).as_str());
    }
}

/// What an account has in a currency from a day on. Those whose day has come are its available balance, the others
/// its pending one; what came when it was available already is in the pot, whose day came long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The currency.
    pub currency: Currency,
    /// From when it can be spent.
    pub day: Timestamp,
    /// In minor units.
    pub amount: i64,
}

/// The day of the pot.
const POT: Timestamp = Timestamp(0);

impl Counter {
    /// All of an account.
    pub(crate) async fn all_of(cx: &Cx<'_>, account: &str, live: bool) -> Result<Vec<Self>, Stop> {
        let found = cx.counters_of(account, live, COUNTERS).await?;
        let read = |(name, amount): (String, i64)| match Counter::parse(&name) {
            Some((currency, day)) => Ok(Counter { currency, day, amount }),
            None => Err(fault(format!("no balance counter: {name}"))),
        };
        found.into_iter().map(read).collect()
    }
    /// The currency and the day that the name of a counter says.
    pub fn parse(name: &str) -> Option<(Currency, Timestamp)> {
        let (code, day) = name.strip_prefix(COUNTERS)?.split_once('/')?;
        Some((Currency::parse(code)?, Timestamp(day.parse().ok()?)))
    }
    /// Its name.
    pub fn name(self) -> String {
        counter(self.currency, self.day)
    }
    /// Whether it is the pot.
    pub fn is_pot(self) -> bool {
        self.day == POT
    }
}

fn counter(currency: Currency, day: Timestamp) -> String {
    format!("{COUNTERS}{currency}/{}", day.0)
}

/// The counter from which is spent.
pub fn pot(currency: Currency) -> String {
    counter(currency, POT)
}

/// What the names of those counters begin with.
pub const COUNTERS: &str = "balance/";

/// A movement to be written down.
#[derive(Debug)]
pub struct Movement<'a> {
    /// Whose balance moves: the caller's, or that of the other party of a connection.
    pub account: &'a str,
    /// Live or test.
    pub live: bool,
    /// What kind it is.
    pub kind: Kind,
    /// Before fees, in minor units; negative where the balance gives.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What of the amount is taken (or, negative, given back).
    pub fees: Vec<FeeDetail>,
    /// From when the net counts.
    pub available_on: Timestamp,
    /// What it is, in words.
    pub description: Option<String>,
    /// The id of what moves the money.
    pub source: String,
    /// The same in the ledger.
    pub posting: Posting,
}

/// Writes down a movement: the balance transaction, its ledger entries and the counter of the balance; returns
/// its id. Errors: what the balance gains in the ledger is not what the transaction says, a fault of ours that must
/// not be kept.
pub fn record(cx: &mut Cx<'_>, movement: Movement<'_>) -> Result<String, Stop> {
    write(cx, movement, None)
}

/// As [`record`], of a movement in the currency of its source where the balance is of another: amount and fees are
/// converted, but for fees that are in the currency of the balance already; those are not yet in the posting.
pub fn record_exchanged(
    cx: &mut Cx<'_>,
    mut movement: Movement<'_>,
    exchange: Option<Exchange>,
) -> Result<String, Stop> {
    let Some(exchange) = exchange else { return record(cx, movement) };
    let paid = movement.amount;
    movement.amount = exchange.convert(paid);
    movement.currency = exchange.to;
    for part in &mut movement.fees {
        if part.currency != exchange.to {
            part.amount = exchange.convert(part.amount);
            part.currency = exchange.to;
        }
    }
    let fees = |of: &dyn Fn(&FeeDetail) -> bool| -> i64 {
        movement.fees.iter().filter(|part| of(part)).map(|part| part.amount).sum()
    };
    let net = movement.amount - fees(&|_| true);
    let processing = fees(&|part| part.r#type == FeeType::StripeFee);
    movement.posting =
        money::exchanged(&movement.posting, exchange.to, net, processing, movement.available_on)
            .map_err(unbalanced)?;
    write(cx, movement, Some((paid, exchange.rate)))
}

/// How the money of a charge was converted when it was taken, and is where it goes back.
pub async fn exchange_of(cx: &Cx<'_>, charge: &Charge) -> Result<Option<Exchange>, Stop> {
    let Some(transaction) = &charge.balance_transaction else { return Ok(None) };
    let Some(transaction) = cx.peek::<BalanceTransaction>(&transaction.id).await? else { return Ok(None) };
    let (from, to) = (charge.currency, transaction.currency);
    Ok(transaction.exchange_rate.map(|rate| Exchange { from, to, rate }))
}

fn write(cx: &mut Cx<'_>, movement: Movement<'_>, exchanged: Option<(i64, Rate)>) -> Result<String, Stop> {
    let Movement { account, live, kind, amount, currency, fees, available_on, description, source, posting } =
        movement;
    let fee: i64 = fees.iter().map(|part| part.amount).sum();
    let net = amount - fee;
    let gained = posting.net(currency);
    if gained != net || fees.iter().any(|part| part.currency != currency) {
        return Err(fault(format!(
            "the ledger moves {gained} {currency} where the balance moves {net}: {source}"
        )));
    }
    let transaction = BalanceTransaction {
        id: cx.new_id::<BalanceTransaction>(),
        object: BalanceTransaction::NAME.into(),
        amount,
        available_on,
        balance_type: BalanceType::Payments,
        created: cx.world_now(),
        currency,
        description,
        exchange_rate: exchanged.map(|(_, rate)| rate),
        fee,
        fee_details: fees,
        net,
        reporting_category: kind.category(&source, amount),
        source: Some(Source(source)),
        status: status(available_on, cx.world_now()),
        r#type: kind,
        entries: Hidden(posting.into_entries()),
        paid: Hidden(Optional(exchanged.map(|(paid, _)| paid))),
    };
    cx.put_of(account, live, &transaction);
    let day = if available_on <= cx.world_now() { POT } else { available_on };
    cx.add(account, live, &counter(currency, day), net, None);
    Ok(transaction.id)
}

/// A movement that does not balance is our fault: nothing of it is kept.
pub fn unbalanced(error: money::Unbalanced) -> Stop {
    fault(error.to_string())
}

// Operations.

async fn retrieve(cx: &mut Cx<'_>, _: Retrieve) -> Outcome<BalanceTransaction> {
    let id = cx.path("id").to_owned();
    let found: Option<BalanceTransaction> = cx.peek(&id).await?;
    let found = found.ok_or_else(|| ApiError::no_such("balance transaction", &id, "id"))?;
    done(found.at(cx.world_now()))
}

async fn list(cx: &mut Cx<'_>, p: List, url: &'static str) -> Outcome<Page> {
    let List { created, currency, payout, source, r#type } = p;
    let window = match payout {
        Some(id) => Some(PaidOut::by(cx, &id).await?),
        None => None,
    };
    let passes = move |it: &BalanceTransaction| {
        window.as_ref().is_none_or(|window| window.holds(it))
            && created.is_none_or(|range| range.holds(it.created.0))
            && currency.is_none_or(|wanted| wanted == it.currency)
            && r#type.as_deref().is_none_or(|wanted| wanted == it.r#type.as_str())
    };
    if let Some(source) = source {
        let moved = by_source(cx, &source).await?.into_iter().filter(passes);
        let items: Vec<Bytes> = moved.map(|it| shown(it, cx.world_now())).collect();
        let total = cx.paging().total.then_some(items.len() as u64);
        return done(Page { items, has_more: false, url: url.to_owned(), total });
    }
    let read = |body: &[u8]| wire::from_json::<BalanceTransaction>(body);
    let reply = cx
        .page_where::<BalanceTransaction>(None, move |doc| read(&doc.body).is_ok_and(|it| passes(&it)))
        .await?;
    let Reply::Done(mut page) = reply else { return Ok(reply) };
    url.clone_into(&mut page.url);
    let now = cx.world_now();
    page.items.iter_mut().for_each(|item| settle(item, now));
    done(page)
}

/// What an automatic payout pays out: what became available since the one before it.
pub(crate) struct PaidOut {
    currency: Currency,
    since: Cut,
    until: Cut,
}

impl PaidOut {
    async fn by(cx: &Cx<'_>, id: &str) -> Result<Self, Stop> {
        let payout: Option<Payout> = cx.peek(id).await?;
        let payout = payout.ok_or_else(|| ApiError::no_such(Payout::NAME, id, "payout"))?;
        PaidOut::of(&payout).ok_or_else(|| {
            let message =
                "Balance transaction history can only be filtered on automatic transfers, not manual.";
            ApiError::invalid(400, message).param("payout").into()
        })
    }
    /// None where the payout is not automatic.
    pub(crate) fn of(payout: &Payout) -> Option<Self> {
        let (since, own) = (payout.since.0.0.clone()?, payout.balance_transaction.as_ref()?);
        let until = Cut { at: payout.created, transaction: own.id.clone() };
        Some(PaidOut { currency: payout.currency, since, until })
    }
    /// Without the payout's own movement.
    pub(crate) fn holds_besides_itself(&self, it: &BalanceTransaction) -> bool {
        it.id != self.until.transaction && self.holds(it)
    }
    /// The payout's own movement is one of them, too.
    pub(crate) fn holds(&self, it: &BalanceTransaction) -> bool {
        let paid = it.id == self.until.transaction;
        // The movement of the payout before is that one's own.
        let before = self.since.is_after(it) || it.id == self.since.transaction;
        paid || it.currency == self.currency && self.until.is_after(it) && !before
    }
}

const PENDING: &[u8] = br#""status":"pending""#;

#[derive(Debug, Wire)]
struct Due {
    available_on: Timestamp,
}

/// Brings the public JSON of a transaction up to this time: only what was pending can have changed.
fn settle(item: &mut Bytes, now: Timestamp) {
    let Some(at) = item.windows(PENDING.len()).position(|part| part == PENDING) else { return };
    if wire::from_json::<Due>(item).is_ok_and(|due| due.available_on <= now) {
        let parts = [&item[..at], br#""status":"available""#, &item[at + PENDING.len()..]];
        *item = Bytes::from(parts.concat());
    }
}

fn shown(it: BalanceTransaction, now: Timestamp) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    wire::write_struct(&it.at(now), &mut out);
    Bytes::from(out)
}

/// The transactions that an object caused, newest first: the object names them, so no index is needed.
async fn by_source(cx: &Cx<'_>, source: &str) -> Result<Vec<BalanceTransaction>, Stop> {
    use crate::{
        connect::{application_fee::ApplicationFee, fee_refund::FeeRefund},
        payments::{topup::Topup, transfer::Transfer, transfer_reversal::TransferReversal},
    };
    let mut caused = Vec::new();
    if let Some(it) = cx.peek::<Charge>(source).await? {
        caused.extend(it.movements());
    } else if let Some(it) = cx.peek::<Refund>(source).await? {
        caused.extend(it.failure_balance_transaction.0);
        caused.extend(it.balance_transaction);
    } else if let Some(it) = cx.peek::<Dispute>(source).await? {
        caused.extend(it.balance_transactions.into_iter().rev().map(|moved| Ref::to(moved.id)));
    } else if let Some(it) = cx.peek::<ApplicationFee>(source).await? {
        caused.extend(it.balance_transaction);
    } else if let Some(it) = cx.peek::<FeeRefund>(source).await? {
        caused.extend(it.balance_transaction);
    } else if let Some(it) = cx.peek::<Transfer>(source).await? {
        caused.extend(it.balance_transaction);
    } else if let Some(it) = cx.peek::<Topup>(source).await? {
        caused.extend(it.balance_transaction);
    } else if let Some(it) = cx.peek::<TransferReversal>(source).await? {
        caused.extend(it.balance_transaction);
    } else if let Some(it) = cx.peek::<Payout>(source).await? {
        caused.extend(it.failure_balance_transaction);
        let [hold, release] =
            it.left.0.0.map_or([None, None], |left| [Some(Ref::to(left.hold)), Some(Ref::to(left.release))]);
        caused.extend(release);
        caused.extend(it.balance_transaction);
        caused.extend(hold);
    }
    let mut found = Vec::with_capacity(caused.len());
    for caused in caused {
        found.extend(cx.peek(&caused.id).await?);
    }
    Ok(found)
}
