//! Features of the portal as they are sent.
use super::features::{
    Adjustable, Anchor, CancelMode, Duration, DurationType, Features, IntervalOption, Products,
    SubscriptionProduct, TrialBehavior, Updatable, UpdateKind,
};
use crate::billing::{
    amounts::{bounds, refused},
    price::{Price, Type},
    product::Product,
    subscription::{Feedback, Proration},
};
use api::{Cx, Stop};
use base::ApiError;
use money::Interval;
use wire::Wire;

/// `features` as sent.
#[derive(Debug, Wire)]
pub(super) struct FeaturesParams {
    customer_update: Option<CustomerUpdateParams>,
    invoice_history: Option<SwitchParams>,
    payment_method_update: Option<SwitchParams>,
    subscription_cancel: Option<CancelParams>,
    subscription_pause: Option<PauseParams>,
    subscription_update: Option<UpdateParams>,
}

#[derive(Debug, Wire)]
struct SwitchParams {
    enabled: bool,
}

#[derive(Debug, Wire)]
struct CustomerUpdateParams {
    allowed_updates: Option<Vec<Updatable>>,
    enabled: Option<bool>,
}

#[derive(Debug, Wire)]
struct CancelParams {
    cancellation_reason: Option<ReasonParams>,
    enabled: Option<bool>,
    mode: Option<CancelMode>,
    proration_behavior: Option<Proration>,
}

#[derive(Debug, Wire)]
struct ReasonParams {
    enabled: bool,
    options: Option<Vec<Feedback>>,
}

#[derive(Debug, Wire)]
struct PauseParams {
    duration: Option<DurationParams>,
    enabled: Option<bool>,
}

#[derive(Debug, Wire)]
struct DurationParams {
    interval_options: Vec<IntervalParams>,
    r#type: DurationType,
}

#[derive(Debug, Wire)]
struct IntervalParams {
    interval: Interval,
    interval_count: Option<i64>,
}

#[derive(Debug, Wire)]
struct UpdateParams {
    billing_cycle_anchor: Option<Anchor>,
    default_allowed_updates: Option<Vec<UpdateKind>>,
    enabled: Option<bool>,
    products: Option<Vec<ProductParams>>,
    proration_behavior: Option<Proration>,
    trial_update_behavior: Option<TrialBehavior>,
}

#[derive(Debug, Wire)]
struct ProductParams {
    adjustable_quantity: Option<AdjustableParams>,
    prices: Vec<String>,
    product: String,
}

#[derive(Debug, Wire)]
struct AdjustableParams {
    enabled: bool,
    maximum: Option<i64>,
    minimum: Option<i64>,
}

/// Products that customers can switch between.
const PRODUCTS_MAX: usize = 10;
/// The most of one thing.
const QUANTITY_MAX: i64 = 999_999;
/// The most of an interval that a subscription rests.
const PAUSE_MAX: i64 = 366;

fn param(path: &str) -> String {
    format!("features{path}")
}

/// Errors: customers may do something, and `what` of it is not said.
fn needs(enabled: bool, said: bool, path: &str, what: &str) -> Result<(), ApiError> {
    if enabled && !said {
        let message = format!("Say {what} where this feature is enabled.");
        return Err(refused(message).param(param(path)));
    }
    Ok(())
}

impl FeaturesParams {
    /// Errors: a feature of a new configuration whose `enabled` is not said.
    pub(super) fn must_say_what_is_enabled(&self) -> Result<(), ApiError> {
        let unsaid = [
            ("customer_update", self.customer_update.as_ref().map(|it| it.enabled)),
            ("subscription_cancel", self.subscription_cancel.as_ref().map(|it| it.enabled)),
            ("subscription_update", self.subscription_update.as_ref().map(|it| it.enabled)),
        ];
        match unsaid.iter().find(|(_, said)| *said == Some(None)) {
            Some((name, _)) => Err(ApiError::missing(&param(&format!("[{name}][enabled]")))),
            None => Ok(()),
        }
    }
}

impl Features {
    /// Takes in what was said. Errors: it does not go together; products or prices that there are not.
    pub(super) async fn set(&mut self, cx: &mut Cx<'_>, p: FeaturesParams) -> Result<(), Stop> {
        if let Some(sent) = p.customer_update {
            let it = &mut self.customer_update;
            it.enabled = sent.enabled.unwrap_or(it.enabled);
            it.allowed_updates = sent.allowed_updates.unwrap_or(std::mem::take(&mut it.allowed_updates));
            let said = !it.allowed_updates.is_empty();
            needs(it.enabled, said, "[customer_update][allowed_updates]", "what customers may update")?;
        }
        if let Some(sent) = p.invoice_history {
            self.invoice_history.enabled = sent.enabled;
        }
        if let Some(sent) = p.payment_method_update {
            self.payment_method_update.enabled = sent.enabled;
        }
        if let Some(sent) = p.subscription_cancel {
            self.set_cancel(sent)?;
        }
        if let Some(sent) = p.subscription_pause {
            self.set_pause(sent)?;
        }
        match p.subscription_update {
            Some(sent) => self.set_update(cx, sent).await,
            None => Ok(()),
        }
    }

