//! The payments of an account, and in `dev` the cardholder's bank by hand: a dispute or a question about any of them.

use api::Stop;
use base::Caller;
use resources::connect::user::settle;
use resources::payments::charge::Charge;
use resources::payments::dispute::{self, Ask, CaseType, Reason};
use wire::Node;

use super::fields::pairs;
use super::platform::encode;
use super::reply::{Answer, page, see_other};
use super::visit::{Notice, Visit};
use crate::views::{PaymentRow, Payments};

/// Where they are.
pub(crate) const PAYMENTS: &str = "/dashboard/payments";
/// Payments on one page.
const PAGE: usize = 25;

/// `GET /dashboard/payments`: those of test mode, and with `live` those of live mode.
pub(crate) async fn show(visit: &mut Visit<'_>) -> Answer {
    let account = visit.person()?.current().id.clone();
    let query = pairs(visit.query().as_bytes());
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let live = value("live").is_some();
    let mut params = vec![("limit".into(), Node::Form(PAGE.to_string().into()))];
    if let Some(after) = value("after") {
        params.push(("starting_after".into(), Node::Form(after.into())));
    }
    let caller = Caller { request: visit.request.clone(), ..Caller::session(&account, live) };
    let body = visit.api.call_as(&caller, "GET", "/v1/charges", Node::Map(params)).await?;
    let told = Node::parse(&body).map_err(|error| api::fault(error.to_string()))?;
    let rows: Vec<PaymentRow> = match told.get("data") {
        Some(Node::List(items)) => items.iter().map(row).collect(),
        _ => Vec::new(),
    };
    let more = told.get("has_more") == Some(&Node::Bool(true));
    let mode = if live { "live=1&" } else { "" };
    let view = Payments {
        chrome: visit.chrome(),
        livemode: live,
        by_hand: visit.options.dev && !live,
        older_url: rows
            .last()
            .filter(|_| more)
            .map(|last| format!("{PAYMENTS}?{mode}after={}", encode(&last.id))),
        payments: rows,
        newer_url: value("after").map(|_| format!("{PAYMENTS}?{}", mode.trim_end_matches('&'))),
    };
    page(200, &view, None)
}

fn row(it: &Node<'_>) -> PaymentRow {
    let text = |name: &str| it.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| it.get(name).and_then(Node::as_i64).unwrap_or_default();
    let is = |name: &str| it.get(name) == Some(&Node::Bool(true));
    let standing = match () {
        () if is("disputed") => "Disputed",
        () if is("refunded") => "Refunded",
        () if text("status") == "failed" => "Failed",
        () if !is("captured") => "Reserved",
        () if number("amount_refunded") > 0 => "Partly refunded",
        () => "Paid",
    };
    PaymentRow {
        id: text("id"),
        amount: number("amount"),
        currency: text("currency"),
        description: Some(text("description")).filter(|text| !text.is_empty()),
        standing: standing.to_owned(),
        created: number("created"),
        can_dispute: is("paid") && is("captured") && !is("refunded") && !is("disputed"),
    }
}

/// `POST /dashboard/payments/dispute`: the bank takes the money of a test payment back, or asks about it.
pub(crate) async fn act(visit: &mut Visit<'_>) -> Answer {
    let account = visit.person()?.current().id.clone();
    let id = visit.fields.text("charge").to_owned();
    let case = match visit.fields.text("kind") {
        "inquiry" => CaseType::Inquiry,
        _ => CaseType::Chargeback,
    };
    let notice = if visit.options.dev && open(visit, &account, &id, case).await? {
        Notice::DISPUTED
    } else {
        Notice::NOT_DISPUTED
    };
    visit.tell(notice);
    see_other(PAYMENTS)
}

/// Whether the payment could be disputed.
async fn open(visit: &Visit<'_>, account: &str, id: &str, case: CaseType) -> Result<bool, Stop> {
    let caller = Caller { request: visit.request.clone(), ..Caller::session(account, false) };
    let opened = visit
        .api
        .transact(&caller, |cx| {
            Box::pin(async move {
                let charge: Charge = cx.must("charge", id).await?;
                let ask = Ask { case, ..Ask::new(Reason::Fraudulent) };
                api::done(dispute::open(cx, &charge, ask).await?.id)
            })
        })
        .await;
    match opened.and_then(settle) {
        Ok(_) => Ok(true),
        Err(Stop::Api(_)) => Ok(false),
        Err(stop) => Err(stop),
    }
}
