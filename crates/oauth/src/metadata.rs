//! `GET /.well-known/oauth-authorization-server` (RFC 8414).
use api::{Api, Response};

/// The document.
pub fn metadata(api: &Api) -> Response {
    let _ = api;
    crate::errors::json(500, store::Bytes::new(), "")
}
