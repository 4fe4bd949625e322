//! The one thing that a customer is led to in the portal.
use crate::{
    billing::{
        amounts::{bounds, refused},
        coupon::Coupon,
        portal_configuration::{Features, UpdateKind},
        price::Price,
        promotion_code::PromotionCode,
        subscription::Subscription,
    },
    connect::account_link,
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::{ApiError, Named as _};
use wire::{Optional, Wire};

/// The one thing that a customer is led to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Flow {
    /// What comes after it.
    pub after_completion: AfterCompletion,
    /// Changing what is known of the customer.
    pub customer_update: Option<FlowCustomer>,
    /// Ending a subscription.
    pub subscription_cancel: Option<FlowCancel>,
    /// Letting one rest.
    pub subscription_pause: Option<FlowSubscription>,
    /// Changing one.
    pub subscription_update: Option<FlowSubscription>,
    /// Agreeing to a change.
    pub subscription_update_confirm: Option<FlowConfirm>,
    /// Which of them.
    pub r#type: FlowType,
}

/// What a customer can be led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum FlowType {
    /// Changing what is known of them.
    CustomerUpdate,
    /// Changing what they pay with.
    PaymentMethodUpdate,
    /// Ending a subscription.
    SubscriptionCancel,
    /// Letting one rest.
    SubscriptionPause,
    /// Changing one.
    SubscriptionUpdate,
    /// Agreeing to a change.
    SubscriptionUpdateConfirm,
}

/// What comes after the flow.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AfterCompletion {
    /// What the page says.
    pub hosted_confirmation: Option<HostedConfirmation>,
    /// Where the customer is sent.
    pub redirect: Option<Redirect>,
    /// Which of them.
    pub r#type: CompletionType,
}

/// What can come after a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CompletionType {
    /// A page that says so.
    HostedConfirmation,
    /// The portal.
    PortalHomepage,
    /// Another address.
    Redirect,
}

/// What the page says after a flow.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct HostedConfirmation {
    /// In the account's own words.
    pub custom_message: Option<String>,
}

/// Where the customer is sent after a flow.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Redirect {
    /// There.
    pub return_url: String,
}

/// There is nothing more to say.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlowCustomer {}

/// Which subscription ends.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlowCancel {
    /// With what the customer is asked to stay.
    pub retention: Option<Retention>,
    /// It.
    pub subscription: String,
}

/// With what a customer is asked to stay.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Retention {
    /// With a coupon.
    pub coupon_offer: Option<CouponOffer>,
    /// Which of them.
    pub r#type: RetentionType,
}

/// With what a customer can be asked to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum RetentionType {
    /// With a coupon.
    CouponOffer,
}

/// A coupon that makes a customer stay.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CouponOffer {
    /// It.
    pub coupon: String,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlowSubscription {
    /// It.
    pub subscription: String,
}

/// A change that the customer is to agree to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlowConfirm {
    /// What is taken off.
    pub discounts: Option<Vec<FlowDiscount>>,
    /// What is paid for then.
    pub items: Vec<FlowItem>,
    /// Of which subscription.
    pub subscription: String,
}

/// What is taken off: one of them.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlowDiscount {
    /// A coupon.
    pub coupon: Option<String>,
    /// A promotion code.
    pub promotion_code: Option<String>,
}

/// What is paid for then.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlowItem {
    /// The item that changes.
    pub id: Option<String>,
    /// Its price then.
    pub price: Option<String>,
    /// How many then.
    pub quantity: Optional<i64>,
}

/// `flow_data` as sent.
#[derive(Debug, Wire)]
pub(super) struct FlowParams {
    after_completion: Option<AfterParams>,
    subscription_cancel: Option<CancelParams>,
    subscription_pause: Option<FlowSubscription>,
    subscription_update: Option<FlowSubscription>,
    subscription_update_confirm: Option<ConfirmParams>,
    r#type: FlowType,
}

#[derive(Debug, Wire)]
struct AfterParams {
    hosted_confirmation: Option<HostedConfirmation>,
    redirect: Option<Redirect>,
    r#type: CompletionType,
}

#[derive(Debug, Wire)]
struct CancelParams {
    retention: Option<RetentionParams>,
    subscription: String,
}

#[derive(Debug, Wire)]
struct RetentionParams {
    coupon_offer: CouponOffer,
    r#type: RetentionType,
}

#[derive(Debug, Wire)]
struct ConfirmParams {
    discounts: Option<Vec<FlowDiscount>>,
    items: Vec<ItemParams>,
    subscription: String,
}

