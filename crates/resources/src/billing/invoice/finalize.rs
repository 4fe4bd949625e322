//! Finalising: the amounts come to stand, the invoice gets its number, and what is due gets a payment intent.
use super::{
    CollectionMethod, ConfirmationSecret, FINALIZATION_FAILED, FINALIZED, Invoice, SENT, Status,
    collect::{by_itself, paid},
    draft, reminders, revise,
};
use crate::{
    billing::{
        amounts::{Number, refused},
        discount::{self, Discount},
        invoice_payment, subscription, timing,
    },
    due,
    payments::{
        customer::{self, Customer},
        customer_balance_transaction::{self, Kind, Move},
        payment_intent::{
            Problem,
            invoiced::{self, Invoiced},
        },
    },
};
use api::{Cx, Nothing, Outcome, Reply, Stop, done};
use base::{ApiError, Metadata, Timestamp};
use wire::{Hidden, Included, Wire};

/// What `POST /v1/invoices/{id}/finalize` takes.
#[derive(Debug, Wire)]
pub(super) struct Finalize {
    auto_advance: Option<bool>,
}

pub(super) async fn finalize(cx: &mut Cx<'_>, p: Finalize) -> Outcome<Invoice> {
    let (mut it, customer) = draft::named(cx).await?;
    it.must_be(&[Status::Draft], "finalized")?;
    it.auto_advance = p.auto_advance.unwrap_or(it.auto_advance);
    let mut it = match finished(cx, it, customer).await? {
        Ok(it) => it,
        Err(error) => return Ok(Reply::Refused(error)),
    };
    match it.collection_method {
        _ if !it.is(Status::Open) || !it.auto_advance => {}
        CollectionMethod::SendInvoice => cx.emit(SENT, &it),
        CollectionMethod::ChargeAutomatically => {
            it.next_payment_attempt = Some(cx.now());
            cx.put(&it);
            due::later(cx, due::Kind::InvoiceCollects, &it.id, cx.now());
        }
    }
    done(it)
}

