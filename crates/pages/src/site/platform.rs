//! The platform's side: its application, the Connect button, and the webhook URLs with their secrets.

use api::access::Application;
use api::{Api, Stop, done};
use base::Caller;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};
use oauth::applications::{self, ICON_MAX, Pair, Saved, Settings};
use resources::connect::user::settle;
use resources::events::webhook_endpoint::{self, WebhookEndpoint};
use url::{Url, form_urlencoded};

use super::fields::Fields;
use super::public;
use super::reply::{Answer, Refusal, page, plain, see_other};
use super::visit::{Notice, Visit};
use crate::views::{
    ApplicationCard, ApplicationEdit, ConnectButton, EditedApplication, ShownOnce, WebhookRow,
};
use crate::{Form, assets};

/// Where icons are served, by client id.
pub(crate) const ICONS: &str = "/application-icons/";

/// A text as a value in a query.
pub(crate) fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// An application as its users know it.
pub(crate) fn card(application: &Application) -> ApplicationCard {
    let url = application.url.0.clone();
    let host = url.as_deref().and_then(|url| Some(Url::parse(url).ok()?.host_str()?.to_owned()));
    ApplicationCard {
        name: application.name.clone().unwrap_or_else(|| "Unnamed application".to_owned()),
        url,
        host,
        icon_url: icon_url(application),
    }
}

/// The address changes with the picture, so that browsers may keep it.
fn icon_url(application: &Application) -> Option<String> {
    let Some(digest) = application.icon.0.as_deref() else {
        // The application that a `dev` server begins with has a picture of its own until another is chosen.
        let is_sample = [public::SAMPLE_CLIENT, public::SAMPLE_PRODUCTION].contains(&application.id.as_str());
        return assets::url("sample-application-icon.svg").filter(|_| is_sample).map(str::to_owned);
    };
    Some(format!("{ICONS}{}?{}", application.id, encode(digest.get(..16).unwrap_or(digest))))
}

/// `GET /application-icons/{client id}`.
pub(crate) async fn icon(visit: &Visit<'_>, client_id: &str) -> Answer {
    let Some(icon) = applications::icon(visit.api, client_id).await? else {
        return Err(Refusal::not_found().into());
    };
    let mut response: Response<Bytes> = plain(200, Bytes::from(icon.bytes));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&icon.content_type).map_err(|error| api::fault(error.to_string()))?;
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    // A stranger chose the bytes; opened by themselves they may do nothing.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

/// `GET /dashboard/application`.
pub(crate) async fn show(visit: &mut Visit<'_>) -> Answer {
    let platform = visit.person()?.current().id.clone();
    let pair = applications::of(visit.api, &platform).await?;
    let endpoints = endpoints(visit.api, &platform, pair.as_ref()).await?;
    let form = match &pair {
        Some(pair) => stored(pair, &endpoints),
        None => Form::default(),
    };
    edit_page(visit, 200, pair.as_ref(), &endpoints, form, Vec::new())
}

/// The webhook endpoints behind the application's two URLs.
#[derive(Default)]
struct Endpoints {
    development: Option<WebhookEndpoint>,
    production: Option<WebhookEndpoint>,
}

async fn endpoints(api: &Api, platform: &str, pair: Option<&Pair>) -> Result<Endpoints, Stop> {
    let Some(pair) = pair else { return Ok(Endpoints::default()) };
    let caller = Caller::session(platform, false);
    let found = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let mut found = Endpoints::default();
            for (application, place) in
                [(&pair.development, &mut found.development), (&pair.production, &mut found.production)]
            {
                if let Some(id) = &application.webhook.0 {
                    *place = cx.peek_of::<WebhookEndpoint>(platform, application.livemode.0, id).await?;
                }
            }
            done(found)
        })
    });
    settle(found.await?)
}

fn stored(pair: &Pair, endpoints: &Endpoints) -> Form {
    let it = &pair.development;
    let url = |endpoint: &Option<WebhookEndpoint>| {
        endpoint.as_ref().map(|endpoint| endpoint.url.clone()).unwrap_or_default()
    };
    Form::filled([
        ("name", it.name.clone().unwrap_or_default()),
        ("url", it.url.0.clone().unwrap_or_default()),
        ("redirect_uris", it.redirect_uris.0.join("\n")),
        ("webhook_development", url(&endpoints.development)),
        ("webhook_production", url(&endpoints.production)),
    ])
}

