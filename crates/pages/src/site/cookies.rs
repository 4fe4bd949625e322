//! Cookies: reading the few that are ours, writing them with every protection there is.

use http::HeaderMap;
use http::header::COOKIE;

/// The session of somebody who is signed in.
pub(crate) const SESSION: &str = "tollbridge_session";
/// A visitor's secret, to which the forms before sign-in are bound.
pub(crate) const VISITOR: &str = "tollbridge_visitor";
/// Which of their accounts a person looks at.
pub(crate) const ACCOUNT: &str = "tollbridge_account";
/// Whoever was let in by an account link or a login link.
pub(crate) const GUEST: &str = "tollbridge_guest";
/// The outcome of what was just done, for the page that follows.
pub(crate) const FLASH: &str = "tollbridge_flash";

/// Browsers keep a cookie with this prefix to the one host and to encrypted connections.
const HOST_PREFIX: &str = "__Host-";
/// Longer values are not ours.
const VALUE_MAX: usize = 200;

/// How cookies of this server are named and kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jar {
    /// Whether people reach the server by https.
    secure: bool,
}

impl Jar {
    /// The jar of a server that people reach at this address.
    pub(crate) fn of(origin: &str) -> Self {
        Jar { secure: origin.starts_with("https://") }
    }

    fn name(self, cookie: &str) -> String {
        if self.secure { format!("{HOST_PREFIX}{cookie}") } else { cookie.to_owned() }
    }

    /// The value of one of our cookies. Two of one name are a sign of tampering: then there is none.
    pub(crate) fn read(self, headers: &HeaderMap, cookie: &str) -> Option<String> {
        let name = self.name(cookie);
        let mut found = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        let value = found.next()?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let ours = !value.is_empty() && value.len() <= VALUE_MAX && value.bytes().all(plain);
        (ours && found.next().is_none()).then(|| value.to_owned())
    }

    /// A `Set-Cookie` line. Without `max_age` (seconds) the cookie ends with the browser's session.
    pub(crate) fn write(self, cookie: &str, value: &str, max_age: Option<i64>) -> String {
        let age = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", self.name(cookie))
    }

    /// A `Set-Cookie` line that removes a cookie.
    pub(crate) fn remove(self, cookie: &str) -> String {
        self.write(cookie, "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(line: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(line))])
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        let jar = Jar::of("http://127.0.0.1:7070");
        let read = |line| jar.read(&headers(line), SESSION);
        assert_eq!(read("a=b; tollbridge_session=abc").as_deref(), Some("abc"));
        assert_eq!(read("xtollbridge_session=abc"), None);
        assert_eq!(read("tollbridge_session="), None);
        assert_eq!(read("tollbridge_session=a\"b"), None);
        assert_eq!(read("tollbridge_session=a; tollbridge_session=b"), None);
    }

    #[test]
    fn over_https_a_cookie_is_kept_to_its_host() {
        let jar = Jar::of("https://connect.example");
        let line = jar.write(SESSION, "abc", Some(60));
        assert!(line.starts_with("__Host-tollbridge_session=abc; Path=/; HttpOnly; SameSite=Lax"), "{line}");
        assert!(line.ends_with("Max-Age=60; Secure"), "{line}");
        assert_eq!(jar.read(&headers("tollbridge_session=abc"), SESSION), None);
        assert!(!Jar::of("http://localhost").write(SESSION, "abc", None).contains("Secure"));
    }
}
