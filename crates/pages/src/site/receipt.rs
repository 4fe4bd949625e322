//! The receipt of a charge: for whoever was given its address, without any session.

use api::{Outcome, Stop, done};
use base::{Caller, Timestamp};
use resources::connect::user::settle;
use resources::payments::charge::Charge;

use super::people::Account;
use super::reply::{Answer, Refusal, page};
use super::visit::Visit;
use crate::views::{Receipt, ReceiptCard, ReceiptRefund, ReceiptState};

/// Account and charge of a receipt's path, if they look like ids.
pub(crate) fn ids(path: &str) -> Option<(&str, &str)> {
    let (account, charge) = path.strip_prefix("/receipts/")?.split_once('/')?;
    let plain = |id: &str| {
        !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    (plain(account) && plain(charge)).then_some((account, charge))
}

/// `GET /receipts/{account}/{charge}`. A declined charge has no receipt.
pub(crate) async fn show(visit: &Visit<'_>, account: &str, charge: &str) -> Answer {
    for live in [false, true] {
        if let Some((charge, seller)) = find(visit, account, charge, live).await? {
            return page(200, &receipt(&charge, seller.as_ref(), visit.api.world.clock.now()), None);
        }
    }
    Err(Refusal::not_found().into())
}

/// A paid charge of one mode, and the account that the cardholder bought from.
async fn find(
    visit: &Visit<'_>,
    account: &str,
    charge: &str,
    live: bool,
) -> Result<Option<(Charge, Option<Account>)>, Stop> {
    let caller = Caller { request: visit.request.clone(), ..Caller::system(account, live) };
    let found = visit.api.transact(&caller, move |cx| {
        Box::pin(async move {
            let Some(charge) = cx.get::<Charge>(charge).await?.filter(|charge| charge.paid) else {
                return done(None);
            };
            let seller = charge.on_behalf_of.as_ref().map_or(account, |it| &it.id);
            let seller = cx.peek_of::<Account>(seller, live, seller).await?;
            let outcome: Outcome<Option<(Charge, Option<Account>)>> = done(Some((charge, seller)));
            outcome
        })
    });
    settle(found.await?)
}

fn receipt(charge: &Charge, seller: Option<&Account>, now: Timestamp) -> Receipt {
    let shown = |amount: i64| charge.currency.display(amount);
    let (state, amount, refunded) = if charge.is_taken() {
        let back = charge.given_back();
        let refund = ReceiptRefund { amount: shown(back), left: shown(charge.amount_captured - back) };
        (ReceiptState::Paid, charge.amount_captured, (back > 0).then_some(refund))
    } else if charge.unrefunded() > 0 && now < charge.capture_before() {
        (ReceiptState::Reserved, charge.unrefunded(), None)
    } else {
        (ReceiptState::Released, charge.amount, None)
    };
    let card = charge.payment_method_details.as_ref().and_then(|details| {
        if let Some(card) = &details.card.0 {
            let brand = brand(card.brand.as_deref()).to_owned();
            return Some(ReceiptCard { brand, last4: card.last4.clone() });
        }
        let of_us = details.us_bank_account.0.as_ref().map(|it| &it.last4);
        let last4 = of_us.or(details.sepa_debit.0.as_ref().map(|it| &it.last4))?;
        Some(ReceiptCard { brand: "Bank account".to_owned(), last4: last4.clone() })
    });
    Receipt {
        business: business(charge, seller),
        livemode: charge.livemode,
        state,
        amount: shown(amount),
        refunded,
        created: charge.created.0,
        card,
        statement_descriptor: charge.calculated_statement_descriptor.clone(),
        number: charge.receipt_number.clone(),
        charge: charge.id.clone(),
    }
}

/// The public name of the business. Never its sign-in address, by which an account without a name goes elsewhere:
/// anybody may read a receipt.
fn business(charge: &Charge, seller: Option<&Account>) -> String {
    let named = seller.and_then(Account::public_name);
    named.or(charge.calculated_statement_descriptor.as_deref()).unwrap_or("an unnamed business").to_owned()
}

/// The name on the card for the word in payment method details.
fn brand(code: Option<&str>) -> &'static str {
    match code {
        Some("amex") => "American Express",
        Some("diners") => "Diners Club",
        Some("discover") => "Discover",
        Some("jcb") => "JCB",
        Some("mastercard") => "Mastercard",
        Some("unionpay") => "UnionPay",
        Some("visa") => "Visa",
        _ => "Card",
    }
}
