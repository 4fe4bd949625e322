//! Pages of lists: cursors both ways, and the `count` and `offset` of 2012 (API page "Pagination").
use crate::{Cx, Place, Stop, World, render::TOTAL_COUNT, turn};
use base::{ApiError, Version};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::sync::Arc;
use store::{Bytes, Doc, Key, Query, Store};
use wire::{At, Bad, Node, Shape, Wire};

/// Cursors and `has_more` came, and `count` left the answer, with this version.
pub const CURSORS: Version = Version::of("2014-03-28");
/// Items in a page where nobody asks for a number.
const LIMIT_DEFAULT: i64 = 10;
/// At most this many items in a page.
const LIMIT_MAX: i64 = 100;
/// How many documents a filter looks at in one step at most.
const STEP_MAX: usize = 1_000;

/// Which page was asked for.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// How many.
    pub limit: usize,
    /// `starting_after`.
    pub after: Option<String>,
    /// `ending_before`.
    pub before: Option<String>,
    /// `offset` of 2012.
    pub offset: usize,
    /// Whether the answer says how many there are in all.
    pub total: bool,
}

impl Paging {
    /// Takes the paging parameters out of a tree.
    pub fn take(params: &mut Node<'_>, version: Version) -> Result<Self, ApiError> {
        let at = At::top(true);
        let old = !version.has(CURSORS);
        let mut number = |name: &'static str| -> Result<Option<i64>, ApiError> {
            let node = params.take(name);
            Ok(Option::<i64>::read(&at.child(name), node.as_ref())?)
        };
        let mut limit = number("limit")?;
        let mut offset = 0;
        if old {
            limit = number("count")?.or(limit);
            offset = number("offset")?.unwrap_or(0);
        }
        let mut cursor = |name: &'static str| -> Result<Option<String>, ApiError> {
            let node = params.take(name);
            Ok(Option::<String>::read(&at.child(name), node.as_ref())?)
        };
        let (after, before) = (cursor("starting_after")?, cursor("ending_before")?);
        if after.is_some() && before.is_some() {
            let message =
                "You cannot parameterize starting_after and ending_before. Please use only one of them.";
            return Err(ApiError::invalid(400, message).param("ending_before"));
        }
        let limit = items(limit, if old { "count" } else { "limit" })?;
        if offset < 0 {
            return Err(bound("greater than or equal to 0", offset).param("offset"));
        }
        Ok(Paging { limit, after, before, offset: offset as usize, total: old })
    }
}

fn bound(least: &str, value: i64) -> ApiError {
    let message = format!("This value must be {least} (it currently is '{value}').");
    ApiError::invalid(400, message).code("parameter_invalid_integer")
}

/// How many items a page has, where the parameter `name` asks for so many.
fn items(limit: Option<i64>, name: &str) -> Result<usize, ApiError> {
    match limit.unwrap_or(LIMIT_DEFAULT) {
        limit if limit < 1 => Err(bound("greater than or equal to 1", limit).param(name)),
        limit if limit > LIMIT_MAX => Err(bound("less than or equal to 100", limit).param(name)),
        limit => Ok(limit as usize),
    }
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The objects as JSON.
    pub items: Vec<Bytes>,
    /// Whether there are more in the direction that was paged.
    pub has_more: bool,
    /// Where the list is.
    pub url: String,
    /// How many there are in all, where it was asked for.
    pub total: Option<u64>,
}

impl Page {
    /// The list object.
    pub fn to_json(&self) -> Bytes {
        let size: usize = self.items.iter().map(|item| item.len() + 1).sum();
        let mut out = Vec::with_capacity(size + self.url.len() + 80);
        out.extend_from_slice(b"{\"object\":\"list\",");
        write_data(&mut out, &self.items);
        out.extend_from_slice(b",\"has_more\":");
        self.has_more.write(&mut out);
        ended(out, self.total, &self.url)
    }
}

pub(crate) fn write_data(out: &mut Vec<u8>, items: &[Bytes]) {
    out.extend_from_slice(b"\"data\":[");
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend_from_slice(item);
    }
    out.push(b']');
}

