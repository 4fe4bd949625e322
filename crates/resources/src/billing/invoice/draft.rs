//! Drafts: what can be changed of an invoice, and how its items come and go.
use super::{
    CollectionMethod, DELETED, ITEMS_MAX, Invoice, Status, UPDATED,
    create::{advance, moment, onward, texts},
    properties::{self, Properties},
};
use crate::{
    billing::{
        amounts::{Deleted, refused},
        discount::{self, DiscountParams, Of},
        invoice_item::InvoiceItem,
        tax_rate,
    },
    payments::{
        charge::destination::TransferDataParams,
        customer::{CustomField, Customer},
    },
    test_helpers::test_clock,
};
use api::{Cx, Nothing, Outcome, Stop, done};
use base::{ApiError, MetadataPatch, Named as _, Ref, Timestamp};
use wire::{Patch, Wire};

/// What `POST /v1/invoices/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    account_tax_ids: Patch<Vec<String>>,
    application_fee_amount: Option<i64>,
    auto_advance: Option<bool>,
    automatically_finalizes_at: Option<Timestamp>,
    collection_method: Option<CollectionMethod>,
    custom_fields: Patch<Vec<CustomField>>,
    days_until_due: Option<i64>,
    default_payment_method: Option<String>,
    default_source: Patch<String>,
    default_tax_rates: Option<Vec<String>>,
    description: Option<String>,
    discounts: Option<Vec<DiscountParams>>,
    due_date: Option<Timestamp>,
    effective_at: Patch<Timestamp>,
    footer: Option<String>,
    issuer: Option<properties::IssuerParams>,
    metadata: MetadataPatch,
    number: Patch<String>,
    on_behalf_of: Patch<String>,
    payment_settings: Option<properties::PaymentSettingsParams>,
    rendering: Option<properties::RenderingParams>,
    shipping_cost: Patch<properties::ShippingCostParams>,
    shipping_details: Patch<properties::ShippingDetailsParams>,
    statement_descriptor: Option<String>,
    transfer_data: Patch<TransferDataParams>,
}

impl Update {
    /// The first of what only a draft can be told.
    fn only_draft(&self) -> Option<&'static str> {
        let sent = [
            ("application_fee_amount", self.application_fee_amount.is_some()),
            ("automatically_finalizes_at", self.automatically_finalizes_at.is_some()),
            ("collection_method", self.collection_method.is_some()),
            ("custom_fields", !matches!(self.custom_fields, Patch::Keep)),
            ("days_until_due", self.days_until_due.is_some()),
            ("default_tax_rates", self.default_tax_rates.is_some()),
            ("description", self.description.is_some()),
            ("discounts", self.discounts.is_some()),
            ("due_date", self.due_date.is_some()),
            ("effective_at", !matches!(self.effective_at, Patch::Keep)),
            ("footer", self.footer.is_some()),
            ("number", !matches!(self.number, Patch::Keep)),
            ("statement_descriptor", self.statement_descriptor.is_some()),
            ("transfer_data", !matches!(self.transfer_data, Patch::Keep)),
        ];
        sent.iter().find(|(_, sent)| *sent).map(|(name, _)| *name)
    }
}

/// The invoice that the URL names, and its customer, by whose clock the decision lives. Errors: one of them is gone.
pub(super) async fn named(cx: &mut Cx<'_>) -> Result<(Invoice, Customer), Stop> {
    let id = cx.path("id").to_owned();
    let it: Invoice = cx.must("id", &id).await?;
    let customer = owner(cx, &it).await?;
    Ok((it, customer))
}

/// The customer of an invoice, by whose clock the decision lives. Errors: they are gone.
pub(crate) async fn owner(cx: &mut Cx<'_>, it: &Invoice) -> Result<Customer, Stop> {
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let customer: Customer = cx.must("customer", &customer).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    Ok(customer)
}

