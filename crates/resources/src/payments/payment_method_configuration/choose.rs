//! What an intent takes from a configuration.
use super::{
    PaymentMethodConfiguration, Setting, default, find,
    methods::{capability, usual},
    through,
};
use crate::payments::{charge::terms::Terms, payment_method::MethodType};
use api::{Cx, Stop};
use base::{ApiError, Named as _};
use wire::Wire;

/// The configuration that the kinds of an intent follow from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Details {
    /// `pmc_…`.
    pub id: String,
    /// The configuration of the platform that it follows.
    pub parent: Option<String>,
}

/// Which kinds of payment methods an intent takes of `kinds`, by the configuration that is named, or by the one of the account
/// (or of the platform that acts for it). Errors: there is none with this id, or it is not active; no kind is left.
pub(crate) async fn for_intent(
    cx: &Cx<'_>,
    named: Option<&str>,
    kinds: &[MethodType],
) -> Result<(Vec<String>, Details), Stop> {
    const PARAM: &str = "payment_method_configuration";
    let account = &cx.caller.account;
    let it = match named {
        None => default(cx, account, through(cx)).await?,
        Some(id) => match find(cx, account, through(cx), id).await? {
            Some(it) => it,
            None => return Err(ApiError::no_such(PaymentMethodConfiguration::NAME, id, PARAM).into()),
        },
    };
    if !it.active {
        let message =
            format!("The payment method configuration {} is not active. Activate it, or use another.", it.id);
        return Err(ApiError::invalid(400, message).param(PARAM).into());
    }
    let parent = match (&it.parent, &it.platform.0) {
        (Some(parent), Some(platform)) => find(cx, platform, None, parent).await?,
        _ => None,
    };
    let terms = Terms::of(cx, account).await?;
    let offered = |kind: &MethodType| {
        let name = kind.as_str();
        let want = |it: &PaymentMethodConfiguration, above| {
            it.method(name).map_or(above, |it| Setting::of(it.display_preference.preference, above))
        };
        let above = parent.as_ref().map_or(usual(name), |it| want(it, usual(name)));
        want(&it, above) == Setting::On && capability(name).is_some_and(|it| terms.may(it))
    };
    let left: Vec<String> =
        kinds.iter().filter(|kind| offered(kind)).map(|kind| kind.as_str().to_owned()).collect();
    if left.is_empty() {
        let message = "No valid payment method types for this intent. Please ensure that you have activated payment methods compatible with your chosen currency in your payment method configuration, and that the account has the capabilities for them.";
        return Err(ApiError::invalid(400, message).into());
    }
    Ok((left, Details { id: it.id, parent: it.parent }))
}
