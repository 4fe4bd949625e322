//! Charges: money taken from a card (API page "Charges").
pub(crate) mod book;
pub(crate) mod capture;
mod create;
mod debit;
pub(crate) mod destination;
pub mod details;
pub(crate) mod flexible;
pub(crate) mod make;
pub(crate) mod means;
pub(crate) mod rules;
mod search;
pub(crate) mod settle;
pub(crate) mod terms;

use crate::{
    address::Shipping,
    connect::{account::Account, application_fee::ApplicationFee},
    payments::{
        balance_transaction::BalanceTransaction,
        customer::Customer,
        dispute::Dispute,
        payment_intent::PaymentIntent,
        refund::{self, Refund},
        review::Review,
        transfer::Transfer,
    },
};
use api::{Abroad, Cx, Endpoint, Noun, Object, Outcome, Page, Place, Range, access::Application, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Sublist, Timestamp};
pub use destination::TransferData;
use details::{BillingDetails, CardDetails, FraudDetails, PaymentMethodDetails, RadarOptions, UserReport};
use store::IndexKey;
use wire::{Hidden, Optional, Patch, Raw, Wire};

/// Money taken from a card, or an attempt at it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Charge {
    /// `ch_…`.
    pub id: String,
    /// `charge`.
    pub object: String,
    /// What was asked for, in minor units.
    pub amount: i64,
    /// What of it was taken.
    pub amount_captured: i64,
    /// What of it went back, or was let go at the capture.
    pub amount_refunded: i64,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// What that took of it; an object of the platform.
    pub application_fee: Option<Ref<ApplicationFee>>,
    /// What that takes of it, in minor units.
    pub application_fee_amount: Option<i64>,
    /// What the balance gained by it.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// Who paid.
    pub billing_details: BillingDetails,
    /// What the cardholder's statement shows.
    pub calculated_statement_descriptor: Option<String>,
    /// Whether the money was taken, and not only reserved.
    pub captured: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Whose card it was.
    pub customer: Option<Ref<Customer>>,
    /// The account's own words.
    pub description: Option<String>,
    /// The last dispute about it; left out where there is none.
    pub dispute: Optional<Ref<Dispute>>,
    /// Whether the cardholder objects.
    pub disputed: bool,
    /// What the balance lost by a failure after the fact.
    pub failure_balance_transaction: Option<Ref<BalanceTransaction>>,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// The same as a sentence.
    pub failure_message: Option<String>,
    /// What is thought of its honesty.
    pub fraud_details: FraudDetails,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// For whom a platform made it.
    pub on_behalf_of: Option<Ref<Account>>,
    /// How it ended at the network.
    pub outcome: Option<details::Outcome>,
    /// Whether the money was taken or reserved.
    pub paid: bool,
    /// The payment that it was an attempt at.
    pub payment_intent: Option<Ref<PaymentIntent>>,
    /// What it was paid with.
    pub payment_method: Option<String>,
    /// The same as it was then.
    pub payment_method_details: Option<PaymentMethodDetails>,
    /// What was told for the judgement of risk.
    pub radar_options: Optional<RadarOptions>,
    /// Where a receipt goes.
    pub receipt_email: Option<String>,
    /// The number on the receipt.
    pub receipt_number: Option<String>,
    /// Where the receipt is seen.
    pub receipt_url: Option<String>,
    /// Whether all of it went back.
    pub refunded: bool,
    /// What went back.
    pub refunds: Sublist<Refund>,
    /// The review that is open on it.
    pub review: Option<Ref<Review>>,
    /// Where goods are sent.
    pub shipping: Option<Shipping>,
    /// The card as it was then: the public object, carried as it is.
    pub source: Option<Raw>,
    /// The transfer that made it; an object of whoever sent it.
    pub source_transfer: Option<Ref<Transfer>>,
    /// What the statement shows instead of the account's text.
    pub statement_descriptor: Option<String>,
    /// What the statement shows after it.
    pub statement_descriptor_suffix: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// The transfer that sent its money on.
    pub transfer: Optional<Ref<Transfer>>,
    /// To whom its money goes on.
    pub transfer_data: Option<TransferData>,
    /// What holds it and transfers together.
    pub transfer_group: Option<String>,
    /// The acquirer's name of the authorization.
    pub authorization: Hidden<Optional<String>>,
    /// The account of the platform that made it.
    pub platform: Hidden<Optional<String>>,
    /// Its money is available at once.
    pub at_once: Hidden<bool>,
    /// When its money can be spent; once it is captured.
    pub available_on: Hidden<Optional<Timestamp>>,
    /// What was taken of it so far, where it is taken in parts.
    pub parts: Hidden<Optional<Vec<flexible::Part>>>,
    /// Whose transfer made it.
    pub sender: Hidden<Optional<String>>,
    /// What transfers that name it as their source took of it, in minor units.
    pub transferred: Hidden<Optional<i64>>,
    /// What the transfer that sends its money on says.
    pub transfer_description: Hidden<Optional<String>>,
}

