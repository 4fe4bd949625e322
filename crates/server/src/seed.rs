//! What is there from the first start of `serve`: the administrator; and what `dev` says when it is ready.
use crate::Failure;
use api::{Api, Stop, done};
use base::{Caller, Currency};
use resources::connect::user;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// What `dev` prints when it is ready.
pub(crate) const NOTICE: &str = "
  Tollbridge is ready for development.

  Click     {origin}/                       what there is
            {origin}/dashboard              platform@example.com / password
            {origin}/oauth/authorize?response_type=code&client_id=ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7&scope=read_write
                                            connect an account: seller@example.com / password

  Paste     curl {origin}/v1/charges -u sk_test_TollbridgePlatformSecret: -d amount=1000 -d currency=usd -d source=tok_visa

  Stop      Ctrl-C
";

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
    match user::sign_up(api, &new).await.map_err(failed)? {
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
        .map_err(failed)?;
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

pub(crate) fn failed(stop: Stop) -> Failure {
    let why = match stop {
        Stop::Fault(fault) => fault.to_string(),
        Stop::Api(error) => error.message,
        Stop::Again => "somebody else was writing".into(),
    };
    Failure(format!("What must be there from the start could not be made: {why}"))
}
