//! Money that a customer sends, in test mode.
use super::{
    CashBalance, FUNDS_AVAILABLE, Mode,
    bank_transfer::{TransferType, only_test},
    reconcile, record,
};
use crate::payments::{
    charge::rules,
    customer::Customer,
    customer_cash_balance_transaction::{
        BankTransfer, CustomerCashBalanceTransaction, EuTransfer, GbTransfer, JpTransfer, UsTransfer, What,
    },
};
use api::{Cx, Outcome, done};
use base::{ApiError, Currency};
use wire::{Optional, Wire};

/// What `POST /v1/test_helpers/customers/{id}/fund_cash_balance` takes.
#[derive(Debug, Wire)]
pub(super) struct Fund {
    amount: i64,
    currency: Currency,
    reference: Option<String>,
}

pub(super) async fn fund(cx: &mut Cx<'_>, p: Fund) -> Outcome<CustomerCashBalanceTransaction> {
    let id = cx.path("id").to_owned();
    only_test(cx)?;
    let mut customer: Customer = cx.must("id", &id).await?;
    rules::positive("amount", p.amount)?;
    let Some(kind) = TransferType::of(p.currency) else {
        let message =
            format!("Customers cannot send money in {}. Use eur, gbp, jpy, mxn or usd.", p.currency);
        return Err(ApiError::invalid(400, message).param("currency").into());
    };
    let transfer = transfer(kind, p.reference.clone());
    let funded = record(cx, &mut customer, p.currency, p.amount, What::Funded(Box::new(transfer)))?;
    if CashBalance::of(&customer).settings.reconciliation_mode == Mode::Automatic {
        reconcile::automatically(cx, &mut customer, p.currency, p.reference.as_deref()).await?;
    }
    let left = CashBalance::of(&customer);
    cx.put(&customer);
    if left.has(p.currency) > 0 {
        cx.emit(FUNDS_AVAILABLE, &left);
    }
    done(funded)
}

/// A transfer of the test network.
fn transfer(kind: TransferType, reference: Option<String>) -> BankTransfer {
    let sender_name = || Some("Jenny Rosen".to_owned());
    let only = |of: TransferType| kind == of;
    BankTransfer {
        eu_bank_transfer: Optional(only(TransferType::EuBankTransfer).then(|| EuTransfer {
            bic: Some("TESTDEFF".into()),
            iban_last4: Some("3000".into()),
            sender_name: sender_name(),
        })),
        gb_bank_transfer: Optional(only(TransferType::GbBankTransfer).then(|| GbTransfer {
            account_number_last4: Some("2345".into()),
            sender_name: sender_name(),
            sort_code: Some("108800".into()),
        })),
        jp_bank_transfer: Optional(only(TransferType::JpBankTransfer).then(|| JpTransfer {
            sender_bank: Some("TEST BANK".into()),
            sender_branch: Some("TEST BRANCH".into()),
            sender_name: sender_name(),
        })),
        reference,
        r#type: kind,
        us_bank_transfer: Optional(
            only(TransferType::UsBankTransfer)
                .then(|| UsTransfer { network: Optional(Some("ach".into())), sender_name: sender_name() }),
        ),
    }
}