/// The end that both kinds of pages have.
fn ended(mut out: Vec<u8>, total: Option<u64>, url: &str) -> Bytes {
    if let Some(total) = total {
        out.extend_from_slice(b",\"total_count\":");
        (total as i64).write(&mut out);
    }
    out.extend_from_slice(b",\"url\":");
    wire::write_str(&mut out, url);
    out.push(b'}');
    Bytes::from(out)
}

/// A page of what a search found.
#[derive(Debug, Clone)]
pub struct Found {
    items: Vec<Bytes>,
    /// Where the next page begins, as an opaque text.
    next: Option<String>,
    url: String,
    total: Option<u64>,
}

impl Found {
    /// The search result object.
    pub fn to_json(&self) -> Bytes {
        let size: usize = self.items.iter().map(|item| item.len() + 1).sum();
        let mut out = Vec::with_capacity(size + self.url.len() + 120);
        out.extend_from_slice(b"{\"object\":\"search_result\",");
        write_data(&mut out, &self.items);
        out.extend_from_slice(b",\"has_more\":");
        self.next.is_some().write(&mut out);
        out.extend_from_slice(b",\"next_page\":");
        self.next.write(&mut out);
        ended(out, self.total, &self.url)
    }
}

/// A page of a search as it was asked for.
#[derive(Debug, Clone)]
pub struct Looked<'q> {
    /// `query`.
    pub query: &'q str,
    /// `limit`.
    pub limit: Option<i64>,
    /// `page`.
    pub page: Option<&'q str>,
    /// Where the search is, such as `/v1/charges/search`.
    pub url: &'q str,
}

/// A search counts no further than this.
const COUNT_MAX: u64 = 10_000;

/// The text by which the next page is asked for: after which object, of which query.
fn token(query: &str, after: &str) -> String {
    let digest = vault::digest(query);
    URL_SAFE_NO_PAD.encode(format!("{}.{after}", digest.get(..16).unwrap_or(&digest)))
}

/// After which object a page begins.
fn page_of(query: &str, page: &str) -> Result<String, ApiError> {
    let decoded = URL_SAFE_NO_PAD.decode(page).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let after = decoded.as_ref().and_then(|text| text.split_once('.')).map(|(_, after)| after.to_owned());
    let after = after.filter(|after| token(query, after) == page);
    after.ok_or_else(|| {
        let message = "Invalid page: it must be the next_page of an earlier answer to the same query.";
        ApiError::invalid(400, message).param("page")
    })
}

/// Looks for what passes a filter, newest first.
pub(crate) async fn search(
    cx: &mut Cx<'_>,
    mut query: Query,
    asked: Looked<'_>,
    keep: impl Fn(&Doc) -> bool + Send,
) -> Result<Found, Stop> {
    let store = &cx.world.store;
    let wanted = items(asked.limit, "limit")?;
    query.after = asked.page.map(|page| page_of(asked.query, page)).transpose()?;
    query.limit = STEP_MAX;
    let counted = cx.expands(TOTAL_COUNT);
    let mut kept: Vec<Doc> = Vec::with_capacity(wanted + 1);
    let before = query.after.clone();
    loop {
        let docs = store.list(&query).await?;
        let (ended, edge) = (docs.len() < query.limit, docs.last().map(|doc| doc.key.id.clone()));
        kept.extend(docs.into_iter().filter(|doc| keep(doc)).take(wanted + 1 - kept.len()));
        query.after = edge.or(query.after);
        if ended || kept.len() > wanted {
            break;
        }
        turn::give().await;
    }
    let more = kept.len() > wanted;
    kept.truncate(wanted);
    let next = kept.last().filter(|_| more).map(|doc| token(asked.query, &doc.key.id));
    let total = match counted {
        false => None,
        // What fits on the first page is counted already.
        true if before.is_none() && !more => Some(kept.len() as u64),
        true => Some(count(store, query, keep).await?),
    };
    let items = kept.iter().map(Doc::public).collect();
    Ok(Found { items, next, url: asked.url.to_owned(), total })
}

/// How many pass a filter in all.
async fn count(store: &Arc<dyn Store>, mut query: Query, keep: impl Fn(&Doc) -> bool) -> Result<u64, Stop> {
    let mut count = 0;
    query.after = None;
    loop {
        let docs = store.list(&query).await?;
        count += docs.iter().filter(|doc| keep(doc)).count() as u64;
        query.after = docs.last().map(|doc| doc.key.id.clone());
        if docs.len() < query.limit || count >= COUNT_MAX {
            return Ok(count.min(COUNT_MAX));
        }
        turn::give().await;
    }
}

