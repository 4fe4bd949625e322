//! What an API change is: one small module each, in the crate `versions`.
use crate::Version;
use wire::Node;

/// One incompatible change of the API, described as the past: how today's answer becomes the older one, and how
/// the older parameters become today's.
pub trait Change: Sync {
    /// The first version that has the new behaviour.
    fn since(&self) -> Version;
    /// What changed, in one sentence; the changelog is made of these.
    fn what(&self) -> &'static str;
    /// References and sublists that the older shape embeds: `(object, field)`, loaded before `down` runs. A field within a
    /// hash is written as `source.coupon`.
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// Objects that [`down`](Change::down) makes within others: `(object, field)`. Older changes take them back, too.
    fn makes(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// Turns an object of today (of the next newer version, to be exact) into the older shape. Called for every
    /// object of an answer by its `object` name, inner ones first; also for the `error` of an envelope.
    fn down(&self, object: &str, it: &mut Node<'_>) {
        let _ = (object, it);
    }
    /// Turns older parameters into today's.
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let _ = (method, path, params);
    }
}
