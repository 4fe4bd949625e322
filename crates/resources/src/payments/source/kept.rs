//! Sources that customers keep.
use super::{Source, Status, Usage};
use crate::payments::{
    card::{self, refused},
    customer::Customer,
};
use acquirer::simulator;
use api::{Cx, Stop};
use base::{ApiError, Metadata, Named as _};
use wire::Optional;

/// At most this many of a customer are looked at.
const KEPT_MAX: usize = 500;

/// Gives a source to a customer, who is put by the caller. Errors: it cannot be charged any number of times, or
/// somebody keeps it; the bank refuses the card, unless `validate` is off.
pub(crate) async fn attach(
    cx: &mut Cx<'_>,
    customer: &Customer,
    id: &str,
    metadata: Metadata,
    validate: bool,
    param: &str,
) -> Result<Source, Stop> {
    let mut source: Source = cx.must(param, id).await?;
    source.must_be_chargeable(param)?;
    let refuse = |message: String| ApiError::invalid(400, message).code("invalid_source_usage").param(param);
    if source.usage != Some(Usage::Reusable) {
        let message = format!("The source {id} can be charged once, so no customer can keep it.");
        return Err(refuse(message).into());
    }
    if source.customer.0.is_some() {
        return Err(refuse(format!("A customer keeps the source {id} already.")).into());
    }
    if validate && !cx.caller.livemode {
        let asked = source.card_of();
        let checks = simulator::attach_outcome(&asked.network(cx)?.ask());
        source.taken.0.checked(checks.map_err(|why| refused(cx, why))?);
        source.card = Optional(Some(super::SourceCard::of(&source.taken.0)));
    }
    source.customer = Optional(Some(customer.id.clone()));
    if metadata != Metadata::default() {
        source.metadata = Some(metadata);
    }
    cx.put(&source);
    cx.emit(card::CREATED, &source);
    Ok(source)
}

/// Takes a source away from its customer: it cannot be used any more.
pub(crate) fn detach(cx: &mut Cx<'_>, mut source: Source) -> Source {
    source.customer = Optional(None);
    source.status = Status::Consumed;
    cx.put(&source);
    cx.emit(card::DELETED, &source);
    source
}

/// What a customer keeps.
pub(crate) async fn of_customer(cx: &Cx<'_>, customer: &str) -> Result<Vec<Source>, Stop> {
    let by = Some((Customer::NAME, customer.to_owned()));
    cx.all_by::<Source>(&cx.caller.account, cx.caller.livemode, by, KEPT_MAX).await
}

/// Takes every source away from a customer who goes.
pub(crate) async fn drop_all(cx: &mut Cx<'_>, customer: &str) -> Result<(), Stop> {
    for source in of_customer(cx, customer).await? {
        // Reading it again lets it enter the read set.
        if let Some(mut source) = cx.get::<Source>(&source.id).await? {
            source.customer = Optional(None);
            source.status = Status::Consumed;
            cx.put(&source);
        }
    }
    Ok(())
}
