//! What a payer is asked by their bank (3-D Secure) in test mode, and what follows from the answer. The page that asks
//! is in `pages`.
use crate::payments::{
    payment_intent::{self, PaymentIntent},
    payment_method::{MethodRef, PaymentMethod},
    setup_intent::{self, SetupIntent},
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

async fn last4(cx: &Cx<'_>, method: Option<&MethodRef>) -> Result<Option<String>, Stop> {
    let Some(MethodRef(id)) = method else { return Ok(None) };
    let method = cx.peek::<PaymentMethod>(id).await?;
    Ok(method.and_then(|it| it.card.0).map(|card| card.last4))
}

/// The question of a challenge; none where it is unknown or was answered.
pub async fn question(cx: &mut Cx<'_>, intent: &str, secret: &str) -> Outcome<Option<Question>> {
    if is_setup(intent) {
        let Some(it) = setup_intent::awaited(cx, intent, secret).await? else { return done(None) };
        let last4 = last4(cx, it.payment_method.as_ref()).await?;
        return done(Some(Question { amount: None, last4, return_url: it.return_url.0.0 }));
    }
    let Some(it) = payment_intent::challenge::awaited(cx, intent, secret).await? else { return done(None) };
    let last4 = last4(cx, it.payment_method.as_ref()).await?;
    let amount = Some((it.amount, it.currency));
    done(Some(Question { amount, last4, return_url: it.return_url.0.0 }))
}

/// Takes the answer to a challenge: the intent moves on. None where no answer is awaited.
pub async fn answer(cx: &mut Cx<'_>, intent: &str, secret: &str, proven: bool) -> Outcome<Option<Followed>> {
    let (return_url, client_secret, noun, well) = if is_setup(intent) {
        let reply = setup_intent::answer(cx, intent, secret, proven).await?;
        let Reply::Done(Some(it)) = reply else { return done(None) };
        let well = it.status == setup_intent::Status::Succeeded;
        (it.return_url.0.0, it.client_secret, SetupIntent::NAME, well)
    } else {
        let reply = payment_intent::challenge::answer(cx, intent, secret, proven).await?;
        let Reply::Done(Some(it)) = reply else { return done(None) };
        let well = it.status != payment_intent::Status::RequiresPaymentMethod;
        (it.return_url.0.0, it.client_secret, PaymentIntent::NAME, well)
    };
    let goes_on = return_url.map(|url| {
        let status = if well { "succeeded" } else { "failed" };
        let secret = client_secret.unwrap_or_default();
        let told = [
            (noun.to_owned(), intent.to_owned()),
            (format!("{noun}_client_secret"), secret),
            ("redirect_status".to_owned(), status.to_owned()),
        ];
        with_query(&url, &told)
    });
    done(Some(Followed { goes_on, well }))
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
