//! What may be charged, and how it may be named: the checks on a charge's parameters.
use super::{details::MethodType, terms::Terms};
use crate::address::Shipping;
use api::Cx;
use base::{ApiError, Caller, Currency};
use money::FeeProblem;
use std::fmt::Write as _;

/// The largest amount of a charge in minor units: eight digits.
const AMOUNT_MAX: i64 = 99_999_999;
/// Currencies of small units may have more (API page "Supported currencies").
const AMOUNT_MAX_OF: &[(&str, i64)] = &[("idr", 999_999_999_999), ("inr", 999_999_999)];
/// The longest statement descriptor in characters.
const DESCRIPTOR_MAX: usize = 22;
/// The longest description in characters.
const DESCRIPTION_MAX: usize = 40_000;

/// An amount as messages show it: `$0.50 usd`, `15.00 CZK`.
fn shown(amount: i64, currency: Currency) -> String {
    let mut text = currency.display(amount);
    if !text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        // Writing to a String cannot fail.
        let _ = write!(text, " {currency}");
    }
    text
}

/// More than any movement of money, in minor units; sums of many of these still fit into a counter.
pub(crate) const MONEY_MAX: i64 = 999_999_999_999_999;

/// Checks that a number is above zero, and not more than money can be.
pub(crate) fn positive(param: &str, amount: i64) -> Result<(), ApiError> {
    if (1..=MONEY_MAX).contains(&amount) {
        return Ok(());
    }
    Err(ApiError::invalid(400, "Invalid positive integer").code("parameter_invalid_integer").param(param))
}

/// Checks an amount to be charged against what its currency allows.
pub(crate) fn amount(amount: i64, currency: Currency) -> Result<(), ApiError> {
    positive("amount", amount)?;
    let least = currency.minimum();
    if amount < least {
        let message = format!("Amount must be at least {}", shown(least, currency));
        return Err(ApiError::invalid(400, message).code("amount_too_small").param("amount"));
    }
    let listed = AMOUNT_MAX_OF.iter().find(|(code, _)| *code == currency.as_str());
    let most = listed.map_or(AMOUNT_MAX, |(_, most)| *most);
    if amount > most {
        let message = format!("Amount must be no more than {}", shown(most, currency));
        return Err(ApiError::invalid(400, message).code("amount_too_large").param("amount"));
    }
    // Kept with more decimals on the wire than banks know.
    let step = match currency.as_str() {
        "isk" | "ugx" => 100,
        _ if currency.decimals() == 3 => 10,
        _ => 1,
    };
    if amount % step != 0 {
        let message = format!("Invalid amount: amounts in {currency} must be divisible by {step}.");
        return Err(ApiError::invalid(400, message).code("parameter_invalid_integer").param("amount"));
    }
    Ok(())
}

/// The application fee under its name of today or the earlier one.
pub(crate) fn fee_of(
    amount: Option<i64>,
    earlier: Option<i64>,
) -> Result<Option<(&'static str, i64)>, ApiError> {
    match (amount, earlier) {
        (Some(_), Some(_)) => {
            let message = "Received both application_fee_amount and application_fee parameters. Please pass in only one.";
            Err(ApiError::invalid(400, message).code("parameters_exclusive").param("application_fee"))
        }
        (Some(fee), None) => Ok(Some(("application_fee_amount", fee))),
        (None, Some(fee)) => Ok(Some(("application_fee", fee))),
        (None, None) => Ok(None),
    }
}

