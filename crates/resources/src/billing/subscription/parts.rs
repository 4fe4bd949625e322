//! The parts of a subscription.
use super::Status;
use crate::{
    billing::{
        amounts::Number, discount::Discount, price::CurrencyOption, subscription_item::SubscriptionItem,
    },
    connect::account::Account,
    payments::customer::CustomField,
};
use base::{Metadata, Ref, Timestamp};
use money::Interval;
use wire::{Optional, Wire};

/// Whether an engine computes taxes.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct AutomaticTax {
    /// Why it does not.
    pub disabled_reason: Option<String>,
    /// Whether it does; no engine is connected.
    pub enabled: bool,
    /// Who owes them.
    pub liability: Option<String>,
}

/// At which parts of a date periods begin, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct AnchorConfig {
    /// The day, 1 to 31; the last of a month that has fewer.
    pub day_of_month: i64,
    /// The hour.
    pub hour: Option<i64>,
    /// The minute.
    pub minute: Option<i64>,
    /// The month, 1 to 12.
    pub month: Option<i64>,
    /// The second.
    pub second: Option<i64>,
}

/// By which rules a subscription is billed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BillingMode {
    /// What the flexible rules say further.
    pub flexible: Option<Flexible>,
    /// Which rules.
    pub r#type: Mode,
    /// When other rules were chosen.
    pub updated_at: Optional<Timestamp>,
}

/// What the flexible rules say further.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Flexible {}

/// The rules of billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Mode {
    /// All items have one period, and what is given back is worked out of what an item costs.
    Classic,
    /// Each item has its own period, and what is given back is worked out of what was paid.
    Flexible,
}

/// Why a subscription ends.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CancellationDetails {
    /// In the customer's words.
    pub comment: Option<String>,
    /// What the customer chose.
    pub feedback: Option<Feedback>,
    /// The option of a portal that the customer chose.
    pub feedback_option: Option<String>,
    /// What ended it.
    pub reason: Option<Reason>,
}

/// Why a customer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Feedback {
    /// It is not easy to use.
    CustomerService,
    /// It is not good enough.
    LowQuality,
    /// Something is missing.
    MissingFeatures,
    /// Another reason.
    Other,
    /// Another product is used.
    SwitchedService,
    /// It is too complex.
    TooComplex,
    /// It costs too much.
    TooExpensive,
    /// It is not used.
    Unused,
}

/// What ends a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Reason {
    /// Somebody asked for it.
    CancellationRequested,
    /// A payment was disputed.
    PaymentDisputed,
    /// An invoice was not paid.
    PaymentFailed,
}

/// What invoices say.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct InvoiceSettings {
    /// The tax ids of the account that they show.
    pub account_tax_ids: Option<Vec<String>>,
    /// Lines that they show.
    pub custom_fields: Option<Vec<CustomField>>,
    /// What customers read.
    pub description: Option<String>,
    /// Their footer.
    pub footer: Option<String>,
    /// Who bills.
    pub issuer: Issuer,
}

/// Who bills.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Issuer {
    /// `self`.
    pub r#type: crate::billing::invoice::IssuerType,
}

/// What is paid for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Items {
    /// `list`.
    pub object: String,
    /// All of it.
    pub data: Vec<SubscriptionItem>,
    /// Whether there is more.
    pub has_more: bool,
    /// How many there are.
    pub total_count: i64,
    /// Where it is by itself.
    pub url: String,
}

impl Items {
    /// The items of a subscription.
    pub(super) fn of(subscription: &str, data: Vec<SubscriptionItem>) -> Self {
        Items {
            object: "list".into(),
            has_more: false,
            total_count: data.len() as i64,
            data,
            url: format!("/v1/subscription_items?subscription={subscription}"),
        }
    }
}

/// What is to be known of an item beside what it shows.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Kept {
    /// The item.
    pub item: String,
    /// What its price is in the currency of the subscription, which outlives the price.
    pub option: CurrencyOption,
    /// What its current period was billed with, after discounts.
    pub billed: i64,
    /// Since when what is used is not billed yet, where that is not the start of its period.
    pub used_since: Option<Timestamp>,
}

