//! Payment methods in use: what an id stands for, who may use it, and giving it to a customer.
use super::{ATTACHED, MethodType, PaymentMethod, enter};
use crate::payments::{
    card::{Source, instrument, refused},
    charge::means::Means,
    customer::Customer,
    payment_intent::types::Usage,
};
use acquirer::simulator;
use api::{Cx, Stop};
use base::{ApiError, Named as _, Ref};
use wire::Optional;

/// How a payment method is chosen.
#[derive(Debug)]
pub(crate) enum Chosen {
    /// By its id, which stood in this parameter.
    Id(String, &'static str),
    /// As it is typed.
    Typed(Box<enter::MethodData>),
}

/// Finds what to pay with for a customer, or for nobody in particular. Errors: there is no such payment method; it is
/// another customer's, or it was used up.
pub(crate) async fn find(cx: &mut Cx<'_>, chosen: Chosen, customer: Option<&str>) -> Result<Means, Stop> {
    let fresh = |method: PaymentMethod| Means::Method {
        method: Box::new(method),
        written: false,
        customer: customer.map(str::to_owned),
    };
    let (id, param) = match chosen {
        Chosen::Typed(data) => return Ok(fresh(enter::enter(cx, *data, "payment_method_data").await?)),
        Chosen::Id(id, param) => (id, param),
    };
    if let Some(method) = enter::named(cx, &id)? {
        return Ok(fresh(method));
    }
    if id.starts_with("card_") {
        if customer.is_none() {
            return Err(needs_customer(&id, param).into());
        }
        let source = instrument(cx, Some(Source::Id(id)), customer).await?;
        return Ok(Means::Source(Box::new(source)));
    }
    let Some(method) = cx.get::<PaymentMethod>(&id).await? else {
        return Err(ApiError::no_such("PaymentMethod", &id, param).status(400).into());
    };
    may_use(&method, customer, param)?;
    let customer = customer.map(str::to_owned);
    Ok(Means::Method { method: Box::new(method), written: true, customer })
}

/// Whether a payment method may be used for a customer, or for nobody in particular.
fn may_use(method: &PaymentMethod, customer: Option<&str>, param: &str) -> Result<(), ApiError> {
    if method.spent.0 {
        let message = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";
        return Err(ApiError::invalid(400, message).code("payment_method_unexpected_state").param(param));
    }
    if method.own.0.0 == Some(true) {
        let message = "This PaymentMethod was set up with attach_to_self, for top-ups of your own balance. It can neither pay nor be kept for a customer.";
        return Err(ApiError::invalid(400, message).code("payment_method_unexpected_state").param(param));
    }
    match (&method.customer, customer) {
        (Some(owner), Some(customer)) if owner.id == customer => Ok(()),
        (Some(_), Some(customer)) => {
            let message = format!(
                "The customer does not have a payment method with the ID {}. The payment method must be attached to the customer {customer}.",
                method.id
            );
            Err(ApiError::invalid(400, message).code("resource_missing").param(param))
        }
        (Some(_), None) => Err(needs_customer(&method.id, param)),
        (None, _) => Ok(()),
    }
}

fn needs_customer(id: &str, param: &str) -> ApiError {
    let message = format!(
        "The payment method {id} belongs to a customer, so the customer must be named, too. Include its ID in the customer parameter."
    );
    ApiError::invalid(400, message).code("payment_intent_invalid_parameter").param(param)
}

/// Gives a payment method to a customer; it is put by the caller. Errors: there is no such customer; the bank refuses
/// the card, where it is asked (`ask`).
pub(crate) async fn attach(
    cx: &mut Cx<'_>,
    method: &mut PaymentMethod,
    customer: &str,
    ask: bool,
) -> Result<(), Stop> {
    if cx.get::<Customer>(customer).await?.is_none() {
        return Err(ApiError::no_such(Customer::NAME, customer, "customer").into());
    }
    if method.r#type == MethodType::CustomerBalance {
        let message = "A payment method of the type customer_balance cannot be attached: each customer has one cash balance, which needs no payment method that is kept.";
        return Err(ApiError::invalid(400, message)
            .code("payment_method_unsupported_type")
            .param("payment_method")
            .into());
    }
    // Live mode has no way to ask the bank without charging.
    if ask && !cx.caller.livemode && method.r#type == MethodType::Card {
        let checks = simulator::attach_outcome(&method.network_card(cx, &cx.caller.account)?.ask());
        let checks = checks.map_err(|why| refused(cx, why))?;
        if let Some(card) = &mut method.card.0 {
            card.checks = Some(checks.into());
        }
    }
    method.customer = Some(Ref::to(customer));
    cx.put(method);
    cx.emit(ATTACHED, method);
    Ok(())
}

/// Gives the payment method with this id, which stood in `param`, to a customer. Errors: there is none, or it is somebody
/// else's or used up; the bank refuses the card.
pub(crate) async fn give(
    cx: &mut Cx<'_>,
    id: &str,
    customer: &str,
    param: &'static str,
) -> Result<PaymentMethod, Stop> {
    match find(cx, Chosen::Id(id.to_owned(), param), Some(customer)).await? {
        Means::Method { mut method, .. } => {
            attach(cx, &mut method, customer, true).await?;
            Ok(*method)
        }
        Means::Source(_) => Err(ApiError::no_such("PaymentMethod", id, param).status(400).into()),
    }
}

/// What becomes of a payment method that was paid with or set up: it is given to the customer where it is kept for
/// later (`usage`), and used up where nobody keeps it. It is put by the
/// caller.
pub(crate) async fn after(
    cx: &mut Cx<'_>,
    means: &mut Means,
    customer: Option<&str>,
    usage: Option<Usage>,
) -> Result<(), Stop> {
    let Means::Method { method, written, .. } = means else { return Ok(()) };
    let away = usage == Some(Usage::OffSession);
    if away && !method.set_up.0 {
        method.set_up.0 = true;
        *written = false;
    }
    match (usage, customer) {
        (Some(_), Some(customer)) if method.customer.is_none() => {
            attach(cx, method, customer, false).await?;
            *written = true;
        }
        (None, _) if method.customer.is_none() => {
            method.spent.0 = true;
            *written = false;
        }
        _ => {}
    }
    Ok(())
}

impl PaymentMethod {
    /// Names the mandate under which it is debited.
    pub(crate) fn under(&mut self, mandate: &str) {
        self.mandate.0 = Optional(Some(mandate.to_owned()));
    }
}
