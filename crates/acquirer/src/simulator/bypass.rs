//! Cards whose money is available at once.
use super::table::{TestCard, visa};

pub(super) static CARDS: &[TestCard] = &[
    visa("4000000000000077", &["bypassPending"]).bypassing(),
    visa("4000003720000278", &["bypassPendingInternational"]).from("IE").bypassing(),
];
