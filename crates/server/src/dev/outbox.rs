//! The outbox: what people were written, and what an account's customers are written by themselves.
use super::map;
use api::{Api, Stop, done};
use base::{ApiError, Caller};
use resources::{
    connect::user::settle,
    mail::{self, Kind, Message, Wanted},
};
use wire::{Node, Wire};

/// Messages in one answer.
const LIMIT_MAX: i64 = 1_000;

/// Which messages.
#[derive(Wire)]
pub(super) struct Which {
    about: Option<String>,
    account: Option<String>,
    limit: Option<i64>,
    to: Option<String>,
    r#type: Option<Kind>,
}

/// What an account's customers shall be written; what is not said stays as it is.
#[derive(Wire)]
pub(super) struct Choice {
    account: Option<String>,
    failed_payments: Option<bool>,
    invoice_reminders: Option<bool>,
    payment_confirmations: Option<bool>,
    refunds: Option<bool>,
    successful_payments: Option<bool>,
    trial_reminders: Option<bool>,
}

/// The messages of a caller's account, or of another of its world, newest first, as people read them.
pub(super) async fn show(api: &Api, caller: Caller, which: Which) -> Result<Node<'static>, Stop> {
    let limit = which.limit.unwrap_or(100);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::invalid(400, format!("Ask for 1 to {LIMIT_MAX} messages."))
            .param("limit")
            .into());
    }
    let caller = of(caller, which.account);
    let about = which.about;
    let found = api.transact(&caller, |cx| {
        let by = about.clone().map(|id| (mail::ABOUT, id));
        Box::pin(async move {
            let (account, live) = (&cx.caller.account, cx.caller.livemode);
            done(cx.all_by::<Message>(account, live, by, LIMIT_MAX as usize).await?)
        })
    });
    let all = settle(found.await?)?.into_iter().filter(|it| {
        which.to.as_ref().is_none_or(|to| it.to == *to) && which.r#type.is_none_or(|kind| it.r#type == kind)
    });
    let shown = all.take(limit as usize).map(|it| told(&it)).collect::<Result<_, Stop>>()?;
    Ok(map([("object", super::word("list")), ("data", Node::List(shown))]))
}

fn of(caller: Caller, account: Option<String>) -> Caller {
    match account {
        Some(account) => Caller::system(account, caller.livemode),
        None => caller,
    }
}

/// A message, with its text and its HTML.
fn told(it: &Message) -> Result<Node<'static>, Stop> {
    let looks = mail::render(it).map_err(|e| api::fault(format!("{}: {e:#}", it.id)))?;
    let mut json = Node::parse(&wire::to_json(it)).map_err(|e| api::fault(e.to_string()))?.into_owned();
    if let Node::Map(entries) = &mut json {
        entries.push(("text".into(), Node::text(looks.text)));
        entries.push(("html".into(), Node::text(looks.html)));
    }
    Ok(json)
}

/// Chooses what an account's customers are written; answers with all of it.
pub(super) async fn choose(api: &Api, caller: Caller, choice: Choice) -> Result<Node<'static>, Stop> {
    let caller = of(caller, choice.account.clone());
    let done = api.transact(&caller, |cx| {
        let choice = &choice;
        Box::pin(async move {
            let held = mail::wanted(cx).await?;
            let wanted = Wanted {
                failed_payments: choice.failed_payments.unwrap_or(held.failed_payments),
                invoice_reminders: choice.invoice_reminders.unwrap_or(held.invoice_reminders),
                payment_confirmations: choice.payment_confirmations.unwrap_or(held.payment_confirmations),
                refunds: choice.refunds.unwrap_or(held.refunds),
                successful_payments: choice.successful_payments.unwrap_or(held.successful_payments),
                trial_reminders: choice.trial_reminders.unwrap_or(held.trial_reminders),
            };
            mail::choose(cx, wanted).await?;
            api::done(wanted)
        })
    });
    let wanted = settle(done.await?)?;
    Ok(Node::parse(&wire::to_json(&wanted)).map_err(|e| api::fault(e.to_string()))?.into_owned())
}
