//! The API's past: one file an incompatible change, named after the first version that has the new behaviour.
//!
//! Handlers speak today's shapes. A caller of an older version sees each object taken back change by change,
//! newest first, and the caller's parameters come forward the other way. To add a change, add its file, its `mod`
//! and its line in the list. Where two changes share a date, the one that stands later in the list is undone first.
//!
//! Some changes are of behaviour and need a switch where the behaviour is; a switch is
//! `caller.version.has(CONSTANT)`. The pipeline cannot depend on this crate, so it has constants of its own for
//! what it decides itself:
//!
//! | constant here | decided in |
//! |---|---|
//! | [`CURSORS`] | `api::CURSORS` (`api/src/page.rs`) |
//! | [`FORBIDDEN`] | `api/src/auth.rs` |
//! | [`IDEMPOTENT_PARAMETERS`] | `api/src/idempotency.rs` |
//! | [`RATE_LIMIT_STATUS`] | the server, where requests are counted |
//! | [`CARD_PARAMETER_STATUS`], [`TOKEN_PRIVACY`] | tokens and cards |
//! | [`PROPORTIONAL_FEE_REFUND`] | refunds |
//! | [`EMAIL_VALIDATED`], [`LENGTHS_LIMITED`] | customers |
//! | [`ACCOUNTS`] | accounts |
//! | `PAYOUTS` | `resources/src/payments/transfer/then.rs` |
//!
//! Not told here: unknown parameters were passed over before 2011-06-21, and the key itself stood in the message
//! about an invalid key, which no version of ours does.
#[cfg(test)]
mod check;
mod previous;
#[cfg(test)]
mod samples;
mod tree;
mod v2011_08_01_lists;
mod v2012_02_23_nulls;
mod v2012_03_25_next_recurring_charge;
mod v2012_06_18_token_amount;
mod v2012_11_07_dispute;
mod v2013_02_11_additions;
mod v2013_07_05_additions;
mod v2013_07_05_cards;
mod v2013_08_12_unset;
mod v2013_08_13_fee;
mod v2013_10_29_additions;
mod v2013_12_03_application_fee_account;
mod v2014_01_31_keys;
mod v2014_01_31_subscriptions;
mod v2014_03_28_account_currencies;
mod v2014_03_28_lists;
mod v2014_05_19_transfer_account;
mod v2014_06_13_card_brand;
mod v2014_06_17_charge_refunds;
mod v2014_07_26_application_fee_refunds;
mod v2014_08_20_dispute;
mod v2014_09_08_bank_account_status;
mod v2014_10_07_token_privacy;
mod v2014_11_05_account_enabled;
mod v2014_12_08_dispute_evidence;
mod v2014_12_17_additions;
mod v2014_12_17_statement_descriptor;
mod v2014_12_22_checks;
mod v2015_01_26_previous_attributes;
mod v2015_02_10_dispute_warnings;
mod v2015_02_18_additions;
mod v2015_02_18_charge_source;
mod v2015_02_18_customer_sources;
mod v2015_02_18_source_events;
mod v2015_04_07_additions;
mod v2015_07_07_in_transit;
mod v2015_07_13_disabled_reason;
mod v2015_08_19_refund_source;
mod v2015_09_03_idempotent_parameters;
mod v2015_09_08_rate_limit;
mod v2015_10_01_external_accounts;
mod v2015_10_12_card_parameters;
mod v2016_02_19_account_holder_name;
mod v2016_03_07_currencies_supported;
mod v2016_10_19_permission_status;
mod v2017_01_27_sourced_transfers;
mod v2017_02_14_dispute;
mod v2017_04_06_payouts;
mod v2017_05_25_account_type;
mod v2017_05_25_event_account;
mod v2017_05_25_event_request;
mod v2017_06_05_under_review;
mod v2017_12_14_additions;
mod v2018_02_05_plan_names;
mod v2018_05_21_error_codes;
mod v2018_07_27_email;
mod v2018_08_23_business_vat_id;
mod v2018_09_24_files;
mod v2018_10_31_lengths;
mod v2018_11_08_additions;
mod v2018_11_08_invoice_status;
mod v2019_02_11_intents;
mod v2019_02_19_account_capabilities;
mod v2019_02_19_account_legal_entity;
mod v2019_02_19_account_profile;
mod v2019_02_19_account_requirements;
mod v2019_02_19_account_settings;
mod v2019_03_14_additions;
mod v2019_03_14_application_fee_amount;
mod v2019_05_16_deleted;
mod v2019_10_17_collection_method;
mod v2019_10_17_customer_balance;
mod v2019_12_03_tax_info;
mod v2020_03_02_charge_dispute;
mod v2020_08_27_customer_lists;
mod v2020_08_27_error_quotes;
mod v2020_08_27_subscription_plans;
mod v2022_08_01_additions;
mod v2022_08_01_default_currency;
mod v2022_11_15_charge_refunds;
mod v2022_11_15_intent_charges;
mod v2025_03_31_charge_invoice;
mod v2025_03_31_credit_notes;
mod v2025_03_31_invoice_payments;
mod v2025_03_31_subscriptions;
mod v2025_09_30_additions;
mod v2025_09_30_coupon_sources;
mod v2025_09_30_iterations;
mod v2026_09_30_account_reject;
mod v2026_09_30_intent_types;

