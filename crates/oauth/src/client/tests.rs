//! The key is found wherever a client library puts it.
use super::*;
use http::HeaderValue;

fn shown_of(authorization: Option<&str>, body: &str) -> (Option<String>, Option<String>) {
    let mut headers = HeaderMap::new();
    if let Some(text) = authorization {
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(text).unwrap());
    }
    let params = Params::read(&HeaderMap::new(), body.as_bytes()).unwrap();
    let Shown { key, client_id } = shown(&headers, &params);
    (key, client_id)
}

fn basic_of(pair: &str) -> Option<String> {
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

#[test]
fn keys_and_client_ids() {
    let bearer = Some("Bearer sk_test_1".to_owned());
    for (header, body, key, client_id) in [
        (None, "", None, None),
        (None, "client_secret=sk_test_1", Some("sk_test_1"), None),
        (None, "client_secret=sk_test_1&client_id=ca_1", Some("sk_test_1"), Some("ca_1")),
        (None, "client_secret=", None, None),
        (bearer.clone(), "", Some("sk_test_1"), None),
        (Some("bearer   sk_test_1 ".into()), "", Some("sk_test_1"), None),
        (Some("Bearer".into()), "client_secret=sk_test_2", Some("sk_test_2"), None),
        (bearer, "client_secret=sk_test_2&client_id=ca_1", Some("sk_test_1"), Some("ca_1")),
        (basic_of("sk_test_1:"), "", Some("sk_test_1"), None),
        (basic_of("sk_test_1"), "client_id=ca_1", Some("sk_test_1"), Some("ca_1")),
        (basic_of("sk_test_1:ignored"), "", Some("sk_test_1"), None),
        (basic_of("ca_1:sk_test_1"), "", Some("sk_test_1"), Some("ca_1")),
        (basic_of("ca%5F1:sk%5ftest%5F1"), "", Some("sk_test_1"), Some("ca_1")),
        (basic_of("sk%5Ftest%5F1:"), "", Some("sk_test_1"), None),
        (basic_of(":sk_test_1"), "", Some("sk_test_1"), None),
        (basic_of(":"), "", None, None),
        (Some("Basic !!!".into()), "client_secret=sk_test_1", Some("sk_test_1"), None),
        (Some("Digest x=1".into()), "", None, None),
    ] {
        let found = shown_of(header.as_deref(), body);
        assert_eq!((found.0.as_deref(), found.1.as_deref()), (key, client_id), "{header:?} {body}");
    }
}

#[test]
fn only_forms_are_read() {
    let mut headers = HeaderMap::new();
    for (kind, sound) in [
        ("application/x-www-form-urlencoded", true),
        ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
        ("application/json", false),
        ("multipart/form-data; boundary=x", false),
    ] {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        assert_eq!(Params::read(&headers, b"a=b").is_ok(), sound, "{kind}");
    }
    for body in [&b"a=%ff"[..], b"a[b=1", b"a=1&a[b]=2", &b"a[x]".repeat(40)] {
        assert!(Params::read(&HeaderMap::new(), body).is_err());
    }
}
