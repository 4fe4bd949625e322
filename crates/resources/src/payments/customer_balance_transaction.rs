//! Customer balance transactions: what a customer owes or has to their credit, movement by movement (API page "Customer
//! Balance Transaction"). The customer, who is read and written with each, owns the balance.
use crate::payments::{
    card::not_more_than,
    charge::{rules::MONEY_MAX, terms::Terms},
    customer::{self, Customer},
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use store::IndexKey;
use wire::Wire;

/// A movement of a customer's balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerBalanceTransaction {
    /// `cbtxn_…`.
    pub id: String,
    /// `customer_balance_transaction`.
    pub object: String,
    /// In minor units: positive where the customer owes more by it, negative where they owe less.
    pub amount: i64,
    /// The checkout that caused it.
    pub checkout_session: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The credit note that caused it.
    pub credit_note: Option<String>,
    /// The currency of the amount.
    pub currency: Currency,
    /// Whose balance it is.
    pub customer: Ref<Customer>,
    /// The account whose balance it is, where it is an account's.
    pub customer_account: Option<String>,
    /// The account's own words.
    pub description: Option<String>,
    /// What the balance was afterwards.
    pub ending_balance: i64,
    /// The invoice that caused it.
    pub invoice: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// What caused it.
    pub r#type: Kind,
}

/// What moves a customer's balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Kind {
    /// By hand.
    Adjustment,
    /// An invoice took of it, or gave to it.
    AppliedToInvoice,
    /// What was paid is to their credit.
    CreditNote,
    /// The customer was made with it.
    Initial,
    /// An invoice came to less than can be charged.
    InvoiceTooSmall,
    /// An invoice that had taken of it was voided.
    UnappliedFromInvoice,
}

impl Named for CustomerBalanceTransaction {
    const NAME: &'static str = "customer_balance_transaction";
    const PREFIX: &'static str = "cbtxn";
}
impl Object for CustomerBalanceTransaction {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(Customer::NAME, &self.customer.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CustomerBalanceTransaction>();
/// What customer balance transactions cause; the change of the balance is told as the customer's.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = CustomerBalanceTransaction::NAME;
    let all = vec![
        Endpoint::new("POST", "/v1/customers/{id}/balance_transactions", NAME, |cx, p| Box::pin(create(cx, p))),
        Endpoint::list::<List>("/v1/customers/{id}/balance_transactions", NAME, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/customers/{customer}/balance_transactions/{id}", NAME, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/customers/{customer}/balance_transactions/{id}", NAME, |cx, p| Box::pin(update(cx, p))),
    ];
    all.into_iter().map(|endpoint| endpoint.permission("customer")).collect()
}

/// What `POST /v1/customers/{id}/balance_transactions` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: i64,
    currency: Currency,
    description: Option<String>,
    metadata: MetadataPatch,
}

/// What `POST /v1/customers/{customer}/balance_transactions/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    description: Option<String>,
    metadata: MetadataPatch,
}

/// What `GET /v1/customers/{id}/balance_transactions` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    invoice: Option<String>,
}

/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 350;

/// A movement that is asked for.
#[derive(Debug)]
pub(crate) struct Move {
    pub(crate) kind: Kind,
    pub(crate) amount: i64,
    /// The customer's, else the account's, where it is not said.
    pub(crate) currency: Option<Currency>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// The invoice that causes it.
    pub(crate) invoice: Option<String>,
    /// The parameter that is wrong where the amount is too large.
    pub(crate) param: &'static str,
}

// Transitions.

/// The balance after a movement. Errors: no balance is as large as that.
fn after(balance: i64, amount: i64, param: &str) -> Result<i64, ApiError> {
    match balance.checked_add(amount).filter(|it| (-MONEY_MAX..=MONEY_MAX).contains(it)) {
        Some(balance) => Ok(balance),
        None => {
            let message = "Invalid integer: a balance has at most 15 digits.";
            Err(ApiError::invalid(400, message).code("parameter_invalid_integer").param(param))
        }
    }
}

// Operations.

