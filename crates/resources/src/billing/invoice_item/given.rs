//! What an invoice item costs, as it is sent: an amount, a price, or what a unit costs.
use crate::{
    billing::{
        amounts::{TaxBehavior, bounds, refused, unit},
        line_item::{PriceDetails, Pricing, PricingType},
        price::{Ask, Price, Type, make_once},
        product::Product,
    },
    payments::{charge::rules::MONEY_MAX, customer::Customer},
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Ref};
use money::{Decimal, Scheme};
use wire::{Optional, Wire};

/// `price_data` as sent: a price that is made for this alone.
#[derive(Debug, Wire)]
pub(crate) struct PriceData {
    currency: Currency,
    product: String,
    tax_behavior: Option<TaxBehavior>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
}

/// What is sent of an amount.
#[derive(Debug)]
pub(super) struct Amounts {
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<Currency>,
    pub(super) price: Option<String>,
    pub(super) price_data: Option<PriceData>,
    pub(super) quantity: Option<i64>,
    pub(super) unit_amount_decimal: Option<Decimal>,
}

/// What it comes to.
#[derive(Debug)]
pub(crate) struct Priced {
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) description: Option<String>,
    pub(crate) pricing: Pricing,
    pub(crate) product: Option<String>,
    pub(crate) quantity: i64,
}

/// The most of one thing.
const QUANTITY_MAX: i64 = 999_999_999_999;

fn too_large(param: &str) -> ApiError {
    ApiError::invalid(400, "The amount is too large.").code("amount_too_large").param(param)
}

fn pricing(details: Option<PriceDetails>, unit: Option<Decimal>) -> Pricing {
    Pricing { price_details: Optional(details), r#type: PricingType::PriceDetails, unit_amount_decimal: unit }
}

impl Amounts {
    /// Reads it. Errors: nothing, or more than one way; it is too large, or in another currency than the customer's invoices.
    pub(super) async fn read(self, cx: &mut Cx<'_>, customer: &Customer) -> Result<Priced, Stop> {
        let ways = [
            ("amount", self.amount.is_some()),
            ("pricing[price]", self.price.is_some()),
            ("price_data", self.price_data.is_some()),
            ("unit_amount_decimal", self.unit_amount_decimal.is_some()),
        ];
        let sent: Vec<&str> = ways.iter().filter(|(_, sent)| *sent).map(|(name, _)| *name).collect();
        if let [first, second, ..] = sent[..] {
            return Err(crate::billing::amounts::either(first, second).into());
        }
        let quantity = self.quantity.unwrap_or(1);
        bounds("quantity", quantity, (0, QUANTITY_MAX))?;
        if let Some(amount) = self.amount {
            bounds("amount", amount, (-MONEY_MAX, MONEY_MAX))?;
            if self.quantity.is_some_and(|quantity| quantity != 1) {
                return Err(refused(
                    "You cannot set a quantity with an amount; set unit_amount_decimal instead.",
                )
                .param("quantity")
                .into());
            }
            let currency =
                self.currency.or(customer.currency).ok_or_else(|| ApiError::missing("currency"))?;
            let pricing = pricing(None, Some(Decimal::of(amount)));
            return Ok(Priced { amount, currency, description: None, pricing, product: None, quantity: 1 });
        }
        let (price, param) = match (self.price, self.price_data) {
            (Some(id), _) => (cx.must::<Price>("pricing[price]", &id).await?, "pricing[price]"),
            (None, Some(data)) => (data.price(cx).await?, "price_data"),
            (None, None) => {
                let each = unit(("amount", None), ("unit_amount_decimal", self.unit_amount_decimal))?;
                let each = each.ok_or_else(|| ApiError::missing("amount"))?;
                let currency =
                    self.currency.or(customer.currency).ok_or_else(|| ApiError::missing("currency"))?;
                let amount = Scheme::PerUnit(each).amount(quantity).filter(|it| *it <= MONEY_MAX);
                let amount = amount.ok_or_else(|| too_large("unit_amount_decimal"))?;
                return Ok(Priced {
                    amount,
                    currency,
                    description: None,
                    pricing: pricing(None, Some(each)),
                    product: None,
                    quantity,
                });
            }
        };
        if price.r#type != Type::OneTime || !price.active {
            let message = format!("The price {} must be active and one_time to be invoiced once.", price.id);
            return Err(refused(message).param(param).into());
        }
        let currency = self.currency.unwrap_or(price.currency);
        Priced::by(cx, &price, (quantity, currency), param).await
    }
}

impl Priced {
    /// So many of what has a price. Errors: it has no amount in the currency, or that is too large.
    pub(super) async fn by(
        cx: &mut Cx<'_>,
        price: &Price,
        (quantity, currency): (i64, Currency),
        param: &str,
    ) -> Result<Self, Stop> {
        if price.scheme(currency).is_none() {
            let message = format!("The price {} has no amount in {currency}.", price.id);
            return Err(refused(message).param(param).into());
        }
        let amount =
            price.amount(quantity, currency).filter(|it| *it <= MONEY_MAX).ok_or_else(|| too_large(param))?;
        let each = price
            .currency_options
            .0
            .as_ref()
            .and_then(|all| all.get(currency))
            .and_then(|it| it.unit_amount_decimal);
        let product = price.product.id.clone();
        let name = cx.get::<Product>(&product).await?.map(|it| it.name);
        let details = PriceDetails { price: Ref::to(&price.id), product: product.clone() };
        let pricing = pricing(Some(details), each);
        Ok(Priced { amount, currency, description: name, pricing, product: Some(product), quantity })
    }
}

impl PriceData {
    /// The price that is made of it.
    async fn price(self, cx: &mut Cx<'_>) -> Result<Price, Stop> {
        let ask = Ask {
            tax_behavior: self.tax_behavior,
            unit_amount: self.unit_amount,
            unit_amount_decimal: self.unit_amount_decimal,
            ..Ask::of(self.currency)
        };
        make_once(cx, ask, &self.product, "price_data").await
    }
}
