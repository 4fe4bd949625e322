//! What must hold of the movements of money: payments, what goes back of them, and what goes on.
use super::{all_days, beside, moved, place, read, within};
use crate::{
    connect::{account::Account, application_fee::ApplicationFee, fee_refund::FeeRefund},
    payments::{
        balance_transaction::{BalanceTransaction, Kind as Movement},
        charge::{self, Charge},
        customer::Customer,
        dispute::Dispute,
        early_fraud_warning::EarlyFraudWarning,
        payment_intent::PaymentIntent,
        payout::Payout,
        refund::{self, Refund},
        review::Review,
        topup::Topup,
        transfer::Transfer,
        transfer_reversal::TransferReversal,
    },
};
use api::access::Application;
use audit::Said;
use base::{Named as _, Ref};
use money::Posting;
use store::{Held, Key};

pub(super) fn charge(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Charge>(held, said) else { return };
    let (account, live) = (&held.doc.key.account, held.doc.key.live);
    said.same("livemode", live, it.livemode);
    within(said, "amount_captured", it.amount_captured, it.amount);
    within(said, "amount_refunded", it.amount_refunded, it.amount);
    said.same("refunded", it.amount_refunded == it.amount, it.refunded);
    said.is("currency", it.currency.to_string());
    let taken = it.is_taken() && it.status == charge::Status::Succeeded;
    if taken != it.balance_transaction.is_some() {
        said.flaw("a balance transaction where money was taken, and only there", format!("captured {taken}"));
    }
    match &it.parts.0.0 {
        None => moved(held, said, it.balance_transaction.as_ref(), it.amount_captured),
        Some(parts) => {
            said.same("the sum of its parts", parts.iter().map(|it| it.amount).sum(), it.amount_captured);
            for part in parts {
                moved(held, said, Some(&Ref::to(&part.balance_transaction)), part.amount);
            }
        }
    }
    if it.is_taken() {
        // What was let go at the capture makes no refund.
        said.total("amount_refunded", it.given_back());
    } else {
        // What was reserved may have been let go by the bank, without a refund.
        said.at_most("amount_refunded", it.amount_refunded);
    }
    if let Some(customer) = &it.customer {
        said.link_or_gone("customer", &beside::<Customer>(held, &customer.id));
    }
    if let Some(intent) = &it.payment_intent {
        said.is(PaymentIntent::NAME, &intent.id);
        said.link(PaymentIntent::NAME, &beside::<PaymentIntent>(held, &intent.id));
    }
    if let Some(application) = &it.application {
        said.link("application", &place::<Application>("", false, &application.id));
    }
    if let Some(platform) = &it.platform.0.0 {
        said.link("platform", &place::<Account>("", false, platform));
    }
    said.same("disputed", it.dispute.0.is_some(), it.disputed);
    if let Some(dispute) = &it.dispute.0 {
        said.mirror("dispute", &beside::<Dispute>(held, &dispute.id), "charge", &it.id);
    }
    if let Some(review) = &it.review {
        said.is("review", &review.id);
        said.mirror("review", &beside::<Review>(held, &review.id), "charge", &it.id);
    }
    if let Some(transfer) = &it.source_transfer {
        said.is("source_transfer", &transfer.id);
        said.same("sender", true, it.sender.0.0.is_some());
    }
    if it.transfer_data.is_none() {
        said.total("sent on", it.transferred.0.0.unwrap_or(0));
    } else if taken != it.transfer.0.is_some() {
        said.flaw("a transfer where money was taken, and only there", format!("captured {taken}"));
    }
    if let Some(transfer) = &it.transfer.0 {
        let key = beside::<Transfer>(held, &transfer.id);
        said.mirror("transfer", &key, "source_transaction", &it.id);
    }
    if let (Some(fee), true) = (&it.application_fee, it.transfer_data.is_some()) {
        said.mirror("application_fee", &beside::<ApplicationFee>(held, &fee.id), "originating", &it.id);
    } else if let Some(fee) = &it.application_fee {
        let platform = it.platform.0.0.as_deref().unwrap_or(account);
        let key = place::<ApplicationFee>(platform, live, &fee.id);
        said.is(ApplicationFee::NAME, &fee.id);
        said.mirror("application_fee", &key, "charge", held.doc.key.path());
        let amount = it.application_fee_amount.unwrap_or(0);
        said.mirror("application_fee_amount", &key, "amount", amount.to_string());
    }
}

pub(super) fn refund(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Refund>(held, said) else { return };
    moved(held, said, it.balance_transaction.as_ref(), -it.amount);
    moved(held, said, it.failure_balance_transaction.0.as_ref(), it.amount);
    match &it.charge {
        Some(charge) => {
            let key = beside::<Charge>(held, &charge.id);
            said.mirror("charge", &key, "currency", it.currency.to_string());
            let came_back = matches!(it.status, Some(refund::Status::Failed | refund::Status::Canceled));
            if !came_back {
                said.adds(&key, "amount_refunded", it.amount);
            }
            // What was only let go never moved the balance.
            let moved = it.balance_transaction.is_some();
            said.same("money that came back", came_back && moved, it.failure_balance_transaction.0.is_some());
        }
        // What a customer had sent: it lies in the customer, who may be gone by now.
        None => match &it.customer {
            Some(customer) => said.link_or_gone("customer", &beside::<Customer>(held, &customer.id)),
            None => said.flaw("a charge that was refunded, or a customer", "none"),
        },
    }
}

/// How the ids of disputes begin.
const DISPUTES: &str = "dp_";

