//! The page of an invoice: whoever has its address sees the invoice, and pays it. The page itself is in `pages`.
use super::{Invoice, Status};
use crate::payments::{
    payment_intent::{self, PaymentIntent, invoiced},
    payment_method::Chosen,
};
use api::{Cx, Outcome, done};
use base::Caller;

/// Where invoices are seen.
pub const UNDER: &str = "/invoices/";
/// The characters of the secret in an address.
const SECRET: usize = 24;

impl Invoice {
    /// Opens its page, to whoever is told the address.
    pub(super) fn open_page(&mut self, cx: &Cx<'_>) {
        if self.hosted_invoice_url.is_none() {
            let url =
                format!("{}{UNDER}{}/{}/{}", cx.world.origin, cx.caller.account, self.id, cx.token(SECRET));
            self.invoice_pdf = Some(format!("{url}/pdf"));
            self.hosted_invoice_url = Some(url);
        }
    }
    /// Whether somebody may pay it on its page.
    pub fn is_payable(&self) -> bool {
        (self.is(Status::Open) || self.is(Status::Uncollectible)) && self.amount_remaining > 0
    }
}

/// Whether this is the secret at the end of an address.
pub(crate) fn opens(url: Option<&str>, secret: &str) -> bool {
    let known = url.and_then(|url| url.rsplit_once('/')).map(|(_, known)| known);
    // Digests of both, because a comparison of the secrets themselves would tell by its time how much is right.
    known.is_some_and(|known| vault::digest(known) == vault::digest(secret))
}

/// The invoice that somebody has the address of; none where they do not.
pub async fn opened(cx: &mut Cx<'_>, id: &str, secret: &str) -> Outcome<Option<Invoice>> {
    done(cx.get::<Invoice>(id).await?.filter(|it| opens(it.hosted_invoice_url.as_deref(), secret)))
}

/// The caller that its payment goes on as: the account, for whoever made the invoice. None where there is nothing to pay.
pub async fn payer(cx: &mut Cx<'_>, id: &str, secret: &str) -> Outcome<Option<Caller>> {
    let found = cx.get::<Invoice>(id).await?;
    let it = found.filter(|it| it.is_payable() && opens(it.hosted_invoice_url.as_deref(), secret));
    match it.and_then(|it| it.payment_intent.0) {
        Some(intent) => crate::challenge::caller(cx, &intent).await,
        None => done(None),
    }
}

/// How it ended when somebody paid.
#[derive(Debug, Clone)]
pub enum Ended {
    /// It is paid, or will be once the bank says so.
    Well,
    /// The payer's bank asks, at this address.
    GoOn(String),
    /// It did not work, with the sentence that says why.
    Refused(String),
}

/// Pays an invoice with a payment method that its payer typed in.
pub async fn pay(cx: &mut Cx<'_>, id: &str, method: &str) -> Outcome<Ended> {
    let Some(it) = cx.get::<Invoice>(id).await?.filter(Invoice::is_payable) else {
        return done(Ended::Refused("There is nothing to be paid of this invoice any more.".into()));
    };
    let intent = it.payment_intent.0.clone().unwrap_or_default();
    let with = Chosen::Id(method.to_owned(), "payment_method");
    let refused = invoiced::pay_on_page(cx, &intent, with, it.hosted_invoice_url.clone()).await?;
    let intent = cx.get::<PaymentIntent>(&intent).await?;
    let asks = intent.filter(|it| it.status == payment_intent::Status::RequiresAction);
    let goes_on =
        asks.and_then(|it| it.next_action).and_then(|it| it.redirect_to_url.0).and_then(|it| it.url);
    done(match (refused, goes_on) {
        (Some(error), _) => Ended::Refused(error.message),
        (None, Some(url)) => Ended::GoOn(url),
        (None, None) => Ended::Well,
    })
}
