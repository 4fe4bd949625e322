//! What is sold with a payment, line by line, as it is told for the network (API page "Payment line items").
use super::PaymentIntent;
use crate::payments::{
    card::{not_more_than, paged},
    charge::rules::MONEY_MAX,
};
use api::{Cx, Outcome, Page};
use base::ApiError;
use store::Bytes;
use wire::{At, Bad, Node, Optional, Shape, Wire};

/// A line of what is sold.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct LineItem {
    /// `uli_…`.
    pub id: String,
    /// `payment_intent_amount_details_line_item`.
    pub object: String,
    /// What was taken off, in minor units.
    pub discount_amount: Option<i64>,
    /// What its kind of payment method adds.
    pub payment_method_options: Option<LineOptions>,
    /// The seller's code of it.
    pub product_code: Option<String>,
    /// Its name.
    pub product_name: String,
    /// How many.
    pub quantity: i64,
    /// What tax is in it.
    pub tax: Option<LineTax>,
    /// What one costs, in minor units.
    pub unit_cost: i64,
    /// What is counted.
    pub unit_of_measure: Option<String>,
}

/// What a kind of payment method adds to a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct LineOptions {
    /// For cards.
    pub card: Optional<CardLine>,
    /// For cards that are shown in person.
    pub card_present: Optional<CardLine>,
    /// For Klarna.
    pub klarna: Optional<KlarnaLine>,
    /// For PayPal.
    pub paypal: Optional<PaypalLine>,
}

/// What cards add to a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CardLine {
    /// The network's code of what is sold.
    pub commodity_code: Option<String>,
}

/// What Klarna adds to a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct KlarnaLine {
    /// A picture of it.
    pub image_url: Option<String>,
    /// Its page.
    pub product_url: Option<String>,
    /// The seller's own name of it.
    pub reference: Option<String>,
    /// The seller's own name of the subscription that it is part of.
    pub subscription_reference: Option<String>,
}

/// What PayPal adds to a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaypalLine {
    /// What kind of thing it is.
    pub category: Optional<PaypalCategory>,
    /// What it is.
    pub description: Optional<String>,
    /// Who sells it: an account of the network.
    pub sold_by: Optional<String>,
}

/// What kind of thing a line is to PayPal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PaypalCategory {
    /// It has no weight.
    DigitalGoods,
    /// It is given.
    Donation,
    /// It is sent.
    PhysicalGoods,
}

/// What tax is in a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct LineTax {
    /// In minor units.
    pub total_tax_amount: i64,
}

const NAME: &str = "payment_intent_amount_details_line_item";
/// At most this many lines.
const LINES_MAX: usize = 200;
/// How many of them the payment itself shows.
const SHOWN: usize = 10;

/// A line as sent.
#[derive(Debug, Wire)]
pub(super) struct LineParams {
    discount_amount: Option<i64>,
    payment_method_options: Option<LineOptions>,
    product_code: Option<String>,
    product_name: String,
    quantity: i64,
    tax: Option<LineTax>,
    unit_cost: i64,
    unit_of_measure: Option<String>,
}

/// The first lines of a payment, as it shows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines(Shown);

#[derive(Debug, Clone, PartialEq, Wire)]
struct Shown {
    object: String,
    data: Vec<LineItem>,
    has_more: bool,
    url: String,
}

impl Wire for Lines {
    /// It can be expanded as other pages can, and is there anyway.
    const SHAPE: Shape = Shape::Sublist(NAME);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        Shown::read(at, node).map(Lines)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

impl Lines {
    /// Of all lines of a payment.
    pub(super) fn of(all: &[LineItem], intent: &str) -> Self {
        Lines(Shown {
            object: "list".into(),
            data: all.iter().take(SHOWN).cloned().collect(),
            has_more: all.len() > SHOWN,
            url: format!("/v1/payment_intents/{intent}/amount_details_line_items"),
        })
    }
}

impl LineItem {
    /// What it comes to without tax and discount, in minor units; beyond all bounds where it cannot be counted.
    fn cost(&self) -> i64 {
        self.unit_cost.saturating_mul(self.quantity)
    }
}

/// What lines come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// Without tax and discounts.
    pub(super) cost: i64,
    /// What was taken off line by line.
    pub(super) discount: i64,
    /// The tax line by line.
    pub(super) tax: i64,
}

