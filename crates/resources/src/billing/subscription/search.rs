//! Searching subscriptions.
use super::Subscription;
use crate::search::{self, Member, Search, Sort};
use api::{Cx, Found, Outcome};

const MEMBERS: &[Member] = &[
    Member::new("canceled_at", Sort::Number),
    Member::new("created", Sort::Number),
    Member::new("status", Sort::Exact),
];

/// Where subscriptions are searched.
pub(super) const PATH: &str = "/v1/subscriptions/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<Subscription>(cx, p, MEMBERS, None, PATH).await
}
