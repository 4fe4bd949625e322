//! The checks themselves.
use super::{Check, Found, Run, SLOWEST, Told};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

/// Approved by every service in test mode.
const GOOD: &str = "4242424242424242";
/// Declined, without a reason.
const DECLINED: &str = "4000000000000002";
/// Declined for want of money.
const POOR: &str = "4000000000009995";
/// Declined as out of date.
const EXPIRED: &str = "4000000000000069";
/// How many ask at once.
const CROWD: usize = 8;

/// Every check with its sentence.
#[rustfmt::skip]
pub(super) const ALL: &[Check] = &[
    Check { name: "a signed authorization is approved, and the answer is signed", run: |r| Box::pin(approves(r)) },
    Check { name: "an ask without a signature is refused with 401", run: |r| Box::pin(unsigned(r)) },
    Check { name: "an ask signed with another secret is refused with 401", run: |r| Box::pin(other_secret(r)) },
    Check { name: "a signature that is an hour old, or an hour ahead, is refused with 401", run: |r| Box::pin(old(r)) },
    Check { name: "a signature of another body is refused with 401", run: |r| Box::pin(other_body(r)) },
    Check { name: "a signature of another path is refused with 401", run: |r| Box::pin(other_path(r)) },
    Check { name: "a body that cannot be read is refused with 400", run: |r| Box::pin(malformed(r)) },
    Check { name: "members that the service does not know are passed over", run: |r| Box::pin(unknown_member(r)) },
    Check { name: "the same key has the same answer", run: |r| Box::pin(repeated(r)) },
    Check { name: "the same key with another amount is refused with 409", run: |r| Box::pin(other_content(r)) },
    Check { name: "two keys are two authorizations", run: |r| Box::pin(two_keys(r)) },
    Check { name: "one key asked many times at once is one authorization", run: |r| Box::pin(crowd(r)) },
    Check { name: "an ask whose answer nobody waited for is found again under its key", run: |r| Box::pin(hung_up(r)) },
    Check { name: "the declining test cards are declined with their codes", run: |r| Box::pin(declines(r)) },
    Check { name: "a capture takes the whole, once", run: |r| Box::pin(captures(r)) },
    Check { name: "a capture takes a part, and lets the rest go", run: |r| Box::pin(captures_part(r)) },
    Check { name: "more than was reserved is not captured", run: |r| Box::pin(captures_too_much(r)) },
    Check { name: "a reference that the service never gave is refused", run: |r| Box::pin(no_reference(r)) },
    Check { name: "a void lets go of what was reserved, once, and nothing is captured afterwards", run: |r| Box::pin(voids(r)) },
    Check { name: "what was captured cannot be voided", run: |r| Box::pin(voids_captured(r)) },
    Check { name: "refunds in parts, each once, and never more than was captured", run: |r| Box::pin(refunds(r)) },
    Check { name: "of many refunds of the whole at once, one is made", run: |r| Box::pin(refunds_at_once(r)) },
    Check { name: "what was only reserved cannot be refunded", run: |r| Box::pin(refunds_reserved(r)) },
    Check { name: "a key that was abandoned before it was heard of is dead", run: |r| Box::pin(abandons_unheard(r)) },
    Check { name: "an abandoned authorization is let go", run: |r| Box::pin(abandons_reserved(r)) },
    Check { name: "an abandoned charge is given back", run: |r| Box::pin(abandons_taken(r)) },
    Check { name: "an abandoned capture or refund that was made is told as moved", run: |r| Box::pin(abandons_moved(r)) },
    Check { name: "currencies without and with three decimals are taken as they are", run: |r| Box::pin(currencies(r)) },
    Check { name: "every answer came within ten seconds", run: |r| Box::pin(slow(r)) },
];

fn ask_for(key: &str, amount: i64, currency: &str, number: &str, capture: bool) -> String {
    format!(
        r#"{{"key":"{key}","amount":{amount},"currency":"{currency}","livemode":false,"capture":{capture},"card":{{"number":"{number}","exp_month":12,"exp_year":2034,"cvc":null,"cvc_given":true,"name":"Jenny Rosen","line1":null,"postal_code":"94107"}}}}"#
    )
}

