//! Searching customers.
use super::Customer;
use crate::search::{self, Member, Search, Sort};
use api::{Cx, Found, Outcome};

const MEMBERS: &[Member] = &[
    Member::new("created", Sort::Number),
    Member::new("email", Sort::Text),
    Member::new("name", Sort::Text),
    Member::new("phone", Sort::Exact),
];

/// Where customers are searched.
pub(super) const PATH: &str = "/v1/customers/search";

pub(super) async fn search(cx: &mut Cx<'_>, p: Search) -> Outcome<Found> {
    search::find::<Customer>(cx, p, MEMBERS, None, PATH).await
}
