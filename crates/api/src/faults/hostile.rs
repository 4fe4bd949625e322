//! A little of everything.
use super::{Fault, Rate, Rule, When};
use std::time::Duration;

/// Rules under which about every sixth request meets something. Official client libraries get through most of it by
/// themselves; a few charges are declined, and stay so.
#[rustfmt::skip]
pub(super) fn rules() -> Vec<Rule> {
    let rule = |fault, in_a_thousand: u32| Rule { rate: Rate(in_a_thousand * 1000), ..Rule::new(fault) };
    vec![
        rule(Fault::Latency(Duration::from_millis(250)), 50),
        rule(Fault::Latency(Duration::from_secs(2)), 5),
        rule(Fault::RateLimit, 20),
        rule(Fault::LockTimeout, 10),
        rule(Fault::Error(500, When::Before), 10),
        rule(Fault::Error(503, When::Before), 10),
        rule(Fault::Error(500, When::After), 10),
        rule(Fault::Error(502, When::After), 10),
        rule(Fault::Dropped(When::Before), 10),
        rule(Fault::Dropped(When::After), 20),
        rule(Fault::Decline(acquirer::Decline::Generic), 10),
        rule(Fault::Decline(acquirer::Decline::ProcessingError), 10),
    ]
}
