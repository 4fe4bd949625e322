//! Making a charge: what was asked is checked, the card's bank is asked, and what became of it is written down.
use super::{
    Charge, FAILED, SUCCEEDED, Status, book,
    destination::{self, Destination, TransferDataParams},
    details::{
        BillingDetails, CardChecks, CardDetails, Enabled, FraudDetails, MethodType, NetworkToken,
        Overcapture, PaymentMethodDetails, Possible, RadarOptions,
    },
    rules,
    terms::Terms,
};
use crate::{
    address::{Address, Shipping},
    payments::{
        card::{Card, Instrument, Source, instrument},
        review,
    },
};
use acquirer::{Answer, Approval, Authorization, Brand, Check, Declined};
use api::{Cx, Object as _, Outcome, Reply, Stop, access::Connected, done, fault};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named as _, Ref, Sublist};
use wire::{Hidden, Optional, Raw, Wire};

/// What `POST /v1/charges` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    amount: i64,
    currency: Currency,
    application_fee: Option<i64>,
    application_fee_amount: Option<i64>,
    capture: Option<bool>,
    customer: Option<String>,
    description: Option<String>,
    destination: Option<Destination>,
    metadata: MetadataPatch,
    on_behalf_of: Option<String>,
    radar_options: Option<RadarOptions>,
    receipt_email: Option<String>,
    shipping: Option<Shipping>,
    source: Option<Source>,
    statement_descriptor: Option<String>,
    statement_descriptor_suffix: Option<String>,
    transfer_data: Option<TransferDataParams>,
    transfer_group: Option<String>,
}

pub(super) async fn create(cx: &mut Cx<'_>, mut p: Create) -> Outcome<Charge> {
    let fee = check(cx, &p)?;
    let metadata = std::mem::take(&mut p.metadata).fresh()?;
    let onward = destination::onward(cx, p.transfer_data.take(), p.destination.take(), p.amount, fee).await?;
    let mut paid_with = instrument(cx, p.source.take(), p.customer.as_deref()).await?;
    let terms = terms(cx, p.on_behalf_of.as_deref()).await?;
    let capture = p.capture.unwrap_or(true);
    let answer = authorize(cx, &paid_with, &p, capture).await?;
    if let Answer::Approved(approval) = &answer {
        paid_with.checked(cx, approval.checks);
    }
    let mut charge = blank(cx, p, &paid_with, metadata, fee)?;
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
        Answer::Approved(approval) => approved(cx, charge, approval, capture, &terms).await,
        Answer::Declined(declined) => decline(cx, charge, declined),
    }
}

/// Checks everything that can be checked without asking anybody; returns the application fee.
fn check(cx: &Cx<'_>, p: &Create) -> Result<Option<i64>, ApiError> {
    rules::amount(p.amount, p.currency)?;
    let fee = rules::fee_of(p.application_fee_amount, p.application_fee)?;
    let sends_on = p.transfer_data.is_some() || p.destination.is_some();
    let fee = rules::application_fee(cx.caller, fee, p.amount, sends_on)?;
    rules::description(p.description.as_deref())?;
    rules::receipt_email(p.receipt_email.as_deref())?;
    rules::shipping(p.shipping.as_ref())?;
    rules::statement_descriptor("statement_descriptor", p.statement_descriptor.as_deref())?;
    rules::statement_descriptor("statement_descriptor_suffix", p.statement_descriptor_suffix.as_deref())?;
    Ok(fee)
}

/// The terms of the account that the charge is made for. Errors: it cannot be charged for.
async fn terms(cx: &Cx<'_>, on_behalf_of: Option<&str>) -> Result<Terms, Stop> {
    if let Some(account) = on_behalf_of.filter(|account| *account != cx.caller.account) {
        let connected = !cx.caller.is_connect()
            && cx.peek_of::<Connected>(&cx.caller.account, cx.caller.livemode, account).await?.is_some();
        if !connected {
            return Err(ApiError::no_such("account", account, "on_behalf_of").into());
        }
    }
    let terms = Terms::of(cx, on_behalf_of.unwrap_or(&cx.caller.account)).await?;
    rules::may_charge(cx, terms.charges_enabled())?;
    Ok(terms)
}

/// Asks the bank; once for a request, however often it is decided.
async fn authorize(
    cx: &mut Cx<'_>,
    paid_with: &Instrument,
    p: &Create,
    capture: bool,
) -> Result<Answer, Stop> {
    let card = paid_with.network_card(cx)?;
    let (world, at, livemode) = (cx.world, cx.now(), cx.caller.livemode);
    let (amount, currency) = (p.amount, p.currency);
    cx.outside("authorize", |key| async move {
        let ask = Authorization { key: &key, amount, currency, livemode, at, card: card.ask(), capture };
        world.acquirer(livemode).authorize(ask).await.map_err(book::outside)
    })
    .await
}

