//! Account debits: a platform charges the balance of a connected account (`source=acct_…`).
use super::{Charge, rules};
use crate::{
    connect::liability,
    payments::transfer::{self, Ask, Party},
};
use api::{Cx, Outcome, access::Connected, done};
use base::{ApiError, Currency, Metadata, Scope};

/// What the ids of accounts begin with.
pub(super) const ACCOUNTS: &str = "acct_";

/// A debit that is asked for.
#[derive(Debug)]
pub(super) struct Debit {
    /// `acct_…`.
    pub(super) account: String,
    /// In minor units.
    pub(super) amount: i64,
    /// The currency of the amount.
    pub(super) currency: Currency,
    /// The platform's own words.
    pub(super) description: Option<String>,
    /// The platform's own keys and values.
    pub(super) metadata: Metadata,
    /// What holds it and transfers together.
    pub(super) group: Option<String>,
}

/// Moves money from the balance of a connected account to that of the caller, its platform. Errors: the account is not
/// connected, let the platform only read, or has not so much available, where the platform does not answer for it.
pub(super) async fn debit(cx: &mut Cx<'_>, p: Debit) -> Outcome<Charge> {
    let Debit { account, amount, currency, description, metadata, group } = p;
    rules::positive("amount", amount)?;
    rules::description(description.as_deref())?;
    let connected = match cx.peek::<Connected>(&account).await? {
        Some(it) if !cx.caller.is_connect() => it,
        _ => return Err(ApiError::no_such("source", &account, "source").into()),
    };
    if connected.scope != Scope::ReadWrite {
        let message = format!("{account} allowed only reading, so its balance cannot be debited.");
        return Err(ApiError::invalid(403, message).param("source").into());
    }
    let to = Party { account: cx.caller.account.clone(), application: connected.application };
    let ask = Ask {
        from: &account,
        to: &to,
        amount,
        currency,
        available_on: None,
        may_owe: liability::platform_answers(cx, &account).await?,
        source: None,
        source_type: None,
        group,
        description: description.clone(),
        metadata: Metadata::default(),
        fee: None,
    };
    let mut sent = transfer::send(cx, ask).await?;
    (sent.payment.description, sent.payment.metadata) = (description, metadata);
    cx.put(&sent.payment);
    let charge = sent.payment.clone();
    sent.tell(cx);
    done(charge)
}
