//! What the lines of an invoice are made of: invoice items, and what recurs with a subscription.
use crate::billing::{
    discount::Discount,
    invoice_item::InvoiceItem,
    line_item::{
        InvoiceItemDetails, Parent, ParentType, Period, Pricing, ProrationDetails, SubscriptionItemDetails,
    },
    tax_rate::TaxRate,
};
use base::{Metadata, Ref};
use wire::Wire;

/// What a line is made of.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Entry {
    /// What it costs, in minor units; below zero where it gives something back.
    pub amount: i64,
    /// What customers read.
    pub description: Option<String>,
    /// Whether discounts of the invoice cover it.
    pub discountable: bool,
    /// Its own discounts.
    pub discounts: Vec<Ref<Discount>>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// Where it comes from.
    pub parent: Parent,
    /// The time that it is for.
    pub period: Period,
    /// What a unit costs.
    pub pricing: Option<Pricing>,
    /// What is sold.
    pub product: Option<String>,
    /// How many.
    pub quantity: i64,
    /// Its own taxes, in place of those of the invoice.
    pub tax_rates: Vec<TaxRate>,
}

impl Entry {
    /// What an invoice item makes.
    pub(super) fn of(item: &InvoiceItem) -> Self {
        Entry {
            amount: item.amount,
            description: item.description.clone(),
            discountable: item.discountable,
            discounts: item.discounts.clone().unwrap_or_default(),
            metadata: item.metadata.clone().unwrap_or_default(),
            parent: parent(item),
            period: item.period,
            pricing: item.pricing.clone(),
            product: item.product.0.clone(),
            quantity: item.quantity,
            tax_rates: item.tax_rates.clone().unwrap_or_default(),
        }
    }
    /// The subscription that it is for.
    pub(super) fn subscription(&self) -> Option<&str> {
        let of_item = self.parent.invoice_item_details.as_ref().and_then(|it| it.subscription.as_deref());
        of_item.or_else(|| self.parent.subscription_item_details.as_ref()?.subscription.as_deref())
    }
}

/// Where the line of an invoice item comes from.
fn parent(item: &InvoiceItem) -> Parent {
    let of = item.parent.as_ref().map(|it| &it.subscription_details);
    let subscription = of.map(|it| it.subscription.clone());
    let proration_details = item.proration.then(ProrationDetails::default);
    match of.and_then(|it| it.subscription_item.0.clone()) {
        Some(subscription_item) => Parent {
            invoice_item_details: None,
            subscription_item_details: Some(SubscriptionItemDetails {
                invoice_item: Some(item.id.clone()),
                proration: item.proration,
                proration_details,
                subscription,
                subscription_item,
            }),
            r#type: ParentType::SubscriptionItemDetails,
        },
        None => Parent {
            invoice_item_details: Some(InvoiceItemDetails {
                invoice_item: item.id.clone(),
                proration: item.proration,
                proration_details,
                subscription,
            }),
            subscription_item_details: None,
            r#type: ParentType::InvoiceItemDetails,
        },
    }
}
