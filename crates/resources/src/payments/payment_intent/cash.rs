//! Payments of a customer's cash balance: what is there is taken, and for what lacks the customer is told where to send
//! it.
use super::{
    PaymentIntent, REQUIRES_ACTION, Status,
    confirm::{Ask, End, confirm, refuse},
    next_action::{NextAction, TransferInstructions},
};
use crate::{
    billing::invoice,
    payments::{
        cash_balance::{self, CashBalance, bank_transfer},
        charge::means::Means,
        customer::Customer,
    },
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Currency};
use wire::{Hidden, Optional, Wire};

/// Part of the money is there.
pub(super) const PARTIALLY_FUNDED: &str = "payment_intent.partially_funded";

/// What `POST /v1/payment_intents/{id}/apply_customer_balance` takes.
#[derive(Debug, Wire)]
pub(super) struct Apply {
    amount: Option<i64>,
    currency: Option<Currency>,
}

impl PaymentIntent {
    /// What of its amount nobody has sent yet, in minor units.
    pub(crate) fn lacks(&self) -> i64 {
        self.amount - self.applied.0.0.unwrap_or(0)
    }
    /// Whether the customer was told where to send money.
    pub(crate) fn awaits_transfer(&self) -> bool {
        self.status == Status::RequiresAction && self.instructions().is_some()
    }
    /// What the customer writes on the transfer.
    pub(crate) fn transfer_reference(&self) -> Option<&str> {
        self.instructions()?.reference.as_deref()
    }
    fn instructions(&self) -> Option<&TransferInstructions> {
        self.next_action.as_ref()?.display_bank_transfer_instructions.0.as_ref()
    }
}

/// What became of a payment of a cash balance.
pub(super) enum Paid {
    /// All of it is there, and can be charged.
    Whole(Box<PaymentIntent>, Means),
    /// The confirmation has ended.
    Ended(Box<End>),
}

/// Takes what is there of the customer's cash, and tells where to send the rest.
pub(super) async fn pay(cx: &mut Cx<'_>, mut intent: PaymentIntent, mut means: Means) -> Result<Paid, Stop> {
    bank_transfer::only_test(cx)?;
    let Some(owner) = intent.customer.as_ref().map(|it| it.id.clone()) else {
        let message = "A payment of a customer's cash balance needs its customer. Send a customer.";
        return Err(ApiError::invalid(400, message).code("parameter_missing").param("customer").into());
    };
    if intent.is_manual() {
        let message = "A payment of a cash balance is captured at once: capture_method cannot be manual.";
        let error = ApiError::invalid(400, message).code("payment_intent_invalid_parameter");
        return Err(error.param("capture_method").into());
    }
    let options = intent.payment_method_options.as_ref().and_then(|it| it.customer_balance.0.clone());
    let wanted = options.and_then(|it| it.funding_type.and(it.bank_transfer.0));
    const PARAM: &str = "payment_method_options[customer_balance][bank_transfer]";
    let told = match &wanted {
        Some(wanted) => Some(wanted.check(intent.currency, PARAM)?),
        None => None,
    };
    let Some(mut customer) = cx.get::<Customer>(&owner).await? else {
        return Err(ApiError::no_such("customer", &owner, "customer").into());
    };
    let automatic = CashBalance::of(&customer).settings.reconciliation_mode == cash_balance::Mode::Automatic;
    let enough = CashBalance::of(&customer).has(intent.currency) >= intent.lacks();
    if enough || automatic && wanted.is_some() {
        cash_balance::apply(cx, &mut customer, &mut intent, i64::MAX)?;
        cx.put(&customer);
    }
    if intent.lacks() == 0 {
        return Ok(Paid::Whole(Box::new(intent), means));
    }
    let (Some(wanted), Some((kind, country))) = (wanted, told) else {
        let message = "The customer's cash balance does not cover this payment. Send payment_method_options[customer_balance][funding_type]=bank_transfer to tell the customer where to send money.";
        let error = ApiError::card("payment_intent_payment_attempt_failed", None, message);
        return Ok(Paid::Ended(Box::new(refuse(cx, intent, means, error).await?)));
    };
    means.keep(cx);
    intent.next_action = Some(NextAction {
        display_bank_transfer_instructions: Optional(Some(TransferInstructions {
            amount_remaining: Some(intent.lacks()),
            currency: Some(intent.currency),
            financial_addresses: Optional(Some(wanted.addresses(cx, &owner, (kind, &country)))),
            hosted_instructions_url: None,
            reference: Some(bank_transfer::reference(cx, &intent.id)),
            r#type: kind,
        })),
        redirect_to_url: Optional(None),
        r#type: "display_bank_transfer_instructions".into(),
        use_stripe_sdk: Optional(None),
        verify_with_microdeposits: Optional(None),
    });
    intent.status = Status::RequiresAction;
    cx.put(&intent);
    cx.emit(REQUIRES_ACTION, &intent);
    if intent.applied.0.0.is_some() {
        cx.emit(PARTIALLY_FUNDED, &intent);
    }
    invoice::followed(cx, &intent).await?;
    Ok(Paid::Ended(Box::new(End { intent, refused: None })))
}

