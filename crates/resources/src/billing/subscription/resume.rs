//! `POST /v1/subscriptions/{id}/resume`: what rests goes on.
use super::{
    RESUMED, Status, Subscription,
    bill::PaymentBehavior,
    change::{self, Step},
    terms::{Anchor, Proration},
    update::named,
};
use crate::billing::{
    amounts::refused,
    invoice::{CollectionMethod, Invoice, Status as InvoiceStatus},
};
use api::{Cx, Outcome, done};
use base::{Timestamp, Version};
use wire::{Optional, Patch, Wire};

/// What it takes.
#[derive(Debug, Wire)]
pub(super) struct Resume {
    billing_cycle_anchor: Option<Anchor>,
    payment_behavior: Option<ResumeOn>,
    proration_behavior: Option<Proration>,
    proration_date: Option<Timestamp>,
}

/// When it goes on that costs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum ResumeOn {
    /// At once, whatever becomes of the payment.
    ResumeOnPaymentAttempt,
    /// Once it is paid.
    ResumeOnPaymentSuccess,
}

/// From this version on it goes on at once where nothing is said; before, once it is paid.
const AT_ONCE: Version = Version::of("2026-09-30.endive");

/// A period begins. Where it costs something, it goes on once that is paid.
pub(super) async fn resume(cx: &mut Cx<'_>, p: Resume) -> Outcome<Subscription> {
    let id = cx.path("id").to_owned();
    let (before, customer) = named(cx, &id).await?;
    if before.status != Status::Paused {
        let message = format!(
            "Only a subscription that is paused can be resumed; this one is {}.",
            before.status.as_str()
        );
        return Err(refused(message).into());
    }
    let mut it = before.clone();
    let step = Step {
        reset: p.billing_cycle_anchor != Some(Anchor::Unchanged),
        cancel_at: Patch::Keep,
        ..Step::of(p.proration_behavior, p.proration_date)
    };
    if !step.reset {
        // The period in which it goes on is billed as it is left.
        for n in 0..it.items.data.len() {
            let whole = it.cycle(&it.items.data[n]).around(cx.now());
            it.items.data[n].current_period_start = cx.now();
            it.items.data[n].current_period_end = whole.1;
        }
    }
    let it = if step.reset {
        change::carry_out(cx, &customer, &before, it, step, (PaymentBehavior::AllowIncomplete, false)).await?
    } else {
        change::bill_rest(cx, &customer, &before, it, step.proration).await?
    };
    let latest = it.latest_invoice.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let open = cx.get::<Invoice>(&latest).await?.is_some_and(|it| it.is(InvoiceStatus::Open));
    let at_once = match p.payment_behavior {
        Some(said) => said == ResumeOn::ResumeOnPaymentAttempt,
        None => cx.caller.version.has(AT_ONCE),
    };
    if it.status == Status::Paused && (at_once || !open) {
        let paused = it.clone();
        let charged = it.collection_method == CollectionMethod::ChargeAutomatically;
        let status = if open && charged { Status::PastDue } else { Status::Active };
        let it = Subscription { status, status_details: Optional(None), ..it };
        it.keep_changed(cx, &paused);
        cx.emit(RESUMED, &it);
        super::wake::later(cx, &it);
        return done(it);
    }
    done(it)
}
