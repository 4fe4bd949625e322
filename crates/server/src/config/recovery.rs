//! What becomes of invoices of subscriptions that are not paid: the table `[recovery]` of the configuration file.
use crate::Failure;
use serde::Deserialize;

/// `[recovery]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Recovery {
    /// After how many days an invoice is tried again, each counted from the attempt before.
    retries: Option<Vec<i64>>,
    /// What becomes of the subscription in the end.
    then: Option<Then>,
}

/// What becomes of a subscription that nobody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Then {
    Cancel,
    PastDue,
    Unpaid,
}

/// The most attempts after the first.
const RETRIES_MAX: usize = 8;
/// The most days between two attempts.
const DAYS_MAX: i64 = 60;

impl Recovery {
    /// What this says, and where it says nothing, what is below.
    pub(super) fn over(self, below: Self) -> Self {
        Recovery { retries: self.retries.or(below.retries), then: self.then.or(below.then) }
    }
    /// The rules. Errors: more than eight attempts, or days that are none.
    pub(super) fn rules(&self) -> Result<money::Recovery, Failure> {
        let usual = money::Recovery::default();
        let retries = self.retries.clone().unwrap_or(usual.retries);
        if retries.len() > RETRIES_MAX || retries.iter().any(|days| !(1..=DAYS_MAX).contains(days)) {
            let message = format!(
                "retries = {retries:?} in [recovery] cannot be: give up to {RETRIES_MAX} numbers of days, each from 1 to {DAYS_MAX}."
            );
            return Err(Failure(message));
        }
        let then = self.then.map_or(usual.then, |then| match then {
            Then::Cancel => money::Then::Cancel,
            Then::PastDue => money::Then::PastDue,
            Then::Unpaid => money::Then::Unpaid,
        });
        Ok(money::Recovery { retries, then })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;

    fn rules(file: &str) -> Option<money::Recovery> {
        toml::from_str::<Settings>(file).ok()?.recovery.rules().ok()
    }

    #[test]
    fn it_is_read_from_the_file() {
        assert_eq!(rules(""), Some(money::Recovery::default()));
        let said = rules("[recovery]\nretries = [1, 2]\nthen = \"unpaid\"\n");
        assert_eq!(said, Some(money::Recovery { retries: vec![1, 2], then: money::Then::Unpaid }));
        for bad in [
            "[recovery]\nretries = [0]",
            "[recovery]\nretries = [1,1,1,1,1,1,1,1,1]",
            "[recovery]\nthen = \"wait\"",
            "[recovery]\nx = 1",
        ] {
            assert_eq!(rules(bad), None, "{bad}");
        }
    }
}
