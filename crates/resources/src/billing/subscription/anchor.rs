//! Where the periods of a new subscription begin: at a moment that is said, by the parts of a date, or in the past.
use super::{AnchorConfig, Subscription, TrialAnchor, cycle::Span, entries::For};
use crate::billing::{
    amounts::{bounds, either, refused},
    invoice::Entry,
};
use api::{Cx, Stop};
use base::{ApiError, Timestamp};
use money::{Cycle, Interval};

/// How far back a subscription may have begun, in days.
const BACK_MAX: i64 = 5 * 366;

impl Subscription {
    /// Sets where its periods begin, where that is said. Errors: it is not ahead, or more than a period ahead.
    pub(super) fn start_cycle(
        &mut self,
        cx: &Cx<'_>,
        anchor: Option<Timestamp>,
        config: Option<AnchorConfig>,
    ) -> Result<(), ApiError> {
        let from = self.trial_end.unwrap_or(cx.now());
        let anchor = match (anchor, config) {
            (Some(_), Some(_)) => return Err(either("billing_cycle_anchor", "billing_cycle_anchor_config")),
            (None, None) => return Ok(()),
            (Some(anchor), None) => anchor,
            (None, Some(config)) => {
                let interval = self.items.data.iter().map(|it| it.plan.interval);
                let anchor = config.next(from, interval)?;
                self.billing_cycle_anchor_config = Some(config);
                self.billing_cycle_anchor = anchor;
                return Ok(());
            }
        };
        let refuse = |message: &str| Err(refused(message).param("billing_cycle_anchor"));
        if anchor < from {
            return refuse("billing_cycle_anchor must be in the future, and not before the trial ends.");
        }
        let natural =
            self.items.data.iter().map(|item| Cycle { anchor: from, ..self.cycle(item) }.boundary(1)).min();
        if natural.is_some_and(|natural| anchor > natural) {
            return refuse(
                "billing_cycle_anchor cannot be later than the end of the first period would be without it.",
            );
        }
        self.billing_cycle_anchor = anchor;
        Ok(())
    }

    /// Whether periods begin where they would without its trial.
    pub(super) fn keeps_anchor(&self) -> bool {
        let said = self.trial_settings.as_ref().and_then(|it| it.end_behavior.billing_cycle_anchor);
        said == Some(TrialAnchor::Unchanged)
    }
    /// Its trial ends at a moment, with which periods begin where nothing else is said.
    pub(super) fn anchor_trial(&mut self, end: Timestamp) {
        if !self.keeps_anchor() {
            self.billing_cycle_anchor = end;
        }
    }

    /// It has begun before. Errors: that is not in the past, or too long ago.
    pub(super) fn backdate(&mut self, cx: &Cx<'_>, since: Option<Timestamp>) -> Result<(), ApiError> {
        let Some(since) = since else { return Ok(()) };
        let refuse = |message: &str| Err(refused(message).param("backdate_start_date"));
        if since >= cx.now() {
            return refuse("backdate_start_date must be in the past.");
        }
        if since < cx.now().plus(-BACK_MAX * Timestamp::DAY) {
            return refuse("backdate_start_date can be no more than five years in the past.");
        }
        self.start_date = since;
        Ok(())
    }

    /// What the time costs that had passed when it was made.
    pub(super) async fn backdated(&self, cx: &Cx<'_>) -> Result<Vec<Entry>, Stop> {
        let mut entries = Vec::new();
        if self.start_date >= self.created {
            return Ok(entries);
        }
        for item in self.items.data.iter().filter(|it| !it.price.is_metered()) {
            let whole = self.amount(item)?;
            let (mut amount, mut at) = (0i64, self.start_date);
            while at < self.created {
                let span = Span::from(self.cycle(item), at, Some(self.created));
                amount = amount.saturating_add(span.share(whole));
                at = span.end;
            }
            entries.push(self.entry(cx, item, amount, (self.start_date, self.created), For::Part).await?);
        }
        Ok(entries)
    }
}

impl AnchorConfig {
    /// The first moment that it names from one on. Errors: there is no such part of a date, or a period has none of them.
    fn next(
        &self,
        from: Timestamp,
        intervals: impl Iterator<Item = Interval>,
    ) -> Result<Timestamp, ApiError> {
        let at = |name: &str| format!("billing_cycle_anchor_config[{name}]");
        bounds(&at("day_of_month"), self.day_of_month, (1, 31))?;
        let parts = [("hour", self.hour, 23), ("minute", self.minute, 59), ("second", self.second, 59)];
        for (name, value, most) in parts {
            value.map_or(Ok(()), |value| bounds(&at(name), value, (0, most)))?;
        }
        self.month.map_or(Ok(()), |month| bounds(&at("month"), month, (1, 12)))?;
        for interval in intervals {
            let fits = match interval {
                Interval::Month => self.month.is_none(),
                Interval::Year => true,
                Interval::Day | Interval::Week => false,
            };
            if !fits {
                let message = "billing_cycle_anchor_config names a day of a month, so it is for periods of months or years; a month is named for years alone.";
                return Err(refused(message).param("billing_cycle_anchor_config"));
            }
        }
        let (year, month, _) = from.date();
        let clock = from.0 - from.midnight().0;
        let part = |value: Option<i64>, usual: i64| value.unwrap_or(usual);
        let seconds = part(self.hour, clock / 3600) * 3600
            + part(self.minute, clock / 60 % 60) * 60
            + part(self.second, clock % 60);
        // From a month that has the day, so that those that do not have it are clipped and come back.
        let month = self.month.unwrap_or(month);
        let first = Timestamp::of_date(year, month, 1);
        let whole = (0..13).map(|n| Cycle { anchor: first, interval: Interval::Month, count: 1 }.boundary(n));
        let step = if self.month.is_some() { Interval::Year } else { Interval::Month };
        let anchor = whole
            .filter(|first| self.month.is_none_or(|month| first.date().1 == month))
            .map(|first| first.plus((self.day_of_month - 1) * Timestamp::DAY))
            .find(|day| day.date().2 == self.day_of_month)
            .unwrap_or(first);
        let cycle = Cycle { anchor: anchor.plus(seconds), interval: step, count: 1 };
        Ok(cycle.next(from.plus(-1)))
    }
}
