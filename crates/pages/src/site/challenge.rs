//! The question that a payer's bank asks (3-D Secure), as the test network asks it: for whoever was sent to its address,
//! without any session.

use api::{Outcome, Reply, done};
use base::Caller;
use resources::challenge::{self, Followed, Question, Told};
use resources::connect::user::settle;

use super::people::{Account, public_name};
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
pub(crate) async fn show(visit: &mut Visit<'_>, ids: [&str; 3]) -> Answer {
    ask(visit, ids, None).await
}

/// The page that asks; `wrong` says what was wrong with the answer before.
async fn ask(visit: &mut Visit<'_>, [account, intent, secret]: [&str; 3], wrong: Option<String>) -> Answer {
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
    let named = public_name(seller.as_ref());
    let view = Challenge {
        chrome: visit.chrome(),
        action: visit.path().to_owned(),
        amount: question.amount.map(|(amount, currency)| currency.display(amount)),
        business: named.unwrap_or("an unnamed business").to_owned(),
        last4: question.last4,
        deposits: question.deposits,
        wrong,
    };
    page(if view.wrong.is_some() { 400 } else { 200 }, &view, question.return_url.as_deref())
}

/// `POST /challenges/{account}/{intent}/{secret}`: the payer proves who they are, or does not.
pub(crate) async fn act(visit: &mut Visit<'_>, ids: [&str; 3]) -> Answer {
    let [account, intent, secret] = ids;
    let proven = match visit.fields.text("do") {
        "verify" => return verify(visit, ids).await,
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
        Some(followed) => follow(&followed, PROVEN),
        None => over(),
    }
}

/// The payer tells the code that they saw beside a deposit.
async fn verify(visit: &mut Visit<'_>, ids: [&str; 3]) -> Answer {
    let [account, intent, secret] = ids;
    let code = visit.fields.text("code").to_owned();
    let caller = caller(visit, account);
    let whose = visit.api.transact(&caller, move |cx| Box::pin(challenge::caller(cx, intent)));
    let Some(maker) = settle(whose.await?)? else { return over() };
    let told = visit.api.transact(&maker, |cx| {
        let code = code.clone();
        Box::pin(async move { challenge::tell(cx, intent, secret, &code).await })
    });
    match settle(told.await?)? {
        Some(Told::Wrong(message)) => ask(visit, ids, Some(message)).await,
        Some(Told::Followed(followed)) => follow(&followed, VERIFIED),
        None => over(),
    }
}

/// What a payer is told who has proved to their bank who they are, or that a bank account is theirs: if it went well, and if
/// it did not.
const PROVEN: [&str; 2] = [
    "Your bank knows it is you. You can close this page and go back to where you were paying.",
    "Your bank could not make sure that it is you. Close this page and choose another way to pay.",
];
const VERIFIED: [&str; 2] = [
    "Your bank account is verified. You can close this page.",
    "Your bank account could not be verified. Close this page and choose another way to pay.",
];

/// Where the payer goes on to, or what they are told.
fn follow(followed: &Followed, [well, badly]: [&str; 2]) -> Answer {
    if let Some(url) = &followed.goes_on {
        return found(url);
    }
    let (title, message) = if followed.well { ("That worked", well) } else { ("That did not work", badly) };
    page(200, &Note { title: title.to_owned(), message: message.to_owned() }, None)
}

fn over() -> Answer {
    let message = "This question was answered already, or the payment has gone another way. Go back to where you were paying.";
    Err(Refusal::new(404, "There is nothing to answer here", message).into())
}
