//! What an account is made of.
use crate::{address::Address, files::file::File};
use base::{Ref, Timestamp};
use wire::{Optional, Wire};

/// What a business says of itself.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BusinessProfile {
    /// What it earned in its last year.
    pub annual_revenue: Option<AnnualRevenue>,
    /// About how many people work there.
    pub estimated_worker_count: Option<i64>,
    /// Merchant category code.
    pub mcc: Option<String>,
    /// Which minorities own it, where it says so.
    pub minority_owned_business_designation: Option<Vec<Designation>>,
    /// What it expects to earn in a month.
    pub monthly_estimated_revenue: Optional<MonthlyRevenue>,
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

/// What a business earned in a year.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AnnualRevenue {
    /// In minor units.
    pub amount: i64,
    /// The currency.
    pub currency: base::Currency,
    /// The last day of that year: `2025-12-31`.
    pub fiscal_year_end: String,
}

/// What a business expects to earn in a month.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MonthlyRevenue {
    /// In minor units.
    pub amount: i64,
    /// The currency.
    pub currency: base::Currency,
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
    /// Of PayPay.
    pub paypay_payments: Optional<PaypayPayments>,
    /// Of SEPA debits.
    pub sepa_debit_payments: SepaDebitPayments,
    /// Of the treasury.
    pub treasury: Optional<Treasury>,
}

/// Settings of PayPay: what it wants to know before it is offered.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct PaypayPayments {
    /// Further files.
    pub additional_files: Optional<Vec<String>>,
    /// What is sold.
    pub goods_type: Optional<GoodsType>,
    /// The site that sells.
    pub site: Optional<Site>,
}

/// What is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum GoodsType {
    /// What is downloaded.
    DigitalContent,
    /// Everything else.
    Other,
}

/// A site that sells.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Site {
    /// Anybody can see it.
    pub accessible: Optional<Plain>,
    /// It is being built.
    pub in_development: Optional<InDevelopment>,
    /// Not everybody can see it.
    pub restricted: Optional<Restricted>,
    /// Which of these.
    pub r#type: Optional<SiteType>,
}

/// Nothing more is known.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Plain {}

/// A site that is being built.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct InDevelopment {
    /// Whether a password was given. It is not kept.
    pub password_provided: Optional<bool>,
    /// The name to sign in with.
    pub username: Option<String>,
}

/// A site that not everybody can see.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Restricted {
    /// A file that shows how one pays there.
    pub payment_flow_file: Option<String>,
}

/// Who can see a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum SiteType {
    /// Anybody.
    Accessible,
    /// Nobody yet.
    InDevelopment,
    /// Some.
    Restricted,
}

/// Settings of the treasury.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Treasury {
    /// Acceptance of its terms.
    pub tos_acceptance: Optional<IssuingTos>,
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
    /// A small picture.
    pub icon: Option<Ref<File>>,
    /// A picture.
    pub logo: Option<Ref<File>>,
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
    /// With what browser.
    pub user_agent: Optional<String>,
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
    pub hosted_payment_method_save: Option<MethodSave>,
}

/// Whether the means by which an invoice was paid are kept for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum MethodSave {
    /// They are.
    Always,
    /// They are not.
    Never,
    /// The customer is asked.
    Offer,
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
    /// The days of the month.
    pub monthly_payout_days: Optional<Vec<i64>>,
    /// The day of the week.
    pub weekly_anchor: Optional<Weekday>,
    /// The days of the week.
    pub weekly_payout_days: Optional<Vec<Weekday>>,
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
                monthly_payout_days: Optional(None),
                weekly_anchor: Optional(None),
                weekly_payout_days: Optional(None),
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
    /// Which terms: `full` where nothing is said, or `recipient`.
    pub service_agreement: Optional<ServiceAgreement>,
    /// With what browser.
    pub user_agent: Option<String>,
}

/// Which terms an account accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ServiceAgreement {
    /// Those of whoever takes payments.
    Full,
    /// Those of whoever only receives transfers.
    Recipient,
}

/// What its platform sorts an account by.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Groups {
    /// The scheme of prices.
    pub payments_pricing: Option<String>,
}

/// Who stands behind an account that nobody else controls, as its form said.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Applicant {
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
