//! Why the last attempt of an intent failed: the error that the caller saw, kept.
use crate::payments::{charge::means::Means, payment_method::PaymentMethod};
use api::{Cx, Stop};
use base::{ApiError, made};
use wire::{Optional, Raw, Wire};

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Problem {
    /// What to do about it.
    pub advice_code: Optional<String>,
    /// The failed charge.
    pub charge: Optional<String>,
    /// What went wrong.
    pub code: Optional<String>,
    /// What the bank says of it.
    pub decline_code: Optional<String>,
    /// Where the code is explained.
    pub doc_url: Optional<String>,
    /// A sentence.
    pub message: Optional<String>,
    /// What of the request was wrong.
    pub param: Optional<String>,
    /// What it was tried with: the public object.
    pub payment_method: Optional<Raw>,
    /// What sort of error it is.
    pub r#type: String,
}

impl Problem {
    /// The error as an intent keeps it.
    pub(crate) fn of(error: &ApiError, method: Option<String>) -> Self {
        Problem {
            advice_code: Optional(None),
            charge: Optional(error.charge.clone()),
            code: Optional(error.code.clone()),
            decline_code: Optional(error.decline_code.clone()),
            doc_url: Optional(error.doc_url()),
            message: Optional(Some(error.message.clone())),
            param: Optional(error.param.clone()),
            payment_method: Optional(method.map(Raw)),
            r#type: error.kind.as_str().into(),
        }
    }
}

/// The public object of what was paid with.
pub(crate) fn shown(cx: &Cx<'_>, means: &Means) -> Result<String, Stop> {
    match means {
        Means::Method { method, .. } => method.public(),
        Means::Source(it) => {
            let created = made(&it.card.id).unwrap_or(cx.now());
            PaymentMethod::of_card(&it.card, cx.caller.livemode, created).public()
        }
    }
}
