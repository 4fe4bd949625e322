//! What a payer is asked by their bank (3-D Secure), or of small deposits on their account, in test mode, and what follows
//! from the answer. The page that asks is in `pages`.
use crate::payments::{
    microdeposits::Seen,
    payment_intent::{self, PaymentIntent},
    payment_method::{MethodRef, PaymentMethod},
    setup_intent::{self, SetupIntent},
    source::{self, Source},
};
use api::{Cx, Outcome, Reply, Stop, done};
use base::{Caller, Currency, Named as _};

/// A question that awaits its answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// What would be paid; none where a card is only set up.
    pub amount: Option<(i64, Currency)>,
    /// The last four digits of the card.
    pub last4: Option<String>,
    /// Where the payer comes back to.
    pub return_url: Option<String>,
    /// It is about deposits rather than the cardholder's part.
    pub deposits: bool,
}

/// What followed from what a payer told of deposits.
#[derive(Debug, Clone)]
pub enum Told {
    /// It was wrong, with the sentence that says so; they may try again.
    Wrong(String),
    /// The payment or the setup goes on, or is over.
    Followed(Followed),
}

/// What followed from an answer.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The address that the payer goes on to, with what it is told; none where nobody said one.
    pub goes_on: Option<String>,
    /// Whether the payment or the setup goes on.
    pub well: bool,
}

fn is_setup(intent: &str) -> bool {
    intent.split_once('_').is_some_and(|(prefix, _)| prefix == SetupIntent::PREFIX)
}

fn is_source(intent: &str) -> bool {
    intent.split_once('_').is_some_and(|(prefix, _)| prefix == Source::PREFIX)
}

async fn last4(cx: &Cx<'_>, method: Option<&MethodRef>) -> Result<Option<String>, Stop> {
    let Some(MethodRef(id)) = method else { return Ok(None) };
    let Some(method) = cx.peek::<PaymentMethod>(id).await? else { return Ok(None) };
    Ok(method.card.0.map(|card| card.last4).or(method.us_bank_account.0.and_then(|bank| bank.last4)))
}

/// The question of a challenge; none where it is unknown or was answered.
pub async fn question(cx: &mut Cx<'_>, intent: &str, secret: &str) -> Outcome<Option<Question>> {
    if is_source(intent) {
        let Some(it) = source::awaited(cx, intent, secret).await? else { return done(None) };
        let amount = it.amount.zip(it.currency);
        let return_url = it.redirect.0.map(|it| it.return_url);
        return done(Some(Question { amount, last4: Some(it.taken.0.last4), return_url, deposits: false }));
    }
    if is_setup(intent) {
        let Some(it) = setup_intent::awaited(cx, intent, secret).await? else { return done(None) };
        let last4 = last4(cx, it.payment_method.as_ref()).await?;
        let deposits = it.deposits.0.0.is_some();
        return done(Some(Question { amount: None, last4, return_url: it.return_url.0.0, deposits }));
    }
    let Some(it) = payment_intent::challenge::awaited(cx, intent, secret).await? else { return done(None) };
    let last4 = last4(cx, it.payment_method.as_ref()).await?;
    let amount = Some((it.amount, it.currency));
    let deposits = it.deposits.0.0.is_some();
    done(Some(Question { amount, last4, return_url: it.return_url.0.0, deposits }))
}

/// An intent of either kind after an answer.
enum Intent {
    Payment(Box<PaymentIntent>),
    Setup(Box<SetupIntent>),
}

impl Intent {
    /// What follows for whoever answered.
    fn followed(self) -> Followed {
        let (id, return_url, client_secret, noun, well) = match self {
            Intent::Setup(it) => {
                let well = it.status == setup_intent::Status::Succeeded;
                (it.id, it.return_url.0.0, it.client_secret, SetupIntent::NAME, well)
            }
            Intent::Payment(it) => {
                let well = it.status != payment_intent::Status::RequiresPaymentMethod;
                (it.id, it.return_url.0.0, it.client_secret, PaymentIntent::NAME, well)
            }
        };
        let goes_on = return_url.map(|url| {
            let status = if well { "succeeded" } else { "failed" };
            let secret = client_secret.unwrap_or_default();
            let told = [
                (noun.to_owned(), id),
                (format!("{noun}_client_secret"), secret),
                ("redirect_status".to_owned(), status.to_owned()),
            ];
            with_query(&url, &told)
        });
        Followed { goes_on, well }
    }
}

