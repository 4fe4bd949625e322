//! `POST /oauth/deauthorize`, and the other ways in which a connection ends.
use api::{Api, Response, Stop};
use http::HeaderMap;
use resources::connect::user::User;

/// Answers the request.
pub async fn deauthorize(api: &Api, headers: &HeaderMap, body: &[u8]) -> Response {
    let _ = (api, headers, body);
    crate::errors::json(500, store::Bytes::new(), "")
}
/// A person takes back what one of their accounts gave to an application; `false` where there was nothing.
pub async fn revoke(api: &Api, user: &User, account: &str, client_id: &str) -> Result<bool, Stop> {
    let _ = (api, user, account, client_id);
    Err(api::fault("in the making"))
}
/// A platform gives up its access to an account; `false` where there was none.
pub async fn disconnect(api: &Api, platform: &str, account: &str, client_id: &str) -> Result<bool, Stop> {
    let _ = (api, platform, account, client_id);
    Err(api::fault("in the making"))
}
