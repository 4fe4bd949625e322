//! When a failed delivery is tried again.
//!
//! | after failure | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | test mode | 5 s | 10 min | 3 h | – | | | | | | |
//! | live mode | 5 s | 1 min | 10 min | 1 h | 2 h | 4 h | 8 h | 16 h | 20 h | 20 h |
//!
//! So test mode tries three times more over a few hours and live mode for three days. The first repetition comes
//! quickly in both, because most failures are a receiver that is being restarted.

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const TEST: &[i64] = &[5, 10 * MINUTE, 3 * HOUR];
const LIVE: &[i64] =
    &[5, MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 20 * HOUR, 20 * HOUR];

/// Seconds until the next attempt after `failed` failures, of which the last was just now; `None`: no more.
pub(crate) fn next(live: bool, failed: i64) -> Option<i64> {
    let table = if live { LIVE } else { TEST };
    let at = usize::try_from(failed).ok()?.checked_sub(1)?;
    table.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_mode_tries_for_three_days_and_ever_more_rarely() {
        assert!((60..=72).contains(&(LIVE.iter().sum::<i64>() / HOUR)));
        assert!(LIVE.is_sorted() && TEST.is_sorted());
        assert_eq!(next(true, 10), Some(20 * HOUR));
        assert_eq!(next(true, 11), None);
    }

    #[test]
    fn test_mode_tries_three_times_more() {
        let delays: Vec<i64> = (1..).map_while(|failed| next(false, failed)).collect();
        assert_eq!(delays, [5, 600, 10_800]);
        assert_eq!(next(false, 0), None);
        assert_eq!(next(false, -1), None);
    }
}
