//! How often callers may ask, as it is configured.
use super::Settings;
use api::{Limits, Rates};
use serde::{Deserialize, Deserializer, de};
use std::{fmt, str::FromStr};

/// Requests a second in `serve`: what clients of the API are used to in live mode.
const PER_SECOND: u32 = 100;
/// Requests at once in `serve`.
const AT_ONCE: u32 = 100;

/// A number, or the limits of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimit {
    /// So many reads and writes a second.
    Each(u32),
    /// As the original has them.
    Stripe,
}

impl FromStr for RateLimit {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "stripe" => Ok(RateLimit::Stripe),
            text => text
                .parse()
                .map(RateLimit::Each)
                .map_err(|_| "give a number of requests a second, 0 for no limit, or stripe".into()),
        }
    }
}

impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = RateLimit;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of requests a second, or \"stripe\"")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<RateLimit, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RateLimit, E> {
                text.parse().map_err(E::custom)
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Settings {
    /// The limits of callers, where there are any.
    pub(crate) fn limits(&self, dev: bool) -> Option<Limits> {
        let usual = RateLimit::Each(if dev { 0 } else { PER_SECOND });
        let rates = match self.rate_limit.unwrap_or(usual) {
            RateLimit::Stripe => Rates::STRIPE,
            // Nobody asks so often.
            RateLimit::Each(0) => Rates::each(u32::MAX),
            RateLimit::Each(each) => Rates::each(each),
        };
        let usual = if dev { rates.at_once } else { Some(i64::from(AT_ONCE)) };
        let at_once = match self.concurrency_limit {
            None => usual,
            Some(most) => Some(i64::from(most)).filter(|most| *most > 0),
        };
        let rates = Rates { at_once, ..rates };
        let limited = at_once.is_some() || rates != Rates::each(u32::MAX);
        limited.then(|| Limits::new(rates, self.database.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_a_number_or_a_word() {
        assert_eq!("250".parse(), Ok(RateLimit::Each(250)));
        assert_eq!("stripe".parse(), Ok(RateLimit::Stripe));
        assert!("-1".parse::<RateLimit>().is_err() && "many".parse::<RateLimit>().is_err());
        let read = |text: &str| toml::from_str::<Settings>(text).map(|it| it.rate_limit);
        assert_eq!(read("rate-limit = 250").unwrap(), Some(RateLimit::Each(250)));
        assert_eq!(read("rate-limit = \"stripe\"").unwrap(), Some(RateLimit::Stripe));
        assert!(read("rate-limit = -1").is_err() && read("rate-limit = true").is_err());
    }

    #[test]
    fn dev_has_none_unless_they_are_asked_for() {
        let limited = |settings: &Settings, dev| settings.limits(dev).is_some();
        let mut settings = Settings::default();
        assert!(!limited(&settings, true) && limited(&settings, false));
        settings.rate_limit = Some(RateLimit::Each(0));
        assert!(!limited(&settings, true) && limited(&settings, false), "how many at once is another limit");
        settings.concurrency_limit = Some(0);
        assert!(!limited(&settings, false));
        settings.rate_limit = Some(RateLimit::Stripe);
        assert!(limited(&settings, true));
    }
}
