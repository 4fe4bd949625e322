//! A payer who was sent to their bank comes back.
use super::{CHARGEABLE, FAILED, RedirectStatus, Source, Status};
use api::{Cx, Outcome, Stop, done};
use wire::{Hidden, Optional};

/// The source that a question is about, while its answer is awaited.
pub(crate) async fn awaited(cx: &mut Cx<'_>, id: &str, secret: &str) -> Result<Option<Source>, Stop> {
    let source = cx.get::<Source>(id).await?;
    Ok(source.filter(|it| it.status == Status::Pending && it.challenge.0.0.as_deref() == Some(secret)))
}

/// Takes the payer's answer. `None`: no answer is awaited any more.
pub(crate) async fn answer(cx: &mut Cx<'_>, id: &str, secret: &str, proven: bool) -> Outcome<Option<Source>> {
    let Some(mut source) = awaited(cx, id, secret).await? else { return done(None) };
    source.challenge = Hidden(Optional(None));
    source.status = if proven { Status::Chargeable } else { Status::Failed };
    if let Some(redirect) = &mut source.redirect.0 {
        redirect.status = if proven { RedirectStatus::Succeeded } else { RedirectStatus::Failed };
        redirect.failure_reason = (!proven).then(|| "declined".to_owned());
    }
    if let Some(card) = &mut source.three_d_secure.0 {
        card.authenticated = Some(proven);
    }
    cx.put(&source);
    cx.emit(if proven { CHARGEABLE } else { FAILED }, &source);
    done(Some(source))
}
