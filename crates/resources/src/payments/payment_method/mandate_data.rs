//! What a holder agreed to, as it is sent with a confirmation.
use crate::payments::{
    charge::means::Means,
    mandate::{self, Acceptance, AcceptanceType, Mandate, Offline, Online, SingleUse, Status},
};
use api::{Cx, Stop};
use base::{ApiError, Timestamp};
use wire::{Optional, Wire};

/// `mandate_data`.
#[derive(Debug, Wire)]
pub(crate) struct MandateData {
    customer_acceptance: AcceptanceParams,
}

/// How the holder agreed.
#[derive(Debug, Wire)]
struct AcceptanceParams {
    accepted_at: Option<Timestamp>,
    offline: Option<Offline>,
    online: Option<Online>,
    r#type: AcceptanceType,
}

impl MandateData {
    /// The holder's part. Errors: what tells of it is missing.
    pub(crate) fn accepted(self, cx: &Cx<'_>) -> Result<Acceptance, ApiError> {
        let AcceptanceParams { accepted_at, offline, online, r#type } = self.customer_acceptance;
        let at = |name: &str| format!("mandate_data[customer_acceptance]{name}");
        if r#type == AcceptanceType::Online {
            let told = online.as_ref();
            if told.is_none_or(|it| it.ip_address.is_none()) {
                return Err(ApiError::missing(&at("[online][ip_address]")));
            }
            if told.is_none_or(|it| it.user_agent.is_none()) {
                return Err(ApiError::missing(&at("[online][user_agent]")));
            }
        }
        let offline = (r#type == AcceptanceType::Offline).then(|| offline.unwrap_or(Offline {}));
        let online = online.filter(|_| r#type == AcceptanceType::Online);
        Ok(Acceptance {
            accepted_at: Some(accepted_at.unwrap_or(cx.now())),
            offline: Optional(offline),
            online: Optional(online),
            r#type,
        })
    }
}

/// A debit needs the holder's mandate: one that is given along (for one debit where `once` says so), one that is named,
/// or that of before. Answers its id; none for what needs no mandate.
pub(crate) async fn agree(
    cx: &mut Cx<'_>,
    means: &mut Means,
    acceptance: Option<Acceptance>,
    named: Option<String>,
    once: Option<SingleUse>,
) -> Result<Option<String>, Stop> {
    let refuse = |message: String| {
        ApiError::invalid(400, message).code("payment_intent_mandate_invalid").param("mandate")
    };
    let Means::Method { method, written, .. } = means else { return Ok(None) };
    if !method.r#type.needs_mandate() {
        if named.is_some() {
            let message = "A mandate is for debits of bank accounts; cards are charged without one.";
            return Err(refuse(message.to_owned()).into());
        }
        return Ok(None);
    }
    if let Some(acceptance) = acceptance {
        let mandate = mandate::make(cx, method, acceptance, once);
        method.under(&mandate.id);
        *written = false;
        return Ok(Some(mandate.id));
    }
    let Some(id) = named.or(method.mandate.0.0.clone()) else {
        let message = format!(
            "A PaymentMethod of the type {} needs the holder's mandate. Pass in mandate_data, or set it up with a SetupIntent first.",
            method.r#type.as_str()
        );
        return Err(ApiError::invalid(400, message).code("parameter_missing").param("mandate_data").into());
    };
    let Some(mandate) = cx.get::<Mandate>(&id).await? else {
        return Err(ApiError::no_such("mandate", &id, "mandate").into());
    };
    if mandate.status != Status::Active || mandate.payment_method.id != method.id {
        let message =
            format!("The mandate {id} does not allow this payment. Pass in mandate_data to get another one.");
        return Err(refuse(message).into());
    }
    method.under(&id);
    Ok(Some(id))
}
