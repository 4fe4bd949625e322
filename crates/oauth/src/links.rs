//! What must hold at rest of what the OAuth flow stores, beside what [`resources::links`] says of connections and
//! credentials.
use crate::{applications::StoredIcon, code::Code, refresh::RefreshToken};
use api::Place;
use audit::{Kind, Said};
use base::Named;
use resources::{
    connect::account::Account,
    links::{parties, read},
};
use store::Held;

/// Every kind that is stored, and what must hold of it.
pub const KINDS: &[Kind] = &[
    Kind { name: Code::NAME, tell: code },
    Kind { name: RefreshToken::NAME, tell: refresh_token },
    Kind { name: StoredIcon::NAME, tell: icon },
];

// Both outlive their connection, and are worth nothing without it.

fn code(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Code>(held, said) else { return };
    parties(said, &it.account, &it.platform, &it.application);
}

fn refresh_token(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<RefreshToken>(held, said) else { return };
    parties(said, &it.account, &it.platform, &it.application);
}

fn icon(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<StoredIcon>(held, said) else { return };
    said.link("id", &Place::Itself.key(Account::NAME, "", false, &it.id));
}
