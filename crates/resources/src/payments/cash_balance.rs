//! Cash balances: money that customers have sent and that no payment has taken yet (API page "Cash Balance"). It lies in
//! the customer, who owns it: whoever moves it reads and writes the customer.
pub(crate) mod bank_transfer;
mod fund;
mod reconcile;

pub(crate) use reconcile::{apply, refunded, unapply};

use crate::{
    billing::amounts::ByCurrency,
    payments::{
        charge::rules::MONEY_MAX,
        customer::Customer,
        customer_cash_balance_transaction::{self, CustomerCashBalanceTransaction, What},
    },
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Currency, Named};
use wire::{Included, Wire};

/// Money that a customer has sent.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CashBalance {
    /// `cash_balance`.
    pub object: String,
    /// What no payment has taken yet, in minor units; none where there is nothing.
    pub available: Option<ByCurrency<i64>>,
    /// Whose it is.
    pub customer: String,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// How it is used.
    pub settings: Settings,
}

/// How a cash balance is used.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Settings {
    /// Whether payments take of it by themselves.
    pub reconciliation_mode: Mode,
    /// Whether that is the account's own way rather than said for the customer.
    pub using_merchant_default: bool,
}

/// Whether payments take of a cash balance by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Mode {
    /// They do.
    Automatic,
    /// Only where the account says so.
    Manual,
}

impl Named for CashBalance {
    const NAME: &'static str = "cash_balance";
    const PREFIX: &'static str = "";
}
/// It is part of the customer; nothing of it is stored by itself.
impl Object for CashBalance {
    fn id(&self) -> &str {
        &self.customer
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CashBalance>();
/// Money came that no payment took.
pub const FUNDS_AVAILABLE: &str = "cash_balance.funds_available";
/// What cash balances cause.
pub const EVENTS: &[&str] = &[FUNDS_AVAILABLE];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = CashBalance::NAME;
    vec![
        Endpoint::new("GET", "/v1/customers/{id}/cash_balance", NAME, |cx, p| Box::pin(retrieve(cx, p))).permission("customer"),
        Endpoint::new("POST", "/v1/customers/{id}/cash_balance", NAME, |cx, p| Box::pin(update(cx, p))).permission("customer"),
        Endpoint::new("POST", "/v1/customers/{id}/funding_instructions", NAME, |cx, p| Box::pin(bank_transfer::instructions(cx, p))).permission("customer"),
        Endpoint::new("POST", "/v1/test_helpers/customers/{id}/fund_cash_balance", NAME, |cx, p| Box::pin(fund::fund(cx, p))).permission("customer"),
    ]
}

/// What `POST /v1/customers/{id}/cash_balance` takes; the same with a customer as `cash_balance`.
#[derive(Debug, Wire)]
pub struct Update {
    settings: Option<SettingsParams>,
}

#[derive(Debug, Wire)]
struct SettingsParams {
    reconciliation_mode: Option<ModeParam>,
}

/// A mode as a parameter.
#[derive(Debug, Clone, Copy, Wire)]
enum ModeParam {
    Automatic,
    Manual,
    MerchantDefault,
}

// Transitions.

impl CashBalance {
    /// That of a customer; empty where nobody has sent anything.
    pub(crate) fn of(customer: &Customer) -> Self {
        customer.cash_balance.0.clone().unwrap_or_else(|| CashBalance {
            object: CashBalance::NAME.into(),
            available: None,
            customer: customer.id.clone(),
            customer_account: None,
            livemode: customer.livemode,
            settings: Settings { reconciliation_mode: Mode::Automatic, using_merchant_default: true },
        })
    }
    /// What is there of a currency, in minor units.
    pub(crate) fn has(&self, currency: Currency) -> i64 {
        self.available.as_ref().and_then(|it| it.get(currency)).copied().unwrap_or(0)
    }
    /// Takes over what was sent of the settings.
    pub(crate) fn set(&mut self, p: Update) {
        let Some(mode) = p.settings.and_then(|it| it.reconciliation_mode) else { return };
        self.settings = match mode {
            ModeParam::Automatic => {
                Settings { reconciliation_mode: Mode::Automatic, using_merchant_default: false }
            }
            ModeParam::Manual => {
                Settings { reconciliation_mode: Mode::Manual, using_merchant_default: false }
            }
            ModeParam::MerchantDefault => {
                Settings { reconciliation_mode: Mode::Automatic, using_merchant_default: true }
            }
        };
    }
}

/// Moves the cash balance of a customer and writes down the movement; the customer is put by the caller, who has made
/// sure that there is enough. Errors: no balance is as large as that.
pub(crate) fn record(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    currency: Currency,
    net: i64,
    what: What,
) -> Result<CustomerCashBalanceTransaction, Stop> {
    let mut cash = CashBalance::of(customer);
    let Some(balance) = cash.has(currency).checked_add(net).filter(|it| (0..=MONEY_MAX).contains(it)) else {
        let message = "Invalid integer: a cash balance is not negative and has at most 15 digits.";
        return Err(ApiError::invalid(400, message).code("parameter_invalid_integer").param("amount").into());
    };
    let mut available = cash.available.take().unwrap_or_default();
    available.set(currency, balance);
    available.0.retain(|(_, amount)| *amount != 0);
    cash.available = Some(available).filter(|it| !it.0.is_empty());
    customer.cash_balance = Included(Some(cash));
    let it = CustomerCashBalanceTransaction::new(cx, customer, (currency, net, balance), what);
    cx.put(&it);
    cx.emit(customer_cash_balance_transaction::CREATED, &it);
    Ok(it)
}

// Operations.

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<CashBalance> {
    let id = cx.path("id").to_owned();
    let customer: Customer = cx.must("id", &id).await?;
    done(CashBalance::of(&customer))
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<CashBalance> {
    let id = cx.path("id").to_owned();
    let mut customer: Customer = cx.must("id", &id).await?;
    let mut cash = CashBalance::of(&customer);
    cash.set(p);
    customer.cash_balance = Included(Some(cash.clone()));
    cx.put(&customer);
    done(cash)
}

#[cfg(test)]
mod tests;
