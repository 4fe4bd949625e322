//! Keys and access tokens. Stored under the digest of their text, which is kept nowhere.
use crate::{Object, Place};
use base::{Named, Scope, Timestamp, Version, Via};
use store::IndexKey;
use wire::Wire;

/// Characters of a key after its prefix. Old client libraries recognise a key by a length of 32.
const LENGTH: usize = 24;

/// What a key or token opens.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Credential {
    /// The digest of the key's text.
    pub id: String,
    /// `credential`.
    pub object: String,
    /// `secret`, `publishable`, `restricted`, `token`, `ephemeral` or `usage`.
    pub kind: String,
    /// Whose data.
    pub account: String,
    /// Live or test.
    pub livemode: bool,
    /// The platform that holds an access token (or the publishable key that came with it).
    pub platform: Option<String>,
    /// Its client id.
    pub application: Option<String>,
    /// What it allows.
    pub scope: Scope,
    /// What a restricted key allows.
    pub permissions: Vec<String>,
    /// The API version of whoever holds it.
    pub version: Version,
    /// The beginning and the end, as `sk_test_…1234`.
    pub shown: String,
    /// The whole text of a publishable key, which is no secret.
    pub public: Option<String>,
    /// The authorization code that an access token descends from: a code that is used twice takes all with it.
    pub family: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The customer for whose things alone an ephemeral key is.
    pub customer: Option<String>,
    /// When it opens nothing any more.
    pub ends: Option<Timestamp>,
}

impl Named for Credential {
    const NAME: &'static str = "credential";
    const PREFIX: &'static str = "cred";
}
impl Object for Credential {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        // An account's own keys are listed by it, what a connection gave out by the connection.
        let mode = if self.livemode { 'l' } else { 't' };
        if self.kind == Credential::USAGE || (self.customer.is_some() && self.application.is_none()) {
            return Vec::new();
        }
        vec![match &self.application {
            Some(application) => IndexKey::listed("grant", Credential::grant(application, &self.account)),
            None => IndexKey::listed("holder", format!("{}|{mode}", self.account)),
        }]
    }
    fn expires(&self) -> Option<i64> {
        self.ends.map(|at| at.0)
    }
}

impl Credential {
    /// The kind of a token with which what customers use is told, and nothing else is done.
    pub const USAGE: &'static str = "usage";
    /// The index value of everything that one connection gave out.
    pub fn grant(application: &str, account: &str) -> String {
        format!("{application}|{account}")
    }
    /// A key of an account for the text `key`; its kind and mode are read from the prefix.
    pub fn for_key(key: &str, account: &str, version: Version, now: Timestamp) -> Self {
        let kind = match key.get(..2) {
            Some("pk") => "publishable",
            Some("rk") => "restricted",
            _ => "secret",
        };
        Credential {
            id: vault::digest(key),
            object: Credential::NAME.into(),
            kind: kind.into(),
            account: account.into(),
            livemode: key.get(2..8) == Some("_live_"),
            platform: None,
            application: None,
            scope: Scope::ReadWrite,
            permissions: Vec::new(),
            version,
            shown: redact(key),
            public: (kind == "publishable").then(|| key.to_owned()),
            family: None,
            created: now,
            customer: None,
            ends: None,
        }
    }
    /// The text of a new key with this prefix, such as `sk`.
    pub fn text(prefix: &str, live: bool, entropy: &dyn base::Entropy) -> String {
        format!("{prefix}_{}_{}", if live { "live" } else { "test" }, entropy.token(LENGTH))
    }
    /// How the caller got in.
    pub fn via(&self) -> Via {
        match self.kind.as_str() {
            "publishable" => Via::PublishableKey,
            "restricted" | Credential::USAGE => Via::RestrictedKey,
            "token" => Via::AccessToken,
            "ephemeral" => Via::EphemeralKey,
            _ => Via::SecretKey,
        }
    }
}

/// A key as it may be shown: its prefix, stars, and the last four characters.
pub(crate) fn redact(key: &str) -> String {
    let chars: Vec<char> = key.chars().take(255).collect();
    let prefix =
        ["sk_test_", "sk_live_", "pk_test_", "pk_live_", "rk_test_", "rk_live_", "ek_test_", "ek_live_"];
    let kept = prefix.iter().find(|p| key.starts_with(**p)).map_or(0, |p| p.len());
    let tail = if chars.len() >= kept + 8 { 4 } else { 0 };
    let stars = chars.len().saturating_sub(kept + tail);
    chars.iter().take(kept).collect::<String>()
        + &"*".repeat(stars)
        + &chars[chars.len() - tail..].iter().collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn keys_are_shown_without_their_secret() {
        assert_eq!(redact("sk_test_TollbridgePlatformSecret"), "sk_test_********************cret");
        assert_eq!(redact("nonsense"), "****ense");
        assert_eq!(redact("short"), "*****");
        assert_eq!(redact(""), "");
    }
}
