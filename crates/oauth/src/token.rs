//! `POST /oauth/token`: a code or a refresh token is swapped for an access token.
use crate::{
    Refusal,
    client::{self, Client, Params},
    errors, grants,
};
use api::{Api, Cx, Outcome, Profile, Response, Stop, access::Application, done};
use base::Scope;
use http::HeaderMap;
use resources::connect::user::settle;
use store::Bytes;
use wire::{Optional, Wire};

/// What a swap gives.
#[derive(Debug, Clone, Wire)]
pub(crate) struct Tokens {
    /// A key of the connected account.
    pub access_token: String,
    /// The mode of the access token.
    pub livemode: bool,
    /// For another access token, of either mode.
    pub refresh_token: String,
    /// `bearer`.
    pub token_type: String,
    /// For browsers.
    pub stripe_publishable_key: String,
    /// The account.
    pub stripe_user_id: String,
    /// What the access token allows.
    pub scope: Scope,
    /// The capabilities that whoever swapped the code wanted to be sure of.
    pub capabilities: Optional<String>,
}

/// What a decision about tokens comes to. Both ends are committed: a code that is used again is a fact.
pub(crate) type Swap = Outcome<Result<Tokens, Refusal>>;

/// Answers the request.
pub async fn token(api: &Api, headers: &HeaderMap, body: &[u8]) -> Response {
    let request = api.world.new_id("req");
    match answer(api, &request, headers, body).await {
        Ok(Ok(tokens)) => errors::json(200, Bytes::from(wire::to_json(&tokens)), &request),
        Ok(Err(refusal)) => refusal.into_response(&request),
        Err(stop) => errors::fault(api, &request, stop),
    }
}

async fn answer(
    api: &Api,
    request: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Result<Tokens, Refusal>, Stop> {
    let known = match client::known(api, request, headers, body).await? {
        Ok(known) => known,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (client, params, client_id) = (&known.client, &known.params, known.client_id.as_deref());
    let swapped = api.transact(&known.caller, move |cx| Box::pin(swap(cx, client, params, client_id)));
    settle(swapped.await?)
}

async fn swap(cx: &mut Cx<'_>, client: &Client, params: &Params, client_id: Option<&str>) -> Swap {
    // The key says who calls; a client id beside it is what libraries send, and strictly it must be right.
    if cx.world.profile == Profile::Strict
        && let Some(id) = client_id
    {
        let named = cx.peek::<Application>(id).await?;
        if named.is_none_or(|it| it.platform.0 != client.platform) {
            return done(Err(Refusal::not_your_client(id)));
        }
    }
    match params.get("grant_type") {
        None => done(Err(Refusal::no_grant_type())),
        Some("authorization_code") => grants::authorization_code::swap(cx, client, params).await,
        Some("refresh_token") => grants::refresh_token::swap(cx, client, params).await,
        Some(other) => done(Err(Refusal::grant_type(other))),
    }
}