/// Whether invoices are not collected for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct PauseCollection {
    /// What becomes of them.
    pub behavior: Behavior,
    /// When that is over.
    pub resumes_at: Option<Timestamp>,
}

/// What becomes of invoices that are not collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Behavior {
    /// They stay drafts.
    KeepAsDraft,
    /// Nobody expects them to be paid.
    MarkUncollectible,
    /// They are voided.
    Void,
}

/// How invoices are to be paid.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct PaymentSettings {
    /// What was said for each kind of payment method.
    pub payment_method_options: Option<String>,
    /// The kinds of payment methods that they can be paid with, where they are named.
    pub payment_method_types: Option<Vec<String>>,
    /// Whether what pays an invoice pays the next ones.
    pub save_default_payment_method: Option<Save>,
}

/// Whether what pays an invoice pays the next ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Save {
    /// It does not.
    Off,
    /// Those of the subscription.
    OnSubscription,
}

/// How often invoice items that wait are billed between periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct ItemInterval {
    /// What it is counted in.
    pub interval: Interval,
    /// How many of that.
    pub interval_count: i64,
}

/// What changes once an invoice is paid.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PendingUpdate {
    /// Where periods begin.
    pub billing_cycle_anchor: Option<Timestamp>,
    /// Whether it ends with its period.
    pub cancel_at_period_end: Option<bool>,
    /// What is taken off, of the first years.
    pub discount: Option<Discount>,
    /// What is taken off.
    pub discounts: Option<Vec<Ref<Discount>>>,
    /// Until when the invoice is to be paid.
    pub expires_at: Timestamp,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// What is paid for.
    pub subscription_items: Option<Vec<SubscriptionItem>>,
    /// When the trial ends.
    pub trial_end: Option<Timestamp>,
    /// Whether the plan says for how long.
    pub trial_from_plan: Option<bool>,
}

/// A change that waits for its payment, whole.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Waiting {
    /// The invoice.
    pub invoice: String,
    /// Where periods begin then.
    pub billing_cycle_anchor: Timestamp,
    /// What is paid for then.
    pub items: Vec<SubscriptionItem>,
    /// What is to be known of that.
    pub kept: Vec<Kept>,
    /// The account's own keys and values then.
    pub metadata: Metadata,
    /// Where it stands then.
    pub status: Status,
    /// When the trial ends then.
    pub trial_end: Option<Timestamp>,
}

/// Why a subscription stands where it stands.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct StatusDetails {
    /// Why it rests.
    pub paused: PausedDetails,
}

/// Why a subscription rests.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PausedDetails {
    /// What made it rest.
    pub subscription: PausedBy,
    /// Since when.
    pub transitioned_at: Timestamp,
    /// `subscription`.
    pub r#type: PausedType,
}

/// Of what it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PausedType {
    /// All of it.
    Subscription,
}

/// What made a subscription rest.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PausedBy {
    /// What.
    pub r#type: PausedReason,
}

/// What can make a subscription rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PausedReason {
    /// Somebody asked for it.
    PauseRequested,
    /// A trial ended with nothing to pay by.
    TrialEndWithoutPaymentMethod,
}

/// Where money goes on to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TransferData {
    /// How many percent; all where it is not said.
    pub amount_percent: Option<Number>,
    /// To whom.
    pub destination: Ref<Account>,
}

/// What becomes of a subscription when its trial ends.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TrialSettings {
    /// That.
    pub end_behavior: EndBehavior,
}

/// What happens when a trial ends.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EndBehavior {
    /// Where periods begin then; with it, where nothing is said.
    pub billing_cycle_anchor: Option<TrialAnchor>,
    /// What becomes of it where there is nothing to pay by.
    pub missing_payment_method: Missing,
}

/// Where periods begin when a trial ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TrialAnchor {
    /// With the end of the trial.
    Now,
    /// Where they would without it.
    Unchanged,
}

/// What becomes of a subscription with nothing to pay by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Missing {
    /// It ends.
    Cancel,
    /// It is billed all the same.
    CreateInvoice,
    /// It rests.
    Pause,
}

impl Default for TrialSettings {
    fn default() -> Self {
        let end_behavior =
            EndBehavior { billing_cycle_anchor: None, missing_payment_method: Missing::CreateInvoice };
        TrialSettings { end_behavior }
    }
}
