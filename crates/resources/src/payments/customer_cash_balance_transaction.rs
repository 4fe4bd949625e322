//! Customer cash balance transactions: what customers have sent and what payments took of it, movement by movement (API
//! page "Customer Cash Balance Transaction").
use crate::payments::{
    cash_balance::bank_transfer::TransferType, customer::Customer, payment_intent::PaymentIntent,
    refund::Refund,
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, done};
use base::{ApiError, Currency, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

/// A movement of a customer's cash balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerCashBalanceTransaction {
    /// `ccsbtxn_…`.
    pub id: String,
    /// `customer_cash_balance_transaction`.
    pub object: String,
    /// The payment that took of it.
    pub applied_to_payment: Optional<OfPayment>,
    /// When it moved.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Whose balance it is.
    pub customer: Ref<Customer>,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// What the balance was afterwards, in minor units.
    pub ending_balance: i64,
    /// The transfer that the customer made.
    pub funded: Optional<Funded>,
    /// Live or test.
    pub livemode: bool,
    /// What the balance gained, in minor units; negative where a payment took of it.
    pub net_amount: i64,
    /// The refund that gave to it.
    pub refunded_from_payment: Optional<OfRefund>,
    /// What moved it.
    pub r#type: Kind,
    /// The payment that gave back what it had taken.
    pub unapplied_from_payment: Optional<OfPayment>,
}

/// A payment that moved a cash balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct OfPayment {
    /// It.
    pub payment_intent: Ref<PaymentIntent>,
}

/// A refund that moved a cash balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct OfRefund {
    /// It.
    pub refund: Ref<Refund>,
}

/// A transfer that a customer made.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Funded {
    /// It.
    pub bank_transfer: BankTransfer,
}

/// A bank transfer as it came in.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BankTransfer {
    /// In the euro area.
    pub eu_bank_transfer: Optional<EuTransfer>,
    /// In the United Kingdom.
    pub gb_bank_transfer: Optional<GbTransfer>,
    /// In Japan.
    pub jp_bank_transfer: Optional<JpTransfer>,
    /// What the customer wrote on it.
    pub reference: Option<String>,
    /// Of which kind it is.
    pub r#type: TransferType,
    /// In the United States.
    pub us_bank_transfer: Optional<UsTransfer>,
}

/// A transfer in the euro area.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EuTransfer {
    /// The bank.
    pub bic: Option<String>,
    /// The last four characters of the sender's IBAN.
    pub iban_last4: Option<String>,
    /// Who sent it.
    pub sender_name: Option<String>,
}

/// A transfer in the United Kingdom.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct GbTransfer {
    /// The last four digits of the sender's account.
    pub account_number_last4: Option<String>,
    /// Who sent it.
    pub sender_name: Option<String>,
    /// The bank.
    pub sort_code: Option<String>,
}

/// A transfer in Japan.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct JpTransfer {
    /// The bank.
    pub sender_bank: Option<String>,
    /// Its branch.
    pub sender_branch: Option<String>,
    /// Who sent it.
    pub sender_name: Option<String>,
}

/// A transfer in the United States.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct UsTransfer {
    /// How it came.
    pub network: Optional<String>,
    /// Who sent it.
    pub sender_name: Option<String>,
}

/// What moves a cash balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Kind {
    /// A payment took of it.
    AppliedToPayment,
    /// The customer sent money.
    Funded,
    /// A payment was refunded.
    RefundedFromPayment,
    /// What was to go back to the customer was called back.
    ReturnCanceled,
    /// It goes back to the customer.
    ReturnInitiated,
    /// A payment that had taken of it was given up.
    UnappliedFromPayment,
}

/// What moves a cash balance, and with what.
#[derive(Debug)]
pub(crate) enum What {
    /// The payment with this id took of it.
    Applied(String),
    /// The customer sent money.
    Funded(Box<BankTransfer>),
    /// The refund with this id gave to it.
    Refunded(String),
    /// It is sent back to the customer.
    Returned,
    /// That was called back.
    ReturnCanceled,
    /// The payment with this id gave back.
    Unapplied(String),
}

impl CustomerCashBalanceTransaction {
    /// A movement of this currency and amount, after which the balance is the last of the three.
    pub(crate) fn new(
        cx: &Cx<'_>,
        customer: &Customer,
        (currency, net_amount, ending_balance): (Currency, i64, i64),
        what: What,
    ) -> Self {
        let mut it = CustomerCashBalanceTransaction {
            id: cx.new_id::<Self>(),
            object: Self::NAME.into(),
            applied_to_payment: Optional(None),
            created: cx.now(),
            currency,
            customer: Ref::to(&customer.id),
            customer_account: None,
            ending_balance,
            funded: Optional(None),
            livemode: customer.livemode,
            net_amount,
            refunded_from_payment: Optional(None),
            r#type: Kind::Funded,
            unapplied_from_payment: Optional(None),
        };
        match what {
            What::Funded(transfer) => it.funded.0 = Some(Funded { bank_transfer: *transfer }),
            What::Applied(intent) => {
                it.r#type = Kind::AppliedToPayment;
                it.applied_to_payment.0 = Some(OfPayment { payment_intent: Ref::to(intent) });
            }
            What::Refunded(refund) => {
                it.r#type = Kind::RefundedFromPayment;
                it.refunded_from_payment.0 = Some(OfRefund { refund: Ref::to(refund) });
            }
            What::Returned => it.r#type = Kind::ReturnInitiated,
            What::ReturnCanceled => it.r#type = Kind::ReturnCanceled,
            What::Unapplied(intent) => {
                it.r#type = Kind::UnappliedFromPayment;
                it.unapplied_from_payment.0 = Some(OfPayment { payment_intent: Ref::to(intent) });
            }
        }
        it
    }
}

impl Named for CustomerCashBalanceTransaction {
    const NAME: &'static str = "customer_cash_balance_transaction";
    const PREFIX: &'static str = "ccsbtxn";
}
impl Object for CustomerCashBalanceTransaction {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(Customer::NAME, &self.customer.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CustomerCashBalanceTransaction>();
/// A cash balance moved.
pub const CREATED: &str = "customer_cash_balance_transaction.created";
/// What they cause.
pub const EVENTS: &[&str] = &[CREATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = CustomerCashBalanceTransaction::NAME;
    vec![
        Endpoint::list::<List>("/v1/customers/{id}/cash_balance_transactions", NAME, |cx, p| Box::pin(list(cx, p))).permission("customer"),
        Endpoint::new("GET", "/v1/customers/{customer}/cash_balance_transactions/{id}", NAME, |cx, p| Box::pin(retrieve(cx, p))).permission("customer"),
    ]
}

/// What `GET /v1/customers/{id}/cash_balance_transactions` filters by.
#[derive(Debug, Wire)]
pub struct List {}

async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    cx.page_beneath::<Customer, CustomerCashBalanceTransaction>("cash_balance_transactions", |_| true).await
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<CustomerCashBalanceTransaction> {
    let (customer, id) = (cx.path("customer").to_owned(), cx.path("id").to_owned());
    let it: CustomerCashBalanceTransaction = cx.must("id", &id).await?;
    if it.customer.id != customer {
        return Err(ApiError::no_such(CustomerCashBalanceTransaction::NAME, &id, "id").into());
    }
    done(it)
}
