//! Setup attempts: what became of each confirmation of a setup intent (API page "SetupAttempts").
use crate::payments::{
    charge::{
        details::{AuthenticationFlow, AuthenticationResult, CardChecks, ThreeDSecure},
        means::Means,
    },
    customer::Customer,
    payment_intent::{options::Empty, problem::Problem, types::Usage},
    payment_method::{MethodRef, MethodType},
    setup_intent::SetupIntent,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, access::Application};
use base::{Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

/// What became of a confirmation of a setup intent.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SetupAttempt {
    /// `setatt_…`.
    pub id: String,
    /// `setup_attempt`.
    pub object: String,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// When it was made.
    pub created: Timestamp,
    /// For whom the payment method is kept.
    pub customer: Option<Ref<Customer>>,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// In which directions money may move.
    pub flow_directions: Option<Vec<String>>,
    /// Live or test.
    pub livemode: bool,
    /// For whom a platform made it.
    pub on_behalf_of: Option<String>,
    /// What was to be made ready.
    pub payment_method: MethodRef,
    /// The same as it was then.
    pub payment_method_details: AttemptDetails,
    /// Why it failed.
    pub setup_error: Option<Problem>,
    /// What it was an attempt at.
    pub setup_intent: Ref<SetupIntent>,
    /// Where it stands.
    pub status: Status,
    /// What the payment method is kept for.
    pub usage: Usage,
}

/// What was to be made ready, as it was then.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AttemptDetails {
    /// The card.
    pub card: Optional<AttemptCard>,
    /// Nothing of an account in the euro area.
    pub sepa_debit: Optional<Empty>,
    /// Which member is there.
    pub r#type: MethodType,
    /// Nothing of an account in the United States.
    pub us_bank_account: Optional<Empty>,
}

/// A card that was to be made ready, as it was then.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AttemptCard {
    /// Such as `visa`.
    pub brand: Option<String>,
    /// What the bank said of cvc and address.
    pub checks: Option<CardChecks>,
    /// Where it was issued: two letters.
    pub country: Option<String>,
    /// 1 to 12.
    pub exp_month: Option<i64>,
    /// Four digits.
    pub exp_year: Option<i64>,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// Credit, debit, prepaid or unknown.
    pub funding: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// Over which network it went.
    pub network: Option<String>,
    /// How the cardholder was authenticated.
    pub three_d_secure: Option<AttemptAuthentication>,
    /// The wallet that gave it.
    pub wallet: Option<String>,
}

/// How a cardholder was authenticated.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AttemptAuthentication {
    /// Whether they were asked.
    pub authentication_flow: Option<AuthenticationFlow>,
    /// The network's code of the outcome.
    pub electronic_commerce_indicator: Option<String>,
    /// How it ended.
    pub result: Option<AuthenticationResult>,
    /// Why it ended so.
    pub result_reason: Option<String>,
    /// The network's name of it.
    pub transaction_id: Option<String>,
    /// The version of the protocol.
    pub version: Option<String>,
}

impl From<ThreeDSecure> for AttemptAuthentication {
    fn from(it: ThreeDSecure) -> Self {
        AttemptAuthentication {
            authentication_flow: it.authentication_flow,
            electronic_commerce_indicator: it.electronic_commerce_indicator,
            result: it.result,
            result_reason: it.result_reason,
            transaction_id: it.transaction_id,
            version: it.version,
        }
    }
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// The holder left.
    Abandoned,
    /// It failed.
    Failed,
    /// It takes its time.
    Processing,
    /// The holder has something to do.
    RequiresAction,
    /// It can be confirmed.
    RequiresConfirmation,
    /// It is ready.
    Succeeded,
}

impl Named for SetupAttempt {
    const NAME: &'static str = "setup_attempt";
    const PREFIX: &'static str = "setatt";
}
impl Object for SetupAttempt {
    const PATH: &'static str = "/v1/setup_attempts";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(SetupIntent::NAME, &self.setup_intent.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<SetupAttempt>();
/// What it causes.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::list::<List>("/v1/setup_attempts", SetupAttempt::NAME, |cx, p| Box::pin(list(cx, p)))]
}

/// What `GET /v1/setup_attempts` filters by.
#[derive(Debug, Wire)]
pub struct List {
    setup_intent: String,
    created: Option<Range>,
}

/// An attempt at a setup, with what it was tried with; it is put by the caller.
pub(crate) fn begin(cx: &Cx<'_>, intent: &SetupIntent, means: &Means, status: Status) -> SetupAttempt {
    let kind = means.kind();
    let nothing = |of: MethodType| Optional((kind == of).then_some(Empty {}));
    let card = means.details(0).card.0.map(|card| AttemptCard {
        brand: card.brand,
        checks: card.checks,
        country: card.country,
        exp_month: Some(card.exp_month),
        exp_year: Some(card.exp_year),
        fingerprint: card.fingerprint,
        funding: card.funding,
        last4: card.last4,
        network: card.network,
        three_d_secure: None,
        wallet: None,
    });
    SetupAttempt {
        id: cx.new_id::<SetupAttempt>(),
        object: SetupAttempt::NAME.into(),
        application: intent.application.clone(),
        created: cx.now(),
        customer: intent.customer.clone(),
        customer_account: None,
        flow_directions: None,
        livemode: intent.livemode,
        on_behalf_of: None,
        payment_method: MethodRef(means.id().to_owned()),
        payment_method_details: AttemptDetails {
            card: Optional(card),
            sepa_debit: nothing(MethodType::SepaDebit),
            r#type: kind,
            us_bank_account: nothing(MethodType::UsBankAccount),
        },
        setup_error: None,
        setup_intent: Ref::to(&intent.id),
        status,
        usage: intent.usage,
    }
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = Some((SetupIntent::NAME, p.setup_intent));
    let Some(created) = p.created else { return cx.page::<SetupAttempt>(by).await };
    cx.page_where::<SetupAttempt>(by, move |doc| {
        wire::from_json::<SetupAttempt>(&doc.body).is_ok_and(|it| created.holds(it.created.0))
    })
    .await
}
