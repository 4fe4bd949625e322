//! The address of an endpoint: as it is posted to, and as it may be shown.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use resources::events::webhook_endpoint::WebhookEndpoint;
use url::Url;

/// The address of an endpoint, and its name and password as Basic authentication.
pub(super) fn address(endpoint: &WebhookEndpoint) -> Result<(Url, Option<HeaderValue>), String> {
    let mut url = Url::parse(&endpoint.url).map_err(|e| format!("the URL is not valid: {e}"))?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok((url, None));
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decode(url.username());
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    let basic = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)));
    let mut basic = basic.map_err(|e| format!("the URL's credentials are not valid: {e}"))?;
    basic.set_sensitive(true);
    // These cannot fail for a URL with a host.
    let plain = url.set_username("").and_then(|()| url.set_password(None));
    plain.map_err(|()| "the URL has no host".to_owned())?;
    Ok((url, Some(basic)))
}

/// An address as it may be shown: without credentials and query, which may be secrets.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_their_secrets() {
        let shown = |text: &str| shown(&Url::parse(text).unwrap());
        assert_eq!(shown("https://user:pass@example.com:8443/hook?key=1#x"), "https://example.com:8443/hook");
        assert_eq!(shown("http://[::1]:80/"), "http://[::1]/");
    }
}
