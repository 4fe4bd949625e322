//! What an account is made of.
use crate::address::Address;
use base::{Metadata, Timestamp};
use wire::{Optional, Wire};

/// What a business says of itself.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BusinessProfile {
    /// About how many people work there.
    pub estimated_worker_count: Option<i64>,
    /// Merchant category code.
    pub mcc: Option<String>,
    /// Which minorities own it, where it says so.
    pub minority_owned_business_designation: Option<Vec<Designation>>,
    /// What customers know it by.
    pub name: Option<String>,
    /// What it sells.
    pub product_description: Option<String>,
    /// Where it says what the Japanese law on commercial transactions wants to be said.
    pub specified_commercial_transactions_act_url: Option<String>,
    /// Where customers find help.
    pub support_address: Option<Address>,
    /// Where customers write to.
    pub support_email: Option<String>,
    /// Where customers call.
    pub support_phone: Option<String>,
    /// Where customers find help on the web.
    pub support_url: Option<String>,
    /// Its website.
    pub url: Option<String>,
}

/// Which minority owns a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Designation {
    /// Lesbian, gay, bisexual, transgender or queer people.
    LgbtqiOwnedBusiness,
    /// An ethnic minority.
    MinorityOwnedBusiness,
    /// None of these.
    NoneOfTheseApply,
    /// It does not say.
    PreferNotToAnswer,
    /// Women.
    WomenOwnedBusiness,
}

/// What kind of business it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum BusinessType {
    /// A company.
    Company,
    /// Part of a state.
    GovernmentEntity,
    /// One person.
    Individual,
    /// Not for profit.
    NonProfit,
}

/// What an account may do.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Capabilities {
    /// Taking cards.
    pub card_payments: Capability,
    /// Being paid by a platform.
    pub transfers: Capability,
}

/// Whether a capability can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Capability {
    /// It can.
    Active,
    /// It cannot.
    Inactive,
    /// It is being looked at.
    Pending,
}

/// Who controls an account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Controller {
    /// `account`: it controls itself.
    pub r#type: String,
}

/// The bank accounts that payouts go to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExternalAccounts {
    /// `list`.
    pub object: String,
    /// The bank accounts.
    pub data: Vec<PayoutBank>,
    /// Always `false`.
    pub has_more: bool,
    /// Where the list is.
    pub url: String,
}

impl ExternalAccounts {
    /// The list of an account.
    pub fn of(account: &str, data: Vec<PayoutBank>) -> Self {
        let url = format!("/v1/accounts/{account}/external_accounts");
        ExternalAccounts { object: "list".into(), data, has_more: false, url }
    }
}

/// A bank account that payouts go to. Its number is sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PayoutBank {
    /// `ba_…`.
    pub id: String,
    /// `bank_account`.
    pub object: String,
    /// The account that it belongs to.
    pub account: String,
    /// Whose it is.
    pub account_holder_name: Option<String>,
    /// `individual` or `company`.
    pub account_holder_type: Option<String>,
    /// Checking, savings and the like.
    pub account_type: Option<String>,
    /// How payouts may reach it.
    pub available_payout_methods: Vec<String>,
    /// The name of the bank.
    pub bank_name: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: String,
    /// The currency that is paid out to it.
    pub currency: base::Currency,
    /// Whether payouts in its currency go to it.
    pub default_for_currency: bool,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// Nothing is wanted for it later.
    pub future_requirements: Option<String>,
    /// The last four characters of the number.
    pub last4: String,
    /// Keys and values.
    pub metadata: Metadata,
    /// Nothing is wanted for it.
    pub requirements: Option<String>,
    /// The number of the bank.
    pub routing_number: Option<String>,
    /// `new`.
    pub status: String,
}

/// The sealed number of a bank account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SealedNumber {
    /// The bank account, `ba_…`.
    pub bank: String,
    /// What [`vault::Vault::seal`] made of the number.
    pub sealed: String,
}

/// What is wanted of an account before it may do everything.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Requirements {
    /// What would do instead.
    pub alternatives: Vec<String>,
    /// By when.
    pub current_deadline: Option<Timestamp>,
    /// What is wanted now.
    pub currently_due: Vec<String>,
    /// Why something is switched off.
    pub disabled_reason: Option<String>,
    /// What is wrong with what was given.
    pub errors: Vec<String>,
    /// What is wanted at some time.
    pub eventually_due: Vec<String>,
    /// What should have been given already.
    pub past_due: Vec<String>,
    /// What is being looked at.
    pub pending_verification: Vec<String>,
}

