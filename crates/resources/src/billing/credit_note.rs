//! Credit notes: what is taken back of an invoice whose amounts stand (API page "Credit Notes"). It first lessens what is
//! still to be paid; what had been paid goes back as a refund, to the customer's balance, or outside. The invoice, which is
//! read and written with each, owns how much of it was taken back.
mod draw;
mod give;
mod issue;
#[cfg(test)]
mod tests;

pub(super) use issue::previewed;

use super::{
    credit_note_line_item::{CreditNoteLineItem, Type as LineType},
    invoice::{Invoice, ShippingCost, hosted::opens},
    line_item::{DiscountAmount, PretaxCredit, TaxAmount},
};
use crate::payments::{
    card::not_more_than,
    customer::{Customer, CustomerAccount},
    customer_balance_transaction::CustomerBalanceTransaction,
    refund::Refund,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, done};
use base::{Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::Decimal;
use store::IndexKey;
use wire::{Hidden, Wire};

/// What is taken back of an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CreditNote {
    /// `cn_…`.
    pub id: String,
    /// `credit_note`.
    pub object: String,
    /// What it comes to, in minor units.
    pub amount: i64,
    /// What of that is shipping.
    pub amount_shipping: i64,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Who had to pay the invoice.
    pub customer: Ref<Customer>,
    /// The account that had to, where an account is a customer.
    pub customer_account: Option<String>,
    /// The movement of the customer's balance by it.
    pub customer_balance_transaction: Option<Ref<CustomerBalanceTransaction>>,
    /// What discounts had taken off what it takes back.
    pub discount_amount: i64,
    /// What each of them had.
    pub discount_amounts: Vec<DiscountAmount>,
    /// The date that it bears.
    pub effective_at: Option<Timestamp>,
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// Its first lines.
    pub lines: Lines,
    /// Live or test.
    pub livemode: bool,
    /// What customers read.
    pub memo: Option<String>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// Its number: that of the invoice, and which of its credit notes it is.
    pub number: String,
    /// What goes back outside.
    pub out_of_band_amount: Option<i64>,
    /// Where it is as a document.
    pub pdf: String,
    /// What of it had been paid.
    pub post_payment_amount: i64,
    /// What of it need not be paid any more.
    pub pre_payment_amount: i64,
    /// What credits had taken off what it takes back, before tax.
    pub pretax_credit_amounts: Vec<PretaxCredit>,
    /// Why.
    pub reason: Option<Reason>,
    /// The refunds that belong to it.
    pub refunds: Vec<NoteRefund>,
    /// What it takes back of shipping.
    pub shipping_cost: Option<ShippingCost>,
    /// Where it stands.
    pub status: Status,
    /// What its lines come to, without what was taken off the whole invoice and without taxes on top.
    pub subtotal: i64,
    /// The same without taxes that are within.
    pub subtotal_excluding_tax: Option<i64>,
    /// What it comes to.
    pub total: i64,
    /// What it comes to without taxes.
    pub total_excluding_tax: Option<i64>,
    /// What each tax comes to.
    pub total_taxes: Option<Vec<TaxAmount>>,
    /// Whether it came before or after the payment.
    pub r#type: Type,
    /// When it was voided.
    pub voided_at: Option<Timestamp>,
    /// All of its lines.
    pub all_lines: Hidden<Vec<CreditNoteLineItem>>,
    /// What is written to the customer.
    pub email_type: Hidden<Option<EmailType>>,
}

/// What is written to a customer of a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum EmailType {
    /// It is sent to them.
    CreditNote,
    /// Nothing.
    None,
}

/// The first lines of a credit note.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Lines {
    /// `list`.
    pub object: String,
    /// They.
    pub data: Vec<CreditNoteLineItem>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where all of them are.
    pub url: String,
}

/// A refund that belongs to a credit note.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct NoteRefund {
    /// What of it does, in minor units.
    pub amount_refunded: i64,
    /// The refund of a payment outside.
    pub payment_record_refund: Option<String>,
    /// The refund.
    pub refund: Ref<Refund>,
    /// `refund`.
    pub r#type: Option<RefundType>,
}

/// What kind of refund belongs to a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum RefundType {
    /// Of a charge.
    Refund,
}

/// Why something is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Reason {
    /// It was billed twice.
    Duplicate,
    /// It was fraud.
    Fraudulent,
    /// The order changed.
    OrderChange,
    /// The customer was not content.
    ProductUnsatisfactory,
}

/// Where a credit note stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It holds.
    Issued,
    /// It was a mistake.
    Void,
}

/// Whether a credit note came before or after the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// Some of it had been paid, some not.
    Mixed,
    /// All of it had been paid.
    PostPayment,
    /// None of it had been paid.
    PrePayment,
}

impl Named for CreditNote {
    const NAME: &'static str = "credit_note";
    const PREFIX: &'static str = "cn";
}
impl Object for CreditNote {
    const PATH: &'static str = "/v1/credit_notes";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![
            IndexKey::listed(Invoice::NAME, &self.invoice.id),
            IndexKey::listed(Customer::NAME, &self.customer.id),
        ]
    }
}

/// What an invoice knows of its credit notes.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Credits {
    /// How many there were, void ones among them.
    pub notes: i64,
    /// What those that hold come to.
    pub total: i64,
    /// What of each line they take back.
    pub lines: Vec<Credited>,
    /// What of each refund belongs to them.
    pub refunds: Vec<Credited>,
    /// What of shipping they take back, in minor units.
    pub shipping: Option<i64>,
}

