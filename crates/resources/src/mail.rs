//! The outbox: every message that the program writes to people is a document, written down in the commit of what it tells of.
//! Which messages there are follows from events ([`follow`]); what they say stands in `mail/letters.rs`, how they look in
//! `mail/render.rs`. Where the server delivers mail, each is a piece of due work, too (`clockwork`); else it stays here to be
//! read.
mod letters;
mod render;

pub use render::{Rendered, render};

use crate::connect::account::Account;
use api::{Cx, Fact, Object, Outcome, Stop, done};
use base::{Caller, Named, Timestamp};
use store::IndexKey;
use wire::{Hidden, Optional, Wire};

/// The queue of deliveries.
pub const QUEUE: &str = "mail";
/// How long messages are kept, in seconds.
pub const KEPT: i64 = 30 * Timestamp::DAY;
/// The index by what a message is about.
pub const ABOUT: &str = "about";

/// A message to somebody.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Message {
    /// `email_…`.
    pub id: String,
    /// `email`.
    pub object: String,
    /// What it is about: the id of an invoice, a charge, a credit note or a subscription.
    pub about: String,
    /// How often it was tried to be delivered.
    pub attempts: i64,
    /// When it was written.
    pub created: Timestamp,
    /// Who writes: the name of the business.
    pub from: String,
    /// Live or test.
    pub livemode: bool,
    /// The name by which mail programs tell it from others; the same however often it is delivered.
    pub message_id: String,
    /// When it is tried again.
    pub next_attempt: Option<Timestamp>,
    /// Why it could not be delivered the last time.
    pub problem: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// What it says.
    pub said: Said,
    /// When the server of the mail took it.
    pub sent_at: Option<Timestamp>,
    /// Where it stands.
    pub status: Status,
    /// What it is about, in a line.
    pub subject: String,
    /// The address it goes to.
    pub to: String,
    /// Which message it is.
    pub r#type: Kind,
}

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Said {
    /// Its heading.
    pub heading: String,
    /// Its sentences.
    pub lines: Vec<String>,
    /// What is said beside that.
    pub facts: Vec<Item>,
    /// What is to be done.
    pub button: Optional<Link>,
    /// Where else one may look.
    pub links: Vec<Link>,
}

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Item {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub value: String,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub url: String,
}

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Kind {
    /// Money of an invoice goes back, or need not be paid.
    CreditNote,
    /// An invoice is to be paid.
    Invoice,
    /// An invoice was to be paid by now.
    InvoiceOverdue,
    /// An invoice is to be paid soon.
    InvoiceReminder,
    /// The bank of somebody wants them to take part in a payment.
    PaymentConfirmation,
    /// A payment failed.
    PaymentFailed,
    /// A payment came in.
    Receipt,
    /// A payment goes back.
    Refund,
    /// A trial ends soon.
    TrialReminder,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It could not be delivered and is not tried again.
    Failed,
    /// It stays in the outbox: mail of its mode is not delivered.
    Kept,
    /// The server of the mail took it.
    Sent,
    /// It is to be delivered.
    Waiting,
}

/// What an account's customers are written by themselves. Invoices that are sent, credit notes and receipts to an address that a
/// charge names are always written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Wire)]
pub struct Wanted {
    /// Reminders of invoices that are due soon, or overdue.
    pub invoice_reminders: bool,
    /// That a payment of an invoice failed.
    pub failed_payments: bool,
    /// That the customer's bank wants them to confirm a payment of an invoice.
    pub payment_confirmations: bool,
    /// That a payment goes back.
    pub refunds: bool,
    /// Receipts of all payments of customers with an address.
    pub successful_payments: bool,
    /// That a trial ends soon.
    pub trial_reminders: bool,
}

impl Named for Message {
    const NAME: &'static str = "email";
    const PREFIX: &'static str = "email";
}
impl Object for Message {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(ABOUT, self.about.as_str())]
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(KEPT).0)
    }
}

/// A delivery to be made. The body of a piece of due work.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Task {
    /// Whose message it is.
    pub account: String,
    /// The mode of the message.
    pub livemode: bool,
    /// The message.
    pub id: String,
}

impl Task {
    /// The name of the work, led by the account that it goes with.
    pub fn name(&self) -> String {
        let mode = if self.livemode { 'l' } else { 't' };
        format!("{}/{mode}.{}", self.account, self.id)
    }
    /// Whoever delivers it.
    pub fn caller(&self) -> Caller {
        Caller::system(self.account.as_str(), self.livemode)
    }
}

