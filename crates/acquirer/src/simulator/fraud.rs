//! Cards that look risky, and cards whose security code or address is wrong.
use super::table::{TestCard, visa};
use crate::{
    Check::{Fail, Unavailable},
    Decline,
    RiskLevel::{Elevated, Highest},
};

#[rustfmt::skip]
pub(super) static CARDS: &[TestCard] = &[
    visa("4100000000000019", &["radarBlock", "visa_chargeDeclinedFraudulent", "chargeDeclinedFraudulent"])
        .risk(Highest).declines(Decline::Blocked),
    // The rule that blocks the highest risk is always on: there is nothing to turn it off with.
    visa("4000000000004954", &["riskLevelHighest"]).risk(Highest).declines_charge(Decline::Blocked),
    visa("4000000000009235", &["riskLevelElevated"]).risk(Elevated),
    visa("4000000000000101", &["cvcCheckFail"]).cvc(Fail),
    visa("4000000000000036", &["avsZipFail"]).zip(Fail),
    visa("4000058400307872", &["cvcCheckFailElevatedRisk"]).cvc(Fail).risk(Elevated),
    visa("4000058400306072", &["avsZipFailElevatedRisk"]).zip(Fail).risk(Elevated),
    visa("4000000000000028", &["avsLine1Fail"]).line1(Fail),
    visa("4000000000000010", &["avsFail"]).line1(Fail).zip(Fail),
    visa("4000000000000044", &["avsUnchecked"]).line1(Unavailable).zip(Unavailable),
    // These act on scores and rules that an account sets itself; without them the charge succeeds.
    visa("4000008400000407", &["highFraudDisputeScore"]),
    visa("4000008400000159", &["highEfwScore"]),
    visa("4000008400001017", &["radarDynamicRiskThreshold"]),
    visa("4001858821843804", &["freeTrialAbuseBlock"]),
    visa("4000008405600003", &["adaptive3dsChallenge"]),
    visa("4000000000001208", &[]),
    visa("4000000000003725", &[]),
];
