//! Configurations of the customer portal: what customers may see and do there (API page "Portal Configuration"). Every account
//! has one without making it.
mod features;
mod params;

pub use features::{
    Adjustable, Anchor, CancelMode, CancellationReason, CustomerUpdate, Duration, DurationType, Features,
    IntervalOption, PaymentMethodUpdate, Products, ScheduleAtPeriodEnd, SubscriptionCancel,
    SubscriptionPause, SubscriptionProduct, SubscriptionUpdate, Switch, TrialBehavior, Updatable, UpdateKind,
};

use crate::{
    connect::{
        account::{self, Account, is_website},
        account_link,
    },
    payments::card::not_more_than,
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, access::Application, done};
use base::{ApiError, Metadata, MetadataPatch, Named, Ref, Timestamp};
use params::FeaturesParams;
use wire::{Patch, Wire};

/// What customers may see and do in the portal.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PortalConfiguration {
    /// `bpc_…`.
    pub id: String,
    /// `billing_portal.configuration`.
    pub object: String,
    /// Whether sessions can be made with it.
    pub active: bool,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// What customers are told of the business.
    pub business_profile: BusinessProfile,
    /// When it was made.
    pub created: Timestamp,
    /// Where customers go back to, where their session says nothing else.
    pub default_return_url: Option<String>,
    /// What they may do.
    pub features: Features,
    /// Whether it is the one that the account has without making it.
    pub is_default: bool,
    /// Live or test.
    pub livemode: bool,
    /// Whether customers sign in by their email; they do not.
    pub login_page: LoginPage,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// The account's own name for it.
    pub name: Option<String>,
    /// When it was changed last.
    pub updated: Timestamp,
}

/// What customers are told of the business.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BusinessProfile {
    /// What stands at the top.
    pub headline: Option<String>,
    /// Where its rules of privacy are.
    pub privacy_policy_url: Option<String>,
    /// Where its terms are.
    pub terms_of_service_url: Option<String>,
}

/// Where customers sign in by their email.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct LoginPage {
    /// Whether they can.
    pub enabled: bool,
    /// Where.
    pub url: Option<String>,
}

