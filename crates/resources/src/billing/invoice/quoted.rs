//! The invoice that becomes of a quote.
use super::{CREATED, CollectionMethod, Invoice, Parent, ParentType, QuoteDetails, create::blank};
use crate::{
    billing::{
        discount::{self, DiscountParams, Of},
        invoice_item::{self, InvoiceItem, Parent as ItemParent, Priced},
        line_item::{PriceDetails, Pricing, PricingType},
        tax_rate::TaxRate,
    },
    connect::account::Account,
    payments::{
        customer::{CustomField, Customer},
        payment_intent::Onwards,
    },
};
use api::{Cx, Stop};
use base::{Currency, Ref, Timestamp};
use money::Decimal;
use wire::{Hidden, Optional};

/// A line that is paid once.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) description: Option<String>,
    /// The price and its product.
    pub(crate) price: Option<(String, String)>,
    pub(crate) unit: Option<Decimal>,
    pub(crate) quantity: i64,
    pub(crate) discounts: Vec<DiscountParams>,
    pub(crate) tax_rates: Vec<TaxRate>,
}

/// What a quote says of its invoice.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) quote: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) discounts: Vec<DiscountParams>,
    pub(crate) default_tax_rates: Vec<TaxRate>,
    pub(crate) collection_method: CollectionMethod,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) custom_fields: Option<Vec<CustomField>>,
    pub(crate) description: Option<String>,
    pub(crate) footer: Option<String>,
    pub(crate) on_behalf_of: Option<Ref<Account>>,
    pub(crate) application_fee_amount: Option<i64>,
    /// How much goes on, and to whom.
    pub(crate) transfer_data: Option<(Option<i64>, Ref<Account>)>,
}

/// An item of a line, for an invoice or for what waits for the first one of a subscription. It is told, and to be written
/// down. Errors: what is taken off cannot be redeemed any more.
pub(crate) async fn item(
    cx: &mut Cx<'_>,
    customer: &Customer,
    line: Line,
    subscription: Option<&str>,
) -> Result<InvoiceItem, Stop> {
    let product = line.price.as_ref().map(|(_, product)| product.clone());
    let details = line.price.map(|(price, product)| PriceDetails { price: Ref::to(price), product });
    let priced = Priced {
        amount: line.amount,
        currency: line.currency,
        description: line.description,
        pricing: Pricing {
            price_details: Optional(details),
            r#type: PricingType::PriceDetails,
            unit_amount_decimal: line.unit,
        },
        product,
        quantity: line.quantity,
    };
    let mut it = invoice_item::fresh(cx, customer, priced);
    it.parent = subscription.map(|id| ItemParent::of(id, None));
    it.tax_rates = Some(line.tax_rates);
    it.discounts = Some(discount::redeem_all(cx, customer, line.discounts, Of::Item(&it.id)).await?);
    Ok(it)
}

/// Makes the draft.
pub(crate) async fn make(cx: &mut Cx<'_>, customer: &Customer, p: Asked) -> Result<Invoice, Stop> {
    let currency = p.lines.first().map_or(Currency::USD, |line| line.currency);
    let mut it = blank(cx, customer, currency).await?;
    it.collection_method = p.collection_method;
    it.custom_fields = p.custom_fields.or(it.custom_fields);
    it.description = p.description;
    it.footer = p.footer.or(it.footer);
    it.metadata = Some(Default::default());
    it.on_behalf_of = p.on_behalf_of;
    it.default_tax_rates = p.default_tax_rates;
    it.days_until_due = Hidden(p.days_until_due);
    it.due_date = p.days_until_due.map(|days| cx.now().plus(days * Timestamp::DAY));
    it.application_fee_amount = Hidden(p.application_fee_amount);
    it.transfer_data = Hidden(p.transfer_data.map(|(amount, destination)| Onwards {
        amount: Optional(amount),
        description: Optional(None),
        destination,
    }));
    it.parent = Some(Parent {
        quote_details: Some(QuoteDetails { quote: p.quote }),
        subscription_details: None,
        r#type: ParentType::QuoteDetails,
    });
    if !p.discounts.is_empty() {
        it.discounts = discount::redeem_all(cx, customer, p.discounts, Of::Invoice(&it.id)).await?;
    }
    let mut items = Vec::with_capacity(p.lines.len());
    for line in p.lines {
        let mut item = item(cx, customer, line, None).await?;
        item.invoice = Some(Ref::to(&it.id));
        cx.put(&item);
        cx.emit(invoice_item::CREATED, &item);
        items.push(item);
    }
    it.items = Hidden(items.iter().map(|item| item.id.clone()).collect());
    it.work_out(cx, customer, &items).await?;
    cx.put(&it);
    cx.emit(CREATED, &it);
    Ok(it)
}