/// Loads a page; filtered documents are passed over until it is full.
pub(crate) async fn load(
    cx: &mut Cx<'_>,
    mut query: Query,
    paging: Paging,
    url: String,
    place: Place,
    keep: impl Fn(&Doc) -> bool + Send,
) -> Result<Page, Stop> {
    let store = &cx.world.store;
    for (param, cursor) in [("starting_after", &paging.after), ("ending_before", &paging.before)] {
        let Some(id) = cursor else { continue };
        let key = match place {
            Place::Itself => place.key(query.kind, "", false, id),
            _ => Key::new(&query.account, query.live, query.kind, place.in_key(id).as_ref()),
        };
        if id.contains('/') || store.get(&key).await?.is_none() {
            return Err(ApiError::no_such(query.kind, id, param).into());
        }
    }
    let in_key = |id: String| place.in_key(&id).into_owned();
    (query.after, query.before) = (paging.after.map(in_key), paging.before.map(in_key));
    let (kept, has_more) = gather(cx.world, query.clone(), paging.limit.max(1), paging.offset, keep).await?;
    let total = if paging.total { Some(cx.world.store.count(&query).await?) } else { None };
    Ok(Page { items: kept.iter().map(Doc::public).collect(), has_more, url, total })
}

/// Up to `wanted` documents of a query that pass a filter, newest first, `skip` passed over; and whether there are more
/// in the direction of the query.
pub(crate) async fn gather(
    world: &World,
    mut query: Query,
    wanted: usize,
    mut skip: usize,
    keep: impl Fn(&Doc) -> bool + Send,
) -> Result<(Vec<Doc>, bool), Stop> {
    let store = &world.store;
    let mut kept: Vec<Doc> = Vec::with_capacity(wanted + 1);
    let mut step = 0;
    // One more than wanted tells whether there are more.
    while kept.len() <= wanted {
        // Where little passes the filter, the steps grow, and between them others have their turn.
        if step > 0 {
            turn::give().await;
        }
        query.limit = (wanted + 1 - kept.len() + skip).max(step);
        step = STEP_MAX.min(query.limit * 4);
        let docs = store.list(&query).await?;
        let ended = docs.len() < query.limit;
        let edge = if query.before.is_some() { docs.first() } else { docs.last() };
        let edge = edge.map(|doc| doc.key.id.clone());
        if query.before.is_some() {
            let mut page: Vec<Doc> = docs.into_iter().filter(|doc| keep(doc)).collect();
            page.append(&mut kept);
            kept = page;
            query.before = edge.or(query.before);
        } else {
            let mut found = docs.into_iter().filter(|doc| keep(doc));
            while skip > 0 && found.next().is_some() {
                skip -= 1;
            }
            kept.extend(found);
            query.after = edge.or(query.after);
        }
        if ended {
            break;
        }
    }
    let has_more = kept.len() > wanted;
    if query.before.is_some() {
        kept.drain(..kept.len().saturating_sub(wanted));
    } else {
        kept.truncate(wanted);
    }
    Ok((kept, has_more))
}

/// A filter on a moment or an amount: `created=5` or `created[gte]=5&created[lt]=9`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Range {
    gt: Option<i64>,
    gte: Option<i64>,
    lt: Option<i64>,
    lte: Option<i64>,
}

#[derive(Wire)]
struct Bounds {
    gt: Option<i64>,
    gte: Option<i64>,
    lt: Option<i64>,
    lte: Option<i64>,
}

impl Range {
    /// Whether a value passes.
    pub fn holds(self, value: i64) -> bool {
        self.gt.is_none_or(|b| value > b)
            && self.gte.is_none_or(|b| value >= b)
            && self.lt.is_none_or(|b| value < b)
            && self.lte.is_none_or(|b| value <= b)
    }
}

impl Wire for Range {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        if let Some(Node::Map(_)) = node {
            let Bounds { gt, gte, lt, lte } = wire::read_struct(at, node)?;
            return Ok(Range { gt, gte, lt, lte });
        }
        let exactly = i64::read(at, node)?;
        Ok(Range { gte: Some(exactly), lte: Some(exactly), ..Range::default() })
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }
}
