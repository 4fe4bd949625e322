//! Where payouts of an account go.
use super::{DestinationType, Method};
use crate::connect::account::{Account, PayoutBank};
use acquirer::simulator::{Payout as Outcome, banks};
use api::{Cx, Stop, fault};
use base::{ApiError, Currency};
use vault::{Kind, Place};

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

impl External {
    /// Where money of a currency goes that an account pays out by hand, which may be said. Errors: there is no such
    /// external account, or none that can take it.
    pub(crate) async fn of(
        cx: &Cx<'_>,
        account: &str,
        currency: Currency,
        wanted: Option<&str>,
    ) -> Result<Self, Stop> {
        let holder = holder(cx, account).await?;
        let banks = holder.external_accounts.0.as_ref().map_or(&[][..], |it| &it.data);
        let found = match wanted {
            Some(id) => {
                let found = banks.iter().find(|bank| bank.id == id);
                Some(found.ok_or_else(|| ApiError::no_such("external account", id, "destination"))?)
            }
            None => usual(banks, currency),
        };
        let Some(bank) = found.filter(|bank| bank.currency == currency) else {
            let message = format!("Sorry, you don't have any external accounts in that currency ({currency}).");
            return Err(ApiError::invalid(400, message).into());
        };
        if bank.status == ERRORED {
            let message = format!(
                "The bank account {} refused an earlier payout, so nothing can be paid out to it. Add another bank account, or this one again with right numbers.",
                bank.id
            );
            return Err(ApiError::invalid(400, message).code("bank_account_unusable").param("destination").into());
        }
        External::known(cx, &holder, bank)
    }

    /// Where the schedule pays money of a currency to; none where there is no such place.
    pub(crate) fn of_schedule(cx: &Cx<'_>, holder: &Account, currency: Currency) -> Result<Option<Self>, Stop> {
        let banks = holder.external_accounts.0.as_ref().map_or(&[][..], |it| &it.data);
        let bank = usual(banks, currency).filter(|bank| bank.status != ERRORED);
        bank.map(|bank| External::known(cx, holder, bank)).transpose()
    }

    fn known(cx: &Cx<'_>, holder: &Account, bank: &PayoutBank) -> Result<Self, Stop> {
        let outcome = match holder.sealed.0.iter().find(|it| it.bank == bank.id) {
            Some(it) => {
                let at = Place { account: &holder.id, object: &bank.id };
                let number = cx.world.vault.open(Kind::BankAccountNumber, at, &it.sealed);
                let number =
                    number.map_err(|e| fault(format!("the number of {} cannot be opened: {e}", bank.id)))?;
                let routing = bank.routing_number.as_deref().unwrap_or_default();
                banks::find(routing, number.reveal()).map_or(Outcome::Paid, |it| it.payout)
            }
            None => Outcome::Paid,
        };
        Ok(External { id: bank.id.clone(), kind: DestinationType::BankAccount, outcome })
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

/// Whose external accounts they are.
async fn holder(cx: &Cx<'_>, account: &str) -> Result<Account, Stop> {
    let live = cx.caller.livemode;
    let holder = cx.peek_of::<Account>(account, live, account).await?;
    holder.ok_or_else(|| fault(format!("there is no account {account}")))
}

fn usual(banks: &[PayoutBank], currency: Currency) -> Option<&PayoutBank> {
    banks.iter().find(|bank| bank.currency == currency && bank.default_for_currency)
}