/// How an account wants things done.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Settings {
    /// Of BACS debits.
    pub bacs_debit_payments: BacsDebitPayments,
    /// How it looks.
    pub branding: Branding,
    /// Of issued cards.
    pub card_issuing: CardIssuing,
    /// Of card payments.
    pub card_payments: CardPayments,
    /// Of its dashboard.
    pub dashboard: Dashboard,
    /// Of invoices.
    pub invoices: Invoices,
    /// Of all payments.
    pub payments: Payments,
    /// Of payouts.
    pub payouts: Payouts,
    /// Of SEPA debits.
    pub sepa_debit_payments: SepaDebitPayments,
}

/// Settings of BACS debits.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BacsDebitPayments {
    /// The name on statements.
    pub display_name: Option<String>,
    /// The number of the service user.
    pub service_user_number: Option<String>,
}

/// How an account looks.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Branding {
    /// A file.
    pub icon: Option<String>,
    /// A file.
    pub logo: Option<String>,
    /// `#rrggbb`.
    pub primary_color: Option<String>,
    /// `#rrggbb`.
    pub secondary_color: Option<String>,
}

/// Settings of issued cards.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CardIssuing {
    /// Acceptance of the terms of issuing.
    pub tos_acceptance: IssuingTos,
}

/// Acceptance of the terms of issuing.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct IssuingTos {
    /// When.
    pub date: Option<Timestamp>,
    /// From where.
    pub ip: Option<String>,
}

/// Settings of card payments.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CardPayments {
    /// What is declined without asking the bank's opinion.
    pub decline_on: DeclineOn,
    /// What statement descriptors begin with.
    pub statement_descriptor_prefix: Option<String>,
    /// The same in kana.
    pub statement_descriptor_prefix_kana: Option<String>,
    /// The same in kanji.
    pub statement_descriptor_prefix_kanji: Option<String>,
}

/// What is declined whatever the bank says.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct DeclineOn {
    /// A wrong postal code.
    pub avs_failure: bool,
    /// A wrong CVC.
    pub cvc_failure: bool,
}

/// Settings of the dashboard.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Dashboard {
    /// What the account is called there.
    pub display_name: Option<String>,
    /// Its time zone.
    pub timezone: Option<String>,
}

impl Default for Dashboard {
    fn default() -> Self {
        Dashboard { display_name: None, timezone: Some("Etc/UTC".into()) }
    }
}

/// Settings of invoices.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Invoices {
    /// Tax ids on invoices.
    pub default_account_tax_ids: Option<Vec<String>>,
    /// Whether means of payment are kept.
    pub hosted_payment_method_save: Option<String>,
}

/// Settings of all payments.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Payments {
    /// What stands on card statements where a charge says nothing else.
    pub statement_descriptor: Option<String>,
    /// The same in kana.
    pub statement_descriptor_kana: Option<String>,
    /// The same in kanji.
    pub statement_descriptor_kanji: Option<String>,
    /// What it begins with in kana.
    pub statement_descriptor_prefix_kana: Option<String>,
    /// What it begins with in kanji.
    pub statement_descriptor_prefix_kanji: Option<String>,
}

/// Settings of payouts.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Payouts {
    /// Whether a negative balance is collected from the bank account.
    pub debit_negative_balances: bool,
    /// When balances are paid out.
    pub schedule: PayoutSchedule,
    /// What stands on the bank statement.
    pub statement_descriptor: Option<String>,
}

/// When balances are paid out.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PayoutSchedule {
    /// Days between a charge and its payout.
    pub delay_days: i64,
    /// `daily`, `weekly`, `monthly` or `manual`.
    pub interval: Interval,
    /// The day of the month.
    pub monthly_anchor: Optional<i64>,
    /// The day of the week.
    pub weekly_anchor: Optional<Weekday>,
}

/// How often balances are paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Interval {
    /// Every day.
    Daily,
    /// When somebody asks for it.
    Manual,
    /// Once a month.
    Monthly,
    /// Once a week.
    Weekly,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Default for Payouts {
    fn default() -> Self {
        Payouts {
            debit_negative_balances: true,
            schedule: PayoutSchedule {
                delay_days: 2,
                interval: Interval::Daily,
                monthly_anchor: Optional(None),
                weekly_anchor: Optional(None),
            },
            statement_descriptor: None,
        }
    }
}

/// Settings of SEPA debits.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct SepaDebitPayments {
    /// The creditor.
    pub creditor_id: Optional<String>,
}

/// Acceptance of the terms.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct TosAcceptance {
    /// When.
    pub date: Option<Timestamp>,
    /// From where.
    pub ip: Option<String>,
    /// With what browser.
    pub user_agent: Option<String>,
}

/// Who stands behind an account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Person {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Year of birth.
    pub born_year: i64,
    /// Month of birth, 1 to 12.
    pub born_month: i64,
    /// Day of birth, 1 to 31.
    pub born_day: i64,
    /// Telephone number.
    pub phone: Option<String>,
    /// Where the business is.
    pub address: Address,
}
