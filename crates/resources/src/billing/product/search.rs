//! Searching products.
use super::Product;
use crate::search::{self, Member, Search, Sort};
use api::{Cx, Found, Outcome};

const MEMBERS: &[Member] = &[
    Member::new("active", Sort::Exact),
    Member::new("description", Sort::Text),
    Member::new("name", Sort::Text),
    Member::new("shippable", Sort::Exact),
    Member::new("url", Sort::Text),
];

/// Where products are searched.
pub(super) const PATH: &str = "/v1/products/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<Product>(cx, p, MEMBERS, None, PATH).await
}
