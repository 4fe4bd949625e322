//! Searching payment intents.
use super::PaymentIntent;
use crate::search::{self, Member, Search, Sort};
use api::{Cx, Found, Outcome};

const MEMBERS: &[Member] = &[
    Member::new("amount", Sort::Number),
    Member::new("created", Sort::Number),
    Member::new("currency", Sort::Exact),
    Member::new("customer", Sort::Exact),
    Member::new("status", Sort::Exact),
];

/// Where payment intents are searched.
pub(super) const PATH: &str = "/v1/payment_intents/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<PaymentIntent>(cx, p, MEMBERS, Some("customer"), PATH).await
}
