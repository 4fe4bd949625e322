//! What is told of a renewal before it comes.
use super::{Status, Subscription, preview};
use crate::{
    billing::invoice::{BillingReason, UPCOMING, shown_as_upcoming},
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::Timestamp;
use wire::Hidden;

/// How long before its period a renewal is told, in seconds.
const AHEAD: i64 = 7 * Timestamp::DAY;

impl Subscription {
    /// When its renewal is to be told. Periods that are no longer than that are renewed untold.
    pub(super) fn upcoming_at(&self) -> Option<Timestamp> {
        let end = self.period_end().filter(|end| self.upcoming_told.0 != Some(*end))?;
        let start = self.items.data.iter().map(|it| it.current_period_start).min()?;
        let renews = matches!(self.status, Status::Active | Status::PastDue | Status::Trialing)
            && self.cancel_at.is_none_or(|at| at > end);
        Some(end.plus(-AHEAD)).filter(|at| renews && *at > start)
    }
}

/// Tells what the next invoice will be.
pub(super) async fn tell(cx: &mut Cx<'_>, it: &Subscription, customer: &Customer) -> Result<(), Stop> {
    let mark = cx.mark();
    let foreseen = Box::pin(preview::foreseen(cx, it.clone(), customer)).await;
    cx.back_to(mark);
    // What cannot be billed is told when it is to be.
    let foreseen = match foreseen {
        Err(Stop::Api(_)) => None,
        foreseen => foreseen?,
    };
    let told = Subscription { upcoming_told: Hidden(it.period_end()), ..it.clone() };
    cx.put(&told);
    if let Some(mut invoice) = foreseen {
        invoice.billing_reason = Some(BillingReason::Upcoming);
        cx.emit(UPCOMING, &shown_as_upcoming(invoice));
    }
    Ok(())
}
