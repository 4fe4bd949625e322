//! `POST /v1/charges`: what was asked is checked and handed to the one core that charges.
use super::{
    Charge,
    debit::{self, Debit},
    destination::{self, Destination, TransferDataParams},
    details::RadarOptions,
    flexible::Wanted,
    make::{Made, Order, make},
    rules,
};
use crate::{
    address::Shipping,
    payments::{
        card::{Source, instrument},
        charge::means::Means,
        source,
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

impl Create {
    /// The debit that is asked for, where the source is an account. Errors: a parameter that means something for cards
    /// only.
    fn debit(&mut self) -> Result<Option<Debit>, ApiError> {
        let account = match &self.source {
            Some(Source::Id(id)) if id.starts_with(debit::ACCOUNTS) => id.clone(),
            _ => return Ok(None),
        };
        let only_for_cards = [
            (self.application_fee.is_some(), "application_fee"),
            (self.application_fee_amount.is_some(), "application_fee_amount"),
            (self.capture == Some(false), "capture"),
            (self.customer.is_some(), "customer"),
            (self.destination.is_some(), "destination"),
            (self.on_behalf_of.is_some(), "on_behalf_of"),
            (self.receipt_email.is_some(), "receipt_email"),
            (self.shipping.is_some(), "shipping"),
            (self.statement_descriptor.is_some(), "statement_descriptor"),
            (self.statement_descriptor_suffix.is_some(), "statement_descriptor_suffix"),
            (self.transfer_data.is_some(), "transfer_data"),
        ];
        if let Some((_, param)) = only_for_cards.into_iter().find(|(sent, _)| *sent) {
            let message = format!("The parameter {param} cannot be used where the source is an account.");
            return Err(ApiError::invalid(400, message).param(param));
        }
        Ok(Some(Debit {
            account,
            amount: self.amount,
            currency: self.currency,
            description: self.description.take(),
            metadata: std::mem::take(&mut self.metadata).fresh()?,
            group: self.transfer_group.take(),
        }))
    }
}

pub(super) async fn create(cx: &mut Cx<'_>, mut p: Create) -> Outcome<Charge> {
    if let Some(debit) = p.debit()? {
        return debit::debit(cx, debit).await;
    }
    let application_fee_amount = check(cx, &p)?;
    let metadata = p.metadata.fresh()?;
    let fee = application_fee_amount;
    let onward = destination::onward(cx, p.transfer_data, p.destination, p.amount, fee).await?;
    let own = p.source.as_ref().and_then(|it| it.of_its_own()).map(str::to_owned);
    let (means, presence) = match &own {
        Some(id) => source::with(cx, id, p.customer.as_deref(), (p.amount, p.currency)).await?,
        None => {
            let found = instrument(cx, p.source, p.customer.as_deref()).await?;
            (Means::Source(Box::new(found)), Presence::Unproven)
        }
    };
    let order = Order {
        through: (cx.caller.application.clone(), cx.caller.platform.clone()),
        amount: p.amount,
        currency: p.currency,
        application_fee_amount,
        capture: p.capture.unwrap_or(true),
        credential: [None; 2],
        description: p.description,
        metadata,
        moto: false,
        on_behalf_of: p.on_behalf_of,
        onward,
        payment_intent: None,
        presence,
        radar_options: p.radar_options,
        receipt_email: p.receipt_email,
        shipping: p.shipping,
        statement_descriptor: p.statement_descriptor,
        statement_descriptor_suffix: p.statement_descriptor_suffix,
        three_d_secure: None,
        transfer_group: p.transfer_group,
        wanted: Wanted::default(),
    };
    match make(cx, order, means).await? {
        Made::Charged(charge, _) => {
            if let Some(id) = own {
                source::used(cx, &id).await?;
            }
            done(*charge)
        }
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