use base::Change;
use previous::AndPrevious;
use std::fmt::Write as _;

/// Every change, oldest first.
pub static CHANGES: &[&dyn Change] = &[
    &AndPrevious(&v2011_08_01_lists::Past),
    &AndPrevious(&v2012_02_23_nulls::Past),
    &AndPrevious(&v2012_03_25_next_recurring_charge::Past),
    &AndPrevious(&v2012_06_18_token_amount::Past),
    &AndPrevious(&v2012_11_07_dispute::Past),
    &AndPrevious(&v2013_02_11_additions::Past),
    &AndPrevious(&v2013_07_05_cards::Past),
    &AndPrevious(&v2013_07_05_additions::Past),
    &AndPrevious(&v2013_08_12_unset::Past),
    &AndPrevious(&v2013_08_13_fee::Past),
    &AndPrevious(&v2013_10_29_additions::Past),
    &AndPrevious(&v2013_12_03_application_fee_account::Past),
    &AndPrevious(&v2014_01_31_keys::Past),
    &AndPrevious(&v2014_01_31_subscriptions::Past),
    &AndPrevious(&v2014_03_28_account_currencies::Past),
    &AndPrevious(&v2014_03_28_lists::Past),
    &AndPrevious(&v2014_05_19_transfer_account::Past),
    &AndPrevious(&v2014_06_13_card_brand::Past),
    &AndPrevious(&v2014_06_17_charge_refunds::Past),
    &AndPrevious(&v2014_07_26_application_fee_refunds::Past),
    &AndPrevious(&v2014_08_20_dispute::Past),
    &AndPrevious(&v2014_09_08_bank_account_status::Past),
    &AndPrevious(&v2014_10_07_token_privacy::Past),
    &AndPrevious(&v2014_11_05_account_enabled::Past),
    &AndPrevious(&v2014_12_08_dispute_evidence::Past),
    &AndPrevious(&v2014_12_17_additions::Past),
    &AndPrevious(&v2014_12_17_statement_descriptor::Past),
    &AndPrevious(&v2014_12_22_checks::Past),
    &AndPrevious(&v2015_01_26_previous_attributes::Past),
    &AndPrevious(&v2015_02_10_dispute_warnings::Past),
    &AndPrevious(&v2015_02_18_additions::Past),
    &AndPrevious(&v2015_02_18_charge_source::Past),
    &AndPrevious(&v2015_02_18_customer_sources::Past),
    &AndPrevious(&v2015_02_18_source_events::Past),
    &AndPrevious(&v2015_04_07_additions::Past),
    &AndPrevious(&v2015_07_07_in_transit::Past),
    &AndPrevious(&v2015_07_13_disabled_reason::Past),
    &AndPrevious(&v2015_08_19_refund_source::Past),
    &AndPrevious(&v2015_09_03_idempotent_parameters::Past),
    &AndPrevious(&v2015_09_08_rate_limit::Past),
    &AndPrevious(&v2015_10_01_external_accounts::Past),
    &AndPrevious(&v2015_10_12_card_parameters::Past),
    &AndPrevious(&v2016_02_19_account_holder_name::Past),
    &AndPrevious(&v2016_03_07_currencies_supported::Past),
    &AndPrevious(&v2016_10_19_permission_status::Past),
    &AndPrevious(&v2017_01_27_sourced_transfers::Past),
    &AndPrevious(&v2017_02_14_dispute::Past),
    &AndPrevious(&v2017_04_06_payouts::Past),
    &AndPrevious(&v2017_05_25_account_type::Past),
    &AndPrevious(&v2017_05_25_event_account::Past),
    &AndPrevious(&v2017_05_25_event_request::Past),
    &AndPrevious(&v2017_06_05_under_review::Past),
    &AndPrevious(&v2017_12_14_additions::Past),
    &AndPrevious(&v2018_02_05_plan_names::Past),
    &AndPrevious(&v2018_05_21_error_codes::Past),
    &AndPrevious(&v2018_07_27_email::Past),
    &AndPrevious(&v2018_08_23_business_vat_id::Past),
    &AndPrevious(&v2018_09_24_files::Past),
    &AndPrevious(&v2018_10_31_lengths::Past),
    &AndPrevious(&v2018_11_08_additions::Past),
    &AndPrevious(&v2018_11_08_invoice_status::Past),
    &AndPrevious(&v2019_02_11_intents::Past),
    &AndPrevious(&v2019_02_19_account_capabilities::Past),
    &AndPrevious(&v2019_02_19_account_profile::Past),
    &AndPrevious(&v2019_02_19_account_settings::Past),
    &AndPrevious(&v2019_02_19_account_legal_entity::Past),
    &AndPrevious(&v2019_02_19_account_requirements::Past),
    &AndPrevious(&v2019_03_14_application_fee_amount::Past),
    &AndPrevious(&v2019_03_14_additions::Past),
    &AndPrevious(&v2019_05_16_deleted::Past),
    &AndPrevious(&v2019_10_17_customer_balance::Past),
    &AndPrevious(&v2019_10_17_collection_method::Past),
    &AndPrevious(&v2019_12_03_tax_info::Past),
    &AndPrevious(&v2020_03_02_charge_dispute::Past),
    &AndPrevious(&v2020_08_27_customer_lists::Past),
    &AndPrevious(&v2020_08_27_error_quotes::Past),
    &AndPrevious(&v2020_08_27_subscription_plans::Past),
    &AndPrevious(&v2022_08_01_default_currency::Past),
    &AndPrevious(&v2022_08_01_additions::Past),
    &AndPrevious(&v2022_11_15_charge_refunds::Past),
    &AndPrevious(&v2022_11_15_intent_charges::Past),
    &AndPrevious(&v2025_03_31_charge_invoice::Past),
    &v2025_03_31_credit_notes::Past,
    &AndPrevious(&v2025_03_31_invoice_payments::Past),
    &AndPrevious(&v2025_03_31_subscriptions::Past),
    &AndPrevious(&v2025_09_30_additions::Past),
    &AndPrevious(&v2025_09_30_coupon_sources::Past),
    &v2025_09_30_iterations::Past,
    &AndPrevious(&v2026_09_30_account_reject::Past),
    &AndPrevious(&v2026_09_30_intent_types::Past),
];

