//! `POST /oauth/deauthorize`, and the other ways in which a connection ends. Either side may end it; the
//! application hears of it in every case.
use crate::{
    Refusal,
    client::{self, Client},
    connect::public,
    errors, grants,
};
use api::{
    Api, Cx, Fact, Outcome, Response, Stop,
    access::{Application, Connected, Connection},
    done,
};
use base::Caller;
use http::HeaderMap;
use resources::connect::{
    account::{Account, DashboardType},
    application::DEAUTHORIZED,
    user::{User, settle},
};
use store::Bytes;

/// Answers the request.
pub async fn deauthorize(api: &Api, headers: &HeaderMap, body: &[u8]) -> Response {
    let request = api.world.new_id("req");
    match answer(api, &request, headers, body).await {
        Ok(Ok(account)) => {
            let mut out = b"{\"stripe_user_id\":".to_vec();
            wire::write_str(&mut out, &account);
            out.push(b'}');
            errors::json(200, Bytes::from(out), &request)
        }
        Ok(Err(refusal)) => refusal.into_response(&request),
        Err(stop) => errors::fault(api, &request, stop),
    }
}

async fn answer(
    api: &Api,
    request: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Result<String, Refusal>, Stop> {
    let known = match client::known(api, request, headers, body).await? {
        Ok(known) => known,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(client_id) = known.client_id.as_deref() else {
        return Ok(Err(Refusal::missing("client_id")));
    };
    let Some(account) = known.params.get("stripe_user_id") else {
        return Ok(Err(Refusal::missing("stripe_user_id")));
    };
    let client = &known.client;
    let ended = api.transact(&known.caller, move |cx| Box::pin(end_for(cx, client, client_id, account)));
    settle(ended.await?)
}

async fn end_for(
    cx: &mut Cx<'_>,
    client: &Client,
    client_id: &str,
    account: &str,
) -> Outcome<Result<String, Refusal>> {
    let application = cx.peek::<Application>(client_id).await?;
    // The modes must be equal: a test key cannot end what the production client id made.
    let own = |it: &Application| it.platform.0 == client.platform && it.livemode.0 == client.livemode;
    // The account is about to lead a key of the store.
    let plausible = account.len() <= 255 && !account.contains('/');
    let controlled = if plausible { cx.peek::<Account>(account).await? } else { None };
    let only_here = |it: &Account| {
        let ours = it.standing.0.as_ref().is_some_and(|it| it.platform == client.platform && !it.deleted);
        ours && it.controller.dashboard() != DashboardType::Full
    };
    if controlled.as_ref().is_some_and(only_here) {
        // Nobody could reach it any more.
        let why =
            "This account is controlled by your platform, so it cannot be disconnected. Delete it instead.";
        return done(Err(Refusal::malformed(why)));
    }
    if let Some(application) = application.filter(own)
        && plausible
        && end(cx, &application, account).await?
    {
        return done(Ok(account.to_owned()));
    }
    done(Err(Refusal::not_connected(account)))
}

/// A person takes back what one of their accounts gave to an application; `false` where there was nothing.
pub async fn revoke(api: &Api, user: &User, account: &str, client_id: &str) -> Result<bool, Stop> {
    let caller = Caller::session(account, false);
    let ended = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let user = cx.get::<User>(&user.id).await?;
            let theirs = user.is_some_and(|user| user.accounts.iter().any(|id| id == account));
            match cx.peek::<Application>(client_id).await? {
                Some(application) if theirs => done(end(cx, &application, account).await?),
                _ => done(false),
            }
        })
    });
    settle(ended.await?)
}

/// A platform gives up its access to an account; `false` where there was none.
pub async fn disconnect(api: &Api, platform: &str, account: &str, client_id: &str) -> Result<bool, Stop> {
    let caller = Caller::session(platform, false);
    let ended = api.transact(&caller, move |cx| {
        Box::pin(async move {
            match cx.peek::<Application>(client_id).await? {
                Some(it) if it.platform.0 == platform => done(end(cx, &it, account).await?),
                _ => done(false),
            }
        })
    });
    settle(ended.await?)
}

/// Ends a connection: its tokens, its keys and both of its documents go in one unit of work, so access is gone
/// everywhere by the next request.
async fn end(cx: &mut Cx<'_>, application: &Application, account: &str) -> Result<bool, Stop> {
    let (live, platform) = (application.livemode.0, application.platform.0.as_str());
    let Some(connection) = cx.get_of::<Connection>(account, live, &application.id).await? else {
        return Ok(false);
    };
    grants::revoke_all(cx, &connection).await?;
    cx.delete_of(account, live, &connection);
    if let Some(mirror) = cx.get_of::<Connected>(platform, live, account).await? {
        cx.delete_of(platform, live, &mirror);
    }
    cx.fact(Fact {
        account: account.to_owned(),
        live,
        kind: DEAUTHORIZED,
        object: public(application),
        previous: None,
        only: Some(application.id.clone()),
    });
    Ok(true)
}
