//! A customer switches to another price, or changes how many: chosen, shown with what it comes to, and agreed to.

use api::{Outcome, done};
use base::Timestamp;
use resources::billing::portal_configuration::{Anchor, SubscriptionProduct, TrialBehavior, UpdateKind};
use resources::billing::price::Price;
use resources::billing::product::Product;
use resources::billing::subscription::{Proration, Status};
use resources::connect::user::settle;
use wire::Node;

use super::super::reply::{Answer, Trouble, found, page};
use super::super::visit::{Notice, Visit};
use super::end::now_of;
use super::home::period_end;
use super::{Place, Plan, Room, text_at, words};
use crate::render::day;
use crate::views::{PortalChange, PortalConfirm, PortalOffer};

/// The most of one thing where nobody said less.
const QUANTITY_MAX: i64 = 999_999;
/// How long what a change comes to stays as it was shown, in seconds.
const SHOWN_FOR: i64 = 3600;

/// A price that the customer may switch to.
struct Offer<'o> {
    price: Price,
    product: Product,
    terms: &'o SubscriptionProduct,
}

/// What the customer typed, as it is shown again.
#[derive(Default)]
struct Typed {
    price: Option<String>,
    quantity: Option<String>,
    code: Option<String>,
}

impl Typed {
    fn of(sent: impl Fn(&str) -> Option<String>) -> Self {
        Typed { price: sent("price"), quantity: sent("quantity"), code: sent("code") }
    }
}

/// What the customer wants.
#[derive(Default)]
struct Chosen {
    price: Option<String>,
    quantity: Option<i64>,
    /// As it is typed.
    code: Option<String>,
    /// What is taken off then: names and values of parameters.
    discounts: Vec<(String, String)>,
}

async fn offers<'o>(visit: &Visit<'_>, room: &'o Room, plan: &Plan) -> Result<Vec<Offer<'o>>, Trouble> {
    let terms: Vec<&SubscriptionProduct> = room.opened.products().collect();
    let ids: Vec<(String, String)> = terms
        .iter()
        .flat_map(|it| it.prices.iter().map(|price| (it.product.clone(), price.clone())))
        .collect();
    let ids = &ids;
    let read = visit.api.transact(&room.caller, move |cx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for (product, price) in ids {
                if let (Some(product), Some(price)) =
                    (cx.peek::<Product>(product).await?, cx.peek::<Price>(price).await?)
                {
                    all.push((product, price));
                }
            }
            let outcome: Outcome<Vec<(Product, Price)>> = done(all);
            outcome
        })
    });
    let fits = |price: &Price| {
        let options = price.currency_options.0.as_ref();
        price.active
            && (price.currency == plan.it.currency
                || options.is_some_and(|all| all.get(plan.it.currency).is_some()))
    };
    let all = settle(read.await?)?.into_iter().filter(|(_, price)| fits(price));
    let with_terms = all.filter_map(|(product, price)| {
        let terms = terms.iter().copied().find(|it| it.product == product.id)?;
        Some(Offer { price, product, terms })
    });
    Ok(with_terms.collect())
}

/// `GET …/plan`: chosen, or, once it is, shown with what it comes to.
pub(super) async fn show(visit: &mut Visit<'_>, room: &Room, plan: &Plan) -> Answer {
    if !room.opened.may_change(&plan.it) {
        return room.not_allowed();
    }
    let offers = offers(visit, room, plan).await?;
    let pairs = super::super::fields::pairs(visit.query().as_bytes());
    let sent = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match read(visit, room, plan, &offers, &sent).await? {
        None => choose(visit, room, plan, &offers, (None, Typed::default())),
        Some(Ok(chosen)) => confirm(visit, room, plan, &offers, chosen, None).await,
        Some(Err(problem)) => choose(visit, room, plan, &offers, (Some(problem), Typed::of(sent))),
    }
}

