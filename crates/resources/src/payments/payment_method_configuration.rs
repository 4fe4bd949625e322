//! Payment method configurations: which kinds of payment methods an account offers (API page "Payment Method
//! Configurations"). Every account has one without making it, and so has every platform for each account that it acts
//! for: that one is a child of the platform's own, and follows it wherever nothing else is wanted.
mod choose;
mod methods;

pub(crate) use choose::{Details, for_intent};
pub use methods::{Method, PaymentMethodConfiguration, Preference, Setting, Want};

use super::charge::terms::Terms;
use crate::connect::account::{Account, json, slice};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Named};
use methods::{Params, capability, usual};
use wire::{Hidden, Patch, Wire};

impl Named for PaymentMethodConfiguration {
    const NAME: &'static str = "payment_method_configuration";
    const PREFIX: &'static str = "pmc";
}
impl Object for PaymentMethodConfiguration {
    const PATH: &'static str = "/v1/payment_method_configurations";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<PaymentMethodConfiguration>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = PaymentMethodConfiguration::NAME;
    let (all, one) = ("/v1/payment_method_configurations", "/v1/payment_method_configurations/{id}");
    vec![
        Endpoint::new("POST", all, NOUN, |cx, p| Box::pin(create(cx, p))),
        Endpoint::new("GET", one, NOUN, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", one, NOUN, |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>(all, NOUN, |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `GET /v1/payment_method_configurations` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    application: Patch<String>,
}

/// The most configurations of one account.
const MOST: usize = 100;
/// The longest name, in characters.
const NAME_MAX: usize = 100;

/// What nobody said is what is usual, or what the parent says.
fn unsaid(kind: &str, has_parent: bool) -> Preference {
    let value = usual(kind);
    let own = if value == Setting::On { Want::On } else { Want::Off };
    let preference = if has_parent { Want::None } else { own };
    Preference { overridable: has_parent.then_some(true), preference, value }
}

/// The id of the configuration that an account has without making it; `application`: of the platform that acts for it.
fn default_id(account: &str, application: Option<&str>) -> String {
    let account = account.strip_prefix("acct_").unwrap_or(account);
    let application = application.map_or("", |it| it.strip_prefix("ca_").unwrap_or(it));
    let tail = application.char_indices().rev().nth(7).map_or(application, |(at, _)| &application[at..]);
    format!("{}_{account}{tail}", PaymentMethodConfiguration::PREFIX)
}

/// The configuration that an account has without making it, as somebody left it. `through`: the application and the
/// platform that act for the account.
async fn default(
    cx: &Cx<'_>,
    account: &str,
    through: Option<(&str, &str)>,
) -> Result<PaymentMethodConfiguration, Stop> {
    let live = cx.caller.livemode;
    let id = default_id(account, through.map(|(application, _)| application));
    // Nearly everybody leaves it as it is, and then there is nothing to look for.
    if Terms::of(cx, account).await?.configured()
        && let Some(kept) = cx.peek_of(account, live, &id).await?
    {
        return Ok(kept);
    }
    let plain = PaymentMethodConfiguration::wanting(id, |kind| unsaid(kind, through.is_some()));
    Ok(PaymentMethodConfiguration {
        application: through.map(|(application, _)| application.to_owned()),
        is_default: true,
        livemode: live,
        name: "Default".into(),
        parent: through.map(|(_, platform)| default_id(platform, None)),
        platform: Hidden(through.map(|(_, platform)| platform.to_owned())),
        ..plain
    })
}

/// The application and the platform that act for the caller's account.
fn through<'c>(cx: &Cx<'c>) -> Option<(&'c str, &'c str)> {
    Some((cx.caller.application.as_deref()?, cx.caller.platform.as_deref()?))
}

/// A configuration of an account, by its id.
async fn find(
    cx: &Cx<'_>,
    account: &str,
    through: Option<(&str, &str)>,
    id: &str,
) -> Result<Option<PaymentMethodConfiguration>, Stop> {
    for through in [None, through] {
        if id == default_id(account, through.map(|(application, _)| application)) {
            return Ok(Some(default(cx, account, through).await?));
        }
    }
    let kept = cx.peek_of::<PaymentMethodConfiguration>(account, cx.caller.livemode, id).await?;
    // What another platform offers is nobody's business.
    Ok(kept.filter(|it| {
        it.application.is_none()
            || through.is_none()
            || it.application.as_deref() == through.map(|(it, _)| it)
    }))
}

/// A configuration with what comes of it for its account.
async fn shown(cx: &Cx<'_>, mut it: PaymentMethodConfiguration) -> Result<PaymentMethodConfiguration, Stop> {
    let parent = match (&it.parent, &it.platform.0) {
        (Some(parent), Some(platform)) => find(cx, platform, None, parent).await?,
        _ => None,
    };
    let terms = Terms::of(cx, &cx.caller.account).await?;
    for (kind, method) in it.each() {
        let above = parent.as_ref().and_then(|it| it.method(kind));
        let above = above.map(|it| Setting::of(it.display_preference.preference, usual(kind)));
        let wanted = &mut method.display_preference;
        wanted.value = Setting::of(wanted.preference, above.unwrap_or(usual(kind)));
        let able = capability(kind).is_some_and(|it| terms.may(it));
        method.available = able && wanted.value == Setting::On;
    }
    Ok(it)
}

async fn create(cx: &mut Cx<'_>, p: Params) -> Outcome<PaymentMethodConfiguration> {
    if p.active.is_some() {
        return Err(wire::Bad::Unknown(vec!["active".into()]).into());
    }
    let through = through(cx);
    let parent = match (&p.parent, through) {
        (None, None) => None,
        (Some(_), None) => {
            let message = "A configuration with a parent is for a connected account. Name the account in the Stripe-Account header.";
            return Err(ApiError::invalid(400, message).param("parent").into());
        }
        (named, Some((_, platform))) => {
            let id = named.clone().unwrap_or_else(|| default_id(platform, None));
            if find(cx, platform, None, &id).await?.is_none() {
                return Err(ApiError::no_such(PaymentMethodConfiguration::NAME, &id, "parent").into());
            }
            Some(id)
        }
    };
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    if cx.all_by::<PaymentMethodConfiguration>(&account, live, None, MOST).await?.len() >= MOST {
        let message = format!("An account can have up to {MOST} payment method configurations.");
        return Err(ApiError::invalid(400, message).into());
    }
    let id = cx.new_id::<PaymentMethodConfiguration>();
    let plain = PaymentMethodConfiguration::wanting(id, |kind| unsaid(kind, parent.is_some()));
    let mut it = PaymentMethodConfiguration {
        application: through.map(|(application, _)| application.to_owned()),
        livemode: live,
        parent,
        platform: Hidden(through.map(|(_, platform)| platform.to_owned())),
        ..plain
    };
    set(&mut it, &p)?;
    let it = shown(cx, it).await?;
    cx.put(&it);
    done(it)
}

/// Takes in what was said of a configuration and its kinds.
fn set(it: &mut PaymentMethodConfiguration, p: &Params) -> Result<(), ApiError> {
    super::card::not_more_than(NAME_MAX, "name", p.name.as_deref())?;
    it.name = p.name.clone().unwrap_or(std::mem::take(&mut it.name));
    for (kind, method) in it.each() {
        if let Some(want) = p.want(kind) {
            method.display_preference.preference = want;
        }
    }
    Ok(())
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<PaymentMethodConfiguration> {
    let it = of_url(cx).await?;
    done(shown(cx, it).await?)
}

async fn of_url(cx: &Cx<'_>) -> Result<PaymentMethodConfiguration, Stop> {
    let id = cx.path("id");
    let found = find(cx, &cx.caller.account, through(cx), id).await?;
    found.ok_or_else(|| ApiError::no_such(PaymentMethodConfiguration::NAME, id, "id").into())
}

async fn update(cx: &mut Cx<'_>, p: Params) -> Outcome<PaymentMethodConfiguration> {
    if p.parent.is_some() {
        return Err(wire::Bad::Unknown(vec!["parent".into()]).into());
    }
    let mut it = of_url(cx).await?;
    if it.application.as_deref() != cx.caller.application.as_deref() {
        let whose = if it.application.is_some() {
            "a platform that acts for this account"
        } else {
            "the account itself"
        };
        let message = format!("The configuration {} is that of {whose}, who alone can change it.", it.id);
        return Err(ApiError::invalid(403, message).into());
    }
    if it.is_default && p.active == Some(false) {
        let message = "The default configuration holds where none is named, so it stays active.";
        return Err(ApiError::invalid(400, message).param("active").into());
    }
    // It enters the read set here, so that two who change it at once do not undo each other.
    if let Some(kept) = cx.get::<PaymentMethodConfiguration>(&it.id).await? {
        it = kept;
    }
    it.active = p.active.unwrap_or(it.active);
    set(&mut it, &p)?;
    let it = shown(cx, it).await?;
    cx.put(&it);
    if it.is_default {
        let account = cx.caller.account.clone();
        if let Some(mut account) =
            cx.get::<Account>(&account).await?.filter(|it| it.configured.0 != Some(true))
        {
            account.configured = Hidden(Some(true));
            cx.put(&account);
        }
    }
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let (account, through) = (cx.caller.account.clone(), through(cx));
    let mut all = Vec::new();
    let kept = cx.all_by::<PaymentMethodConfiguration>(&account, cx.caller.livemode, None, MOST + 2).await?;
    for it in kept.into_iter().filter(|it| !it.is_default) {
        if let Some(it) = find(cx, &account, through, &it.id).await? {
            all.push(it);
        }
    }
    if through.is_some() {
        all.push(default(cx, &account, through).await?);
    }
    all.push(default(cx, &account, None).await?);
    let passes = |it: &PaymentMethodConfiguration| {
        p.active.is_none_or(|active| it.active == active)
            && match &p.application {
                Patch::Keep => true,
                Patch::Clear => it.application.is_none(),
                Patch::Set(id) => it.application.as_ref() == Some(id),
            }
    };
    let mut items = Vec::new();
    for it in all.into_iter().filter(passes) {
        let it = shown(cx, it).await?;
        items.push((it.id.clone(), json(it)));
    }
    done(slice(cx, PaymentMethodConfiguration::NAME, PaymentMethodConfiguration::PATH.into(), items)?)
}

#[cfg(test)]
mod tests;
