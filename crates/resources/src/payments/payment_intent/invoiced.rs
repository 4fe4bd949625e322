//! The intent by which an invoice is paid. What becomes of it is told to the invoice, whoever confirms it.
use super::{
    CREATED, CaptureMethod, Onwards, PaymentIntent, Status,
    confirm::{Ask, End, confirm},
    create::blank,
};
use crate::payments::payment_method::Chosen;
use api::{Cx, Stop};
use base::{ApiError, Currency, Fut, Ref};
use wire::{Hidden, Node, Optional};

/// What an invoice says of its payment.
#[derive(Debug)]
pub(crate) struct Invoiced {
    pub(crate) invoice: String,
    pub(crate) customer: String,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) description: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    /// The application that made the invoice, and the account of its platform.
    pub(crate) through: (Option<String>, Option<String>),
    pub(crate) application_fee_amount: Option<i64>,
    pub(crate) transfer_data: Option<Onwards>,
    /// The account for which a platform made it.
    pub(crate) on_behalf_of: Option<String>,
    /// The kinds of payment methods that may pay it; those of the settings where none is named.
    pub(crate) kinds: Vec<String>,
    /// What pays it pays others later, while the payer is away.
    pub(crate) kept: bool,
}

/// The intent of an invoice, not yet written down. Errors: so much cannot be charged.
pub(crate) async fn make(cx: &mut Cx<'_>, it: Invoiced) -> Result<PaymentIntent, Stop> {
    let texts = [
        ("currency", Some(it.currency.to_string())),
        ("customer", Some(it.customer)),
        ("description", it.description),
        ("statement_descriptor", it.statement_descriptor),
        ("on_behalf_of", it.on_behalf_of),
        ("setup_future_usage", it.kept.then(|| "off_session".to_owned())),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.into(), Node::text(text?))));
    let kinds = Node::List(it.kinds.into_iter().map(Node::text).collect());
    let kinds = [("amount".into(), Node::Integer(it.amount)), ("allowed_payment_method_types".into(), kinds)];
    let params = kinds.into_iter().chain(texts);
    let mut intent = blank(cx, wire::from_params(&Node::Map(params.collect()))?).await?;
    // Who may take a fee was decided when the invoice was made.
    intent.application = it.through.0.map(Ref::to);
    intent.platform = Hidden(Optional(it.through.1));
    intent.application_fee_amount = it.application_fee_amount;
    intent.transfer_data = Optional(it.transfer_data);
    intent.capture_method = CaptureMethod::Automatic;
    intent.invoice = Hidden(Optional(Some(it.invoice)));
    Ok(intent)
}

/// Writes it down.
pub(crate) fn keep(cx: &mut Cx<'_>, intent: &PaymentIntent) {
    cx.put(intent);
    cx.emit(CREATED, intent);
}

/// Tries to pay with this. The error says why it did not work; what became of it is written down either way.
pub(crate) async fn pay(
    cx: &mut Cx<'_>,
    id: &str,
    with: Chosen,
    off_session: bool,
    mandate: Option<String>,
) -> Result<Option<ApiError>, Stop> {
    let ask = Ask { chosen: Some(with), mandate, off_session, use_stripe_sdk: true, ..Ask::default() };
    try_to_pay(cx, id, ask).await
}

/// As [`pay`], by somebody whom their bank may send elsewhere and who comes back to an address.
pub(crate) async fn pay_on_page(
    cx: &mut Cx<'_>,
    id: &str,
    with: Chosen,
    back: Option<String>,
) -> Result<Option<ApiError>, Stop> {
    try_to_pay(cx, id, Ask { chosen: Some(with), return_url: back, ..Ask::default() }).await
}

async fn try_to_pay(cx: &mut Cx<'_>, id: &str, ask: Ask) -> Result<Option<ApiError>, Stop> {
    let Some(intent) = cx.get::<PaymentIntent>(id).await? else {
        return Err(api::fault(format!("{id}, by which an invoice is paid, is gone")));
    };
    if matches!(intent.status, Status::Processing | Status::Succeeded | Status::Canceled) {
        let message = "The payment of this invoice is under way already, or is over.";
        return Err(ApiError::invalid(400, message).code("payment_intent_unexpected_state").into());
    }
    let End { refused, .. } = apart(cx, intent, ask).await?;
    Ok(refused)
}

/// A confirmation in a room of its own: what an invoice, a subscription and a clock stand on would be too high together.
fn apart<'a>(cx: &'a mut Cx<'_>, intent: PaymentIntent, ask: Ask) -> Fut<'a, Result<End, Stop>> {
    Box::pin(confirm(cx, intent, ask))
}

/// So much is to be paid by it; a payer who takes part begins again. Errors: the payment is under way.
pub(crate) async fn amend(cx: &mut Cx<'_>, id: &str, amount: i64) -> Result<(), Stop> {
    let Some(mut intent) = cx.get::<PaymentIntent>(id).await? else { return Ok(()) };
    if !matches!(
        intent.status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    ) {
        let message = "The payment of this invoice is under way. Wait until it is over.";
        return Err(ApiError::invalid(400, message).code("payment_intent_unexpected_state").into());
    }
    intent.amount = amount;
    // It was allowed for any amount; of this one it may be all.
    intent.application_fee_amount = intent.application_fee_amount.map(|fee| fee.min(amount));
    intent.moved();
    intent.waits();
    cx.put(&intent);
    Ok(())
}