pub(super) fn dispute(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Dispute>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    let charge = beside::<Charge>(held, &it.charge.id);
    said.is("charge", &it.charge.id);
    said.mirror("charge", &charge, "currency", it.currency.to_string());
    if it.balance_transactions.len() > 2 {
        said.flaw("at most a withdrawal and what came back", it.balance_transactions.len().to_string());
    }
    for (at, transaction) in it.balance_transactions.iter().enumerate() {
        let amount = if at == 0 { -it.amount } else { it.amount };
        moved(held, said, Some(&Ref::to(&transaction.id)), amount);
    }
}

pub(super) fn early_fraud_warning(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<EarlyFraudWarning>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    said.link("charge", &beside::<Charge>(held, &it.charge.id));
}

pub(super) fn review(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Review>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    if let Some(charge) = &it.charge {
        said.is("charge", &charge.id);
        said.mirror("charge", &beside::<Charge>(held, &charge.id), "review", &it.id);
    }
}

pub(super) fn transfer(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Transfer>(held, said) else { return };
    let live = held.doc.key.live;
    said.same("livemode", live, it.livemode);
    within(said, "amount_reversed", it.amount_reversed, it.amount);
    said.same("reversed", it.amount_reversed == it.amount, it.reversed);
    said.total("amount_reversed", it.amount_reversed);
    moved(held, said, it.balance_transaction.as_ref(), -it.amount);
    if let Some(charge) = &it.source_transaction {
        said.is("source_transaction", &charge.id);
        said.adds(&beside::<Charge>(held, &charge.id), "sent on", it.amount);
    }
    match (&it.destination, &it.destination_payment.0) {
        (Some(destination), Some(payment)) => {
            let key = place::<Charge>(&destination.id, live, &payment.id);
            said.mirror("destination_payment", &key, "source_transfer", &it.id);
        }
        _ => said.flaw("a payment that it made", "none"),
    }
}

pub(super) fn payout(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Payout>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    moved(held, said, it.balance_transaction.as_ref(), -it.amount);
    moved(held, said, it.failure_balance_transaction.as_ref(), it.amount);
    if let Some(left) = &it.left.0.0 {
        for (transaction, amount) in [(&left.hold, -left.amount), (&left.release, left.amount)] {
            said.mirror(
                "left",
                &beside::<BalanceTransaction>(held, transaction),
                "amount",
                amount.to_string(),
            );
        }
    }
    for other in [it.original_payout, it.reversed_by].into_iter().flatten() {
        said.link("payout", &beside::<Payout>(held, &other.id));
    }
}

pub(super) fn topup(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<Topup>(held, said) else { return };
    said.same("livemode", held.doc.key.live, it.livemode);
    moved(held, said, it.balance_transaction.as_ref(), it.amount);
}

pub(super) fn transfer_reversal(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<TransferReversal>(held, said) else { return };
    moved(held, said, it.balance_transaction.as_ref(), it.amount);
    let transfer = beside::<Transfer>(held, &it.transfer.id);
    said.link("transfer", &transfer);
    said.adds(&transfer, "amount_reversed", it.amount);
    if let Some(refund) = &it.source_refund {
        said.link("source_refund", &beside::<Refund>(held, &refund.id));
    }
}

pub(super) fn balance_transaction(held: &Held, said: &mut Said<'_>) {
    let Some(it) = read::<BalanceTransaction>(held, said) else { return };
    let (account, live) = (&held.doc.key.account, held.doc.key.live);
    let parts = it.fee_details.iter().map(|part| part.amount).fold(0, i64::saturating_add);
    said.same("fee", parts, it.fee);
    said.same("net", it.amount.saturating_sub(it.fee), it.net);
    match Posting::new(it.entries.0.clone()) {
        Ok(posting) => said.same("ledger entries that move the balance by", it.net, posting.net(it.currency)),
        Err(unbalanced) => said.flaw("ledger entries that sum to zero", unbalanced.to_string()),
    }
    said.evens_out(all_days(&Key::space(account, live, "counter"), it.currency), it.net.saturating_neg());
    // What moved it speaks of its own currency.
    said.is("amount", it.paid.0.0.unwrap_or(it.amount).to_string());
    let Some(source) = it.source.map(|source| source.0) else {
        return said.flaw("a source that moved the money", "none");
    };
    said.is("source", &source);
    let key = match it.r#type {
        Movement::Adjustment if source.starts_with(DISPUTES) => beside::<Dispute>(held, &source),
        Movement::Charge | Movement::Payment => beside::<Charge>(held, &source),
        Movement::Refund | Movement::PaymentRefund | Movement::RefundFailure => {
            beside::<Refund>(held, &source)
        }
        Movement::Transfer => beside::<Transfer>(held, &source),
        Movement::TransferRefund => beside::<TransferReversal>(held, &source),
        Movement::ApplicationFee => beside::<ApplicationFee>(held, &source),
        Movement::ApplicationFeeRefund => beside::<FeeRefund>(held, &source),
        // A payout names what it gave and what came back of it.
        Movement::Payout | Movement::PayoutCancel | Movement::PayoutFailure => {
            beside::<Payout>(held, &source)
        }
        Movement::Topup | Movement::TopupReversal => beside::<Topup>(held, &source),
        Movement::PayoutMinimumBalanceHold | Movement::PayoutMinimumBalanceRelease => {
            return said.link("source", &beside::<Payout>(held, &source));
        }
        Movement::ReserveTransaction => return,
        // What a platform gave back of a fee without a refund: an object of the platform.
        Movement::Adjustment => return said.link_name("source", source),
    };
    said.mirror("source", &key, BalanceTransaction::NAME, &it.id);
}
