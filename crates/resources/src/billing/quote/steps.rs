//! A quote comes to stand: finalised, withdrawn, or over.
use super::{CANCELED, FINALIZED, FromQuote, Quote, Status};
use crate::{
    billing::{amounts::refused, invoice::ahead, timing},
    due,
    payments::customer::Customer,
    test_helpers::test_clock,
};
use api::{Cx, Nothing, Outcome, Stop, done};
use base::{ApiError, Timestamp};
use wire::{Hidden, Optional, Wire};

/// What `POST /v1/quotes/{id}/finalize` takes.
#[derive(Debug, Wire)]
pub(super) struct Finalize {
    expires_at: Option<Timestamp>,
}

/// The quote that the URL names and its customer, by whose clock the decision lives.
pub(super) async fn named(cx: &mut Cx<'_>) -> Result<(Quote, Option<Customer>), Stop> {
    let id = cx.path("id").to_owned();
    let it: Quote = cx.must("id", &id).await?;
    let customer = match &it.customer {
        Some(customer) => cx.get::<Customer>(&customer.id).await?,
        None => None,
    };
    let clock = customer.as_ref().and_then(|it| it.test_clock.as_ref());
    test_clock::enter(cx, clock.or(it.test_clock.as_ref())).await?;
    Ok((it, customer))
}

impl Quote {
    /// Errors: it does not stand where it may be `done`.
    pub(super) fn must_be(&self, wanted: &[Status], done: &str) -> Result<(), ApiError> {
        if wanted.contains(&self.status) {
            return Ok(());
        }
        let message = format!(
            "This quote cannot be {done} because its status is `{}`. Only quotes that are {} can be {done}.",
            self.status.as_str(),
            wanted.iter().map(|it| format!("`{}`", it.as_str())).collect::<Vec<_>>().join(" or "),
        );
        Err(refused(message))
    }
}

pub(super) async fn finalize(cx: &mut Cx<'_>, p: Finalize) -> Outcome<Quote> {
    let (mut it, customer) = named(cx).await?;
    it.must_be(&[Status::Draft], "finalized")?;
    let Some(mut customer) = customer else {
        return Err(refused("Set the customer of a quote before it is finalized.").param("customer").into());
    };
    if it.lines().is_empty() {
        let message = "Add line items to a quote before it is finalized.";
        return Err(refused(message).param("line_items").into());
    }
    ahead(cx, "expires_at", p.expires_at)?;
    it.expires_at = p.expires_at.unwrap_or(it.expires_at);
    if it.expires_at <= cx.now() {
        let message = "The quote expires in the past. Send a later expires_at.";
        return Err(refused(message).param("expires_at").into());
    }
    it.work_out(cx, Some(&customer)).await?;
    it.number = Some(number(cx, &it, &mut customer).await?);
    it.status = Status::Open;
    it.status_transitions.finalized_at = Some(cx.now());
    due::later(cx, due::Kind::QuoteExpires, &it.id, it.expires_at);
    cx.put(&customer);
    cx.put(&it);
    if let Some(FromQuote { is_revision: true, quote }) = &it.from_quote {
        // What takes its place makes it void.
        if let Some(before) = cx.get::<Quote>(&quote.id).await?.filter(|it| it.status == Status::Open) {
            withdraw(cx, before);
        }
    }
    cx.emit(FINALIZED, &it);
    done(it)
}

/// The number of a quote: the next one of its customer, or that of the quote in whose place it is, counted on.
async fn number(cx: &mut Cx<'_>, it: &Quote, customer: &mut Customer) -> Result<String, Stop> {
    if let Some(FromQuote { is_revision: true, quote }) = &it.from_quote
        && let Some(before) = cx.get::<Quote>(&quote.id).await?
        && let Some((stem, count)) = before.number.as_deref().and_then(|it| it.rsplit_once('-'))
        && let Ok(count) = count.parse::<i64>()
    {
        return Ok(format!("{stem}-{}", count + 1));
    }
    let next = customer.quotes.0.0.unwrap_or(0) + 1;
    customer.quotes = Hidden(Optional(Some(next)));
    Ok(format!("QT-{}-{next:04}-1", customer.invoice_prefix.as_deref().unwrap_or_default()))
}

pub(super) async fn cancel(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Quote> {
    let (it, _) = named(cx).await?;
    it.must_be(&[Status::Draft, Status::Open], "canceled")?;
    done(withdraw(cx, it))
}

fn withdraw(cx: &mut Cx<'_>, mut it: Quote) -> Quote {
    it.status = Status::Canceled;
    it.status_transitions.canceled_at = Some(cx.now());
    cx.put(&it);
    cx.emit(CANCELED, &it);
    it
}

/// The time of a quote is over; nothing happens where it was accepted or withdrawn, or got more time.
pub(crate) async fn expires(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<Quote>(id).await?.filter(|it| it.status == Status::Open) else { return Ok(()) };
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let Some(customer) = cx.get::<Customer>(&customer).await? else { return Ok(()) };
    if timing::has_come(cx, &customer, (due::Kind::QuoteExpires, id), Some(it.expires_at)).await? {
        withdraw(cx, it);
    }
    Ok(())
}
