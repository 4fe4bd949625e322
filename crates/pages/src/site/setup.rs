//! Where somebody gives the details of an account that a platform controls: an account link opens it once, for one
//! browser and an hour. What is typed goes to the API as if the account itself had sent it, so there is one opinion of
//! what is right.
mod fields;

use api::Stop;
use base::{ApiError, Caller};
use resources::connect::account::DashboardType;
use resources::connect::account_link::Collect;
use resources::connect::account_link::door::{self, Guest, Knocked, Purpose};
use resources::connect::application::Application;
use resources::connect::user::{self, Heir};
use wire::Node;

use super::people::{self, Account};
use super::platform::card;
use super::reply::{Answer, Refusal, Trouble, found, page, see_other};
use super::visit::Visit;
use crate::Form;
use crate::views::{ApplicationCard, Setup, SetupSignIn};
use fields::Asked;

/// Where the form is, by account.
const FORM: &str = "/connect/onboarding/";

/// The account in a path under which an account link, a login link or what they open is.
pub(crate) fn account_of(path: &str) -> Option<&str> {
    let (door, rest) = split(path)?;
    let account = rest.split('/').next().filter(|id| plain(id))?;
    let secret = rest.get(account.len() + 1..);
    let fits = match door {
        Place::Setup | Place::Login => secret.is_some_and(plain),
        Place::Form | Place::Express => {
            secret.is_none() || (door == Place::Express && secret == Some("leave"))
        }
    };
    fits.then_some(account)
}

/// What is at a path under `/connect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An account link.
    Setup,
    /// What it opens.
    Form,
    /// A login link.
    Login,
    /// What it opens.
    Express,
}

/// What is at this path, and what follows.
pub(crate) fn split(path: &str) -> Option<(Place, &str)> {
    [
        (Place::Setup, "/connect/setup/"),
        (Place::Form, FORM),
        (Place::Login, "/connect/login/"),
        (Place::Express, super::express::PAGE),
    ]
    .into_iter()
    .find_map(|(place, prefix)| Some((place, path.strip_prefix(prefix)?)))
}

fn plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Where the form of an account is.
pub(crate) fn form_path(account: &str) -> String {
    format!("{FORM}{account}")
}

/// `GET /connect/setup/{account}/{secret}` and `GET /connect/login/{account}/{secret}`.
pub(crate) async fn enter(visit: &mut Visit<'_>, rest: &str, login: bool) -> Answer {
    // Whoever only looks whether the link is there must not use it up.
    if visit.head.method == http::Method::HEAD {
        return page(200, &note("This link opens once", "Open it in a browser."), None);
    }
    let (account, secret) = rest.split_once('/').unwrap_or_default();
    match door::knock(visit.api, account, secret, login).await? {
        Knocked::Open { token, .. } => {
            visit.let_in(&token, door::SESSION_LIFETIME);
            if login { see_other(&super::express::path(account)) } else { see_other(&form_path(account)) }
        }
        Knocked::Shut(Some(refresh)) => found(&refresh),
        Knocked::Shut(None) | Knocked::None => Err(spent().into()),
    }
}

fn note(title: &str, message: &str) -> crate::views::Note {
    crate::views::Note { title: title.to_owned(), message: message.to_owned() }
}

/// A link that opens nothing.
pub(crate) fn spent() -> Refusal {
    let message = "Such a link opens once, and only for a few minutes. Go back to where you got it and ask for another one.";
    Refusal::new(410, "This link no longer works", message)
}

/// Who was let in to an account, with the account and the application that asks.
pub(crate) async fn guest(
    visit: &Visit<'_>,
    account: &str,
) -> Result<(Guest, Account, ApplicationCard), Trouble> {
    let Some(token) = visit.guest_token() else { return Err(spent().into()) };
    let guest = door::guest(visit.api, &token).await?.filter(|guest| guest.account == account);
    let guest = guest.ok_or_else(spent)?;
    let Some((account, application)) = door::behind(visit.api, account).await? else {
        return Err(Refusal::not_found().into());
    };
    Ok((guest, account, application_card(application.as_ref())))
}

fn application_card(application: Option<&Application>) -> ApplicationCard {
    match application {
        Some(application) => card(application),
        None => ApplicationCard { name: "Your platform".to_owned(), url: None, host: None, icon_url: None },
    }
}

/// `GET /connect/onboarding/{account}`.
pub(crate) async fn show(visit: &mut Visit<'_>, account: &str) -> Answer {
    let (guest, account, application) = guest(visit, account).await?;
    let asked = ask(visit, &guest, &account).await?;
    if asked.is_empty() && !needs_owner(&account) {
        return finish(visit, &guest, &account).await;
    }
    let form = asked.filled();
    form_page(visit, 200, form, &guest, &account, application, &asked)
}

/// What is asked for now.
async fn ask(visit: &Visit<'_>, guest: &Guest, account: &Account) -> Result<Asked, Trouble> {
    let body = call(visit, account, "GET", "/v1/account", Node::Map(Vec::new())).await?;
    let known = Node::parse(&body).map_err(|error| api::fault(error.to_string()))?.into_owned();
    let eventually = guest.collect == Collect::EventuallyDue;
    Ok(Asked::of(account, known, eventually, guest.purpose == Purpose::AccountUpdate))
}

/// Whether the account will have a dashboard of its own, and nobody has a sign-in for it yet.
fn needs_owner(account: &Account) -> bool {
    account.controller.dashboard() == DashboardType::Full && account.owner.0.is_none()
}

