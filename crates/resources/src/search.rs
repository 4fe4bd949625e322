//! Searching (API page "Search"): a query of clauses over declared members of a noun. Everything that was acknowledged is
//! found at once.
mod parse;

use api::{Cx, Found, Looked, Object, Outcome};
use parse::{Clause, Operator, Query, Value};
use wire::{Node, Wire};

/// What `GET /v1/…/search` takes.
#[derive(Debug, Wire)]
pub struct Search {
    limit: Option<i64>,
    page: Option<String>,
    query: String,
}

/// How a member can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// By its whole text, whatever the case.
    Exact,
    /// By its whole text, or a part of it.
    Text,
    /// By a number, or a range.
    Number,
}

/// A member that a noun can be searched by.
#[derive(Debug)]
pub(crate) struct Member {
    /// As a query names it.
    pub(crate) name: &'static str,
    /// How it can be searched.
    pub(crate) sort: Sort,
    /// Where it is read, where it is not the member of that path.
    pub(crate) read: Option<fn(&Node<'_>) -> Option<String>>,
}

impl Member {
    /// A member that is read where its name says.
    pub(crate) const fn new(name: &'static str, sort: Sort) -> Self {
        Member { name, sort, read: None }
    }
}

/// Finds what a query asks for, newest first. `owner` is the member, and the index of the same name, that a clause on it is
/// looked up by. Errors: the query cannot be read, or asks for what the noun cannot be searched by; all name `query`.
pub(crate) async fn find<T: Object>(
    cx: &mut Cx<'_>,
    p: Search,
    members: &'static [Member],
    owner: Option<&'static str>,
    url: &str,
) -> Outcome<Found> {
    let query = Query::parse(&p.query, members)?;
    let by = owner.and_then(|index| Some((index, query.must_be(index)?.to_owned())));
    let asked = Looked { query: &p.query, limit: p.limit, page: p.page.as_deref(), url };
    cx.search::<T>(by, asked, |doc| {
        let public = doc.public();
        Node::parse(&public).is_ok_and(|it| query.holds(&it))
    })
    .await
}

impl Query {
    /// Whether an object is asked for.
    fn holds(&self, it: &Node<'_>) -> bool {
        let mut clauses = self.clauses.iter();
        let holds = |clause: &Clause| clause.holds(it) != clause.negated;
        if self.any { clauses.any(holds) } else { clauses.all(holds) }
    }
    /// The text that a member has in everything that is asked for.
    fn must_be(&self, name: &str) -> Option<&str> {
        if self.any && self.clauses.len() > 1 {
            return None;
        }
        let named = |clause: &&Clause| clause.member.is_some_and(|it| it.name == name) && !clause.negated;
        self.clauses.iter().filter(named).find_map(|clause| match (&clause.operator, &clause.value) {
            (Operator::Is, Value::Text(text)) => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Clause {
    fn holds(&self, it: &Node<'_>) -> bool {
        let found = match (&self.key, self.member) {
            (Some(key), _) => it.get("metadata").and_then(|held| held.get(key)).and_then(text),
            (None, Some(Member { read: Some(read), .. })) => read(it),
            (None, Some(member)) => {
                member.name.split('.').try_fold(it, |node, name| node.get(name)).and_then(text)
            }
            (None, None) => None,
        };
        match (&self.value, found) {
            (Value::Null, found) => found.is_none(),
            (_, None) => false,
            (Value::Text(wanted), Some(found)) => match self.operator {
                Operator::Contains => found.to_lowercase().contains(&wanted.to_lowercase()),
                _ => found.to_lowercase() == wanted.to_lowercase(),
            },
            (Value::Number(wanted), Some(found)) => {
                found.parse::<i64>().is_ok_and(|found| match self.operator {
                    Operator::Is | Operator::Contains => found == *wanted,
                    Operator::Above => found > *wanted,
                    Operator::AtLeast => found >= *wanted,
                    Operator::Below => found < *wanted,
                    Operator::AtMost => found <= *wanted,
                })
            }
        }
    }
}

/// A value as text; none where it is `null` or no simple value.
fn text(node: &Node<'_>) -> Option<String> {
    match node {
        Node::Text(text) => Some(text.to_string()),
        Node::Integer(_) | Node::Bool(_) => Some(node.to_json()),
        // An expanded reference is what it refers to.
        Node::Map(_) => node.get("id").and_then(Node::as_str).map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
