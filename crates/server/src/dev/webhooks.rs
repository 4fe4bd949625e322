//! A look at webhooks: the endpoints with their secrets, and what became of the last deliveries.
use super::{map, word};
use api::{Api, Stop, done};
use base::Caller;
use resources::events::webhook_endpoint::{self, WebhookEndpoint};
use wire::Node;
use worlds::Open;

/// Endpoints in one answer.
const ENDPOINTS_MAX: usize = 100;

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

/// Where the events of a caller's account go, and the last deliveries of its world.
pub(super) async fn show(open: &Open, caller: &Caller) -> Result<Node<'static>, Stop> {
    let attempts = open.site.log.recent().into_iter().map(|it| {
        map([
            ("at", Node::Integer(it.at)),
            ("event", word(it.event)),
            ("type", word(it.r#type)),
            ("endpoint", word(it.endpoint)),
            ("url", word(it.url)),
            ("attempt", Node::Integer(it.attempt)),
            ("outcome", word(it.outcome)),
            ("ms", Node::Integer(it.ms)),
        ])
    });
    let mut all = Vec::new();
    for live in [false, true] {
        if let Node::List(found) = endpoints(&open.site.api, caller, live).await? {
            all.extend(found);
        }
    }
    Ok(map([("endpoints", Node::List(all)), ("deliveries", Node::List(attempts.collect()))]))
}
