//! `POST /v1/subscriptions/{id}/migrate`: from the classic rules of billing to the flexible ones.
use super::{BillingMode, Mode, Subscription, update::named};
use crate::billing::{amounts::refused, subscription_schedule::SubscriptionSchedule};
use api::{Cx, Outcome, done};
use wire::{Optional, Wire};

/// What it takes.
#[derive(Debug, Wire)]
pub(super) struct Migrate {
    billing_mode: To,
}

#[derive(Debug, Wire)]
struct To {
    r#type: Mode,
}

pub(super) async fn migrate(cx: &mut Cx<'_>, p: Migrate) -> Outcome<Subscription> {
    let id = cx.path("id").to_owned();
    let (before, _) = named(cx, &id).await?;
    let refuse = |message: &str| Err(refused(message).param("billing_mode[type]").into());
    if p.billing_mode.r#type != Mode::Flexible {
        return refuse("A subscription can be migrated to the billing mode `flexible` only.");
    }
    if before.billing_mode.r#type == Mode::Flexible {
        return refuse("The billing mode of this subscription is `flexible` already.");
    }
    if before.has_ended() {
        return refuse("A subscription that has ended cannot be migrated.");
    }
    let mode = BillingMode { updated_at: Optional(Some(cx.now())), ..BillingMode::of(Mode::Flexible) };
    let it = Subscription { billing_mode: mode.clone(), ..before.clone() };
    it.keep_changed(cx, &before);
    if let Some(schedule) = &it.schedule
        && let Some(held) = cx.get::<SubscriptionSchedule>(&schedule.id).await?
    {
        cx.put(&SubscriptionSchedule { billing_mode: mode, ..held });
    }
    done(it)
}
