//! What deliveries are signed with: one secret, and for a while after it was rolled the one before, too.
use super::{WebhookEndpoint, change};
use api::{Cx, Stop, World};
use base::{ApiError, Timestamp};
use vault::{Kind, Place, Secret, VaultError};
use wire::{Hidden, Wire};

/// Characters of a secret after its prefix.
const LENGTH: usize = 32;
/// How long the secret before stays valid at most, in seconds.
const KEPT_MAX: i64 = Timestamp::DAY;

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Rolled {
    /// The secret, sealed.
    pub sealed: String,
    /// Until when deliveries are signed with it.
    pub until: Timestamp,
}

/// The secret that deliveries to an endpoint of `account` are signed with. Errors: the vault refuses to open it.
pub fn secret(world: &World, account: &str, endpoint: &WebhookEndpoint) -> Result<Secret, VaultError> {
    open(world, account, endpoint, &endpoint.sealed.0)
}

/// Every secret that deliveries are signed with at a moment, the newest first. Errors: the vault refuses to open one.
pub fn signing(
    world: &World,
    account: &str,
    endpoint: &WebhookEndpoint,
    now: Timestamp,
) -> Result<Vec<Secret>, VaultError> {
    let before = endpoint.rolled.0.as_ref().filter(|it| now < it.until).map(|it| &it.sealed);
    std::iter::once(&endpoint.sealed.0)
        .chain(before)
        .map(|sealed| open(world, account, endpoint, sealed))
        .collect()
}

fn open(
    world: &World,
    account: &str,
    endpoint: &WebhookEndpoint,
    sealed: &str,
) -> Result<Secret, VaultError> {
    world.vault.open(Kind::WebhookSecret, Place { account, object: &endpoint.id }, sealed)
}

/// A secret for an endpoint, and how it is stored. Errors: the vault refuses.
pub(super) fn fresh(cx: &Cx<'_>, account: &str, id: &str) -> Result<(String, String), Stop> {
    let secret = format!("whsec_{}", cx.token(LENGTH));
    let at = Place { account, object: id };
    let sealed = cx.world.vault.seal(Kind::WebhookSecret, at, &secret, &*cx.world.entropy);
    let sealed = sealed.map_err(|error| api::fault(error.to_string()))?;
    Ok((secret, sealed))
}

/// Gives an endpoint of the caller a new secret, which is returned. The one before stays valid for `keep` seconds, so that
/// a receiver can change over without losing anything; where one before that is still valid, it is not from now on.
///
/// Errors: there is no such endpoint, `keep` is negative or more than a day.
pub async fn roll(cx: &mut Cx<'_>, id: &str, keep: i64) -> Result<String, Stop> {
    if !(0..=KEPT_MAX).contains(&keep) {
        let message = "The previous secret can stay valid for up to 24 hours.";
        return Err(ApiError::invalid(400, message).param("keep").into());
    }
    let mut endpoint: WebhookEndpoint = cx.must("id", id).await?;
    let account = cx.caller.account.clone();
    let (secret, sealed) = fresh(cx, &account, &endpoint.id)?;
    let sealed = std::mem::replace(&mut endpoint.sealed.0, sealed);
    let rolled = Rolled { sealed, until: cx.now().plus(keep) };
    endpoint.rolled = Hidden(Some(rolled).filter(|_| keep > 0));
    change(cx, &account, &mut endpoint).await?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, PLATFORM, PLATFORM_ID, now};
    use base::Named as _;

    #[test]
    fn both_secrets_are_valid_for_a_while() {
        let bench = Bench::new();
        let made =
            bench.post(PLATFORM, "/v1/webhook_endpoints", "url=https://a.example/&enabled_events[]=*").ok();
        let (id, first) = (made.text("id"), made.text("secret"));
        let caller = base::Caller::session(PLATFORM_ID, false);
        let roll = |keep| {
            let id = &id;
            let rolled = bench.api.transact(&caller, move |cx| {
                Box::pin(async move { api::done(super::roll(cx, id, keep).await?) })
            });
            now(rolled).and_then(crate::connect::user::settle)
        };
        let signing = || {
            let key = store::Key::new(PLATFORM_ID, false, WebhookEndpoint::NAME, &*id);
            let doc = now(bench.api.world.store.get(&key)).unwrap().unwrap();
            let endpoint: WebhookEndpoint = wire::from_json(&doc.body).unwrap();
            let at = bench.api.world.clock.now();
            let secrets = super::signing(&bench.api.world, PLATFORM_ID, &endpoint, at).unwrap();
            secrets.iter().map(|it| it.reveal().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(signing(), std::slice::from_ref(&first));
        let second = roll(3600).unwrap();
        assert_eq!(signing(), [second.clone(), first]);
        // A third leaves only the one before it.
        let third = roll(KEPT_MAX).unwrap();
        assert_eq!(signing(), [third.clone(), second]);
        bench.clock.advance(KEPT_MAX - 1);
        assert_eq!(signing().len(), 2);
        bench.clock.advance(1);
        assert_eq!(signing(), [third]);
        let fourth = roll(0).unwrap();
        assert_eq!(signing(), [fourth]);
        assert!(roll(KEPT_MAX + 1).is_err() && roll(-1).is_err());
    }
}
