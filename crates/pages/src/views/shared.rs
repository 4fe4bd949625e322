//! Parts that several pages show.

use serde::Serialize;

/// What stands on every page, whatever it is about.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Chrome {
    /// The session's token, carried by every form.
    pub csrf: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The outcome of what was just done.
    pub flash: Option<Flash>,
}

/// The person signed in, and the account they are looking at.
#[derive(Clone, Debug, Serialize)]
pub struct Viewer {
    /// Their sign-in.
    pub email: String,
    /// The account on show.
    pub account: AccountName,
    /// Every account they may look at, this one included.
    pub accounts: Vec<AccountName>,
}

/// An account as people tell it from others.
#[derive(Clone, Debug, Serialize)]
pub struct AccountName {
    /// `acct_…`.
    pub id: String,
    /// Business name, or the email where there is none.
    pub name: String,
}

/// A sentence about what was just done.
#[derive(Clone, Debug, Serialize)]
pub struct Flash {
    /// How it is shown.
    pub kind: FlashKind,
    /// The sentence.
    pub text: String,
}

/// How a [`Flash`] is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashKind {
    /// It was done.
    Ok,
    /// It was not done.
    Error,
}

/// An application as its users know it.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationCard {
    /// Its name.
    pub name: String,
    /// Its website. Linked only if it is an http(s) address.
    pub url: Option<String>,
    /// Host name of the website: what people can check against the address bar they came from.
    pub host: Option<String>,
    /// Where its icon is served by us; without one it gets a neutral icon.
    pub icon_url: Option<String>,
}

/// What an application may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Look only.
    ReadOnly,
    /// Take payments and change things.
    ReadWrite,
}

/// One entry of a select list.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the person reads.
    pub label: String,
}

impl Choice {
    /// A list from pairs of value and label.
    pub fn list(pairs: &[(&str, &str)]) -> Vec<Self> {
        pairs.iter().map(|(value, label)| Self { value: (*value).into(), label: (*label).into() }).collect()
    }
}
