//! The outbox of an account: the messages to its customers, and which of them are written by themselves.

use api::done;
use base::Caller;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use resources::connect::user::settle;
use resources::mail::{self, Message, Status, Wanted};

use super::fields::pairs;
use super::reply::{Answer, Refusal, page, plain, see_other};
use super::visit::{Notice, Visit};
use crate::headers::{CONTENT_SECURITY_POLICY, PAGE_HEADERS, content_security_policy};
use crate::views::{EmailChoice, EmailFact, EmailPage, EmailRow, Emails};

/// Where they are.
pub(crate) const EMAILS: &str = "/dashboard/emails";
/// One of them.
pub(crate) const EMAIL: &str = "/dashboard/emails/message";
/// The same as its HTML alone.
pub(crate) const BODY: &str = "/dashboard/emails/message/html";
/// What is chosen.
pub(crate) const CHOOSE: &str = "/dashboard/emails/choose";
/// Messages on one page.
const PAGE: usize = 100;
/// What the HTML of a message may do: look like something, and lead to pages of their own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// What can be chosen, in the words of the page.
const CHOICES: [(&str, &str); 6] = [
    ("successful_payments", "Receipts of successful payments"),
    ("refunds", "Refunds"),
    ("failed_payments", "Failed payments of invoices"),
    ("payment_confirmations", "Payments that the customer's bank wants confirmed"),
    ("trial_reminders", "Trials that end soon"),
    ("invoice_reminders", "Invoices that are due soon, or overdue"),
];

fn held(wanted: Wanted, name: &str) -> bool {
    match name {
        "successful_payments" => wanted.successful_payments,
        "refunds" => wanted.refunds,
        "failed_payments" => wanted.failed_payments,
        "payment_confirmations" => wanted.payment_confirmations,
        "trial_reminders" => wanted.trial_reminders,
        _ => wanted.invoice_reminders,
    }
}

fn caller(visit: &Visit<'_>) -> Result<Caller, super::reply::Trouble> {
    let live = pairs(visit.query().as_bytes()).iter().any(|(key, _)| key == "live");
    let account = visit.person()?.current().id.clone();
    Ok(Caller { request: visit.request.clone(), ..Caller::session(&account, live) })
}

fn row(it: &Message) -> EmailRow {
    let live = if it.livemode { "live=1&" } else { "" };
    let standing = match it.status {
        Status::Kept => "Kept here",
        Status::Waiting if it.attempts > 0 => "Is tried again",
        Status::Waiting => "Is being sent",
        Status::Sent => "Sent",
        Status::Failed => "Not delivered",
    };
    EmailRow {
        page: format!("{EMAIL}?{live}id={}", it.id),
        subject: it.subject.clone(),
        to: it.to.clone(),
        at: it.created.0,
        standing: standing.to_owned(),
    }
}

/// `GET /dashboard/emails`.
pub(crate) async fn list(visit: &mut Visit<'_>) -> Answer {
    let caller = caller(visit)?;
    let found = visit.api.transact(&caller, |cx| {
        Box::pin(async move {
            let (account, live) = (&cx.caller.account, cx.caller.livemode);
            let all = cx.all_by::<Message>(account, live, None, PAGE).await?;
            done((all, mail::wanted(cx).await?))
        })
    });
    let (all, wanted) = settle(found.await?)?;
    let choice = |(name, text): &(&'static str, &'static str)| EmailChoice {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
        chosen: held(wanted, name),
    };
    let view = Emails {
        chrome: visit.chrome(),
        livemode: caller.livemode,
        delivered: visit.api.world.mails.goes(caller.livemode),
        messages: all.iter().map(row).collect(),
        choices: CHOICES.iter().map(choice).collect(),
    };
    page(200, &view, None)
}

/// The message that the query names.
async fn named(visit: &Visit<'_>) -> Result<Message, super::reply::Trouble> {
    let caller = caller(visit)?;
    let query = pairs(visit.query().as_bytes());
    let id = query.iter().find(|(key, _)| key == "id").map(|(_, id)| id.as_str()).unwrap_or_default();
    let found = visit.api.transact(&caller, |cx| Box::pin(async move { done(cx.get::<Message>(id).await?) }));
    settle(found.await?)?.ok_or_else(|| Refusal::not_found().into())
}

/// `GET /dashboard/emails/message`.
pub(crate) async fn show(visit: &mut Visit<'_>) -> Answer {
    let it = named(visit).await?;
    let looks = mail::render(&it).map_err(|e| api::fault(format!("{}: {e:#}", it.id)))?;
    let live = if it.livemode { "live=1&" } else { "" };
    let fact = |name: &str, value: &str| EmailFact { name: name.to_owned(), value: value.to_owned() };
    let mut facts = vec![fact("From", &it.from), fact("To", &it.to)];
    facts.extend(it.reply_to.as_ref().map(|to| fact("Reply to", to)));
    facts.extend([fact("Message-ID", &it.message_id), fact("About", &it.about)]);
    facts.extend(it.problem.as_ref().map(|why| fact("Problem", why)));
    let view = EmailPage {
        chrome: visit.chrome(),
        livemode: it.livemode,
        message: row(&it),
        next: it.next_attempt.map(|at| at.0),
        facts,
        html: format!("{BODY}?{live}id={}", it.id),
        text: looks.text,
    };
    let mut response = page(200, &view, None)?;
    // The message is shown in a frame, as it would be elsewhere: with its own looks, and without any power.
    let policy = format!("{}; frame-src 'self'", content_security_policy(None));
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_str(&policy).map_err(|e| api::fault(e.to_string()))?,
    );
    Ok(response)
}

/// `GET /dashboard/emails/message/html`: what a mail program shows.
pub(crate) async fn body(visit: &mut Visit<'_>) -> Answer {
    let it = named(visit).await?;
    let looks = mail::render(&it).map_err(|e| api::fault(format!("{}: {e:#}", it.id)))?;
    let mut response = plain(200, Bytes::from(looks.html));
    for (name, value) in PAGE_HEADERS.iter().filter(|(name, _)| *name != "x-frame-options") {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// `POST /dashboard/emails/choose`.
pub(crate) async fn choose(visit: &mut Visit<'_>) -> Answer {
    let caller = caller(visit)?;
    let has = |name: &str| !visit.fields.text(name).is_empty();
    let wanted = Wanted {
        invoice_reminders: has("invoice_reminders"),
        failed_payments: has("failed_payments"),
        payment_confirmations: has("payment_confirmations"),
        refunds: has("refunds"),
        successful_payments: has("successful_payments"),
        trial_reminders: has("trial_reminders"),
    };
    let chosen = visit.api.transact(&caller, |cx| Box::pin(async move { mail::choose(cx, wanted).await }));
    settle(chosen.await?)?;
    visit.tell(Notice::SAVED);
    see_other(EMAILS)
}
