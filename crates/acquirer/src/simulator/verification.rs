//! Cards that change the standing of the connected account they pay.
use super::table::{Later, TestCard, visa};

pub(super) static CARDS: &[TestCard] = &[
    visa("4000000000004202", &["visa_triggerNextRequirements"]).then(Later::NextRequirements),
    visa("4000000000004210", &["visa_triggerChargeBlock"]).then(Later::ChargesBlocked),
    visa("4000000000004236", &["visa_triggerPayoutBlock"]).then(Later::PayoutsBlocked),
];
