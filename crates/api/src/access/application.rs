//! Applications: what a platform registers to connect accounts. One per platform and mode, each with its client
//! id: the development client id works in test mode, the production client id in both.
use crate::{Object, Place};
use base::{Named, Timestamp};
use store::IndexKey;
use wire::{Hidden, Wire};

/// An application of a platform in one mode (the API shows `id`, `object` and `name`).
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Application {
    /// The client id, `ca_…`.
    pub id: String,
    /// `application`.
    pub object: String,
    /// What people see when they are asked to connect.
    pub name: Option<String>,
    /// The account of the platform.
    pub platform: Hidden<String>,
    /// Whether this is the production client id.
    pub livemode: Hidden<bool>,
    /// The platform's website.
    pub url: Hidden<Option<String>>,
    /// The digest of the icon, where there is one. Its bytes are kept apart: this object is read by every request
    /// of a platform for one of its accounts.
    pub icon: Hidden<Option<String>>,
    /// Where codes may be sent, exactly; the first is the default.
    pub redirect_uris: Hidden<Vec<String>>,
    /// The webhook endpoint behind the application's webhook URL of this mode.
    pub webhook: Hidden<Option<String>>,
    /// When it was registered.
    pub created: Hidden<Timestamp>,
}

impl Named for Application {
    const NAME: &'static str = "application";
    const PREFIX: &'static str = "ca";
}
impl Object for Application {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::unique("application_of", Application::of(&self.platform.0, self.livemode.0))]
    }
}

impl Application {
    /// The value under which a platform's application of a mode is found by the index `application_of`.
    pub fn of(platform: &str, live: bool) -> String {
        format!("{platform}|{}", if live { 'l' } else { 't' })
    }
}
