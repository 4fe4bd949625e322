//! What happens later by itself: a bank disputes, decides, takes a refund or sends it back; money becomes available
//! and is paid out; the details of an account are looked at. Written down in the commit that causes it, done by the
//! clock (`clockwork`).
use crate::{
    billing::{coupon, discount, invoice, promotion_code, quote, subscription, subscription_schedule},
    connect::account,
    payments::{
        charge::{Charge, settle},
        dispute::{self, CaseType, Reason},
        early_fraud_warning, payment_intent, payout, refund, settlement,
        setup_intent::{self, SetupIntent},
        source, tax_id, topup,
    },
    reports::report_run,
    test_helpers::test_clock,
};
use acquirer::simulator::{self, Later};
use api::{Cx, Outcome, Plan, Stop, done};
use base::{Fut, Named as _, Timestamp};
use wire::{Optional, Wire};

/// The queue.
pub const QUEUE: &str = "settle";

/// A piece of it: what happens to which object. The body of a piece of due work.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Task {
    /// Whose object it is.
    pub account: String,
    /// The mode of the object.
    pub livemode: bool,
    /// What happens.
    pub kind: Kind,
    /// The object.
    pub id: String,
    /// The clock of its own by which the object lives.
    pub clock: Optional<String>,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Kind {
    /// Somebody looks at the details of an account, or its deadline has come.
    AccountLooks,
    /// What was reserved is let go.
    ChargeExpires,
    /// A test card does after a charge what it is for.
    ChargeLater,
    /// The next thing that is due by a test clock is done, or the clock has arrived.
    ClockAdvances,
    /// A test clock has lived its time.
    ClockEnds,
    /// A coupon cannot be redeemed any more.
    CouponExpires,
    /// Money came that is available at once.
    BalanceTells,
    /// Money of an account becomes available.
    DayComes,
    /// The time is over in which a payer can tell of deposits, or the deposits failed.
    DepositsEnd,
    /// The holder of a debited account objects.
    DebitDisputed,
    /// A debit fails.
    DebitFails,
    /// A debit comes in.
    DebitSucceeds,
    /// The time of a discount is over.
    DiscountEnds,
    /// The bank decides on the evidence of a test.
    DisputeDecided,
    /// The day of the answer to a dispute or an inquiry has passed.
    DisputeDue,
    /// An inquiry ends.
    InquiryEnds,
    /// A draft of an invoice is finalised.
    InvoiceAdvances,
    /// An invoice is tried to be paid.
    InvoiceCollects,
    /// An invoice is due soon, or was due.
    InvoiceFallsDue,
    /// A payout leaves, or arrives.
    PayoutMoves,
    /// A promotion code cannot be redeemed any more.
    PromotionCodeExpires,
    /// The time of a quote is over.
    QuoteExpires,
    /// The bank sends a refund back.
    RefundFails,
    /// A refund is sent that waited for money.
    RefundGoes,
    /// The bank takes a refund.
    RefundSettles,
    /// A report is written.
    ReportWrites,
    /// A phase of a subscription schedule begins or ends.
    ScheduleMoves,
    /// A period of a subscription begins, its trial ends, or its time is over.
    SubscriptionWakes,
    /// A source was not charged in its time.
    SourceEnds,
    /// A registry answers for a tax id.
    TaxIdVerified,
    /// Money comes from a bank account, or does not.
    TopupMoves,
}

impl Kind {
    /// Whether it happens to an account as a whole: then the world's clock alone tells when.
    fn is_of_the_account(self) -> bool {
        matches!(
            self,
            Kind::AccountLooks | Kind::BalanceTells | Kind::DayComes | Kind::PayoutMoves | Kind::ReportWrites
        )
    }
}

impl Task {
    /// What happens to an object that lives by the world's clock.
    pub(crate) fn new(account: &str, livemode: bool, kind: Kind, id: &str) -> Self {
        Task { account: account.to_owned(), livemode, kind, id: id.to_owned(), clock: Optional(None) }
    }
    /// The name of the work, led by the account that it goes with: the same happens to an object once.
    pub fn name(&self) -> String {
        let mode = if self.livemode { 'l' } else { 't' };
        format!("{}/{mode}.{}.{}", self.account, self.id, self.kind.as_str())
    }
}

