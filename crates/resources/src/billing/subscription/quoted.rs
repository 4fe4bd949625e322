//! The subscription that becomes of a quote.
use super::{
    Mode, Status, Subscription, TransferData,
    bill::PaymentBehavior,
    create::{self, Beginning},
    items::Ordered,
};
use crate::{
    billing::{
        amounts::Number,
        discount::{self, DiscountParams, Of},
        invoice::{CollectionMethod, quoted as once},
        invoice_item,
        tax_rate::TaxRate,
    },
    connect::account::Account,
    payments::customer::{CustomField, Customer},
};
use api::{Cx, Stop};
use base::{Currency, Metadata, MetadataPatch, Ref, Timestamp};

/// A line that is paid again and again.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) price: String,
    pub(crate) quantity: Option<i64>,
    pub(crate) discounts: Vec<DiscountParams>,
    pub(crate) tax_rates: Vec<TaxRate>,
}

/// What a quote says of its subscription.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) currency: Option<Currency>,
    pub(crate) mode: Mode,
    pub(crate) items: Vec<Item>,
    /// What is paid once, with the first invoice.
    pub(crate) extra: Vec<once::Line>,
    pub(crate) discounts: Vec<DiscountParams>,
    pub(crate) default_tax_rates: Vec<TaxRate>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) trial_end: Option<Timestamp>,
    pub(crate) collection_method: CollectionMethod,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) custom_fields: Option<Vec<CustomField>>,
    pub(crate) invoice_description: Option<String>,
    pub(crate) footer: Option<String>,
    pub(crate) on_behalf_of: Option<Ref<Account>>,
    pub(crate) application_fee_percent: Option<Number>,
    /// How many percent go on, and to whom.
    pub(crate) transfer_data: Option<(Option<Number>, Ref<Account>)>,
}

/// It begins. Errors: a price or a discount is not to be had any more, or the customer pays in another currency.
pub(crate) async fn begin(cx: &mut Cx<'_>, customer: &Customer, p: Asked) -> Result<Subscription, Stop> {
    let (mut asked, mut rates) = (Vec::with_capacity(p.items.len()), Vec::with_capacity(p.items.len()));
    for (n, item) in p.items.into_iter().enumerate() {
        rates.push(item.tax_rates);
        asked.push(Ordered {
            at: format!("line_items[{n}]"),
            discounts: Some(item.discounts),
            metadata: MetadataPatch::default(),
            plan: None,
            price: Some(item.price),
            price_data: None,
            quantity: item.quantity,
            tax_rates: None,
        });
    }
    let mut it = create::start(cx, customer, p.currency, Some(p.mode), asked).await?;
    for (item, rates) in it.items.data.iter_mut().zip(rates) {
        item.tax_rates = Some(rates);
    }
    it.metadata = p.metadata;
    it.description = p.description;
    it.default_tax_rates = Some(p.default_tax_rates);
    it.collection_method = p.collection_method;
    it.days_until_due = p.days_until_due;
    it.invoice_settings.custom_fields = p.custom_fields;
    it.invoice_settings.description = p.invoice_description;
    it.invoice_settings.footer = p.footer;
    it.on_behalf_of = p.on_behalf_of;
    it.application_fee_percent = p.application_fee_percent;
    it.transfer_data =
        p.transfer_data.map(|(amount_percent, destination)| TransferData { amount_percent, destination });
    it.discounts = discount::redeem_all(cx, customer, p.discounts, Of::Subscription(&it.id)).await?;
    it.trial_end = p.trial_end;
    if let Some(end) = p.trial_end {
        it.status = Status::Trialing;
        it.trial_start = Some(cx.now());
        it.billing_cycle_anchor = end;
    } else if it.collection_method == CollectionMethod::SendInvoice {
        it.status = Status::Active;
    }
    it.begin_periods();
    for line in p.extra {
        let item = once::item(cx, customer, line, Some(&it.id)).await?;
        cx.put(&item);
        cx.emit(invoice_item::CREATED, &item);
    }
    // Whoever has nothing to pay by gets an invoice that they can pay on its page.
    let behavior = if it.can_pay(customer) {
        PaymentBehavior::AllowIncomplete
    } else {
        PaymentBehavior::DefaultIncomplete
    };
    create::begin(cx, customer, it, Beginning { prorates: true, behavior, off_session: false }).await
}
