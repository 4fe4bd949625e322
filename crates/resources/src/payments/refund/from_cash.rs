//! Refunds of a customer's cash balance: what they sent and no payment took goes back to their bank (API page "Refund a
//! customer's cash balance").
use super::{
    BankDestination, CREATED, DestinationDetails, DestinationType, PendingReason, Reason, Refund, Status,
    settle,
};
use crate::{
    due,
    payments::{
        cash_balance::{self, CashBalance, bank_transfer::TransferType},
        charge::rules,
        customer::{self, Customer},
        customer_cash_balance_transaction::What,
    },
    test_helpers::test_clock,
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Metadata, Named as _, Ref};
use wire::Optional;

/// What is to go back.
#[derive(Debug)]
pub(super) struct Ask {
    /// Whose it is.
    pub(super) customer: Option<String>,
    /// In minor units.
    pub(super) amount: Option<i64>,
    /// The currency of the amount.
    pub(super) currency: Option<Currency>,
    /// Where the customer is asked for a bank account, where none is known.
    pub(super) instructions_email: Option<String>,
    /// The account's own keys and values.
    pub(super) metadata: Metadata,
    /// Why.
    pub(super) reason: Option<Reason>,
}

/// Sends money of a cash balance back to the bank that it came from. Errors: there is no such customer, or not so much.
pub(super) async fn make(cx: &mut Cx<'_>, ask: Ask) -> Result<Refund, Stop> {
    let needed = |name| ApiError::missing(name);
    let id = ask.customer.ok_or_else(|| needed("customer"))?;
    let amount = ask.amount.ok_or_else(|| needed("amount"))?;
    let currency = ask.currency.ok_or_else(|| needed("currency"))?;
    rules::positive("amount", amount)?;
    customer::check_email(ask.instructions_email.as_deref(), "instructions_email")?;
    let Some(mut owner) = cx.get::<Customer>(&id).await? else {
        return Err(ApiError::no_such(Customer::NAME, &id, "customer").into());
    };
    test_clock::enter(cx, owner.test_clock.as_ref()).await?;
    let has = CashBalance::of(&owner).has(currency);
    if amount > has {
        let message = format!(
            "Refund amount ({}) is greater than the customer's cash balance ({}).",
            currency.display(amount),
            currency.display(has)
        );
        return Err(ApiError::invalid(400, message).code("balance_insufficient").param("amount").into());
    }
    let refund = Refund {
        customer: Some(Ref::to(&id)),
        destination_details: Optional(Some(DestinationDetails::to_bank(TransferType::of(currency)))),
        instructions_email: Optional(ask.instructions_email),
        metadata: ask.metadata,
        pending_reason: Optional(Some(PendingReason::Processing)),
        reason: ask.reason,
        ..Refund::plain(cx, cx.new_id::<Refund>(), amount, currency)
    };
    cash_balance::record(cx, &mut owner, currency, -amount, What::Returned)?;
    cx.put(&owner);
    cx.put(&refund);
    cx.emit(CREATED, &refund);
    due::later(cx, due::Kind::RefundSettles, &refund.id, cx.now().plus(settle::TEST_BANK_TAKES));
    Ok(refund)
}

/// A refund of a cash balance is called back before the bank made it: the customer has the money again.
pub(super) async fn called_back(cx: &mut Cx<'_>, before: &Refund, why: &str) -> Result<Refund, Stop> {
    let mut refund = before.clone();
    refund.status = Some(Status::Canceled);
    refund.pending_reason.0 = None;
    refund.failure_reason.0 = Some(why.to_owned());
    let owner = before.customer.as_ref().map_or("", |it| &it.id);
    if let Some(mut owner) = cx.get::<Customer>(owner).await? {
        cash_balance::record(cx, &mut owner, refund.currency, refund.amount, What::ReturnCanceled)?;
        cx.put(&owner);
    }
    cx.put(&refund);
    Ok(refund)
}

impl DestinationDetails {
    /// A bank account, by the transfers of its currency.
    fn to_bank(kind: Option<TransferType>) -> Self {
        let bank = || Optional(Some(BankDestination::default()));
        let blank = DestinationDetails::blank(DestinationType::EuBankTransfer);
        match kind {
            Some(TransferType::GbBankTransfer) => DestinationDetails {
                gb_bank_transfer: bank(),
                r#type: DestinationType::GbBankTransfer,
                ..blank
            },
            Some(TransferType::JpBankTransfer) => DestinationDetails {
                jp_bank_transfer: bank(),
                r#type: DestinationType::JpBankTransfer,
                ..blank
            },
            Some(TransferType::MxBankTransfer) => DestinationDetails {
                mx_bank_transfer: bank(),
                r#type: DestinationType::MxBankTransfer,
                ..blank
            },
            Some(TransferType::UsBankTransfer) => DestinationDetails {
                us_bank_transfer: bank(),
                r#type: DestinationType::UsBankTransfer,
                ..blank
            },
            Some(TransferType::EuBankTransfer) | None => {
                DestinationDetails { eu_bank_transfer: bank(), ..blank }
            }
        }
    }
}
