//! Retrieving and listing payment intents.
use super::{
    PaymentIntent,
    shown::{admit, shown},
};
use crate::payments::customer::{Customer, CustomerAccount};
use api::{Cx, Outcome, Page, Range, Stored, done};
use base::{ApiError, Named as _, Timestamp, Via};
use wire::Wire;

/// What `GET /v1/payment_intents/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Retrieve {
    client_secret: Option<String>,
}

/// What `GET /v1/payment_intents` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
}

/// What a filter looks at.
#[derive(Debug, Wire)]
struct Seen {
    created: Timestamp,
}

pub(super) async fn retrieve(cx: &mut Cx<'_>, p: Retrieve) -> Outcome<Stored> {
    let id = cx.path("id");
    let missing = || ApiError::no_such(PaymentIntent::NAME, id, "id");
    if id.len() > 255 || id.contains('/') {
        return Err(missing().into());
    }
    let doc = cx.world.store.get(&cx.key::<PaymentIntent>(id)).await?.ok_or_else(missing)?;
    if p.client_secret.is_some() || cx.caller.via == Via::PublishableKey {
        let intent = cx.peek::<PaymentIntent>(id).await?.ok_or_else(missing)?;
        admit(cx, PaymentIntent::NAME, p.client_secret.as_deref(), intent.client_secret.as_deref())?;
    }
    done(shown(cx, doc.public())?)
}

pub(super) async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.customer.map(|customer| (Customer::NAME, customer));
    let Some(created) = p.created else { return cx.page::<PaymentIntent>(by).await };
    cx.page_where::<PaymentIntent>(by, move |doc| {
        wire::from_json::<Seen>(&doc.body).is_ok_and(|it| created.holds(it.created.0))
    })
    .await
}
