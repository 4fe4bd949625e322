//! Where payouts of an account go.
use super::{DestinationType, Method};
use crate::connect::account::{self, Account};
use acquirer::simulator::{self, Payout as Outcome, banks};
use api::{Cx, Stop};
use base::{ApiError, Currency};

/// An external account that can be paid to.
#[derive(Debug, Clone)]
pub(crate) struct External {
    /// `ba_…`.
    pub(crate) id: String,
    /// What it is.
    pub(crate) kind: DestinationType,
    /// What becomes of a payout to it.
    outcome: Outcome,
}

/// The status of a bank account that refused a payout; nothing goes there until it is changed.
pub(crate) const ERRORED: &str = "errored";

/// Whether an account that a platform controls is not paid out: something is wanted of it first, or somebody stopped it.
fn is_stopped(holder: &Account) -> bool {
    holder.standing.0.is_some() && !holder.payouts_enabled
}

impl External {
    /// Where money of a currency goes that an account pays out by hand, which may be said. Errors: there is no such
    /// external account, or none that can take it.
    pub(crate) async fn of(
        cx: &Cx<'_>,
        account: &str,
        currency: Currency,
        wanted: Option<&str>,
    ) -> Result<Self, Stop> {
        let live = cx.caller.livemode;
        let holder = cx.peek_of::<Account>(account, live, account).await?;
        let externals = holder.as_ref().map_or(&[][..], |it| it.externals());
        if holder.as_ref().is_some_and(is_stopped) {
            let message = "Payouts have been disabled on the connected account. Check the connected account's status to see if any additional information needs to be provided, or if payouts have been disabled for another reason.";
            return Err(ApiError::invalid(400, message).code("payouts_not_allowed").into());
        }
        let found = match wanted {
            Some(id) => {
                let found = externals.iter().find(|it| it.id() == id);
                Some(found.ok_or_else(|| ApiError::no_such("external account", id, "destination"))?)
            }
            None => holder.as_ref().and_then(|it| it.destination(currency)),
        };
        let found = found.filter(|it| it.currency() == currency);
        let (Some(holder), Some(bank)) = (&holder, found) else {
            let message =
                format!("Sorry, you don't have any external accounts in that currency ({currency}).");
            return Err(ApiError::invalid(400, message).into());
        };
        if bank.status() == Some(ERRORED) {
            let message = format!(
                "The external account {} refused an earlier payout, so nothing can be paid out to it. Add another external account, or this one again with right numbers.",
                bank.id()
            );
            return Err(ApiError::invalid(400, message)
                .code("bank_account_unusable")
                .param("destination")
                .into());
        }
        External::known(cx, holder, bank)
    }

    /// Where the schedule pays money of a currency to; none where there is no such place.
    pub(crate) fn of_schedule(
        cx: &Cx<'_>,
        holder: &Account,
        currency: Currency,
    ) -> Result<Option<Self>, Stop> {
        if is_stopped(holder) {
            return Ok(None);
        }
        let bank = holder.destination(currency).filter(|it| it.status() != Some(ERRORED));
        bank.map(|bank| External::known(cx, holder, bank)).transpose()
    }

    fn known(cx: &Cx<'_>, holder: &Account, it: &account::External) -> Result<Self, Stop> {
        let number = it.number(cx, holder)?;
        let (kind, outcome) = match it {
            account::External::Bank(bank) => {
                let routing = bank.routing_number.as_deref().unwrap_or_default();
                let listed = banks::find(routing, number.reveal());
                (DestinationType::BankAccount, listed.map(|it| it.payout))
            }
            account::External::Card(_) => {
                (DestinationType::Card, simulator::find(number.reveal()).map(|it| it.payout))
            }
        };
        Ok(External { id: it.id().to_owned(), kind, outcome: outcome.unwrap_or(Outcome::Paid) })
    }

    /// Why the bank will refuse a payout; none where it will take it.
    pub(crate) fn refusal(&self, method: Method) -> Option<&'static str> {
        match (self.outcome, method) {
            (Outcome::Fails(code), _) => Some(code),
            (Outcome::NotInstant, Method::Instant) | (Outcome::WrongType, _) => Some("could_not_process"),
            (Outcome::Paid | Outcome::NotInstant, _) => None,
        }
    }
}
