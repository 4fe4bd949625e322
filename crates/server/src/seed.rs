//! What is there from the first start: in `dev` the platform and the person that the guides name, in `serve`
//! the first administrator.
use crate::Failure;
use api::{Api, Cx, Outcome, Stop, done};
use base::{Caller, Currency};
use oauth::applications::{Ids, Settings};
use resources::connect::{
    account::{self, Account, ApplicationForm, BankForm, Keys, NewAccount},
    user,
};
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// argon2id of `password`, which is no secret: the guides name it. Hashing it anew would take the first start
/// longer than everything else together.
const PASSWORD: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YRgw02QaaPlKaQ3MJdH0sA$knlbm0MKMJu7jBqXkHt4VZO4sJhK0fJeNyJccynjlAg";

const PLATFORM: &str = "acct_platform";
const SELLER: &str = "acct_seller";
const DEVELOPMENT: &str = "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7";
const PRODUCTION: &str = "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC";

/// What `dev` prints when it is ready.
const NOTICE: &str = "
  Tollbridge is ready for development.

  Click     {origin}/                       what there is
            {origin}/dashboard              platform@example.com / password
            {origin}/oauth/authorize?response_type=code&client_id=ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7&scope=read_write
                                            connect an account: seller@example.com / password

  Paste     curl {origin}/v1/charges -u sk_test_TollbridgePlatformSecret: -d amount=1000 -d currency=usd -d source=tok_visa

  Stop      Ctrl-C
";

/// Makes the known platform, its application and the known seller, where they are missing; returns what to print.
pub(crate) async fn dev(api: &Api) -> Result<String, Failure> {
    let caller = Caller::system("", false);
    let made = api.transact(&caller, |cx| Box::pin(known(cx))).await.map_err(|stop| failed(api, stop))?;
    if matches!(made, api::Reply::Done(true)) {
        let settings = Settings {
            name: "Acme Storefronts".into(),
            url: Some("https://storefronts.example.com".into()),
            icon: None,
            ..Settings::default()
        };
        let ids = Ids { development: DEVELOPMENT.into(), production: PRODUCTION.into() };
        let saved = oauth::applications::save(api, PLATFORM, &settings, Some(&ids));
        if let Err(problems) = saved.await.map_err(|stop| failed(api, stop))? {
            return Err(Failure(format!("The known application could not be made: {problems:?}")));
        }
    }
    Ok(NOTICE.to_owned())
}

/// Whether the known accounts were made just now.
async fn known(cx: &mut Cx<'_>) -> Outcome<bool> {
    if cx.get::<Account>(PLATFORM).await?.is_some() {
        return done(false);
    }
    let keys = Keys {
        secret_test: "sk_test_TollbridgePlatformSecret".into(),
        publishable_test: "pk_test_TollbridgePlatformPublic".into(),
        secret_live: Some("sk_live_TollbridgePlatformSecret".into()),
        publishable_live: Some("pk_live_TollbridgePlatformPublic".into()),
    };
    person(cx, "platform@example.com", PLATFORM, keys, "Acme Storefronts")?;
    let keys = Keys {
        secret_test: "sk_test_TollbridgeSellerSecret01".into(),
        publishable_test: "pk_test_TollbridgeSellerPublic01".into(),
        secret_live: None,
        publishable_live: None,
    };
    person(cx, "seller@example.com", SELLER, keys, "Selma's Ceramics")?;
    done(true)
}

fn person(cx: &mut Cx<'_>, email: &str, id: &str, keys: Keys, business: &str) -> Result<(), Stop> {
    let mut user = user::enrol(cx, email, PASSWORD);
    let new = NewAccount {
        id: Some(id.into()),
        keys: Some(keys),
        business_name: Some(business.into()),
        ..NewAccount::new(None, Some(email), "US", Currency::USD)
    };
    let opened = user::open_account(cx, &mut user, new);
    let form = ApplicationForm {
        country: "US".into(),
        business_type: "sole_prop".into(),
        business_name: business.into(),
        url: "https://shop.example.com".into(),
        product_description: "Handmade goods, sold online".into(),
        statement_descriptor: business.to_uppercase().replace('\'', ""),
        first_name: "Selma".into(),
        last_name: "Person".into(),
        born: (1980, 1, 2),
        phone: Some("2025550123".into()),
        street: "1 Main Street".into(),
        city: "Springfield".into(),
        state: Some("IL".into()),
        zip: Some("62701".into()),
        bank: BankForm {
            country: "US".into(),
            currency: "usd".into(),
            routing_number: Some("110000000".into()),
            account_number: "000123456789".into(),
        },
        ip: None,
        user_agent: None,
    };
    match account::take_in(cx, opened.account, form)? {
        Ok(_) => Ok(()),
        Err(problems) => Err(api::fault(format!("the known account form has mistakes: {problems:?}"))),
    }
}

