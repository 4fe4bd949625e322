//! A platform's application: one form, two client ids.
use crate::redirect;
use api::{
    Api, Cx, Object, Outcome, Place, Stop,
    access::{Application, Connected, Connection},
    done,
};
use base::{ApiError, Caller, Named, Scope, Timestamp};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use resources::{
    connect::{
        account::{Account, Problems},
        user::{User, settle},
    },
    events::webhook_endpoint::set_application_url,
};
use store::Query;
use wire::{Hidden, Wire};

/// The settings of an application, as a person edits them. Fields of [`Problems`]: `name`, `url`, `icon`,
/// `redirect_uris`, `webhook_development`, `webhook_production`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What people see when they are asked to connect.
    pub name: String,
    /// The platform's website.
    pub url: Option<String>,
    /// A new icon: the bytes of the file. None keeps the one there is.
    pub icon: Option<Vec<u8>>,
    /// Whether to take the icon away.
    pub remove_icon: bool,
    /// Where codes may be sent; the development client id may use all of them, the production one those that
    /// begin with https. The first is the default.
    pub redirect_uris: Vec<String>,
    /// Where test events go.
    pub webhook_development: Option<String>,
    /// Where test and live events go.
    pub webhook_production: Option<String>,
}

/// The largest icon, in bytes.
pub const ICON_MAX: usize = 128 * 1024;

/// Both faces of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// With the development client id.
    pub development: Application,
    /// With the production client id.
    pub production: Application,
}

/// What came of saving.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The application.
    pub pair: Pair,
    /// Signing secrets that were made just now, to be shown once: `development` or `production`, and the secret.
    pub secrets: Vec<(&'static str, String)>,
}

/// Ids that an application must have (the well-known one of `dev`).
#[derive(Debug, Clone)]
pub struct Ids {
    /// The development client id.
    pub development: String,
    /// The production client id.
    pub production: String,
}

/// An account that is connected to a platform.
#[derive(Debug, Clone)]
pub struct ConnectedAccount {
    /// `acct_…`.
    pub account: String,
    /// What people call it.
    pub name: String,
    /// The client id.
    pub client_id: String,
    /// What was allowed.
    pub scope: Scope,
    /// Whether through the production client id.
    pub livemode: bool,
    /// Since when.
    pub created: Timestamp,
}

/// What one account gave to one application.
#[derive(Debug, Clone)]
pub struct Authorized {
    /// `acct_…`.
    pub account: String,
    /// To whom.
    pub application: Application,
    /// What for.
    pub scope: Scope,
    /// Whether through the production client id.
    pub livemode: bool,
    /// Since when.
    pub created: Timestamp,
}

/// The icon of a platform's application.
#[derive(Debug, Clone, PartialEq, Wire)]
pub(crate) struct StoredIcon {
    /// The platform.
    pub(crate) id: String,
    /// `application_icon`.
    object: String,
    /// What it is.
    content_type: String,
    /// The file in base64.
    data: String,
}

impl Named for StoredIcon {
    const NAME: &'static str = "application_icon";
    const PREFIX: &'static str = "icon";
}
impl Object for StoredIcon {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
}

/// A picture as it may be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon {
    /// `image/png` or `image/jpeg`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The most redirect URIs of an application.
const URIS_MAX: usize = 50;
/// The longest name, in characters.
const NAME_MAX: usize = 100;

/// The application of a platform, if it has registered one.
pub async fn of(api: &Api, platform: &str) -> Result<Option<Pair>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(async move { done(pair(cx, platform).await?) })).await?)
}

async fn pair(cx: &mut Cx<'_>, platform: &str) -> Result<Option<Pair>, Stop> {
    let development = cx.find::<Application>(INDEX, &Application::of(platform, false)).await?;
    let production = cx.find::<Application>(INDEX, &Application::of(platform, true)).await?;
    Ok(development.zip(production).map(|(development, production)| Pair { development, production }))
}

/// The index of applications by platform and mode.
const INDEX: &str = "application_of";

