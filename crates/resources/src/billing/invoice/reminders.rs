//! What is told of an open invoice that its customer pays by themselves: that it is due soon, and that it is overdue.
use super::{Invoice, OVERDUE, Status, WILL_BE_DUE};
use crate::{billing::timing, due, payments::customer::Customer};
use api::{Cx, Stop};
use base::Timestamp;

/// How long before an invoice is due that is told, in seconds.
const AHEAD: i64 = 3 * Timestamp::DAY;

/// Plans what is told first of an invoice with a due date.
pub(super) fn plan(cx: &mut Cx<'_>, it: &Invoice) {
    let Some(due) = it.due_date else { return };
    let soon = due.plus(-AHEAD);
    let at = if soon > cx.now() { soon } else { due };
    due::later(cx, due::Kind::InvoiceFallsDue, &it.id, at);
}

/// An invoice is due soon, or was due; nothing is told where it is not to be paid any more.
pub(crate) async fn falls_due(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<Invoice>(id).await? else { return Ok(()) };
    let Some(due) = it.due_date.filter(|_| it.is(Status::Open)) else { return Ok(()) };
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let Some(customer) = cx.get::<Customer>(&customer).await? else { return Ok(()) };
    let task = (due::Kind::InvoiceFallsDue, id);
    if !timing::has_come(cx, &customer, task, Some(due.plus(-AHEAD))).await? {
        return Ok(());
    }
    if cx.now() < due {
        cx.emit(WILL_BE_DUE, &it);
        due::later(cx, due::Kind::InvoiceFallsDue, &it.id, due);
    } else {
        cx.emit(OVERDUE, &it);
    }
    Ok(())
}
