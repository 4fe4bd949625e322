//! Lookup keys: names of prices, each of which one price of an account has. The document of a key, read and written with each
//! price that takes it, is what two of them cannot both have.
use super::{Price, tell_updated};
use crate::{billing::amounts::refused, payments::card::not_more_than};
use api::{Cx, Object, Stop};
use base::Named;
use wire::Wire;

/// Who has a lookup key.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct LookupKey {
    /// The digest of the key, which may hold anything.
    pub id: String,
    /// `price_lookup_key`.
    pub object: String,
    /// The price that has it.
    pub price: String,
}

impl Named for LookupKey {
    const NAME: &'static str = "price_lookup_key";
    const PREFIX: &'static str = "";
}
impl Object for LookupKey {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The longest key, in characters.
const MAX: usize = 200;

/// Gives a price a key in place of the one that it has. Errors: another price has it, and does not hand it over.
pub(crate) async fn give(
    cx: &mut Cx<'_>,
    it: &mut Price,
    key: Option<String>,
    hand_over: bool,
) -> Result<(), Stop> {
    not_more_than(MAX, "lookup_key", key.as_deref())?;
    if it.lookup_key == key {
        return Ok(());
    }
    if let Some(old) = it.lookup_key.take()
        && let Some(held) = cx.get::<LookupKey>(&vault::digest(&old)).await?
    {
        cx.delete(&held);
    }
    let Some(key) = key else { return Ok(()) };
    let id = vault::digest(&key);
    if let Some(held) = cx.get::<LookupKey>(&id).await?
        && let Some(before) = cx.get::<Price>(&held.price).await?
    {
        if !hand_over {
            let message = format!(
                "A price (`{}`) already uses that lookup key. Set transfer_lookup_key to take it over.",
                held.price
            );
            return Err(refused(message).param("lookup_key").into());
        }
        let other = Price { lookup_key: None, ..before.clone() };
        cx.put(&other);
        tell_updated(cx, &before, &other);
    }
    cx.put(&LookupKey { id, object: LookupKey::NAME.into(), price: it.id.clone() });
    it.lookup_key = Some(key);
    Ok(())
}
