//! The connect flow: `/oauth/authorize`, from the first page to the way back to the application.
//!
//! Every form posts to the address that the person came by, so that nothing of the question is lost or kept here.

use base::Scope;
use oauth::connect::{self, Registration};
use oauth::{Ask, Landing, authorize};
use resources::connect::account::{ApplicationForm, BankForm};
use url::form_urlencoded;

use super::entry::{self, DEFAULT_COUNTRY, PASSWORD_MIN};
use super::people::{self, Entered};
use super::platform::card;
use super::reply::{Answer, found, json, page, see_other};
use super::visit::Visit;
use crate::account_form::{self, AccountApplication};
use crate::views::{
    ConnectAccountForm, ConnectConsent, ConnectSignIn, ConsentAccount, Flow, OauthError, Permission,
};
use crate::{Form, choices};

/// `GET /oauth/authorize`.
pub(crate) async fn show(visit: &mut Visit<'_>) -> Answer {
    let ask = match authorize::read(visit.api, visit.query()).await? {
        Ok(ask) => ask,
        Err(refusal) => return refuse(visit, &refusal),
    };
    if let Some(person) = &visit.signed_in {
        if let Some(url) = connect::already_connected(visit.api, &ask, &person.user).await? {
            return found(&url);
        }
        return consent(visit, &ask, 200, Form::default()).await;
    }
    match ask.landing {
        Landing::SignIn => sign_in_page(visit, &ask, 200, Form::default()),
        Landing::Register => {
            let known = ask.prefill.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let form = account_form::prefilled(known, DEFAULT_COUNTRY);
            account_form_page(visit, &ask, 200, form)
        }
    }
}

/// `POST /oauth/authorize`.
pub(crate) async fn act(visit: &mut Visit<'_>) -> Answer {
    let ask = match authorize::read(visit.api, visit.query()).await? {
        Ok(ask) => ask,
        Err(refusal) => return refuse(visit, &refusal),
    };
    match visit.fields.text("do") {
        "deny" => found(&ask.denied()),
        "sign_in" => sign_in(visit, &ask).await,
        "register" => register(visit, &ask).await,
        "skip" => match connect::skip_form(visit.api, &ask).await? {
            Ok(url) => found(&url),
            Err(refusal) => refuse(visit, &refusal),
        },
        "approve" => approve(visit, &ask).await,
        "sign_out" => {
            entry::end_session(visit).await?;
            see_other(&with_landing(visit, "login"))
        }
        _ => see_other(&visit.address()),
    }
}

async fn sign_in(visit: &mut Visit<'_>, ask: &Ask) -> Answer {
    let mut form = std::mem::take(&mut visit.fields).into_form();
    let (email, password) = (form.text("email").to_owned(), form.raw("password").to_owned());
    match people::sign_in(visit, &email, &password).await? {
        // The page that follows is another's: a reload of it must not sign in again.
        Entered::Yes => see_other(&visit.address()),
        Entered::No => {
            form.refuse_all(people::WRONG);
            sign_in_page(visit, ask, 422, form)
        }
        Entered::Wait(wait) => Err(people::too_many(wait, visit.address()).into()),
    }
}

async fn register(visit: &mut Visit<'_>, ask: &Ask) -> Answer {
    let mut form = std::mem::take(&mut visit.fields).into_form();
    let today = visit.api.world.clock.now().date();
    let Some(checked) = account_form::check(&mut form, today, Some(PASSWORD_MIN as usize)) else {
        return account_form_page(visit, ask, 422, form);
    };
    let registration = Registration {
        email: checked.email.clone(),
        password_hash: people::newcomer(visit, &checked.password).await?,
        form: handed_in(visit, checked),
        old_token: visit.session_token(),
    };
    match connect::register(visit.api, ask, &registration).await? {
        Ok(registered) => {
            people::enter(visit, registered.started).await?;
            found(&registered.url)
        }
        Err(problems) => {
            for (name, problem) in problems {
                form.refuse(name, problem);
            }
            account_form_page(visit, ask, 422, form)
        }
    }
}

/// The form as it is handed in, with where it came from: with it the terms are accepted.
pub(crate) fn handed_in(visit: &Visit<'_>, it: AccountApplication) -> ApplicationForm {
    ApplicationForm {
        country: it.country,
        business_type: it.business_type,
        business_name: it.business_name,
        url: it.url,
        product_description: it.product_description,
        statement_descriptor: it.statement_descriptor,
        first_name: it.first_name,
        last_name: it.last_name,
        born: it.born,
        phone: it.phone,
        street: it.street,
        city: it.city,
        state: it.state,
        zip: it.zip,
        bank: BankForm {
            country: it.bank.country,
            currency: it.bank.currency,
            routing_number: it.bank.routing_number,
            account_number: it.bank.account_number,
        },
        ip: Some(visit.peer.to_canonical().to_string()),
        user_agent: visit.user_agent(),
    }
}

