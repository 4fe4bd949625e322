//! Destination charges: a platform's own charge whose money it sends on to a connected account.
use super::Charge;
use crate::{
    connect::account::Account,
    payments::transfer::{self, Party},
};
use api::{Cx, Stop, access::Application};
use base::{ApiError, Ref};
use money::Exchange;
use wire::{At, Bad, Node, Optional, Shape, Wire};

/// To whom the money of a charge goes on.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TransferData {
    /// How much of it, in minor units; all of it where it is not said.
    pub amount: Option<i64>,
    /// To whom.
    pub destination: Ref<Account>,
}

/// The same as a parameter.
#[derive(Debug, Wire)]
pub(crate) struct TransferDataParams {
    amount: Option<i64>,
    description: Option<String>,
    destination: String,
}

/// The same in its first form: an account, or a hash.
#[derive(Debug)]
pub(crate) struct Destination {
    account: String,
    amount: Option<i64>,
}

#[derive(Debug, Wire)]
struct DestinationParams {
    account: String,
    amount: Option<i64>,
}

impl Wire for Destination {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        if let Some(Node::Map(_)) = node {
            let DestinationParams { account, amount } = DestinationParams::read(at, node)?;
            return Ok(Destination { account, amount });
        }
        String::read(at, node).map(|account| Destination { account, amount: None })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.account);
    }
}

/// Where the money of a charge goes on to, checked.
#[derive(Debug, Clone)]
pub(crate) struct Onward {
    /// To be kept in the charge.
    pub(crate) data: TransferData,
    /// What the transfer says.
    pub(crate) description: Option<String>,
}

impl Onward {
    /// Writes it down in a charge that is being made; all that moves follows from that when it is captured.
    pub(crate) fn keep(self, charge: &mut Charge) {
        charge.transfer_data = Some(self.data);
        charge.transfer_description.0 = Optional(self.description);
        let group = transfer::group_of(charge);
        charge.transfer_group.get_or_insert(group);
    }
}

/// Checks where a charge or payment of `amount` minor units shall go on to, in either form; none where it stays.
/// Errors: both forms, an account that is not connected or cannot be sent money, more than the amount, or both a part
/// and an application fee.
pub(crate) async fn onward(
    cx: &Cx<'_>,
    params: Option<TransferDataParams>,
    earlier: Option<Destination>,
    amount: i64,
    application_fee: Option<i64>,
) -> Result<Option<Onward>, Stop> {
    let (account, part, description, name, part_name) = match (params, earlier) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: destination, transfer_data.";
            return Err(ApiError::invalid(400, message)
                .code("parameters_exclusive")
                .param("destination")
                .into());
        }
        (Some(it), None) => {
            (it.destination, it.amount, it.description, "transfer_data[destination]", "transfer_data[amount]")
        }
        (None, Some(it)) => (it.account, it.amount, None, "destination", "destination[amount]"),
    };
    super::rules::description(description.as_deref())?;
    check_part(part, amount, application_fee, part_name)?;
    let Party { account, .. } = transfer::destination(cx, &account, name).await?;
    Ok(Some(Onward { data: TransferData { amount: part, destination: Ref::to(account) }, description }))
}

/// Checks which part of a charge goes on.
pub(crate) fn check_part(
    part: Option<i64>,
    amount: i64,
    application_fee: Option<i64>,
    param: &str,
) -> Result<(), ApiError> {
    let Some(part) = part else { return Ok(()) };
    super::rules::positive(param, part)?;
    if part > amount {
        let message = "The part that is transferred cannot be greater than the amount of the charge.";
        return Err(ApiError::invalid(400, message).code("amount_too_large").param(param));
    }
    if application_fee.is_some() {
        let message =
            "You may only specify one of these parameters: application_fee_amount, transfer_data[amount].";
        return Err(ApiError::invalid(400, message).code("parameters_exclusive").param(param));
    }
    Ok(())
}

/// Sends the money of a charge that was captured on to where it shall go, and takes the platform's application fee of
/// it there; converted where the charge was. Sets the charge's references; the charge itself is written by the caller.
pub(super) async fn send_on(
    cx: &mut Cx<'_>,
    charge: &mut Charge,
    exchange: Option<Exchange>,
) -> Result<Option<transfer::Sent>, Stop> {
    let Some(data) = charge.transfer_data.clone() else { return Ok(None) };
    let settled = |amount| exchange.map_or(amount, |it| it.convert(amount));
    let platform = cx.caller.account.clone();
    let to = transfer::destination(cx, &data.destination.id, "transfer_data[destination]").await?;
    let fee = match charge.application_fee_amount {
        None => None,
        Some(amount) => {
            let application = cx.peek::<Application>(&to.application).await?;
            Some(transfer::Fee { amount: settled(amount), name: application.and_then(|it| it.name) })
        }
    };
    let ask = transfer::Ask {
        from: &platform,
        to: &to,
        amount: settled(data.amount.unwrap_or(charge.amount_captured)),
        currency: exchange.map_or(charge.currency, |it| it.to),
        available_on: charge.available_on.0.0,
        may_owe: false,
        source: Some(charge.id.clone()),
        source_type: None,
        group: charge.transfer_group.clone(),
        description: charge.transfer_description.0.0.clone(),
        metadata: base::Metadata::default(),
        fee,
    };
    let sent = transfer::send(cx, ask).await?;
    charge.transfer = Optional(Some(Ref::to(&sent.transfer.id)));
    charge.application_fee = sent.fee.as_ref().map(|fee| Ref::to(&fee.id));
    Ok(Some(sent))
}
