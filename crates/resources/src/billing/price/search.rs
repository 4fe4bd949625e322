//! Searching prices.
use super::Price;
use crate::search::{self, Member, Search, Sort};
use api::{Cx, Found, Outcome};

const MEMBERS: &[Member] = &[
    Member::new("active", Sort::Exact),
    Member::new("currency", Sort::Exact),
    Member::new("lookup_key", Sort::Exact),
    Member::new("product", Sort::Exact),
    Member::new("type", Sort::Exact),
];

/// Where prices are searched.
pub(super) const PATH: &str = "/v1/prices/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<Price>(cx, p, MEMBERS, Some("product"), PATH).await
}
