//! The one core that charges, whatever was called: the bank is asked, and what became of it is written down.
use super::{
    Charge, FAILED, PENDING, SUCCEEDED, Status, book,
    destination::Onward,
    details::{self, CredentialUsage, FraudDetails, RadarOptions, ThreeDSecure},
    flexible::Wanted,
    means::Means,
    rules, settle,
    terms::Terms,
};
use crate::{
    address::Shipping,
    due,
    payments::{payment_intent::PaymentIntent, review},
};
use acquirer::{
    Answer, Approval, Authorization, Check, Checks, Declined, NetworkStatus, OutcomeType, Presence,
    simulator::{self, banks::Debited},
};
use api::{Cx, Object as _, Stop};
use base::{ApiError, Currency, Metadata, Named as _, Ref, Sublist};
use wire::{Hidden, Optional};

/// A charge that is asked for; every part of it was checked.
#[derive(Debug)]
pub(crate) struct Order {
    /// In minor units.
    pub(crate) amount: i64,
    /// The currency of the amount.
    pub(crate) currency: Currency,
    /// The application that makes it for the account, and the account of its platform.
    pub(crate) through: (Option<String>, Option<String>),
    /// What the platform takes of it.
    pub(crate) application_fee_amount: Option<i64>,
    /// Whether to take the money now rather than only reserve it.
    pub(crate) capture: bool,
    /// What the credential of a card is kept for, and what a kept one is used for.
    pub(crate) credential: [Option<CredentialUsage>; 2],
    /// The account's own words.
    pub(crate) description: Option<String>,
    /// The account's own keys and values.
    pub(crate) metadata: Metadata,
    /// The order came by mail or telephone.
    pub(crate) moto: bool,
    /// For whom a platform makes it.
    pub(crate) on_behalf_of: Option<String>,
    /// Where its money goes on to.
    pub(crate) onward: Option<Onward>,
    /// The payment that it is an attempt at.
    pub(crate) payment_intent: Option<Ref<PaymentIntent>>,
    /// What part the cardholder took.
    pub(crate) presence: Presence,
    /// What was told for the judgement of risk.
    pub(crate) radar_options: Option<RadarOptions>,
    /// Where a receipt goes.
    pub(crate) receipt_email: Option<String>,
    /// Where goods are sent.
    pub(crate) shipping: Option<Shipping>,
    /// What the statement shows instead of the account's text.
    pub(crate) statement_descriptor: Option<String>,
    /// What the statement shows after it.
    pub(crate) statement_descriptor_suffix: Option<String>,
    /// How the cardholder was authenticated.
    pub(crate) three_d_secure: Option<ThreeDSecure>,
    /// What holds it and transfers together.
    pub(crate) transfer_group: Option<String>,
    /// What is asked of the bank beyond reserving the amount.
    pub(crate) wanted: Wanted,
}

/// What became of an order. The charge is written down and told either way.
pub(crate) enum Made {
    /// It succeeded or is under way; with what it was made from, as the bank left it.
    Charged(Box<Charge>, Means),
    /// It was declined; the error names the charge.
    Declined(Box<Charge>, Means, ApiError),
}

/// Charges. Errors: the account cannot be charged for, or nobody answers.
pub(crate) async fn make(cx: &mut Cx<'_>, mut order: Order, mut means: Means) -> Result<Made, Stop> {
    let terms = terms(cx, order.on_behalf_of.as_deref()).await?;
    rules::has_capability(&terms, means.kind(), order.on_behalf_of.is_some())?;
    let debited = means.debit(cx)?;
    let answer = match debited {
        Some(Debited::Refused(code)) => Some(Answer::Declined(simulator::banks::refusal(code))),
        Some(_) => None,
        None if means.kind() == details::MethodType::CustomerBalance => Some(Answer::Approved(of_cash())),
        None => Some(authorize(cx, &means, &order).await?),
    };
    if let Some(Answer::Approved(approval)) = &answer {
        means.checked(cx, approval.checks);
    }
    let (capture, onward) = (order.capture, order.onward.take());
    let mut charge = blank(cx, order, &means, onward.is_some())?;
    if let Some(onward) = onward {
        onward.keep(&mut charge);
    }
    charge.calculated_statement_descriptor = rules::calculated_descriptor(
        charge.statement_descriptor.as_deref(),
        charge.statement_descriptor_suffix.as_deref(),
        terms.statement_descriptor(),
        terms.statement_descriptor_prefix(),
    );
    match answer {
        Some(Answer::Approved(approval)) => approved(cx, &mut charge, approval, capture, &terms).await?,
        Some(Answer::Declined(declined)) => {
            let error = decline(cx, &mut charge, declined);
            return Ok(Made::Declined(Box::new(charge), means, error));
        }
        None => {
            charge.status = Status::Pending;
            settle::debit_later(cx, &mut charge, debited);
            cx.put(&charge);
            cx.emit(PENDING, &charge);
        }
    }
    Ok(Made::Charged(Box::new(charge), means))
}

/// Money that the customer sent before, so that nobody is asked for it.
fn of_cash() -> Approval {
    Approval {
        reference: CASH.into(),
        checks: Checks { cvc: None, line1: None, zip: None },
        outcome: settle::outcome(OutcomeType::Authorized, NetworkStatus::ApprovedByNetwork, None),
        immediately_available: false,
    }
}

/// What stands for the authorization of a payment that a cash balance made.
const CASH: &str = "cash";

/// The terms of the account that the charge is made for. Errors: it cannot be charged for.
pub(crate) async fn terms(cx: &Cx<'_>, on_behalf_of: Option<&str>) -> Result<Terms, Stop> {
    let terms = Terms::made_for(cx, on_behalf_of).await?;
    rules::may_charge(cx, terms.charges_enabled())?;
    Ok(terms)
}