/// Money of the customer goes to a payment that waits for it; the customer is put by the caller.
pub(crate) async fn fund(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    mut intent: PaymentIntent,
    most: i64,
) -> Result<PaymentIntent, Stop> {
    if cash_balance::apply(cx, customer, &mut intent, most)? == 0 {
        return Ok(intent);
    }
    if intent.lacks() == 0 {
        intent.next_action = None;
        let ask = Ask { funded: true, use_stripe_sdk: true, ..Ask::default() };
        return Ok(confirm(cx, intent, ask).await?.intent);
    }
    let lacks = intent.lacks();
    let told = intent.next_action.as_mut().and_then(|it| it.display_bank_transfer_instructions.0.as_mut());
    if let Some(told) = told {
        told.amount_remaining = Some(lacks);
    }
    cx.put(&intent);
    cx.emit(PARTIALLY_FUNDED, &intent);
    Ok(intent)
}

pub(super) async fn endpoint(cx: &mut Cx<'_>, p: Apply) -> Outcome<PaymentIntent> {
    let id = cx.path("id").to_owned();
    let intent: PaymentIntent = cx.must("id", &id).await?;
    if !intent.awaits_transfer() {
        let what = "A cash balance cannot be applied to this PaymentIntent";
        return Err(intent.unexpected(what, &[Status::RequiresAction])?.into());
    }
    if p.currency.is_some_and(|currency| currency != intent.currency) {
        let message = format!("The currency of this PaymentIntent is {}.", intent.currency);
        return Err(ApiError::invalid(400, message).param("currency").into());
    }
    let owner = intent.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let mut customer: Customer = cx.must("customer", &owner).await?;
    let has = CashBalance::of(&customer).has(intent.currency);
    let amount = p.amount.unwrap_or_else(|| has.min(intent.lacks()));
    if !(1..=intent.lacks()).contains(&amount) || amount > has {
        let message = format!(
            "The customer's cash balance has {}, and this payment lacks {}.",
            intent.currency.display(has),
            intent.currency.display(intent.lacks())
        );
        return Err(ApiError::invalid(400, message).code("balance_insufficient").param("amount").into());
    }
    let intent = fund(cx, &mut customer, intent, amount).await?;
    cx.put(&customer);
    done(intent)
}

/// Gives back what a payment that is given up, or paid otherwise, took of the customer's cash.
pub(super) async fn release(cx: &mut Cx<'_>, intent: &mut PaymentIntent) -> Result<(), Stop> {
    cash_balance::unapply(cx, intent).await?;
    intent.applied = Hidden(Optional(None));
    Ok(())
}