impl Sums {
    pub(super) fn of(lines: &[LineItem]) -> Self {
        lines.iter().fold(Sums::default(), |sums, line| Sums {
            cost: sums.cost.saturating_add(line.cost()),
            discount: sums.discount.saturating_add(line.discount_amount.unwrap_or(0)),
            tax: sums.tax.saturating_add(line.tax.as_ref().map_or(0, |it| it.total_tax_amount)),
        })
    }
}

/// The lines as they are kept. Errors: there are too many; a number is out of range; a text is too long.
pub(super) fn enter(cx: &Cx<'_>, sent: Vec<LineParams>) -> Result<Vec<LineItem>, ApiError> {
    if sent.len() > LINES_MAX {
        let message = format!("A payment can have at most {LINES_MAX} line items.");
        return Err(ApiError::invalid(400, message).param("amount_details[line_items]"));
    }
    sent.into_iter().enumerate().map(|(i, line)| entered(cx, i, line)).collect()
}

fn entered(cx: &Cx<'_>, i: usize, line: LineParams) -> Result<LineItem, ApiError> {
    let at = |name: &str| format!("amount_details[line_items][{i}]{name}");
    let tax = line.tax.as_ref().map_or(0, |it| it.total_tax_amount);
    for (name, least, number) in [
        ("[discount_amount]", 0, line.discount_amount.unwrap_or(0)),
        ("[quantity]", 1, line.quantity),
        ("[tax][total_tax_amount]", 0, tax),
        ("[unit_cost]", 0, line.unit_cost),
    ] {
        if !(least..=MONEY_MAX).contains(&number) {
            let message =
                if least == 0 { "Invalid non-negative integer" } else { "Invalid positive integer" };
            let error = ApiError::invalid(400, message).code("parameter_invalid_integer");
            return Err(error.param(at(name)));
        }
    }
    let commodity =
        line.payment_method_options.as_ref().and_then(|it| it.card.0.as_ref()?.commodity_code.as_deref());
    for (name, most, text) in [
        ("[payment_method_options][card][commodity_code]", 12, commodity),
        ("[product_code]", 12, line.product_code.as_deref()),
        ("[product_name]", 1024, Some(line.product_name.as_str())),
        ("[unit_of_measure]", 12, line.unit_of_measure.as_deref()),
    ] {
        not_more_than(most, &at(name), text)?;
    }
    if line.product_name.is_empty() {
        return Err(ApiError::missing(&at("[product_name]")));
    }
    Ok(LineItem {
        id: cx.world.new_id("uli"),
        object: NAME.into(),
        discount_amount: line.discount_amount,
        payment_method_options: line.payment_method_options,
        product_code: line.product_code,
        product_name: line.product_name,
        quantity: line.quantity,
        tax: line.tax,
        unit_cost: line.unit_cost,
        unit_of_measure: line.unit_of_measure,
    })
}

/// What `GET /v1/payment_intents/{id}/amount_details_line_items` takes.
#[derive(Debug, Wire)]
pub(super) struct List {}

/// A page of the lines, in the order in which they were sent.
pub(super) async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let intent: PaymentIntent = cx.must("id", &id).await?;
    let lines = intent.line_items.0.0.unwrap_or_default();
    let items = lines.iter().map(|it| (it.id.clone(), Bytes::from(wire::to_json(it)))).collect();
    let url = format!("/v1/payment_intents/{id}/amount_details_line_items");
    paged(cx, items, NAME, url)
}
