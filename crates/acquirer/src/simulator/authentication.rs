//! Cards whose holder must take part (3-D Secure, or a PIN at a terminal).
use super::table::{
    Authentication::{
        Frictionless, Optional, OptionalFailing, Required, RequiredFailing, RequiredOnSession,
        RequiredThenDeclined, RequiredUnlessSetUp,
    },
    TestCard, visa,
};
use crate::Decline;

#[rustfmt::skip]
pub(super) static CARDS: &[TestCard] = &[
    visa("4000002500003155", &["authenticationRequiredOnSetup"]).from("FR").asks(RequiredUnlessSetUp),
    visa("4000002760003184", &["authenticationRequired"]).from("DE").asks(Required),
    visa("4000003800000446", &["authenticationRequiredSetupForOffSession"]).from("IT").asks(RequiredOnSession),
    visa("4000008260003178", &["authenticationRequiredChargeDeclinedInsufficientFunds"]).from("GB")
        .asks(RequiredThenDeclined(Decline::InsufficientFunds)),
    visa("4000000000003220", &["threeDSecure2Required"]).from("IE").asks(Required),
    visa("4000008400000027", &[]).asks(Required),
    visa("4000008400001629", &["threeDSecureRequiredChargeDeclined"]).asks(RequiredThenDeclined(Decline::Generic)),
    visa("4000008400001280", &["threeDSecureRequiredProcessingError"]).asks(RequiredFailing),
    visa("4000000000003055", &["threeDSecureOptional"]).asks(Optional),
    visa("4000000000003097", &["threeDSecureOptionalProcessingError"]).asks(OptionalFailing),
    visa("4000000032200000", &[]).asks(Frictionless),
    visa("4000582600000094", &[]).from("GB").asks(Required),
    visa("4000582600000045", &[]).from("GB").asks(Required),
    visa("4000582600000102", &[]).from("GB").asks(Required),
    visa("4000582600000110", &[]).from("GB").asks(Required),
    visa("4001007020000002", &["offline_pin_cvm"]).from("SG"),
    visa("4000008260000075", &["offline_pin_sca_retry"]).from("GB"),
    visa("4001000360000005", &["online_pin_cvm"]).from("AU"),
    visa("4000002760000008", &["online_pin_sca_retry"]).from("DE"),
];
