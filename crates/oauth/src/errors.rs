//! The errors of OAuth, in one place: `{"error":"…","error_description":"…"}`, both of them strings.
use api::Response;
use http::{HeaderValue, StatusCode, header};
use store::Bytes;
use wire::write_str;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The code, such as `invalid_grant`; none where the refusal has the form of the API's own errors.
    pub error: Option<&'static str>,
    /// A sentence for the developer.
    pub description: String,
    /// The state that came with the question, decoded.
    pub state: Option<String>,
}

/// What of a caller's value is said back to them at most, in characters.
const ECHO_MAX: usize = 1024;

/// A caller's value as it is said back to them.
fn echo(value: &str) -> String {
    value.chars().take(ECHO_MAX).collect()
}

impl Refusal {
    fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Refusal { status, error: Some(error), description: description.into(), state: None }
    }
    /// Counts the refusal, for whoever watches over the server.
    pub fn count(&self) {
        let error = self.error.unwrap_or("unknown_client");
        metrics::counter!("tollbridge_oauth_refusals_total", "error" => error).increment(1);
    }
    pub(crate) fn with_state(mut self, state: Option<String>) -> Self {
        self.state = state;
        self
    }

    // Authorize.

    pub(crate) fn unknown_client() -> Self {
        let description = "No application matches the supplied client identifier".into();
        Refusal { status: 400, error: None, description, state: None }
    }
    pub(crate) fn redirect_uri(uri: &str) -> Self {
        Self::new(
            400,
            "invalid_redirect_uri",
            format!(
                "Invalid redirect URI '{}'. Ensure this uri exactly matches one of the uris specified in your application settings",
                echo(uri)
            ),
        )
    }
    pub(crate) fn no_response_type() -> Self {
        Self::new(400, "invalid_request", "No response type specified. Send response_type=code.")
    }
    pub(crate) fn response_type(got: &str) -> Self {
        Self::new(
            400,
            "unsupported_response_type",
            format!("Only 'code' response_type is supported, but '{}' was provided", echo(got)),
        )
    }
    pub(crate) fn scope(got: &str) -> Self {
        Self::new(400, "invalid_scope", format!("Invalid scope provided: {}.", echo(got)))
    }
    pub(crate) fn challenge_method(got: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            format!("Only the 'S256' code_challenge_method is supported, but '{}' was provided", echo(got)),
        )
    }
    pub(crate) fn challenge() -> Self {
        Self::new(
            400,
            "invalid_request",
            "Invalid code_challenge: send the base64url of the SHA-256 of the verifier, which has 43 characters.",
        )
    }
    pub(crate) fn repeated(name: &str) -> Self {
        Self::new(400, "invalid_request", format!("The parameter {name} is sent more than once."))
    }

    // Client authentication.

    pub(crate) fn no_authentication() -> Self {
        Self::new(
            401,
            "invalid_client",
            "No authentication was provided. Send your secret API key using the Authorization header, or as a client_secret POST parameter.",
        )
    }
    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::new(401, "invalid_client", format!("No such API key: {}", echo(key)))
    }
    pub(crate) fn not_secret_key() -> Self {
        Self::new(
            401,
            "invalid_client",
            "This API key cannot be used here. Send the secret API key of your platform's own account.",
        )
    }
    pub(crate) fn not_your_client(client_id: &str) -> Self {
        Self::new(
            401,
            "invalid_client",
            format!("The API key does not belong to the application {}.", echo(client_id)),
        )
    }

    // Token.

    pub(crate) fn malformed(why: &str) -> Self {
        Self::new(400, "invalid_request", why)
    }
    pub(crate) fn no_grant_type() -> Self {
        Self::new(400, "invalid_request", "No grant type specified")
    }
    pub(crate) fn grant_type(got: &str) -> Self {
        Self::new(
            400,
            "unsupported_grant_type",
            format!(
                "Only the 'authorization_code' and 'refresh_token' grant types are supported, but '{}' was provided",
                echo(got)
            ),
        )
    }
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(400, "invalid_request", format!("No {what} specified"))
    }
    pub(crate) fn capability(expected: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            format!("assert_capabilities expects capability: {}", echo(expected)),
        )
    }
    fn grant(description: impl Into<String>) -> Self {
        Self::new(400, "invalid_grant", description)
    }
    pub(crate) fn no_such_code(code: &str) -> Self {
        Self::grant(format!("Authorization code does not exist: {}", echo(code)))
    }
    pub(crate) fn code_expired() -> Self {
        Self::grant("Authorization code expired")
    }
    pub(crate) fn code_used() -> Self {
        Self::grant(
            "This authorization code has already been used. All tokens issued with this code have been revoked.",
        )
    }
    pub(crate) fn code_mode(live: bool) -> Self {
        let (code, key) = if live { ("production", "live") } else { ("development", "test") };
        Self::grant(format!(
            "This authorization code was issued to the {code} client_id: use your {key} mode API key to exchange it."
        ))
    }
    pub(crate) fn code_redirect_uri() -> Self {
        Self::grant("The redirect_uri is not the one that the authorization code was sent to.")
    }
    pub(crate) fn no_verifier() -> Self {
        Self::grant("This authorization code was requested with a code_challenge: send its code_verifier.")
    }
    pub(crate) fn verifier() -> Self {
        Self::grant("The code_verifier does not match the code_challenge of the authorization code.")
    }
    pub(crate) fn stray_verifier() -> Self {
        Self::grant(
            "A code_verifier was sent, but the authorization code was requested without a code_challenge.",
        )
    }
    pub(crate) fn no_such_refresh_token(token: &str) -> Self {
        Self::grant(format!("Refresh token does not exist: {}", echo(token)))
    }
    pub(crate) fn refresh_token_used() -> Self {
        Self::grant(
            "This refresh token has already been replaced. All tokens that descend from the same authorization have been revoked.",
        )
    }
    pub(crate) fn refresh_mode() -> Self {
        Self::grant(
            "This refresh token was issued through the development client_id: use your test mode API key with it.",
        )
    }
    pub(crate) fn disconnected() -> Self {
        Self::grant("The account has revoked the access of this application.")
    }

    // Deauthorize.

    pub(crate) fn not_connected(account: &str) -> Self {
        Self::new(
            401,
            "invalid_client",
            format!(
                "This application is not connected to stripe account {}, or that account does not exist.",
                echo(account)
            ),
        )
    }

    /// The JSON of the refusal.
    pub fn to_json(&self) -> Bytes {
        let mut out = Vec::with_capacity(256);
        match self.error {
            None => {
                out.extend_from_slice(b"{\"error\":{\"message\":");
                write_str(&mut out, &self.description);
                out.push(b'}');
            }
            Some(error) => {
                out.extend_from_slice(b"{\"error\":");
                write_str(&mut out, error);
                out.extend_from_slice(b",\"error_description\":");
                write_str(&mut out, &self.description);
                if let Some(state) = &self.state {
                    out.extend_from_slice(b",\"state\":");
                    write_str(&mut out, state);
                }
            }
        }
        out.push(b'}');
        Bytes::from(out)
    }

    /// The refusal as an answer; it is never a redirect.
    pub fn into_response(self, request: &str) -> Response {
        self.count();
        let mut response = json(self.status, self.to_json(), request);
        if self.status == 401 {
            let realm = HeaderValue::from_static("Basic realm=\"Tollbridge\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}

/// An answer of JSON that nobody may keep; `request` is its `req_…` id, or nothing.
pub(crate) fn json(status: u16, body: Bytes, request: &str) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    if let (false, Ok(id)) = (request.is_empty(), HeaderValue::from_str(request)) {
        headers.insert("request-id", id);
    }
    response
}

/// A fault of the server as OAuth says it; the log knows more.
pub(crate) fn fault(api: &api::Api, request: &str, stop: api::Stop) -> Response {
    let error = api.to_error(request, stop);
    // A conflict that did not end in time passes as an overload does.
    let (status, code) = match error.status {
        500 => (500, "server_error"),
        _ => (503, "temporarily_unavailable"),
    };
    let mut out = format!("{{\"error\":\"{code}\",\"error_description\":").into_bytes();
    write_str(&mut out, &error.message);
    out.push(b'}');
    let mut response = json(status, Bytes::from(out), request);
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