fn move_of(key: &str, reference: &str, amount: i64) -> String {
    format!(
        r#"{{"key":"{key}","reference":"{reference}","amount":{amount},"currency":"usd","livemode":false}}"#
    )
}

impl Run<'_> {
    async fn authorize(&self, key: &str, number: &str, capture: bool) -> Result<Told, String> {
        self.ask("authorizations", &ask_for(key, 1000, "usd", number, capture)).await
    }
    /// The reference of a new authorization of 1000.
    async fn approved(&self, capture: bool) -> Result<String, String> {
        let told = self.authorize(&self.key(), GOOD, capture).await?;
        told.is("approved")?.reference()
    }
    async fn movement(&self, path: &str, key: &str, reference: &str, amount: i64) -> Result<Told, String> {
        self.ask(path, &move_of(key, reference, amount)).await
    }
    /// A movement under a key of its own.
    async fn moved(&self, path: &str, reference: &str, amount: i64) -> Result<Told, String> {
        self.movement(path, &self.key(), reference, amount).await
    }
    async fn abandon(&self, key: &str) -> Result<Told, String> {
        self.ask("abandonments", &format!(r#"{{"key":"{key}","livemode":false}}"#)).await
    }
    /// Sends a body with a signature, which must be refused.
    async fn unauthorized(&self, body: &str, signed: Option<(i64, &str)>) -> Found {
        let reply = self.send("authorizations", body, signed).await?;
        match reply.status {
            401 => Ok(()),
            status => Err(format!("authorizations: expected 401, got {status} {}", reply.shown())),
        }
    }
    fn plain(&self) -> String {
        ask_for(&self.key(), 1000, "usd", GOOD, true)
    }
}

fn same(first: &Told, second: &Told) -> Found {
    if first == second {
        return Ok(());
    }
    Err(format!(
        "{}: the same key was answered {} {} and then {} {}",
        first.path,
        first.status,
        first.body.to_json(),
        second.status,
        second.body.to_json()
    ))
}

async fn approves(r: &Run<'_>) -> Found {
    r.approved(true).await?;
    Ok(())
}

async fn unsigned(r: &Run<'_>) -> Found {
    r.unauthorized(&r.plain(), None).await
}

async fn other_secret(r: &Run<'_>) -> Found {
    let body = r.plain();
    let (t, _) = r.channel.signature("authorizations", body.as_bytes(), 0);
    let forged = crate::sign::of_ask(b"not the secret", t, "/authorizations", body.as_bytes());
    r.unauthorized(&body, Some((t, &forged))).await
}

async fn old(r: &Run<'_>) -> Found {
    for moved in [-3600, 3600] {
        let body = r.plain();
        let (t, signature) = r.channel.signature("authorizations", body.as_bytes(), moved);
        r.unauthorized(&body, Some((t, &signature))).await?;
    }
    Ok(())
}

async fn other_body(r: &Run<'_>) -> Found {
    let (t, signature) = r.channel.signature("authorizations", r.plain().as_bytes(), 0);
    r.unauthorized(&r.plain(), Some((t, &signature))).await
}

async fn other_path(r: &Run<'_>) -> Found {
    let body = r.plain();
    let (t, signature) = r.channel.signature("voids", body.as_bytes(), 0);
    r.unauthorized(&body, Some((t, &signature))).await
}

async fn malformed(r: &Run<'_>) -> Found {
    for body in ["", "no JSON", "[]", r#"{"key":"x"}"#] {
        r.ask("authorizations", body).await?.refused_with(400)?;
    }
    Ok(())
}

async fn unknown_member(r: &Run<'_>) -> Found {
    let body = r.plain().replacen('{', r#"{"of_a_later_version":{"a":[1]},"#, 1);
    r.ask("authorizations", &body).await?.is("approved").map(|_| ())
}

async fn repeated(r: &Run<'_>) -> Found {
    for number in [GOOD, DECLINED] {
        let key = r.key();
        let first = r.authorize(&key, number, true).await?;
        same(&first, &r.authorize(&key, number, true).await?)?;
    }
    Ok(())
}

async fn other_content(r: &Run<'_>) -> Found {
    let key = r.key();
    r.authorize(&key, GOOD, true).await?.is("approved")?;
    let body = ask_for(&key, 1001, "usd", GOOD, true);
    r.ask("authorizations", &body).await?.refused_with(409)
}

async fn two_keys(r: &Run<'_>) -> Found {
    if r.approved(true).await? == r.approved(true).await? {
        return Err("authorizations: two keys were answered with one reference".into());
    }
    Ok(())
}

/// Runs them at once.
async fn together(asks: Vec<base::Fut<'_, Result<Told, String>>>) -> Result<Vec<Told>, String> {
    let mut running = asks;
    let mut told = Vec::new();
    std::future::poll_fn(move |cx| {
        let mut at = 0;
        while at < running.len() {
            match running[at].as_mut().poll(cx) {
                std::task::Poll::Ready(it) => {
                    drop(running.swap_remove(at));
                    told.push(it);
                }
                std::task::Poll::Pending => at += 1,
            }
        }
        if running.is_empty() {
            return std::task::Poll::Ready(std::mem::take(&mut told).into_iter().collect());
        }
        std::task::Poll::Pending
    })
    .await
}

async fn crowd(r: &Run<'_>) -> Found {
    let key = r.key();
    let asks = (0..CROWD).map(|_| -> base::Fut<'_, _> { Box::pin(r.authorize(&key, GOOD, false)) });
    let told = together(asks.collect()).await?;
    let references: Result<BTreeSet<String>, String> =
        told.iter().map(|it| it.is("approved")?.reference()).collect();
    let references = references?;
    if references.len() > 1 {
        return Err(format!("authorizations: one key asked at once was answered with {references:?}"));
    }
    taken_once(r, references.first().map_or("", |it| it)).await
}

/// What was reserved can be taken, and then no more.
async fn taken_once(r: &Run<'_>, reference: &str) -> Found {
    r.moved("captures", reference, 1000).await?.is("done")?;
    r.moved("captures", reference, 1000).await?.is("refused").map(|_| ())
}

async fn hung_up(r: &Run<'_>) -> Found {
    let key = r.key();
    // Some of these are cut off before the service has read them, some while it is at work.
    for ms in [1, 3, 9, 27] {
        let _ = timeout(Duration::from_millis(ms), r.authorize(&key, GOOD, false)).await;
    }
    let reference = r.authorize(&key, GOOD, false).await?.is("approved")?.reference()?;
    taken_once(r, &reference).await
}

async fn declines(r: &Run<'_>) -> Found {
    for (number, code, decline_code) in [
        (DECLINED, "card_declined", "generic_decline"),
        (POOR, "card_declined", "insufficient_funds"),
        (EXPIRED, "expired_card", ""),
    ] {
        let told = r.authorize(&r.key(), number, true).await?;
        told.is("declined")?;
        if (told.text("code"), told.text("decline_code")) != (code, decline_code) {
            return Err(format!(
                "authorizations: expected {number} to be declined with {code} {decline_code}, got {}",
                told.body.to_json()
            ));
        }
    }
    Ok(())
}

async fn captures(r: &Run<'_>) -> Found {
    let (reference, key) = (r.approved(false).await?, r.key());
    let first = r.movement("captures", &key, &reference, 1000).await?;
    same(first.is("done")?, &r.movement("captures", &key, &reference, 1000).await?)?;
    r.moved("captures", &reference, 1000).await?.is("refused").map(|_| ())
}

async fn captures_part(r: &Run<'_>) -> Found {
    let reference = r.approved(false).await?;
    r.moved("captures", &reference, 300).await?.is("done")?;
    r.moved("refunds", &reference, 301).await?.is("refused")?;
    r.moved("refunds", &reference, 300).await?.is("succeeded").map(|_| ())
}

async fn captures_too_much(r: &Run<'_>) -> Found {
    let reference = r.approved(false).await?;
    r.moved("captures", &reference, 1001).await?.is("refused")?;
    r.moved("captures", &reference, 1000).await?.is("done").map(|_| ())
}

async fn no_reference(r: &Run<'_>) -> Found {
    for path in ["captures", "voids", "refunds"] {
        r.moved(path, "nobody-gave-this-reference", 1000).await?.is("refused")?;
    }
    Ok(())
}

async fn voids(r: &Run<'_>) -> Found {
    let (reference, key) = (r.approved(false).await?, r.key());
    let first = r.movement("voids", &key, &reference, 1000).await?;
    same(first.is("done")?, &r.movement("voids", &key, &reference, 1000).await?)?;
    r.moved("captures", &reference, 1000).await?.is("refused").map(|_| ())
}

async fn voids_captured(r: &Run<'_>) -> Found {
    let reference = r.approved(true).await?;
    r.moved("voids", &reference, 1000).await?.is("refused").map(|_| ())
}

/// A refund that was made, or is on its way.
fn made(told: &Told) -> Result<String, String> {
    told.is("succeeded").or_else(|_| told.is("pending"))?.reference()
}

async fn refunds(r: &Run<'_>) -> Found {
    let (reference, key) = (r.approved(true).await?, r.key());
    let first = r.movement("refunds", &key, &reference, 400).await?;
    made(&first)?;
    same(&first, &r.movement("refunds", &key, &reference, 400).await?)?;
    r.moved("refunds", &reference, 601).await?.is("refused")?;
    made(&r.moved("refunds", &reference, 600).await?)?;
    r.moved("refunds", &reference, 1).await?.is("refused").map(|_| ())
}

async fn refunds_at_once(r: &Run<'_>) -> Found {
    let reference = r.approved(true).await?;
    let asks = (0..CROWD).map(|_| -> base::Fut<'_, _> { Box::pin(r.moved("refunds", &reference, 1000)) });
    let told = together(asks.collect()).await?;
    let count = told.iter().filter(|it| made(it).is_ok()).count();
    match count {
        1 => Ok(()),
        count => Err(format!("refunds: {count} of {CROWD} refunds of the whole were made")),
    }
}

async fn refunds_reserved(r: &Run<'_>) -> Found {
    let reference = r.approved(false).await?;
    r.moved("refunds", &reference, 1000).await?.is("refused").map(|_| ())
}

async fn abandons_unheard(r: &Run<'_>) -> Found {
    let key = r.key();
    r.abandon(&key).await?.is("nothing")?;
    r.abandon(&key).await?.is("nothing")?;
    r.authorize(&key, GOOD, true).await?.refused_with(409)?;
    let (reference, key) = (r.approved(false).await?, r.key());
    r.abandon(&key).await?.is("nothing")?;
    r.movement("captures", &key, &reference, 1000).await?.refused_with(409)?;
    // The authorization itself was not abandoned.
    r.moved("captures", &reference, 1000).await?.is("done").map(|_| ())
}

async fn abandons_reserved(r: &Run<'_>) -> Found {
    let key = r.key();
    let reference = r.authorize(&key, GOOD, false).await?.is("approved")?.reference()?;
    r.abandon(&key).await?.is("nothing")?;
    r.moved("captures", &reference, 1000).await?.is("refused")?;
    r.abandon(&key).await?.is("nothing")?;
    r.authorize(&key, GOOD, false).await?.refused_with(409)
}

async fn abandons_taken(r: &Run<'_>) -> Found {
    let key = r.key();
    let reference = r.authorize(&key, GOOD, true).await?.is("approved")?.reference()?;
    r.abandon(&key).await?.is("nothing")?;
    r.moved("refunds", &reference, 1000).await?.is("refused")?;
    r.authorize(&key, GOOD, true).await?.refused_with(409)
}

async fn abandons_moved(r: &Run<'_>) -> Found {
    let (reference, capture, refund) = (r.approved(false).await?, r.key(), r.key());
    r.movement("captures", &capture, &reference, 1000).await?.is("done")?;
    r.abandon(&capture).await?.is("moved")?;
    made(&r.movement("refunds", &refund, &reference, 1000).await?)?;
    r.abandon(&refund).await?.is("moved").map(|_| ())
}

async fn currencies(r: &Run<'_>) -> Found {
    for (amount, currency) in [(500, "jpy"), (5000, "kwd")] {
        r.ask("authorizations", &ask_for(&r.key(), amount, currency, GOOD, true)).await?.is("approved")?;
    }
    Ok(())
}

async fn slow(r: &Run<'_>) -> Found {
    let slowest = r.slowest();
    if slowest < SLOWEST {
        return Ok(());
    }
    Err(format!("an answer took {} ms", slowest.as_millis()))
}
