//! Searching charges.
use super::Charge;
use crate::search::{self, Member, Search, Sort};
use api::{Cx, Found, Outcome};
use wire::Node;

#[rustfmt::skip]
const MEMBERS: &[Member] = &[
    Member::new("amount", Sort::Number),
    Member::new("billing_details.address.postal_code", Sort::Exact),
    Member::new("created", Sort::Number),
    Member::new("currency", Sort::Exact),
    Member::new("customer", Sort::Exact),
    Member::new("disputed", Sort::Exact),
    Member::new("payment_method_details.card.brand", Sort::Exact),
    Member::new("payment_method_details.card.exp_month", Sort::Exact),
    Member::new("payment_method_details.card.exp_year", Sort::Exact),
    Member::new("payment_method_details.card.fingerprint", Sort::Exact),
    Member::new("payment_method_details.card.last4", Sort::Exact),
    Member::new("payment_method_details.card_present.brand", Sort::Exact),
    Member::new("payment_method_details.card_present.exp_month", Sort::Exact),
    Member::new("payment_method_details.card_present.exp_year", Sort::Exact),
    Member::new("payment_method_details.card_present.fingerprint", Sort::Exact),
    Member::new("payment_method_details.card_present.last4", Sort::Exact),
    Member::new("payment_method_details.interac_present.brand", Sort::Exact),
    Member::new("payment_method_details.interac_present.exp_month", Sort::Exact),
    Member::new("payment_method_details.interac_present.exp_year", Sort::Exact),
    Member::new("payment_method_details.interac_present.fingerprint", Sort::Exact),
    Member::new("payment_method_details.interac_present.last4", Sort::Exact),
    Member { name: "refunded", sort: Sort::Exact, read: Some(refunded) },
    Member::new("status", Sort::Exact),
];

/// `true` where all of it went back, `false` where a part did, nothing where none did.
fn refunded(it: &Node<'_>) -> Option<String> {
    let back = it.get("amount_refunded").and_then(Node::as_i64).unwrap_or(0);
    (back > 0).then(|| (it.get("refunded") == Some(&Node::Bool(true))).to_string())
}

/// Where charges are searched.
pub(super) const PATH: &str = "/v1/charges/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<Charge>(cx, p, MEMBERS, Some("customer"), PATH).await
}