/// Asks for the first administrator where nobody is there yet; returns what to print.
pub(crate) async fn serve(api: &Api) -> Result<String, Failure> {
    if somebody(api).await? {
        return Ok(String::new());
    }
    let (email, password) = administrator()?;
    let entropy = api.world.entropy.clone();
    let hash = tokio::task::spawn_blocking(move || vault::hash_password(&password, &*entropy));
    let hash = hash.await.map_err(|e| Failure(e.to_string()))?.map_err(|e| Failure(format!("{e:?}")))?;
    let new = user::SignUp {
        email,
        password_hash: hash,
        business_name: String::new(),
        country: "US".into(),
        currency: Currency::USD,
    };
    match user::sign_up(api, &new).await.map_err(|stop| failed(api, stop))? {
        Ok(made) => Ok(format!(
            "\n  Signed up {}. Its keys are shown now and never again:\n\n    {}\n    {}\n    {}\n    {}\n\n  Sign in at {{origin}}/sign-in and register your application.\n",
            made.user.email,
            made.opened.keys.secret_test,
            made.opened.keys.publishable_test,
            made.opened.keys.secret_live.unwrap_or_default(),
            made.opened.keys.publishable_live.unwrap_or_default(),
        )),
        // Another node was first.
        Err(_) if somebody(api).await? => Ok(String::new()),
        Err(problems) => {
            let said: Vec<String> = problems.into_iter().map(|(_, problem)| problem).collect();
            Err(Failure(format!("The first administrator can't be signed up: {}.", said.join("; "))))
        }
    }
}

/// Whether anybody is there.
async fn somebody(api: &Api) -> Result<bool, Failure> {
    let caller = Caller::system("", false);
    let found = api
        .transact(&caller, |cx| {
            Box::pin(async move { done(!cx.all_by::<user::User>("", false, None, 1).await?.is_empty()) })
        })
        .await
        .map_err(|stop| failed(api, stop))?;
    Ok(matches!(found, api::Reply::Done(true)))
}

/// From the environment, else from the person at the terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "configuration: a password does not belong into a file or a flag"
)]
fn administrator() -> Result<(String, String), Failure> {
    let of = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    if let (Some(email), Some(password)) = (of("TOLLBRIDGE_ADMIN_EMAIL"), of("TOLLBRIDGE_ADMIN_PASSWORD")) {
        return Ok((email, password));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure(
            "Nobody can sign in yet. Set TOLLBRIDGE_ADMIN_EMAIL and TOLLBRIDGE_ADMIN_PASSWORD for the first start, or start `tollbridge serve` in a terminal and answer its questions.".into(),
        ));
    }
    eprintln!("This is the first start. Who is the administrator?");
    let email = asked("  email: ")?;
    let password = asked("  password (it is shown as you type; 8 characters or more): ")?;
    if password.chars().count() < 8 {
        return Err(Failure("The password must have 8 characters or more.".into()));
    }
    Ok((email, password))
}

fn asked(question: &str) -> Result<String, Failure> {
    let unheard = |e: std::io::Error| Failure(format!("The terminal can't be read: {e}."));
    let mut out = std::io::stderr();
    write!(out, "{question}").and_then(|()| out.flush()).map_err(unheard)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(unheard)?;
    Ok(line.trim().to_owned())
}

fn failed(api: &Api, stop: Stop) -> Failure {
    let why = match &stop {
        Stop::Fault(fault) => fault.to_string(),
        _ => api.to_error("start", stop).message,
    };
    Failure(format!("What must be there from the start could not be made: {why}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_known_password_is_password() {
        assert_eq!(vault::verify_password("password", super::PASSWORD), Ok(true));
    }
}
