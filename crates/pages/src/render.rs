//! Templates: how they are found, what they may call, and how a view becomes HTML.

use std::sync::LazyLock;

use base::{Currency, Timestamp};
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use crate::assets;
pub(crate) use paper::day;

/// A page: what it shows, and the template that shows it.
pub trait View: Serialize {
    /// Name of the template under `templates/`.
    const TEMPLATE: &'static str;
}

/// A template did not accept its view. Always a defect of this crate, never of a request.
#[derive(Debug)]
pub struct RenderError {
    template: &'static str,
    source: Error,
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "page {} cannot be rendered: {:#}", self.template, self.source)
    }
}

impl std::error::Error for RenderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The page as HTML.
///
/// # Errors
/// [`RenderError`] when the template names something the view does not have.
pub fn render<V: View>(view: &V) -> Result<String, RenderError> {
    ENVIRONMENT
        .get_template(V::TEMPLATE)
        .and_then(|template| template.render(view))
        .map_err(|source| RenderError { template: V::TEMPLATE, source })
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        /// Every template, by the name under which others include it.
        pub(crate) const TEMPLATES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../templates/", $name)))),*];
    };
}

templates![
    "account.html",
    "account_fields.html",
    "activate.html",
    "applications/edit.html",
    "authorized_applications.html",
    "base.html",
    "challenge.html",
    "connect_account_form.html",
    "connect_consent.html",
    "connect_flow.html",
    "connect_head.html",
    "connect_sign_in.html",
    "connect_skip.html",
    "connected_accounts.html",
    "payments.html",
    "dashboard.html",
    "default_redirect.html",
    "email.html",
    "emails.html",
    "error.html",
    "express.html",
    "flow.html",
    "home.html",
    "home_public.html",
    "log.html",
    "logs.html",
    "macros.html",
    "mark.html",
    "note.html",
    "oauth_error.html",
    "invoice.html",
    "portal.html",
    "portal_cancel.html",
    "portal_confirm.html",
    "portal_details.html",
    "portal_home.html",
    "portal_methods.html",
    "portal_note.html",
    "portal_pause.html",
    "portal_plan.html",
    "receipt.html",
    "setup.html",
    "sign_in.html",
    "sign_up.html",
    "webhook.html",
    "webhook_attempt.html",
    "webhooks.html",
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.add_function("asset", asset);
    env.add_filter("amount", amount);
    env.add_filter("count", count);
    env.add_filter("day", day);
    env.add_filter("iso", iso);
    env.add_filter("web_url", web_url);
    for (name, source) in TEMPLATES {
        // A template that does not parse is left out, so that rendering it reports the error; a test renders all.
        let _ = env.add_template(name, source);
    }
    env
});

fn asset(name: &str) -> Result<String, Error> {
    assets::url(name)
        .map(str::to_owned)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no asset is called {name}")))
}

/// An address a person gave, if a link to it is harmless: a `javascript:` address must not become one.
fn web_url(value: &Value) -> String {
    let url = value.as_str().unwrap_or_default();
    let scheme_ends = url.find("://").unwrap_or(0);
    match url.get(..scheme_ends).map(str::to_ascii_lowercase).as_deref() {
        Some("http" | "https") => url.to_owned(),
        _ => String::new(),
    }
}

/// A number in groups of three digits.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount in minor units as people write it: `-1,234.50 USD`.
fn amount(minor: i64, currency: &str) -> String {
    let digits = Currency::parse(currency).map_or(2, Currency::decimals);
    let unit = 10_u64.pow(digits);
    let absolute = minor.unsigned_abs();
    let sign = if minor < 0 { "\u{2212}" } else { "" };
    let whole = count(absolute / unit);
    let code = currency.to_ascii_uppercase();
    if digits == 0 {
        return format!("{sign}{whole}\u{a0}{code}");
    }
    let (rest, width) = (absolute % unit, digits as usize);
    format!("{sign}{whole}.{rest:0width$}\u{a0}{code}")
}

/// A Unix time as machines read it: `2012-10-08T12:15:13Z`.
fn iso(unix: i64) -> String {
    let (year, month, day) = Timestamp(unix).date();
    let second = unix.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_digits_of_their_currency() {
        assert_eq!(amount(123_450, "usd"), "1,234.50\u{a0}USD");
        assert_eq!(amount(-5, "EUR"), "\u{2212}0.05\u{a0}EUR");
        assert_eq!(amount(1_234_567, "jpy"), "1,234,567\u{a0}JPY");
        assert_eq!(amount(1_005, "kwd"), "1.005\u{a0}KWD");
        assert_eq!(amount(i64::MIN, "usd"), "\u{2212}92,233,720,368,547,758.08\u{a0}USD");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day(1_349_654_313), "7\u{a0}Oct\u{a0}2012");
        assert_eq!(iso(1_349_654_313), "2012-10-07T23:58:33Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(web_url(&Value::from("https://acme.example/")), "https://acme.example/");
        assert_eq!(web_url(&Value::from("HTTP://acme.example/")), "HTTP://acme.example/");
        for hostile in ["javascript:alert(1)", " https://x", "javascript://https://x", "data:text/html,x", ""]
        {
            assert_eq!(web_url(&Value::from(hostile)), "", "{hostile}");
        }
    }

    #[test]
    fn no_template_carries_script_or_style_of_its_own() {
        for (name, source) in TEMPLATES {
            for banned in ["style=", "<style", "javascript:", " onclick", " onsubmit", "|safe"] {
                assert!(!source.contains(banned), "{name} contains {banned}");
            }
            let scripts = source.matches("<script").count();
            let external = source.matches("<script src=\"{{ asset(").count();
            assert_eq!(scripts, external, "{name} has an inline script");
        }
    }

    #[test]
    fn every_posting_form_carries_the_session_token() {
        for (name, source) in TEMPLATES {
            for form in source.split("<form").skip(1) {
                let body = form.split("</form>").next().unwrap_or_default();
                // One that only asks changes nothing.
                if body.contains("method=\"get\"") {
                    continue;
                }
                assert!(body.contains("method=\"post\""), "{name}: a form that does not say how it is sent");
                let token = ["{{ csrf(chrome) }}", "{{ csrf(head.chrome) }}"];
                assert!(token.iter().any(|it| body.contains(it)), "{name}: a form without its token");
            }
        }
    }
}
