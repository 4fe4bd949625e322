//! Idempotency keys (API page "Idempotent requests"): the answer is remembered in the same commit as what it
//! answers for.
use crate::{Cx, Object, Stop, World, sealed_text, secrets::Sealed};
use base::{ApiError, Caller, ErrorType, Named, Timestamp};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};
use vault::Kind;
use wire::{Hidden, Node, Wire};

/// How long an answer is remembered, in seconds.
const REMEMBERED: i64 = 24 * 3600;
/// The sort of secret that the pieces of an answer are.
const ANSWER: Kind = Kind::Other("answer");
/// At most this many characters in a key.
const KEY_MAX: usize = 255;

/// A remembered answer; its id is the digest of the caller's key.
#[derive(Debug, Wire)]
pub struct Remembered {
    id: String,
    object: String,
    /// The digest of the request that was answered.
    fingerprint: String,
    /// The status of the answer.
    pub status: i64,
    /// The body of the answer; empty where it is sealed.
    pub body: String,
    /// The id of the request that was answered.
    pub request: String,
    expires: Timestamp,
    /// The body in pieces, where it holds a secret.
    sealed: Hidden<Vec<String>>,
}

impl Named for Remembered {
    const NAME: &'static str = "idempotency";
    const PREFIX: &'static str = "idem";
}
impl Object for Remembered {
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        sealed_text::secrets(ANSWER, &self.id, &mut self.sealed.0)
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires.0)
    }
}

/// An idempotency key at work.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// The key as sent.
    key: String,
    id: String,
    pub(crate) fingerprint: String,
    slot: String,
}

impl Claim {
    /// The claim of a request, where it sent a key.
    pub(crate) fn of(
        world: &World,
        caller: &Caller,
        key: Option<&str>,
        method: &str,
        path: &str,
        params: &Node<'_>,
    ) -> Result<Option<Self>, ApiError> {
        let Some(key) = key else { return Ok(None) };
        if key.is_empty() || key.chars().count() > KEY_MAX {
            let message = format!("The idempotency key must be 1 to {KEY_MAX} characters long.");
            return Err(ApiError { kind: ErrorType::Idempotency, ..ApiError::invalid(400, message) });
        }
        // The parameters may hold a card number, which a plain digest would give away to whoever tries them all.
        let request = format!("{method} {path} {} {}", caller.version, params.to_json());
        let fingerprint = world.vault.fingerprint("idempotency", &request);
        Ok(Some(Claim::new(caller, key, fingerprint)))
    }

    /// The claim of a request that was written down with its fingerprint.
    pub(crate) fn again(caller: &Caller, fingerprint: Option<String>) -> Option<Self> {
        Some(Claim::new(caller, caller.idempotency_key.as_deref()?, fingerprint?))
    }

    fn new(caller: &Caller, key: &str, fingerprint: String) -> Self {
        let id = vault::digest(key);
        let slot = format!("{}/{}/{id}", caller.account, caller.livemode);
        Claim { key: key.to_owned(), id, fingerprint, slot }
    }

    /// The key came with a request that it was not first used with.
    pub(crate) fn another_request(&self) -> ApiError {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{}' if you meant to execute a different request.",
            self.key
        );
        ApiError { kind: ErrorType::Idempotency, ..ApiError::invalid(400, message) }
    }

    /// The remembered answer, if this request was answered before.
    pub(crate) async fn answered(&self, cx: &mut Cx<'_>) -> Result<Option<Remembered>, Stop> {
        let Some(mut known) = cx.get::<Remembered>(&self.id).await? else { return Ok(None) };
        if known.expires < cx.world_now() {
            return Ok(None);
        }
        if known.fingerprint != self.fingerprint {
            return Err(self.another_request().into());
        }
        if !known.sealed.0.is_empty() {
            let sealed = std::mem::take(&mut known.sealed.0);
            known.body = sealed_text::open(cx.world, ANSWER, &cx.caller.account, &self.id, &sealed)?;
        }
        Ok(Some(known))
    }

    /// Writes the answer down, sealed where it holds a secret. Errors: the vault refuses.
    pub(crate) fn remember(
        &self,
        cx: &mut Cx<'_>,
        status: u16,
        body: &[u8],
        secret: bool,
    ) -> Result<(), Stop> {
        let body = String::from_utf8_lossy(body);
        let (body, sealed) = if secret {
            let sealed = sealed_text::seal(cx.world, ANSWER, &cx.caller.account, &self.id, &body)?;
            (String::new(), sealed)
        } else {
            (body.into_owned(), Vec::new())
        };
        let it = Remembered {
            id: self.id.clone(),
            object: Remembered::NAME.into(),
            fingerprint: self.fingerprint.clone(),
            status: i64::from(status),
            body,
            request: cx.caller.request.clone(),
            expires: cx.world_now().plus(REMEMBERED),
            sealed: Hidden(sealed),
        };
        cx.put(&it);
        Ok(())
    }
}

/// The keys whose requests are running in this process.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashSet<String>>);

/// Holds a key until the request has been answered, whatever becomes of it.
pub(crate) struct Held<'f>(&'f InFlight, String);

impl InFlight {
    /// Takes the key. Errors: another request holds it.
    pub(crate) fn hold(&self, claim: &Claim) -> Result<Held<'_>, ApiError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.insert(claim.slot.clone()) {
            return Ok(Held(self, claim.slot.clone()));
        }
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): {}. Please try again later.",
            claim.key
        );
        let error = ApiError { kind: ErrorType::Idempotency, ..ApiError::invalid(409, message) };
        Err(error.code("idempotency_key_in_use"))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}
