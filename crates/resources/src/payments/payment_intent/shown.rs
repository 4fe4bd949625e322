//! Intents towards browsers: who holds the client secret sees what the payer may see, and nothing else.
use api::{Cx, Stop, Stored};
use base::{ApiError, Via};
use store::Bytes;
use wire::Node;

/// What a browser sees of a payment intent or a setup intent.
#[rustfmt::skip]
const PUBLIC: &[&str] = &[
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
    "capture_method", "client_secret", "confirmation_method", "created", "currency", "description", "last_payment_error",
    "last_setup_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details",
    "payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status", "usage",
];

/// Makes the client secret of a new intent.
pub(crate) fn new_secret(cx: &Cx<'_>, id: &str) -> String {
    format!("{id}_secret_{}", cx.token(25))
}

/// Whether the caller may ask for this intent: a browser must show its client secret, and whoever shows one must show
/// the right one.
pub(crate) fn admit(
    cx: &Cx<'_>,
    noun: &str,
    shown: Option<&str>,
    secret: Option<&str>,
) -> Result<(), ApiError> {
    match shown {
        None if cx.caller.via == Via::PublishableKey => {
            let message =
                format!("You must provide the client_secret of this {noun} when you use a publishable key.");
            Err(ApiError::invalid(400, message).code("parameter_missing").param("client_secret"))
        }
        Some(shown) if Some(shown) != secret => {
            let message = format!(
                "The client_secret provided does not match any associated {noun} on this account. Ensure the publishable key used belongs to the same account that created the {noun}."
            );
            Err(ApiError::invalid(400, message).code("resource_missing").param("client_secret"))
        }
        _ => Ok(()),
    }
}

/// The intent as this caller may see it.
pub(crate) fn shown(cx: &Cx<'_>, body: Bytes) -> Result<Stored, Stop> {
    if cx.caller.via != Via::PublishableKey {
        return Ok(Stored(body));
    }
    let mut tree = Node::parse(&body).map_err(|e| api::fault(format!("an intent is no JSON: {e}")))?;
    if let Node::Map(entries) = &mut tree {
        entries.retain(|(name, _)| PUBLIC.contains(&name.as_ref()));
    }
    let mut out = Vec::with_capacity(body.len());
    tree.write(&mut out);
    Ok(Stored(Bytes::from(out)))
}

/// The error as this caller may see it.
pub(crate) fn error(cx: &Cx<'_>, mut error: ApiError) -> Result<ApiError, Stop> {
    if cx.caller.via == Via::PublishableKey {
        for (name, json) in &mut error.objects {
            if *name == "payment_intent" || *name == "setup_intent" {
                let seen = shown(cx, std::mem::take(json).into_bytes().into())?;
                *json = String::from_utf8(seen.0.to_vec()).map_err(|_| api::fault("an intent is no text"))?;
            }
        }
    }
    Ok(error)
}