/// Plans that something happens to an object of the caller; where the decision entered a clock, by that clock.
pub fn later(cx: &mut Cx<'_>, kind: Kind, id: &str, at: Timestamp) {
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    later_of(cx, &account, live, kind, id, at);
}

/// As [`later`], to an object of another account.
pub(crate) fn later_of(cx: &mut Cx<'_>, account: &str, livemode: bool, kind: Kind, id: &str, at: Timestamp) {
    let mut task = Task::new(account, livemode, kind, id);
    let mut at = at;
    if let Some(clock) = cx.on_clock()
        && !kind.is_of_the_account()
    {
        if at > clock.now {
            return cx.plan(Plan { at, body: wire::to_json(&task) });
        }
        // The clock may stand for long, and what is due is due.
        task.clock = Optional(Some(clock.id.clone()));
        at = cx.world_now();
    }
    cx.later(QUEUE, at.0.saturating_mul(1000), task.name(), wire::to_json(&task));
}

/// Plans what a test card does after its charge.
pub(crate) fn foresee(cx: &mut Cx<'_>, charge: &Charge) {
    let reference = charge.authorization.0.0.as_deref().unwrap_or_default();
    let follows = match simulator::later(reference) {
        Later::Dispute(_)
        | Later::Inquiry
        | Later::Disputes
        | Later::FraudWarning
        | Later::Compliance(_)
        | Later::Prevention(_)
        | Later::NextRequirements
        | Later::ChargesBlocked
        | Later::PayoutsBlocked => true,
        Later::Nothing | Later::PendingRefund | Later::FailingRefund => false,
    };
    if follows && !charge.livemode {
        later(cx, Kind::ChargeLater, &charge.id, cx.now());
    }
}

/// Whether the bank disputes a charge, or asks about it, as soon as it is made.
pub(crate) fn will_dispute(charge: &Charge) -> bool {
    let reference = charge.authorization.0.0.as_deref().unwrap_or_default();
    !charge.livemode
        && charge.paid
        && charge.captured
        && matches!(simulator::later(reference), Later::Dispute(_) | Later::Inquiry | Later::Disputes)
}

/// Does it. What does not apply any more (the charge was refunded, the dispute closed) is done without a trace.
pub async fn perform(cx: &mut Cx<'_>, task: &Task) -> Outcome<()> {
    if let Some(clock) = &task.clock.0 {
        test_clock::resume(cx, clock).await?;
    }
    let outcome = match task.kind {
        Kind::ClockAdvances => clock_step(cx, &task.id).await,
        _ => apart(cx, task).await,
    };
    match outcome {
        // Refusals come before anything is written down.
        Ok(()) | Err(Stop::Api(_)) => done(()),
        Err(stop) => Err(stop),
    }
}

/// What happens can be anything, and takes as much room as the largest of it: it gets that for itself, so that the
/// stack does not.
fn apart<'a>(cx: &'a mut Cx<'_>, task: &'a Task) -> Fut<'a, Result<(), Stop>> {
    Box::pin(happen(cx, task))
}
fn clock_step<'a>(cx: &'a mut Cx<'_>, id: &'a str) -> Fut<'a, Result<(), Stop>> {
    Box::pin(test_clock::step(cx, id))
}

