//! A capture in the books: the balance transaction of the account, and what the platform takes.
use super::{Charge, destination, terms::Terms};
use crate::{
    connect::application_fee::{self, ApplicationFee},
    due,
    payments::{
        balance_transaction::{self, FeeDetail, Kind, Movement},
        transfer::Sent,
    },
};
use api::{Cx, Stop, access::Application, fault};
use base::{ApiError, Ref};
use money::{Circumstances, Exchange};
use wire::Optional;

/// What others hear of a capture.
#[derive(Default)]
pub(crate) struct Taken {
    /// The platform, of its fee.
    fee: Option<(String, ApplicationFee)>,
    /// Whoever the money was sent on to, and the platform of the transfer.
    sent: Option<Sent>,
}

impl Taken {
    /// Tells them.
    pub(crate) fn tell(self, cx: &mut Cx<'_>) {
        if let Some((platform, fee)) = &self.fee {
            cx.emit_of(platform, fee.livemode, application_fee::CREATED, fee);
        }
        if let Some(sent) = self.sent {
            sent.tell(cx);
        }
    }
}

/// What processing costs, in the currency that is settled.
fn processing_fee(
    cx: &Cx<'_>,
    charge: &Charge,
    gross: i64,
    terms: &Terms,
    exchange: Option<Exchange>,
) -> i64 {
    let settled = exchange.map_or(gross, |it| it.convert(gross));
    let currency = exchange.map_or(charge.currency, |it| it.to);
    let details = charge.payment_method_details.as_ref();
    let method = details.map_or("card", |it| it.r#type.as_str());
    let card = details.and_then(|it| it.card.0.as_ref()?.country.as_deref());
    let circumstances = Circumstances {
        international: card.is_some_and(|card| money::is_international(card, terms.country())),
        converted: exchange.is_some(),
    };
    let schedule = cx.world.pricing.schedule(terms.country(), currency, method);
    schedule.fee(settled, currency, circumstances)
}

/// Writes down what moves when `gross` minor units of a charge are taken: the balance of the account gains what processing
/// and the application fee leave of it. Where the charge has `transfer_data`, the money goes on from there, and the
/// fee is taken of what arrives. Sets the charge's references; the charge itself is written by the caller.
pub(crate) async fn capture(
    cx: &mut Cx<'_>,
    charge: &mut Charge,
    gross: i64,
    terms: &Terms,
    application: Option<&Application>,
) -> Result<Taken, Stop> {
    let currency = charge.currency;
    let exchange = cx.world.pricing.exchange(currency, terms.default_currency());
    let processing_fee = processing_fee(cx, charge, gross, terms, exchange);
    let sends_on = charge.transfer_data.is_some();
    let application_fee = charge.application_fee_amount.filter(|_| !sends_on).unwrap_or(0);
    let available_on =
        if charge.at_once.0 { cx.world_now().midnight() } else { terms.available_on(cx.world_now()) };
    // A conversion posts the fee by itself, in the currency that is settled.
    let posted = if exchange.is_none() { processing_fee } else { 0 };
    let posting = money::Charge { currency, gross, processing_fee: posted, application_fee, available_on }
        .post()
        .map_err(balance_transaction::unbalanced)?;
    let kind = if charge.is_of_card() { Kind::Charge } else { Kind::Payment };
    let settles_in = exchange.map_or(currency, |it| it.to);
    let mut fees = vec![FeeDetail::processing(processing_fee, settles_in)];
    let mut taken = Taken::default();
    charge.available_on.0 = Optional(Some(available_on));
    if application_fee > 0 {
        let parts = (charge.platform.0.0.clone(), charge.application.as_ref().map(|it| it.id.clone()));
        let (Some(platform), Some(id)) = parts else {
            return Err(fault(format!("{} has an application fee and no platform", charge.id)));
        };
        let name = application.and_then(|it| it.name.as_deref());
        let take = application_fee::Take {
            platform: &platform,
            account: &cx.caller.account,
            application: &id,
            amount: application_fee,
            available_on,
            originating: None,
        };
        let fee = application_fee::take(cx, charge, take)?;
        charge.application_fee = Some(Ref::to(&fee.id));
        fees.push(FeeDetail::application(application_fee, currency, id, name));
        taken.fee = Some((platform, fee));
    }
    let transaction = balance_transaction::record_exchanged(
        cx,
        Movement {
            account: &cx.caller.account,
            live: charge.livemode,
            kind,
            amount: gross,
            currency,
            fees,
            available_on,
            description: charge.description.clone(),
            source: charge.id.clone(),
            posting,
        },
        exchange,
    )?;
    charge.balance_transaction = Some(Ref::to(transaction));
    if charge.at_once.0 {
        due::later(cx, due::Kind::BalanceTells, &charge.id, cx.world_now());
    }
    taken.sent = destination::send_on(cx, charge, exchange).await?;
    Ok(taken)
}

/// The application whose fee a charge carries, for its name; none where there is no fee.
pub(crate) async fn application_of(cx: &Cx<'_>, charge: &Charge) -> Result<Option<Application>, Stop> {
    match &charge.application {
        Some(application) if charge.application_fee_amount.is_some() => cx.peek(&application.id).await,
        _ => Ok(None),
    }
}

/// What the caller hears when the acquirer did not answer.
pub(crate) fn outside(fault: acquirer::Fault) -> Stop {
    match fault {
        acquirer::Fault::NotConfigured => {
            ApiError::invalid(400, fault.to_string()).code("testmode_charges_only").into()
        }
        acquirer::Fault::Refused(_) => {
            ApiError::invalid(400, fault.to_string()).code("processing_error").into()
        }
        acquirer::Fault::Spent => api::asks::given_up().into(),
        acquirer::Fault::Unsent(_) => Stop::Fault(store::Fault::unavailable(fault.to_string())),
        other => api::fault(other.to_string()),
    }
}
