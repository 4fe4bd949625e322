//! Making a payout: by hand and by the schedule.
use super::{Cut, Destination, External, Left, Method, Payout, Reconciliation, Status};
use crate::{
    due,
    payments::{
        balance_transaction::{self, FeeDetail, Kind, Movement},
        charge::terms::Terms,
        spend,
        transfer::SourceType,
    },
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Metadata, Named as _, Ref};
use money::{Circumstances, Delay, LedgerAccount, Posting};
use wire::{Hidden, Optional};

/// What leaves for the bank together waits this long, in seconds.
const GATHERED: i64 = 3600;
/// How long an instant payout takes, in seconds.
const INSTANT: i64 = 1800;

/// A payout to be made.
#[derive(Debug)]
pub(crate) struct Make {
    /// In minor units; negative where the bank account is debited.
    pub(crate) amount: i64,
    /// The currency of the amount.
    pub(crate) currency: Currency,
    /// In words.
    pub(crate) description: Option<String>,
    /// The account's own keys and values.
    pub(crate) metadata: Metadata,
    /// How fast it goes.
    pub(crate) method: Method,
    /// What the bank statement shows.
    pub(crate) statement_descriptor: Option<String>,
    /// What it leaves in the balance, in minor units.
    pub(crate) leaves: i64,
    /// The schedule makes it, for what became available after this.
    pub(crate) since: Option<Cut>,
}

/// Writes down a payout of the caller and what its balance gives for it. Errors: there is not so much available.
pub(crate) async fn make(cx: &mut Cx<'_>, to: External, make: Make) -> Result<Payout, Stop> {
    let Make { amount, currency, since, .. } = make;
    let account = cx.caller.account.clone();
    let live = cx.caller.livemode;
    if live {
        let message = "No acquirer is configured that pays out real money. Use a test mode key.";
        return Err(ApiError::invalid(400, message).code("testmode_charges_only").into());
    }
    let now = cx.now();
    let arrival = match make.method {
        Method::Instant => now.plus(INSTANT),
        Method::Standard => money::available_on(now, Delay::BusinessDays(1)),
    };
    // What is collected from the bank covers what is owed at once, so that the books are even behind the cut.
    let available_on = now.midnight();
    let fee = match make.method {
        Method::Instant => {
            let country = Terms::of(cx, &account).await?;
            cx.world.pricing.instant_payout(country.country(), currency).fee(
                amount,
                currency,
                Circumstances::default(),
            )
        }
        Method::Standard => 0,
    };
    if amount > 0 {
        match since {
            // The schedule has just looked at what is there.
            Some(_) => spend::from_pot(cx, &account, currency),
            None => spend::available(cx, &account, currency, amount.saturating_add(fee)).await?,
        }
    }
    let id = cx.new_id::<Payout>();
    let leaves = Leaves { payout: &id, currency, amount: make.leaves };
    let hold = leaves.record(cx, Kind::PayoutMinimumBalanceHold)?;
    let transaction = balance_transaction::record(
        cx,
        Movement {
            account: &account,
            live,
            kind: Kind::Payout,
            amount: -amount,
            currency,
            fees: if fee == 0 { Vec::new() } else { vec![FeeDetail::processing(fee, currency)] },
            available_on,
            description: Some(make.description.clone().unwrap_or_else(|| "STRIPE PAYOUT".into())),
            source: id.clone(),
            posting: Posting::payout(currency, amount, fee, available_on)
                .map_err(balance_transaction::unbalanced)?,
        },
    )?;
    let release = leaves.record(cx, Kind::PayoutMinimumBalanceRelease)?;
    let left = hold.zip(release).map(|(hold, release)| Left { amount: make.leaves, hold, release });
    let refusal = to.refusal(make.method).map(str::to_owned);
    let payout = Payout {
        id,
        object: Payout::NAME.into(),
        amount,
        application_fee: None,
        application_fee_amount: None,
        arrival_date: arrival,
        automatic: since.is_some(),
        balance_transaction: Some(Ref::to(transaction)),
        created: now,
        currency,
        description: make.description.or_else(|| since.as_ref().map(|_| "STRIPE PAYOUT".into())),
        destination: Some(Destination(to.id)),
        failure_balance_transaction: None,
        failure_code: None,
        failure_message: None,
        livemode: live,
        metadata: make.metadata,
        method: make.method,
        original_payout: None,
        payout_method: None,
        reconciliation_status: match since {
            Some(_) => Reconciliation::InProgress,
            None => Reconciliation::NotApplicable,
        },
        reversed_by: None,
        source_type: SourceType::Card,
        statement_descriptor: make.statement_descriptor,
        status: if make.method == Method::Instant { Status::InTransit } else { Status::Pending },
        trace_id: None,
        r#type: to.kind,
        fee: Hidden(Optional((fee != 0).then_some(fee))),
        left: Hidden(Optional(left)),
        refusal: Hidden(Optional(refusal)),
        since: Hidden(Optional(since)),
    };
    cx.put(&payout);
    send_later(cx, &payout);
    Ok(payout)
}

/// What a payout leaves in the balance.
struct Leaves<'a> {
    payout: &'a str,
    currency: Currency,
    amount: i64,
}

impl Leaves<'_> {
    /// Holds it, or lets it go; answers the movement's id, where there is one.
    fn record(&self, cx: &mut Cx<'_>, kind: Kind) -> Result<Option<String>, Stop> {
        if self.amount == 0 {
            return Ok(None);
        }
        let account = cx.caller.account.clone();
        let held = kind == Kind::PayoutMinimumBalanceHold;
        let amount = if held { -self.amount } else { self.amount };
        let available_on = cx.now().midnight();
        let movement = Movement {
            account: &account,
            live: cx.caller.livemode,
            kind,
            amount,
            currency: self.currency,
            fees: Vec::new(),
            available_on,
            description: None,
            source: self.payout.to_owned(),
            posting: Posting::moved(LedgerAccount::MinimumBalance, self.currency, amount, available_on),
        };
        balance_transaction::record(cx, movement).map(Some)
    }
}

/// The next step of a payout is due work.
pub(super) fn send_later(cx: &mut Cx<'_>, payout: &Payout) {
    let at = match payout.status {
        Status::Pending => payout.arrival_date.min(cx.now().plus(GATHERED)),
        _ => payout.arrival_date,
    };
    due::later(cx, due::Kind::PayoutMoves, &payout.id, at);
}
