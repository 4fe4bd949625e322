//! What somebody typed of an account or of a person, for whoever holds the token of it. It is sealed as it came, since
//! it may hold numbers that nobody else may read.
use super::{Token, unused};
use crate::connect::account::TokenParams;
use crate::connect::person::PersonParams;
use acquirer::Decline;
use api::{Cx, Stop, fault, sealed_text};
use base::{ApiError, Via};
use std::fmt;
use vault::Kind;
use wire::{At, Bad, Hidden, Node, Shape, Shaped, Wire};

/// The sort of secret that it is.
pub(super) const DETAILS: Kind = Kind::Other("details");
/// The types of tokens of accounts, of persons, and of security codes.
pub(super) const ACCOUNT: &str = "account";
pub(super) const PERSON: &str = "person";
pub(super) const CVC_UPDATE: &str = "cvc_update";

/// Parameters, and what they came as.
pub(super) struct Typed<T> {
    pub(super) it: T,
    raw: String,
}

/// What it came as does not belong in a log.
impl<T> fmt::Debug for Typed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(****)")
    }
}

impl<T: Wire> Wire for Typed<T> {
    const SHAPE: Shape = T::SHAPE;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        Ok(Typed { it: T::read(at, node)?, raw: node.map(Node::to_json).unwrap_or_default() })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.it.write(out);
    }
}

/// `cvc_update` as sent.
#[derive(Debug, Wire)]
pub(super) struct CvcParams {
    cvc: crate::payments::card::Entered,
}

/// A token of the details of an account. Errors: they could not be kept.
pub(super) fn of_account(cx: &Cx<'_>, sent: Typed<TokenParams>) -> Result<Token, Stop> {
    from_browsers(cx, ACCOUNT)?;
    sent.it.check(cx)?;
    sealed(cx, "ct", ACCOUNT, &sent.raw)
}

/// A token of the details of a person. Errors: they could not be kept.
pub(super) fn of_person(cx: &Cx<'_>, sent: Typed<PersonParams>) -> Result<Token, Stop> {
    from_browsers(cx, PERSON)?;
    sent.it.check(cx, PERSON)?;
    sealed(cx, "cpt", PERSON, &sent.raw)
}

/// A token of a security code. The code is looked at and not kept. Errors: it is none.
pub(super) fn of_cvc(cx: &Cx<'_>, sent: &CvcParams) -> Result<Token, Stop> {
    let code = sent.cvc.0.reveal().trim();
    if !(3..=4).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
        let why = Decline::InvalidCvc;
        return Err(ApiError::card(why.code(), None, why.message()).param("cvc_update[cvc]").into());
    }
    let id = cx.world.new_id("cvctok");
    Ok(Token { id, r#type: CVC_UPDATE.into(), ..Token::blank(cx) })
}

/// In live mode, what people say of themselves comes from their browsers.
fn from_browsers(cx: &Cx<'_>, kind: &str) -> Result<(), ApiError> {
    if !cx.caller.livemode || cx.caller.via == Via::PublishableKey {
        return Ok(());
    }
    let message = format!(
        "In live mode, tokens of the type {kind} are created with a publishable key only: make this token in the browser or app of whoever gives the details."
    );
    Err(ApiError::invalid(400, message).param(kind))
}

fn sealed(cx: &Cx<'_>, prefix: &str, kind: &str, raw: &str) -> Result<Token, Stop> {
    let id = cx.world.new_id(prefix);
    let pieces = sealed_text::seal(cx.world, DETAILS, &cx.caller.account, &id, raw)?;
    Ok(Token { id, r#type: kind.into(), sealed_details: Hidden(pieces), ..Token::blank(cx) })
}

/// Where and when the details of a token were typed.
pub(crate) struct Origin {
    /// When.
    pub(crate) date: base::Timestamp,
    /// The address of the machine.
    pub(crate) ip: Option<String>,
    /// Its program.
    pub(crate) user_agent: Option<String>,
}

/// Takes the details of an account that a token stands for, and writes down that it was used. Errors: the token is
/// missing, used, or stands for something else.
pub(crate) async fn take_account(
    cx: &mut Cx<'_>,
    id: &str,
    param: &str,
) -> Result<(TokenParams, Origin), Stop> {
    take(cx, id, param, ACCOUNT).await
}

/// As [`take_account`], of a person.
pub(crate) async fn take_person(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<PersonParams, Stop> {
    Ok(take(cx, id, param, PERSON).await?.0)
}

/// Takes the security code that a token stands for.
pub(crate) async fn take_cvc(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<(), Stop> {
    let mut token = of_kind(cx, id, param, CVC_UPDATE).await?;
    token.used = true;
    cx.put(&token);
    Ok(())
}

async fn of_kind(cx: &mut Cx<'_>, id: &str, param: &str, kind: &str) -> Result<Token, Stop> {
    let token = unused(cx, id, param).await?;
    if token.r#type != kind {
        let message =
            format!("The token {id} is of the type {}. Send a token of the type {kind}.", token.r#type);
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    Ok(token)
}

async fn take<T: Shaped>(cx: &mut Cx<'_>, id: &str, param: &str, kind: &str) -> Result<(T, Origin), Stop> {
    let mut token = of_kind(cx, id, param, kind).await?;
    let pieces = std::mem::take(&mut token.sealed_details.0);
    let raw = sealed_text::open(cx.world, DETAILS, &cx.caller.account, id, &pieces)?;
    token.used = true;
    cx.put(&token);
    let node = Node::parse(raw.as_bytes()).map_err(|e| fault(format!("{id} is not readable: {e}")))?;
    let origin = Origin { date: token.created, ip: token.client_ip, user_agent: token.user_agent.0 };
    Ok((wire::from_params(&node.into_form())?, origin))
}

#[cfg(test)]
mod tests;
