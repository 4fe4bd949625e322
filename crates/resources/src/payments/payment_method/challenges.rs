//! The cardholder's part (3-D Secure): whether the bank wants it before a card is charged or set up.
use crate::payments::{
    card::refused,
    charge::{
        details::{AuthenticationFlow, AuthenticationResult, ThreeDSecure},
        means::Means,
    },
    payment_method::MethodType,
};
use acquirer::{
    Presence,
    simulator::{self, Demand},
};
use api::{Cx, Stop};
use base::ApiError;

/// What becomes of the cardholder's part.
pub(crate) enum Part {
    /// It was taken, or is not needed.
    Taken(Presence, Option<ThreeDSecure>),
    /// It is wanted first.
    Wanted,
    /// It cannot be had, and the bank wants it.
    Refused(ApiError),
}

/// The version of the protocol that the simulated network speaks.
const VERSION: &str = "2.2.0";

fn told(
    flow: Option<AuthenticationFlow>,
    result: AuthenticationResult,
    indicator: Option<&str>,
    reason: Option<&str>,
) -> ThreeDSecure {
    ThreeDSecure {
        authentication_flow: flow,
        electronic_commerce_indicator: indicator.map(str::to_owned),
        exemption_indicator: None,
        result: Some(result),
        result_reason: reason.map(str::to_owned),
        transaction_id: None,
        version: Some(VERSION.into()),
    }
}

/// The part of a cardholder who is there. `proven`: they took it before. `wanted`: the seller asks for it although the
/// bank might not. In live mode the acquirer sees to it.
pub(crate) fn part(cx: &Cx<'_>, means: &Means, proven: bool, wanted: bool) -> Result<Part, Stop> {
    use AuthenticationFlow::{Challenge, Frictionless};
    use AuthenticationResult::{AttemptAcknowledged, Authenticated, ProcessingError};
    if means.kind() != MethodType::Card || cx.caller.livemode {
        return Ok(Part::Taken(Presence::Unproven, None));
    }
    let set_up = means.is_set_up();
    if proven {
        let how = ThreeDSecure {
            transaction_id: Some(cx.world.new_id("3ds")),
            ..told(Some(Challenge), Authenticated, Some("05"), None)
        };
        return Ok(Part::Taken(Presence::Authenticated, Some(how)));
    }
    let card = means.network_card(cx)?;
    let demand =
        simulator::find(card.ask().number).map(|listed| listed.authentication.demand(set_up, wanted));
    let otherwise = if set_up { Presence::SetUp } else { Presence::Unproven };
    Ok(match demand.unwrap_or(Demand::Nothing) {
        Demand::Nothing => Part::Taken(otherwise, None),
        Demand::NotEnrolled => {
            let how = told(None, AttemptAcknowledged, Some("06"), Some("card_not_enrolled"));
            Part::Taken(otherwise, Some(how))
        }
        Demand::Frictionless => {
            let how = told(Some(Frictionless), Authenticated, Some("05"), None);
            Part::Taken(Presence::Authenticated, Some(how))
        }
        Demand::Failed => {
            Part::Taken(otherwise, Some(told(None, ProcessingError, None, Some("protocol_error"))))
        }
        Demand::Refused => Part::Refused(refused(cx, acquirer::Decline::Generic)),
        Demand::Challenge => Part::Wanted,
    })
}
