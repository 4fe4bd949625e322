//! Pages outside the connect flow and the dashboard.

use serde::Serialize;

use super::{Choice, Chrome};
use crate::{Form, View};

/// `GET /sign-in`. Fields: `email`, `password`, and `next` carried through.
#[derive(Clone, Debug, Serialize)]
pub struct SignIn {
    /// The frame.
    pub chrome: Chrome,
    /// What was typed.
    pub form: Form,
    /// Path on this server to go to afterwards.
    pub next: Option<String>,
    /// Link to the sign-up page.
    pub sign_up_url: String,
}

impl View for SignIn {
    const TEMPLATE: &'static str = "sign_in.html";
}

/// `GET /sign-up`, for a person who comes without an application. Fields: `business_name`, `country`, `email`, `password`.
#[derive(Clone, Debug, Serialize)]
pub struct SignUp {
    /// The frame.
    pub chrome: Chrome,
    /// What was typed.
    pub form: Form,
    /// Path on this server to go to afterwards.
    pub next: Option<String>,
    /// Link to the sign-in page.
    pub sign_in_url: String,
    /// Countries an account may be in.
    pub countries: Vec<Choice>,
    /// Fewest characters a password may have.
    pub password_min: u32,
}

impl View for SignUp {
    const TEMPLATE: &'static str = "sign_up.html";
}

/// `GET /`.
#[derive(Clone, Debug, Serialize)]
pub struct HomePublic {
    /// The frame.
    pub chrome: Chrome,
    /// What `dev` knows from its first start; `None` on a server that real people use.
    pub dev: Option<DevHome>,
    /// Version of the program.
    pub version: String,
}

impl View for HomePublic {
    const TEMPLATE: &'static str = "home_public.html";
}

/// What a newcomer needs to try a `dev` server.
#[derive(Clone, Debug, Serialize)]
pub struct DevHome {
    /// Where this server answers, such as `http://127.0.0.1:7070`.
    pub base_url: String,
    /// The platform's test key.
    pub secret_key: String,
    /// An authorize link of the sample application.
    pub connect_url: String,
    /// A command that works when pasted.
    pub curl: String,
    /// People who exist from the first start.
    pub sign_ins: Vec<SampleSignIn>,
}

/// A sign-in of a `dev` server.
#[derive(Clone, Debug, Serialize)]
pub struct SampleSignIn {
    /// Their part: `Platform`, `Seller`.
    pub who: String,
    /// Email.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Any refusal or mishap outside the connect flow.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// HTTP status.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What to do next.
    pub message: String,
    /// Where to go from here.
    pub back_url: Option<String>,
    /// Text of that link; shown only with `back_url`.
    pub back_label: String,
    /// Id under which the log knows the request.
    pub request_id: Option<String>,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
}

/// `GET /connect/default/oauth/test`: where a new application's users return until it names its own redirect URI.
#[derive(Clone, Debug, Serialize)]
pub struct DefaultRedirect {
    /// The authorization code.
    pub code: Option<String>,
    /// The scope granted.
    pub scope: Option<String>,
    /// The state, as sent.
    pub state: Option<String>,
    /// The error code.
    pub error: Option<String>,
    /// Its description.
    pub error_description: Option<String>,
    /// The command that swaps the code; shown only with `code`.
    pub curl: String,
}

impl View for DefaultRedirect {
    const TEMPLATE: &'static str = "default_redirect.html";
}

/// A page that only says something.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    /// What it is about.
    pub title: String,
    /// What it says.
    pub message: String,
}

impl View for Note {
    const TEMPLATE: &'static str = "note.html";
}
