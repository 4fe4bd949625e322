//! What `dev` has under `/_tollbridge/`: worlds and their time, codes and keys without clicking, and a look at
//! deliveries. All of it answers JSON.
mod accounts;
mod clock;
mod disputes;
mod faults;
mod of_worlds;
mod outbox;
mod requests;
mod webhooks;
mod whose;

pub(crate) use faults::beset;
pub(crate) use requests::told;
pub(crate) use whose::whose;

use crate::routes::{Dev, text};
use api::{Api, Stop, access::Credential, done};
use base::{ApiError, Caller, Scope, Version, Via};
use http::{Method, Response, request::Parts};
use oauth::connect;
use std::sync::Arc;
use store::Bytes;
use wire::{Node, Wire};
use worlds::Open;

/// Codes in one answer.
const CODES_MAX: i64 = 1_000;

/// Answers a request under `/_tollbridge/` in a world.
pub(crate) async fn answer(dev: &Dev, open: &Arc<Open>, head: &Parts, body: &Bytes) -> Response<Bytes> {
    match route(dev, open, head, body).await {
        Ok((kind, body)) => text(200, kind, body),
        Err(stop) => refusal(&open.site.api, stop),
    }
}

/// The answer to what could not be answered.
pub(crate) fn refusal(api: &Api, stop: Stop) -> Response<Bytes> {
    let error = api.to_error("_tollbridge", stop);
    text(error.status, JSON, error.to_json(None))
}

const JSON: &str = "application/json";

async fn route(
    dev: &Dev,
    open: &Arc<Open>,
    head: &Parts,
    body: &Bytes,
) -> Result<(&'static str, Vec<u8>), Stop> {
    let api = &open.site.api;
    let mut params = Node::Map(Vec::new());
    api::form::decode(head.uri.query().unwrap_or_default().as_bytes(), &mut params)?;
    api::form::decode(body, &mut params)?;
    let json = match (&head.method, head.uri.path()) {
        (&Method::GET, "/_tollbridge/routes") => {
            let mut lines: Vec<String> =
                api.endpoints().iter().map(|e| format!("{} {}\n", e.method, e.path)).collect();
            lines.sort_unstable();
            return Ok(("text/plain; charset=utf-8", lines.concat().into_bytes()));
        }
        (&Method::GET, "/_tollbridge/clock") => clock::shown(open, None),
        (&Method::POST, "/_tollbridge/clock") => {
            params.take("key");
            clock::moved(dev, open, wire::from_params(&params)?).await?
        }
        (&Method::POST, "/_tollbridge/codes") => {
            caller(api, head, &mut params).await?;
            codes(api, wire::from_params(&params)?).await?
        }
        (&Method::GET, "/_tollbridge/keys") => keys(api).await?,
        (&Method::POST, "/_tollbridge/keys") => {
            let caller = caller(api, head, &mut params).await?;
            restricted_key(api, &caller, wire::from_params(&params)?).await?
        }
        (&Method::GET, "/_tollbridge/outbox") => {
            let caller = caller(api, head, &mut params).await?;
            outbox::show(api, caller, wire::from_params(&params)?).await?
        }
        (&Method::POST, "/_tollbridge/outbox") => {
            let caller = caller(api, head, &mut params).await?;
            outbox::choose(api, caller, wire::from_params(&params)?).await?
        }
        (&Method::GET, "/_tollbridge/requests") => {
            let caller = caller(api, head, &mut params).await?;
            requests::last(api, &caller, wire::from_params(&params)?)?
        }
        (&Method::GET, "/_tollbridge/webhooks") => {
            let caller = caller(api, head, &mut params).await?;
            webhooks::show(open, &caller).await?
        }
        (&Method::POST, path) if path.starts_with(accounts::PATH) => {
            caller(api, head, &mut params).await?;
            return Ok((JSON, accounts::by_hand(api, path, params).await?));
        }
        (method, path) => {
            if let Some(ask) = faults::Ask::of(method, path) {
                caller(api, head, &mut params).await?;
                return Ok((JSON, wire_of(&ask.answer(api.world.faults.as_deref(), &params)?)));
            }
            let bank = disputes::What::of(path).filter(|_| method == Method::POST);
            match (bank, of_worlds::Ask::of(method, path)) {
                (Some(what), _) => {
                    let caller = caller(api, head, &mut params).await?;
                    what.answer(api, caller, params).await?
                }
                (None, Some(ask)) => ask.answer(dev, open, head, params).await?,
                (None, None) => return Err(nothing_here(method, path).into()),
            }
        }
    };
    Ok((JSON, wire_of(&json)))
}

