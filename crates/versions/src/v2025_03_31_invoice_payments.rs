//! An invoice was paid by one payment, which it named itself.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-03-31.basil")
    }
    fn what(&self) -> &'static str {
        "Invoices show `payments`, `parent` and `total_taxes` instead of `charge`, `payment_intent`, `paid`, `subscription` and `tax`; their lines and items `pricing`, `parent` and `taxes` instead of `type`, `proration`, `plan` and `tax_amounts`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("invoice", "discounts"),
            ("invoice", "payments"),
            ("invoice_payment", "payment.payment_intent"),
            ("invoiceitem", "pricing.price_details.price"),
            ("line_item", "pricing.price_details.price"),
        ]
    }
    fn makes(&self) -> &'static [(&'static str, &'static str)] {
        &[("invoiceitem", "plan"), ("line_item", "plan")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if !tree::is_whole(it) {
            return;
        }
        match object {
            "invoice" => invoice(it),
            "line_item" => line(it),
            "invoiceitem" => item(it),
            _ => {}
        }
    }
}

/// The payment intent that pays an invoice, and its last charge.
fn paid_by(it: &mut Node<'_>) -> (Option<String>, Option<String>) {
    let payments = it.take("payments").map(tree::items).unwrap_or_default();
    let Some(intent) = payments.iter().find_map(|it| it.get("payment")?.get("payment_intent")) else {
        return (None, None);
    };
    let id = tree::id_of(intent).map(str::to_owned);
    // What lies within was taken back further already: before it named its last charge, an intent came with all of them.
    let charges = intent.get("charges").map_or(Node::Null, |all| all.get("data").unwrap_or(all).clone());
    let first = match &charges {
        Node::List(all) => all.first(),
        _ => None,
    };
    let charge = intent.get("latest_charge").or(first).and_then(tree::id_of).map(str::to_owned);
    (id, charge)
}

fn invoice(it: &mut Node<'_>) {
    let (intent, charge) = paid_by(it);
    let paid = it.get("status").and_then(Node::as_str) == Some("paid");
    // What was paid with nothing that could be named was paid elsewhere, or there was nothing to pay.
    let elsewhere = paid && charge.is_none() && it.get("amount_paid").and_then(Node::as_i64).unwrap_or(0) > 0;
    let (tax, amounts) = tree::tax_amounts(it, "total_taxes");
    let some_tax = matches!(&amounts, Node::List(all) if !all.is_empty());
    let of =
        it.get("parent").and_then(|it| it.get("subscription_details")).filter(|it| !it.is_null()).cloned();
    let subscription =
        of.as_ref().and_then(|it| it.get("subscription")).cloned().map_or(Node::Null, Node::into_owned);
    if let Some(metadata) = of.as_ref().and_then(|it| it.get("metadata")).cloned() {
        it.set("subscription_details", Node::Map(vec![("metadata".into(), metadata.into_owned())]));
    }
    if let Some(discounts) = it.get("discounts").cloned() {
        let first = tree::items(discounts).into_iter().next().filter(|it| it.get("object").is_some());
        it.set("discount", first.map_or(Node::Null, Node::into_owned));
    }
    tree::forget(it, &["amount_overpaid", "confirmation_secret", "parent", "total_pretax_credit_amounts"]);
    for (name, node) in [
        ("charge", tree::or_null(charge)),
        ("paid", Node::Bool(paid)),
        ("paid_out_of_band", Node::Bool(elsewhere)),
        ("payment_intent", tree::or_null(intent)),
        ("quote", Node::Null),
        ("subscription", subscription),
        ("tax", if some_tax { Node::Integer(tax) } else { Node::Null }),
        ("total_tax_amounts", amounts),
    ] {
        it.set(name, node);
    }
}

