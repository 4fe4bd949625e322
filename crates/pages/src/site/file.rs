//! What a file link opens: the bytes of the file, to whoever has its address, without any session.

use api::Outcome;
use base::Caller;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};
use resources::connect::user::settle;
use resources::files::{
    file::File,
    file_link::{UNDER, mode_of, open},
};

use super::reply::{Answer, Refusal, plain};
use super::visit::Visit;

/// Account and secret of a link's path, if they look like such.
pub(crate) fn ids(path: &str) -> Option<(&str, &str)> {
    let (account, secret) = path.strip_prefix(UNDER)?.split_once('/')?;
    let is_id = !account.is_empty()
        && account.len() <= 255
        && account.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_id && mode_of(secret).is_some()).then_some((account, secret))
}

/// `GET /links/{account}/{secret}`.
pub(crate) async fn show(visit: &Visit<'_>, account: &str, secret: &str) -> Answer {
    let live = mode_of(secret).unwrap_or_default();
    let caller = Caller { request: visit.request.clone(), ..Caller::system(account, live) };
    let found = visit.api.transact(&caller, move |cx| {
        Box::pin(async move {
            let outcome: Outcome<Option<(File, Vec<u8>)>> = open(cx, secret).await;
            outcome
        })
    });
    let Some((file, bytes)) = settle(found.await?)? else { return Err(Refusal::not_found().into()) };
    let mut response: Response<Bytes> = plain(200, Bytes::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.served_as()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    // A stranger chose the bytes; opened by themselves they may do nothing, and least of all in our name.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let how = if file.is_shown() { "inline" } else { "attachment" };
    let name = file.filename.as_deref().unwrap_or(&file.id);
    let encoded = super::platform::encode(name).replace('+', "%20");
    let disposition = HeaderValue::from_str(&format!("{how}; filename*=UTF-8''{encoded}"));
    headers.insert(CONTENT_DISPOSITION, disposition.map_err(|error| api::fault(error.to_string()))?);
    Ok(response)
}
