//! Transfer reversals: money of a transfer that comes back (API page "Transfer Reversals").
mod reverse;

pub(crate) use reverse::{Ask, Reversed, reverse};

use crate::payments::{
    balance_transaction::BalanceTransaction,
    charge::rules,
    refund::Refund,
    transfer::{self, Transfer},
};
use api::{Abroad, Cx, Endpoint, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Patch, Wire};

/// Money of a transfer that came back.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TransferReversal {
    /// `trr_…`.
    pub id: String,
    /// `transfer_reversal`.
    pub object: String,
    /// In minor units.
    pub amount: i64,
    /// What the balance gained by it.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// When it came back.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// The refund of the payment with whom the money had gone to; an object of that account.
    pub destination_payment_refund: Option<Ref<Refund>>,
    /// The platform's own keys and values.
    pub metadata: Metadata,
    /// The refund of the charge that pulled it back.
    pub source_refund: Option<Ref<Refund>>,
    /// The transfer.
    pub transfer: Ref<Transfer>,
}

impl Named for TransferReversal {
    const NAME: &'static str = "transfer_reversal";
    const PREFIX: &'static str = "trr";
}
impl Object for TransferReversal {
    /// The refund lies with the destination, which the reversal does not name.
    const ABROAD: &'static [(&'static str, Abroad)] = &[("destination_payment_refund", Abroad::Platform)];
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(Transfer::NAME, &self.transfer.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<TransferReversal>();
/// What reversals cause is told of the transfer.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/transfers/{id}/reversals", "transfer_reversal", |cx, p| Box::pin(create(cx, p))).permission("transfer"),
        Endpoint::list::<List>("/v1/transfers/{id}/reversals", "transfer_reversal", |cx, p| Box::pin(list(cx, p))).permission("transfer"),
        Endpoint::new("GET", "/v1/transfers/{transfer}/reversals/{id}", "transfer_reversal", |cx, p| Box::pin(retrieve(cx, p))).permission("transfer"),
        Endpoint::new("POST", "/v1/transfers/{transfer}/reversals/{id}", "transfer_reversal", |cx, p| Box::pin(update(cx, p))).permission("transfer"),
    ]
}

/// What `POST /v1/transfers/{id}/reversals` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: Option<i64>,
    description: Patch<String>,
    metadata: MetadataPatch,
    refund_application_fee: Option<bool>,
}

/// What `POST /v1/transfers/{transfer}/reversals/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    metadata: MetadataPatch,
}

/// What `GET /v1/transfers/{id}/reversals` filters by.
#[derive(Debug, Wire)]
pub struct List {}

/// What `GET /v1/transfers/{transfer}/reversals/{id}` takes.
#[derive(Debug, Wire)]
pub struct Retrieve {}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<TransferReversal> {
    let metadata = p.metadata.fresh()?;
    let description = match p.description {
        Patch::Set(text) => Some(text),
        Patch::Keep | Patch::Clear => None,
    };
    rules::description(description.as_deref())?;
    let before = transfer::named(cx, "id").await?;
    let left = before.unreversed();
    if left == 0 {
        let message = format!("Transfer {} is already fully reversed.", before.id);
        return Err(ApiError::invalid(400, message).into());
    }
    let amount = p.amount.unwrap_or(left);
    rules::positive("amount", amount)?;
    if amount > left {
        let (asked, left) = (before.currency.display(amount), before.currency.display(left));
        let message =
            format!("Reversal amount ({asked}) is greater than unreversed amount on transfer ({left})");
        return Err(ApiError::invalid(400, message).param("amount").into());
    }
    let ask = Ask {
        amount,
        metadata,
        description,
        refund_application_fee: p.refund_application_fee == Some(true),
        source_refund: None,
    };
    let platform = cx.caller.account.clone();
    let reversed = reverse(cx, &platform, before, ask).await?;
    let reversal = reversed.reversal.clone();
    reversed.tell(cx);
    done(reversal)
}

async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    cx.page_beneath::<Transfer, TransferReversal>("reversals", |_| true).await
}

async fn named(cx: &mut Cx<'_>) -> Result<TransferReversal, Stop> {
    let (transfer, id) = (cx.path("transfer").to_owned(), cx.path("id").to_owned());
    let reversal: TransferReversal = cx.must("id", &id).await?;
    if reversal.transfer.id != transfer {
        return Err(ApiError::no_such(TransferReversal::NAME, &id, "id").into());
    }
    Ok(reversal)
}

async fn retrieve(cx: &mut Cx<'_>, _: Retrieve) -> Outcome<TransferReversal> {
    done(named(cx).await?)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<TransferReversal> {
    let mut reversal = named(cx).await?;
    p.metadata.apply(&mut reversal.metadata)?;
    if let Some(before) = cx.get::<Transfer>(&reversal.transfer.id).await? {
        let mut after = before.clone();
        after.reversals.replace(&reversal);
        cx.put(&after);
        cx.emit_update(transfer::UPDATED, &before, &after);
    }
    cx.put(&reversal);
    done(reversal)
}
