//! Which kinds of payment methods an intent takes, and what they are kept for.
use crate::payments::{
    cash_balance::bank_transfer::TransferType,
    payment_method::MethodType,
    payment_method_configuration::{Details, for_intent},
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Version};
use wire::{Optional, Wire};

/// Whether the kinds of payment methods follow from the account's settings.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Automatic {
    /// Whether kinds that lead the payer elsewhere are among them.
    pub allow_redirects: Optional<Redirects>,
    /// Whether they do.
    pub enabled: bool,
}

/// Whether kinds that lead the payer elsewhere are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Redirects {
    /// They are.
    Always,
    /// They are not.
    Never,
}

/// What a payment method is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Usage {
    /// For payments while the payer is away, too.
    OffSession,
    /// For payments of a payer who is there.
    OnSession,
}

/// From this version on, the kinds follow from the settings where nobody says otherwise.
const BY_SETTINGS: Version = Version::of("2023-08-16");

/// What an intent is paid with.
pub(crate) struct Resolved {
    /// The kinds.
    pub(crate) kinds: Vec<String>,
    /// Whether they follow from the settings.
    pub(crate) automatic: Option<Automatic>,
    /// From which.
    pub(crate) configuration: Option<Details>,
}

/// The kinds of an intent: those that were named, or those that follow from the settings (those of `configuration`, where
/// it is named) and the currency. `None` as currency allows all that can be set up. Errors: both are said, or a kind is
/// none; there is no such configuration, or it leaves no kind.
pub(crate) async fn resolve(
    cx: &Cx<'_>,
    named: &[String],
    automatic: Option<Automatic>,
    currency: Option<Currency>,
    configuration: Option<&str>,
) -> Result<Resolved, Stop> {
    let on = automatic.as_ref().map(|it| it.enabled);
    if !named.is_empty() && on == Some(true) {
        return Err(not_both("automatic_payment_methods").into());
    }
    if !named.is_empty() && configuration.is_some() {
        return Err(not_both("payment_method_configuration").into());
    }
    for (i, kind) in named.iter().enumerate() {
        let known = MethodType::named(kind).filter(|kind| fits(*kind, currency));
        if known.is_none() {
            let shown: String = kind.chars().take(60).collect();
            let kinds: Vec<&str> = all(currency).into_iter().map(MethodType::as_str).collect();
            let message = format!(
                "The payment method type '{shown}' is invalid. Use one of those that can be used here: {}.",
                kinds.join(", ")
            );
            return Err(ApiError::invalid(400, message)
                .code("payment_intent_invalid_parameter")
                .param(format!("allowed_payment_method_types[{i}]"))
                .into());
        }
    }
    let plain = |kinds, automatic| Resolved { kinds, automatic, configuration: None };
    if !named.is_empty() {
        return Ok(plain(named.to_vec(), None));
    }
    if on == Some(true) || (on.is_none() && (configuration.is_some() || cx.caller.version.has(BY_SETTINGS))) {
        let redirects = automatic.and_then(|it| it.allow_redirects.0).unwrap_or(Redirects::Always);
        let automatic = Automatic { allow_redirects: Optional(Some(redirects)), enabled: true };
        // Boxed: what pays for a subscription stands on many others already.
        let (kinds, details) = Box::pin(for_intent(cx, configuration, &all(currency))).await?;
        return Ok(Resolved { kinds, automatic: Some(automatic), configuration: Some(details) });
    }
    if configuration.is_some() {
        let message = "A payment method configuration says which payment methods are automatic. Send automatic_payment_methods[enabled]=true with it.";
        let error = ApiError::invalid(400, message).code("payment_intent_invalid_parameter");
        return Err(error.param("payment_method_configuration").into());
    }
    Ok(plain(vec!["card".to_owned()], automatic))
}

/// The refusal of kinds that are named beside what they would follow from.
fn not_both(param: &str) -> ApiError {
    let message =
        format!("You may only specify one of these parameters: {param}, allowed_payment_method_types.");
    ApiError::invalid(400, message).code("parameters_exclusive").param(param)
}

/// The kinds that settings can say something of.
fn all(currency: Option<Currency>) -> Vec<MethodType> {
    let kinds = [MethodType::Card, MethodType::SepaDebit, MethodType::UsBankAccount];
    kinds.into_iter().filter(|kind| fits(*kind, currency)).collect()
}

/// Whether a kind can be paid with in a currency.
fn fits(kind: MethodType, currency: Option<Currency>) -> bool {
    let Some(currency) = currency else { return kind != MethodType::CustomerBalance };
    match kind {
        MethodType::Card => true,
        MethodType::CustomerBalance => TransferType::of(currency).is_some(),
        MethodType::SepaDebit => currency.as_str() == "eur",
        MethodType::UsBankAccount => currency.as_str() == "usd",
    }
}

/// Whether the payer may be led elsewhere, so that it must be known where they come back to.
pub(crate) fn needs_return(automatic: Option<&Automatic>) -> bool {
    automatic.is_some_and(|it| it.enabled && it.allow_redirects.0 != Some(Redirects::Never))
}

/// The error for a payer who could not come back.
pub(crate) fn no_return() -> ApiError {
    let message = "This intent is configured to accept payment methods enabled in your settings. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.";
    ApiError::invalid(400, message).param("return_url")
}

/// Whether an address can be returned to.
pub(crate) fn check_return_url(url: Option<&str>) -> Result<(), ApiError> {
    let Some(url) = url else { return Ok(()) };
    let scheme = url.split_once("://").map(|(scheme, rest)| (scheme, rest.is_empty()));
    let plain = |scheme: &str| {
        scheme.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !["javascript", "data", "vbscript", "file", "blob"]
                .contains(&scheme.to_ascii_lowercase().as_str())
    };
    let good = scheme.is_some_and(|(scheme, empty)| !empty && plain(scheme));
    if good && url.len() <= 5000 && !url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    let message = "Not a valid URL. Send a whole address, such as https://example.com/done.";
    Err(ApiError::invalid(400, message).code("url_invalid").param("return_url"))
}

/// Kinds are named or excluded. Errors: both.
pub(crate) fn one_way(named: &[String], excluded: &[String]) -> Result<(), ApiError> {
    if named.is_empty() || excluded.is_empty() {
        return Ok(());
    }
    let message = "You may only specify one of these parameters: allowed_payment_method_types, excluded_payment_method_types.";
    let error = ApiError::invalid(400, message).code("parameters_exclusive");
    Err(error.param("excluded_payment_method_types"))
}

/// What is left of the kinds. Errors: nothing is.
pub(crate) fn without(mut kinds: Vec<String>, excluded: &[String]) -> Result<Vec<String>, ApiError> {
    kinds.retain(|kind| !excluded.contains(kind));
    if kinds.is_empty() {
        let message = "No payment method type is left that could be used. Exclude fewer of them.";
        return Err(ApiError::invalid(400, message)
            .code("payment_intent_invalid_parameter")
            .param("excluded_payment_method_types"));
    }
    Ok(kinds)
}
