//! Periods of a subscription: where they begin and end, and which of them is next.
use super::{Status, Subscription};
use crate::{billing::subscription_item::SubscriptionItem, payments::customer::Customer};
use api::{Cx, Stop};
use base::{Named as _, Timestamp};
use money::{Cycle, Interval, prorated};

/// What is billed at once: a whole period, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Its start.
    pub(super) start: Timestamp,
    /// Its end.
    pub(super) end: Timestamp,
    /// The period that it is a part of, or all of.
    whole: (Timestamp, Timestamp),
}

impl Span {
    /// What begins at a moment, and ends with its period or with the subscription.
    pub(super) fn from(cycle: Cycle, start: Timestamp, last: Option<Timestamp>) -> Self {
        let whole = cycle.around(start);
        let end = last.filter(|last| *last > start).map_or(whole.1, |last| last.min(whole.1));
        Span { start, end, whole }
    }
    /// Whether it is less than a period.
    pub(super) fn is_part(&self) -> bool {
        (self.start, self.end) != self.whole
    }
    /// What of an amount for a period falls on it.
    pub(super) fn share(&self, amount: i64) -> i64 {
        if !self.is_part() {
            return amount;
        }
        // Counted from the end, so that parts of one length cost the same wherever they lie.
        let after = self.whole.1.plus(self.start.0 - self.end.0);
        prorated(amount, self.whole, after).unwrap_or(amount)
    }
}

/// How long before its end a trial is announced to end, in seconds.
const TRIAL_WARNING: i64 = 3 * Timestamp::DAY;

/// The interval of an item, and how many of that its period has.
pub(super) fn interval(item: &SubscriptionItem) -> (Interval, i64) {
    (item.plan.interval, item.plan.interval_count)
}

/// Of a customer at most this many are looked at.
const MOST: usize = 1_000;

/// Two intervals on from a time, those of the customer's subscription whose intervals are the shortest; none without any.
pub(crate) async fn two_intervals_on(
    cx: &Cx<'_>,
    customer: &str,
    from: Timestamp,
) -> Result<Option<Timestamp>, Stop> {
    let (by, caller) = (Some((Customer::NAME, customer.to_owned())), &cx.caller);
    let all = cx.all_by::<Subscription>(&caller.account, caller.livemode, by, MOST).await?;
    let items = all.iter().flat_map(|it| &it.items.data).map(interval);
    Ok(items.map(|(interval, count)| Cycle { anchor: from, interval, count }.boundary(2)).min())
}

impl Subscription {
    /// The periods of an item.
    pub(super) fn cycle(&self, item: &SubscriptionItem) -> Cycle {
        let (interval, count) = interval(item);
        Cycle { anchor: self.billing_cycle_anchor, interval, count }
    }
    /// When the first of its periods ends.
    pub(super) fn period_end(&self) -> Option<Timestamp> {
        self.items.data.iter().map(|it| it.current_period_end).min()
    }
    /// When the last of its periods ends.
    pub(super) fn last_period_end(&self) -> Option<Timestamp> {
        self.items.data.iter().map(|it| it.current_period_end).max()
    }
    /// When it has to be told that the trial will end.
    pub(super) fn trial_warning(&self) -> Option<Timestamp> {
        let waits = self.status == Status::Trialing && self.trial_told.0 != Some(true);
        self.trial_end.filter(|_| waits).map(|end| end.plus(-TRIAL_WARNING))
    }
    /// When something happens to it next.
    pub(super) fn next_moment(&self) -> Option<Timestamp> {
        match self.status {
            Status::Canceled | Status::IncompleteExpired => None,
            Status::Incomplete => self.expires.0.into_iter().chain(self.cancel_at).min(),
            Status::Paused => self.cancel_at,
            Status::Active | Status::PastDue | Status::Trialing | Status::Unpaid => {
                let resumes = self.pause_collection.and_then(|it| it.resumes_at);
                let update = self.pending_update.as_ref().map(|it| it.expires_at);
                let told = [self.trial_warning(), self.upcoming_at()];
                let items = self.next_pending_invoice_item_invoice;
                [self.period_end(), self.cancel_at, resumes, update, self.overdue.0, items]
                    .into_iter()
                    .chain(told)
                    .flatten()
                    .min()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What a period costs is what its parts cost, to a minor unit for each cut.
        #[test]
        fn parts_make_a_whole(anchor in 0i64..4_000_000_000, amount in 0i64..100_000_000, cut in 1i64..2_000_000) {
            let cycle = Cycle { anchor: Timestamp(anchor), interval: Interval::Month, count: 1 };
            let start = Timestamp(anchor);
            let first = Span::from(cycle, start, Some(start.plus(cut)));
            let second = Span::from(cycle, first.end, None);
            prop_assert!(first.is_part() && second.is_part());
            prop_assert!((first.share(amount) + second.share(amount) - amount).abs() <= 1);
            prop_assert_eq!(Span::from(cycle, start, None).share(amount), amount);
        }
    }
}
