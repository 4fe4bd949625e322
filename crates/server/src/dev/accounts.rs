//! What becomes of an account by hand: it is looked at, asked for more, stopped or refused.
use api::{Api, Stop};
use base::Caller;
use resources::connect::{
    account::{Hand, by_hand as decide},
    user::settle,
};
use wire::Node;

/// Where accounts are, each under its id.
pub(super) const PATH: &str = "/_tollbridge/accounts/";

/// Does to the account of a path what was asked, and tells how it stands now.
pub(super) async fn by_hand(api: &Api, path: &str, mut params: Node<'static>) -> Result<Vec<u8>, Stop> {
    params.take("key");
    let hand: Hand = wire::from_params(&params)?;
    let id = path.strip_prefix(PATH).unwrap_or_default();
    let (caller, hand) = (Caller::system(id, false), &hand);
    let done = api.transact(&caller, move |cx| Box::pin(async move { decide(cx, id, hand.clone()).await }));
    Ok(wire::to_json(&settle(done.await?)?))
}
