//! A customer ends what they subscribed to, lets it go on, or lets it rest.

use base::Timestamp;
use money::Cycle;
use resources::billing::coupon::Coupon;
use resources::billing::portal_configuration::{CancelMode, DurationType};
use resources::billing::subscription::{Proration, Status};

use super::super::reply::{Answer, page};
use super::super::visit::{Notice, Visit};
use super::home::period_end;
use super::{Place, Plan, Room, words};
use crate::render::day;
use crate::views::{Choice, PortalCancel, PortalPause};

/// Whether the customer may end it.
fn may_cancel(room: &Room, plan: &Plan) -> bool {
    room.opened.features().subscription_cancel.enabled && plan.it.cancel_at.is_none()
}

/// When it ends where that is asked for: with its period, where it has one that was begun.
fn at_period_end(room: &Room, plan: &Plan) -> bool {
    let runs = matches!(plan.it.status, Status::Active | Status::PastDue | Status::Trialing);
    room.opened.features().subscription_cancel.mode == CancelMode::AtPeriodEnd && runs
}

/// The coupon that the customer is offered for staying.
fn offered(room: &Room) -> Option<&str> {
    let cancel = room.flow()?.subscription_cancel.as_ref()?;
    Some(cancel.retention.as_ref()?.coupon_offer.as_ref()?.coupon.as_str())
}

/// `GET …/cancel`.
pub(super) async fn show_cancel(
    visit: &mut Visit<'_>,
    room: &Room,
    plan: &Plan,
    problem: Option<String>,
) -> Answer {
    if !may_cancel(room, plan) {
        return room.not_allowed();
    }
    let feature = &room.opened.features().subscription_cancel;
    let ends = if at_period_end(room, plan) {
        format!("It stays yours until {}, and is not renewed then.", day(period_end(&plan.it).0))
    } else if feature.proration_behavior == Proration::None {
        "It ends at once.".to_owned()
    } else {
        "It ends at once. What is left of what you paid for is credited to you.".to_owned()
    };
    let offer = match offered(room) {
        Some(coupon) => coupon_words(visit, room, coupon).await?,
        None => None,
    };
    let reasons = &feature.cancellation_reason;
    let reasons = reasons
        .options
        .iter()
        .filter(|_| reasons.enabled)
        .map(|it| Choice { value: it.as_str().into(), label: words::reason(*it).into() });
    let status = if problem.is_some() { 400 } else { 200 };
    let view = PortalCancel {
        head: room.head(visit),
        name: plan.name.clone(),
        ends,
        offer,
        reasons: reasons.collect(),
        problem,
        action: room.url_of(&plan.it, Place::Cancel),
    };
    page(status, &view, room.leads_to())
}

async fn coupon_words(
    visit: &Visit<'_>,
    room: &Room,
    coupon: &str,
) -> Result<Option<String>, super::super::reply::Trouble> {
    let path = format!("/v1/coupons/{coupon}");
    let Ok(found) = room.call(visit, ("GET", &path), &[]).await? else { return Ok(None) };
    let Ok(it) = wire::from_json::<Coupon>(found.to_json().as_bytes()) else { return Ok(None) };
    let off = match (&it.percent_off, it.amount_off.zip(it.currency)) {
        (Some(percent), _) => format!("{}%", percent.0),
        (None, Some((amount, currency))) => currency.display(amount),
        (None, None) => return Ok(None),
    };
    let how_long = match (it.duration.as_str(), it.duration_in_months) {
        ("forever", _) => "from now on".to_owned(),
        ("repeating", Some(months)) => format!("for {months} months"),
        _ => "on your next invoice".to_owned(),
    };
    let named = it.name.map(|name| format!("{name}: ")).unwrap_or_default();
    Ok(Some(format!("{named}{off} off {how_long}.")))
}

/// `POST …/cancel`.
pub(super) async fn cancel(visit: &mut Visit<'_>, room: &Room, plan: &Plan) -> Answer {
    if !may_cancel(room, plan) {
        return room.not_allowed();
    }
    let path = format!("/v1/subscriptions/{}", plan.it.id);
    if visit.fields.text("do") == "stay" {
        let Some(coupon) = offered(room) else { return room.not_allowed() };
        let done = room.call(visit, ("POST", &path), &[("discounts[0][coupon]", coupon)]).await?;
        return match done {
            Ok(_) => room.finish(visit, Notice::PLAN_GOES_ON).await,
            Err(error) => show_cancel(visit, room, plan, Some(error.message)).await,
        };
    }
    let feature = &room.opened.features().subscription_cancel;
    let reasons = &feature.cancellation_reason;
    let mut pairs = Vec::new();
    let feedback = visit.fields.text("feedback").to_owned();
    let comment: String = visit.fields.text("comment").trim().chars().take(500).collect();
    if reasons.enabled {
        if reasons.options.iter().any(|it| it.as_str() == feedback) {
            pairs.push(("cancellation_details[feedback]", feedback.as_str()));
        }
        if !comment.is_empty() {
            pairs.push(("cancellation_details[comment]", comment.as_str()));
        }
    }
    let done = if at_period_end(room, plan) {
        pairs.push(("cancel_at_period_end", "true"));
        room.call(visit, ("POST", &path), &pairs).await?
    } else {
        if feature.proration_behavior != Proration::None {
            pairs.push(("prorate", "true"));
        }
        if feature.proration_behavior == Proration::AlwaysInvoice {
            pairs.push(("invoice_now", "true"));
        }
        room.call(visit, ("DELETE", &path), &pairs).await?
    };
    match done {
        Ok(_) => room.finish(visit, Notice::PLAN_ENDS).await,
        Err(error) => show_cancel(visit, room, plan, Some(error.message)).await,
    }
}