fn wire_of(json: &Node<'static>) -> Vec<u8> {
    let mut out = Vec::new();
    json.write(&mut out);
    out
}

fn nothing_here(method: &Method, path: &str) -> ApiError {
    let shown: String = path.chars().take(200).collect();
    let message = format!(
        "Unrecognized request URL ({method}: {shown}). Under /_tollbridge/ there are GET and POST clock, POST codes, GET and POST keys, GET webhooks, GET and POST outbox, GET requests, GET routes, POST accounts/ and an id, GET, POST and DELETE faults, DELETE faults/ and an id, POST disputes, disputes/ and an id, and early_fraud_warnings, GET and POST worlds, GET world, and of a world (world for the one of your key, or worlds/ and its id): DELETE, GET snapshots, POST snapshot, restore, fork and reset."
    );
    ApiError::invalid(404, message)
}

/// The account whose secret key was shown.
async fn caller(api: &Api, head: &Parts, params: &mut Node<'static>) -> Result<Caller, Stop> {
    let unknown =
        || ApiError::invalid(401, "Send the platform's secret key: Authorization: Bearer sk_test_…");
    let key = api::shown_key(&head.headers, params)?.ok_or_else(unknown)?;
    let held = api::credential(&api.world, &key).await?.filter(|held| held.via() == Via::SecretKey);
    let held = held.ok_or_else(unknown)?;
    Ok(Caller::system(held.account, held.livemode))
}

fn map<const N: usize>(entries: [(&'static str, Node<'static>); N]) -> Node<'static> {
    Node::Map(entries.into_iter().map(|(key, node)| (key.into(), node)).collect())
}
fn word(text: impl Into<String>) -> Node<'static> {
    Node::text(text.into())
}

/// The keys of the vault, and how far encrypting again has come.
async fn keys(api: &Api) -> Result<Node<'static>, Stop> {
    let (store, vault) = (&*api.world.store, &api.world.vault);
    let number = |n: i64| Node::Integer(n);
    let reseal = match api::secrets::progress(store).await? {
        Some(it) => map([
            ("to", word(it.to.clone())),
            ("outdated", it.outdated.map_or(Node::Null, number)),
            ("resealed", number(it.resealed)),
            ("left", number(it.left())),
            ("closed", number(it.closed)),
            ("finished", Node::Bool(it.finished)),
        ]),
        None => Node::Null,
    };
    let ids = vault.ids().into_iter().map(word).collect();
    Ok(map([("current", word(vault.current_id())), ("keys", Node::List(ids)), ("reseal", reseal)]))
}

/// Which codes.
#[derive(Wire)]
struct Codes {
    client_id: String,
    account: String,
    scope: Option<Scope>,
    count: Option<i64>,
}

async fn codes(api: &Api, asked: Codes) -> Result<Node<'static>, Stop> {
    let Codes { client_id, account, scope, count } = asked;
    let count = count.unwrap_or(1);
    if !(1..=CODES_MAX).contains(&count) {
        return Err(ApiError::invalid(400, format!("Ask for 1 to {CODES_MAX} codes.")).param("count").into());
    }
    let scope = scope.unwrap_or(Scope::ReadWrite);
    match connect::mint(api, &client_id, &account, scope, count as usize).await? {
        Ok(codes) => Ok(map([("codes", Node::List(codes.into_iter().map(word).collect()))])),
        Err(refusal) => {
            let why = String::from_utf8_lossy(&refusal.to_json()).into_owned();
            Err(ApiError::invalid(400, why).into())
        }
    }
}

/// Which restricted key.
#[derive(Wire)]
struct Restricted {
    permissions: Vec<String>,
}

async fn restricted_key(api: &Api, caller: &Caller, asked: Restricted) -> Result<Node<'static>, Stop> {
    let key = Credential::text("rk", caller.livemode, &*api.world.entropy);
    let text = &key;
    let permissions = &asked.permissions;
    api.transact(caller, move |cx| {
        Box::pin(async move {
            let plain = Credential::for_key(text, &cx.caller.account, Version::TODAY, cx.now());
            cx.put(&Credential { permissions: permissions.clone(), ..plain });
            done(())
        })
    })
    .await?;
    Ok(map([("key", word(key))]))
}
