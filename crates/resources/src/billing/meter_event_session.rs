//! Meter event sessions (API v2, page "Meter Event Session"): a token with which meter events are streamed for a quarter of an hour, and
//! nothing else is done. Underneath it is a key with one permission and an end.
use super::meter;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, access::Credential, done};
use base::{ApiError, Named};
use wire::Wire;

/// A session.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MeterEventSession {
    /// `mes_…`.
    pub id: String,
    /// `v2.billing.meter_event_session`.
    pub object: String,
    /// What events are streamed with; shown once.
    pub authentication_token: String,
    /// When it was made.
    pub created: String,
    /// When it ends.
    pub expires_at: String,
    /// Live or test.
    pub livemode: bool,
}

impl Named for MeterEventSession {
    const NAME: &'static str = "v2.billing.meter_event_session";
    const PREFIX: &'static str = "mes";
}
impl Object for MeterEventSession {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<MeterEventSession>();
/// What sessions cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = MeterEventSession::NAME;
    vec![
        Endpoint::new("POST", "/v2/billing/meter_event_session", NAME, |cx, p| Box::pin(create(cx, p)))
            .permission(meter::PERMISSION)
            .tells_secret(),
    ]
}

/// The right to stream, which sessions alone have.
pub(super) const STREAM: &str = "meter_event_stream";
/// How long a session lasts, in seconds.
const LASTS: i64 = 15 * 60;
/// Characters of a token after its prefix.
const LENGTH: usize = 40;

/// Whether the caller has a session. Errors: it shows another key.
pub(super) fn check(cx: &Cx<'_>) -> Result<(), ApiError> {
    if cx.caller.permissions.iter().any(|it| it.strip_suffix("_write") == Some(STREAM)) {
        return Ok(());
    }
    let message = "Events are streamed with the authentication_token of a session. Create one by POST /v2/billing/meter_event_session.";
    Err(ApiError::invalid(401, message))
}

async fn create(cx: &mut Cx<'_>, p: Nothing) -> Outcome<MeterEventSession> {
    let Nothing {} = p;
    let (created, livemode) = (cx.world_now(), cx.caller.livemode);
    let ends = created.plus(LASTS);
    let token = format!("mes_{}_{}", if livemode { "live" } else { "test" }, cx.token(LENGTH));
    let of_account = Credential::for_key(&token, &cx.caller.account, cx.caller.version, created);
    cx.put(&Credential {
        kind: Credential::USAGE.into(),
        livemode,
        permissions: vec![format!("{STREAM}_write")],
        ends: Some(ends),
        ..of_account
    });
    done(MeterEventSession {
        id: cx.new_id::<MeterEventSession>(),
        object: MeterEventSession::NAME.into(),
        authentication_token: token,
        created: created.to_iso(),
        expires_at: ends.to_iso(),
        livemode,
    })
}