    fn set_cancel(&mut self, sent: CancelParams) -> Result<(), ApiError> {
        let it = &mut self.subscription_cancel;
        it.enabled = sent.enabled.unwrap_or(it.enabled);
        it.mode = sent.mode.unwrap_or(it.mode);
        it.proration_behavior = sent.proration_behavior.unwrap_or(it.proration_behavior);
        if let Some(reason) = sent.cancellation_reason {
            let options = std::mem::take(&mut it.cancellation_reason.options);
            it.cancellation_reason.enabled = reason.enabled;
            it.cancellation_reason.options = reason.options.unwrap_or(options);
            let said = !it.cancellation_reason.options.is_empty();
            let path = "[subscription_cancel][cancellation_reason][options]";
            needs(reason.enabled, said, path, "what customers choose from")?;
        }
        if it.mode == CancelMode::AtPeriodEnd && it.proration_behavior != Proration::None {
            let message = "Nothing is left to give back when a subscription ends with its period: proration_behavior is `none` then, unless mode is `immediately`.";
            return Err(refused(message).param(param("[subscription_cancel][proration_behavior]")));
        }
        Ok(())
    }

    fn set_pause(&mut self, sent: PauseParams) -> Result<(), ApiError> {
        let it = &mut self.subscription_pause;
        it.enabled = sent.enabled.unwrap_or(it.enabled);
        let Some(DurationParams { interval_options, r#type }) = sent.duration else { return Ok(()) };
        let path = "[subscription_pause][duration][interval_options]";
        let chooses = r#type == DurationType::IntervalOptions;
        needs(chooses, !interval_options.is_empty(), path, "for how long customers may pause")?;
        if !chooses && !interval_options.is_empty() {
            let message = "Times can be named where type is `interval_options`.";
            return Err(refused(message).param(param(path)));
        }
        let mut all = Vec::new();
        for (n, option) in interval_options.into_iter().enumerate() {
            let interval_count = option.interval_count.unwrap_or(1);
            bounds(&param(&format!("{path}[{n}][interval_count]")), interval_count, (1, PAUSE_MAX))?;
            all.push(IntervalOption { interval: option.interval, interval_count });
        }
        it.duration = Duration { interval_options: all, r#type };
        Ok(())
    }

    async fn set_update(&mut self, cx: &mut Cx<'_>, sent: UpdateParams) -> Result<(), Stop> {
        let it = &mut self.subscription_update;
        it.enabled = sent.enabled.unwrap_or(it.enabled);
        it.billing_cycle_anchor = sent.billing_cycle_anchor.or(it.billing_cycle_anchor);
        it.proration_behavior = sent.proration_behavior.unwrap_or(it.proration_behavior);
        it.trial_update_behavior = sent.trial_update_behavior.unwrap_or(it.trial_update_behavior);
        let kinds = std::mem::take(&mut it.default_allowed_updates);
        it.default_allowed_updates = sent.default_allowed_updates.unwrap_or(kinds);
        if let Some(sent) = sent.products {
            let products = products(cx, sent).await?;
            it.products = Products(Some(products).filter(|all| !all.is_empty()));
        }
        let path = "[subscription_update][default_allowed_updates]";
        needs(it.enabled, !it.default_allowed_updates.is_empty(), path, "what customers may change")?;
        let path = "[subscription_update][products]";
        needs(it.enabled, it.products.0.is_some(), path, "which products customers may switch to")?;
        Ok(())
    }
}

async fn products(cx: &mut Cx<'_>, sent: Vec<ProductParams>) -> Result<Vec<SubscriptionProduct>, Stop> {
    let at = |rest: &str| param(&format!("[subscription_update][products]{rest}"));
    if sent.len() > PRODUCTS_MAX {
        let message = format!("Customers can switch between up to {PRODUCTS_MAX} products.");
        return Err(refused(message).param(at("")).into());
    }
    let mut all: Vec<SubscriptionProduct> = Vec::new();
    for (n, ProductParams { adjustable_quantity, prices, product }) in sent.into_iter().enumerate() {
        let here = at(&format!("[{n}][product]"));
        if all.iter().any(|other| other.product == product) {
            let message = format!("The product {product} is named twice.");
            return Err(refused(message).param(here).into());
        }
        cx.must::<Product>(&here, &product).await?;
        let of = at(&format!("[{n}][prices]"));
        if prices.is_empty() {
            return Err(refused("Name at least one price of each product.").param(of).into());
        }
        for id in &prices {
            let price: Price = cx.must(&of, id).await?;
            if price.product.id != product {
                let message = format!("The price {id} is not one of the product {product}.");
                return Err(refused(message).param(of).into());
            }
            if price.r#type != Type::Recurring || !price.active {
                let message = format!(
                    "The price {id} is {}, and nobody can switch to it.",
                    if price.active { "to be paid once" } else { "not active" }
                );
                return Err(refused(message).param(of).into());
            }
        }
        let adjustable_quantity = match adjustable_quantity {
            None => Adjustable { enabled: false, maximum: None, minimum: 1 },
            Some(sent) => {
                let minimum = sent.minimum.unwrap_or(1);
                let here = |name: &str| at(&format!("[{n}][adjustable_quantity][{name}]"));
                bounds(&here("minimum"), minimum, (1, QUANTITY_MAX))?;
                if let Some(maximum) = sent.maximum {
                    bounds(&here("maximum"), maximum, (minimum, QUANTITY_MAX))?;
                }
                Adjustable { enabled: sent.enabled, maximum: sent.maximum, minimum }
            }
        };
        all.push(SubscriptionProduct { adjustable_quantity, prices, product });
    }
    Ok(all)
}
