//! Webhooks: where events go, and what became of them.

use serde::Serialize;

use crate::View;
use crate::views::{Chrome, ShownOnce};

dashboard_page! {
    /// `GET /dashboard/webhooks`: the endpoints of a mode.
    Webhooks in "webhooks.html" as "webhooks" {
        /// Live or test.
        livemode: bool,
        /// They.
        endpoints: Vec<EndpointRow>,
    }
}

/// An endpoint in a list.
#[derive(Clone, Debug, Serialize)]
pub struct EndpointRow {
    /// Its id.
    pub id: String,
    /// Link to its page.
    pub page: String,
    /// Where it is, without credentials and query.
    pub url: String,
    /// Its name or description.
    pub name: Option<String>,
    /// What it hears of, in words.
    pub hears: String,
    /// `Enabled`, `Failing` or `Disabled`.
    pub standing: String,
}

dashboard_page! {
    /// `GET /dashboard/webhooks/endpoint`: one endpoint and the last attempts to deliver to it.
    Webhook in "webhook.html" as "webhooks" {
        /// Live or test.
        livemode: bool,
        /// The endpoint.
        endpoint: EndpointRow,
        /// The types that it wants.
        events: Vec<String>,
        /// The version of its events; none where they are thin.
        version: Option<String>,
        /// Its secret with all but its ends left out.
        secret_shown: String,
        /// Until when the secret before is valid, too.
        rolled_until: Option<i64>,
        /// A secret that was made just now; shown this once.
        secret: Option<ShownOnce>,
        /// What its owner should know.
        trouble: Option<Trouble>,
        /// Only attempts to deliver this event are shown.
        event: Option<String>,
        /// The last attempts, newest first.
        attempts: Vec<AttemptRow>,
    }
}

/// An endpoint that nothing reaches.
#[derive(Clone, Debug, Serialize)]
pub struct Trouble {
    /// Since when.
    pub since: i64,
    /// When it is disabled if that goes on; none where it was.
    pub until: Option<i64>,
}

/// An attempt to deliver.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptRow {
    /// Its id.
    pub id: String,
    /// Link to its page.
    pub page: String,
    /// The event.
    pub event: String,
    /// Link to the attempts to deliver that.
    pub event_page: String,
    /// Its type.
    pub kind: String,
    /// When it ended.
    pub at: i64,
    /// Which attempt it was.
    pub number: i64,
    /// Whether somebody asked for it by hand.
    pub by_hand: bool,
    /// Whether the receiver took it.
    pub delivered: bool,
    /// What became of it.
    pub outcome: String,
    /// How long the answer took, in milliseconds.
    pub ms: i64,
    /// When it is tried again.
    pub next: Option<i64>,
}

dashboard_page! {
    /// `GET /dashboard/webhooks/attempt`: what was sent, and what was answered.
    WebhookAttempt in "webhook_attempt.html" as "webhooks" {
        /// Live or test.
        livemode: bool,
        /// The attempt.
        attempt: AttemptRow,
        /// The endpoint.
        endpoint: String,
        /// Link to its page.
        endpoint_page: String,
        /// Where it is.
        url: String,
        /// The headers that were sent.
        request_headers: String,
        /// The body that was sent; none where the event is gone.
        request_body: Option<String>,
        /// The answer, where there was one.
        response: Option<AnswerShown>,
        /// Whether the event can be sent again.
        can_resend: bool,
    }
}

/// An answer of a receiver.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerShown {
    /// The status.
    pub status: i64,
    /// The headers.
    pub headers: String,
    /// The beginning of the body.
    pub body: String,
    /// Whether it went on.
    pub cut: bool,
}