/// Takes the answer to a challenge: the intent moves on. None where no answer is awaited.
pub async fn answer(cx: &mut Cx<'_>, intent: &str, secret: &str, proven: bool) -> Outcome<Option<Followed>> {
    if is_source(intent) {
        let reply = source::answer(cx, intent, secret, proven).await?;
        let Reply::Done(Some(it)) = reply else { return done(None) };
        let told = [("client_secret".to_owned(), it.client_secret), ("source".to_owned(), it.id)];
        let goes_on = it.redirect.0.map(|it| with_query(&it.return_url, &told));
        return done(Some(Followed { goes_on, well: it.status == source::Status::Chargeable }));
    }
    let it = if is_setup(intent) {
        let reply = setup_intent::answer(cx, intent, secret, proven).await?;
        let Reply::Done(Some(it)) = reply else { return done(None) };
        Intent::Setup(Box::new(it))
    } else {
        let reply = payment_intent::challenge::answer(cx, intent, secret, proven).await?;
        let Reply::Done(Some(it)) = reply else { return done(None) };
        Intent::Payment(Box::new(it))
    };
    done(Some(it.followed()))
}

/// Takes the code that a payer saw beside a deposit. None where none is awaited.
pub async fn tell(cx: &mut Cx<'_>, intent: &str, secret: &str, code: &str) -> Outcome<Option<Told>> {
    let seen = Seen::new(Vec::new(), Some(code.to_owned()))?;
    let (it, refused) = if is_setup(intent) {
        let awaited = setup_intent::awaited(cx, intent, secret).await?;
        let Some(it) = awaited.filter(|it| it.deposits.0.0.is_some()) else { return done(None) };
        let (it, refused) = setup_intent::microdeposits::told(cx, it, &seen).await?;
        let waits = it.deposits.0.0.is_some();
        (Intent::Setup(Box::new(it)), refused.filter(|_| waits))
    } else {
        let awaited = payment_intent::challenge::awaited(cx, intent, secret).await?;
        let Some(it) = awaited.filter(|it| it.deposits.0.0.is_some()) else { return done(None) };
        let end = payment_intent::microdeposits::told(cx, it, &seen).await?;
        let waits = end.intent.deposits.0.0.is_some();
        (Intent::Payment(Box::new(end.intent)), end.refused.filter(|_| waits))
    };
    done(Some(match refused {
        Some(error) => Told::Wrong(error.message),
        None => Told::Followed(it.followed()),
    }))
}

/// Adds to the query of an address, before its fragment. Names and values are plain: ids and words.
fn with_query(url: &str, told: &[(String, String)]) -> String {
    let (address, fragment) = url.split_once('#').map_or((url, None), |(a, b)| (a, Some(b)));
    let mut out = address.to_owned();
    for (name, value) in told {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

/// The caller that an intent goes on as: the account, for whoever made the intent.
pub async fn caller(cx: &mut Cx<'_>, intent: &str) -> Outcome<Option<Caller>> {
    let system = Caller {
        request: cx.caller.request.clone(),
        ..Caller::system(&cx.caller.account, cx.caller.livemode)
    };
    if is_source(intent) {
        return done(cx.get::<Source>(intent).await?.map(|_| system));
    }
    if is_setup(intent) {
        return done(cx.get::<SetupIntent>(intent).await?.map(|_| system));
    }
    let Some(it) = cx.get::<PaymentIntent>(intent).await? else { return done(None) };
    let application = it.application.map(|it| it.id);
    done(Some(Caller { platform: it.platform.0.0, application, ..system }))
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn what_is_told_goes_into_the_query() {
        let told = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
        for (url, goes_on) in [
            ("https://example.com", "https://example.com?a=1&b=2"),
            ("https://example.com/x?y=1", "https://example.com/x?y=1&a=1&b=2"),
            ("https://example.com/#top", "https://example.com/?a=1&b=2#top"),
            ("app://done", "app://done?a=1&b=2"),
        ] {
            assert_eq!(with_query(url, &told), goes_on);
        }
    }
}
