//! `POST /oauth/token`.
use api::{Api, Response};
use http::HeaderMap;

/// Answers the request.
pub async fn token(api: &Api, headers: &HeaderMap, body: &[u8]) -> Response {
    let _ = (api, headers, body);
    crate::errors::json(500, store::Bytes::new(), "")
}
