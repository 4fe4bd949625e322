//! The payment that a transfer makes with whom it goes to: a charge without a card.
use crate::{
    address::Address,
    payments::charge::{
        Charge, Status,
        details::{BillingDetails, FraudDetails},
    },
};
use api::Cx;
use base::{Currency, Metadata, Named as _, Ref, Sublist};
use wire::{Hidden, Optional};

/// What ids of payments begin with.
pub(crate) const PREFIX: &str = "py";

/// A payment to be made.
#[derive(Debug)]
pub(crate) struct Payment<'a> {
    /// In minor units.
    pub(crate) amount: i64,
    /// The currency of the amount.
    pub(crate) currency: Currency,
    /// In words.
    pub(crate) description: Option<String>,
    /// The application through which it came.
    pub(crate) application: Option<&'a str>,
    /// The transfer that makes it; an object of the sender.
    pub(crate) transfer: &'a str,
    /// What holds it and transfers together.
    pub(crate) group: Option<String>,
}

/// The payment; what it moves is written down by whoever makes it.
pub(crate) fn payment(cx: &Cx<'_>, p: Payment<'_>) -> Charge {
    Charge {
        id: cx.world.new_id(PREFIX),
        object: Charge::NAME.into(),
        amount: p.amount,
        amount_captured: p.amount,
        amount_refunded: 0,
        application: p.application.map(Ref::to),
        application_fee: None,
        application_fee_amount: None,
        balance_transaction: None,
        billing_details: BillingDetails {
            address: Address::default(),
            email: None,
            name: None,
            phone: None,
            tax_id: None,
        },
        calculated_statement_descriptor: None,
        captured: true,
        created: cx.now(),
        currency: p.currency,
        customer: None,
        description: p.description,
        dispute: Optional(None),
        disputed: false,
        failure_balance_transaction: None,
        failure_code: None,
        failure_message: None,
        fraud_details: FraudDetails::default(),
        livemode: cx.caller.livemode,
        metadata: Metadata::default(),
        on_behalf_of: None,
        outcome: None,
        paid: true,
        payment_intent: None,
        payment_method: None,
        payment_method_details: None,
        radar_options: Optional(None),
        receipt_email: None,
        receipt_number: None,
        receipt_url: None,
        refunded: false,
        refunds: Sublist::NEW,
        review: None,
        shipping: None,
        source: None,
        source_transfer: Some(Ref::to(p.transfer)),
        statement_descriptor: None,
        statement_descriptor_suffix: None,
        status: Status::Succeeded,
        transfer: Optional(None),
        transfer_data: None,
        transfer_group: p.group,
        authorization: Hidden(Optional(None)),
        platform: Hidden(Optional(None)),
        at_once: Hidden(false),
        available_on: Hidden(Optional(None)),
        parts: Hidden(Optional(None)),
        sender: Hidden(Optional(None)),
        transferred: Hidden(Optional(None)),
        transfer_description: Hidden(Optional(None)),
    }
}