impl Named for PortalConfiguration {
    const NAME: &'static str = "billing_portal.configuration";
    const PREFIX: &'static str = "bpc";
}
impl Object for PortalConfiguration {
    const PATH: &'static str = "/v1/billing_portal/configurations";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<PortalConfiguration>();
/// A configuration was made.
pub const CREATED: &str = "billing_portal.configuration.created";
/// It was changed.
pub const UPDATED: &str = "billing_portal.configuration.updated";
/// What configurations cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = PortalConfiguration::NAME;
    let (all, one) = ("/v1/billing_portal/configurations", "/v1/billing_portal/configurations/{id}");
    vec![
        Endpoint::new("POST", all, NOUN, |cx, p| Box::pin(create(cx, p))),
        Endpoint::new("GET", one, NOUN, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", one, NOUN, |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>(all, NOUN, |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/billing_portal/configurations` takes.
#[derive(Debug, Wire)]
struct Create {
    business_profile: Option<ProfileParams>,
    default_return_url: Patch<String>,
    features: FeaturesParams,
    metadata: MetadataPatch,
    name: Patch<String>,
}

/// What `POST /v1/billing_portal/configurations/{id}` takes.
#[derive(Debug, Wire)]
struct Update {
    active: Option<bool>,
    business_profile: Option<ProfileParams>,
    default_return_url: Patch<String>,
    features: Option<FeaturesParams>,
    metadata: MetadataPatch,
    name: Patch<String>,
}

/// What `GET /v1/billing_portal/configurations` filters by.
#[derive(Debug, Wire)]
struct List {
    active: Option<bool>,
    is_default: Option<bool>,
}

/// `business_profile` as sent.
#[derive(Debug, Wire)]
struct ProfileParams {
    headline: Patch<String>,
    privacy_policy_url: Patch<String>,
    terms_of_service_url: Patch<String>,
}

/// The most configurations of one account.
const MOST: usize = 100;
/// The longest headline, in characters.
const HEADLINE_MAX: usize = 60;
/// The longest name, in characters.
const NAME_MAX: usize = 100;

impl BusinessProfile {
    fn set(&mut self, p: ProfileParams) -> Result<(), ApiError> {
        p.headline.apply(&mut self.headline);
        not_more_than(HEADLINE_MAX, "business_profile[headline]", self.headline.as_deref())?;
        for (param, sent, field) in [
            ("privacy_policy_url", p.privacy_policy_url, &mut self.privacy_policy_url),
            ("terms_of_service_url", p.terms_of_service_url, &mut self.terms_of_service_url),
        ] {
            if matches!(&sent, Patch::Set(url) if !is_website(url)) {
                let error = ApiError::invalid(400, "Not a valid URL").code("url_invalid");
                return Err(error.param(format!("business_profile[{param}]")));
            }
            sent.apply(field);
        }
        Ok(())
    }
}

/// The id of the configuration that an account has without making it.
fn default_id(account: &str) -> String {
    format!("{}_{}", PortalConfiguration::PREFIX, account.strip_prefix("acct_").unwrap_or(account))
}

/// What customers may do where nobody said anything else.
fn blank(cx: &Cx<'_>, id: String, created: Timestamp) -> PortalConfiguration {
    PortalConfiguration {
        id,
        object: PortalConfiguration::NAME.into(),
        active: true,
        application: cx.caller.application.as_ref().map(Ref::to),
        business_profile: BusinessProfile::default(),
        created,
        default_return_url: None,
        features: Features::none(),
        is_default: false,
        livemode: cx.caller.livemode,
        login_page: LoginPage::default(),
        metadata: Some(Metadata::default()),
        name: None,
        updated: created,
    }
}

/// The configuration of the caller's account with this id, and whether it is written down; none where there is none.
async fn find(cx: &mut Cx<'_>, id: &str) -> Result<Option<(PortalConfiguration, bool)>, Stop> {
    if let Some(kept) = cx.get::<PortalConfiguration>(id).await? {
        return Ok(Some((kept, true)));
    }
    let account = cx.caller.account.clone();
    if id != default_id(&account) {
        return Ok(None);
    }
    let since = cx.peek::<Account>(&account).await?.map_or(cx.world_now(), |it| it.created);
    let plain = blank(cx, id.to_owned(), since);
    Ok(Some((
        PortalConfiguration { application: None, features: Features::usual(), is_default: true, ..plain },
        false,
    )))
}

/// The configuration with which a session is made: the one that is named, or the one that the account has without making
/// it, which is written down by that. Errors: there is none; it is not active.
pub(crate) async fn for_session(cx: &mut Cx<'_>, named: Option<&str>) -> Result<PortalConfiguration, Stop> {
    let id = named.map_or_else(|| default_id(&cx.caller.account), str::to_owned);
    let missing = || ApiError::no_such("configuration", &id, "configuration");
    let (it, kept) = find(cx, &id).await?.ok_or_else(missing)?;
    if !it.active {
        let message =
            format!("The configuration {id} is not active. Activate it, or use another configuration.");
        return Err(ApiError::invalid(400, message).param("configuration").into());
    }
    if !kept {
        cx.put(&it);
    }
    Ok(it)
}

async fn of_url(cx: &mut Cx<'_>) -> Result<(PortalConfiguration, bool), Stop> {
    let id = cx.path("id").to_owned();
    find(cx, &id).await?.ok_or_else(|| ApiError::no_such("configuration", &id, "id").into())
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<PortalConfiguration> {
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    if cx.all_by::<PortalConfiguration>(&account, live, None, MOST).await?.len() >= MOST {
        let message = format!("An account can have up to {MOST} portal configurations.");
        return Err(ApiError::invalid(400, message).into());
    }
    let mut it = blank(cx, cx.new_id::<PortalConfiguration>(), cx.world_now());
    p.features.must_say_what_is_enabled()?;
    let sent = (p.business_profile, p.default_return_url, Some(p.features), p.name);
    set(cx, &mut it, sent).await?;
    it.metadata = Some(p.metadata.fresh()?);
    cx.put(&it);
    cx.emit(CREATED, &it);
    done(it)
}

/// What can be said of any configuration.
type Said = (Option<ProfileParams>, Patch<String>, Option<FeaturesParams>, Patch<String>);

async fn set(
    cx: &mut Cx<'_>,
    it: &mut PortalConfiguration,
    (profile, return_url, features, name): Said,
) -> Result<(), Stop> {
    if let Some(sent) = profile {
        it.business_profile.set(sent)?;
    }
    if let Patch::Set(url) = &return_url {
        account_link::url(cx, "default_return_url", Some(url))?;
    }
    return_url.apply(&mut it.default_return_url);
    name.apply(&mut it.name);
    not_more_than(NAME_MAX, "name", it.name.as_deref())?;
    if let Some(sent) = features {
        it.features.set(cx, sent).await?;
    }
    Ok(())
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<PortalConfiguration> {
    done(of_url(cx).await?.0)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<PortalConfiguration> {
    let (before, kept) = of_url(cx).await?;
    let mut it = before.clone();
    if it.is_default && p.active == Some(false) {
        let message = "The default configuration holds where a session names none, so it stays active.";
        return Err(ApiError::invalid(400, message).param("active").into());
    }
    it.active = p.active.unwrap_or(it.active);
    set(cx, &mut it, (p.business_profile, p.default_return_url, p.features, p.name)).await?;
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    if it != before || !kept {
        it.updated = cx.world_now();
        cx.put(&it);
        cx.emit_update(UPDATED, &before, &it);
    }
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let account = cx.caller.account.clone();
    let kept = cx.all_by::<PortalConfiguration>(&account, cx.caller.livemode, None, MOST + 1).await?;
    let mut all: Vec<_> = kept.into_iter().filter(|it| !it.is_default).collect();
    all.extend(find(cx, &default_id(&account)).await?.map(|(it, _)| it));
    let passes = |it: &PortalConfiguration| {
        p.active.is_none_or(|wanted| wanted == it.active)
            && p.is_default.is_none_or(|wanted| wanted == it.is_default)
    };
    let items = all.into_iter().filter(passes).map(|it| (it.id.clone(), account::json(it))).collect();
    done(account::slice(cx, "configuration", PortalConfiguration::PATH.into(), items)?)
}

#[cfg(test)]
mod tests;
