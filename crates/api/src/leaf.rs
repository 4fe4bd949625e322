//! Lists of `/v2`: pages that are asked for by a token, each with the addresses of its neighbours.
use crate::{Cx, Place, Stop, form, page::Paging};
use base::ApiError;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use store::{Bytes, Doc, Query};
use wire::{At, Node, Wire as _};

/// Items in a page where nobody asks for a number, and at most.
const LIMIT_DEFAULT: i64 = 20;
const LIMIT_MAX: i64 = 100;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The objects as JSON.
    pub items: Vec<Bytes>,
    next: Option<String>,
    previous: Option<String>,
}

impl Leaf {
    /// The list object.
    pub fn to_json(&self) -> Bytes {
        let size: usize = self.items.iter().map(|item| item.len() + 1).sum();
        let mut out = Vec::with_capacity(size + 160);
        out.push(b'{');
        crate::page::write_data(&mut out, &self.items);
        out.extend_from_slice(b",\"next_page_url\":");
        self.next.write(&mut out);
        out.extend_from_slice(b",\"previous_page_url\":");
        self.previous.write(&mut out);
        out.push(b'}');
        Bytes::from(out)
    }
    /// The same page with its objects shown otherwise.
    pub fn showing(self, items: Vec<Bytes>) -> Self {
        Leaf { items, ..self }
    }
}

/// The text by which a page is asked for: the side of which object it lies on.
fn token(older: bool, id: &str) -> String {
    format!("page_{}", URL_SAFE_NO_PAD.encode(format!("{}.{id}", if older { 'o' } else { 'n' })))
}

/// Takes the paging parameters out of a tree.
pub(crate) fn take(params: &mut Node<'_>) -> Result<Paging, ApiError> {
    let at = At::top(true);
    let limit = Option::<i64>::read(&at.child("limit"), params.take("limit").as_ref())?;
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("limit: it must be from 1 to {LIMIT_MAX} (it currently is '{limit}').");
        return Err(ApiError::invalid(400, message).param("limit"));
    }
    let mut paging = Paging { limit: limit as usize, ..Paging::default() };
    let page = params.take("page");
    let Some(page) = Option::<String>::read(&at.child("page"), page.as_ref())? else { return Ok(paging) };
    let decoded = page.strip_prefix("page_").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_ref().and_then(|text| text.split_once('.')) {
        Some(("o", id)) if !id.contains('/') => paging.after = Some(id.to_owned()),
        Some(("n", id)) if !id.contains('/') => paging.before = Some(id.to_owned()),
        _ => {
            let message =
                "page: it must be what next_page_url or previous_page_url of an earlier answer has.";
            return Err(ApiError::invalid(400, message).param("page"));
        }
    }
    Ok(paging)
}

/// Loads a page; documents that do not pass the filter are passed over until it is full.
pub(crate) async fn load(
    cx: &mut Cx<'_>,
    mut query: Query,
    path: &str,
    place: Place,
    keep: impl Fn(&Doc) -> bool + Send,
) -> Result<Leaf, Stop> {
    let paging = cx.paging();
    let limit = paging.limit;
    let in_key = |id: &String| place.in_key(id).into_owned();
    (query.after, query.before) = (paging.after.as_ref().map(in_key), paging.before.as_ref().map(in_key));
    let (back, onward) = (query.before.is_some(), query.after.is_some());
    let (kept, more) = crate::page::gather(cx.world, query, limit, 0, keep).await?;
    let url = |older: bool, doc: Option<&Doc>| {
        let mut params = cx.asked.map_or(Node::Map(Vec::new()), |asked| asked.params.clone());
        params.set("limit", Node::Integer(limit as i64));
        params.set("page", Node::text(token(older, &doc?.key.id)));
        Some(format!("{path}?{}", form::encode(&params)))
    };
    let next = if back || more { url(true, kept.last()) } else { None };
    let previous = if onward || (back && more) { url(false, kept.first()) } else { None };
    Ok(Leaf { items: kept.iter().map(Doc::public).collect(), next, previous })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(params: &str) -> Result<Paging, ApiError> {
        let mut tree = Node::Map(Vec::new());
        form::decode(params.as_bytes(), &mut tree).unwrap();
        take(&mut tree)
    }

    #[test]
    fn tokens_lead_to_both_sides() {
        assert_eq!(page("").unwrap().limit, 20);
        let older = page(&format!("limit=3&page={}", token(true, "evt_1"))).unwrap();
        assert_eq!((older.limit, older.after.as_deref(), older.before), (3, Some("evt_1"), None));
        let newer = page(&format!("page={}", token(false, "evt_1"))).unwrap();
        assert_eq!((newer.after, newer.before.as_deref()), (None, Some("evt_1")));
        for bad in
            ["limit=0", "limit=101", "limit=x", "page=x", "page=page_", "page=page_Lw", "page=page_by4v"]
        {
            assert!(page(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_tells_its_neighbours() {
        let leaf = Leaf { items: vec!["{}".into()], next: Some("/v2/x?page=1".into()), previous: None };
        let json = r#"{"data":[{}],"next_page_url":"/v2/x?page=1","previous_page_url":null}"#;
        assert_eq!(leaf.to_json(), json.as_bytes());
    }
}
