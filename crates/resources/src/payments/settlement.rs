//! What the clock does to balances. For each day on which money of an account becomes available there is one piece of
//! due work: it gathers the day into the pot, tells of it, and pays out where the account's schedule says so.
mod schedule;

use crate::{
    connect::account::Account,
    due,
    payments::{
        balance,
        balance_transaction::Counter,
        payout::{self, Cut, External, Make, Method},
        refund,
        spend::{self, Held},
        transfer::SourceType,
    },
};
use api::{Cx, Object, Stop};
use base::{ApiError, Currency, Metadata, Named, Timestamp};
use wire::Wire;

/// That the work of a day is written down; one for each day, so that money of the same day asks for it once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Settlement {
    /// The day: Unix seconds of its beginning.
    pub id: String,
    /// `settlement`.
    pub object: String,
    /// The same as a time.
    pub day: Timestamp,
}

/// How long it is remembered after its day, in seconds.
const REMEMBERED: i64 = 14 * Timestamp::DAY;

impl Named for Settlement {
    const NAME: &'static str = "settlement";
    const PREFIX: &'static str = "";
}
impl Object for Settlement {
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.day.plus(REMEMBERED).0)
    }
}

/// Until when automatic payouts have paid out, by currency.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaidOut {
    /// The currency.
    pub id: String,
    /// `paid_out`.
    pub object: String,
    /// Where the last of them cut the books.
    pub until: Cut,
}

impl Named for PaidOut {
    const NAME: &'static str = "paid_out";
    const PREFIX: &'static str = "";
}
impl Object for PaidOut {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Sees to it that a day of an account is worked on.
pub(crate) async fn ensure(cx: &mut Cx<'_>, account: &str, live: bool, day: Timestamp) -> Result<(), Stop> {
    let id = day.0.to_string();
    if cx.peek_of::<Settlement>(account, live, &id).await?.is_some() {
        return Ok(());
    }
    cx.put_of(account, live, &Settlement { id: id.clone(), object: Settlement::NAME.into(), day });
    due::later_of(cx, account, live, due::Kind::DayComes, &id, day);
    Ok(())
}

/// Sees to it that whatever the unit moves is settled when its day comes: what is available already at the next
/// midnight, which also looks at a changed schedule. `changed` are accounts that were changed otherwise.
pub async fn follow(cx: &mut Cx<'_>, changed: &[(String, bool)]) -> Result<(), Stop> {
    let tomorrow = cx.world_now().midnight().plus(Timestamp::DAY);
    let mut days: Vec<(String, bool, Timestamp)> = Vec::new();
    for add in cx.moves() {
        let mut parts = add.counter.splitn(4, '/');
        let (Some(account), Some(mode), Some(_), Some(name)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Some((_, day)) = Counter::parse(name) else { continue };
        if add.by == 0 {
            continue;
        }
        days.push((account.to_owned(), mode == "l", day.max(tomorrow)));
    }
    days.extend(changed.iter().map(|(account, live)| (account.clone(), *live, tomorrow)));
    days.sort();
    days.dedup();
    for (account, live, day) in days {
        ensure(cx, &account, live, day).await?;
    }
    Ok(())
}

/// Money of the caller's is available that was not.
pub(crate) async fn tell(cx: &mut Cx<'_>) -> Result<(), Stop> {
    let id = cx.caller.account.clone();
    let balance = balance::of(cx, &id).await?;
    cx.emit(balance::AVAILABLE, &balance);
    refund::money_came(cx).await.map(drop)
}

/// A day of the caller has come.
pub(crate) async fn day(cx: &mut Cx<'_>) -> Result<(), Stop> {
    let id = cx.caller.account.clone();
    let held = spend::gather_all(cx, &id, cx.caller.livemode).await?;
    if held.iter().any(|it| it.gathered > 0) {
        let balance = balance::of(cx, &id).await?;
        cx.emit(balance::AVAILABLE, &balance);
    }
    // What buyers wait for goes before what is paid out.
    let waiting = refund::money_came(cx).await?;
    let held = held.into_iter().filter(|it| !waiting.contains(&it.currency)).collect();
    if let Some(holder) = cx.peek::<Account>(&id).await?
        && !cx.caller.livemode
    {
        pay_out(cx, &holder, held).await?;
    }
    Ok(())
}

/// Pays out what is available, where the schedule says so.
async fn pay_out(cx: &mut Cx<'_>, holder: &Account, held: Vec<Held>) -> Result<(), Stop> {
    let plan = &holder.settings.payouts.schedule;
    let Some(next) = schedule::next(plan, cx.world_now()) else { return Ok(()) };
    if next > cx.world_now() {
        // Not today, but there is something to pay out when the day comes.
        if held.iter().any(|it| it.available != 0) {
            let id = cx.caller.account.clone();
            ensure(cx, &id, cx.caller.livemode, next).await?;
        }
        return Ok(());
    }
    for Held { currency, available, pending, .. } in held {
        // What is owed is collected from the bank only where nothing that comes covers it.
        let collected = available + pending.max(0) < 0 && holder.settings.payouts.debit_negative_balances;
        if available == 0 || available < 0 && !collected {
            continue;
        }
        // All of it but what shall stay, which is held meanwhile, so that the books are even behind the cut.
        let leaves = if available > 0 { holder.minimum_balance(currency) } else { 0 };
        let amount = available - leaves;
        if available > 0 && amount <= 0 {
            continue;
        }
        let Some(to) = External::of_schedule(cx, holder, currency)? else { continue };
        let since = paid_out(cx, currency).await?;
        let make = Make {
            amount,
            currency,
            description: None,
            metadata: Metadata::default(),
            method: Method::Standard,
            statement_descriptor: holder.settings.payouts.statement_descriptor.clone(),
            leaves,
            since: Some(since),
        };
        let made = payout::make(cx, to, make).await?;
        let transaction = made.balance_transaction.as_ref().map(|it| it.id.clone()).unwrap_or_default();
        let until = Cut { at: cx.world_now(), transaction };
        cx.put(&PaidOut { id: currency.to_string(), object: PaidOut::NAME.into(), until });
        cx.emit(payout::CREATED, &made);
    }
    Ok(())
}

async fn paid_out(cx: &mut Cx<'_>, currency: Currency) -> Result<Cut, Stop> {
    let kept = cx.get::<PaidOut>(currency.as_str()).await?;
    Ok(kept.map_or_else(Cut::beginning, |it| it.until))
}

/// All money of ours is from cards. Errors: another kind is asked for.
pub(crate) fn only_cards(source_type: Option<SourceType>) -> Result<(), ApiError> {
    match source_type {
        None | Some(SourceType::Card) => Ok(()),
        Some(other) => {
            let message =
                format!("You have insufficient funds of the source type {} in your account.", other.as_str());
            Err(ApiError::invalid(400, message).code("balance_insufficient").param("source_type"))
        }
    }
}

#[cfg(test)]
mod tests;
