//! Which codes are taken: one active promotion code has a code, or one for each of some customers. The document of a code,
//! read and written by whoever takes it, is what two of them cannot both have.
use super::PromotionCode;
use crate::billing::amounts::refused;
use api::{Cx, Object, Stop};
use base::{ApiError, Named, Ref};
use wire::Wire;

/// Who has a code.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Codes {
    /// The code, in capitals.
    pub id: String,
    /// `promotion_code_taken`.
    pub object: String,
    /// The active promotion codes that have it.
    pub active: Vec<Holder>,
}

/// A promotion code that has a code.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Holder {
    /// The promotion code.
    pub promotion_code: String,
    /// Who alone can redeem it.
    pub customer: Option<String>,
}

impl Named for Codes {
    const NAME: &'static str = "promotion_code_taken";
    const PREFIX: &'static str = "";
}
impl Object for Codes {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Characters of a code that is made up.
const LENGTH: usize = 8;
/// The longest code, in characters.
const MAX: usize = 200;

/// The code of a new promotion code. Errors: it has other characters than letters, digits and dashes, or too many.
pub(super) fn choose(cx: &Cx<'_>, chosen: Option<String>) -> Result<String, ApiError> {
    let Some(code) = chosen else { return Ok(cx.token(LENGTH).to_ascii_uppercase()) };
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !plain || code.len() > MAX {
        let message = format!("A promotion code can have up to {MAX} letters, digits and dashes.");
        return Err(ApiError::invalid(400, message).param("code"));
    }
    Ok(code)
}

/// Takes the code of a promotion code that becomes active. Errors: another has it.
pub(super) async fn take(cx: &mut Cx<'_>, it: &PromotionCode, param: &str) -> Result<(), Stop> {
    let id = it.code.to_ascii_uppercase();
    let customer = it.customer.as_ref().map(|Ref { id, .. }| id.clone());
    let fresh = Codes { id: id.clone(), object: Codes::NAME.into(), active: Vec::new() };
    let mut taken = cx.get::<Codes>(&id).await?.unwrap_or(fresh);
    if taken.active.iter().any(|it| it.customer.is_none() || customer.is_none() || it.customer == customer) {
        let message = format!("An active promotion code with `code: {}` already exists.", it.code);
        return Err(refused(message).param(param).into());
    }
    taken.active.push(Holder { promotion_code: it.id.clone(), customer });
    cx.put(&taken);
    Ok(())
}

/// Frees the code of a promotion code that is not active any more.
pub(super) async fn free(cx: &mut Cx<'_>, it: &PromotionCode) -> Result<(), Stop> {
    let Some(mut taken) = cx.get::<Codes>(&it.code.to_ascii_uppercase()).await? else { return Ok(()) };
    taken.active.retain(|held| held.promotion_code != it.id);
    if taken.active.is_empty() {
        cx.delete(&taken);
    } else {
        cx.put(&taken);
    }
    Ok(())
}