pub(super) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Invoice> {
    let (before, customer) = named(cx).await?;
    let mut it = before.clone();
    let only_draft = p.only_draft();
    let properties = Properties {
        account_tax_ids: p.account_tax_ids,
        issuer: p.issuer,
        on_behalf_of: p.on_behalf_of,
        payment_settings: p.payment_settings,
        rendering: p.rendering,
        shipping_cost: p.shipping_cost,
        shipping_details: p.shipping_details,
    };
    if let (false, Some(param)) = (it.is(Status::Draft), only_draft.or_else(|| properties.first())) {
        let message = "Finalized invoices can't be updated in this way.";
        return Err(ApiError::invalid(400, message).code("invoice_not_editable").param(param).into());
    }
    it.collection_method = p.collection_method.unwrap_or(it.collection_method);
    p.custom_fields.apply(&mut it.custom_fields);
    it.description = p.description.or(it.description);
    p.effective_at.apply(&mut it.effective_at);
    it.footer = p.footer.or(it.footer);
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    p.number.apply(&mut it.number);
    it.statement_descriptor = p.statement_descriptor.or(it.statement_descriptor);
    texts(&it)?;
    moment("effective_at", it.effective_at)?;
    it.due_on(cx, p.days_until_due, p.due_date)?;
    if it.is(Status::Draft) {
        match it.collection_method {
            CollectionMethod::SendInvoice if it.due_date.is_none() => {
                return Err(ApiError::missing("days_until_due").into());
            }
            CollectionMethod::SendInvoice => {}
            CollectionMethod::ChargeAutomatically => it.due_date = None,
        }
    }
    let source = match p.default_source {
        Patch::Keep => None,
        Patch::Clear => {
            it.default_source = None;
            None
        }
        Patch::Set(id) => Some(id),
    };
    it.pay_with(cx, &customer, p.default_payment_method, source).await?;
    if let Some(rates) = p.default_tax_rates {
        it.default_tax_rates = tax_rate::named(cx, &rates, "default_tax_rates").await?;
    }
    let transfer = match p.transfer_data {
        Patch::Keep => None,
        Patch::Clear => {
            it.transfer_data.0 = None;
            None
        }
        Patch::Set(it) => Some(it),
    };
    onward(cx, &mut it, p.application_fee_amount, transfer).await?;
    if let Some(discounts) = p.discounts {
        it.discounts = discount::redeem_all(cx, &customer, discounts, Of::Invoice(&it.id)).await?;
    }
    Box::pin(properties.apply(cx, &mut it)).await?;
    advance(cx, &mut it, p.auto_advance, p.automatically_finalizes_at)?;
    if it.is(Status::Draft) {
        let items = items(cx, &it).await?;
        it.work_out(cx, &customer, &items).await?;
        it.bought_enough(cx).await?;
    }
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    done(it)
}

/// The draft's items go back to waiting for an invoice.
pub(super) async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let it: Invoice = cx.must("id", &id).await?;
    it.must_be(&[Status::Draft], "deleted")?;
    if it.subscription().is_some() {
        let message = "You can't delete invoices created by subscriptions. Finalize it, and void it then.";
        return Err(refused(message).code("invoice_not_editable").into());
    }
    for mut item in items(cx, &it).await? {
        item.invoice = None;
        cx.put(&item);
    }
    cx.delete(&it);
    cx.emit(DELETED, &it);
    done(Deleted::of(Invoice::NAME, &it.id))
}

/// The items of an invoice, in order.
pub(super) async fn items(cx: &mut Cx<'_>, it: &Invoice) -> Result<Vec<InvoiceItem>, Stop> {
    let mut all = Vec::with_capacity(it.items.0.len());
    for id in &it.items.0 {
        all.extend(cx.get::<InvoiceItem>(id).await?);
    }
    Ok(all)
}

/// A draft of a customer that has room for an item. Errors: it is none, or full.
pub(crate) async fn open(
    cx: &mut Cx<'_>,
    id: &str,
    customer: &Customer,
    param: &str,
) -> Result<Invoice, Stop> {
    let it: Invoice = cx.must(param, id).await?;
    if it.customer.as_ref().is_none_or(|it| it.id != customer.id) {
        return Err(ApiError::no_such(Invoice::NAME, id, param).into());
    }
    it.must_be(&[Status::Draft], "changed").map_err(|error| error.param(param))?;
    if it.items.0.len() >= ITEMS_MAX {
        return Err(refused(format!("An invoice can have up to {ITEMS_MAX} items.")).param(param).into());
    }
    Ok(it)
}

/// The draft that an item is a line of; none while it waits for one. Errors: its amounts stand.
pub(crate) async fn of_item(cx: &mut Cx<'_>, item: &InvoiceItem) -> Result<Option<Invoice>, Stop> {
    let Some(invoice) = &item.invoice else { return Ok(None) };
    let Some(it) = cx.get::<Invoice>(&invoice.id).await? else { return Ok(None) };
    if !it.is(Status::Draft) {
        let message = "This invoice item can't be changed, because its invoice is finalized.";
        return Err(refused(message).code("invoice_not_editable").into());
    }
    Ok(Some(it))
}

/// An item becomes a line of a draft.
pub(crate) async fn add(cx: &mut Cx<'_>, it: &mut Invoice, item: &mut InvoiceItem) -> Result<(), Stop> {
    item.invoice = Some(Ref::to(&it.id));
    cx.put(item);
    it.items.0.push(item.id.clone());
    settle(cx, it).await
}

/// Works a draft out again, and tells what changed.
pub(crate) async fn settle(cx: &mut Cx<'_>, it: &mut Invoice) -> Result<(), Stop> {
    let Some(before) = cx.get::<Invoice>(&it.id).await? else { return Ok(()) };
    let customer = it.customer.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let customer: Customer = cx.must("customer", &customer).await?;
    let items = items(cx, it).await?;
    it.work_out(cx, &customer, &items).await?;
    cx.put(it);
    cx.emit_update(UPDATED, &before, it);
    Ok(())
}
