//! Ids that callers choose themselves: of plans, products and coupons.
use api::{Cx, Object, Stop};
use base::{ApiError, Version};

/// Ids are plain from this version on.
const PLAIN: Version = Version::of("2018-05-21");
/// The longest id, in characters.
const MAX: usize = 200;

/// The id of a new `T`: the chosen one, or a new one. Errors: it cannot be an id, or there is one already.
pub(crate) async fn choose<T: Object>(cx: &mut Cx<'_>, chosen: Option<String>, param: &str) -> Result<String, Stop> {
    let Some(id) = chosen else { return Ok(cx.new_id::<T>()) };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    // A slash would end the path of its URL, and a control character is nobody's wish.
    let keepable = |c: char| c != '/' && !c.is_control();
    let fits = if cx.caller.version.has(PLAIN) { id.chars().all(plain) } else { id.chars().all(keepable) };
    if !fits || id.chars().count() > MAX || id.len() > 255 {
        let shown: String = id.chars().take(MAX).collect();
        let message = format!(
            "Invalid id '{shown}': must be at most {MAX} characters long and consist of letters, numbers, '-' and '_' only."
        );
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    if cx.get::<T>(&id).await?.is_some() {
        let mut noun = T::NAME.to_owned();
        if let Some(first) = noun.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let message = format!("{noun} already exists.");
        return Err(ApiError::invalid(400, message).code("resource_already_exists").param(param).into());
    }
    Ok(id)
}