/// Asks the bank; once for a request, however often it is decided.
async fn authorize(cx: &mut Cx<'_>, means: &Means, order: &Order) -> Result<Answer, Stop> {
    let card = means.network_card(cx)?;
    let (world, at, livemode) = (cx.world, cx.now(), cx.caller.livemode);
    let Order { amount, currency, capture, presence, .. } = *order;
    let bank = cx.bank();
    cx.outside("authorize", |key| async move {
        if let Some(decline) = bank.declines() {
            return Ok(Answer::Declined(decline.declined()));
        }
        let card = card.ask();
        let ask = Authorization { key: &key, amount, currency, livemode, at, card, capture, presence };
        world.acquirer(livemode).authorize(ask).await.map_err(book::outside)
    })
    .await
}

/// The charge before it is known what became of it.
fn blank(cx: &Cx<'_>, order: Order, means: &Means, sends_on: bool) -> Result<Charge, Stop> {
    let mut details = means.details(order.amount);
    if let Some(card) = &mut details.card.0 {
        card.three_d_secure = order.three_d_secure;
        card.moto = Optional(order.moto.then_some(true));
        [card.setup_credential_usage.0, card.stored_credential_usage.0] = order.credential;
        // What an operator's acquirer does knows no such ask.
        if !order.capture && !cx.caller.livemode {
            order.wanted.grant(card, order.amount, order.application_fee_amount.is_none() && !sends_on);
        }
    }
    Ok(Charge {
        id: cx.new_id::<Charge>(),
        object: Charge::NAME.into(),
        amount: order.amount,
        amount_captured: 0,
        amount_refunded: 0,
        application: order.through.0.map(Ref::to),
        application_fee: None,
        application_fee_amount: order.application_fee_amount,
        balance_transaction: None,
        billing_details: means.billing_details(),
        calculated_statement_descriptor: None,
        captured: false,
        created: cx.now(),
        currency: order.currency,
        customer: means.customer().map(Ref::to),
        description: order.description,
        dispute: Optional(None),
        disputed: false,
        failure_balance_transaction: None,
        failure_code: None,
        failure_message: None,
        fraud_details: FraudDetails::default(),
        livemode: cx.caller.livemode,
        metadata: order.metadata,
        on_behalf_of: order.on_behalf_of.map(Ref::to),
        outcome: None,
        paid: false,
        payment_intent: order.payment_intent,
        payment_method: Some(means.id().to_owned()),
        payment_method_details: Some(details),
        radar_options: Optional(Some(
            order.radar_options.unwrap_or(RadarOptions { session: Optional(None) }),
        )),
        receipt_email: order.receipt_email,
        receipt_number: None,
        receipt_url: None,
        refunded: false,
        refunds: Sublist::NEW,
        review: None,
        shipping: order.shipping,
        source: means.source()?,
        source_transfer: None,
        statement_descriptor: order.statement_descriptor,
        statement_descriptor_suffix: order.statement_descriptor_suffix,
        status: Status::Failed,
        transfer: Optional(None),
        transfer_data: None,
        transfer_group: order.transfer_group,
        authorization: Hidden(Optional(None)),
        platform: Hidden(Optional(order.through.1)),
        at_once: Hidden(false),
        available_on: Hidden(Optional(None)),
        parts: Hidden(Optional(None)),
        sender: Hidden(Optional(None)),
        transferred: Hidden(Optional(None)),
        transfer_description: Hidden(Optional(None)),
    })
}

async fn approved(
    cx: &mut Cx<'_>,
    charge: &mut Charge,
    approval: Approval,
    capture: bool,
    terms: &Terms,
) -> Result<(), Stop> {
    charge.paid = true;
    charge.status = Status::Succeeded;
    charge.outcome = Some(approval.outcome.into());
    charge.receipt_url = Some(receipt_url(cx, charge));
    charge.authorization = Hidden(Optional(Some(approval.reference)));
    charge.at_once = Hidden(approval.immediately_available);
    review::consider(cx, charge);
    let taken = if capture {
        charge.captured = true;
        charge.amount_captured = charge.amount;
        let application = book::application_of(cx, charge).await?;
        let taken = book::capture(cx, charge, charge.amount, terms, application.as_ref()).await?;
        due::foresee(cx, charge);
        taken
    } else {
        let until = charge.capture_before();
        if let Some(card) = charge.card_details_mut() {
            card.capture_before = Optional(Some(until));
        }
        settle::expire_later(cx, charge);
        book::Taken::default()
    };
    cx.put(charge);
    cx.emit(SUCCEEDED, charge);
    taken.tell(cx);
    Ok(())
}

/// Where the receipt of a charge is seen.
pub(super) fn receipt_url(cx: &Cx<'_>, charge: &Charge) -> String {
    format!("{}/receipts/{}/{}", cx.world.origin, cx.caller.account, charge.id)
}

/// A declined charge is kept, and the caller hears of it by its id.
fn decline(cx: &mut Cx<'_>, charge: &mut Charge, declined: Declined) -> ApiError {
    let Declined { code, decline_code, message, param, outcome } = declined;
    let mut error = ApiError::card(&code, decline_code.as_deref(), message.clone()).charge(charge.id());
    error.param = param;
    if code == "incorrect_cvc"
        && let Some(card) = charge.card_details_mut()
        && let Some(checks) = &mut card.checks
    {
        checks.cvc_check = Some(Check::Fail);
    }
    charge.failure_code = Some(code);
    charge.failure_message = Some(message);
    charge.outcome = Some(outcome.into());
    cx.put(charge);
    cx.emit(FAILED, charge);
    error
}
