//! Quotes and their lines as they are listed.
use super::{Quote, Status};
use crate::{
    billing::quote_line_item::QuoteLineItem,
    connect::account,
    payments::customer::{Customer, CustomerAccount},
};
use api::{Cx, Object as _, Outcome, Page, done};
use base::Named as _;
use wire::Wire;

/// What `GET /v1/quotes` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    status: Option<Status>,
    test_clock: Option<String>,
}

/// What lists of lines filter by: nothing.
#[derive(Debug, Wire)]
pub(super) struct Nothing {}

pub(super) async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.customer.map(|customer| (Customer::NAME, customer));
    cx.page_where::<Quote>(by, |doc| {
        wire::from_json::<Quote>(&doc.body).is_ok_and(|it| {
            p.status.is_none_or(|wanted| it.status == wanted)
                && p.test_clock
                    .as_ref()
                    .is_none_or(|wanted| it.test_clock.as_ref().is_some_and(|clock| clock.id == *wanted))
        })
    })
    .await
}

pub(super) async fn lines(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let it: Quote = cx.must("id", &id).await?;
    page(cx, it.lines().iter(), &format!("{}/{id}/line_items", Quote::PATH))
}

pub(super) async fn upfront(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let it: Quote = cx.must("id", &id).await?;
    page(cx, it.upfront_lines().into_iter(), &format!("{}/{id}/computed_upfront_line_items", Quote::PATH))
}

fn page<'l>(cx: &Cx<'_>, lines: impl Iterator<Item = &'l QuoteLineItem>, url: &str) -> Outcome<Page> {
    let items = lines.map(|it| (it.id.clone(), account::json(it.clone()))).collect();
    done(account::slice(cx, QuoteLineItem::NAME, url.to_owned(), items)?)
}
