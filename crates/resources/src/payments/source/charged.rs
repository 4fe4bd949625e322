//! Charging a source.
use super::{ProvenCard, Source, SourceType, Status, Usage};
use crate::payments::{card::Instrument, charge::means::Means};
use acquirer::Presence;
use api::{Cx, Stop};
use base::{ApiError, Currency};

/// What a source is charged as.
pub(super) fn means(source: &Source) -> Means {
    Means::Source(Box::new(Instrument::of_source(source, source.card_of())))
}

/// What the source with this id, which stood in `source`, is charged as, for whom it is kept, and what part its holder
/// took. Errors: it cannot be charged, or not so; somebody else keeps it, or nobody does.
pub(crate) async fn with(
    cx: &mut Cx<'_>,
    id: &str,
    customer: Option<&str>,
    (amount, currency): (i64, Currency),
) -> Result<(Means, Presence), Stop> {
    let refuse =
        |message: String| ApiError::invalid(400, message).code("invalid_source_usage").param("source");
    let source: Source = cx.must("source", id).await?;
    source.must_be_chargeable("source")?;
    match (source.customer.0.as_deref(), customer) {
        (None, None) => {}
        (Some(owner), Some(customer)) if owner == customer => {}
        (Some(_), None) => {
            return Err(refuse(format!("A customer keeps the source {id}. Send the customer, too.")).into());
        }
        (_, Some(customer)) => {
            let message = format!("Customer {customer} does not have a linked source with ID {id}.");
            return Err(ApiError::invalid(400, message).code("missing").param("source").into());
        }
    }
    if source.amount.is_some_and(|is| is != amount) || source.currency.is_some_and(|is| is != currency) {
        let message = format!("The source {id} was made for another amount or currency than this charge.");
        return Err(refuse(message).into());
    }
    let proven = source.three_d_secure.0.as_ref().is_some_and(ProvenCard::is_proven);
    let presence = if proven { Presence::Authenticated } else { Presence::Unproven };
    Ok((means(&source), presence))
}

impl ProvenCard {
    fn is_proven(&self) -> bool {
        self.authenticated == Some(true)
    }
}

/// A source was charged: what can be charged once, or is kept by nobody, is used up.
pub(crate) async fn used(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(mut source) = cx.get::<Source>(id).await? else { return Ok(()) };
    let once = source.r#type == SourceType::ThreeDSecure || source.usage == Some(Usage::SingleUse);
    if once || source.customer.0.is_none() {
        source.status = Status::Consumed;
        cx.put(&source);
    }
    Ok(())
}
