//! Logs: the last requests of an account.

use serde::Serialize;

use crate::View;
use crate::views::Chrome;

dashboard_page! {
    /// `GET /dashboard/logs`: the last requests of a mode.
    Logs in "logs.html" as "logs" {
        /// Live or test.
        livemode: bool,
        /// They, newest first.
        requests: Vec<RequestRow>,
    }
}

/// A request in a list.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRow {
    /// Its id.
    pub id: String,
    /// Link to its page.
    pub page: String,
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// What was wrong with it.
    pub message: Option<String>,
    /// When it was answered.
    pub at: i64,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

dashboard_page! {
    /// `GET /dashboard/logs/{id}`: one request.
    Log in "log.html" as "logs" {
        /// Live or test.
        livemode: bool,
        /// The request.
        request: RequestRow,
        /// Whose data it was about.
        account: String,
        /// The platform that asked, where that was somebody else.
        platform: Option<String>,
        /// The version of the API that was spoken.
        version: String,
        /// Where it came from.
        client: Option<String>,
        /// The `type` of the error.
        error_type: Option<String>,
        /// The `code` of the error.
        code: Option<String>,
        /// The parameter at fault.
        param: Option<String>,
    }
}
