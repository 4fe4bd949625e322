//! Refusing an account, taking it back, and deleting it.
use super::{Account, DashboardType, controls, named, save, shown};
use crate::{
    connect::application::{Application, DEAUTHORIZED},
    payments::balance_transaction::COUNTERS,
};
use api::{
    Cx, Fact, Nothing, Outcome, Stop,
    access::{Connected, Connection, Credential},
    done,
};
use base::{ApiError, Named};
use std::collections::BTreeMap;
use store::Key;
use wire::Wire;

/// What `POST /v1/accounts/{id}/reject` takes.
#[derive(Debug, Wire)]
pub(super) struct Reject {
    payouts_action: Option<PayoutsAction>,
    reason: Reason,
}

/// What becomes of payouts of a refused account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum PayoutsAction {
    /// They go on.
    None,
    /// They stop.
    Pause,
}

#[derive(Debug, Clone, Copy, Wire)]
enum Reason {
    Credit,
    FraudNoIntentToFulfill,
    FraudOther,
    FraudPaymentMethodCasher,
    FraudPaymentMethodTester,
    Other,
    TermsOfService,
}

/// What is left of a deleted account.
#[derive(Debug, Wire)]
pub(super) struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

/// How many credentials of one connection are taken back at most.
const MANY: usize = 10_000;

pub(super) async fn reject(cx: &mut Cx<'_>, p: Reject) -> Outcome<Account> {
    let before = ours(cx).await?;
    if !before.controller.platform_bears_losses() {
        let message = "You cannot reject this account: only accounts whose negative balances your platform is liable for can be rejected.";
        return Err(ApiError::invalid(400, message).into());
    }
    empty_in_live_mode(cx, &before, "rejected").await?;
    let word = match p.reason {
        Reason::TermsOfService => "rejected.platform_terms_of_service",
        Reason::Other | Reason::Credit => "rejected.platform_other",
        Reason::FraudNoIntentToFulfill
        | Reason::FraudOther
        | Reason::FraudPaymentMethodCasher
        | Reason::FraudPaymentMethodTester => "rejected.platform_fraud",
    };
    decide(cx, &before, Some(word), p.payouts_action == Some(PayoutsAction::None)).await
}

pub(super) async fn unreject(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Account> {
    let before = ours(cx).await?;
    let rejected = before.standing.0.as_ref().and_then(|it| it.rejected.clone());
    if rejected.is_none_or(|it| !it.starts_with("rejected.platform_")) {
        let message = "This account was not rejected by your platform.";
        return Err(ApiError::invalid(400, message).into());
    }
    decide(cx, &before, None, false).await
}

async fn decide(cx: &mut Cx<'_>, before: &Account, word: Option<&str>, pays_on: bool) -> Outcome<Account> {
    let mut account = before.clone();
    if let Some(standing) = &mut account.standing.0 {
        standing.rejected = word.map(str::to_owned);
        standing.pays_on = pays_on.then_some(true);
    }
    let account = save(cx, before, account)?;
    done(shown(cx, account))
}

/// The account that the URL names, which the caller must control.
async fn ours(cx: &mut Cx<'_>) -> Result<Account, Stop> {
    let account = named(cx, "id").await?;
    if !controls(cx, &account) || account.id == cx.caller.account {
        let message = format!("Your platform does not control the account '{}'.", account.id);
        return Err(ApiError::invalid(403, message).into());
    }
    Ok(account)
}

pub(super) async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let before = ours(cx).await?;
    if before.is_live() && before.controller.dashboard() == DashboardType::Full {
        let message = "You cannot delete this account: it has a dashboard of its own, and whoever signs in there decides.";
        return Err(ApiError::invalid(400, message).into());
    }
    empty_in_live_mode(cx, &before, "deleted").await?;
    disconnect(cx, &before).await?;
    // What lies under the account needs it, so it is kept, and nobody reaches it.
    let mut account = before.clone();
    if let Some(standing) = &mut account.standing.0 {
        standing.deleted = true;
    }
    (account.charges_enabled, account.payouts_enabled) = (false, false);
    cx.put(&account);
    done(Deleted { id: account.id, object: Account::NAME.into(), deleted: true })
}

/// Real money must have gone first. What is in test mode is worth nothing. Errors: there is some.
async fn empty_in_live_mode(cx: &Cx<'_>, account: &Account, what: &str) -> Result<(), Stop> {
    if !account.is_live() {
        return Ok(());
    }
    let space = format!("{}{COUNTERS}", Key::space(&account.id, true, "counter"));
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (name, amount) in cx.world.store.counters(&space).await? {
        let currency = name.get(space.len()..).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        *sums.entry(currency.to_owned()).or_default() += amount;
    }
    if sums.into_values().any(|amount| amount != 0) {
        let message = format!("This account cannot be {what} before all of its balances are zero.");
        return Err(ApiError::invalid(400, message).code("balance_insufficient").into());
    }
    Ok(())
}

/// Ends every connection of the account, with what they gave.
async fn disconnect(cx: &mut Cx<'_>, account: &Account) -> Result<(), Stop> {
    for live in [false, true] {
        for known in cx.all_by::<Connection>(&account.id, live, None, MANY).await? {
            let Some(connection) = cx.get_of::<Connection>(&account.id, live, &known.id).await? else {
                continue;
            };
            let grant = Credential::grant(&connection.id, &account.id);
            for held in cx.all_by::<Credential>("", false, Some(("grant", grant)), MANY).await? {
                if let Some(held) = cx.get::<Credential>(&held.id).await? {
                    cx.delete(&held);
                }
            }
            cx.delete_of(&account.id, live, &connection);
            if let Some(mirror) = cx.get_of::<Connected>(&connection.platform, live, &account.id).await? {
                cx.delete_of(&connection.platform, live, &mirror);
            }
            let Some(application) = cx.peek::<Application>(&connection.id).await? else { continue };
            cx.fact(Fact {
                account: account.id.clone(),
                live,
                kind: DEAUTHORIZED,
                object: super::json(application),
                previous: None,
                only: Some(connection.id),
            });
        }
    }
    Ok(())
}
