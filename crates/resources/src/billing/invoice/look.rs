//! Listing and searching invoices.
use super::{CollectionMethod, Invoice, Status};
use crate::{
    billing::subscription::Subscription,
    payments::customer::{Customer, CustomerAccount},
    search::{self, Member, Search, Sort},
};
use api::{Cx, Found, Outcome, Page, Range};
use base::Named as _;
use wire::Wire;

/// What `GET /v1/invoices` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    collection_method: Option<CollectionMethod>,
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    due_date: Option<Range>,
    status: Option<Status>,
    subscription: Option<String>,
}

pub(super) async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = match (&p.subscription, &p.customer) {
        (Some(subscription), _) => Some((Subscription::NAME, subscription.clone())),
        (None, Some(customer)) => Some((Customer::NAME, customer.clone())),
        (None, None) => None,
    };
    cx.page_where::<Invoice>(by, |doc| {
        wire::from_json::<Invoice>(&doc.body).is_ok_and(|it| {
            p.collection_method.is_none_or(|wanted| it.collection_method == wanted)
                && p.customer
                    .as_ref()
                    .is_none_or(|wanted| it.customer.as_ref().is_some_and(|it| it.id == *wanted))
                && p.created.is_none_or(|range| range.holds(it.created.0))
                && p.due_date.is_none_or(|range| it.due_date.is_some_and(|at| range.holds(at.0)))
                && p.status.is_none_or(|wanted| it.is(wanted))
        })
    })
    .await
}

const MEMBERS: &[Member] = &[
    Member::new("created", Sort::Number),
    Member::new("currency", Sort::Exact),
    Member::new("customer", Sort::Exact),
    Member::new("number", Sort::Exact),
    Member::new("receipt_number", Sort::Exact),
    Member::new("status", Sort::Exact),
    Member::new("total", Sort::Number),
];

/// Where invoices are searched.
pub(super) const PATH: &str = "/v1/invoices/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<Invoice>(cx, p, MEMBERS, Some("customer"), PATH).await
}
