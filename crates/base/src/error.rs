//! The errors of the API: one constructor for each kind of sentence, the members fixed by the wire
//! (API page "Errors").
use std::fmt;
use wire::{Bad, write_str};

/// The `type` of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The server's fault.
    Api,
    /// A card that could not be charged.
    Card,
    /// An idempotency key used in two ways.
    Idempotency,
    /// The caller's mistake.
    InvalidRequest,
}

impl ErrorType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorType::Api => "api_error",
            ErrorType::Card => "card_error",
            ErrorType::Idempotency => "idempotency_error",
            ErrorType::InvalidRequest => "invalid_request_error",
        }
    }
}

/// An error for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `type`.
    pub kind: ErrorType,
    /// `code`, one of the published list.
    pub code: Option<String>,
    /// `decline_code`, on card errors.
    pub decline_code: Option<String>,
    /// A sentence that says what to do.
    pub message: String,
    /// The parameter at fault, as `card[number]`.
    pub param: Option<String>,
    /// The failed charge, on card errors.
    pub charge: Option<String>,
    /// Objects that the error shows whole, such as `payment_intent`, with their JSON.
    pub objects: Vec<(&'static str, String)>,
}

impl ApiError {
    /// An `invalid_request_error`.
    pub fn invalid(status: u16, message: impl Into<String>) -> Self {
        ApiError {
            status,
            kind: ErrorType::InvalidRequest,
            code: None,
            decline_code: None,
            message: message.into(),
            param: None,
            charge: None,
            objects: Vec::new(),
        }
    }
    /// A `card_error`, status 402.
    pub fn card(code: &str, decline_code: Option<&str>, message: impl Into<String>) -> Self {
        ApiError {
            kind: ErrorType::Card,
            code: Some(code.to_owned()),
            decline_code: decline_code.map(str::to_owned),
            ..Self::invalid(402, message)
        }
    }
    /// A fault of the server, status 500. The cause belongs into the log, not here.
    pub fn internal() -> Self {
        ApiError {
            kind: ErrorType::Api,
            ..Self::invalid(
                500,
                "An unknown error occurred. The request id in the Request-Id header names the log line.",
            )
        }
    }
    /// The server is overloaded or its database is out of reach, status 503: nothing was done, and the same request
    /// may be sent again after [`ApiError::retry_after`].
    pub fn unavailable() -> Self {
        ApiError {
            kind: ErrorType::Api,
            ..Self::invalid(
                503,
                "The server can't do this right now, and nothing of it was done. Send the same request again in a moment.",
            )
        }
    }
    /// In how many seconds the same request may be sent again: the `Retry-After` header.
    pub fn retry_after(&self) -> Option<u32> {
        (self.status == 503 || self.code.as_deref() == Some(Self::RATE_LIMIT)).then_some(1)
    }
    /// The code for a caller that asks too often.
    pub const RATE_LIMIT: &'static str = "rate_limit";
    /// Names the code.
    pub fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }
    /// Names the parameter.
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }
    /// Names the failed charge.
    pub fn charge(mut self, id: impl Into<String>) -> Self {
        self.charge = Some(id.into());
        self
    }
    /// Shows an object whole, such as `payment_intent`.
    pub fn showing(mut self, name: &'static str, json: String) -> Self {
        self.objects.push((name, json));
        self
    }
    /// Where its code is explained.
    pub fn doc_url(&self) -> Option<String> {
        let code = self.code.as_ref()?;
        Some(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")))
    }
    /// `Missing required param: …`.
    pub fn missing(param: &str) -> Self {
        Self::invalid(400, format!("Missing required param: {param}.")).code("parameter_missing").param(param)
    }
    /// `No such charge: 'ch_…'`: 404 and `param: "id"` when the id stood in the URL, else 400 is set by the
    /// caller through [`ApiError::status`].
    pub fn no_such(noun: &str, id: &str, param: &str) -> Self {
        let shown: String = id.chars().take(255).collect();
        let status = if param == "id" { 404 } else { 400 };
        Self::invalid(status, format!("No such {noun}: '{shown}'")).code("resource_missing").param(param)
    }
    /// Another status than the usual one.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The envelope `{"error":{…}}`. `log` is the address of the request's log entry, where there is one.
    pub fn to_json(&self, log: Option<&str>) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(b"{\"error\":{");
        let mut first = true;
        let mut put = |key: &str, value: Option<&str>| {
            let Some(value) = value else { return };
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(key.as_bytes());
            write_str(&mut out, value);
        };
        put("\"charge\":", self.charge.as_deref());
        put("\"code\":", self.code.as_deref());
        put("\"decline_code\":", self.decline_code.as_deref());
        put("\"doc_url\":", self.doc_url().as_deref());
        put("\"message\":", Some(&self.message));
        put("\"param\":", self.param.as_deref());
        put("\"request_log_url\":", log);
        put("\"type\":", Some(self.kind.as_str()));
        for (name, json) in &self.objects {
            out.extend_from_slice(format!(",\"{name}\":{json}").as_bytes());
        }
        out.extend_from_slice(b"}}");
        out
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.kind.as_str(), self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<Bad> for ApiError {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Missing(param) => ApiError::missing(&param),
            Bad::Unknown(params) => {
                let many = if params.len() == 1 { "parameter" } else { "parameters" };
                let message = format!("Received unknown {many}: {}", params.join(", "));
                let error = ApiError::invalid(400, message).code("parameter_unknown");
                match params.into_iter().next() {
                    Some(first) => error.param(first),
                    None => error,
                }
            }
            Bad::Empty(param) => ApiError::invalid(
                400,
                format!(
                    "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a field; however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value."
                ),
            )
            .code("parameter_invalid_empty")
            .param(param),
            Bad::Not { param, wanted, got } => {
                let error = ApiError::invalid(400, match wanted {
                    "object" | "array" => format!("Invalid {wanted}"),
                    _ => format!("Invalid {wanted}: {got}"),
                });
                let error = if wanted == "integer" { error.code("parameter_invalid_integer") } else { error };
                error.param(param)
            }
            Bad::Choice { param, got, of } => {
                let choices = match of {
                    [] => String::new(),
                    [one] => (*one).to_owned(),
                    [most @ .., last] => format!("{}, or {last}", most.join(", ")),
                };
                let shown: String = got.chars().take(100).collect();
                ApiError::invalid(400, format!("Invalid {param}: must be one of {choices}. You sent '{shown}'.")).param(param)
            }
            Bad::Invalid { param, code, message } => {
                let error = ApiError::invalid(400, message).param(param);
                match code {
                    Some(code) => error.code(code),
                    None => error,
                }
            }
        }
    }
}
