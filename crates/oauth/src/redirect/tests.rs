//! What may not be redirected to is not, and an answer lands where it should.
use super::*;

const LISTED: [&str; 3] = [
    "https://shop.example/callback",
    "https://shop.example/callback?from=bridge",
    "http://shop.test:8080/cb",
];

/// Everything that somebody might send in the hope that it is taken for a listed or a loopback address.
const HOSTILE: &[&str] = &[
    // Nearly the listed one.
    "https://shop.example/callback/",
    "https://shop.example/callback/../evil",
    "https://shop.example/callback%2f..%2fevil",
    "https://shop.example/Callback",
    "https://shop.example//callback",
    "https://shop.example/callback?",
    "https://shop.example/callback?x=1",
    "https://shop.example/callback#",
    "https://shop.example/callback#fragment",
    "https://shop.example/callback;x",
    "https://shop.example/callback%00",
    "https://shop.example/callback%0d%0aLocation:https://evil.example",
    "https://shop.example/callback\r\nLocation: https://evil.example",
    "https://shop.example/callback\n",
    "https://shop.example/callback ",
    " https://shop.example/callback",
    "https://shop.example/callback\t",
    "https://shop.example:443/callback",
    "https://shop.example:8443/callback",
    "https://shop.example./callback",
    "https://SHOP.example/callback",
    "HTTPS://shop.example/callback",
    "http://shop.example/callback",
    "https:/shop.example/callback",
    "https:shop.example/callback",
    "//shop.example/callback",
    "/callback",
    "shop.example/callback",
    "https://shop.example",
    "https://shop.example/",
    "https://evil.example/callback",
    "https://shop.example.evil.example/callback",
    "https://evilshop.example/callback",
    "https://evil.example/https://shop.example/callback",
    "https://evil.example?https://shop.example/callback",
    "https://evil.example#https://shop.example/callback",
    "https://shop.example@evil.example/callback",
    "https://shop.example:x@evil.example/callback",
    "https://evil.example\\@shop.example/callback",
    "https://evil.example\\.shop.example/callback",
    "https://shop.example\\callback",
    "https:\\\\shop.example\\callback",
    "https://shop.example%2fcallback",
    "https://shop.example%00.evil.example/callback",
    "https://shöp.example/callback",
    "https://shop。example/callback",
    "https://*/callback",
    "https://*.example/callback",
    "https://[shop.example]/callback",
    // Other schemes.
    "javascript:alert(1)",
    "javascript://shop.example/%0aalert(1)",
    "JaVaScRiPt:alert(document.domain)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "ftp://shop.example/callback",
    "blob:https://shop.example/1",
    "ws://localhost/callback",
    "acme://callback",
    "urn:ietf:wg:oauth:2.0:oob",
    "about:blank",
    "mailto:a@shop.example",
    // Nearly loopback.
    "http://localhost.evil.example/",
    "http://localhost.",
    "http://localhost@evil.example/",
    "http://user@localhost/",
    "http://user:pass@localhost/",
    "http://localhost:80@evil.example/",
    "http://localhost#",
    "http://localhost/#token",
    "http://localhost\\@evil.example/",
    "http://localhost:0/",
    "http://localhost:65536/",
    "http://localhost:/x",
    "http://localhost:-1/",
    "http://localhost:80:80/",
    "http://localhost%2eevil.example/",
    "http://localhost;evil.example/",
    "http://LOCALHOST/",
    "http://127.0.0.1.evil.example/",
    "http://127.0.0.2/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::2]/",
    "http://[::1]evil.example/",
    "http://[::1].evil.example/",
    "http://[::1",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://169.254.169.254/",
    "http://",
    "http:///",
    "http://?",
    "http://:80/",
    "",
    "http://localhost/\u{202e}",
    "http://localhost/\u{0}",
];

fn listed() -> Vec<String> {
    LISTED.iter().map(|uri| (*uri).to_owned()).collect()
}

