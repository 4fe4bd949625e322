//! Revisions: a draft that takes the place of an invoice whose amounts stand, which is voided when the draft is finalised.
use super::{Action, FromInvoice, Invoice, Status, UPDATED, create::FromInvoiceParams, draft, end::void_it};
use crate::billing::{amounts::refused, invoice_item::InvoiceItem};
use api::{Cx, Stop};
use base::Ref;

/// The invoice that is to be revised. Errors: it cannot be.
pub(super) async fn named(cx: &mut Cx<'_>, from: &FromInvoiceParams) -> Result<Invoice, Stop> {
    let Action::Revision = from.action;
    let param = "from_invoice[invoice]";
    let it: Invoice = cx.must(param, &from.invoice).await?;
    it.must_be(&[Status::Open], "revised").map_err(|error| error.param(param))?;
    if it.subscription().is_some() || it.amount_paid > 0 || it.credits.0.is_some() {
        let message = "You can only revise an invoice of which nothing was paid or credited and that is of no subscription.";
        return Err(refused(message).param(param).into());
    }
    Ok(it)
}

impl Invoice {
    /// Takes over what another says.
    pub(super) fn continues(&mut self, other: &Invoice) {
        self.from_invoice = Some(FromInvoice { action: Action::Revision, invoice: Ref::to(&other.id) });
        self.account_tax_ids.clone_from(&other.account_tax_ids);
        self.collection_method = other.collection_method;
        self.custom_fields.clone_from(&other.custom_fields);
        self.days_until_due = other.days_until_due.clone();
        self.due_date = other.due_date;
        self.default_payment_method.clone_from(&other.default_payment_method);
        self.default_source.clone_from(&other.default_source);
        self.default_tax_rates.clone_from(&other.default_tax_rates);
        self.description.clone_from(&other.description);
        self.discounts.clone_from(&other.discounts);
        self.footer.clone_from(&other.footer);
        self.issuer.clone_from(&other.issuer);
        self.metadata.clone_from(&other.metadata);
        self.on_behalf_of.clone_from(&other.on_behalf_of);
        self.payment_settings.clone_from(&other.payment_settings);
        self.rendering.clone_from(&other.rendering);
        self.shipping_cost.clone_from(&other.shipping_cost);
        self.shipping_details.clone_from(&other.shipping_details);
        self.statement_descriptor.clone_from(&other.statement_descriptor);
        self.application_fee_amount = other.application_fee_amount.clone();
        self.transfer_data = other.transfer_data.clone();
    }
}

/// Items as another invoice has them.
pub(super) async fn copies(cx: &mut Cx<'_>, of: &Invoice) -> Result<Vec<InvoiceItem>, Stop> {
    let mut all = draft::items(cx, of).await?;
    for it in &mut all {
        it.id = cx.new_id::<InvoiceItem>();
        it.invoice = None;
    }
    Ok(all)
}

/// An invoice was finalised: the one that it takes the place of is void.
pub(super) async fn takes_place(cx: &mut Cx<'_>, it: &Invoice) -> Result<(), Stop> {
    let Some(from) = &it.from_invoice else { return Ok(()) };
    let Some(before) = cx.get::<Invoice>(&from.invoice.id).await? else { return Ok(()) };
    let mut after = before.clone();
    after.latest_revision = Some(Ref::to(&it.id));
    cx.put(&after);
    cx.emit_update(UPDATED, &before, &after);
    if after.is(Status::Open) || after.is(Status::Uncollectible) {
        let owner = draft::owner(cx, &after).await?;
        void_it(cx, after, owner).await?;
    }
    Ok(())
}