/// Where a charge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It was declined.
    Failed,
    /// It is on its way.
    Pending,
    /// The money was taken or reserved.
    Succeeded,
}

impl Named for Charge {
    const NAME: &'static str = "charge";
    const PREFIX: &'static str = "ch";
}
impl Object for Charge {
    /// Payments without a card begin otherwise.
    const PLACE: Place = Place::Mixed("ch_", &["py_"]);
    const PATH: &'static str = "/v1/charges";
    /// What the platform took, and what it sent, are objects of the platform.
    const ABROAD: &'static [(&'static str, Abroad)] =
        &[("application_fee", Abroad::Platform), ("source_transfer", Abroad::Platform)];
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let customer = self.customer.as_ref().map(|it| IndexKey::listed("customer", &it.id));
        let group = self.transfer_group.as_ref().map(|it| IndexKey::listed("transfer_group", it));
        let intent = self.payment_intent.as_ref().map(|it| IndexKey::listed(PaymentIntent::NAME, &it.id));
        [customer, group, intent].into_iter().flatten().collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Charge>();
/// What was reserved has been taken.
pub const CAPTURED: &str = "charge.captured";
/// What was reserved was not taken in time.
pub const EXPIRED: &str = "charge.expired";
/// A charge was declined.
pub const FAILED: &str = "charge.failed";
/// A debit is under way.
pub const PENDING: &str = "charge.pending";
/// A charge went back, in whole or in part.
pub const REFUNDED: &str = "charge.refunded";
/// Money was taken or reserved.
pub const SUCCEEDED: &str = "charge.succeeded";
/// A charge's description or another text was changed.
pub const UPDATED: &str = "charge.updated";
/// What charges cause.
pub const EVENTS: &[&str] = &[CAPTURED, EXPIRED, FAILED, PENDING, REFUNDED, SUCCEEDED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/charges", "charge", |cx, p| Box::pin(create::create(cx, p))),
        Endpoint::retrieve::<Charge>("/v1/charges/{id}"),
        Endpoint::new("POST", "/v1/charges/{id}", "charge", |cx, p| Box::pin(update(cx, p))),
        Endpoint::search(search::PATH, "charge", |cx, p| Box::pin(search::search(cx, p))),
        Endpoint::list::<List>("/v1/charges", "charge", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("POST", "/v1/charges/{id}/capture", "charge", |cx, p| Box::pin(capture::capture(cx, p))),
        // The first form of a refund answers with the charge.
        Endpoint::new("POST", "/v1/charges/{id}/refund", "charge", |cx, p| Box::pin(refund(cx, p))),
    ]
}

/// What `POST /v1/charges/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    customer: Option<String>,
    description: Patch<String>,
    fraud_details: Option<FraudReport>,
    metadata: MetadataPatch,
    receipt_email: Patch<String>,
    shipping: Patch<Shipping>,
    transfer_group: Option<String>,
}

/// What an account reports of a charge.
#[derive(Debug, Wire)]
pub struct FraudReport {
    user_report: Patch<UserReport>,
}

/// What `GET /v1/charges` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    customer: Option<String>,
    payment_intent: Option<String>,
    transfer_group: Option<String>,
}

/// What `POST /v1/charges/{id}/refund` takes.
#[derive(Debug, Wire)]
pub struct RefundCharge {
    amount: Option<i64>,
    metadata: MetadataPatch,
    reason: Option<refund::Reason>,
    refund_application_fee: Option<bool>,
    reverse_transfer: Option<bool>,
}

