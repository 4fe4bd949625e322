//! The grants, one file each, and what they have in common: issuing tokens and taking them back.
pub(crate) mod authorization_code;
pub(crate) mod refresh_token;

use crate::{client::Client, code::Code, refresh::RefreshToken};
use api::{
    Cx, Stop,
    access::{Connection, Credential},
};
use base::{Named, Scope};
use std::collections::BTreeSet;

/// More tokens of one connection than anybody has; it bounds what one unit of work reads.
const MANY: usize = 10_000;

/// Issues an access token in the mode of the client's key. Tokens are kept as digests, so a second authorization
/// of the same pair cannot return the first one's token: it gets another, and both are valid until one is revoked
/// or rolled.
fn access_token(
    cx: &mut Cx<'_>,
    client: &Client,
    connection: &Connection,
    scope: Scope,
    family: &str,
) -> String {
    let text = Credential::text("sk", client.livemode, &*cx.world.entropy);
    let of_account = Credential::for_key(&text, &connection.account, client.version, cx.now());
    cx.put(&Credential {
        kind: "token".into(),
        platform: Some(connection.platform.clone()),
        application: Some(connection.id.clone()),
        scope,
        family: Some(family.to_owned()),
        ..of_account
    });
    text
}

/// The publishable key of the connection in the mode of the client's key, made at the first swap.
fn publishable_key(cx: &mut Cx<'_>, client: &Client, connection: &mut Connection) -> (String, bool) {
    let live = client.livemode;
    let kept = if live { &connection.publishable_live } else { &connection.publishable_test };
    if let Some(text) = kept {
        return (text.clone(), false);
    }
    let text = Credential::text("pk", live, &*cx.world.entropy);
    let of_account = Credential::for_key(&text, &connection.account, client.version, cx.now());
    cx.put(&Credential {
        platform: Some(connection.platform.clone()),
        application: Some(connection.id.clone()),
        ..of_account
    });
    let place = if live { &mut connection.publishable_live } else { &mut connection.publishable_test };
    *place = Some(text.clone());
    (text, true)
}

/// Refresh tokens that a code remembers: the older ones were replaced long ago.
const REMEMBERED: usize = 50;

/// Issues a refresh token of a code's family; the caller writes the code down.
fn refresh_token(cx: &mut Cx<'_>, connection: &Connection, scope: Scope, family: &mut Code) -> String {
    let text = format!("rt_{}", cx.token(40));
    let forgotten = (family.refresh.len() + 1).saturating_sub(REMEMBERED);
    family.refresh.drain(..forgotten);
    family.refresh.push(vault::digest(&text));
    cx.put(&RefreshToken {
        id: vault::digest(&text),
        object: RefreshToken::NAME.into(),
        application: connection.id.clone(),
        platform: connection.platform.clone(),
        account: connection.account.clone(),
        generation: connection.generation.clone(),
        livemode: connection.livemode,
        scope,
        family: family.id.clone(),
        created: cx.now(),
        replaced: None,
    });
    text
}

/// Deletes the credentials of a connection that `chosen` names; returns how many access tokens are left.
async fn revoke_credentials(
    cx: &mut Cx<'_>,
    connection: &Connection,
    chosen: impl Fn(&Credential) -> bool,
) -> Result<usize, Stop> {
    let grant = Credential::grant(&connection.id, &connection.account);
    let held: Vec<Credential> = cx.all_by("", false, Some(("grant", grant)), MANY).await?;
    let mut left = 0;
    for credential in held {
        if !chosen(&credential) {
            left += usize::from(credential.kind == "token");
        } else if let Some(credential) = cx.get::<Credential>(&credential.id).await? {
            cx.delete(&credential);
        }
    }
    Ok(left)
}

/// Takes back everything that descends from one code. The publishable keys go with the last access token.
async fn revoke_family(cx: &mut Cx<'_>, mut connection: Connection, mut family: Code) -> Result<(), Stop> {
    let left =
        revoke_credentials(cx, &connection, |it| it.family.as_deref() == Some(family.id.as_str())).await?;
    if left == 0 {
        revoke_credentials(cx, &connection, |it| it.kind == "publishable").await?;
        (connection.publishable_test, connection.publishable_live) = (None, None);
    }
    revoke_refresh_tokens(cx, &family).await?;
    family.refresh.clear();
    family.revoked = true;
    cx.put(&family);
    // The connection is what a swap at the same moment has read, too, so one of the two decides again.
    connection.rolled += 1;
    let (account, live) = (connection.account.clone(), connection.livemode);
    cx.put_of(&account, live, &connection);
    Ok(())
}

async fn revoke_refresh_tokens(cx: &mut Cx<'_>, family: &Code) -> Result<(), Stop> {
    for id in &family.refresh {
        if let Some(token) = cx.get::<RefreshToken>(id).await? {
            cx.delete(&token);
        }
    }
    Ok(())
}

/// Takes back everything that a connection ever gave. What is not found through its tokens is worth nothing
/// without the connection.
pub(crate) async fn revoke_all(cx: &mut Cx<'_>, connection: &Connection) -> Result<(), Stop> {
    let grant = Credential::grant(&connection.id, &connection.account);
    let held: Vec<Credential> = cx.all_by("", false, Some(("grant", grant)), MANY).await?;
    let families: BTreeSet<String> = held.into_iter().filter_map(|it| it.family).collect();
    for id in families {
        if let Some(family) = cx.get::<Code>(&id).await? {
            revoke_refresh_tokens(cx, &family).await?;
            cx.delete(&family);
        }
    }
    revoke_credentials(cx, connection, |_| true).await?;
    Ok(())
}
