//! `grant_type=authorization_code`: a code is swapped once. A second time takes back what the first one gave,
//! because then two have it, and one of them should not.
use crate::{
    Refusal,
    client::{Client, Params},
    code::Code,
    token::{Swap, Tokens},
};
use api::{Cx, Profile, Stop, access::Connection, done};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use resources::connect::account::{Account, CapabilityStatus};
use sha2::{Digest as _, Sha256};
use wire::Optional;

pub(crate) async fn swap(cx: &mut Cx<'_>, client: &Client, params: &Params) -> Swap {
    let Some(text) = params.get("code") else { return done(Err(Refusal::missing("authorization code"))) };
    let found = cx.get::<Code>(&vault::digest(text)).await?;
    // A code of another platform is as good as none.
    let Some(mut code) = found.filter(|code| code.platform == client.platform) else {
        return done(Err(Refusal::no_such_code(text)));
    };
    if code.used.is_some() {
        revoke(cx, code).await?;
        return done(Err(Refusal::code_used()));
    }
    if code.expires <= cx.now() {
        return done(Err(Refusal::code_expired()));
    }
    let strict = cx.world.profile == Profile::Strict;
    if let Err(refusal) = check(&code, client, params, strict) {
        return done(Err(refusal));
    }
    let connection = cx.get_of::<Connection>(&code.account, code.livemode, &code.application).await?;
    let Some(mut connection) = connection.filter(|it| it.generation == code.generation) else {
        return done(Err(Refusal::disconnected()));
    };
    // Whoever is told that a capability is missing may ask again with the same code.
    let asserted = params.all("assert_capabilities");
    if let Some(missing) = missing(cx, &code.account, &asserted).await? {
        return done(Err(Refusal::capability(missing)));
    }
    let access_token = super::access_token(cx, client, &connection, code.scope, &code.id);
    let (stripe_publishable_key, is_new) = super::publishable_key(cx, client, &mut connection);
    if is_new {
        cx.put_of(&code.account, code.livemode, &connection);
    }
    let refresh_token = super::refresh_token(cx, &connection, code.scope, &mut code);
    code.used = Some(cx.now());
    cx.put(&code);
    done(Ok(Tokens {
        access_token,
        livemode: client.livemode,
        refresh_token,
        token_type: "bearer".into(),
        stripe_publishable_key,
        stripe_user_id: code.account,
        scope: code.scope,
        capabilities: Optional((!asserted.is_empty()).then(|| asserted.join(" "))),
    }))
}

/// The first of these capabilities that the account does not have.
async fn missing<'p>(cx: &Cx<'_>, account: &str, asserted: &[&'p str]) -> Result<Option<&'p str>, Stop> {
    if asserted.is_empty() {
        return Ok(None);
    }
    let account = cx.peek::<Account>(account).await?;
    let has = |wanted: &str| {
        let all = account.iter().flat_map(|it| &it.capabilities.0);
        all.into_iter().any(|(name, status)| *name == wanted && *status == CapabilityStatus::Active)
    };
    Ok(asserted.iter().copied().find(|wanted| !has(wanted)))
}

/// What the code asks of whoever swaps it.
fn check(code: &Code, client: &Client, params: &Params, strict: bool) -> Result<(), Refusal> {
    // With the production client id the key decides the mode of the token; strictly the modes must be equal.
    if (client.livemode && !code.livemode) || (strict && client.livemode != code.livemode) {
        return Err(Refusal::code_mode(code.livemode));
    }
    if strict {
        let sent = params.get("redirect_uri");
        let agrees = match sent {
            Some(uri) => uri == code.redirect_uri,
            None => !code.named_redirect_uri,
        };
        if !agrees {
            return Err(Refusal::code_redirect_uri());
        }
    }
    match (&code.challenge, params.get("code_verifier")) {
        (Some(_), None) => Err(Refusal::no_verifier()),
        (Some(challenge), Some(verifier)) if s256(verifier) != *challenge => Err(Refusal::verifier()),
        (None, Some(_)) if strict => Err(Refusal::stray_verifier()),
        _ => Ok(()),
    }
}

/// RFC 7636: the base64url of the SHA-256 of the verifier, which has 43 to 128 unreserved characters.
fn s256(verifier: &str) -> String {
    let sound = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if sound { URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) } else { String::new() }
}

async fn revoke(cx: &mut Cx<'_>, code: Code) -> Result<(), Stop> {
    if code.revoked {
        return Ok(());
    }
    let connection = cx.get_of::<Connection>(&code.account, code.livemode, &code.application).await?;
    match connection.filter(|it| it.generation == code.generation) {
        Some(connection) => super::revoke_family(cx, connection, code).await,
        // The connection took everything with it when it ended.
        None => Ok(()),
    }
}
