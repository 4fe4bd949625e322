//! Whether the time of something that was planned has come.
use crate::{
    due::{self, Kind},
    payments::customer::Customer,
    test_helpers::test_clock,
};
use api::{Cx, Stop};
use base::Timestamp;

/// Whether something of a customer that was planned for a moment is due. Where the customer got a clock of their own since it
/// was planned, that clock tells, and where it is not due by that, it is planned again.
pub(crate) async fn has_come(
    cx: &mut Cx<'_>,
    customer: &Customer,
    (kind, id): (Kind, &str),
    at: Option<Timestamp>,
) -> Result<bool, Stop> {
    let Some(at) = at else { return Ok(false) };
    let mut since = false;
    if let (None, Some(clock)) = (cx.on_clock(), &customer.test_clock) {
        test_clock::resume(cx, &clock.id).await?;
        since = true;
    }
    if since && at > cx.now() {
        due::later(cx, kind, id, at);
    }
    Ok(at <= cx.now())
}