/// Checks that an application fee can be taken: by a platform, from the charge of a connected account or from one of
/// its own whose money it sends on.
pub(crate) fn application_fee(
    caller: &Caller,
    fee: Option<(&'static str, i64)>,
    of: i64,
    sends_on: bool,
) -> Result<Option<i64>, ApiError> {
    let Some((param, fee)) = fee else { return Ok(None) };
    if !sends_on && (!caller.is_connect() || caller.application.is_none()) {
        let message = format!(
            "Can only apply an {param} when the request is made on behalf of a connected account (using an OAuth access token or the Stripe-Account header), or of a charge with transfer_data[destination]."
        );
        return Err(ApiError::invalid(400, message).code("application_fees_not_allowed").param(param));
    }
    // It may use up the whole charge; processing is then paid from the rest of the account's balance.
    money::check_application_fee(of, fee, 0).map_err(|problem| {
        let error = ApiError::invalid(400, problem.to_string()).param(param);
        match problem {
            FeeProblem::NotPositive => error.code("parameter_invalid_integer"),
            FeeProblem::AboveAmount | FeeProblem::AboveNet { .. } => error.code("amount_too_large"),
        }
    })?;
    Ok(Some(fee))
}

/// Checks a text that goes to the cardholder's statement.
pub(crate) fn statement_descriptor(param: &'static str, text: Option<&str>) -> Result<(), ApiError> {
    let Some(text) = text else { return Ok(()) };
    let refuse = |message: String| ApiError::invalid(400, message).param(param);
    if text.chars().count() > DESCRIPTOR_MAX {
        return Err(refuse(format!(
            "The statement descriptor must be at most {DESCRIPTOR_MAX} characters long."
        )));
    }
    if let Some(bad) = text.chars().find(|c| !(' '..='~').contains(c) || "<>\"'*\\".contains(*c)) {
        let message = format!(
            "The statement descriptor can't contain the character '{}'. Use Latin letters, digits and punctuation other than < > \\ ' \" *.",
            bad.escape_default()
        );
        return Err(refuse(message).code("invalid_characters"));
    }
    if !text.chars().any(|c| c.is_ascii_alphabetic()) {
        return Err(refuse("The statement descriptor must contain at least one letter.".into()));
    }
    Ok(())
}

/// What the statement shows: the charge's own text, or the account's, with the charge's part after it.
pub(crate) fn calculated_descriptor(
    own: Option<&str>,
    suffix: Option<&str>,
    usual: Option<&str>,
    prefix: Option<&str>,
) -> Option<String> {
    let before = own.or(prefix);
    let whole = match (suffix, before) {
        (Some(suffix), Some(before)) => {
            let room = DESCRIPTOR_MAX.saturating_sub(suffix.chars().count() + 2);
            let before: String = before.chars().take(room).collect();
            format!("{}* {suffix}", before.trim_end())
        }
        (Some(suffix), None) => suffix.to_owned(),
        (None, _) => own.or(usual)?.to_owned(),
    };
    Some(whole.chars().take(DESCRIPTOR_MAX).collect())
}

/// Checks an address that receipts go to.
pub(crate) fn receipt_email(email: Option<&str>) -> Result<(), ApiError> {
    let Some(email) = email else { return Ok(()) };
    let (local, host) = email.rsplit_once('@').unwrap_or_default();
    if !local.is_empty() && !host.is_empty() && email.len() <= 512 && !email.contains(char::is_whitespace) {
        return Ok(());
    }
    let given: String = email.chars().take(100).collect();
    Err(ApiError::invalid(400, format!("Invalid email address: {given}"))
        .code("email_invalid")
        .param("receipt_email"))
}

/// Checks a description.
pub(crate) fn description(text: Option<&str>) -> Result<(), ApiError> {
    if text.is_none_or(|text| text.chars().count() <= DESCRIPTION_MAX) {
        return Ok(());
    }
    let message = format!("The description must be at most {DESCRIPTION_MAX} characters long.");
    Err(ApiError::invalid(400, message).param("description"))
}

/// Checks that a parcel has an addressee.
pub(crate) fn shipping(shipping: Option<&Shipping>) -> Result<(), ApiError> {
    if shipping.is_some_and(|shipping| shipping.name.is_none()) {
        return Err(ApiError::missing("shipping[name]"));
    }
    Ok(())
}

/// Checks that the caller's account can be charged for in this mode.
pub(crate) fn may_charge(cx: &Cx<'_>, enabled: bool) -> Result<(), ApiError> {
    if !cx.caller.livemode || enabled {
        return Ok(());
    }
    let message = "Your account cannot currently make live charges. Submit the account's details to activate it, or use a test mode key.";
    Err(ApiError::invalid(403, message).code("testmode_charges_only"))
}

/// Checks that the account of a charge may take this kind of payment method. `for_another`: a platform charges on its behalf.
pub(crate) fn has_capability(terms: &Terms, kind: MethodType, for_another: bool) -> Result<(), ApiError> {
    let capability = kind.capability();
    if terms.may(capability) {
        return Ok(());
    }
    let message = format!(
        "You cannot create a charge on a connected account without the `{capability}` capability enabled."
    );
    let error = ApiError::invalid(400, message);
    Err(if for_another { error.param("on_behalf_of") } else { error })
}
