//! `GET /.well-known/oauth-authorization-server` (RFC 8414): how clients that have never heard of us find their way.
use crate::errors;
use api::{Api, Response};
use http::{HeaderValue, header};
use store::Bytes;
use wire::Wire;

#[derive(Wire)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    scopes_supported: Vec<String>,
    response_types_supported: Vec<String>,
    response_modes_supported: Vec<String>,
    grant_types_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    code_challenge_methods_supported: Vec<String>,
    authorization_response_iss_parameter_supported: bool,
}

/// The document.
pub fn metadata(api: &Api) -> Response {
    let origin = &api.world.origin;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let document = Metadata {
        issuer: origin.clone(),
        authorization_endpoint: format!("{origin}/oauth/authorize"),
        token_endpoint: format!("{origin}/oauth/token"),
        scopes_supported: words(&["read_only", "read_write"]),
        response_types_supported: words(&["code"]),
        response_modes_supported: words(&["query"]),
        grant_types_supported: words(&["authorization_code", "refresh_token"]),
        token_endpoint_auth_methods_supported: words(&["client_secret_basic", "client_secret_post"]),
        code_challenge_methods_supported: words(&["S256"]),
        authorization_response_iss_parameter_supported: true,
    };
    let mut response = errors::json(200, Bytes::from(wire::to_json(&document)), "");
    let headers = response.headers_mut();
    headers.remove(header::PRAGMA);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
