//! The question that a payer's bank asks (3-D Secure), as the test network asks it: for whoever was sent to its address,
//! without any session.

use api::{Outcome, Reply, done};
use base::Caller;
use resources::challenge::{self, Followed, Question};
use resources::connect::user::settle;

use super::people::Account;
use super::reply::{Answer, Refusal, found, page};
use super::visit::Visit;
use crate::views::{Challenge, Note};

/// Account, intent and secret of a challenge's path, if they look like that.
pub(crate) fn ids(path: &str) -> Option<[&str; 3]> {
    let mut parts = path.strip_prefix("/challenges/")?.splitn(3, '/');
    let parts = [parts.next()?, parts.next()?, parts.next()?];
    let plain = |id: &str| {
        !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    parts.iter().all(|part| plain(part)).then_some(parts)
}

/// Real banks ask their own customers; this network asks in test mode alone.
fn caller(visit: &Visit<'_>, account: &str) -> Caller {
    Caller { request: visit.request.clone(), ..Caller::system(account, false) }
}

/// `GET /challenges/{account}/{intent}/{secret}`.
pub(crate) async fn show(visit: &mut Visit<'_>, [account, intent, secret]: [&str; 3]) -> Answer {
    let caller = caller(visit, account);
    let asked = visit.api.transact(&caller, move |cx| {
        Box::pin(async move {
            let question = challenge::question(cx, intent, secret).await?;
            let Reply::Done(Some(question)) = question else { return done(None) };
            let seller = cx.peek_of::<Account>(account, false, account).await?;
            let outcome: Outcome<Option<(Question, Option<Account>)>> = done(Some((question, seller)));
            outcome
        })
    });
    let Some((question, seller)) = settle(asked.await?)? else { return over() };
    let named = seller
        .as_ref()
        .and_then(|it| it.business_profile.name.as_deref().or(it.settings.dashboard.display_name.as_deref()));
    let view = Challenge {
        chrome: visit.chrome(),
        action: visit.path().to_owned(),
        amount: question.amount.map(|(amount, currency)| currency.display(amount)),
        business: named.unwrap_or("an unnamed business").to_owned(),
        last4: question.last4,
    };
    page(200, &view, question.return_url.as_deref())
}

/// `POST /challenges/{account}/{intent}/{secret}`: the payer proves who they are, or does not.
pub(crate) async fn act(visit: &mut Visit<'_>, [account, intent, secret]: [&str; 3]) -> Answer {
    let proven = match visit.fields.text("do") {
        "complete" => true,
        "fail" => false,
        _ => return Err(Refusal::new(400, "That did not work", "Choose one of the two buttons.").into()),
    };
    let caller = caller(visit, account);
    let whose = visit.api.transact(&caller, move |cx| Box::pin(challenge::caller(cx, intent)));
    let Some(maker) = settle(whose.await?)? else { return over() };
    let answered =
        visit.api.transact(&maker, move |cx| Box::pin(challenge::answer(cx, intent, secret, proven)));
    match settle(answered.await?)? {
        Some(Followed { goes_on: Some(url), .. }) => found(&url),
        Some(Followed { goes_on: None, well }) => {
            let message = if well {
                "Your bank knows it is you. You can close this page and go back to where you were paying."
            } else {
                "Your bank could not make sure that it is you. Close this page and choose another way to pay."
            };
            let title = if well { "That worked" } else { "That did not work" };
            page(200, &Note { title: title.to_owned(), message: message.to_owned() }, None)
        }
        None => over(),
    }
}

fn over() -> Answer {
    let message = "This question was answered already, or the payment has gone another way. Go back to where you were paying.";
    Err(Refusal::new(404, "There is nothing to answer here", message).into())
}
