//! Numbers of persons, as they are typed or by a token. What is kept of a number is what it said.
use crate::{
    connect::account::id_number,
    payments::{card::Entered, token},
};
use api::{Cx, Stop};
use base::ApiError;
use wire::{Patch, Wire};

/// What a number said.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct IdNumber {
    /// `true`, `at_once` or `mismatch`.
    pub said: String,
    /// Whether it is as long as a whole social security number.
    pub is_whole: bool,
}

/// Characters of a number.
const MAX: usize = 40;

/// The digits and letters of a number.
pub(super) fn plain(sent: &Entered, param: &str) -> Result<String, ApiError> {
    let text = sent.0.reveal();
    if text.len() > MAX || text.chars().any(char::is_control) {
        let message = "Invalid number: send it as it stands on the document.";
        return Err(ApiError::invalid(400, message).param(param));
    }
    Ok(text.chars().filter(char::is_ascii_alphanumeric).collect())
}

/// What a number says that was typed; `None` where it is empty. Errors: it is no number.
pub(crate) fn read(sent: &Entered, param: &str, live: bool) -> Result<Option<IdNumber>, ApiError> {
    let given = plain(sent, param)?;
    let read = IdNumber { said: id_number(&given, live).into(), is_whole: given.len() == 9 };
    Ok((!given.is_empty()).then_some(read))
}

/// What a number says that was typed; nothing where a token was sent, which is not looked for.
pub(super) fn look(sent: &Patch<Entered>, param: &str, live: bool) -> Result<Patch<IdNumber>, ApiError> {
    match sent {
        Patch::Set(sent) if !is_token(sent) => Ok(read(sent, param, live)?.map_or(Patch::Clear, Patch::Set)),
        Patch::Clear => Ok(Patch::Clear),
        _ => Ok(Patch::Keep),
    }
}

fn is_token(sent: &Entered) -> bool {
    sent.0.reveal().starts_with("pii_")
}

/// What a number says that was typed, or that a token stands for, which is used up by it. Errors: it is no number; the token
/// is missing, used, or stands for something else.
pub(super) async fn redeem(
    cx: &mut Cx<'_>,
    sent: &Patch<Entered>,
    param: &str,
    live: bool,
) -> Result<Patch<IdNumber>, Stop> {
    match sent {
        Patch::Set(sent) if is_token(sent) => {
            Ok(Patch::Set(token::take_number(cx, sent.0.reveal(), param).await?))
        }
        sent => Ok(look(sent, param, live)?),
    }
}