/// `POST …/renew`: it is not to end any more.
pub(super) async fn renew(visit: &mut Visit<'_>, room: &Room, plan: &Plan) -> Answer {
    let feature = &room.opened.features().subscription_cancel;
    if !feature.enabled || feature.mode != CancelMode::AtPeriodEnd || !plan.it.cancel_at_period_end {
        return room.not_allowed();
    }
    let pairs = [
        ("cancel_at_period_end", "false"),
        ("cancellation_details[comment]", ""),
        ("cancellation_details[feedback]", ""),
    ];
    room.call(visit, ("POST", &format!("/v1/subscriptions/{}", plan.it.id)), &pairs).await??;
    room.finish(visit, Notice::PLAN_GOES_ON).await
}

/// Whether the customer may let it rest, and go on.
fn may_pause(room: &Room, plan: &Plan) -> bool {
    room.opened.features().subscription_pause.enabled && plan.it.cancel_at.is_none()
}

/// `GET …/pause`.
pub(super) fn show_pause(visit: &mut Visit<'_>, room: &Room, plan: &Plan, problem: Option<String>) -> Answer {
    if !may_pause(room, plan) || plan.it.pause_collection.is_some() {
        return room.not_allowed();
    }
    let duration = &room.opened.features().subscription_pause.duration;
    let each = duration.interval_options.iter().enumerate();
    let options = each.map(|(n, it)| Choice { value: n.to_string(), label: words::duration(it) }).collect();
    let status = if problem.is_some() { 400 } else { 200 };
    let view = PortalPause {
        head: room.head(visit),
        name: plan.name.clone(),
        options,
        problem,
        action: room.url_of(&plan.it, Place::Pause),
    };
    page(status, &view, room.leads_to())
}

/// `POST …/pause`.
pub(super) async fn pause(visit: &mut Visit<'_>, room: &Room, plan: &Plan) -> Answer {
    if !may_pause(room, plan) {
        return room.not_allowed();
    }
    let duration = &room.opened.features().subscription_pause.duration;
    let mut until = None;
    if duration.r#type == DurationType::IntervalOptions {
        let chosen = visit.fields.text("duration").parse::<usize>().ok();
        let Some(option) = chosen.and_then(|n| duration.interval_options.get(n)) else {
            return show_pause(visit, room, plan, Some("Choose for how long it rests.".into()));
        };
        let begins = now_of(visit, room, plan).await?;
        let cycle = Cycle { anchor: begins, interval: option.interval, count: option.interval_count };
        until = Some(cycle.around(begins).1.0.to_string());
    }
    let mut pairs = vec![("pause_collection[behavior]", "void")];
    pairs.extend(until.as_deref().map(|at| ("pause_collection[resumes_at]", at)));
    let path = format!("/v1/subscriptions/{}", plan.it.id);
    match room.call(visit, ("POST", &path), &pairs).await? {
        Ok(_) => room.finish(visit, Notice::PLAN_RESTS).await,
        Err(error) => show_pause(visit, room, plan, Some(error.message)),
    }
}

/// The time by which a subscription lives.
pub(super) async fn now_of(
    visit: &Visit<'_>,
    room: &Room,
    plan: &Plan,
) -> Result<Timestamp, super::super::reply::Trouble> {
    let Some(clock) = &plan.it.test_clock else { return Ok(visit.api.world.clock.now()) };
    let path = format!("/v1/test_helpers/test_clocks/{}", clock.id);
    let found = room.call(visit, ("GET", &path), &[]).await??;
    let at = found.get("frozen_time").and_then(wire::Node::as_i64);
    Ok(at.map_or_else(|| visit.api.world.clock.now(), Timestamp))
}

/// `POST …/resume`.
pub(super) async fn resume(visit: &mut Visit<'_>, room: &Room, plan: &Plan) -> Answer {
    if !may_pause(room, plan) {
        return room.not_allowed();
    }
    let path = format!("/v1/subscriptions/{}", plan.it.id);
    room.call(visit, ("POST", &path), &[("pause_collection", "")]).await??;
    room.finish(visit, Notice::PLAN_GOES_ON).await
}
