//! Where the portal begins.

use api::{Outcome, done};
use base::{Named as _, Timestamp};
use resources::billing::invoice::{self, Invoice};
use resources::billing::portal_configuration::CancelMode;
use resources::billing::subscription::{Status, Subscription};
use resources::connect::user::settle;
use resources::payments::customer::Customer;

use super::super::reply::{Answer, Trouble, page};
use super::super::visit::Visit;
use super::{Place, Plan, Room, methods, words};
use crate::render::day;
use crate::views::{PortalHome, PortalInvoice, PortalPlan};

/// Invoices that the page shows first, and at most.
const SHOWN: (usize, usize) = (10, 100);

pub(super) async fn show(visit: &mut Visit<'_>, room: &Room) -> Answer {
    let features = room.opened.features();
    let (invoices, more_url) = if features.invoice_history.enabled {
        let all = visit.query() == "invoices=all";
        let shown = if all { SHOWN.1 } else { SHOWN.0 };
        let mut invoices = invoices(visit, room).await?;
        let more = invoices.len() > shown && !all;
        invoices.truncate(shown);
        (Some(invoices), more.then(|| format!("{}?invoices=all", room.base)))
    } else {
        (None, None)
    };
    let methods = methods::all(visit, room).await?;
    let plans = room.plans.iter().map(|plan| shown(room, plan)).collect();
    let view = PortalHome {
        head: room.head(visit),
        plans,
        methods,
        methods_url: features.payment_method_update.enabled.then(|| room.url(Place::Methods)),
        details: details(&room.opened.customer),
        details_url: features.customer_update.enabled.then(|| room.url(Place::Details)),
        invoices,
        more_url,
    };
    page(200, &view, None)
}

fn details(customer: &Customer) -> Vec<(String, String)> {
    let address = customer.address.as_ref().map(|it| super::super::invoice::lines_of(Some(it)).join(", "));
    let all = [
        ("Name", customer.name.clone()),
        ("Email", customer.email.clone()),
        ("Telephone", customer.phone.clone()),
        ("Billing address", address.filter(|it| !it.is_empty())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

async fn invoices(visit: &Visit<'_>, room: &Room) -> Result<Vec<PortalInvoice>, Trouble> {
    let opened = &room.opened;
    let found = visit.api.transact(&room.caller, move |cx| {
        Box::pin(async move {
            let by = Some((Customer::NAME, opened.customer.id.clone()));
            let (account, live) = (cx.caller.account.as_str(), cx.caller.livemode);
            let all = cx.all_by::<Invoice>(account, live, by, SHOWN.1).await?;
            let outcome: Outcome<Vec<Invoice>> = done(all);
            outcome
        })
    });
    let shown = |it: &Invoice| {
        opened.shows_account(it.on_behalf_of.as_ref().map(|of| &*of.id))
            && it.status.is_some_and(|status| status != invoice::Status::Draft)
    };
    let all = settle(found.await?)?.into_iter().filter(shown).map(|it| PortalInvoice {
        created: it.created.0,
        number: it.number.clone().unwrap_or_default(),
        amount: it.currency.display(it.total),
        status: match it.status {
            Some(invoice::Status::Paid) => "Paid",
            Some(invoice::Status::Void) => "Void",
            Some(invoice::Status::Uncollectible) => "Not paid",
            _ => "Open",
        }
        .into(),
        url: it.hosted_invoice_url.clone(),
        pdf: it.invoice_pdf,
    });
    Ok(all.collect())
}

/// When the present period ends.
pub(super) fn period_end(it: &Subscription) -> Timestamp {
    it.items.data.iter().map(|item| item.current_period_end).min().unwrap_or(it.start_date)
}

/// What comes next for a subscription.
fn next(it: &Subscription) -> (String, Option<&'static str>) {
    if let Some(at) = it.cancel_at {
        return (format!("It ends on {}.", day(at.0)), Some("Ends"));
    }
    let renews = day(period_end(it).0);
    if let Some(pause) = it.pause_collection {
        let until = pause.resumes_at.map(|at| format!(" until {}", day(at.0))).unwrap_or_default();
        return (format!("It is paused{until}: nothing is charged."), Some("Paused"));
    }
    match it.status {
        Status::Trialing => (format!("The trial ends on {renews}; then it costs that."), Some("Trial")),
        Status::PastDue | Status::Unpaid => ("The last payment did not work.".into(), Some("Past due")),
        Status::Paused => ("The trial is over. Add a payment method to go on.".into(), Some("Paused")),
        Status::Incomplete => ("It begins with its first payment.".into(), Some("Incomplete")),
        Status::Active | Status::Canceled | Status::IncompleteExpired => {
            (format!("It renews on {renews}."), None)
        }
    }
}

fn shown(room: &Room, plan: &Plan) -> PortalPlan {
    let it = &plan.it;
    let features = room.opened.features();
    let (next, badge) = next(it);
    let (ends, rests) = (it.cancel_at.is_some(), it.pause_collection.is_some());
    let runs = matches!(it.status, Status::Active | Status::PastDue | Status::Trialing);
    let may_pause = features.subscription_pause.enabled && runs && !ends;
    let ends_by_itself = it.cancel_at_period_end && runs;
    let url = |place: Place, may: bool| may.then(|| room.url_of(it, place));
    PortalPlan {
        name: plan.name.clone(),
        price: words::costs_of(it),
        next,
        badge: badge.map(str::to_owned),
        pay_url: plan.pay_url.clone(),
        change_url: url(Place::Plan, room.opened.may_change(it) && !ends && !rests),
        cancel_url: url(Place::Cancel, features.subscription_cancel.enabled && !ends),
        renew_url: url(
            Place::Renew,
            features.subscription_cancel.enabled
                && features.subscription_cancel.mode == CancelMode::AtPeriodEnd
                && ends_by_itself,
        ),
        pause_url: url(Place::Pause, may_pause && !rests),
        resume_url: url(Place::Resume, may_pause && rests),
    }
}
