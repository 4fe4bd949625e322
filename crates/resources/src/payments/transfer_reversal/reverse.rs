//! Pulling back a transfer: the one core behind reversals and refunds of charges that sent their money on.
use super::TransferReversal;
use crate::{
    connect::{
        application_fee::{self, ApplicationFee},
        fee_refund, liability,
    },
    payments::{
        balance_transaction::{self, FeeDetail, Kind, Movement},
        charge::{self, Charge},
        refund::{self, Refund},
        spend,
        transfer::{self, Transfer},
    },
};
use api::{Cx, Stop, access::Application, fault};
use base::{ApiError, Metadata, Named as _, Ref};
use money::{LedgerAccount, Posting, Refunded};

/// What ids of refunds of payments begin with.
const PREFIX: &str = "pyr";

/// A reversal that is asked for.
#[derive(Debug)]
pub(crate) struct Ask {
    /// In minor units; not more than is left of the transfer.
    pub(crate) amount: i64,
    /// The platform's own keys and values.
    pub(crate) metadata: Metadata,
    /// What the movements say.
    pub(crate) description: Option<String>,
    /// Whether the platform gives back its share of the application fee.
    pub(crate) refund_application_fee: bool,
    /// The refund that pulls the money back. What the buyer gets does not wait for the account to have it.
    pub(crate) source_refund: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Reversed {
    /// The reversal.
    pub(crate) reversal: TransferReversal,
    platform: String,
    destination: String,
    transfer: (Transfer, Transfer),
    /// The payment before and after.
    pub(crate) payment: (Charge, Charge),
    /// Its refund.
    pub(crate) refund: Refund,
    fee: Option<(ApplicationFee, ApplicationFee)>,
}

impl Reversed {
    /// Tells both sides.
    pub(crate) fn tell(self, cx: &mut Cx<'_>) {
        let live = self.transfer.0.livemode;
        let (platform, destination) = (&self.platform, &self.destination);
        cx.emit_update_of(platform, live, transfer::REVERSED, &self.transfer.0, &self.transfer.1);
        cx.emit_update_of(destination, live, charge::REFUNDED, &self.payment.0, &self.payment.1);
        cx.emit_of(destination, live, refund::CREATED, &self.refund);
        if let Some((before, after)) = &self.fee {
            cx.emit_update_of(platform, live, application_fee::REFUNDED, before, after);
        }
    }
}

/// Writes down on both sides that money of a transfer comes back to `platform`, who had sent it. Errors: the
/// destination has not so much available, where nobody answers for it.
pub(crate) async fn reverse(
    cx: &mut Cx<'_>,
    platform: &str,
    before: Transfer,
    ask: Ask,
) -> Result<Reversed, Stop> {
    let (live, currency, amount) = (before.livemode, before.currency, ask.amount);
    let parts = (&before.destination, &before.destination_payment.0);
    let (Some(destination), Some(payment)) = parts else {
        return Err(fault(format!("{} went to nobody", before.id)));
    };
    let destination = destination.id.clone();
    let Some(paid) = cx.get_of::<Charge>(&destination, live, &payment.id).await? else {
        return Err(fault(format!("the payment {} of {} is gone", payment.id, before.id)));
    };
    let share = if ask.refund_application_fee { share(cx, platform, &before, amount).await? } else { None };
    let back = share.as_ref().map_or(0, |(_, back)| *back);
    let today = cx.now().midnight();
    // While the money is pending it is taken from there.
    let available_on = before.available_on.0.max(today);
    let covered = ask.source_refund.is_some() || available_on > cx.now();
    if !covered && !liability::platform_answers(cx, &destination).await? {
        spend::available(cx, &destination, currency, amount - back).await?;
    }
    let id = cx.new_id::<TransferReversal>();
    let gains = balance_transaction::record(
        cx,
        Movement {
            account: platform,
            live,
            kind: Kind::TransferRefund,
            amount,
            currency,
            fees: Vec::new(),
            available_on,
            description: ask.description.clone(),
            source: id.clone(),
            posting: Posting::moved(LedgerAccount::Transfers, currency, amount, available_on),
        },
    )?;
    let mut fee = None;
    let mut fees = Vec::new();
    if let Some((held, back)) = share {
        let (after, _) = fee_refund::give_back(cx, platform, &held, back, Metadata::default())?;
        let application = cx.peek::<Application>(&held.application.id).await?;
        let name = application.as_ref().and_then(|it| it.name.as_deref());
        fees.push(FeeDetail::application(-back, currency, held.application.id.clone(), name));
        fee = Some((held, after));
    }
    let mut refund = refund_of(cx, &paid, &id, amount);
    let posting = Posting::payment(currency, -amount, -back, available_on);
    let gives = balance_transaction::record(
        cx,
        Movement {
            account: &destination,
            live,
            kind: Kind::PaymentRefund,
            amount: -amount,
            currency,
            fees,
            available_on,
            description: Some("REFUND FOR PAYMENT".into()),
            source: refund.id.clone(),
            posting: posting.map_err(balance_transaction::unbalanced)?,
        },
    )?;
    refund.balance_transaction = Some(Ref::to(gives));
    let mut after_payment = paid.clone();
    after_payment.amount_refunded += amount;
    after_payment.refunded = after_payment.amount_refunded == after_payment.amount;
    let reversal = TransferReversal {
        id,
        object: TransferReversal::NAME.into(),
        amount,
        balance_transaction: Some(Ref::to(gains)),
        created: cx.now(),
        currency,
        destination_payment_refund: Some(Ref::to(&refund.id)),
        metadata: ask.metadata,
        source_refund: ask.source_refund.map(Ref::to),
        transfer: Ref::to(&before.id),
    };
    let mut after = before.clone();
    after.amount_reversed += amount;
    after.reversed = after.amount_reversed == after.amount;
    after.reversals.add(reversal.clone());
    cx.put_of(&destination, live, &after_payment);
    cx.put_of(&destination, live, &refund);
    cx.put_of(platform, live, &reversal);
    cx.put_of(platform, live, &after);
    Ok(Reversed {
        reversal,
        platform: platform.to_owned(),
        destination,
        transfer: (before, after),
        payment: (paid, after_payment),
        refund,
        fee,
    })
}

/// The fee of the payment, and what of it goes back with `amount` of the transfer. Errors: there is no fee.
async fn share(
    cx: &mut Cx<'_>,
    platform: &str,
    transfer: &Transfer,
    amount: i64,
) -> Result<Option<(ApplicationFee, i64)>, Stop> {
    let Some(id) = &transfer.application_fee.0.0 else {
        let message = format!("Transfer {} has no application fee that could be refunded.", transfer.id);
        return Err(ApiError::invalid(400, message).param("refund_application_fee").into());
    };
    let Some(fee) = cx.get_of::<ApplicationFee>(platform, transfer.livemode, id).await? else {
        return Err(fault(format!("the fee {id} of {} is gone", transfer.id)));
    };
    let refund = Refunded { of: transfer.amount, before: transfer.amount_reversed, now: amount };
    let back = money::refunded_share(fee.amount, fee.amount_refunded, refund);
    Ok((back > 0).then_some((fee, back)))
}

/// The refund of the payment, with whom the money had gone to.
fn refund_of(cx: &Cx<'_>, payment: &Charge, reversal: &str, amount: i64) -> Refund {
    Refund {
        charge: Some(Ref::to(&payment.id)),
        source_transfer_reversal: Some(Ref::to(reversal)),
        status: Some(refund::Status::Succeeded),
        ..Refund::plain(cx, cx.world.new_id(PREFIX), amount, payment.currency)
    }
}