pub(super) async fn send(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Invoice> {
    let (mut it, customer) = draft::named(cx).await?;
    it.must_be(&[Status::Draft, Status::Open, Status::Paid, Status::Uncollectible], "sent")?;
    if it.collection_method != CollectionMethod::SendInvoice {
        let message = "You can only manually send an invoice if its collection method is 'send_invoice'.";
        return Err(refused(message).into());
    }
    if it.is(Status::Draft) {
        it = match finished(cx, it, customer).await? {
            Ok(it) => it,
            Err(error) => return Ok(Reply::Refused(error)),
        };
    }
    cx.emit(SENT, &it);
    done(it)
}

/// The hour of a draft has come; nothing happens where it does not go on by itself any more.
pub(crate) async fn advances(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<Invoice>(id).await? else { return Ok(()) };
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let Some(customer) = cx.get::<Customer>(&customer).await? else { return Ok(()) };
    let task = (due::Kind::InvoiceAdvances, id);
    let waits = it.is(Status::Draft) && it.auto_advance;
    if !waits || !timing::has_come(cx, &customer, task, it.automatically_finalizes_at).await? {
        return Ok(());
    }
    let mut it = it;
    if let Some(at) = Box::pin(it.waits(cx)).await? {
        it.automatically_finalizes_at = Some(at);
        cx.put(&it);
        due::later(cx, due::Kind::InvoiceAdvances, id, at);
        return Ok(());
    }
    let Ok(it) = finished(cx, it, customer).await? else { return Ok(()) };
    match it.collection_method {
        CollectionMethod::SendInvoice => cx.emit(SENT, &it),
        CollectionMethod::ChargeAutomatically if it.is(Status::Open) => by_itself(cx, &it.id).await?,
        CollectionMethod::ChargeAutomatically => {}
    }
    Ok(())
}

/// Finalises a draft. Where that is refused, the draft says why, and waits for whoever changes it.
pub(super) async fn finished(
    cx: &mut Cx<'_>,
    draft: Invoice,
    customer: Customer,
) -> Result<Result<Invoice, ApiError>, Stop> {
    let error = match Box::pin(finish(cx, draft.clone(), customer)).await {
        Ok(it) => return Ok(Ok(it)),
        Err(Stop::Api(error)) => error,
        Err(stop) => return Err(stop),
    };
    let mut it = draft;
    it.last_finalization_error = Some(Problem::of(&error, None));
    it.automatically_finalizes_at = None;
    cx.put(&it);
    cx.emit(FINALIZATION_FAILED, &it);
    Ok(Err(*error))
}

/// Finalises a draft. Errors: it comes to more than can be charged; nothing is written down then.
pub(crate) async fn finish(cx: &mut Cx<'_>, mut it: Invoice, before: Customer) -> Result<Invoice, Stop> {
    let mut customer = before.clone();
    let items = draft::items(cx, &it).await?;
    it.status = Some(Status::Open);
    it.address_to(&customer);
    it.work_out(cx, &customer, &items).await?;
    it.automatically_finalizes_at = None;
    it.status_transitions.finalized_at = Some(cx.now());
    it.effective_at = it.effective_at.or(Some(cx.now()));
    if let Some(days) = it.days_until_due.0 {
        it.due_date = Some(cx.now().plus(days * Timestamp::DAY));
    }
    if it.number.is_none() {
        let prefix = customer.invoice_prefix.as_deref().unwrap_or_default();
        it.number = Some(format!("{prefix}-{:04}", customer.next_invoice_sequence));
        customer.next_invoice_sequence += 1;
    }
    it.last_finalization_error = None;
    it.take_percents();
    let intent =
        if it.amount_due > 0 { Some(invoiced::make(cx, asked(&it, &customer)).await?) } else { None };
    // From here on nothing is refused.
    apply_balance(cx, &it, &mut customer).await?;
    let used = use_up(cx, &it, &mut customer).await?;
    customer.currency = customer.currency.or(Some(it.currency));
    cx.put(&customer);
    cx.emit_update(customer::UPDATED, &before, &customer);
    if let Some(used) = used {
        cx.emit(discount::DELETED, &used);
    }
    subscription::used(cx, &it).await?;
    it.open_page(cx);
    if let Some(intent) = intent {
        invoiced::keep(cx, &intent);
        it.payment = Hidden(Some(invoice_payment::make(cx, &it.id, &intent)));
        let secret = intent.client_secret.clone().unwrap_or_default();
        it.confirmation_secret =
            Included(Some(ConfirmationSecret { client_secret: secret, r#type: "payment_intent".into() }));
        it.payment_intent = Hidden(Some(intent.id));
        reminders::plan(cx, &it);
    }
    cx.put(&it);
    cx.emit(FINALIZED, &it);
    Box::pin(revise::takes_place(cx, &it)).await?;
    if it.amount_due > 0 { Ok(it) } else { paid(cx, it).await }
}

/// What is asked for by the payment intent.
fn asked(it: &Invoice, customer: &Customer) -> Invoiced {
    let number = it.number.as_deref().unwrap_or_default();
    Invoiced {
        invoice: it.id.clone(),
        customer: customer.id.clone(),
        amount: it.amount_due,
        currency: it.currency,
        description: it.description.clone().or_else(|| Some(format!("Payment for Invoice {number}"))),
        statement_descriptor: it.statement_descriptor.clone(),
        through: (it.application.as_ref().map(|it| it.id.clone()), it.platform.0.clone()),
        // It was allowed for any amount; of this one it may be all.
        application_fee_amount: it.application_fee_amount.0.map(|fee| fee.min(it.amount_due)),
        transfer_data: it.transfer_data.0.clone(),
        on_behalf_of: it.on_behalf_of.as_ref().map(|it| it.id.clone()),
        kinds: it.payment_settings.payment_method_types.clone().unwrap_or_default(),
        // Whoever pays the first invoice is away when the next ones are paid.
        kept: it.subscription().is_some(),
    }
}

impl Invoice {
    /// What percents of it come to is known once it is known what is due.
    fn take_percents(&mut self) {
        let due = self.amount_due;
        let part = |percent: &Number| percent.0.percent_of(due).filter(|part| *part > 0);
        if let Some(fee) = self.fee_percent.0.as_ref().and_then(part) {
            self.application_fee_amount = Hidden(Some(fee));
        }
        if let (Some(percent), Some(onwards)) = (&self.transfer_percent.0, &mut self.transfer_data.0) {
            onwards.amount.0 = part(percent);
        }
    }
}

/// Moves the balance of the customer to what the invoice leaves of it.
async fn apply_balance(cx: &mut Cx<'_>, it: &Invoice, customer: &mut Customer) -> Result<(), Stop> {
    let by = it.ending_balance.unwrap_or(it.starting_balance) - it.starting_balance;
    if by == 0 {
        return Ok(());
    }
    let small = it.total > 0 && it.amount_due == 0 && it.ending_balance.is_some_and(|left| left > 0);
    let ask = Move {
        kind: if small { Kind::InvoiceTooSmall } else { Kind::AppliedToInvoice },
        amount: by,
        currency: Some(it.currency),
        description: None,
        metadata: Metadata::default(),
        invoice: Some(it.id.clone()),
        param: "customer",
    };
    customer_balance_transaction::record(cx, customer, ask).await.map(drop)
}

/// A discount for one invoice is used up by one from which it took something; returns it.
async fn use_up(cx: &mut Cx<'_>, it: &Invoice, customer: &mut Customer) -> Result<Option<Discount>, Stop> {
    let Some(held) = customer.discount.0.clone() else { return Ok(None) };
    let took = it.total_discount_amounts.iter().flatten().any(|taken| taken.discount.id == held.id);
    let once = cx.get::<Discount>(&held.id).await?.is_some_and(|it| it.is_once());
    if !took || !once {
        return Ok(None);
    }
    customer.discount.0 = None;
    Ok(Some(held))
}