/// What happens to the object itself, at the time that the decision has.
pub(crate) async fn happen(cx: &mut Cx<'_>, task: &Task) -> Result<(), Stop> {
    let id = task.id.as_str();
    match task.kind {
        // A clock is no object of another one.
        Kind::ClockAdvances => Ok(()),
        Kind::ClockEnds => test_clock::end(cx, id).await,
        Kind::AccountLooks => account::look_again(cx, id).await,
        Kind::ChargeExpires => settle::expires(cx, id).await,
        Kind::ChargeLater => after_charge(cx, id).await,
        Kind::CouponExpires => coupon::expires(cx, id).await,
        Kind::DiscountEnds => Box::pin(discount::ends(cx, id)).await,
        Kind::InvoiceAdvances => Box::pin(invoice::advances(cx, id)).await,
        Kind::InvoiceCollects => Box::pin(invoice::collects(cx, id)).await,
        Kind::QuoteExpires => quote::expires(cx, id).await,
        Kind::InvoiceFallsDue => invoice::falls_due(cx, id).await,
        Kind::PromotionCodeExpires => promotion_code::expires(cx, id).await,
        Kind::BalanceTells => settlement::tell(cx).await,
        Kind::DayComes => settlement::day(cx).await,
        Kind::ReportWrites => report_run::perform(cx, id).await,
        Kind::ScheduleMoves => Box::pin(subscription_schedule::moves(cx, id)).await,
        Kind::SubscriptionWakes => Box::pin(subscription::wakes(cx, id)).await,
        Kind::TopupMoves => topup::advance(cx, id).await,
        Kind::DepositsEnd if id.starts_with(SetupIntent::PREFIX) => {
            setup_intent::microdeposits::end(cx, id).await
        }
        Kind::DepositsEnd => payment_intent::microdeposits::end(cx, id).await,
        Kind::PayoutMoves => payout::advance(cx, id).await,
        Kind::DebitDisputed => debit_disputed(cx, id).await,
        Kind::DebitFails => settle::fails(cx, id).await,
        Kind::DebitSucceeds => settle::succeeds(cx, id).await,
        Kind::DisputeDecided => dispute::decided(cx, id).await,
        Kind::DisputeDue => dispute::overdue(cx, id).await,
        Kind::InquiryEnds => dispute::inquiry_ends(cx, id).await,
        Kind::RefundFails => refund::fails(cx, id).await,
        Kind::RefundGoes => refund::goes(cx, id).await,
        Kind::RefundSettles => refund::settles(cx, id).await,
        Kind::SourceEnds => source::ends(cx, id).await,
        Kind::TaxIdVerified => tax_id::verified(cx, id).await,
    }
}

async fn after_charge(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(charge) = cx.get::<Charge>(id).await? else { return Ok(()) };
    let plain = |reason| dispute::Ask::new(reason);
    let case = |case, reason| dispute::Ask { case, ..dispute::Ask::new(reason) };
    let reference = charge.authorization.0.0.clone().unwrap_or_default();
    let ask = match simulator::later(&reference) {
        Later::Dispute(reason) => plain(Reason::parse(reason).unwrap_or(Reason::General)),
        Later::Inquiry => case(CaseType::Inquiry, Reason::General),
        Later::Compliance(_) => case(CaseType::Compliance, Reason::Noncompliant),
        Later::Prevention("ce3_eligible") => dispute::Ask { compelling: true, ..plain(Reason::Fraudulent) },
        Later::Prevention("ce3_block") => case(CaseType::Block, Reason::Fraudulent),
        Later::Prevention("rapid_dispute_resolution" | "ethoca_alert") => {
            case(CaseType::Resolution, Reason::Fraudulent)
        }
        Later::Prevention(_) => plain(Reason::Fraudulent),
        Later::Disputes => {
            // Each takes a part, since no bank may take more than the whole.
            let half = (charge.unrefunded() / 2).max(1);
            let first = dispute::Ask { amount: Some(half), ..plain(Reason::Fraudulent) };
            dispute::open(cx, &charge, first).await?;
            if charge.unrefunded() == half {
                return Ok(());
            }
            let Some(charge) = cx.get::<Charge>(id).await? else { return Ok(()) };
            let rest = charge.unrefunded() - half;
            let second = dispute::Ask { amount: Some(rest), ..plain(Reason::Fraudulent) };
            return dispute::open(cx, &charge, second).await.map(drop);
        }
        later @ (Later::NextRequirements | Later::ChargesBlocked | Later::PayoutsBlocked) => {
            let paid = charge.on_behalf_of.as_ref().map_or(cx.caller.account.as_str(), |it| it.id.as_str());
            return account::paid_with(cx, paid, later).await;
        }
        Later::FraudWarning => {
            return early_fraud_warning::warn(cx, &charge, early_fraud_warning::UNAUTHORIZED).await.map(drop);
        }
        _ => return Ok(()),
    };
    dispute::open(cx, &charge, ask).await.map(drop)
}

async fn debit_disputed(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(charge) = cx.get::<Charge>(id).await? else { return Ok(()) };
    dispute::open(cx, &charge, dispute::Ask::new(Reason::DebitNotAuthorized)).await.map(drop)
}
