//! Invoice payments: how an invoice is paid (API page "Invoice Payments").
use super::invoice::Invoice;
use crate::payments::payment_intent::PaymentIntent;
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop};
use base::{Currency, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

/// How an invoice is paid.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct InvoicePayment {
    /// `inpay_…`.
    pub id: String,
    /// `invoice_payment`.
    pub object: String,
    /// What was paid by it, in minor units; `null` while nothing was.
    pub amount_paid: Option<i64>,
    /// What is to be paid by it.
    pub amount_requested: i64,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// Whether it is what the invoice made for itself.
    pub is_default: bool,
    /// Live or test.
    pub livemode: bool,
    /// By what.
    pub payment: Payment,
    /// Where it stands.
    pub status: Status,
    /// When it came to stand there.
    pub status_transitions: Transitions,
}

/// By what an invoice is paid.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Payment {
    /// A payment intent.
    pub payment_intent: Optional<Ref<PaymentIntent>>,
    /// `payment_intent`.
    pub r#type: Type,
}

/// By what an invoice can be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// A payment intent.
    PaymentIntent,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It will not be made.
    Canceled,
    /// It is awaited.
    Open,
    /// It is made.
    Paid,
}

/// When a payment came to stand where it stands.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Transitions {
    /// When it was given up.
    pub canceled_at: Option<Timestamp>,
    /// When it was made.
    pub paid_at: Option<Timestamp>,
}

impl Named for InvoicePayment {
    const NAME: &'static str = "invoice_payment";
    const PREFIX: &'static str = "inpay";
}
impl Object for InvoicePayment {
    const PATH: &'static str = "/v1/invoice_payments";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let intent = self.payment.payment_intent.0.iter();
        let intent = intent.map(|it| IndexKey::listed(PaymentIntent::NAME, &it.id));
        [IndexKey::listed(Invoice::NAME, &self.invoice.id)].into_iter().chain(intent).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<InvoicePayment>();
/// A payment of an invoice was made.
pub const PAID: &str = "invoice_payment.paid";
/// What invoice payments cause.
pub const EVENTS: &[&str] = &[PAID];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::retrieve::<InvoicePayment>("/v1/invoice_payments/{id}").permission("invoice"),
        Endpoint::list::<List>("/v1/invoice_payments", "invoice_payment", |cx, p| Box::pin(list(cx, p))).permission("invoice"),
    ]
}

/// What `GET /v1/invoice_payments` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    invoice: Option<String>,
    payment: Option<ListPayment>,
    status: Option<Status>,
}

/// `payment` as a list filters by it.
#[derive(Debug, Wire)]
struct ListPayment {
    payment_intent: Option<String>,
    r#type: Type,
}

// Operations.

/// The payment of an invoice by the intent that it made for itself.
pub(crate) fn make(cx: &mut Cx<'_>, invoice: &str, intent: &PaymentIntent) -> String {
    write(cx, invoice, intent, true)
}

/// The payment of an invoice by another intent.
pub(crate) fn attach(cx: &mut Cx<'_>, invoice: &str, intent: &PaymentIntent) -> String {
    write(cx, invoice, intent, false)
}

fn write(cx: &mut Cx<'_>, invoice: &str, intent: &PaymentIntent, is_default: bool) -> String {
    let it = InvoicePayment {
        id: cx.new_id::<InvoicePayment>(),
        object: InvoicePayment::NAME.into(),
        amount_paid: None,
        amount_requested: intent.amount,
        created: cx.now(),
        currency: intent.currency,
        invoice: Ref::to(invoice),
        is_default,
        livemode: cx.caller.livemode,
        payment: Payment { payment_intent: Optional(Some(Ref::to(&intent.id))), r#type: Type::PaymentIntent },
        status: Status::Open,
        status_transitions: Transitions::default(),
    };
    cx.put(&it);
    it.id
}

/// So much is to be paid by it.
pub(crate) async fn request(cx: &mut Cx<'_>, id: Option<&str>, amount: i64) -> Result<(), Stop> {
    let Some(id) = id else { return Ok(()) };
    if let Some(mut it) = cx.get::<InvoicePayment>(id).await?.filter(|it| it.status == Status::Open) {
        it.amount_requested = amount;
        cx.put(&it);
    }
    Ok(())
}

/// The payment was made, or will not be; it is told where it was.
pub(crate) async fn end(cx: &mut Cx<'_>, id: Option<&str>, status: Status) -> Result<(), Stop> {
    let Some(id) = id else { return Ok(()) };
    let Some(mut it) = cx.get::<InvoicePayment>(id).await?.filter(|it| it.status == Status::Open) else {
        return Ok(());
    };
    it.status = status;
    if status == Status::Paid {
        it.amount_paid = Some(it.amount_requested);
        it.status_transitions.paid_at = Some(cx.now());
    } else {
        it.status_transitions.canceled_at = Some(cx.now());
    }
    cx.put(&it);
    if status == Status::Paid {
        cx.emit(PAID, &it);
    }
    Ok(())
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let intent = p.payment.and_then(|it| {
        let Type::PaymentIntent = it.r#type;
        it.payment_intent
    });
    let by = match (&p.invoice, &intent) {
        (Some(invoice), _) => Some((Invoice::NAME, invoice.clone())),
        (None, Some(intent)) => Some((PaymentIntent::NAME, intent.clone())),
        (None, None) => None,
    };
    cx.page_where::<InvoicePayment>(by, |doc| {
        wire::from_json::<InvoicePayment>(&doc.body).is_ok_and(|it| {
            let of = it.payment.payment_intent.0.as_ref().map(|it| it.id.as_str());
            p.created.is_none_or(|range| range.holds(it.created.0))
                && p.status.is_none_or(|wanted| it.status == wanted)
                && intent.as_deref().is_none_or(|wanted| of == Some(wanted))
        })
    })
    .await
}
