//! What goes back together with the money of a charge: a share of the application fee, and what had been sent on.
use super::Refund;
use crate::{
    connect::application_fee::{self, ApplicationFee},
    payments::{
        charge::Charge,
        transfer::Transfer,
        transfer_reversal::{self, Reversed},
    },
};
use api::{Cx, Stop, fault};
use base::{ApiError, Metadata};
use money::Refunded;

/// The part of an application fee that goes back with a refund.
pub(super) struct Share {
    pub(super) platform: String,
    pub(super) fee: ApplicationFee,
    /// In minor units.
    pub(super) amount: i64,
}

/// What is pulled back of a transfer.
pub(super) struct Pull {
    pub(super) transfer: Transfer,
    /// In minor units of the transfer.
    pub(super) amount: i64,
    /// Whether the application fee goes back with it.
    fee: bool,
}

/// What moves besides the money of the charge.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) share: Option<Share>,
    pub(super) pull: Option<Pull>,
}

/// What moved besides the money of the charge, for those who hear of it.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) given_back: Option<(Share, ApplicationFee)>,
    pub(super) reversed: Option<Reversed>,
}

impl Moved {
    /// Tells them.
    pub(super) fn tell(self, cx: &mut Cx<'_>, live: bool) {
        if let Some((share, after)) = self.given_back {
            cx.emit_update_of(&share.platform, live, application_fee::REFUNDED, &share.fee, &after);
        }
        if let Some(reversed) = self.reversed {
            reversed.tell(cx);
        }
    }
}

/// How `amount` more relates to what went back of the captured money before.
fn part_of(before: &Charge, amount: i64) -> Refunded {
    Refunded { of: before.amount_captured, before: before.given_back(), now: amount }
}

impl Parts {
    /// What of a transfer is pulled back with `amount` of a charge that stands as `before`; nothing where it rounds to
    /// nothing.
    pub(super) async fn pulled(
        cx: &mut Cx<'_>,
        before: &Charge,
        transfer: &str,
        amount: i64,
        fee: bool,
    ) -> Result<Self, Stop> {
        let Some(transfer) = cx.get::<Transfer>(transfer).await? else {
            return Err(fault(format!("the transfer {transfer} of {} is gone", before.id)));
        };
        let amount =
            money::refunded_share(transfer.amount, transfer.amount_reversed, part_of(before, amount));
        let pull = (amount > 0).then_some(Pull { transfer, amount, fee });
        Ok(Parts { pull, share: None })
    }
    /// The part of the application fee that goes back with `amount` of a charge that stands as `before`.
    pub(super) async fn shared(cx: &mut Cx<'_>, before: &Charge, amount: i64) -> Result<Self, Stop> {
        let (Some(platform), Some(fee)) = (&before.platform.0.0, &before.application_fee) else {
            return Ok(Parts::default());
        };
        let Some(fee) = cx.get_of::<ApplicationFee>(platform, before.livemode, &fee.id).await? else {
            return Err(fault(format!("the fee {} of {} is gone", fee.id, before.id)));
        };
        let amount = money::refunded_share(fee.amount, fee.amount_refunded, part_of(before, amount));
        let share = (amount > 0).then(|| Share { platform: platform.clone(), fee, amount });
        Ok(Parts { share, pull: None })
    }
}

/// Whether a charge has an application fee that the caller can give back; a fee that was agreed on but not taken yet
/// has nothing to give. Errors: there is none, or it is somebody else's.
pub(super) fn may_share(cx: &Cx<'_>, charge: &Charge) -> Result<bool, ApiError> {
    let refuse = |message: String| ApiError::invalid(400, message).param("refund_application_fee");
    let (Some(platform), Some(_)) = (&charge.platform.0.0, &charge.application_fee) else {
        if charge.application_fee_amount.is_some() && !charge.captured {
            return Ok(false);
        }
        let message = format!("Charge {} has no application fee that could be refunded.", charge.id);
        return Err(refuse(message));
    };
    if cx.caller.platform.as_ref() != Some(platform) {
        return Err(refuse("Only the platform that took the application fee can refund it.".into()));
    }
    Ok(true)
}

/// Pulls back of the transfer what goes back with a refund.
pub(super) async fn pull_back(cx: &mut Cx<'_>, refund: &Refund, pull: Pull) -> Result<Reversed, Stop> {
    let ask = transfer_reversal::Ask {
        amount: pull.amount,
        metadata: Metadata::default(),
        description: None,
        refund_application_fee: pull.fee,
        source_refund: Some(refund.id.clone()),
    };
    let platform = cx.caller.account.clone();
    transfer_reversal::reverse(cx, &platform, pull.transfer, ask).await
}