/// Moves the balance of a customer, who is put by the caller. Errors: another currency than the customer's; a balance
/// that is too large.
pub(crate) async fn record(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    ask: Move,
) -> Result<CustomerBalanceTransaction, Stop> {
    let currency = match (ask.currency, customer.currency) {
        (Some(asked), Some(has)) if asked != has => {
            let message = format!(
                "You cannot combine currencies on a single customer. This customer has a balance in currency {has}."
            );
            return Err(ApiError::invalid(400, message).param("currency").into());
        }
        (Some(currency), _) | (None, Some(currency)) => currency,
        (None, None) => Terms::of(cx, &cx.caller.account).await?.default_currency(),
    };
    customer.balance = after(customer.balance, ask.amount, ask.param)?;
    customer.currency = Some(currency);
    let it = CustomerBalanceTransaction {
        id: cx.new_id::<CustomerBalanceTransaction>(),
        object: CustomerBalanceTransaction::NAME.into(),
        amount: ask.amount,
        checkout_session: None,
        created: cx.now(),
        credit_note: None,
        currency,
        customer: Ref::to(&customer.id),
        customer_account: None,
        description: ask.description,
        ending_balance: customer.balance,
        invoice: ask.invoice,
        livemode: cx.caller.livemode,
        metadata: Some(ask.metadata),
        r#type: ask.kind,
    };
    cx.put(&it);
    Ok(it)
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<CustomerBalanceTransaction> {
    let id = cx.path("id").to_owned();
    let before: Customer = cx.must("id", &id).await?;
    not_more_than(DESCRIPTION_MAX, "description", p.description.as_deref())?;
    let mut customer = before.clone();
    let ask = Move {
        kind: Kind::Adjustment,
        amount: p.amount,
        currency: Some(p.currency),
        description: p.description,
        metadata: p.metadata.fresh()?,
        invoice: None,
        param: "amount",
    };
    let it = record(cx, &mut customer, ask).await?;
    cx.put(&customer);
    cx.emit_update(customer::UPDATED, &before, &customer);
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    cx.page_beneath::<Customer, CustomerBalanceTransaction>("balance_transactions", |doc| {
        if p.created.is_none() && p.invoice.is_none() {
            return true;
        }
        wire::from_json::<CustomerBalanceTransaction>(&doc.body).is_ok_and(|it| {
            p.created.is_none_or(|range| range.holds(it.created.0))
                && (p.invoice.is_none() || p.invoice == it.invoice)
        })
    })
    .await
}

/// The transaction that the URL names below its customer.
async fn named(cx: &mut Cx<'_>) -> Result<CustomerBalanceTransaction, Stop> {
    let (customer, id) = (cx.path("customer").to_owned(), cx.path("id").to_owned());
    let it: CustomerBalanceTransaction = cx.must("id", &id).await?;
    if it.customer.id != customer || cx.peek::<Customer>(&customer).await?.is_none() {
        return Err(ApiError::no_such(CustomerBalanceTransaction::NAME, &id, "id").into());
    }
    Ok(it)
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<CustomerBalanceTransaction> {
    done(named(cx).await?)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<CustomerBalanceTransaction> {
    let mut it = named(cx).await?;
    not_more_than(DESCRIPTION_MAX, "description", p.description.as_deref())?;
    it.description = p.description.or(it.description);
    let mut metadata = it.metadata.take().unwrap_or_default();
    p.metadata.apply(&mut metadata)?;
    it.metadata = Some(metadata);
    cx.put(&it);
    done(it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, PLATFORM};

    fn balance(bench: &Bench, customer: &str) -> (i64, String) {
        let it = bench.get(PLATFORM, &format!("/v1/customers/{customer}")).ok();
        (it.number("balance"), it.text("currency"))
    }

    #[test]
    fn each_movement_says_what_was_left() {
        let bench = Bench::new();
        let id = bench.post(PLATFORM, "/v1/customers", "name=Jenny").ok().text("id");
        let path = format!("/v1/customers/{id}/balance_transactions");
        bench.told();
        let first =
            bench.post(PLATFORM, &path, "amount=-500&currency=usd&description=gift&metadata[a]=b").ok();
        assert_eq!((first.number("amount"), first.number("ending_balance")), (-500, -500));
        assert_eq!((first.text("type"), first.text("metadata.a")), ("adjustment".into(), "b".into()));
        assert_eq!(bench.told(), [("acct_platform".to_owned(), customer::UPDATED)]);
        let second = bench.post(PLATFORM, &path, "amount=200&currency=usd").ok();
        assert_eq!(second.number("ending_balance"), -300);
        assert_eq!(balance(&bench, &id), (-300, "usd".into()));
        let listed = bench.get(PLATFORM, &path).ok();
        let ids: Vec<_> = listed.items().iter().map(|it| it.text("id")).collect();
        assert_eq!(ids, [second.text("id"), first.text("id")]);
        assert_eq!(listed.text("url"), path);
        let one = format!("{path}/{}", first.text("id"));
        let changed = bench.post(PLATFORM, &one, "description=present&metadata[a]=").ok();
        assert_eq!(
            (changed.text("description"), changed.text("metadata.a")),
            ("present".into(), String::new())
        );
        assert_eq!(bench.get(PLATFORM, &one).ok().number("amount"), -500);
    }

    #[test]
    fn a_balance_that_is_set_is_a_movement() {
        let bench = Bench::new();
        let id = bench.post(PLATFORM, "/v1/customers", "balance=700").ok().text("id");
        let path = format!("/v1/customers/{id}/balance_transactions");
        bench.post(PLATFORM, &format!("/v1/customers/{id}"), "balance=100").ok();
        bench.post(PLATFORM, &format!("/v1/customers/{id}"), "balance=100&name=same").ok();
        let moves: Vec<_> = bench
            .get(PLATFORM, &path)
            .ok()
            .items()
            .iter()
            .map(|it| (it.text("type"), it.number("amount"), it.number("ending_balance")))
            .collect();
        assert_eq!(moves, [("adjustment".to_owned(), -600, 100), ("initial".to_owned(), 700, 700)]);
        assert_eq!(balance(&bench, &id), (100, "usd".into()));
    }

    #[test]
    fn what_cannot_be_moved() {
        let bench = Bench::new();
        let id = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
        let path = format!("/v1/customers/{id}/balance_transactions");
        let it = bench.post(PLATFORM, &path, "amount=5&currency=usd").ok().text("id");
        let refused = |path: &str, form: &str| bench.post(PLATFORM, path, form).refusal();
        assert_eq!(refused(&path, "amount=5&currency=eur").2, "currency");
        assert_eq!(refused(&path, "currency=usd").1, "parameter_missing");
        assert_eq!(refused(&path, "amount=5").2, "currency");
        assert_eq!(refused(&path, "amount=1.5&currency=usd").1, "parameter_invalid_integer");
        assert_eq!(refused(&path, "amount=999999999999999&currency=usd").2, "amount");
        assert_eq!(refused("/v1/customers/cus_nobody/balance_transactions", "amount=5&currency=usd").0, 404);
        assert_eq!(refused(&format!("/v1/customers/{id}"), "balance=9999999999999999").2, "balance");
        let other = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
        let foreign = bench.get(PLATFORM, &format!("/v1/customers/{other}/balance_transactions/{it}"));
        assert_eq!(foreign.refusal(), (404, "resource_missing".into(), "id".into()));
        assert_eq!(balance(&bench, &id).0, 5);
    }
}