/// The charge before it is known what became of it.
fn blank(
    cx: &Cx<'_>,
    p: Create,
    paid_with: &Instrument,
    metadata: Metadata,
    application_fee_amount: Option<i64>,
) -> Result<Charge, Stop> {
    let card = &paid_with.card;
    let source = String::from_utf8(wire::to_json(card)).map_err(|_| fault("a card is no text"))?;
    Ok(Charge {
        id: cx.new_id::<Charge>(),
        object: Charge::NAME.into(),
        amount: p.amount,
        amount_captured: 0,
        amount_refunded: 0,
        application: cx.caller.application.as_deref().map(Ref::to),
        application_fee: None,
        application_fee_amount,
        balance_transaction: None,
        billing_details: billing_details(card),
        calculated_statement_descriptor: None,
        captured: false,
        created: cx.now(),
        currency: p.currency,
        customer: paid_with.customer.as_deref().map(Ref::to),
        description: p.description,
        dispute: Optional(None),
        disputed: false,
        failure_balance_transaction: None,
        failure_code: None,
        failure_message: None,
        fraud_details: FraudDetails::default(),
        livemode: cx.caller.livemode,
        metadata,
        on_behalf_of: p.on_behalf_of.map(Ref::to),
        outcome: None,
        paid: false,
        payment_intent: None,
        payment_method: Some(card.id.clone()),
        payment_method_details: Some(PaymentMethodDetails {
            card: card_details(card, p.amount),
            r#type: MethodType::Card,
        }),
        radar_options: Optional(Some(p.radar_options.unwrap_or(RadarOptions { session: Optional(None) }))),
        receipt_email: p.receipt_email,
        receipt_number: None,
        receipt_url: None,
        refunded: false,
        refunds: Sublist::NEW,
        review: None,
        shipping: p.shipping,
        source: Some(Raw(source)),
        source_transfer: None,
        statement_descriptor: p.statement_descriptor,
        statement_descriptor_suffix: p.statement_descriptor_suffix,
        status: Status::Failed,
        transfer: Optional(None),
        transfer_data: None,
        transfer_group: p.transfer_group,
        authorization: Hidden(Optional(None)),
        platform: Hidden(Optional(cx.caller.platform.clone())),
        at_once: Hidden(false),
        available_on: Hidden(Optional(None)),
        transferred: Hidden(Optional(None)),
        transfer_description: Hidden(Optional(None)),
    })
}

async fn approved(
    cx: &mut Cx<'_>,
    mut charge: Charge,
    approval: Approval,
    capture: bool,
    terms: &Terms,
) -> Outcome<Charge> {
    charge.paid = true;
    charge.status = Status::Succeeded;
    charge.outcome = Some(approval.outcome.into());
    charge.receipt_url = Some(format!("{}/receipts/{}/{}", cx.world.origin, cx.caller.account, charge.id));
    charge.authorization = Hidden(Optional(Some(approval.reference)));
    charge.at_once = Hidden(approval.immediately_available);
    review::consider(cx, &mut charge);
    let taken = if capture {
        charge.captured = true;
        charge.amount_captured = charge.amount;
        let application = book::application_of(cx, &charge).await?;
        book::capture(cx, &mut charge, terms, application.as_ref()).await?
    } else {
        let until = charge.capture_before();
        if let Some(details) = &mut charge.payment_method_details {
            details.card.capture_before = Optional(Some(until));
        }
        book::Taken::default()
    };
    cx.put(&charge);
    cx.emit(SUCCEEDED, &charge);
    taken.tell(cx);
    done(charge)
}

/// A declined charge is kept, and the caller hears of it by its id.
fn decline(cx: &mut Cx<'_>, mut charge: Charge, declined: Declined) -> Outcome<Charge> {
    let Declined { code, decline_code, message, param, outcome } = declined;
    let mut error = ApiError::card(&code, decline_code.as_deref(), message.clone()).charge(charge.id());
    error.param = param;
    if code == "incorrect_cvc"
        && let Some(details) = &mut charge.payment_method_details
        && let Some(checks) = &mut details.card.checks
    {
        checks.cvc_check = Some(Check::Fail);
    }
    charge.failure_code = Some(code);
    charge.failure_message = Some(message);
    charge.outcome = Some(outcome.into());
    cx.put(&charge);
    cx.emit(FAILED, &charge);
    Ok(Reply::Refused(error))
}

fn billing_details(card: &Card) -> BillingDetails {
    BillingDetails {
        address: Address {
            city: card.address_city.clone(),
            country: card.address_country.clone(),
            line1: card.address_line1.clone(),
            line2: card.address_line2.clone(),
            postal_code: card.address_zip.clone(),
            state: card.address_state.clone(),
        },
        email: None,
        name: card.name.clone(),
        phone: None,
        tax_id: None,
    }
}

fn card_details(card: &Card, amount: i64) -> CardDetails {
    let brand = brand_code(&card.brand).to_owned();
    CardDetails {
        amount_authorized: Some(amount),
        authorization_code: None,
        brand: Some(brand.clone()),
        capture_before: Optional(None),
        checks: Some(CardChecks {
            address_line1_check: card.address_line1_check,
            address_postal_code_check: card.address_zip_check,
            cvc_check: card.cvc_check,
        }),
        country: card.country.clone(),
        electronic_commerce_indicator: None,
        exp_month: card.exp_month,
        exp_year: card.exp_year,
        extended_authorization: Enabled::NO,
        fingerprint: card.fingerprint.0.clone(),
        funding: Some(card.funding.clone()),
        incremental_authorization: Possible::NO,
        installments: None,
        last4: Some(card.last4.clone()),
        mandate: None,
        multicapture: Possible::NO,
        network: Some(brand),
        network_token: NetworkToken { used: false },
        network_transaction_id: None,
        overcapture: Overcapture::none(amount),
        regulated_status: card.regulated_status.clone(),
        three_d_secure: None,
        transaction_link_id: None,
        wallet: None,
    }
}

/// The word in payment method details for the name on a card.
fn brand_code(name: &str) -> &'static str {
    let all = [
        Brand::Visa,
        Brand::Mastercard,
        Brand::Amex,
        Brand::Discover,
        Brand::Diners,
        Brand::Jcb,
        Brand::UnionPay,
        Brand::Unknown,
    ];
    all.into_iter().find(|brand| brand.name() == name).unwrap_or(Brand::Unknown).code()
}
