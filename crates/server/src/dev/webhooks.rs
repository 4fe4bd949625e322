//! A look at webhooks: the endpoints with their secrets, and what became of the last deliveries.
use super::{map, word};
use api::{Api, Stop, done};
use base::Caller;
use resources::events::{
    attempt::Attempt,
    webhook_endpoint::{self, WebhookEndpoint},
};
use wire::Node;
use worlds::Open;

/// Endpoints in one answer.
const ENDPOINTS_MAX: usize = 100;
/// Attempts of each mode in one answer.
const ATTEMPTS_MAX: usize = 200;

/// The webhook endpoints of a caller's account in a mode, with their secrets.
pub(super) async fn endpoints(api: &Api, caller: &Caller, live: bool) -> Result<Node<'static>, Stop> {
    let account = caller.account.clone();
    let owner = account.clone();
    let found = api
        .transact(caller, move |cx| {
            let account = account.clone();
            Box::pin(
                async move { done(cx.all_by::<WebhookEndpoint>(&account, live, None, ENDPOINTS_MAX).await?) },
            )
        })
        .await?;
    let found = resources::connect::user::settle(found)?;
    let one = |it: WebhookEndpoint| {
        let secret = webhook_endpoint::secret(&api.world, &owner, &it)
            .map_err(|e| api::fault(format!("{}: {e}", it.id)))?;
        Ok(map([
            ("id", word(it.id)),
            ("url", word(it.url)),
            ("connect", Node::Bool(it.connect.0)),
            ("livemode", Node::Bool(it.livemode)),
            ("secret", word(secret.reveal())),
        ]))
    };
    Ok(Node::List(found.into_iter().map(one).collect::<Result<_, Stop>>()?))
}

/// Where the events of a caller's account go, and the last attempts to deliver there, the newest last.
pub(super) async fn show(open: &Open, caller: &Caller) -> Result<Node<'static>, Stop> {
    let api = &open.site.api;
    let (mut all, mut attempts) = (Vec::new(), Vec::new());
    for live in [false, true] {
        if let Node::List(found) = endpoints(api, caller, live).await? {
            all.extend(found);
        }
        let account = caller.account.clone();
        let found = api
            .transact(caller, move |cx| {
                let account = account.clone();
                Box::pin(async move { done(cx.all_by::<Attempt>(&account, live, None, ATTEMPTS_MAX).await?) })
            })
            .await?;
        attempts.extend(resources::connect::user::settle(found)?);
    }
    attempts.sort_by(|a, b| a.id.cmp(&b.id));
    let attempts = attempts.into_iter().map(|it| {
        map([
            ("at", Node::Integer(it.at.0)),
            ("event", word(it.event.clone())),
            ("type", word(it.r#type.clone())),
            ("endpoint", word(it.endpoint.clone())),
            ("url", word(it.url.clone())),
            ("attempt", Node::Integer(it.attempt)),
            ("manual", Node::Bool(it.by_hand())),
            ("status", it.status().map_or(Node::Null, Node::Integer)),
            ("outcome", word(it.outcome.clone())),
            ("ms", Node::Integer(it.ms)),
            ("next", it.next.0.map_or(Node::Null, |at| Node::Integer(at.0))),
        ])
    });
    Ok(map([("endpoints", Node::List(all)), ("deliveries", Node::List(attempts.collect()))]))
}
