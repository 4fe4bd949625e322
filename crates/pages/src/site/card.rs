//! A card that somebody typed into a page of ours.

use base::{Caller, Via};
use wire::Node;

use super::reply::Trouble;
use super::visit::Visit;

/// The payment method that is made of the card in the form; the sentence that says what is wrong with it where none is.
pub(crate) async fn typed_card(
    visit: &Visit<'_>,
    account: &str,
    live: bool,
) -> Result<Result<String, String>, Trouble> {
    let card = match card(visit) {
        Ok(card) => card,
        Err(problem) => return Ok(Err(problem)),
    };
    // As one that they typed into a page of a platform's.
    let typed =
        Caller { via: Via::PublishableKey, request: visit.request.clone(), ..Caller::system(account, live) };
    match visit.api.call_as(&typed, "POST", "/v1/payment_methods", card).await {
        Ok(body) => {
            let made = Node::parse(&body).ok().and_then(|it| it.get("id")?.as_str().map(str::to_owned));
            Ok(Ok(made.ok_or_else(|| api::fault("a payment method without an id"))?))
        }
        Err(error) if error.status < 500 => Ok(Err(error.message)),
        Err(error) => Err(error.into()),
    }
}

/// The card of the form, as a payment method is made of it.
fn card(visit: &Visit<'_>) -> Result<Node<'static>, String> {
    let field = |name: &str| visit.fields.text(name).trim().to_owned();
    let expiry = field("expiry");
    let (month, year) = expiry
        .split_once(['/', ' ', '-'])
        .unwrap_or((expiry.get(..2).unwrap_or(""), expiry.get(2..).unwrap_or("")));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (month, year) = (digits(month), digits(year));
    if month.is_empty() || year.is_empty() {
        return Err("Say when the card expires, as it stands on the card: month and year.".into());
    }
    let text = |text: String| Node::Form(text.into());
    let card = Node::Map(vec![
        ("number".into(), text(digits(&field("number")))),
        ("exp_month".into(), text(month)),
        ("exp_year".into(), text(year)),
        ("cvc".into(), text(field("cvc"))),
    ]);
    let details = Node::Map(vec![("name".into(), text(field("name")))]);
    Ok(Node::Map(vec![
        ("type".into(), text("card".into())),
        ("card".into(), card),
        ("billing_details".into(), details),
    ]))
}
