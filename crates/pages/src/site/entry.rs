//! Signing in, signing up and signing out, outside the connect flow.

use base::Currency;
use resources::connect::session;
use resources::connect::user::{SignUp as NewPerson, sign_up as enrol};
use url::form_urlencoded;

use super::people::{self, Entered};
use super::reply::{Answer, page, see_other};
use super::visit::{Notice, Visit};
use crate::account_form::check_entry;
use crate::views::{SignIn, SignUp};
use crate::{Form, choices};

/// Fewest characters of a new password.
pub(crate) const PASSWORD_MIN: u32 = 8;
/// Where people go who say nothing else.
const HOME: &str = "/dashboard";
/// The longest way to come back by.
const NEXT_MAX: usize = 4096;

/// A path that leads on to another one.
pub(crate) fn path_with_next(path: &str, next: &str) -> String {
    if next == HOME {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("{path}?{query}")
}

/// The path if it stays on this server: a sign-in page must not send people elsewhere.
fn local(next: &str) -> Option<String> {
    let plain = next.len() <= NEXT_MAX && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (plain && next.starts_with('/') && !next.starts_with("//")).then(|| next.to_owned())
}

fn asked_next(visit: &Visit<'_>) -> Option<String> {
    let query = super::fields::pairs(visit.query().as_bytes());
    query.iter().find(|(key, _)| key == "next").and_then(|(_, value)| local(value))
}

/// `GET /sign-in`.
pub(crate) fn show_sign_in(visit: &mut Visit<'_>) -> Answer {
    let next = asked_next(visit);
    if visit.signed_in.is_some() {
        return see_other(next.as_deref().unwrap_or(HOME));
    }
    sign_in_page(visit, 200, Form::default(), next)
}

fn sign_in_page(visit: &mut Visit<'_>, status: u16, form: Form, next: Option<String>) -> Answer {
    let sign_up_url = path_with_next("/sign-up", next.as_deref().unwrap_or(HOME));
    page(status, &SignIn { chrome: visit.chrome(), form, next, sign_up_url }, None)
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(visit: &mut Visit<'_>) -> Answer {
    let mut form = std::mem::take(&mut visit.fields).into_form();
    let next = local(form.text("next"));
    let (email, password) = (form.text("email").to_owned(), form.raw("password").to_owned());
    match people::sign_in(visit, &email, &password).await? {
        Entered::Yes => see_other(next.as_deref().unwrap_or(HOME)),
        Entered::No => {
            form.refuse_all(people::WRONG);
            sign_in_page(visit, 422, form, next)
        }
        Entered::Wait(wait) => {
            let back = path_with_next("/sign-in", next.as_deref().unwrap_or(HOME));
            Err(people::too_many(wait, back).into())
        }
    }
}

/// `GET /sign-up`.
pub(crate) fn show_sign_up(visit: &mut Visit<'_>) -> Answer {
    let next = asked_next(visit);
    if visit.signed_in.is_some() {
        return see_other(next.as_deref().unwrap_or(HOME));
    }
    let mut form = Form::default();
    form.set("country", DEFAULT_COUNTRY);
    sign_up_page(visit, 200, form, next)
}

/// The country that forms begin with.
pub(crate) const DEFAULT_COUNTRY: &str = "US";

fn sign_up_page(visit: &mut Visit<'_>, status: u16, form: Form, next: Option<String>) -> Answer {
    let view = SignUp {
        chrome: visit.chrome(),
        form,
        sign_in_url: path_with_next("/sign-in", next.as_deref().unwrap_or(HOME)),
        next,
        countries: choices::countries(),
        password_min: PASSWORD_MIN,
    };
    page(status, &view, None)
}

/// `POST /sign-up`.
pub(crate) async fn sign_up(visit: &mut Visit<'_>) -> Answer {
    let mut form = std::mem::take(&mut visit.fields).into_form();
    let next = local(form.text("next"));
    let Some(currency) = check_entry(&mut form, PASSWORD_MIN as usize).and_then(Currency::parse) else {
        return sign_up_page(visit, 422, form, next);
    };
    let person = NewPerson {
        email: form.text("email").to_owned(),
        password_hash: people::newcomer(visit, form.raw("password")).await?,
        business_name: form.text("business_name").to_owned(),
        country: form.text("country").to_owned(),
        currency,
    };
    match enrol(visit.api, &person).await? {
        Ok(signed_up) => {
            people::welcome(visit, &signed_up.user).await?;
            visit.tell(Notice::WELCOME);
            see_other(next.as_deref().unwrap_or(HOME))
        }
        Err(problems) => {
            for (name, problem) in problems {
                form.refuse(name, problem);
            }
            sign_up_page(visit, 422, form, next)
        }
    }
}

/// `POST /sign-out`.
pub(crate) async fn sign_out(visit: &mut Visit<'_>) -> Answer {
    end_session(visit).await?;
    visit.tell(Notice::SIGNED_OUT);
    see_other("/sign-in")
}

/// Ends the session here and on the server.
pub(crate) async fn end_session(visit: &mut Visit<'_>) -> Result<(), super::reply::Trouble> {
    if let Some(token) = visit.session_token() {
        session::sign_out(visit.api, &token).await?;
    }
    visit.end_session();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_never_leads_elsewhere() {
        assert_eq!(local("/dashboard/account?a=b").as_deref(), Some("/dashboard/account?a=b"));
        for hostile in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "javascript:x",
            "/ä",
            "dashboard",
        ] {
            assert_eq!(local(hostile), None, "{hostile:?}");
        }
    }

    #[test]
    fn the_way_back_survives_the_query() {
        assert_eq!(path_with_next("/sign-in", "/dashboard"), "/sign-in");
        assert_eq!(path_with_next("/sign-in", "/x?a=b&c=d"), "/sign-in?next=%2Fx%3Fa%3Db%26c%3Dd");
    }
}
