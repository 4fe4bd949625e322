//! Customer sessions: a secret with which a page offers a customer what they keep (API page "Customer Session").
use super::customer::{Customer, CustomerAccount};
use crate::components::Component;
use api::{Cx, Endpoint, Noun, Object, Outcome, done};
use base::{ApiError, Named, Ref, Timestamp};
use wire::{Node, Optional, Wire};

/// A secret with which a page offers a customer what they keep.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerSession {
    /// `customer_session`.
    pub object: String,
    /// The secret.
    pub client_secret: String,
    /// Where on the page it is offered.
    pub components: Optional<Components>,
    /// When it was made.
    pub created: Timestamp,
    /// The customer.
    pub customer: Ref<Customer>,
    /// The account that is the customer.
    pub customer_account: Option<String>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// Live or test.
    pub livemode: bool,
}

impl Named for CustomerSession {
    const NAME: &'static str = "customer_session";
    const PREFIX: &'static str = "cuss";
}
/// It is shown once.
impl Object for CustomerSession {
    fn id(&self) -> &str {
        &self.client_secret
    }
}

pub use known::Components;

/// The noun.
pub const NOUN: Noun = Noun::of::<CustomerSession>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let path = "/v1/customer_sessions";
    let create = Endpoint::new("POST", path, CustomerSession::NAME, |cx, p| Box::pin(create(cx, p)));
    vec![create.tells_secret()]
}

/// What `POST /v1/customer_sessions` takes.
#[derive(Debug, Wire)]
pub struct Create {
    components: Components,
    customer: String,
    customer_account: Option<CustomerAccount>,
}

/// The components, in the order of the alphabet.
mod known {
    use wire::Shape::{self, Choice, Integer, List};
    const SWITCH: Shape = Choice(&["disabled", "enabled"]);
    const REDISPLAY: Shape = Choice(&["always", "limited", "unspecified"]);
    crate::components::components! {
        active_entitlements;
        buy_button;
        customer_portal;
        customer_sheet { payment_method_allow_redisplay_filters: List(&REDISPLAY), payment_method_remove: SWITCH };
        mobile_payment_element {
            payment_method_allow_redisplay_filters: List(&REDISPLAY),
            payment_method_redisplay: SWITCH,
            payment_method_remove: SWITCH,
            payment_method_save: SWITCH,
            payment_method_save_allow_redisplay_override: REDISPLAY,
        };
        payment_element {
            payment_method_allow_redisplay_filters: List(&REDISPLAY),
            payment_method_redisplay: SWITCH,
            payment_method_redisplay_limit: Integer,
            payment_method_remove: SWITCH,
            payment_method_save: SWITCH,
            payment_method_save_usage: Choice(&["off_session", "on_session"]),
        };
        pricing_table;
    }
}

/// How long a secret can be used, in seconds.
const LIFETIME: i64 = 1800;
/// Characters of a secret after its prefix.
const LENGTH: usize = 51;
/// How many payment methods a page offers at most, and unless something else is said.
const LIMIT: (i64, i64) = (10, 3);

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<CustomerSession> {
    if cx.peek::<Customer>(&p.customer).await?.is_none() {
        return Err(ApiError::no_such(Customer::NAME, &p.customer, "customer").into());
    }
    let asked = p.components.0;
    if !asked.iter().any(|it| it.enabled) {
        let message =
            "A customer session is for at least one component. Send components with one that is enabled.";
        return Err(ApiError::invalid(400, message).param("components").into());
    }
    for component in &asked {
        check(component)?;
    }
    done(CustomerSession {
        object: CustomerSession::NAME.into(),
        client_secret: format!("cuss_secret_{}", cx.token(LENGTH)),
        components: Optional(Some(Components(whole(&asked)))),
        created: cx.world_now(),
        customer: Ref::to(p.customer),
        customer_account: None,
        expires_at: cx.world_now().plus(LIFETIME),
        livemode: cx.caller.livemode,
    })
}

/// Errors: features of what is not enabled; more than a page offers; a use of what is not saved.
fn check(component: &Component) -> Result<(), ApiError> {
    let param = |feature: &str| format!("components[{}][features]{feature}", component.name);
    if !component.enabled && component.features.0.is_some() {
        let message = format!("The features of {} can be said where it is enabled.", component.name);
        return Err(ApiError::invalid(400, message).param(param("")));
    }
    let limit = component.feature("payment_method_redisplay_limit").and_then(Node::as_i64);
    if limit.is_some_and(|limit| !(1..=LIMIT.0).contains(&limit)) {
        let message = format!("A page offers 1 to {} payment methods.", LIMIT.0);
        return Err(ApiError::invalid(400, message).param(param("[payment_method_redisplay_limit]")));
    }
    let saves = component.feature("payment_method_save") == Some(&Node::text("enabled"));
    for feature in ["payment_method_save_usage", "payment_method_save_allow_redisplay_override"] {
        if component.feature(feature).is_some() && !saves {
            let message = format!("{feature} can be said where payment_method_save is enabled.");
            return Err(ApiError::invalid(400, message).param(param(&format!("[{feature}]"))));
        }
    }
    Ok(())
}

/// Every component, with what was said of it and what holds where nothing was. What is not enabled has no features.
fn whole(asked: &[Component]) -> Vec<Component> {
    let all = known::KNOWN.iter().map(|known| {
        let sent = asked.iter().find(|it| it.name == known.name);
        let said = |feature: &str| sent.and_then(|it| it.feature(feature)).cloned();
        let enabled = sent.is_some_and(|it| it.enabled);
        let features = known.features.map(|all| {
            let value = |name: &'static str| {
                let usual = match name {
                    "payment_method_allow_redisplay_filters" => Node::List(vec![Node::text("always")]),
                    "payment_method_redisplay_limit" => Node::Integer(LIMIT.1),
                    "payment_method_save_usage" | "payment_method_save_allow_redisplay_override" => {
                        Node::Null
                    }
                    _ => Node::text("disabled"),
                };
                (name, said(name).unwrap_or(usual))
            };
            enabled.then(|| all.iter().map(|field| value(field.name)).collect())
        });
        Component { name: known.name, enabled, features: Optional(features) }
    });
    all.collect()
}

#[cfg(test)]
mod tests;
