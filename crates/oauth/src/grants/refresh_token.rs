//! `grant_type=refresh_token`: another access token, in the mode of the key, for no more than was allowed. The one
//! it replaces (same scope, same mode) stops working.
use crate::{
    Refusal,
    client::{Client, Params},
    code::Code,
    refresh::{GRACE, RefreshToken},
    token::{Swap, Tokens},
};
use api::{Cx, Profile, access::Connection, done};
use base::Scope;
use wire::Optional;

pub(crate) async fn swap(cx: &mut Cx<'_>, client: &Client, params: &Params) -> Swap {
    let Some(text) = params.get("refresh_token") else { return done(Err(Refusal::missing("refresh token"))) };
    let found = cx.get::<RefreshToken>(&vault::digest(text)).await?;
    let Some(mut token) = found.filter(|token| token.platform == client.platform) else {
        return done(Err(Refusal::no_such_refresh_token(text)));
    };
    let connection = cx.get_of::<Connection>(&token.account, token.livemode, &token.application).await?;
    let Some(mut connection) = connection.filter(|it| it.generation == token.generation) else {
        return done(Err(Refusal::disconnected()));
    };
    let Some(mut family) = cx.get::<Code>(&token.family).await? else {
        return done(Err(Refusal::no_such_refresh_token(text)));
    };
    if token.replaced.is_some_and(|at| cx.now() > at.plus(GRACE)) {
        super::revoke_family(cx, connection, family).await?;
        return done(Err(Refusal::refresh_token_used()));
    }
    if client.livemode && !token.livemode {
        return done(Err(Refusal::refresh_mode()));
    }
    let scope = match params.get("scope") {
        None => token.scope,
        Some(word) => match Scope::parse(word).filter(|scope| *scope <= token.scope) {
            Some(scope) => scope,
            None => return done(Err(Refusal::scope(word))),
        },
    };
    super::revoke_credentials(cx, &connection, |it| {
        it.kind == "token" && it.scope == scope && it.livemode == client.livemode
    })
    .await?;
    let access_token = super::access_token(cx, client, &connection, scope, &token.family);
    let (stripe_publishable_key, _) = super::publishable_key(cx, client, &mut connection);
    // Two refreshes at once meet here, so that each sees the token that the other one issued.
    connection.rolled += 1;
    cx.put_of(&token.account, token.livemode, &connection);
    let refresh_token = if cx.world.profile == Profile::Strict {
        let next = super::refresh_token(cx, &connection, token.scope, &mut family);
        cx.put(&family);
        token.replaced = token.replaced.or(Some(cx.now()));
        cx.put(&token);
        next
    } else {
        text.to_owned()
    };
    done(Ok(Tokens {
        access_token,
        livemode: client.livemode,
        refresh_token,
        token_type: "bearer".into(),
        stripe_publishable_key,
        stripe_user_id: token.account,
        scope,
        capabilities: Optional(None),
    }))
}
