//! Ids: a prefix, then 24 characters that rise with time and cannot be guessed.
use crate::{Clock, Entropy, Timestamp, entropy::BASE62};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes ids. The first characters after the prefix rise strictly within a process and with the wall clock
/// across processes, so the order of ids is the order of creation, key order is list order, and new index
/// entries land beside each other. The rest is chance, so that ids of two processes never meet.
#[derive(Debug, Default)]
pub struct Ids {
    last: AtomicU64,
}

/// Characters of an id after its prefix, as today's API has them.
const LENGTH: usize = 24;
/// Of these, how many rise with time: 62^10 > 2^59, which is milliseconds times 2^17 until the year 2109.
const RISING: usize = 10;

impl Ids {
    /// A new id such as `ch_1Abc…`.
    pub fn next(&self, prefix: &str, clock: &dyn Clock, entropy: &dyn Entropy) -> String {
        let wall = (clock.now_ms().max(0) as u64) << 17;
        let step = |last: u64| Some(wall.max(last + 1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or_default();
        let mut rest = wall.max(last + 1);
        let mut rising = [b'0'; RISING];
        for place in rising.iter_mut().rev() {
            *place = BASE62[(rest % 62) as usize];
            rest /= 62;
        }
        let mut id = String::with_capacity(prefix.len() + 1 + LENGTH);
        id.push_str(prefix);
        id.push_str("_1");
        id.extend(rising.iter().map(|b| char::from(*b)));
        let mut chance = [0u8; LENGTH - RISING - 1];
        entropy.fill(&mut chance);
        id.extend(chance.iter().map(|b| char::from(BASE62[usize::from(b % 62)])));
        id
    }
}

/// When an id was made, as far as it tells.
pub fn made(id: &str) -> Option<Timestamp> {
    let rising = id.split_once("_1")?.1.get(..RISING)?;
    let digit = |sum: u64, byte: u8| {
        let place = BASE62.iter().position(|known| *known == byte)?;
        sum.checked_mul(62)?.checked_add(place as u64)
    };
    let rest = rising.bytes().try_fold(0, digit)?;
    Some(Timestamp(i64::try_from(rest >> 17).ok()? / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, Seeded};

    #[test]
    fn ids_rise_even_while_the_clock_stands_or_goes_back() {
        let (ids, chance) = (Ids::default(), Seeded::from_number(1));
        let (late, early) =
            (ManualClock::at(Timestamp(1_700_000_000)), ManualClock::at(Timestamp(1_600_000_000)));
        let mut made: Vec<String> = (0..200).map(|_| ids.next("ch", &late, &chance)).collect();
        assert_eq!(super::made(&made[7]), Some(Timestamp(1_700_000_000)));
        assert!(
            ["ch_", "ch_1", "ch_1é", "", "card_1-----------x", "acct_1zzzzzzzzzzzzzz"]
                .iter()
                .all(|id| super::made(id).is_none_or(|at| at.0 > 0))
        );
        made.extend((0..200).map(|_| ids.next("ch", &early, &chance)));
        assert!(made.is_sorted());
        assert!(made.iter().all(|id| id.len() == 3 + LENGTH), "{}", made[0]);
        made.dedup();
        assert_eq!(made.len(), 400);
    }
}