/// What a unit costs, where that is a whole number.
fn unit(pricing: Option<&Node<'_>>) -> Node<'static> {
    let text = pricing.and_then(|it| it.get("unit_amount_decimal")).and_then(Node::as_str);
    text.and_then(|it| it.parse().ok()).map_or(Node::Null, Node::Integer)
}

/// The price of a line or an item, and the plan that it is where it recurs.
fn price(pricing: Option<&Node<'_>>) -> (Node<'static>, Node<'static>) {
    let whole =
        pricing.and_then(|it| it.get("price_details")?.get("price")).filter(|it| it.get("id").is_some());
    let Some(price) = whole.cloned().map(Node::into_owned) else { return (Node::Null, Node::Null) };
    let Some(recurring) = price.get("recurring").filter(|it| !it.is_null()) else {
        return (price, Node::Null);
    };
    let of = |from: &Node<'static>, name: &str| from.get(name).cloned().unwrap_or(Node::Null);
    let members = [
        ("id", of(&price, "id")),
        ("object", Node::text("plan")),
        ("active", of(&price, "active")),
        ("amount", of(&price, "unit_amount")),
        ("amount_decimal", of(&price, "unit_amount_decimal")),
        ("billing_scheme", of(&price, "billing_scheme")),
        ("created", of(&price, "created")),
        ("currency", of(&price, "currency")),
        ("interval", of(recurring, "interval")),
        ("interval_count", of(recurring, "interval_count")),
        ("livemode", of(&price, "livemode")),
        ("metadata", of(&price, "metadata")),
        ("nickname", of(&price, "nickname")),
        ("product", of(&price, "product")),
        ("tiers_mode", of(&price, "tiers_mode")),
        ("transform_usage", of(&price, "transform_quantity")),
        ("trial_period_days", of(recurring, "trial_period_days")),
        ("usage_type", of(recurring, "usage_type")),
    ];
    let plan = Node::Map(members.into_iter().map(|(name, node)| (name.into(), node)).collect());
    (price, plan)
}

fn line(it: &mut Node<'_>) {
    let (_, amounts) = tree::tax_amounts(it, "taxes");
    let parent = it.take("parent");
    let details = ["invoice_item_details", "subscription_item_details"];
    let of = details.iter().find_map(|name| parent.as_ref()?.get(name).filter(|it| !it.is_null()));
    let text = |name: &str| of.and_then(|it| it.get(name)).and_then(Node::as_str).map(str::to_owned);
    let (item, of_item) = (text("invoice_item"), text("subscription_item"));
    let proration = of.and_then(|it| it.get("proration")) == Some(&Node::Bool(true));
    let unit = unit(it.get("pricing"));
    let (price, plan) = price(it.get("pricing"));
    tree::forget(it, &["pretax_credit_amounts", "pricing", "quantity_decimal", "subtotal"]);
    let kind = if item.is_some() { "invoiceitem" } else { "subscription" };
    for (name, node) in [
        ("plan", plan),
        ("price", price),
        ("proration", Node::Bool(proration)),
        ("tax_amounts", amounts),
        ("type", Node::text(kind)),
        ("unit_amount_excluding_tax", unit),
    ] {
        it.set(name, node);
    }
    for (name, id) in [("invoice_item", item), ("subscription_item", of_item)] {
        if let Some(id) = id {
            it.set(name, Node::text(id));
        }
    }
}

fn item(it: &mut Node<'_>) {
    let unit = unit(it.get("pricing"));
    let (price, plan) = price(it.get("pricing"));
    let parent = it.take("parent");
    let of = parent.as_ref().and_then(|it| it.get("subscription_details")).filter(|it| !it.is_null());
    let text = |name: &str| of.and_then(|it| it.get(name)).and_then(Node::as_str).map(str::to_owned);
    let (subscription, of_item) = (tree::or_null(text("subscription")), text("subscription_item"));
    tree::forget(it, &["pricing", "quantity_decimal"]);
    for (name, node) in
        [("plan", plan), ("price", price), ("subscription", subscription), ("unit_amount", unit)]
    {
        it.set(name, node);
    }
    if let Some(id) = of_item {
        it.set("subscription_item", Node::text(id));
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(
            &Past,
            "invoice",
            &[
                (
                    r#"{"id":"in_1","amount_paid":1100,"parent":null,"status":"paid","total_taxes":[{"amount":100,"tax_behavior":"exclusive","tax_rate_details":{"tax_rate":"txr_1"}}],"payments":{"object":"list","data":[{"payment":{"payment_intent":{"id":"pi_1","latest_charge":"ch_1"},"type":"payment_intent"}}]}}"#,
                    r#"{"id":"in_1","amount_paid":1100,"status":"paid","charge":"ch_1","paid":true,"paid_out_of_band":false,"payment_intent":"pi_1","quote":null,"subscription":null,"tax":100,"total_tax_amounts":[{"amount":100,"inclusive":false,"tax_rate":"txr_1"}]}"#,
                ),
                (
                    r#"{"id":"in_1","amount_paid":5,"status":"paid","payments":{"data":[{"payment":{"payment_intent":{"id":"pi_1","charges":{"data":[{"id":"ch_1"}]}}}}]}}"#,
                    r#"{"id":"in_1","amount_paid":5,"status":"paid","charge":"ch_1","paid":true,"paid_out_of_band":false,"payment_intent":"pi_1","quote":null,"subscription":null,"tax":null,"total_tax_amounts":[]}"#,
                ),
                (
                    r#"{"id":"in_1","amount_paid":0,"status":"draft","total_taxes":[],"payments":{"data":[]}}"#,
                    r#"{"id":"in_1","amount_paid":0,"status":"draft","charge":null,"paid":false,"paid_out_of_band":false,"payment_intent":null,"quote":null,"subscription":null,"tax":null,"total_tax_amounts":[]}"#,
                ),
                (r#"{"id":"in_1","deleted":true}"#, r#"{"id":"in_1","deleted":true}"#),
            ],
        );
        check::down(
            &Past,
            "line_item",
            &[(
                r#"{"id":"il_1","amount":5,"parent":{"invoice_item_details":{"invoice_item":"ii_1","proration":false},"type":"invoice_item_details"},"pricing":{"unit_amount_decimal":"5"},"subtotal":5,"taxes":[]}"#,
                r#"{"id":"il_1","amount":5,"plan":null,"price":null,"proration":false,"tax_amounts":[],"type":"invoiceitem","unit_amount_excluding_tax":5,"invoice_item":"ii_1"}"#,
            )],
        );
        check::down(
            &Past,
            "invoiceitem",
            &[(
                r#"{"id":"ii_1","amount":5,"parent":null,"pricing":{"unit_amount_decimal":"0.5"}}"#,
                r#"{"id":"ii_1","amount":5,"plan":null,"price":null,"subscription":null,"unit_amount":null}"#,
            )],
        );
    }
}
