//! Redirect URIs: which may be registered, which may be asked for, and how an answer is put into one.
//!
//! Nothing here parses leniently: what a browser might read in another way than this file does is refused.

/// The longest URI, in bytes.
const LENGTH_MAX: usize = 2048;

/// A URI taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    https: bool,
    host: &'a str,
}

/// Takes an absolute http(s) URI apart; `None` where it is anything else, has user info or a fragment, or holds a
/// character that does not belong into a URI.
fn parts(uri: &str) -> Option<Parts<'_>> {
    if uri.len() > LENGTH_MAX || !uri.bytes().all(belongs) {
        return None;
    }
    let (https, rest) = match uri.strip_prefix("https://") {
        Some(rest) => (true, rest),
        None => (false, uri.strip_prefix("http://")?),
    };
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let (host, port) = if authority.starts_with('[') {
        let (host, port) = authority.split_at(authority.find(']')? + 1);
        (host, port)
    } else {
        authority.split_at(authority.find(':').unwrap_or(authority.len()))
    };
    let port_is_sound = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => {
            digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
        }
    };
    (port_is_sound && is_host(host)).then_some(Parts { https, host })
}

/// The characters of RFC 3986 without `#`, and without the ones that browsers repair.
fn belongs(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte)
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// Whether this is a loopback redirect URI: any port, any path (RFC 8252 7.3).
pub fn is_loopback(uri: &str) -> bool {
    parts(uri).is_some_and(|it| matches!(it.host, "localhost" | "127.0.0.1" | "[::1]"))
}

/// What is wrong with a URI that is to be registered for a mode.
pub fn problem(uri: &str, live: bool) -> Option<&'static str> {
    match parts(uri) {
        None => Some(
            "This is no absolute http or https address that an answer can be sent to: it must have a host, and no user name and no #",
        ),
        Some(it) if live && !it.https => Some("In live mode the address must begin with https://"),
        Some(_) => None,
    }
}

/// Where people return to until an application names its own address.
pub fn default_page(origin: &str) -> String {
    format!("{origin}/connect/default/oauth/test")
}

/// Where the answer to an ask goes: the named URI where it may be used, the first of the list where none is
/// named. `None`: it must not be redirected to.
pub fn admitted(origin: &str, listed: &[String], live: bool, named: Option<&str>) -> Option<String> {
    let default = || listed.first().cloned().unwrap_or_else(|| default_page(origin));
    let Some(named) = named else { return Some(default()) };
    let listed = listed.iter().any(|uri| uri == named) || named == default();
    // Registered URIs were checked then; a loopback URI of the development client id was not.
    (listed || (!live && is_loopback(named))).then(|| named.to_owned())
}

/// Everything but letters, digits and `-._~` is escaped.
const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URI with these parameters put to its query, in this order.
pub fn with_query(uri: &str, params: &[(&str, &[u8])]) -> String {
    let mut out = uri.to_owned();
    let mut next = match uri.find('?') {
        None => "?",
        Some(_) if uri.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    for (name, value) in params {
        out.push_str(next);
        out.push_str(name);
        out.push('=');
        out.extend(percent_encoding::percent_encode(value, ESCAPED));
        next = "&";
    }
    out
}

/// Scheme, host and port of a URI: where a page's form may lead.
pub fn origin_of(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[start..].find(['/', '?']).map_or(uri.len(), |at| start + at);
    &uri[..end]
}

/// The host of a URI, without its port.
pub fn host_of(uri: &str) -> Option<&str> {
    parts(uri).map(|it| it.host)
}

#[cfg(test)]
mod tests;