/// What was chosen: by the account that led the customer here, or by the customer. None where nothing was; `Err` is what is
/// wrong with it.
async fn read(
    visit: &Visit<'_>,
    room: &Room,
    plan: &Plan,
    offers: &[Offer<'_>],
    sent: impl Fn(&str) -> Option<String>,
) -> Result<Option<Result<Chosen, String>>, Trouble> {
    let Some(item) = plan.it.items.data.first() else { return Ok(None) };
    if let Some(led) = room.flow().and_then(|it| it.subscription_update_confirm.as_ref()) {
        let wanted = led.items.first();
        let mut chosen = Chosen {
            price: wanted.and_then(|it| it.price.clone()).filter(|it| *it != item.price.id),
            quantity: wanted.and_then(|it| it.quantity.0).filter(|it| Some(*it) != item.quantity.0),
            ..Chosen::default()
        };
        for (n, discount) in led.discounts.iter().flatten().enumerate() {
            let named = [("coupon", &discount.coupon), ("promotion_code", &discount.promotion_code)];
            let named = named.into_iter().filter_map(|(name, id)| Some((name, id.clone()?)));
            chosen.discounts.extend(named.map(|(name, id)| (format!("discounts[{n}][{name}]"), id)));
        }
        return Ok(Some(Ok(chosen)));
    }
    let features = room.opened.features();
    let (price, quantity) = (sent("price"), sent("quantity"));
    let code = sent("code").map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    if price.is_none() && quantity.is_none() && code.is_none() {
        return Ok(None);
    }
    let mut chosen = Chosen::default();
    let mut terms = room.opened.offered(&plan.it);
    if let Some(price) = price.filter(|it| *it != item.price.id) {
        let offer = offers.iter().find(|it| it.price.id == price);
        let Some(offer) = offer.filter(|_| features.may_change(UpdateKind::Price)) else {
            return Ok(Some(Err("Choose one of the plans.".into())));
        };
        terms = Some(offer.terms);
        chosen.price = Some(price);
    }
    let adjustable = terms.map(|it| it.adjustable_quantity).filter(|it| it.enabled);
    if let (Some(text), Some(bounds)) =
        (quantity, adjustable.filter(|_| features.may_change(UpdateKind::Quantity)))
    {
        let most = bounds.maximum.unwrap_or(QUANTITY_MAX);
        let number = text.trim().parse::<i64>().ok().filter(|it| (bounds.minimum..=most).contains(it));
        let Some(number) = number else {
            let problem = format!("You can have from {} to {most} of this plan.", bounds.minimum);
            return Ok(Some(Err(problem)));
        };
        chosen.quantity = Some(number).filter(|it| Some(*it) != item.quantity.0);
    }
    if let Some(code) = code.filter(|_| features.may_change(UpdateKind::PromotionCode)) {
        let asked = [("code", code.as_str()), ("active", "true"), ("limit", "1")];
        let found = room.call(visit, ("GET", "/v1/promotion_codes"), &asked).await??;
        let first = match found.get("data") {
            Some(Node::List(items)) => items.first().and_then(|it| text_at(it, "id")),
            _ => None,
        };
        let Some(id) = first else {
            return Ok(Some(Err(
                "This promotion code is not valid. Leave the field empty to go on without one.".into(),
            )));
        };
        let kept = plan.it.discounts.iter().enumerate();
        chosen.discounts = kept.map(|(n, it)| (format!("discounts[{n}][discount]"), it.id.clone())).collect();
        chosen.discounts.push((format!("discounts[{}][promotion_code]", plan.it.discounts.len()), id));
        chosen.code = Some(code);
    }
    if chosen.price.is_none() && chosen.quantity.is_none() && chosen.discounts.is_empty() {
        return Ok(Some(Err("That is what you have already. Choose something else.".into())));
    }
    Ok(Some(Ok(chosen)))
}

fn choose(
    visit: &mut Visit<'_>,
    room: &Room,
    plan: &Plan,
    offers: &[Offer<'_>],
    (problem, typed): (Option<String>, Typed),
) -> Answer {
    let features = room.opened.features();
    let item = plan.it.items.data.first();
    let current = item.map_or("", |it| it.price.id.as_str());
    let many = typed.quantity.and_then(|it| it.trim().parse().ok()).or(item.and_then(|it| it.quantity.0));
    let chosen = typed.price.as_deref().unwrap_or(current);
    let shown = offers.iter().filter(|_| features.may_change(UpdateKind::Price)).map(|it| PortalOffer {
        price: it.price.id.clone(),
        name: it.product.name.clone(),
        costs: words::costs(&it.price, plan.it.currency, 1),
        about: it.product.description.clone(),
        is_current: it.price.id == current,
        is_chosen: it.price.id == chosen,
    });
    let counted: Vec<_> = match features.may_change(UpdateKind::Quantity) {
        true if features.may_change(UpdateKind::Price) => {
            offers.iter().map(|it| it.terms.adjustable_quantity).filter(|it| it.enabled).collect()
        }
        true => room
            .opened
            .offered(&plan.it)
            .map(|it| it.adjustable_quantity)
            .filter(|it| it.enabled)
            .into_iter()
            .collect(),
        false => Vec::new(),
    };
    let least = counted.iter().map(|it| it.minimum).min();
    let most = counted.iter().map(|it| it.maximum.unwrap_or(QUANTITY_MAX)).max();
    let status = if problem.is_some() { 400 } else { 200 };
    let view = PortalChange {
        head: room.head(visit),
        name: plan.name.clone(),
        price: words::costs_of(&plan.it),
        offers: shown.collect(),
        quantity: least.zip(most).map(|(least, most)| (many.unwrap_or(1), least, most)),
        asks_code: features.may_change(UpdateKind::PromotionCode),
        code: typed.code.unwrap_or_default(),
        problem,
        action: room.url_of(&plan.it, Place::Plan),
    };
    page(status, &view, room.leads_to())
}

/// How the change is made: the parameters of its items and times.
fn change(room: &Room, plan: &Plan, chosen: &Chosen, at: Timestamp) -> Vec<(&'static str, String)> {
    let feature = &room.opened.features().subscription_update;
    let item = plan.it.items.data.first().map(|it| it.id.clone()).unwrap_or_default();
    let mut all = Vec::new();
    if chosen.price.is_some() || chosen.quantity.is_some() {
        all.push(("items[0][id]", item));
        all.extend(chosen.price.clone().map(|it| ("items[0][price]", it)));
        all.extend(chosen.quantity.map(|it| ("items[0][quantity]", it.to_string())));
        all.push(("proration_behavior", feature.proration_behavior.as_str().to_owned()));
        if feature.proration_behavior != Proration::None {
            all.push(("proration_date", at.0.to_string()));
        }
        if feature.billing_cycle_anchor == Some(Anchor::Now) {
            all.push(("billing_cycle_anchor", "now".to_owned()));
        }
        if plan.it.status == Status::Trialing && feature.trial_update_behavior == TrialBehavior::EndTrial {
            all.push(("trial_end", "now".to_owned()));
        }
    }
    all
}

/// Whether an invoice follows at once.
fn is_paid_at_once(room: &Room, plan: &Plan, chosen: &Chosen, offers: &[Offer<'_>]) -> bool {
    let feature = &room.opened.features().subscription_update;
    if chosen.price.is_none() && chosen.quantity.is_none() {
        return false;
    }
    if plan.it.status == Status::Trialing {
        return feature.trial_update_behavior == TrialBehavior::EndTrial;
    }
    let period = |price: &Price| price.recurring.as_ref().map(|it| (it.interval, it.interval_count));
    let held = plan.it.items.data.first().and_then(|it| period(&it.price));
    let target = chosen.price.as_ref().and_then(|id| offers.iter().find(|it| it.price.id == *id));
    feature.proration_behavior == Proration::AlwaysInvoice
        || feature.billing_cycle_anchor == Some(Anchor::Now)
        || target.is_some_and(|it| period(&it.price) != held)
}

/// What it comes to, line by line, and what is to be paid.
fn sums(preview: &Node<'_>, plan: &Plan) -> (Vec<(String, String)>, i64, i64) {
    let show = |amount: i64| plan.it.currency.display(amount);
    let number = |node: &Node<'_>, name: &str| node.get(name).and_then(Node::as_i64).unwrap_or_default();
    let list = |node: Option<&Node<'_>>| match node {
        Some(Node::List(items)) => items.clone().into_iter().map(Node::into_owned).collect(),
        _ => Vec::new(),
    };
    let lines: Vec<Node<'static>> = list(preview.get("lines").and_then(|it| it.get("data")));
    let mut all: Vec<(String, String)> = lines
        .iter()
        .map(|it| (text_at(it, "description").unwrap_or_default(), show(number(it, "amount"))))
        .collect();
    let discounts: Vec<Node<'static>> = list(preview.get("total_discount_amounts"));
    let off: i64 = discounts.iter().map(|it| number(it, "amount")).sum();
    if off != 0 {
        all.push(("Discounts".into(), show(-off)));
    }
    let taxes: Vec<Node<'static>> = list(preview.get("total_taxes"));
    let on_top = taxes.iter().filter(|it| text_at(it, "tax_behavior").as_deref() == Some("exclusive"));
    let tax: i64 = on_top.map(|it| number(it, "amount")).sum();
    if tax != 0 {
        all.push(("Taxes".into(), show(tax)));
    }
    let (total, due) = (number(preview, "total"), number(preview, "amount_due"));
    if due != total && total > 0 {
        all.push(("Balance".into(), show(due - total)));
    }
    (all, total, due)
}

async fn confirm(
    visit: &mut Visit<'_>,
    room: &Room,
    plan: &Plan,
    offers: &[Offer<'_>],
    chosen: Chosen,
    problem: Option<String>,
) -> Answer {
    let now = now_of(visit, room, plan).await?;
    let changes = change(room, plan, &chosen, now);
    let named: Vec<(String, String)> = changes
        .iter()
        .map(|(name, value)| {
            let (head, rest) =
                name.split_once('[').map_or((*name, String::new()), |(a, b)| (a, format!("[{b}")));
            (format!("subscription_details[{head}]{rest}"), value.clone())
        })
        .collect();
    let mut pairs = vec![("subscription", plan.it.id.as_str())];
    pairs.extend(named.iter().chain(&chosen.discounts).map(|(name, value)| (name.as_str(), value.as_str())));
    let preview = match room.call(visit, ("POST", "/v1/invoices/create_preview"), &pairs).await? {
        Ok(preview) => preview,
        Err(error) if room.flow().is_none_or(|it| it.subscription_update_confirm.is_none()) => {
            return choose(visit, room, plan, offers, (Some(error.message), Typed::default()));
        }
        Err(error) => return Err(error.into()),
    };
    let at_once = is_paid_at_once(room, plan, &chosen, offers);
    let (lines, total, due) = sums(&preview, plan);
    let item = plan.it.items.data.first();
    let many = chosen.quantity.or(item.and_then(|it| it.quantity.0)).unwrap_or(1);
    let target = chosen.price.as_ref().and_then(|id| offers.iter().find(|it| it.price.id == *id));
    let price = target.map(|it| &it.price).or(item.map(|it| &it.price));
    let mut facts =
        vec![("Plan".to_owned(), target.map_or_else(|| plan.name.clone(), |it| it.product.name.clone()))];
    facts.extend(price.map(|it| ("Price".to_owned(), words::costs(it, plan.it.currency, many))));
    if many != 1 || chosen.quantity.is_some() {
        facts.push(("Quantity".to_owned(), many.to_string()));
    }
    facts.extend(chosen.code.clone().map(|code| ("Promotion code".to_owned(), code)));
    let sum_name = if at_once {
        "To be paid now".to_owned()
    } else {
        format!("Your next invoice, on {}", day(period_end(&plan.it).0))
    };
    let mut carried = vec![("at".to_owned(), now.0.to_string())];
    carried.extend(chosen.price.map(|it| ("price".to_owned(), it)));
    carried.extend(chosen.quantity.map(|it| ("quantity".to_owned(), it.to_string())));
    carried.extend(chosen.code.map(|it| ("code".to_owned(), it)));
    let leads = room.flow().is_some_and(|it| it.subscription_update_confirm.is_some());
    let status = if problem.is_some() { 402 } else { 200 };
    let view = PortalConfirm {
        head: room.head(visit),
        facts,
        lines,
        sum: (sum_name, plan.it.currency.display(due)),
        note: (total < 0)
            .then(|| "What is left over is credited to you, and pays your next invoices.".into()),
        carried,
        back: (!leads).then(|| room.url_of(&plan.it, Place::Plan)),
        problem,
        action: room.url_of(&plan.it, Place::Plan),
    };
    page(status, &view, room.leads_to())
}

/// `POST …/plan`: the customer agrees.
pub(super) async fn act(visit: &mut Visit<'_>, room: &Room, plan: &Plan) -> Answer {
    if !room.opened.may_change(&plan.it) {
        return room.not_allowed();
    }
    let offers = offers(visit, room, plan).await?;
    let sent = |name: &str| Some(visit.fields.text(name).to_owned()).filter(|it| !it.is_empty());
    let chosen = match read(visit, room, plan, &offers, &sent).await? {
        Some(Ok(chosen)) => chosen,
        Some(Err(problem)) => {
            let typed = Typed::of(sent);
            return choose(visit, room, plan, &offers, (Some(problem), typed));
        }
        None => return choose(visit, room, plan, &offers, (None, Typed::default())),
    };
    let now = now_of(visit, room, plan).await?;
    // It costs what was shown, unless that was long ago.
    let shown = visit.fields.text("at").parse::<i64>().ok().map(Timestamp);
    let at = shown.filter(|at| (0..=SHOWN_FOR).contains(&(now.0 - at.0))).unwrap_or(now);
    let changes = change(room, plan, &chosen, at);
    let mut pairs: Vec<(&str, &str)> = changes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pairs.extend(chosen.discounts.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if !changes.is_empty() {
        // What is taken off cannot wait for a payment.
        let waits = chosen.discounts.is_empty();
        pairs.push(("payment_behavior", if waits { "pending_if_incomplete" } else { "error_if_incomplete" }));
    }
    let path = format!("/v1/subscriptions/{}", plan.it.id);
    pairs.push(("expand[]", "latest_invoice"));
    match room.call(visit, ("POST", &path), &pairs).await? {
        Ok(changed) => {
            let waits = changed.get("pending_update").is_some_and(|it| !it.is_null());
            match text_at(&changed, "latest_invoice.hosted_invoice_url").filter(|_| waits) {
                // The change waits for its payment, which the page of the invoice takes.
                Some(url) => found(&url),
                None => room.finish(visit, Notice::PLAN_CHANGED).await,
            }
        }
        Err(error) => confirm(visit, room, plan, &offers, chosen, Some(error.message)).await,
    }
}
