//! Transfers before 2017-04-06: what went to the account's own bank was one, too, and is a payout today.
use super::{List, Transfer};
use crate::payments::{
    balance_transaction::{BalanceTransaction, PaidOut},
    payout::Payout,
};
use api::{Cx, Object, Outcome, Page, Stop, Stored, done};
use base::{ApiError, Named as _, Version};
use wire::Wire;

/// From this version on payouts are no transfers.
const PAYOUTS: Version = Version::of("2017-04-06");

/// What `GET /v1/transfers/{id}` and `GET /v1/transfers/{id}/transactions` take.
#[derive(Debug, Wire)]
pub(super) struct Nothing {}

/// Whether payouts are transfers to the caller.
pub(super) fn in_one(cx: &Cx<'_>) -> bool {
    !cx.caller.version.has(PAYOUTS)
}

/// Retrieves a transfer of either kind.
pub(super) async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Stored> {
    let id = cx.path("id").to_owned();
    let missing = || ApiError::no_such(Transfer::NAME, &id, "id");
    if id.len() > 255 {
        return Err(missing().into());
    }
    let mut doc = cx.world.store.get(&cx.key::<Transfer>(&id)).await?;
    if doc.is_none() && in_one(cx) {
        doc = cx.world.store.get(&cx.key::<Payout>(&id)).await?;
    }
    done(Stored(doc.ok_or_else(missing)?.public()))
}

/// The transfers to the bank; those to other accounts came later and are listed by their destination.
pub(super) async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let created = p.created;
    let found = cx
        .page_where::<Payout>(None, move |doc| {
            created.is_none()
                || wire::from_json::<Payout>(&doc.body)
                    .is_ok_and(|it| created.is_none_or(|range| range.holds(it.created.0)))
        })
        .await?;
    let api::Reply::Done(page) = found else { return Ok(found) };
    done(Page { url: Transfer::PATH.to_owned(), ..page })
}

/// What a transfer to the bank consists of.
pub(super) async fn transactions(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let covered = covered(cx, &id).await?;
    let found = cx
        .page_where::<BalanceTransaction>(None, move |doc| {
            wire::from_json::<BalanceTransaction>(&doc.body)
                .is_ok_and(|it| covered.as_ref().is_some_and(|covered| covered.holds_besides_itself(&it)))
        })
        .await?;
    let api::Reply::Done(page) = found else { return Ok(found) };
    done(Page { url: format!("{}/{id}/transactions", Transfer::PATH), ..page })
}

/// None where somebody asked for the payout by hand.
async fn covered(cx: &Cx<'_>, id: &str) -> Result<Option<PaidOut>, Stop> {
    let payout = cx.peek::<Payout>(id).await?;
    let payout = payout.ok_or_else(|| ApiError::no_such(Transfer::NAME, id, "id"))?;
    Ok(PaidOut::of(&payout))
}
