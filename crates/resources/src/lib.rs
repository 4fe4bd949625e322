//! The nouns of the API, one file each: what it is, its fields, its parameters, its endpoints, its transitions,
//! its operations, its events. Adding a noun means adding a file and one word to the list below.

/// Makes the modules, and from their declarations the endpoint table, the table of nouns and the list of events.
/// Behind the nouns of a wing, after a semicolon, stand the rules that several of them share.
macro_rules! resources {
    ($($wing:ident { $($noun:ident),* $(,)? $(; $($rule:ident),*)? })*) => {
        $(
            #[doc = concat!("The nouns of the wing `", stringify!($wing), "`.")]
            pub mod $wing { $(pub mod $noun;)* $($(pub mod $rule;)*)? }
        )*
        /// Every endpoint of the API.
        pub fn endpoints() -> Vec<api::Endpoint> {
            let mut all = Vec::new();
            $($(all.extend($wing::$noun::endpoints());)*)*
            all
        }
        /// The noun that an `object` value names, or the kind of a document that holds secrets and is part of another.
        pub fn noun(name: &str) -> Option<api::Noun> {
            let all = [$($($wing::$noun::NOUN,)*)* files::file::PIECE];
            all.into_iter().find(|noun| noun.name == name)
        }
        /// The names of all nouns.
        #[cfg(test)]
        const NOUNS: &[&str] = &[$($($wing::$noun::NOUN.name,)*)*];
        /// Every event type that is sent.
        pub fn events() -> Vec<&'static str> {
            let mut all = Vec::new();
            $($(all.extend_from_slice($wing::$noun::EVENTS);)*)*
            all
        }
    };
}

resources! {
    connect {
        account, account_link, account_session, application, application_fee, capability, country_spec, fee_refund, login_link, person,
        session, user;
        liability
    }
    payments {
        balance, balance_settings, balance_transaction, bank_account, card, cash_balance, charge, confirmation_token,
        customer, customer_balance_transaction, customer_cash_balance_transaction, customer_session, dispute,
        early_fraud_warning, ephemeral_key, exchange_rate, mandate, payment_intent, payment_method, payment_method_configuration, payment_method_domain, payout, refund, review,
        setup_attempt, setup_intent, source, tax_id, token, topup, transfer, transfer_reversal;
        microdeposits, settlement, spend
    }
    billing {
        coupon, credit_note, credit_note_line_item, discount, invoice, invoice_item, invoice_payment, line_item, meter, meter_event,
        meter_event_adjustment, meter_event_adjustment_v2, meter_event_session, meter_event_summary, meter_event_v2, plan, portal_configuration, portal_session, price, product, promotion_code, quote, quote_line_item,
        shipping_rate, subscription,
        subscription_item, subscription_schedule, tax_code, tax_rate;
        amounts, own_id, timing
    }
    events { cli_session, event, event_destination, thin_event, webhook_endpoint; attempt }
    files { file, file_link }
    reports { report_run, report_type }
    test_helpers { test_clock }
}

pub mod address;
pub mod announce;
pub mod challenge;
mod components;
pub mod due;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod ledger_tests;
pub mod links;
pub mod mail;
pub mod search;
#[cfg(test)]
mod testing;
