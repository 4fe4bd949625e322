//! Spending what is available. The available balance of a currency is one counter, the *pot*, and those of days that
//! have come since it was last gathered. Whoever spends takes from the pot with a floor and reads nothing, so that
//! many can spend of one account at once; only when the pot is too small are the days gathered into it.
use crate::payments::balance_transaction::{self, Counter};
use api::{Cx, Object, Stop};
use base::{ApiError, Currency, Named};
use wire::Wire;

/// Owns the gathering of an account's days: who gathers reads and writes it, so days are gathered once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Gathering {
    /// Always [`Gathering::ID`].
    pub id: String,
    /// `balance_gathering`.
    pub object: String,
    /// How often days were gathered.
    pub times: i64,
}

impl Named for Gathering {
    const NAME: &'static str = "balance_gathering";
    const PREFIX: &'static str = "";
}
impl Object for Gathering {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Gathering {
    /// There is one in each account and mode.
    pub const ID: &'static str = "one";
}

/// Makes sure that an account has `amount` minor units available, and that nobody else spends them meanwhile. What
/// the balance gives is written down by the movement itself. Errors: it has not so much.
pub(crate) async fn available(
    cx: &mut Cx<'_>,
    account: &str,
    currency: Currency,
    amount: i64,
) -> Result<(), Stop> {
    let live = cx.caller.livemode;
    if cx.fell_short() {
        // The pot was too small at the last attempt; it may only have to be gathered.
        let has = gather(cx, account, live, currency).await?;
        if has < amount {
            return Err(insufficient(has, currency));
        }
    }
    from_pot(cx, account, currency);
    Ok(())
}

/// Lets the unit take from the pot of an account no more than is there, whatever else it moves.
pub(crate) fn from_pot(cx: &mut Cx<'_>, account: &str, currency: Currency) {
    let live = cx.caller.livemode;
    cx.floor(account, live, &balance_transaction::pot(currency), 0);
}

fn insufficient(has: i64, currency: Currency) -> Stop {
    let message = format!(
        "You have insufficient available funds in your Stripe account ({} is available). Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. You can use the the /v1/balance endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance).",
        currency.display(has)
    );
    ApiError::invalid(400, message).code("balance_insufficient").into()
}

/// What an account has of a currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// The currency.
    pub(crate) currency: Currency,
    /// What it can spend.
    pub(crate) available: i64,
    /// What it cannot spend yet.
    pub(crate) pending: i64,
    /// What of the available was moved into the pot just now.
    pub(crate) gathered: i64,
}

/// Moves what days that have come still hold of a currency into the pot; returns what is available.
async fn gather(cx: &mut Cx<'_>, account: &str, live: bool, currency: Currency) -> Result<i64, Stop> {
    let held = gather_all(cx, account, live).await?;
    Ok(held.iter().find(|it| it.currency == currency).map_or(0, |it| it.available))
}

/// Moves what days that have come still hold into the pots of their currencies.
pub(crate) async fn gather_all(cx: &mut Cx<'_>, account: &str, live: bool) -> Result<Vec<Held>, Stop> {
    let mut all: Vec<Held> = Vec::new();
    let mut days = Vec::new();
    for counter in Counter::all_of(cx, account, live).await? {
        let Counter { currency, day, amount } = counter;
        let at = match all.iter().position(|held| held.currency == currency) {
            Some(at) => at,
            None => {
                all.push(Held { currency, available: 0, pending: 0, gathered: 0 });
                all.len() - 1
            }
        };
        if day > cx.world_now() {
            all[at].pending += amount;
            continue;
        }
        all[at].available += amount;
        if !counter.is_pot() && amount != 0 {
            all[at].gathered += amount;
            days.push(counter);
        }
    }
    if days.is_empty() {
        return Ok(all);
    }
    let kept = cx.get_of::<Gathering>(account, live, Gathering::ID).await?;
    let times = kept.map_or(0, |it| it.times) + 1;
    let it = Gathering { id: Gathering::ID.into(), object: Gathering::NAME.into(), times };
    cx.put_of(account, live, &it);
    for day in days {
        cx.add(account, live, &day.name(), -day.amount, None);
        cx.add(account, live, &balance_transaction::pot(day.currency), day.amount, None);
    }
    Ok(all)
}
