//! Headers that every page carries.

use http::HeaderName;

/// The name under which [`content_security_policy`] is sent.
pub const CONTENT_SECURITY_POLICY: HeaderName = http::header::CONTENT_SECURITY_POLICY;

/// `Content-Security-Policy` of a page: nothing inline, nothing from elsewhere, never in a frame.
///
/// `return_to` is the redirect URI that a form on this page may lead to. Browsers apply `form-action` to the
/// redirects that follow a submission too, so the connect pages must name it. Only its origin is used; an address that
/// is not an http(s) one adds nothing.
pub fn content_security_policy(return_to: Option<&str>) -> String {
    let mut policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'"
            .to_owned();
    if let Some(origin) = return_to.and_then(origin) {
        policy.push(' ');
        policy.push_str(origin);
    }
    policy
}

/// Headers beside the policy: what a page shows is for one person, now.
///
/// No `Cross-Origin-Opener-Policy` among them: a platform may open the connect pages in a window of its own, and its
/// page in there must find its opener when it is reached again.
pub const PAGE_HEADERS: &[(&str, &str)] = &[
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// Scheme and authority of an http(s) address without credentials, if it holds nothing that could end the directive. The
/// grammar of policies has no IPv6 addresses: for those it is the scheme alone, without which the way back is shut.
fn origin(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if authority.is_empty() || !authority.chars().all(plain) {
        return None;
    }
    let scheme = url.len() - rest.len();
    if authority.starts_with('[') {
        return url.get(..scheme - "//".len());
    }
    url.get(..scheme + authority.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_origin_a_form_may_lead_to() {
        let policy = content_security_policy(Some("http://localhost:4567/cb?x=1"));
        assert!(policy.ends_with("form-action 'self' http://localhost:4567"), "{policy}");
        assert!(content_security_policy(Some("http://[::1]:4567/cb")).ends_with("form-action 'self' http:"));
        for hostile in
            ["https://a; script-src *", "javascript:alert(1)", "https://u@evil/", "https://", "https://a b/"]
        {
            assert!(content_security_policy(Some(hostile)).ends_with("form-action 'self'"), "{hostile}");
        }
    }
}
