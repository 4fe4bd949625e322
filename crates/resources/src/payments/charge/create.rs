//! `POST /v1/charges`: what was asked is checked and handed to the one core that charges.
use super::{
    Charge,
    destination::{self, Destination, TransferDataParams},
    details::RadarOptions,
    make::{Made, Order, make},
    rules,
};
use crate::{
    address::Shipping,
    payments::{
        card::{Source, instrument},
        charge::means::Means,
    },
};
use acquirer::Presence;
use api::{Cx, Outcome, Reply, done};
use base::{ApiError, Currency, MetadataPatch};
use wire::Wire;

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

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Charge> {
    let application_fee_amount = check(cx, &p)?;
    let metadata = p.metadata.fresh()?;
    let fee = application_fee_amount;
    let onward = destination::onward(cx, p.transfer_data, p.destination, p.amount, fee).await?;
    let means = Means::Source(Box::new(instrument(cx, p.source, p.customer.as_deref()).await?));
    let order = Order {
        amount: p.amount,
        currency: p.currency,
        application_fee_amount,
        capture: p.capture.unwrap_or(true),
        description: p.description,
        metadata,
        on_behalf_of: p.on_behalf_of,
        onward,
        payment_intent: None,
        presence: Presence::Unproven,
        radar_options: p.radar_options,
        receipt_email: p.receipt_email,
        shipping: p.shipping,
        statement_descriptor: p.statement_descriptor,
        statement_descriptor_suffix: p.statement_descriptor_suffix,
        three_d_secure: None,
        transfer_group: p.transfer_group,
    };
    match make(cx, order, means).await? {
        Made::Charged(charge, _) => done(*charge),
        Made::Declined(_, _, error) => Ok(Reply::Refused(error)),
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
