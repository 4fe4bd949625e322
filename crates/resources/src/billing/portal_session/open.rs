//! What the address of a portal session opens.
use super::{IDLE, LONGEST, PREFIXES, PortalSession, SECRET};
use crate::{
    billing::{
        portal_configuration::{Features, PortalConfiguration, SubscriptionProduct, UpdateKind},
        price::UsageType,
        subscription::{Status, Subscription},
    },
    payments::customer::Customer,
};
use api::{Cx, Outcome, done};
use base::Caller;
use wire::Hidden;

/// A session with what it shows.
#[derive(Debug, Clone)]
pub struct Opened {
    /// It.
    pub session: PortalSession,
    /// What its customer may do.
    pub configuration: PortalConfiguration,
    /// Its customer.
    pub customer: Customer,
}

/// Whether the secret of an address is of live mode; `None` where it is none.
pub fn mode_of(secret: &str) -> Option<bool> {
    let plain = secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let known = PREFIXES.iter().position(|prefix| secret.starts_with(prefix));
    known.filter(|_| plain && secret.len() <= 255).map(|at| at == 1)
}

/// What the secret of an address opens, for the account that the address names; none where it opens nothing, or nothing any
/// more. The session lasts on by that.
pub async fn open(cx: &mut Cx<'_>, secret: &str) -> Outcome<Option<Opened>> {
    let Some(found) = cx.find::<PortalSession>(SECRET, &vault::digest(secret)).await? else {
        return done(None);
    };
    // The caller is whom the address names, in the mode that the secret does.
    let now = cx.world_now();
    let Some(mut session) = cx.get::<PortalSession>(&found.id).await?.filter(|it| it.expires_at.0 > now)
    else {
        return done(None);
    };
    let Some(configuration) = cx.get::<PortalConfiguration>(&session.configuration.id).await? else {
        return done(None);
    };
    let Some(customer) = cx.get::<Customer>(&session.customer).await? else { return done(None) };
    let until = now.plus(IDLE).min(session.created.plus(LONGEST));
    // Whoever only looks around is not written down with each page.
    if until.0 - session.expires_at.0.0 > IDLE / 4 {
        session.expires_at = Hidden(until);
        cx.put(&session);
    }
    done(Some(Opened { session, configuration, customer }))
}

/// What its customer was led to is done.
pub async fn complete(cx: &mut Cx<'_>, id: &str) -> Outcome<()> {
    if let Some(mut session) = cx.get::<PortalSession>(id).await?.filter(|it| !it.completed.0) {
        session.completed = Hidden(true);
        cx.put(&session);
    }
    done(())
}

impl Opened {
    /// The caller that what the customer does goes on as: the account, for whoever made the session.
    pub fn caller(&self, account: &str, request: &str) -> Caller {
        Caller {
            platform: self.session.platform.0.clone(),
            application: self.session.application.0.clone(),
            request: request.to_owned(),
            ..Caller::session(account, self.session.livemode)
        }
    }
    /// What its customer may do.
    pub fn features(&self) -> &Features {
        &self.configuration.features
    }
    /// Where its customer goes back to.
    pub fn return_url(&self) -> Option<&str> {
        self.session.return_url.as_deref().or(self.configuration.default_return_url.as_deref())
    }
    /// Whether a subscription is shown.
    pub fn shows(&self, it: &Subscription) -> bool {
        it.customer.id == self.customer.id && self.shows_account(it.on_behalf_of.as_ref().map(|of| &*of.id))
    }
    /// Whether what is sold for this account is shown.
    pub fn shows_account(&self, account: Option<&str>) -> bool {
        self.session.on_behalf_of.as_deref().is_none_or(|wanted| account == Some(wanted))
    }
    /// The product of a subscription's price, where the configuration lets customers switch to it.
    pub fn offered<'o>(&'o self, it: &Subscription) -> Option<&'o SubscriptionProduct> {
        let product = &it.items.data.first()?.price.product.id;
        self.products().find(|offered| offered.product == *product)
    }
    /// What customers may switch to.
    pub fn products(&self) -> impl Iterator<Item = &SubscriptionProduct> {
        self.features().subscription_update.products.0.iter().flatten()
    }
    /// Whether its customer may change a subscription.
    pub fn may_change(&self, it: &Subscription) -> bool {
        let features = self.features();
        // How many of it may change only within what the account said of its product.
        let counts = features.may_change(UpdateKind::Quantity)
            && self.offered(it).is_some_and(|it| it.adjustable_quantity.enabled);
        it.is_simple()
            && (features.may_change(UpdateKind::Price)
                || counts
                || features.may_change(UpdateKind::PromotionCode))
    }
}

impl Subscription {
    /// Whether it is one that a customer can change by themselves: of one item that costs the same whatever is used, charged by
    /// itself, with nothing that waits.
    pub fn is_simple(&self) -> bool {
        let [item] = &self.items.data[..] else { return false };
        let metered = item.price.recurring.as_ref().is_some_and(|it| it.usage_type == UsageType::Metered);
        matches!(self.status, Status::Active | Status::PastDue | Status::Trialing)
            && !metered
            && self.pending_update.is_none()
            && self.schedule.is_none()
            && self.collection_method == crate::billing::invoice::CollectionMethod::ChargeAutomatically
    }
}
