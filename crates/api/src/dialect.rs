//! The two dialects of the API. In `/v1` parameters are forms, in `/v2` JSON; and they differ in what repeats a request,
//! how lists are paged and how errors are named. What an endpoint speaks follows from its path.
use crate::{Paging, Upload, form, leaf};
use base::{ApiError, Version};
use http::{HeaderMap, header};
use std::borrow::Cow;
use store::Bytes;
use wire::Node;

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Forms, answers with `expand`, cursors.
    V1,
    /// JSON both ways, `include`, page tokens.
    V2,
}

impl Dialect {
    /// The dialect that is spoken at a path.
    pub fn of(path: &str) -> Self {
        if path == "/v2" || path.starts_with("/v2/") { Dialect::V2 } else { Dialect::V1 }
    }

    /// Adds the parameters in a body to those of the query; answers the files that came with them. Errors: it is of
    /// another kind than the dialect's, or not readable.
    pub(crate) async fn read(
        self,
        headers: &HeaderMap,
        body: &Bytes,
        params: &mut Node<'static>,
    ) -> Result<Vec<Upload>, ApiError> {
        match self {
            Dialect::V1 => {
                if let Some(kind) = in_parts(headers) {
                    return Box::pin(form::parts::decode(kind, body, params)).await;
                }
                expect(headers, "application/x-www-form-urlencoded")?;
                form::decode(body, params)?;
            }
            Dialect::V2 => {
                expect(headers, "application/json")?;
                json(body, params)?;
            }
        }
        Ok(Vec::new())
    }

    /// Whether a request with this method may be repeated under an idempotency key.
    pub(crate) fn repeats(self, method: &str) -> bool {
        method == "POST" || (self == Dialect::V2 && method == "DELETE")
    }

    /// Takes the parameters by which a page of a list is asked for.
    pub(crate) fn paging(self, params: &mut Node<'_>, version: Version) -> Result<Paging, ApiError> {
        match self {
            Dialect::V1 => Paging::take(params, version),
            Dialect::V2 => leaf::take(params),
        }
    }

    /// An error as the dialect names it: v2 tells only that fields are wrong, and that something is not there.
    pub(crate) fn named(self, error: &ApiError) -> Cow<'_, ApiError> {
        let code = match (self, error.status) {
            (Dialect::V2, 400) if error.param.is_some() => "invalid_fields",
            (Dialect::V2, 404) => "not_found",
            _ => return Cow::Borrowed(error),
        };
        Cow::Owned(ApiError { code: Some(code.to_owned()), ..error.clone() })
    }
}

/// The content type of a form in parts, where it is one.
fn in_parts(headers: &HeaderMap) -> Option<&str> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    kind.split(';').next()?.trim().eq_ignore_ascii_case("multipart/form-data").then_some(kind)
}

fn expect(headers: &HeaderMap, wanted: &str) -> Result<(), ApiError> {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.is_empty() || kind.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let shown: String = kind.chars().take(80).collect();
    Err(ApiError::invalid(
        400,
        format!("Invalid request: the content type of this request is {shown}. Send parameters as {wanted}."),
    ))
}

/// Adds the members of a JSON object to the parameters; they replace those of the query.
fn json(body: &[u8], params: &mut Node<'static>) -> Result<(), ApiError> {
    let invalid = |what: String| {
        let message = format!(
            "Invalid request: the body is no JSON object ({what}). Send one such as {{\"name\": \"x\"}}."
        );
        ApiError::invalid(400, message)
    };
    let tree = Node::parse(body).map_err(|error| invalid(error.to_string()))?.into_owned();
    let Node::Map(entries) = tree else { return Err(invalid("it is another value".into())) };
    for (key, node) in entries {
        if has_nul(&node) {
            return Err(ApiError::invalid(400, "Parameters can't contain the character U+0000."));
        }
        params.set(key, node);
    }
    Ok(())
}

fn has_nul(node: &Node<'_>) -> bool {
    match node {
        Node::Text(text) | Node::Form(text) => text.contains('\0'),
        Node::List(items) => items.iter().any(has_nul),
        Node::Map(entries) => entries.iter().any(|(key, node)| key.contains('\0') || has_nul(node)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(dialect: Dialect, body: &str) -> Result<String, String> {
        let mut params = Node::Map(Vec::new());
        let body = Bytes::from(body.to_owned());
        let read = dialect.read(&HeaderMap::new(), &body, &mut params).await;
        read.map(|_| params.to_json()).map_err(|error| error.message)
    }

    #[tokio::test]
    async fn each_reads_its_own() {
        assert_eq!(Dialect::of("/v2/core/events"), Dialect::V2);
        assert_eq!(Dialect::of("/v1/v2/core"), Dialect::V1);
        assert_eq!(read(Dialect::V1, "a=1").await.as_deref(), Ok(r#"{"a":"1"}"#));
        assert_eq!(
            read(Dialect::V2, r#"{"a":[1,{"b":null}]}"#).await.as_deref(),
            Ok(r#"{"a":[1,{"b":null}]}"#)
        );
        for body in ["a=1", "[1]", "\"x\"", "{", r#"{"a":"\u0000"}"#, &"[".repeat(100_000)] {
            assert!(read(Dialect::V2, body).await.is_err(), "{body:.20}");
        }
        let mut headers = HeaderMap::new();
        headers
            .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json; charset=utf-8"));
        let mut params = Node::Map(Vec::new());
        assert!(Dialect::V1.read(&headers, &Bytes::from("{}"), &mut params).await.is_err());
        assert!(Dialect::V2.read(&headers, &Bytes::from("{}"), &mut params).await.is_ok());
    }

    #[test]
    fn errors_are_named_in_each() {
        let missing = ApiError::missing("name");
        assert_eq!(Dialect::V1.named(&missing).code.as_deref(), Some("parameter_missing"));
        assert_eq!(Dialect::V2.named(&missing).code.as_deref(), Some("invalid_fields"));
        let gone = ApiError::no_such("v2.core.event", "evt_1", "id");
        assert_eq!(Dialect::V2.named(&gone).code.as_deref(), Some("not_found"));
        let limited = ApiError::invalid(429, "").code(ApiError::RATE_LIMIT);
        assert_eq!(Dialect::V2.named(&limited).code.as_deref(), Some("rate_limit"));
    }
}
