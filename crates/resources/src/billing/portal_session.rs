//! Sessions of the customer portal: an address that lets one customer in for a while (API page "Portal Session").
mod flow;
mod locale;
mod open;

pub use flow::{
    AfterCompletion, CompletionType, CouponOffer, Flow, FlowCancel, FlowConfirm, FlowCustomer, FlowDiscount,
    FlowItem, FlowSubscription, FlowType, HostedConfirmation, Redirect, Retention, RetentionType,
};
pub use locale::Locale;
pub use open::{Opened, complete, mode_of, open};

use super::portal_configuration::{self, PortalConfiguration};
use crate::{
    connect::account_link,
    payments::customer::{Customer, CustomerAccount},
};
use api::{Cx, Endpoint, Noun, Object, Outcome, access::Connected, done};
use base::{ApiError, Named, Ref, Timestamp};
use flow::FlowParams;
use store::IndexKey;
use wire::{Hidden, Wire};

/// An address that lets a customer in for a while. What is stored of the address, and told in events, ends before its
/// secret, of which a digest is kept.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PortalSession {
    /// `bps_…`.
    pub id: String,
    /// `billing_portal.session`.
    pub object: String,
    /// What the customer may do.
    pub configuration: Ref<PortalConfiguration>,
    /// When it was made.
    pub created: Timestamp,
    /// Whom it lets in.
    pub customer: String,
    /// The account that is the customer.
    pub customer_account: Option<String>,
    /// The one thing that the customer is led to.
    pub flow: Option<Flow>,
    /// Live or test.
    pub livemode: bool,
    /// The language that was asked for; the pages speak English.
    pub locale: Option<Locale>,
    /// The account whose invoices and subscriptions are shown alone.
    pub on_behalf_of: Option<String>,
    /// Where the customer goes back to.
    pub return_url: Option<String>,
    /// The address.
    pub url: String,
    /// The digest of the secret that the address ends in.
    pub secret: Hidden<String>,
    /// Until when it lets the customer in.
    pub expires_at: Hidden<Timestamp>,
    /// Whether that which the customer was led to is done.
    pub completed: Hidden<bool>,
    /// The account of the platform that made it.
    pub platform: Hidden<Option<String>>,
    /// The application of that.
    pub application: Hidden<Option<String>>,
}

impl Named for PortalSession {
    const NAME: &'static str = "billing_portal.session";
    const PREFIX: &'static str = "bps";
}
impl Object for PortalSession {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::unique(SECRET, &self.secret.0)]
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(LONGEST).0)
    }
}

/// The index of secrets.
const SECRET: &str = "portal_session_secret";
/// Under which addresses begin: the account follows, then the secret.
pub const UNDER: &str = "/portal/";
/// What secrets begin with, in test mode and in live mode.
const PREFIXES: [&str; 2] = ["ps_test_", "ps_live_"];
/// Characters of a secret behind that.
const LENGTH: usize = 40;
/// How long an address waits to be opened, in seconds.
const UNOPENED: i64 = 300;
/// How long a session that was opened lasts after its customer did something last, in seconds.
const IDLE: i64 = 3600;
/// How long a session lasts at most, in seconds.
const LONGEST: i64 = Timestamp::DAY;

/// The noun.
pub const NOUN: Noun = Noun::of::<PortalSession>();
/// A session was made.
pub const CREATED: &str = "billing_portal.session.created";
/// What sessions cause.
pub const EVENTS: &[&str] = &[CREATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let path = "/v1/billing_portal/sessions";
    vec![Endpoint::new("POST", path, PortalSession::NAME, |cx, p| Box::pin(create(cx, p))).tells_secret()]
}

/// What `POST /v1/billing_portal/sessions` takes.
#[derive(Debug, Wire)]
struct Create {
    configuration: Option<String>,
    customer_account: Option<CustomerAccount>,
    customer: String,
    flow_data: Option<FlowParams>,
    locale: Option<Locale>,
    on_behalf_of: Option<String>,
    return_url: Option<String>,
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<PortalSession> {
    let customer: Customer = cx.must("customer", &p.customer).await?;
    let configuration = portal_configuration::for_session(cx, p.configuration.as_deref()).await?;
    if let Some(url) = &p.return_url {
        account_link::url(cx, "return_url", Some(url))?;
    }
    if let Some(id) = &p.on_behalf_of
        && *id != cx.caller.account
        && cx.peek::<Connected>(id).await?.is_none()
    {
        return Err(ApiError::no_such("account", id, "on_behalf_of").into());
    }
    let flow = match p.flow_data {
        Some(sent) => {
            Some(sent.checked(cx, &customer, &configuration.features, p.on_behalf_of.as_deref()).await?)
        }
        None => None,
    };
    let secret = format!("{}{}", PREFIXES[usize::from(cx.caller.livemode)], cx.token(LENGTH));
    let created = cx.world_now();
    let mut it = PortalSession {
        id: cx.new_id::<PortalSession>(),
        object: PortalSession::NAME.into(),
        configuration: Ref::to(&configuration.id),
        created,
        customer: customer.id,
        customer_account: None,
        flow,
        livemode: cx.caller.livemode,
        locale: p.locale,
        on_behalf_of: p.on_behalf_of,
        return_url: p.return_url,
        url: format!("{}{UNDER}{}/", cx.world.origin, cx.caller.account),
        secret: Hidden(vault::digest(&secret)),
        expires_at: Hidden(created.plus(UNOPENED)),
        completed: Hidden(false),
        platform: Hidden(cx.caller.platform.clone()),
        application: Hidden(cx.caller.application.clone()),
    };
    cx.put(&it);
    cx.emit(CREATED, &it);
    it.url.push_str(&secret);
    done(it)
}

#[cfg(test)]
mod tests;
