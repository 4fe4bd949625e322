//! Cards whose charges succeed and are disputed or refunded with trouble afterwards.
use super::table::{Funding::Credit, Later, TestCard, card, visa};
use crate::Brand::Mastercard;

#[rustfmt::skip]
pub(super) static CARDS: &[TestCard] = &[
    visa("4000000000000259", &["createDispute"]).then(Later::Dispute("fraudulent")),
    visa("4000000000002685", &["createDisputeProductNotReceived"]).then(Later::Dispute("product_not_received")),
    visa("4000000000001976", &["createDisputeInquiry"]).then(Later::Inquiry),
    visa("4000000000005423", &["createIssuerFraudRecord"]).then(Later::FraudWarning),
    visa("4000000404000079", &["createMultipleDisputes"]).then(Later::Disputes),
    visa("4000000404000038", &["createCe3EligibleDispute"]).then(Later::Prevention("ce3_eligible")),
    visa("4000008400000779", &["createComplianceDispute"]).then(Later::Compliance("visa")),
    card("5105008400000002", Mastercard, Credit, "US", &["createMastercardComplianceDispute"]).then(Later::Compliance("mastercard")),
    visa("4000000001000043", &["createAutoRepresentmentEligibleDispute"]).then(Later::Prevention("auto_representment")),
    visa("4000000404004816", &["createRapidDisputeResolutionDispute"]).then(Later::Prevention("rapid_dispute_resolution")),
    visa("4000000404005649", &["createCe3BlockDispute"]).then(Later::Prevention("ce3_block")),
    card("5105000300000018", Mastercard, Credit, "US", &["createEthocaAlert"]).then(Later::Prevention("ethoca_alert")),
    visa("4000000000007726", &["pendingRefund"]).then(Later::PendingRefund),
    visa("4000000000005126", &["refundFail"]).then(Later::FailingRefund),
];