/// Writes the messages down that follow from what happened.
pub(crate) async fn follow(cx: &mut Cx<'_>, facts: &[Fact]) -> Result<(), Stop> {
    for fact in facts {
        if letters::tells(fact) {
            Box::pin(letters::write(cx, fact)).await?;
        }
    }
    Ok(())
}

/// What the caller's customers are written by themselves.
pub async fn wanted(cx: &Cx<'_>) -> Result<Wanted, Stop> {
    let account = cx.peek::<Account>(&cx.caller.account).await?;
    Ok(account.and_then(|it| it.mails.0).unwrap_or_default())
}

/// Sets that.
pub async fn choose(cx: &mut Cx<'_>, wanted: Wanted) -> Outcome<()> {
    let id = cx.caller.account.clone();
    let account: Account = cx.must("account", &id).await?;
    cx.put(&Account { mails: Hidden(Some(wanted)), ..account });
    done(())
}

/// A message before anybody has it.
struct Draft {
    kind: Kind,
    to: Option<String>,
    about: String,
    subject: String,
    said: Said,
}

/// Writes a message of an account down, and its delivery where mail is delivered. Nothing is written to nobody.
fn send(cx: &mut Cx<'_>, fact: &Fact, seller: Option<&Account>, draft: Draft) -> bool {
    let Draft { kind, to, about, subject, said } = draft;
    let Some(to) = to.filter(|to| !to.is_empty()) else { return false };
    let id = cx.new_id::<Message>();
    let host = cx.world.origin.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':']).next().filter(|host| !host.is_empty()).unwrap_or("localhost");
    let goes = cx.world.mails.goes(fact.live);
    let it = Message {
        object: Message::NAME.into(),
        about,
        attempts: 0,
        created: cx.world_now(),
        from: business(seller),
        livemode: fact.live,
        message_id: format!("<{id}@{host}>"),
        next_attempt: None,
        problem: None,
        reply_to: seller.and_then(|it| it.business_profile.support_email.clone()),
        said,
        sent_at: None,
        status: if goes { Status::Waiting } else { Status::Kept },
        subject,
        to,
        r#type: kind,
        id,
    };
    cx.put_of(&fact.account, fact.live, &it);
    if goes {
        later(cx, &Task { account: fact.account.clone(), livemode: fact.live, id: it.id }, cx.world_now());
    }
    true
}

fn later(cx: &mut Cx<'_>, task: &Task, at: Timestamp) {
    cx.later(QUEUE, at.0.saturating_mul(1000), task.name(), wire::to_json(task));
}

/// What customers know the business as. Never its sign-in address, by which an account without a name goes elsewhere.
fn business(seller: Option<&Account>) -> String {
    let known = seller.and_then(Account::public_name);
    let known = known.or_else(|| seller.and_then(|it| it.settings.payments.statement_descriptor.as_deref()));
    known.unwrap_or("An unnamed business").to_owned()
}

/// The message of a piece of work, where it is still to be delivered.
pub async fn waiting(cx: &mut Cx<'_>, task: &Task) -> Outcome<Option<Message>> {
    done(cx.get::<Message>(&task.id).await?.filter(|it| it.status == Status::Waiting))
}

/// What became of an attempt to deliver a message.
#[derive(Debug, Clone)]
pub enum Attempted {
    /// The server of the mail took it.
    Sent,
    /// It may be another time.
    Later(String),
    /// It will not be.
    Never(String),
}

/// Seconds until the next attempt after so many.
const RETRIES: &[i64] = &[60, 300, 1_800, 7_200, 21_600, 43_200, 86_400];

/// Writes down what became of an attempt, and the next one where there is one.
pub async fn attempted(cx: &mut Cx<'_>, task: &Task, outcome: Attempted) -> Outcome<()> {
    let Some(mut it) = cx.get::<Message>(&task.id).await? else { return done(()) };
    let retry = usize::try_from(it.attempts).ok().and_then(|at| RETRIES.get(at)).copied();
    it.attempts += 1;
    it.next_attempt = None;
    it.problem = None;
    match (outcome, retry) {
        (Attempted::Sent, _) => {
            it.status = Status::Sent;
            it.sent_at = Some(cx.world_now());
        }
        (Attempted::Later(why), Some(seconds)) => {
            let at = cx.world_now().plus(seconds);
            it.problem = Some(why);
            it.next_attempt = Some(at);
            later(cx, task, at);
        }
        (Attempted::Later(why) | Attempted::Never(why), _) => {
            it.problem = Some(why);
            it.status = Status::Failed;
        }
    }
    cx.put(&it);
    done(())
}

#[cfg(test)]
mod tests;
