//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A webhook_endpoint.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct WebhookEndpoint {
    /// Id.
    pub id: String,
}
impl Named for WebhookEndpoint {
    const NAME: &'static str = "webhook_endpoint";
    const PREFIX: &'static str = "we";
}
impl Object for WebhookEndpoint {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<WebhookEndpoint>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