#[derive(Debug, Wire)]
struct ItemParams {
    id: String,
    price: Option<String>,
    quantity: Option<i64>,
}

/// The most of one thing.
const QUANTITY_MAX: i64 = 999_999;

/// Errors: the configuration does not let customers do this.
fn must_be_enabled(enabled: bool, what: &str) -> Result<(), ApiError> {
    if enabled {
        return Ok(());
    }
    let message = format!(
        "The portal configuration does not let customers {what}. Enable that feature, or use another configuration."
    );
    Err(refused(message).param("flow_data[type]"))
}

impl FlowParams {
    /// The flow. Errors: the configuration does not allow it; what it needs was not sent, or what it does not; no such
    /// subscription of the customer.
    pub(super) async fn checked(
        self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        features: &Features,
        on_behalf_of: Option<&str>,
    ) -> Result<Flow, Stop> {
        use FlowType as T;
        let kind = self.r#type;
        for (belongs, sent, name) in [
            (T::SubscriptionCancel, self.subscription_cancel.is_some(), "subscription_cancel"),
            (T::SubscriptionPause, self.subscription_pause.is_some(), "subscription_pause"),
            (T::SubscriptionUpdate, self.subscription_update.is_some(), "subscription_update"),
            (
                T::SubscriptionUpdateConfirm,
                self.subscription_update_confirm.is_some(),
                "subscription_update_confirm",
            ),
        ] {
            let param = format!("flow_data[{name}]");
            if sent && belongs != kind {
                let message = format!("`{name}` goes with the type `{name}`.");
                return Err(refused(message).param(param).into());
            }
            if !sent && belongs == kind {
                return Err(ApiError::missing(&param).into());
            }
        }
        match kind {
            T::CustomerUpdate => must_be_enabled(features.customer_update.enabled, "change their details")?,
            T::PaymentMethodUpdate => {
                must_be_enabled(features.payment_method_update.enabled, "change what they pay with")?;
            }
            T::SubscriptionCancel => {
                must_be_enabled(features.subscription_cancel.enabled, "cancel subscriptions")?;
            }
            T::SubscriptionPause => {
                must_be_enabled(features.subscription_pause.enabled, "pause subscriptions")?;
            }
            T::SubscriptionUpdate | T::SubscriptionUpdateConfirm => {
                must_be_enabled(features.subscription_update.enabled, "change subscriptions")?;
            }
        }
        let named = self
            .subscription_cancel
            .as_ref()
            .map(|it| &it.subscription)
            .or(self.subscription_pause.as_ref().map(|it| &it.subscription))
            .or(self.subscription_update.as_ref().map(|it| &it.subscription))
            .or(self.subscription_update_confirm.as_ref().map(|it| &it.subscription));
        let subscription = match named {
            Some(id) => Some(of_customer(cx, kind, id, customer, on_behalf_of).await?),
            None => None,
        };
        let confirm = match (self.subscription_update_confirm, subscription) {
            (Some(sent), Some(it)) => Some(confirm(cx, sent, &it, features).await?),
            _ => None,
        };
        let cancel = match self.subscription_cancel {
            Some(CancelParams { retention, subscription }) => {
                if let Some(offer) = &retention {
                    let param = "flow_data[subscription_cancel][retention][coupon_offer][coupon]";
                    cx.must::<Coupon>(param, &offer.coupon_offer.coupon).await?;
                }
                let retention =
                    retention.map(|it| Retention { coupon_offer: Some(it.coupon_offer), r#type: it.r#type });
                Some(FlowCancel { retention, subscription })
            }
            None => None,
        };
        Ok(Flow {
            after_completion: after(cx, self.after_completion)?,
            customer_update: (kind == T::CustomerUpdate).then_some(FlowCustomer {}),
            subscription_cancel: cancel,
            subscription_pause: self.subscription_pause,
            subscription_update: self.subscription_update,
            subscription_update_confirm: confirm,
            r#type: kind,
        })
    }
}

fn after(cx: &Cx<'_>, sent: Option<AfterParams>) -> Result<AfterCompletion, Stop> {
    let Some(AfterParams { hosted_confirmation, redirect, r#type }) = sent else {
        return Ok(AfterCompletion {
            hosted_confirmation: None,
            redirect: None,
            r#type: CompletionType::PortalHomepage,
        });
    };
    let (confirms, leads) =
        (r#type == CompletionType::HostedConfirmation, r#type == CompletionType::Redirect);
    for (goes, sent, name) in [
        (confirms, hosted_confirmation.is_some(), "hosted_confirmation"),
        (leads, redirect.is_some(), "redirect"),
    ] {
        if sent && !goes {
            let message = format!("`{name}` goes with the type `{name}`.");
            return Err(refused(message).param(format!("flow_data[after_completion][{name}]")).into());
        }
    }
    if leads {
        let url = redirect.as_ref().map(|it| it.return_url.as_str());
        account_link::url(cx, "flow_data[after_completion][redirect][return_url]", url)?;
    }
    let plain = HostedConfirmation { custom_message: None };
    let hosted_confirmation = confirms.then(|| hosted_confirmation.unwrap_or(plain));
    Ok(AfterCompletion { hosted_confirmation, redirect, r#type })
}

/// The subscription of a customer that the flow is about. Errors: there is none, or it is over.
async fn of_customer(
    cx: &mut Cx<'_>,
    kind: FlowType,
    id: &str,
    customer: &Customer,
    on_behalf_of: Option<&str>,
) -> Result<Subscription, Stop> {
    let param = format!("flow_data[{}][subscription]", kind.as_str());
    let found = cx.get::<Subscription>(id).await?.filter(|it| {
        it.customer.id == customer.id
            && on_behalf_of.is_none_or(|account| it.on_behalf_of.as_ref().is_some_and(|of| of.id == account))
    });
    let it = found.ok_or_else(|| ApiError::no_such(Subscription::NAME, id, &param))?;
    if it.has_ended() {
        return Err(refused(format!("The subscription {id} is over.")).param(param).into());
    }
    if kind == FlowType::SubscriptionCancel && (it.cancel_at_period_end || it.cancel_at.is_some()) {
        let message = format!("The subscription {id} is set to be canceled already.");
        return Err(refused(message).param(param).into());
    }
    if matches!(kind, FlowType::SubscriptionUpdate | FlowType::SubscriptionUpdateConfirm) && !it.is_simple() {
        let message = format!(
            "The subscription {id} cannot be changed in the portal: it has several items, it is billed by what is used, it is paid by invoices that are sent, or a change of it waits."
        );
        return Err(refused(message).param(param).into());
    }
    Ok(it)
}

async fn confirm(
    cx: &mut Cx<'_>,
    sent: ConfirmParams,
    it: &Subscription,
    features: &Features,
) -> Result<FlowConfirm, Stop> {
    let at = |rest: &str| format!("flow_data[subscription_update_confirm]{rest}");
    let ConfirmParams { discounts, items, subscription } = sent;
    let [item] = &items[..] else {
        return Err(refused("Name the one item that changes.").param(at("[items]")).into());
    };
    if !it.items.data.iter().any(|held| held.id == item.id) {
        return Err(ApiError::no_such("subscription_item", &item.id, &at("[items][0][id]")).into());
    }
    if let Some(price) = &item.price {
        cx.must::<Price>(&at("[items][0][price]"), price).await?;
        let offered = features.subscription_update.products.0.iter().flatten();
        if !offered.flat_map(|it| &it.prices).any(|it| it == price) {
            let message = format!("The portal configuration does not offer the price {price}.");
            return Err(refused(message).param(at("[items][0][price]")).into());
        }
    }
    if let Some(quantity) = item.quantity {
        bounds(&at("[items][0][quantity]"), quantity, (1, QUANTITY_MAX))?;
    }
    for (n, discount) in discounts.iter().flatten().enumerate() {
        match (&discount.coupon, &discount.promotion_code) {
            (Some(coupon), None) => {
                cx.must::<Coupon>(&at(&format!("[discounts][{n}][coupon]")), coupon).await?;
            }
            (None, Some(code)) => {
                cx.must::<PromotionCode>(&at(&format!("[discounts][{n}][promotion_code]")), code).await?;
            }
            _ => {
                let message = "Name either a coupon or a promotion code.";
                return Err(refused(message).param(at(&format!("[discounts][{n}]"))).into());
            }
        }
    }
    for (kind, sent, name) in [
        (UpdateKind::Price, item.price.is_some(), "price"),
        (UpdateKind::Quantity, item.quantity.is_some(), "quantity"),
    ] {
        if sent && !features.may_change(kind) {
            let message = format!("The portal configuration does not let customers change the {name}.");
            return Err(refused(message).param(at(&format!("[items][0][{name}]"))).into());
        }
    }
    let items = items.into_iter().map(|item| FlowItem {
        id: Some(item.id),
        price: item.price,
        quantity: Optional(item.quantity),
    });
    Ok(FlowConfirm { discounts, items: items.collect(), subscription })
}