/// How much of something credit notes stand for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Credited {
    /// A line, or a refund.
    pub id: String,
    /// In minor units; a line's before discounts and taxes on top.
    pub amount: i64,
}

/// Moves what credit notes stand for of something.
fn count(all: &mut Vec<Credited>, id: &str, by: i64) {
    match all.iter_mut().find(|it| it.id == id) {
        Some(it) => it.amount += by,
        None => all.push(Credited { id: id.to_owned(), amount: by }),
    }
    all.retain(|it| it.amount != 0);
}

/// What credit notes stand for of something.
fn counted(all: &[Credited], id: &str) -> i64 {
    all.iter().find(|it| it.id == id).map_or(0, |it| it.amount)
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CreditNote>();
/// A credit note was made.
pub const CREATED: &str = "credit_note.created";
/// It was changed.
pub const UPDATED: &str = "credit_note.updated";
/// It was a mistake.
pub const VOIDED: &str = "credit_note.voided";
/// What credit notes cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, VOIDED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = CreditNote::NAME;
    vec![
        Endpoint::new("POST", "/v1/credit_notes", NAME, |cx, p| Box::pin(issue::create(cx, p))),
        Endpoint::new("GET", "/v1/credit_notes/preview", NAME, |cx, p| Box::pin(issue::preview(cx, p))),
        Endpoint::retrieve::<CreditNote>("/v1/credit_notes/{id}"),
        Endpoint::new("POST", "/v1/credit_notes/{id}", NAME, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("POST", "/v1/credit_notes/{id}/void", NAME, |cx, p| Box::pin(issue::void(cx, p))),
        Endpoint::list::<List>("/v1/credit_notes", NAME, |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/credit_notes` and its previews take.
#[derive(Debug, Wire)]
pub struct Create {
    amount: Option<i64>,
    credit_amount: Option<i64>,
    effective_at: Option<Timestamp>,
    email_type: Option<EmailType>,
    invoice: String,
    lines: Vec<LineParams>,
    memo: Option<String>,
    metadata: MetadataPatch,
    out_of_band_amount: Option<i64>,
    reason: Option<Reason>,
    refund_amount: Option<i64>,
    refunds: Vec<RefundParams>,
    shipping_cost: Option<ShippingParams>,
}

/// `shipping_cost` as sent.
#[derive(Debug, Wire)]
struct ShippingParams {
    shipping_rate: Option<String>,
}

/// A line of `lines` as sent.
#[derive(Debug, Wire)]
struct LineParams {
    amount: Option<i64>,
    description: Option<String>,
    invoice_line_item: Option<String>,
    metadata: MetadataPatch,
    quantity: Option<i64>,
    tax_amounts: Option<Vec<TaxParams>>,
    tax_rates: Option<Vec<String>>,
    r#type: LineType,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
}

/// A tax of `lines[][tax_amounts]` as sent.
#[derive(Debug, Wire)]
struct TaxParams {
    amount: i64,
    tax_rate: String,
    taxable_amount: i64,
}

/// One of `refunds` as sent.
#[derive(Debug, Wire)]
struct RefundParams {
    amount_refunded: Option<i64>,
    refund: String,
    r#type: Option<RefundType>,
}

/// What `POST /v1/credit_notes/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    memo: Option<String>,
    metadata: MetadataPatch,
}

/// What `GET /v1/credit_notes` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    invoice: Option<String>,
}

/// The longest memo, in characters.
const MEMO_MAX: usize = 5_000;
/// Lines that a credit note shows by itself.
const LINES_SHOWN: usize = 10;

impl CreditNote {
    /// Takes its lines, and shows the first.
    fn take_lines(&mut self, lines: Vec<CreditNoteLineItem>) {
        self.lines.data = lines.iter().take(LINES_SHOWN).cloned().collect();
        self.lines.has_more = lines.len() > LINES_SHOWN;
        self.all_lines = Hidden(lines);
    }
}

// Operations.

/// The credit note that somebody has the address of; none where they do not.
pub async fn opened(cx: &mut Cx<'_>, id: &str, secret: &str) -> Outcome<Option<CreditNote>> {
    done(cx.get::<CreditNote>(id).await?.filter(|it| opens(it.pdf.strip_suffix("/pdf"), secret)))
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<CreditNote> {
    let id = cx.path("id").to_owned();
    let before: CreditNote = cx.must("id", &id).await?;
    let mut note = before.clone();
    not_more_than(MEMO_MAX, "memo", p.memo.as_deref())?;
    note.memo = p.memo.or(note.memo);
    p.metadata.apply(note.metadata.get_or_insert_default())?;
    cx.put(&note);
    cx.emit_update(UPDATED, &before, &note);
    done(note)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = match (&p.invoice, &p.customer) {
        (Some(invoice), _) => Some((Invoice::NAME, invoice.clone())),
        (None, Some(customer)) => Some((Customer::NAME, customer.clone())),
        (None, None) => None,
    };
    cx.page_where::<CreditNote>(by, |doc| {
        wire::from_json::<CreditNote>(&doc.body).is_ok_and(|it| {
            p.created.is_none_or(|range| range.holds(it.created.0))
                && p.customer.as_ref().is_none_or(|wanted| it.customer.id == *wanted)
        })
    })
    .await
}