impl Charge {
    /// What is left to be sent back, in minor units.
    pub fn unrefunded(&self) -> i64 {
        let taken = if self.is_in_parts() { self.amount_captured } else { self.amount };
        taken - self.amount_refunded
    }
    /// The card that it was paid with.
    pub(crate) fn card_details_mut(&mut self) -> Option<&mut CardDetails> {
        self.payment_method_details.as_mut()?.card.0.as_mut()
    }
    /// Whether it was paid with a card, which takes money back at any time.
    pub(crate) fn is_of_card(&self) -> bool {
        self.payment_method_details.as_ref().is_none_or(|it| it.r#type == details::MethodType::Card)
    }
    /// Whether it was made of a customer's cash balance.
    pub(crate) fn is_of_cash(&self) -> bool {
        let details = self.payment_method_details.as_ref();
        details.is_some_and(|it| it.r#type == details::MethodType::CustomerBalance)
    }
}

// Operations.

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Charge> {
    let Update { customer, description, fraud_details, metadata, receipt_email, shipping, transfer_group } =
        p;
    let id = cx.path("id").to_owned();
    let before: Charge = cx.must("id", &id).await?;
    let mut charge = before.clone();
    if let Some(id) = customer {
        if charge.customer.as_ref().is_some_and(|it| it.id != id) {
            let message = "You can only set the customer of a charge that has none.";
            return Err(ApiError::invalid(400, message).param("customer").into());
        }
        if cx.peek::<Customer>(&id).await?.is_none() {
            return Err(ApiError::no_such(Customer::NAME, &id, "customer").into());
        }
        charge.customer = Some(Ref::to(id));
    }
    if let Patch::Set(text) = &description {
        rules::description(Some(text))?;
    }
    if let Patch::Set(email) = &receipt_email {
        rules::receipt_email(Some(email))?;
    }
    if let Patch::Set(shipping) = &shipping {
        rules::shipping(Some(shipping))?;
    }
    if let Some(group) = transfer_group {
        if charge.transfer_group.as_ref().is_some_and(|it| *it != group) {
            let message = "You can only set the transfer_group of a charge that has none.";
            return Err(ApiError::invalid(400, message).param("transfer_group").into());
        }
        charge.transfer_group = Some(group);
    }
    description.apply(&mut charge.description);
    if let Some(FraudReport { user_report }) = fraud_details {
        user_report.apply(&mut charge.fraud_details.user_report.0);
    }
    metadata.apply(&mut charge.metadata)?;
    receipt_email.apply(&mut charge.receipt_email);
    shipping.apply(&mut charge.shipping);
    cx.put(&charge);
    cx.emit_update(UPDATED, &before, &charge);
    done(charge)
}

/// What a filter looks at.
#[derive(Debug, Wire)]
struct Seen {
    created: Timestamp,
    customer: Option<String>,
    payment_intent: Option<String>,
    transfer_group: Option<String>,
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { created, customer, payment_intent, transfer_group } = p;
    let wanted =
        [("customer", &customer), ("payment_intent", &payment_intent), ("transfer_group", &transfer_group)];
    let by = wanted.into_iter().find_map(|(index, value)| Some((index, value.clone()?)));
    if created.is_none() && wanted.iter().filter(|(_, value)| value.is_some()).count() <= 1 {
        return cx.page::<Charge>(by).await;
    }
    let same = |wanted: &Option<String>, has: &Option<String>| wanted.is_none() || wanted == has;
    cx.page_where::<Charge>(by, |doc| {
        wire::from_json::<Seen>(&doc.body).is_ok_and(|it| {
            created.is_none_or(|range| range.holds(it.created.0))
                && same(&customer, &it.customer)
                && same(&payment_intent, &it.payment_intent)
                && same(&transfer_group, &it.transfer_group)
        })
    })
    .await
}

async fn refund(cx: &mut Cx<'_>, p: RefundCharge) -> Outcome<Charge> {
    let RefundCharge { amount, metadata, reason, refund_application_fee, reverse_transfer } = p;
    let id = cx.path("id").to_owned();
    let charge: Charge = cx.must("id", &id).await?;
    let ask = refund::Ask {
        amount,
        reason,
        metadata: metadata.fresh()?,
        application_fee: refund_application_fee == Some(true),
        transfer: reverse_transfer == Some(true),
    };
    done(refund::make(cx, charge, ask).await?.0)
}

#[cfg(test)]
mod tests;
