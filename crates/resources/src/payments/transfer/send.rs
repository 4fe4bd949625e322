//! Sending money from one balance to another: the one core behind transfers, destination charges and account debits.
use super::{CREATED, Party, Payment, Reversals, SourceType, Transfer, payment};
use crate::{
    connect::application_fee::{self, ApplicationFee},
    payments::{
        balance_transaction::{self, FeeDetail, Kind, Movement},
        charge::{self, Charge},
        spend,
    },
};
use api::{Cx, Stop};
use base::{Currency, Metadata, Named as _, Ref, Timestamp};
use money::{LedgerAccount, Posting};
use wire::{Hidden, Optional};

/// Money to be sent.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    /// Whose balance gives.
    pub(crate) from: &'a str,
    /// Whose balance gains.
    pub(crate) to: &'a Party,
    /// In minor units.
    pub(crate) amount: i64,
    /// The currency of the amount.
    pub(crate) currency: Currency,
    /// From when both balances count it, where it is the money of a charge; otherwise it must be there already.
    pub(crate) available_on: Option<Timestamp>,
    /// Whether the sender may owe it: somebody answers for the sender.
    pub(crate) may_owe: bool,
    /// The charge whose money it is.
    pub(crate) source: Option<String>,
    /// Of what kind of money it is.
    pub(crate) source_type: Option<SourceType>,
    /// What holds it and charges together.
    pub(crate) group: Option<String>,
    /// The sender's own words.
    pub(crate) description: Option<String>,
    /// The sender's own keys and values.
    pub(crate) metadata: Metadata,
    /// What the sender takes back of it as an application fee.
    pub(crate) fee: Option<Fee>,
}

/// An application fee on the payment that a transfer makes.
#[derive(Debug)]
pub(crate) struct Fee {
    /// In minor units.
    pub(crate) amount: i64,
    /// The name of the application that takes it.
    pub(crate) name: Option<String>,
}

/// Money that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    /// With the sender.
    pub(crate) transfer: Transfer,
    /// With the receiver.
    pub(crate) payment: Charge,
    /// With the sender, too.
    pub(crate) fee: Option<ApplicationFee>,
    from: String,
    to: String,
}

impl Sent {
    /// Tells both sides.
    pub(crate) fn tell(self, cx: &mut Cx<'_>) {
        let live = self.transfer.livemode;
        cx.emit_of(&self.from, live, CREATED, &self.transfer);
        cx.emit_of(&self.to, live, charge::SUCCEEDED, &self.payment);
        if let Some(fee) = &self.fee {
            cx.emit_of(&self.from, live, application_fee::CREATED, fee);
        }
    }
}

/// Writes down on both sides that money goes from one balance to the other. Errors: the sender has not so much
/// available, unless it is the money of a charge.
pub(crate) async fn send(cx: &mut Cx<'_>, ask: Ask<'_>) -> Result<Sent, Stop> {
    let Ask { from, to, amount, currency, source, group, fee, .. } = ask;
    let live = cx.caller.livemode;
    let today = cx.now().midnight();
    let available_on = match ask.available_on {
        Some(day) => day.max(today),
        None => {
            if !ask.may_owe {
                spend::available(cx, from, currency, amount).await?;
            }
            today
        }
    };
    let id = cx.new_id::<Transfer>();
    let gives = balance_transaction::record(
        cx,
        Movement {
            account: from,
            live,
            kind: Kind::Transfer,
            amount: -amount,
            currency,
            fees: Vec::new(),
            available_on,
            description: ask.description.clone(),
            source: id.clone(),
            posting: Posting::moved(LedgerAccount::Transfers, currency, -amount, available_on),
        },
    )?;
    let mut payment = payment(
        cx,
        Payment {
            amount,
            currency,
            description: None,
            application: Some(&to.application),
            transfer: &id,
            group: group.clone(),
        },
    );
    let mut taken = None;
    let mut fees = Vec::new();
    if let Some(Fee { amount, name }) = &fee {
        let take = application_fee::Take {
            platform: from,
            account: &to.account,
            application: &to.application,
            amount: *amount,
            available_on,
            originating: source.as_deref(),
        };
        let fee = application_fee::take(cx, &payment, take)?;
        payment.application_fee = Some(Ref::to(&fee.id));
        payment.application_fee_amount = Some(*amount);
        payment.platform = Hidden(Optional(Some(from.to_owned())));
        fees.push(FeeDetail::application(*amount, currency, to.application.clone(), name.as_deref()));
        taken = Some(fee);
    }
    let posting = Posting::payment(currency, amount, fee.as_ref().map_or(0, |fee| fee.amount), available_on);
    let gains = balance_transaction::record(
        cx,
        Movement {
            account: &to.account,
            live,
            kind: Kind::Payment,
            amount,
            currency,
            fees,
            available_on,
            description: None,
            source: payment.id.clone(),
            posting: posting.map_err(balance_transaction::unbalanced)?,
        },
    )?;
    payment.balance_transaction = Some(Ref::to(gains));
    payment.sender = Hidden(Optional(Some(from.to_owned())));
    payment.available_on = Hidden(Optional(Some(available_on)));
    cx.put_of(&to.account, live, &payment);
    let transfer = Transfer {
        object: Transfer::NAME.into(),
        amount,
        amount_reversed: 0,
        balance_transaction: Some(Ref::to(gives)),
        created: cx.now(),
        currency,
        description: ask.description,
        destination: Some(Ref::to(&to.account)),
        destination_payment: Optional(Some(Ref::to(&payment.id))),
        livemode: live,
        metadata: ask.metadata,
        reversals: Reversals::of(&id),
        reversed: false,
        source_transaction: source.map(Ref::to),
        source_type: Optional(Some(ask.source_type.unwrap_or(SourceType::Card))),
        transfer_group: group,
        available_on: Hidden(available_on),
        application_fee: Hidden(Optional(taken.as_ref().map(|fee| fee.id.clone()))),
        id,
    };
    cx.put_of(from, live, &transfer);
    Ok(Sent { transfer, payment, fee: taken, from: from.to_owned(), to: to.account.clone() })
}