async fn approve(visit: &mut Visit<'_>, ask: &Ask) -> Answer {
    let account = visit.fields.text("account").to_owned();
    let Some(person) = &visit.signed_in else { return see_other(&visit.address()) };
    if person.account(&account).is_none() {
        let mut form = Form::default();
        form.refuse("account", "Choose the account that you want to connect");
        return consent(visit, ask, 422, form).await;
    }
    match connect::approve(visit.api, ask, &person.user, &account).await? {
        Ok(url) => found(&url),
        Err(refusal) => {
            let mut form = Form::default();
            form.refuse("account", refusal.description);
            consent(visit, ask, 422, form).await
        }
    }
}

// The pages.

fn sign_in_page(visit: &mut Visit<'_>, ask: &Ask, status: u16, form: Form) -> Answer {
    let flow = flow(visit, ask, "register");
    page(status, &ConnectSignIn { chrome: visit.chrome(), flow, form }, Some(&ask.redirect_uri))
}

fn account_form_page(visit: &mut Visit<'_>, ask: &Ask, status: u16, form: Form) -> Answer {
    let view = ConnectAccountForm {
        flow: flow(visit, ask, "login"),
        chrome: visit.chrome(),
        form,
        countries: choices::countries(),
        currencies: choices::currencies(),
        business_types: choices::business_types(),
        password_min: PASSWORD_MIN,
        terms_url: None,
    };
    page(status, &view, Some(&ask.redirect_uri))
}

async fn consent(visit: &mut Visit<'_>, ask: &Ask, status: u16, form: Form) -> Answer {
    let flow = flow(visit, ask, "login");
    let Some(person) = &visit.signed_in else { return see_other(&visit.address()) };
    let candidates = connect::candidates(visit.api, ask, &person.user).await?;
    let current = person.current().id.clone();
    let signed_in_as = person.user.email.clone();
    let accounts: Vec<_> = candidates
        .into_iter()
        .map(|it| ConsentAccount {
            name: people::shown_name(&it.id, &it.name),
            id: it.id,
            connected: it.connected.is_some(),
        })
        .collect();
    let view = ConnectConsent {
        chrome: visit.chrome(),
        flow,
        form,
        chosen: accounts.iter().find(|it| it.id == current).map(|it| it.id.clone()),
        accounts,
        signed_in_as,
    };
    page(status, &view, Some(&ask.redirect_uri))
}

fn flow(visit: &Visit<'_>, ask: &Ask, other: &str) -> Flow {
    Flow {
        application: card(&ask.application),
        scope: permission(ask.scope),
        development: ask.is_development(),
        skip: ask.may_skip(),
        action: visit.address(),
        switch_url: with_landing(visit, other),
    }
}

/// What a scope is called on pages.
pub(crate) fn permission(scope: Scope) -> Permission {
    match scope {
        Scope::ReadOnly => Permission::ReadOnly,
        Scope::ReadWrite => Permission::ReadWrite,
    }
}

/// The same question with another page first; the rest of the query stays as it came.
fn with_landing(visit: &Visit<'_>, landing: &str) -> String {
    let is_landing = |pair: &str| {
        form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == "stripe_landing")
    };
    let mut query: Vec<&str> = visit.query().split('&').filter(|pair| !is_landing(pair)).collect();
    let chosen = format!("stripe_landing={landing}");
    query.push(&chosen);
    format!("{}?{}", visit.path(), query.join("&"))
}

/// A question that cannot be put to a person. It never redirects: where to is what may be wrong.
fn refuse(visit: &Visit<'_>, refusal: &oauth::Refusal) -> Answer {
    refusal.count();
    if !visit.wants_page() {
        return Ok(json(refusal.status, refusal.to_json().to_vec()));
    }
    let hint = match refusal.error {
        Some("invalid_redirect_uri") => Some(
            "Is this your application? List this address, letter for letter, under Redirect URIs in its settings.",
        ),
        None => Some("Is this your application? Its client ids stand in its settings, in the dashboard."),
        _ => None,
    };
    let view = OauthError {
        code: refusal.error.unwrap_or("invalid_client").to_owned(),
        message: refusal.description.clone(),
        detail: None,
        hint: hint.map(str::to_owned),
        request_id: Some(visit.request.clone()),
    };
    page(refusal.status, &view, None)
}