/// Registers the application of a platform, or changes it; a mistake changes nothing. `ids` matter at the first
/// time only.
pub async fn save(
    api: &Api,
    platform: &str,
    it: &Settings,
    ids: Option<&Ids>,
) -> Result<Result<Saved, Problems>, Stop> {
    let problems = it.problems();
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let caller = Caller::session(platform, false);
    match api.transact(&caller, move |cx| Box::pin(save_in(cx, platform, it, ids))).await {
        Ok(reply) => settle(reply).map(Ok),
        // Refused half-way, so that nothing of it was kept.
        Err(Stop::Api(error)) => {
            match WEBHOOKS.iter().find(|(field, _)| error.param.as_deref() == Some(*field)) {
                Some((field, _)) => Ok(Err(vec![(*field, error.message)])),
                None => Err(Stop::Api(error)),
            }
        }
        Err(stop) => Err(stop),
    }
}

/// Registers an application in a unit of work of the program's own. Errors: the settings have mistakes, which is the
/// program's fault.
pub async fn register(
    cx: &mut Cx<'_>,
    platform: &str,
    it: &Settings,
    ids: Option<&Ids>,
) -> Result<Saved, Stop> {
    let problems = it.problems();
    if !problems.is_empty() {
        return Err(api::fault(format!("the application of {platform} has mistakes: {problems:?}")));
    }
    settle(save_in(cx, platform, it, ids).await?)
}

/// The fields of webhook URLs, and what the secrets of their endpoints are called.
const WEBHOOKS: [(&str, &str); 2] =
    [("webhook_development", "development"), ("webhook_production", "production")];

impl Settings {
    /// What is wrong with the settings, as far as they themselves tell.
    pub fn problems(&self) -> Problems {
        let mut wrong: Problems = Vec::new();
        let mut refuse = |field: &'static str, sentence: String| wrong.push((field, sentence));
        let name = self.name.trim();
        if name.is_empty() {
            refuse("name", "Enter the name that people know you by".into());
        } else if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            refuse("name", format!("Use at most {NAME_MAX} plain characters"));
        }
        if let Some(url) = &self.url
            && redirect::problem(url, false).is_some()
        {
            refuse("url", "Enter a full address, such as https://example.com".into());
        }
        if self.redirect_uris.len() > URIS_MAX {
            refuse("redirect_uris", format!("Enter at most {URIS_MAX} addresses"));
        }
        for uri in &self.redirect_uris {
            if let Some(problem) = redirect::problem(uri, false) {
                let shown: String = uri.chars().take(100).collect();
                refuse("redirect_uris", format!("{problem}: {shown}"));
            }
        }
        match &self.icon {
            Some(bytes) if bytes.len() > ICON_MAX => {
                refuse("icon", format!("Choose a picture of at most {} KB", ICON_MAX / 1024));
            }
            Some(bytes) if picture_type(bytes).is_none() => {
                refuse("icon", "Choose a PNG or JPEG picture".into());
            }
            _ => {}
        }
        wrong
    }
}

/// What a file is, by its first bytes. Only pictures that can hold no script are taken.
fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("image/jpeg")
    } else {
        None
    }
}

async fn save_in(cx: &mut Cx<'_>, platform: &str, it: &Settings, ids: Option<&Ids>) -> Outcome<Saved> {
    let Pair { mut development, mut production } = match pair(cx, platform).await? {
        Some(known) => known,
        None => Pair {
            development: fresh(cx, platform, false, ids.map(|ids| ids.development.as_str())),
            production: fresh(cx, platform, true, ids.map(|ids| ids.production.as_str())),
        },
    };
    let icon = save_icon(cx, platform, it, development.icon.0.clone()).await?;
    let mut secrets = Vec::new();
    let webhooks = [&it.webhook_development, &it.webhook_production];
    let faces = [&mut development, &mut production];
    for ((application, url), (field, label)) in faces.into_iter().zip(webhooks).zip(WEBHOOKS) {
        let live = application.livemode.0;
        application.name = Some(it.name.trim().to_owned());
        application.url.0.clone_from(&it.url);
        application.icon.0.clone_from(&icon);
        // What is not https belongs to the development client id alone.
        let usable = |uri: &&String| redirect::problem(uri, live).is_none();
        application.redirect_uris.0 = it.redirect_uris.iter().filter(usable).cloned().collect();
        let secret =
            set_application_url(cx, application, url.as_deref()).await.map_err(|stop| match stop {
                Stop::Api(error) if error.status < 500 => {
                    ApiError { param: Some(field.into()), ..*error }.into()
                }
                other => other,
            })?;
        secrets.extend(secret.map(|secret| (label, secret)));
        cx.put(application);
    }
    done(Saved { pair: Pair { development, production }, secrets })
}