fn edit_page(
    visit: &mut Visit<'_>,
    status: u16,
    pair: Option<&Pair>,
    endpoints: &Endpoints,
    form: Form,
    secrets: Vec<ShownOnce>,
) -> Answer {
    let origin = visit.api.world.origin.clone();
    let link = |application: &Application| {
        format!(
            "{origin}/oauth/authorize?response_type=code&client_id={}&scope=read_write",
            encode(&application.id)
        )
    };
    let link_development = pair.map(|pair| link(&pair.development)).unwrap_or_default();
    let webhooks = [("development", &endpoints.development), ("production", &endpoints.production)]
        .into_iter()
        .filter_map(|(name, endpoint)| {
            let endpoint = endpoint.as_ref()?;
            let secret =
                webhook_endpoint::secret(&visit.api.world, &visit.person().ok()?.current().id, endpoint);
            let shown = secret.map_or("whsec_…".to_owned(), |secret| masked(secret.reveal()));
            let label = if name == "development" { "Development" } else { "Production" };
            Some(WebhookRow { name: name.to_owned(), label: label.to_owned(), secret_shown: shown })
        })
        .collect();
    let view = ApplicationEdit {
        application: pair.map(|pair| EditedApplication {
            name: card(&pair.development).name,
            icon_url: icon_url(&pair.development),
            development_client_id: pair.development.id.clone(),
            production_client_id: pair.production.id.clone(),
        }),
        form,
        secrets,
        buttons: ConnectButton::pair(&origin, &link_development),
        link_production: pair.map(|pair| link(&pair.production)).unwrap_or_default(),
        link_development,
        webhooks,
        icon_max_kb: u32::try_from(ICON_MAX / 1024).unwrap_or(u32::MAX),
        chrome: visit.chrome(),
    };
    page(status, &view, None)
}

/// A secret with all but its ends left out.
pub(crate) fn masked(secret: &str) -> String {
    let tail = secret.len().checked_sub(4).and_then(|at| secret.get(at..)).unwrap_or_default();
    format!("whsec_…{tail}")
}

fn settings(fields: &Fields) -> Settings {
    let text = |name: &str| Some(fields.text(name).trim().to_owned()).filter(|text| !text.is_empty());
    // Guides of old say to separate several by commas; a URI itself has none unless it was escaped.
    let uris = fields.text("redirect_uris").split(|c: char| c.is_whitespace() || c == ',');
    Settings {
        name: text("name").unwrap_or_default(),
        url: text("url"),
        icon: fields.file("icon").map(|content| content.to_vec()),
        remove_icon: false,
        redirect_uris: uris.filter(|uri| !uri.is_empty()).map(str::to_owned).collect(),
        webhook_development: text("webhook_development"),
        webhook_production: text("webhook_production"),
    }
}

/// `POST /dashboard/application`: registers the application, or changes it.
pub(crate) async fn save(visit: &mut Visit<'_>) -> Answer {
    let platform = visit.person()?.current().id.clone();
    let before = applications::of(visit.api, &platform).await?;
    let settings = settings(&visit.fields);
    match applications::save(visit.api, &platform, &settings, None).await? {
        Ok(Saved { secrets, .. }) if secrets.is_empty() => {
            visit.tell(if before.is_some() { Notice::SAVED } else { Notice::REGISTERED });
            see_other("/dashboard/application")
        }
        Ok(Saved { pair, secrets }) => {
            let endpoints = endpoints(visit.api, &platform, Some(&pair)).await?;
            let form = stored(&pair, &endpoints);
            let secrets = secrets.into_iter().map(|(name, value)| shown_once(name, value)).collect();
            edit_page(visit, 200, Some(&pair), &endpoints, form, secrets)
        }
        Err(problems) => {
            let mut form = std::mem::take(&mut visit.fields).into_form();
            for (name, problem) in problems {
                form.refuse(name, problem);
            }
            let endpoints = endpoints(visit.api, &platform, before.as_ref()).await?;
            edit_page(visit, 422, before.as_ref(), &endpoints, form, Vec::new())
        }
    }
}

fn shown_once(name: &str, value: String) -> ShownOnce {
    let label = if name == "production" { "Production secret" } else { "Development secret" };
    ShownOnce { label: label.to_owned(), value }
}

/// `POST /dashboard/application/webhook-secret`: the page that follows is the only one that ever shows the new one.
pub(crate) async fn replace_secret(visit: &mut Visit<'_>) -> Answer {
    let platform = visit.person()?.current().id.clone();
    let pair = applications::of(visit.api, &platform).await?;
    let name = visit.fields.text("endpoint").to_owned();
    let application = pair.as_ref().and_then(|pair| match name.as_str() {
        "development" => Some(&pair.development),
        "production" => Some(&pair.production),
        _ => None,
    });
    let secret = match application {
        Some(application) => new_secret(visit.api, &platform, application).await?,
        None => None,
    };
    let Some(secret) = secret else {
        visit.tell(Notice::NO_URL);
        return see_other("/dashboard/application");
    };
    let endpoints = endpoints(visit.api, &platform, pair.as_ref()).await?;
    let form = pair.as_ref().map(|pair| stored(pair, &endpoints)).unwrap_or_default();
    edit_page(visit, 200, pair.as_ref(), &endpoints, form, vec![shown_once(&name, secret)])
}

/// Gives the endpoint of an application a new secret at once; `None` where there is no endpoint.
async fn new_secret(api: &Api, platform: &str, application: &Application) -> Result<Option<String>, Stop> {
    let Some(id) = &application.webhook.0 else { return Ok(None) };
    let caller = Caller::session(platform, application.livemode.0);
    let made = api
        .transact(&caller, move |cx| Box::pin(async move { done(webhook_endpoint::roll(cx, id, 0).await?) }));
    match made.await.and_then(settle) {
        Ok(secret) => Ok(Some(secret)),
        Err(Stop::Api(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}
