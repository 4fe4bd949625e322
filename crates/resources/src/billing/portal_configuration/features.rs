//! What customers may do in the portal.
use crate::billing::subscription::{Feedback, Proration};
use money::Interval;
use wire::{At, Bad, Node, Shape, Wire};

/// What customers may do in the portal.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Features {
    /// Change what is known of them.
    pub customer_update: CustomerUpdate,
    /// See their invoices.
    pub invoice_history: Switch,
    /// Change what they pay with.
    pub payment_method_update: PaymentMethodUpdate,
    /// End what they subscribed to.
    pub subscription_cancel: SubscriptionCancel,
    /// Let it rest.
    pub subscription_pause: SubscriptionPause,
    /// Switch to another price, or change how many.
    pub subscription_update: SubscriptionUpdate,
}

/// Something that customers may do or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Switch {
    /// Whether they may.
    pub enabled: bool,
}

/// What customers may change of what is known of them.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerUpdate {
    /// That.
    pub allowed_updates: Vec<Updatable>,
    /// Whether they may.
    pub enabled: bool,
}

/// What is known of a customer, and can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Updatable {
    /// Where they live.
    Address,
    /// Where they are written to.
    Email,
    /// Their name.
    Name,
    /// Their telephone number.
    Phone,
    /// Where goods are sent to.
    Shipping,
    /// Their tax ids.
    TaxId,
}

/// Whether customers may change what they pay with.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentMethodUpdate {
    /// Whether they may.
    pub enabled: bool,
    /// Which kinds they are offered: cards, whatever a configuration says.
    pub payment_method_configuration: Option<String>,
}

/// How customers may end a subscription.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionCancel {
    /// Whether they are asked why.
    pub cancellation_reason: CancellationReason,
    /// Whether they may.
    pub enabled: bool,
    /// When it ends.
    pub mode: CancelMode,
    /// What becomes of what they have paid for.
    pub proration_behavior: Proration,
}

/// Whether customers are asked why they leave.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CancellationReason {
    /// Whether they are.
    pub enabled: bool,
    /// The reasons of the account's own: none.
    pub feedback_options: Option<Vec<String>>,
    /// What they can choose from.
    pub options: Vec<Feedback>,
}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CancelMode {
    /// With its period.
    AtPeriodEnd,
    /// At once.
    Immediately,
}

/// Whether customers may let a subscription rest.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionPause {
    /// For how long.
    pub duration: Duration,
    /// Whether they may.
    pub enabled: bool,
}

/// For how long a subscription may rest.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Duration {
    /// What customers choose from.
    pub interval_options: Vec<IntervalOption>,
    /// Until they say so, or for a time that they choose.
    pub r#type: DurationType,
}

/// How that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum DurationType {
    /// Until they say so.
    Indefinite,
    /// For a time that they choose.
    IntervalOptions,
}

/// A time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct IntervalOption {
    /// What it is counted in.
    pub interval: Interval,
    /// How many of that.
    pub interval_count: i64,
}

/// How customers may change a subscription.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionUpdate {
    /// Whether a period begins then.
    pub billing_cycle_anchor: Option<Anchor>,
    /// What they may change.
    pub default_allowed_updates: Vec<UpdateKind>,
    /// Whether they may.
    pub enabled: bool,
    /// What they may switch to.
    pub products: Products,
    /// How the rest of the period is evened out.
    pub proration_behavior: Proration,
    /// What changes with the period alone: nothing.
    pub schedule_at_period_end: ScheduleAtPeriodEnd,
    /// What becomes of a trial.
    pub trial_update_behavior: TrialBehavior,
}

/// Whether a period begins with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Anchor {
    /// It does.
    Now,
    /// It does not.
    Unchanged,
}

/// What customers may change of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum UpdateKind {
    /// The price.
    Price,
    /// What is taken off.
    PromotionCode,
    /// How many.
    Quantity,
}

/// What becomes of a trial when its subscription is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TrialBehavior {
    /// It goes on.
    ContinueTrial,
    /// It ends.
    EndTrial,
}

/// When changes wait for the end of a period.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct ScheduleAtPeriodEnd {
    /// Which changes do.
    pub conditions: Vec<String>,
}

/// What customers may switch to.
#[derive(Debug, Clone, PartialEq)]
pub struct Products(pub Option<Vec<SubscriptionProduct>>);

impl Wire for Products {
    /// The API shows them to who expands them; they are few, and always shown.
    const SHAPE: Shape = Shape::Included;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        Option::read(at, node).map(Products)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

/// A product that customers may switch to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionProduct {
    /// Between which bounds they choose how many.
    pub adjustable_quantity: Adjustable,
    /// Its prices that they may switch to.
    pub prices: Vec<String>,
    /// It.
    pub product: String,
}

/// Between which bounds customers choose how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Adjustable {
    /// Whether they choose.
    pub enabled: bool,
    /// The most.
    pub maximum: Option<i64>,
    /// The fewest.
    pub minimum: i64,
}

/// The reasons that customers choose from where nothing is said.
const REASONS: [Feedback; 5] = [
    Feedback::TooExpensive,
    Feedback::MissingFeatures,
    Feedback::SwitchedService,
    Feedback::Unused,
    Feedback::Other,
];

impl Features {
    /// Nothing.
    pub(super) fn none() -> Self {
        Features {
            customer_update: CustomerUpdate { allowed_updates: Vec::new(), enabled: false },
            invoice_history: Switch { enabled: false },
            payment_method_update: PaymentMethodUpdate { enabled: false, payment_method_configuration: None },
            subscription_cancel: SubscriptionCancel {
                cancellation_reason: CancellationReason {
                    enabled: false,
                    feedback_options: None,
                    options: REASONS.to_vec(),
                },
                enabled: false,
                mode: CancelMode::AtPeriodEnd,
                proration_behavior: Proration::None,
            },
            subscription_pause: SubscriptionPause {
                duration: Duration { interval_options: Vec::new(), r#type: DurationType::Indefinite },
                enabled: false,
            },
            subscription_update: SubscriptionUpdate {
                billing_cycle_anchor: None,
                default_allowed_updates: Vec::new(),
                enabled: false,
                products: Products(None),
                proration_behavior: Proration::None,
                schedule_at_period_end: ScheduleAtPeriodEnd::default(),
                trial_update_behavior: TrialBehavior::EndTrial,
            },
        }
    }
    /// What the default configuration allows until somebody changes it: whatever needs no further word of the account.
    pub(super) fn usual() -> Self {
        let mut all = Features::none();
        all.customer_update = CustomerUpdate {
            allowed_updates: vec![
                Updatable::Email,
                Updatable::Name,
                Updatable::Address,
                Updatable::Phone,
                Updatable::TaxId,
            ],
            enabled: true,
        };
        all.invoice_history.enabled = true;
        all.payment_method_update.enabled = true;
        all.subscription_cancel.enabled = true;
        all
    }
    /// Whether customers may change this of what is known of them.
    pub fn may_update(&self, what: Updatable) -> bool {
        self.customer_update.enabled && self.customer_update.allowed_updates.contains(&what)
    }
    /// Whether customers may change this of a subscription.
    pub fn may_change(&self, what: UpdateKind) -> bool {
        self.subscription_update.enabled && self.subscription_update.default_allowed_updates.contains(&what)
    }
}