fn fresh(cx: &Cx<'_>, platform: &str, live: bool, id: Option<&str>) -> Application {
    Application {
        id: id.map_or_else(|| format!("ca_{}", cx.token(32)), str::to_owned),
        object: Application::NAME.into(),
        name: None,
        platform: Hidden(platform.to_owned()),
        livemode: Hidden(live),
        url: Hidden(None),
        icon: Hidden(None),
        redirect_uris: Hidden(Vec::new()),
        webhook: Hidden(None),
        created: Hidden(cx.now()),
    }
}

/// Keeps a new icon; returns the digest of the icon there is now.
async fn save_icon(
    cx: &mut Cx<'_>,
    platform: &str,
    it: &Settings,
    known: Option<String>,
) -> Result<Option<String>, Stop> {
    let kept = match (&it.icon, it.remove_icon) {
        (None, false) => return Ok(known),
        _ => cx.get::<StoredIcon>(platform).await?,
    };
    let Some(bytes) = &it.icon else {
        if let Some(kept) = kept {
            cx.delete(&kept);
        }
        return Ok(None);
    };
    let data = STANDARD.encode(bytes);
    let mut digest = vault::digest(&data);
    digest.truncate(16);
    cx.put(&StoredIcon {
        id: platform.to_owned(),
        object: StoredIcon::NAME.into(),
        content_type: picture_type(bytes).unwrap_or("application/octet-stream").into(),
        data,
    });
    Ok(Some(digest))
}

/// The application with a client id, for showing its name and icon.
pub async fn by_client_id(api: &Api, client_id: &str) -> Result<Option<Application>, Stop> {
    let caller = Caller::system("", false);
    let found = api
        .transact(&caller, move |cx| Box::pin(async move { done(cx.peek::<Application>(client_id).await?) }));
    settle(found.await?)
}

/// The icon of an application. Its address should carry the application's `icon`, which changes with it.
pub async fn icon(api: &Api, client_id: &str) -> Result<Option<Icon>, Stop> {
    let caller = Caller::system("", false);
    let found = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let Some(application) = cx.peek::<Application>(client_id).await? else { return done(None) };
            done(cx.peek::<StoredIcon>(&application.platform.0).await?)
        })
    });
    let Some(StoredIcon { content_type, data, .. }) = settle(found.await?)? else { return Ok(None) };
    let bytes = STANDARD.decode(data).map_err(|e| api::fault(format!("an icon is not readable: {e}")))?;
    Ok(Some(Icon { content_type, bytes }))
}

/// The accounts connected to a platform in a mode, newest first, older than the account `after`.
pub async fn connected(
    api: &Api,
    platform: &str,
    live: bool,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<ConnectedAccount>, Stop> {
    let query = Query {
        account: platform.to_owned(),
        live,
        kind: Connected::NAME,
        by: None,
        after: after.map(str::to_owned),
        before: None,
        skip: 0,
        limit,
    };
    let docs = api.world.store.list(&query).await?;
    let (caller, docs) = (Caller::system("", false), &docs);
    let found = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let mut found = Vec::with_capacity(docs.len());
            for doc in docs {
                let it: Connected = wire::from_json(&doc.body)
                    .map_err(|bad| api::fault(format!("a connected account is not readable: {bad:?}")))?;
                let account = cx.peek::<Account>(&it.id).await?;
                found.push(ConnectedAccount {
                    name: account.map_or_else(|| it.id.clone(), |it| it.display_name().to_owned()),
                    account: it.id,
                    client_id: it.application,
                    scope: it.scope,
                    livemode: live,
                    created: it.created,
                });
            }
            done(found)
        })
    });
    settle(found.await?)
}

/// How many applications of one account are shown.
const SHOWN_MAX: usize = 500;

/// What all accounts of a person gave to applications.
pub async fn authorized(api: &Api, user: &User) -> Result<Vec<Authorized>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(authorized_in(cx, user))).await?)
}

async fn authorized_in(cx: &mut Cx<'_>, user: &User) -> Outcome<Vec<Authorized>> {
    let mut found = Vec::new();
    for account in &user.accounts {
        for live in [false, true] {
            for it in cx.all_by::<Connection>(account, live, None, SHOWN_MAX).await? {
                let Some(application) = cx.peek::<Application>(&it.id).await? else { continue };
                found.push(Authorized {
                    account: it.account,
                    application,
                    scope: it.scope,
                    livemode: it.livemode,
                    created: it.created,
                });
            }
        }
    }
    done(found)
}
