//! The API keys of an account, as its owner sees and replaces them.

use api::access::Credential;
use api::{Api, Outcome, Stop, done};
use base::Caller;
use resources::connect::user::settle;

use crate::views::KeyRow;

/// More keys than an account has.
const MANY: usize = 200;

/// The keys that an account holds itself, live before test, secret before publishable. What its connections gave to
/// others is not among them.
pub(crate) async fn list(api: &Api, account: &str) -> Result<Vec<KeyRow>, Stop> {
    let caller = Caller::session(account, false);
    let held = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let mut out: Vec<Credential> = Vec::new();
            for mode in ['l', 't'] {
                let by = Some(("holder", format!("{account}|{mode}")));
                out.extend(cx.all_by::<Credential>("", false, by, MANY).await?);
            }
            done(out)
        })
    });
    let mut held = settle(held.await?)?;
    held.retain(is_own);
    let order = |it: &Credential| match it.kind.as_str() {
        "secret" => 0,
        "restricted" => 1,
        _ => 2,
    };
    held.sort_by_key(|it| (!it.livemode, order(it), -it.created.0));
    Ok(held.into_iter().map(row).collect())
}

/// Whether the account's own people made it, not a connection.
fn is_own(it: &Credential) -> bool {
    it.application.is_none() && it.kind != "token"
}

fn row(it: Credential) -> KeyRow {
    let can_roll = it.kind == "secret";
    let kind = match it.kind.as_str() {
        "secret" => "Secret",
        "restricted" => "Restricted",
        _ => "Publishable",
    };
    KeyRow {
        id: it.id,
        shown: it.public.unwrap_or(it.shown),
        kind: kind.to_owned(),
        livemode: it.livemode,
        created: it.created.0,
        can_roll,
    }
}

/// Replaces a secret key of an account; the old one is dead at once. The text of the new one is kept nowhere.
/// `None`: the account has no such key.
pub(crate) async fn roll(api: &Api, account: &str, id: &str) -> Result<Option<String>, Stop> {
    let caller = Caller::session(account, false);
    let rolled = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let Some(old) = cx.get::<Credential>(id).await? else { return done(None) };
            if old.account != account || old.kind != "secret" || !is_own(&old) {
                return done(None);
            }
            let text = Credential::text("sk", old.livemode, &*cx.world.entropy);
            cx.put(&Credential::for_key(&text, account, old.version, cx.now()));
            cx.delete(&old);
            let outcome: Outcome<Option<String>> = done(Some(text));
            outcome
        })
    });
    settle(rolled.await?)
}
