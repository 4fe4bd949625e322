//! On which days an account is paid out.
use crate::connect::account::{Interval, PayoutSchedule, Weekday};
use base::Timestamp;

/// The first day from that of `now` on which the schedule pays out: midnight UTC. None where somebody has to ask.
pub(super) fn next(plan: &PayoutSchedule, now: Timestamp) -> Option<Timestamp> {
    let today = now.midnight();
    match plan.interval {
        Interval::Manual => None,
        Interval::Daily => Some(today),
        Interval::Weekly => {
            let days = plan.weekly_payout_days.0.as_deref().unwrap_or_default().iter().copied();
            let days = days.chain(plan.weekly_anchor.0).map(number);
            // 0 is Monday; the epoch was a Thursday.
            let weekday = (today.0.div_euclid(Timestamp::DAY) + 3).rem_euclid(7);
            let ahead = days.map(|wanted| (wanted - weekday).rem_euclid(7)).min();
            Some(today.plus(ahead.unwrap_or(-weekday).rem_euclid(7) * Timestamp::DAY))
        }
        Interval::Monthly => {
            let days = plan.monthly_payout_days.0.as_deref().unwrap_or_default();
            let wanted =
                |date: i64| plan.monthly_anchor.0.is_some_and(|it| it == date) || days.contains(&date);
            let last = days.iter().copied().chain(plan.monthly_anchor.0).max().unwrap_or(1);
            // A month is looked through, and the last day of a short one stands for those that it lacks.
            (0..=31).map(|days| today.plus(days * Timestamp::DAY)).find(|day| {
                let (_, month, date) = day.date();
                let (_, tomorrow, _) = day.plus(Timestamp::DAY).date();
                wanted(date) || date == last || date < last && tomorrow != month
            })
        }
    }
}

fn number(day: Weekday) -> i64 {
    match day {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Optional;

    /// Monday, 7 October 2013.
    const MONDAY: Timestamp = Timestamp(1_381_104_000);

    fn plan(interval: Interval, monthly: Option<i64>, weekly: Option<Weekday>) -> PayoutSchedule {
        PayoutSchedule {
            delay_days: 2,
            interval,
            monthly_anchor: Optional(monthly),
            monthly_payout_days: Optional(None),
            weekly_anchor: Optional(weekly),
            weekly_payout_days: Optional(None),
        }
    }

    #[test]
    fn days_of_payouts() {
        let days = |plan: &PayoutSchedule, from: i64| {
            next(plan, MONDAY.plus(from * Timestamp::DAY + 3600))
                .map(|day| (day.0 - MONDAY.0) / Timestamp::DAY)
        };
        assert_eq!(days(&plan(Interval::Manual, None, None), 0), None);
        assert_eq!(days(&plan(Interval::Daily, None, None), 5), Some(5));
        let weekly = plan(Interval::Weekly, None, Some(Weekday::Wednesday));
        assert_eq!([0, 2, 3, 8].map(|from| days(&weekly, from)), [Some(2), Some(2), Some(9), Some(9)]);
        // The 31st of October is day 24; November has thirty days.
        let monthly = plan(Interval::Monthly, Some(31), None);
        assert_eq!(
            [0, 24, 25, 55].map(|from| days(&monthly, from)),
            [Some(24), Some(24), Some(54), Some(85)]
        );
        let monthly = plan(Interval::Monthly, Some(1), None);
        assert_eq!([0, 25, 26].map(|from| days(&monthly, from)), [Some(25), Some(25), Some(55)]);
    }
}
