//! Credit note line items: what a credit note takes back (API page "Credit Note Line Items"). They lie in their credit note.
use super::{
    credit_note::{CreditNote, previewed},
    line_item::{DiscountAmount, PretaxCredit, TaxAmount},
    tax_rate::TaxRate,
};
use crate::connect::account;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, done};
use base::{Metadata, Named};
use money::Decimal;
use wire::{Optional, Wire};

/// One line of a credit note.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CreditNoteLineItem {
    /// `cnli_…`.
    pub id: String,
    /// `credit_note_line_item`.
    pub object: String,
    /// What is credited, in minor units, before discounts and taxes on top.
    pub amount: i64,
    /// What customers read.
    pub description: Option<String>,
    /// What discounts had taken off that.
    pub discount_amount: i64,
    /// What each of them had.
    pub discount_amounts: Vec<DiscountAmount>,
    /// The line of the invoice that it takes back.
    pub invoice_line_item: Optional<String>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// What credits had taken off it before tax.
    pub pretax_credit_amounts: Vec<PretaxCredit>,
    /// How many; none where an amount was named.
    pub quantity: Option<i64>,
    /// The taxes that it bears.
    pub tax_rates: Vec<TaxRate>,
    /// What each of them comes to.
    pub taxes: Option<Vec<TaxAmount>>,
    /// What it takes back.
    pub r#type: Type,
    /// What one costs, in minor units.
    pub unit_amount: Option<i64>,
    /// The same, with decimals.
    pub unit_amount_decimal: Option<Decimal>,
}

/// What a line of a credit note takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// Something of its own.
    CustomLineItem,
    /// A line of the invoice, or a part of it.
    InvoiceLineItem,
}

impl Named for CreditNoteLineItem {
    const NAME: &'static str = "credit_note_line_item";
    const PREFIX: &'static str = "cnli";
}
impl Object for CreditNoteLineItem {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CreditNoteLineItem>();
/// What lines of credit notes cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = CreditNoteLineItem::NAME;
    vec![
        Endpoint::list::<super::credit_note::Create>("/v1/credit_notes/preview/lines", NAME, |cx, p| Box::pin(preview(cx, p))).permission("credit_note"),
        Endpoint::list::<Nothing>("/v1/credit_notes/{id}/lines", NAME, |cx, p| Box::pin(list(cx, p))).permission("credit_note"),
    ]
}

/// A page of lines.
fn page(cx: &Cx<'_>, url: String, lines: Vec<CreditNoteLineItem>) -> Result<Page, Stop> {
    let items = lines.into_iter().map(|it| (it.id.clone(), account::json(it))).collect();
    account::slice(cx, CreditNoteLineItem::NAME, url, items)
}

async fn list(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let note: CreditNote = cx.must("id", &id).await?;
    done(page(cx, format!("{}/{id}/lines", CreditNote::PATH), note.all_lines.0)?)
}

async fn preview(cx: &mut Cx<'_>, p: super::credit_note::Create) -> Outcome<Page> {
    let note = previewed(cx, p).await?;
    done(page(cx, format!("{}/preview/lines", CreditNote::PATH), note.all_lines.0)?)
}
