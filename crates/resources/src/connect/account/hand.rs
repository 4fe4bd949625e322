//! What becomes of an account by hand, for tests of platforms; and what cards do to the account they pay.
use super::{Account, save};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Timestamp};
use wire::{Patch, Wire};

/// What can be done to an account by hand: only `dev` offers it.
#[derive(Debug, Clone, Default, Wire)]
pub struct Hand {
    /// Looks at whoever waits to be looked at, now.
    pub verify: Option<bool>,
    /// Asks for more: first for what is due eventually, then for a document. `charges` or `payouts` stop until it
    /// is given.
    pub ask: Option<Ask>,
    /// Until when it may go on although something is due.
    pub deadline: Patch<Timestamp>,
    /// Stops it for now, or no more.
    pub pause: Patch<Pause>,
    /// Refuses it, or no more.
    pub reject: Patch<Reject>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Ask {
    /// The next of what is due eventually, with a deadline.
    Next,
    /// A document, and no payments before it is there.
    Charges,
    /// A document, and no payouts before it is there.
    Payouts,
}

/// Why an account is stopped for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Pause {
    /// It may stand on a list of those whom nobody may do business with.
    Listed,
    /// For another reason.
    Other,
    /// Its platform stopped it.
    PlatformPaused,
    /// Somebody looks at it.
    UnderReview,
}

/// Why an account is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Reject {
    /// Fraud.
    Fraud,
    /// It could not be verified.
    IncompleteVerification,
    /// It stands on a list.
    Listed,
    /// For another reason.
    Other,
    /// It broke the terms.
    TermsOfService,
}

/// The last stage, at which a document is asked for.
const STAGE_MAX: i64 = 2;

/// Asks for more of an account that a platform controls; of others nothing is asked this way.
pub(crate) fn ask(account: &mut Account, what: Ask) {
    let Some(standing) = &mut account.standing.0 else { return };
    if what == Ask::Next {
        standing.stage = (standing.stage + 1).min(STAGE_MAX);
    } else {
        standing.charges_blocked |= what == Ask::Charges;
        standing.payouts_blocked |= what == Ask::Payouts;
        // What was shown before does not count: another document is asked for.
        for member in &mut account.members.0 {
            if member.shown.relationship.representative == Some(true) {
                member.shown.verification.document = super::Document::default();
            }
        }
    }
}

/// Does it. Errors: there is no such account, or it controls itself.
pub async fn by_hand(cx: &mut Cx<'_>, id: &str, hand: Hand) -> Outcome<Account> {
    let before: Account = cx.must("account", id).await?;
    if before.standing.0.is_none() {
        let message = "This account controls itself. Only what a platform created with POST /v1/accounts has requirements that can be set.";
        return Err(ApiError::invalid(400, message).param("account").into());
    }
    let mut account = before.clone();
    if let Some(what) = hand.ask {
        ask(&mut account, what);
    }
    if let Some(standing) = &mut account.standing.0 {
        hand.deadline.apply(&mut standing.deadline);
        match hand.pause {
            Patch::Keep => {}
            Patch::Clear => standing.paused = None,
            Patch::Set(why) => standing.paused = Some(why.as_str().to_owned()),
        }
        match hand.reject {
            Patch::Keep => {}
            Patch::Clear => standing.rejected = None,
            Patch::Set(why) => standing.rejected = Some(format!("rejected.{}", why.as_str())),
        }
    }
    if hand.verify == Some(true) {
        super::standing::look(&mut account, true);
    }
    done(save(cx, &before, account)?)
}

/// The card that paid an account is one that stands for a change of its standing (test mode).
pub async fn paid_with(cx: &mut Cx<'_>, id: &str, later: acquirer::simulator::Later) -> Result<(), Stop> {
    use acquirer::simulator::Later;
    let what = match later {
        Later::NextRequirements => Ask::Next,
        Later::ChargesBlocked => Ask::Charges,
        Later::PayoutsBlocked => Ask::Payouts,
        _ => return Ok(()),
    };
    let Some(before) = cx.get_of::<Account>(id, false, id).await? else { return Ok(()) };
    let mut account = before.clone();
    ask(&mut account, what);
    save(cx, &before, account)?;
    Ok(())
}