#[test]
fn hostile_addresses_are_refused_in_both_modes() {
    assert!(HOSTILE.len() >= 60);
    for uri in HOSTILE {
        for live in [false, true] {
            assert_eq!(
                admitted("https://bridge.example", &listed(), live, Some(uri)),
                None,
                "{uri:?} {live}"
            );
        }
    }
    let long = format!("http://localhost/{}", "a".repeat(LENGTH_MAX));
    assert_eq!(admitted("https://bridge.example", &listed(), false, Some(&long)), None);
}

#[test]
fn listed_addresses_are_taken_as_they_are() {
    for uri in LISTED {
        for live in [false, true] {
            let found = admitted("https://bridge.example", &listed(), live, Some(uri));
            assert_eq!(found.as_deref(), Some(uri));
        }
    }
}

#[test]
fn loopback_is_for_the_development_client_id() {
    for uri in [
        "http://localhost",
        "http://localhost/",
        "http://localhost:3000/cb",
        "https://localhost:8443/cb?a=b&c[]=d",
        "http://127.0.0.1:5000/connect/callback",
        "http://127.0.0.1?x=1",
        "http://[::1]:9/cb",
        "http://[::1]",
    ] {
        assert_eq!(admitted("o", &listed(), false, Some(uri)).as_deref(), Some(uri));
        assert_eq!(admitted("o", &listed(), true, Some(uri)), None, "{uri}");
    }
}

#[test]
fn where_nothing_is_named_the_first_of_the_list_counts() {
    assert_eq!(admitted("o", &listed(), true, None).as_deref(), Some(LISTED[0]));
    let page = Some("https://bridge.example/connect/default/oauth/test");
    assert_eq!(admitted("https://bridge.example", &[], true, None).as_deref(), page);
    assert_eq!(admitted("https://bridge.example", &[], true, page).as_deref(), page);
    assert_eq!(admitted("https://bridge.example", &listed(), true, page), None);
}

#[test]
fn what_may_be_registered() {
    for (uri, test, live) in [
        ("https://shop.example/callback", true, true),
        ("https://shop.example:8443/callback?x=%20", true, true),
        ("http://shop.example/callback", true, false),
        ("http://localhost:3000", true, false),
        ("https://[2001:db8::1]/cb", true, true),
        ("https://shop.example/#", false, false),
        ("https://user@shop.example/", false, false),
        ("https://-shop.example/", false, false),
        ("https://shop..example/", false, false),
        ("https://shop.example/a b", false, false),
        ("https://shop.example/\"", false, false),
        ("acme://cb", false, false),
        ("", false, false),
    ] {
        assert_eq!((problem(uri, false).is_none(), problem(uri, true).is_none()), (test, live), "{uri}");
    }
}

#[test]
fn answers_are_put_to_the_query_that_is_there() {
    let params: [(&str, &[u8]); 2] = [("code", b"ac_1"), ("state", b"a b&c=d#\xff+")];
    for (uri, url) in [
        ("https://a.example", "https://a.example?"),
        ("https://a.example/cb", "https://a.example/cb?"),
        ("https://a.example/cb?", "https://a.example/cb?"),
        ("https://a.example/cb?x=1", "https://a.example/cb?x=1&"),
        ("https://a.example/cb?x=1&", "https://a.example/cb?x=1&"),
    ] {
        assert_eq!(with_query(uri, &params), format!("{url}code=ac_1&state=a%20b%26c%3Dd%23%FF%2B"));
    }
}

#[test]
fn origins_and_hosts() {
    for (uri, origin, host) in [
        ("https://a.example/cb?x", "https://a.example", "a.example"),
        ("http://localhost:3000?x=/", "http://localhost:3000", "localhost"),
        ("http://[::1]:9", "http://[::1]:9", "[::1]"),
    ] {
        assert_eq!((origin_of(uri), host_of(uri)), (origin, Some(host)));
    }
}
