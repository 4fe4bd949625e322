//! The balance: what an account has, and from when it can spend it (API page "Balance").
use crate::payments::{balance_transaction::Counter, charge::terms::Terms};
use api::{Cx, Endpoint, Noun, Object, Outcome, Stop, done};
use base::{Currency, Named};
use wire::Wire;

/// What an account has.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Balance {
    /// `balance`.
    pub object: String,
    /// What it can spend, by currency.
    pub available: Vec<Held>,
    /// What of it can be paid out at once, by currency.
    pub instant_available: Vec<Held>,
    /// Live or test.
    pub livemode: bool,
    /// What it cannot spend yet, by currency.
    pub pending: Vec<Held>,
}

/// Money in one currency.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Held {
    /// In minor units; negative where more was given back than there was.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The same by where it came from.
    pub source_types: SourceTypes,
}

/// Money by where it came from, in minor units.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SourceTypes {
    /// From cards.
    pub card: i64,
}

impl Named for Balance {
    const NAME: &'static str = "balance";
    const PREFIX: &'static str = "";
}
/// It is summed up when it is asked for; nothing of it is stored.
impl Object for Balance {
    fn id(&self) -> &str {
        &self.object
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Balance>();
/// Money became available.
pub const AVAILABLE: &str = "balance.available";
/// What balances cause.
pub const EVENTS: &[&str] = &[AVAILABLE];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::new("GET", "/v1/balance", "balance", |cx, p| Box::pin(retrieve(cx, p)))]
}

/// What `GET /v1/balance` takes.
#[derive(Debug, Wire)]
pub struct Retrieve {}

struct Sum {
    currency: Currency,
    available: i64,
    pending: i64,
}

async fn retrieve(cx: &mut Cx<'_>, _: Retrieve) -> Outcome<Balance> {
    done(of(cx, &cx.caller.account).await?)
}

/// What an account has.
pub(crate) async fn of(cx: &Cx<'_>, account: &str) -> Result<Balance, Stop> {
    let default = Terms::of(cx, account).await?.default_currency();
    // The account's own currency comes first, and is there even where nothing is.
    let mut sums = vec![Sum { currency: default, available: 0, pending: 0 }];
    for Counter { currency, day, amount } in Counter::all_of(cx, account, cx.caller.livemode).await? {
        let at = match sums.iter().position(|sum| sum.currency == currency) {
            Some(at) => at,
            None => {
                sums.push(Sum { currency, available: 0, pending: 0 });
                sums.len() - 1
            }
        };
        if day <= cx.world_now() {
            sums[at].available += amount;
        } else {
            sums[at].pending += amount;
        }
    }
    let held = |amount: i64, currency| Held { amount, currency, source_types: SourceTypes { card: amount } };
    Ok(Balance {
        object: Balance::NAME.into(),
        available: sums.iter().map(|sum| held(sum.available, sum.currency)).collect(),
        instant_available: sums.iter().map(|sum| held(sum.available.max(0), sum.currency)).collect(),
        livemode: cx.caller.livemode,
        pending: sums.iter().map(|sum| held(sum.pending, sum.currency)).collect(),
    })
}
