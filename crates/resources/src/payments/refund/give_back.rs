//! Refunds of payments that another account's balance made: the money goes back where it came from.
use super::{Ask, Refund};
use crate::payments::{
    charge::Charge,
    transfer::Transfer,
    transfer_reversal::{self, reverse},
};
use api::{Cx, Stop};
use base::Metadata;

/// Gives `amount` minor units of a payment of the caller back to `sender`, whose transfer it reverses; answers the
/// payment and the refund as they are afterwards. Errors: there is not so much available.
pub(super) async fn give_back(
    cx: &mut Cx<'_>,
    charge: &Charge,
    sender: &str,
    amount: i64,
    ask: Ask,
) -> Result<(Charge, Refund), Stop> {
    let made_by = charge.source_transfer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let Some(transfer) = cx.get_of::<Transfer>(sender, charge.livemode, &made_by).await? else {
        return Err(api::fault(format!("the transfer {made_by} of {} is gone", charge.id)));
    };
    let pull = transfer_reversal::Ask {
        amount,
        metadata: Metadata::default(),
        description: None,
        refund_application_fee: ask.application_fee,
        source_refund: None,
    };
    let mut reversed = reverse(cx, sender, transfer, pull).await?;
    reversed.refund.reason = ask.reason;
    reversed.refund.metadata = ask.metadata;
    cx.put(&reversed.refund);
    let ended = (reversed.payment.1.clone(), reversed.refund.clone());
    reversed.tell(cx);
    Ok(ended)
}