fn form_page(
    visit: &mut Visit<'_>,
    status: u16,
    form: Form,
    guest: &Guest,
    account: &Account,
    application: ApplicationCard,
    asked: &Asked,
) -> Answer {
    let action = form_path(&account.id);
    let sign_in = needs_owner(account).then(|| SetupSignIn {
        email: visit.signed_in.as_ref().map(|it| it.user.email.clone()),
        url: super::entry::path_with_next("/sign-in", &action),
    });
    let view = Setup {
        chrome: visit.chrome(),
        form,
        action,
        application,
        update: guest.purpose == Purpose::AccountUpdate,
        first_step: asked.is_first(),
        test: !account.modes().contains(&true),
        sections: asked.sections(),
        terms: asked.terms,
        sign_in,
        password_min: super::entry::PASSWORD_MIN,
    };
    page(status, &view, guest.return_url.as_deref())
}

/// `POST /connect/onboarding/{account}`.
pub(crate) async fn act(visit: &mut Visit<'_>, account: &str) -> Answer {
    let (guest, account, application) = guest(visit, account).await?;
    let what = visit.fields.text("do").to_owned();
    if what == "leave" {
        return leave(&guest, &account);
    }
    let asked = ask(visit, &guest, &account).await?;
    let mut form = std::mem::take(&mut visit.fields).into_form();
    if what == "test" && !account.modes().contains(&true) {
        let form = asked.test_values();
        return form_page(visit, 200, form, &guest, &account, application, &asked);
    }
    asked.check(&mut form);
    let heir = heir(visit, &account, &mut form).await?;
    if form.is_sound() {
        if let Some(heir) = heir {
            adopt(visit, &account, &heir, &mut form).await?;
        }
        if form.is_sound() {
            send(visit, &account, &asked, &mut form).await?;
        }
    }
    if !form.is_sound() {
        return form_page(visit, 422, form, &guest, &account, application, &asked);
    }
    let Some((account, _)) = door::behind(visit.api, &account.id).await? else {
        return Err(Refusal::not_found().into());
    };
    // What is wanted next follows from what was said; the same again would be no use.
    let next = ask(visit, &guest, &account).await?;
    if guest.purpose == Purpose::AccountOnboarding && next.asks_more_than(&asked) {
        return see_other(&form_path(&account.id));
    }
    finish(visit, &guest, &account).await
}

/// Who is to own the account, where somebody is.
async fn heir(visit: &Visit<'_>, account: &Account, form: &mut Form) -> Result<Option<Heir>, Trouble> {
    if !needs_owner(account) {
        return Ok(None);
    }
    if let Some(signed_in) = &visit.signed_in {
        return Ok(Some(Heir::Known(signed_in.user.id.clone())));
    }
    if !user::is_email(form.text("email")) {
        form.refuse("email", "Enter an email address, such as name@example.com");
    }
    if form.raw("password").chars().count() < super::entry::PASSWORD_MIN as usize {
        form.refuse("password", format!("Use at least {} characters", super::entry::PASSWORD_MIN));
    }
    if !form.is_sound() {
        return Ok(None);
    }
    let hash = people::newcomer(visit, form.raw("password")).await?;
    Ok(Some(Heir::Newcomer(form.text("email").to_owned(), hash)))
}

async fn adopt(
    visit: &mut Visit<'_>,
    account: &Account,
    heir: &Heir,
    form: &mut Form,
) -> Result<(), Trouble> {
    match user::adopt(visit.api, &account.id, heir).await? {
        Ok(user) => {
            if visit.signed_in.is_none() {
                people::welcome(visit, &user).await?;
            }
        }
        Err(problems) => problems.into_iter().for_each(|(name, problem)| form.refuse(name, problem)),
    }
    Ok(())
}

/// Sends what was typed to the API; what it refuses is said at the field.
async fn send(visit: &Visit<'_>, account: &Account, asked: &Asked, form: &mut Form) -> Result<(), Trouble> {
    let now = visit.api.world.clock.now();
    let terms = asked.terms.then(|| (now, visit.peer.to_canonical().to_string(), visit.user_agent()));
    for ask in asked.requests(account, form, terms) {
        match call(visit, account, "POST", &ask.path, ask.params).await {
            Ok(_) => {}
            Err(error) if error.status < 500 => {
                let name = error.param.as_deref().and_then(|param| asked.field_of(&ask.prefix, param));
                match name {
                    Some(name) => form.refuse(&name, error.message),
                    None => form.refuse_all(error.message),
                }
                return Ok(());
            }
            Err(error) => return Err(Stop::from(error).into()),
        }
    }
    Ok(())
}

/// Calls the API as the account itself.
async fn call(
    visit: &Visit<'_>,
    account: &Account,
    method: &str,
    path: &str,
    params: Node<'static>,
) -> Result<bytes::Bytes, ApiError> {
    let live = account.modes().contains(&true);
    let caller = Caller { request: visit.request.clone(), ..Caller::session(account.id.clone(), live) };
    visit.api.call_as(&caller, method, path, params).await
}

async fn finish(visit: &Visit<'_>, guest: &Guest, account: &Account) -> Answer {
    if guest.purpose == Purpose::AccountOnboarding && !account.details_submitted {
        door::hand_in(visit.api, &account.id).await?;
    }
    leave(guest, account)
}

/// Back to where the link came from.
fn leave(guest: &Guest, account: &Account) -> Answer {
    match &guest.return_url {
        Some(url) => found(url),
        None => see_other(&super::express::path(&account.id)),
    }
}