pub use v2013_12_03_application_fee_account::PROPORTIONAL_FEE_REFUND;
pub use v2014_03_28_lists::CURSORS;
pub use v2014_10_07_token_privacy::TOKEN_PRIVACY;
pub use v2014_12_17_additions::ACCOUNTS;
pub use v2015_09_03_idempotent_parameters::IDEMPOTENT_PARAMETERS;
pub use v2015_09_08_rate_limit::RATE_LIMIT_STATUS;
pub use v2015_10_12_card_parameters::CARD_PARAMETER_STATUS;
pub use v2016_10_19_permission_status::FORBIDDEN;
pub use v2018_07_27_email::EMAIL_VALIDATED;
pub use v2018_10_31_lengths::LENGTHS_LIMITED;

/// The changelog of the API as markdown, newest version first.
pub fn changelog() -> String {
    let mut out = String::from(
        "# Changes of the API\n\n\
         An account is pinned to a version; the header `Stripe-Version` asks for another. Each change below holds\n\
         from its version on: callers of an older version see what was before. This page is made from the code\n\
         (`cargo run -p versions --example changelog > docs/api-changes.md`).\n",
    );
    let mut version = None;
    for change in CHANGES.iter().rev() {
        if version != Some(change.since()) {
            version = Some(change.since());
            // Writing to a string cannot fail.
            let _ = write!(out, "\n## {}\n\n", change.since());
        }
        let _ = writeln!(out, "- {}", change.what());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Version;

    #[test]
    fn changes_are_in_order_and_of_published_versions() {
        assert!(CHANGES.is_sorted_by_key(|change| change.since()));
        for change in CHANGES {
            let label = change.since().as_str();
            assert_eq!(Version::parse(label), Some(change.since()), "{label} was never published");
            assert!(change.what().ends_with('.'), "{label}: {}", change.what());
        }
    }

    #[test]
    fn every_switch_is_a_change() {
        for switch in [
            CURSORS,
            FORBIDDEN,
            IDEMPOTENT_PARAMETERS,
            RATE_LIMIT_STATUS,
            CARD_PARAMETER_STATUS,
            TOKEN_PRIVACY,
            PROPORTIONAL_FEE_REFUND,
            EMAIL_VALIDATED,
            LENGTHS_LIMITED,
            ACCOUNTS,
        ] {
            assert!(CHANGES.iter().any(|change| change.since() == switch), "{switch}");
        }
    }

    #[test]
    fn the_changelog_is_up_to_date() {
        let kept = include_str!("../../../docs/api-changes.md");
        assert!(
            kept == changelog(),
            "docs/api-changes.md is old: see its first lines for how to make it anew"
        );
    }
}
