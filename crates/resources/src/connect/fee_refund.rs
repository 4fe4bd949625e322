//! Fee refunds: what a platform gives back of an application fee, by itself or with the refund of the charge
//! (API page "Application fee refunds").
use crate::{
    connect::application_fee::{self, ApplicationFee},
    payments::{
        balance_transaction::{self, BalanceTransaction, Kind, Movement},
        charge::{rules, terms::Terms},
    },
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::Posting;
use store::IndexKey;
use wire::Wire;

/// What a platform gave back of a fee.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FeeRefund {
    /// `fr_…`.
    pub id: String,
    /// `fee_refund`.
    pub object: String,
    /// In minor units.
    pub amount: i64,
    /// What the platform's balance gave for it.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// When it was given back.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// The fee.
    pub fee: Ref<ApplicationFee>,
    /// The platform's own keys and values.
    pub metadata: Metadata,
}

impl Named for FeeRefund {
    const NAME: &'static str = "fee_refund";
    const PREFIX: &'static str = "fr";
}
impl Object for FeeRefund {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(ApplicationFee::NAME, &self.fee.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<FeeRefund>();
/// A fee refund was changed.
pub const UPDATED: &str = "application_fee.refund.updated";
/// What fee refunds cause.
pub const EVENTS: &[&str] = &[UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/application_fees/{id}/refunds", "fee_refund", |cx, p| Box::pin(create(cx, p))).permission("application_fee"),
        Endpoint::list::<List>("/v1/application_fees/{id}/refunds", "fee_refund", |cx, p| Box::pin(list(cx, p))).permission("application_fee"),
        Endpoint::new("GET", "/v1/application_fees/{fee}/refunds/{id}", "fee_refund", |cx, p| Box::pin(retrieve(cx, p))).permission("application_fee"),
        Endpoint::new("POST", "/v1/application_fees/{fee}/refunds/{id}", "fee_refund", |cx, p| Box::pin(update(cx, p))).permission("application_fee"),
        // The first form of it answers with the fee.
        Endpoint::new("POST", "/v1/application_fees/{id}/refund", "application_fee", |cx, p| Box::pin(refund(cx, p))).permission("application_fee"),
    ]
}

/// What `POST /v1/application_fees/{id}/refunds` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: Option<i64>,
    metadata: MetadataPatch,
}

/// What `POST /v1/application_fees/{id}/refund` takes.
#[derive(Debug, Wire)]
pub struct RefundFee {
    amount: Option<i64>,
}

/// What `POST /v1/application_fees/{fee}/refunds/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    metadata: MetadataPatch,
}

/// What `GET /v1/application_fees/{id}/refunds` filters by.
#[derive(Debug, Wire)]
pub struct List {}

/// What `GET /v1/application_fees/{fee}/refunds/{id}` takes.
#[derive(Debug, Wire)]
pub struct Retrieve {}

// Operations.

/// Writes down on the platform that it gives back `amount` minor units of a fee, which must not be more than what
/// is left of it. What the connected account gains by it is written down by whoever calls.
pub(crate) fn give_back(
    cx: &mut Cx<'_>,
    platform: &str,
    before: &ApplicationFee,
    amount: i64,
    metadata: Metadata,
) -> Result<(ApplicationFee, FeeRefund), Stop> {
    let (live, currency) = (before.livemode, before.currency);
    let available_on = before.available_on.0.max(cx.now().midnight());
    let id = cx.new_id::<FeeRefund>();
    let transaction = balance_transaction::record(
        cx,
        Movement {
            account: platform,
            live,
            kind: Kind::ApplicationFeeRefund,
            amount: -amount,
            currency,
            fees: Vec::new(),
            available_on,
            description: None,
            source: id.clone(),
            posting: Posting::application_fee_refund_paid(currency, amount, available_on),
        },
    )?;
    let refund = FeeRefund {
        id,
        object: FeeRefund::NAME.into(),
        amount,
        balance_transaction: Some(Ref::to(transaction)),
        created: cx.now(),
        currency,
        fee: Ref::to(&before.id),
        metadata,
    };
    let mut fee = before.clone();
    fee.amount_refunded += amount;
    fee.refunded = fee.amount_refunded == fee.amount;
    fee.refunds.add(refund.clone());
    cx.put_of(platform, live, &refund);
    cx.put_of(platform, live, &fee);
    Ok((fee, refund))
}

/// The platform gives back part of a fee without a refund of the charge; the connected account gains it.
async fn alone(
    cx: &mut Cx<'_>,
    amount: Option<i64>,
    metadata: Metadata,
) -> Result<(ApplicationFee, FeeRefund), Stop> {
    let id = cx.path("id").to_owned();
    let before: ApplicationFee = cx.must("id", &id).await?;
    let left = before.amount - before.amount_refunded;
    let amount = amount.unwrap_or(left);
    if left == 0 {
        let message = format!("Application fee {} has already been refunded.", before.id);
        return Err(ApiError::invalid(400, message).into());
    }
    rules::positive("amount", amount)?;
    if amount > left {
        let (asked, left) = (before.currency.display(amount), before.currency.display(left));
        let message = format!("Refund amount ({asked}) is greater than unrefunded amount on fee ({left})");
        return Err(ApiError::invalid(400, message).param("amount").into());
    }
    let platform = cx.caller.account.clone();
    let (fee, refund) = give_back(cx, &platform, &before, amount, metadata)?;
    let available_on = fee.available_on.0.max(cx.now().midnight());
    let settles_in = Terms::of(cx, &fee.account.id).await?.default_currency();
    let exchange = cx.world.pricing.exchange(fee.currency, settles_in);
    balance_transaction::record_exchanged(
        cx,
        Movement {
            account: &fee.account.id,
            live: fee.livemode,
            kind: Kind::Adjustment,
            amount,
            currency: fee.currency,
            fees: Vec::new(),
            available_on,
            description: Some(format!("Refund of the application fee on {}", fee.charge.id)),
            source: refund.id.clone(),
            posting: Posting::application_fee_refund_received(fee.currency, amount, available_on),
        },
        exchange,
    )?;
    cx.emit_update(application_fee::REFUNDED, &before, &fee);
    Ok((fee, refund))
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<FeeRefund> {
    let metadata = p.metadata.fresh()?;
    done(alone(cx, p.amount, metadata).await?.1)
}

async fn refund(cx: &mut Cx<'_>, p: RefundFee) -> Outcome<ApplicationFee> {
    done(alone(cx, p.amount, Metadata::default()).await?.0)
}

async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    cx.page_beneath::<ApplicationFee, FeeRefund>("refunds", |_| true).await
}

async fn named(cx: &mut Cx<'_>) -> Result<FeeRefund, Stop> {
    let (fee, id) = (cx.path("fee").to_owned(), cx.path("id").to_owned());
    let refund: FeeRefund = cx.must("id", &id).await?;
    if refund.fee.id != fee {
        return Err(ApiError::no_such(FeeRefund::NAME, &id, "id").into());
    }
    Ok(refund)
}

async fn retrieve(cx: &mut Cx<'_>, _: Retrieve) -> Outcome<FeeRefund> {
    done(named(cx).await?)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<FeeRefund> {
    let before = named(cx).await?;
    let mut refund = before.clone();
    p.metadata.apply(&mut refund.metadata)?;
    if let Some(mut fee) = cx.get::<ApplicationFee>(&refund.fee.id).await? {
        fee.refunds.replace(&refund);
        cx.put(&fee);
    }
    cx.put(&refund);
    cx.emit_update(UPDATED, &before, &refund);
    done(refund)
}
