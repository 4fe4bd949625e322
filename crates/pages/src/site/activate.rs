//! The account form for an account that was opened without it.

use api::{Api, Stop, done};
use base::Caller;
use resources::connect::account::{ApplicationForm, Problems, submit_application};
use resources::connect::account_link::door;
use resources::connect::user::settle;

use super::authorize::handed_in;
use super::reply::{Answer, page, see_other};
use super::setup::form_path;
use super::visit::{Notice, Visit};
use crate::views::Activate;
use crate::{Form, account_form, choices};

/// `GET /dashboard/account/activate`.
pub(crate) async fn show(visit: &mut Visit<'_>) -> Answer {
    let account = visit.person()?.current();
    if account.standing.0.is_some() {
        // What a platform controls gives its details where links of that platform lead.
        let id = account.id.clone();
        let home = format!("{}/dashboard", visit.api.world.origin);
        let token = door::welcome(visit.api, &id, &home).await?;
        visit.let_in(&token, door::SESSION_LIFETIME);
        return see_other(&form_path(&id));
    }
    if account.details_submitted {
        return see_other("/dashboard/account");
    }
    let mut form = Form::default();
    form.set("country", account.country.clone());
    form.set("bank_country", account.country.clone());
    form.set("currency", account.default_currency.as_str());
    for (name, known) in
        [("business_name", &account.business_profile.name), ("url", &account.business_profile.url)]
    {
        form.set(name, known.clone().unwrap_or_default());
    }
    form_page(visit, 200, form)
}

fn form_page(visit: &mut Visit<'_>, status: u16, form: Form) -> Answer {
    let view = Activate {
        chrome: visit.chrome(),
        form,
        countries: choices::countries(),
        currencies: choices::currencies(),
        business_types: choices::business_types(),
        development: visit.options.dev,
    };
    page(status, &view, None)
}

/// `POST /dashboard/account/activate`.
pub(crate) async fn hand_in(visit: &mut Visit<'_>) -> Answer {
    let account = visit.person()?.current();
    if account.details_submitted || account.standing.0.is_some() {
        return see_other("/dashboard/account");
    }
    let id = account.id.clone();
    let mut form = std::mem::take(&mut visit.fields).into_form();
    let today = visit.api.world.clock.now().date();
    let Some(checked) = account_form::check(&mut form, today, None) else {
        return form_page(visit, 422, form);
    };
    let problems = submit(visit.api, &id, &handed_in(visit, checked)).await?;
    if problems.is_empty() {
        visit.tell(Notice::ACTIVE);
        return see_other("/dashboard");
    }
    for (name, problem) in problems {
        form.refuse(name, problem);
    }
    form_page(visit, 422, form)
}

async fn submit(api: &Api, account: &str, form: &ApplicationForm) -> Result<Problems, Stop> {
    let caller = Caller::session(account, false);
    let submitted = api.transact(&caller, move |cx| {
        Box::pin(async move { done(submit_application(cx, account, form.clone()).await?.err()) })
    });
    Ok(settle(submitted.await?)?.unwrap_or_default())
}
