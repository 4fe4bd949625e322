//! Ids that callers choose themselves: of plans, products and coupons. They do not rise with time as others do, so such an
//! object keeps the id that it would have had, by which it stands in lists.
use crate::connect::account;
use api::{Cx, Object, Outcome, Page, Stop, done};
use base::{ApiError, Version};
use store::IndexKey;
use wire::{Hidden, Optional};

/// Ids are plain from this version on.
const PLAIN: Version = Version::of("2018-05-21");
/// The longest id, in characters.
const MAX: usize = 200;

/// The id that an object with a chosen one would have had; none where it has that.
pub(crate) type InPlaceOf = Hidden<Optional<String>>;

/// A noun whose ids callers may choose.
pub(crate) trait Chosen: Object + Clone {
    /// The id that it would have had.
    fn in_place_of(&self) -> &InPlaceOf;
    /// The index of those with chosen ids.
    fn chosen(&self) -> Option<IndexKey> {
        self.in_place_of().0.0.as_ref().map(|_| IndexKey::listed(CHOSEN, CHOSEN))
    }
    /// What rises with time.
    fn order(&self) -> &str {
        let id = self.in_place_of().0.0.as_deref().unwrap_or(self.id());
        id.split_once('_').map_or(id, |(_, rising)| rising)
    }
}

/// The index, and its value, of those with chosen ids.
const CHOSEN: &str = "chosen";
/// So many are put in order; where there are more, those with chosen ids stand by their ids.
const ORDERED_MAX: usize = 10_000;

/// As `Cx::page_where`, newest first whatever the ids are.
pub(crate) async fn page<T: Chosen>(
    cx: &mut Cx<'_>,
    by: Option<(&'static str, String)>,
    keep: impl Fn(&T) -> bool + Send,
) -> Outcome<Page> {
    let chosen = cx.count::<T>(Some((CHOSEN, CHOSEN.to_owned()))).await?;
    if chosen == 0 || cx.count::<T>(by.clone()).await? > ORDERED_MAX as u64 {
        return cx
            .page_where::<T>(by, move |doc| wire::from_json::<T>(&doc.body).is_ok_and(|it| keep(&it)))
            .await;
    }
    let mut all = cx.all_by::<T>(&cx.caller.account, cx.caller.livemode, by, ORDERED_MAX).await?;
    all.retain(|it| keep(it));
    all.sort_by(|a, b| b.order().cmp(a.order()));
    let items = all.into_iter().map(|it| (it.id().to_owned(), account::json(it))).collect();
    done(account::slice(cx, T::NAME, T::PATH.into(), items)?)
}

/// The id of a new `T`, and the one in whose place it is: the chosen one, or a new one. Errors: it cannot be an id, or there is one already.
pub(crate) async fn choose<T: Object>(
    cx: &mut Cx<'_>,
    chosen: Option<String>,
    param: &str,
) -> Result<(String, InPlaceOf), Stop> {
    let Some(id) = chosen else { return Ok((cx.new_id::<T>(), Hidden(Optional(None)))) };
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
    Ok((id, Hidden(Optional(Some(cx.new_id::<T>())))))
}
