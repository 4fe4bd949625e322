//! Pages for everybody: the home page and the landing page for experiments.

use oauth::redirect::default_page;

use super::fields::pairs;
use super::reply::{Answer, page};
use super::visit::Visit;
use crate::views::{DefaultRedirect, DevHome, HomePublic, SampleSignIn};

/// The secret test key of the platform that exists on a `dev` server from its first start.
const SAMPLE_KEY: &str = "sk_test_TollbridgePlatformSecret";
/// The development client id of its application.
pub(crate) const SAMPLE_CLIENT: &str = "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7";
/// Its production client id.
pub(crate) const SAMPLE_PRODUCTION: &str = "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC";
/// Who may sign in there: their part, email and password.
const SAMPLE_PEOPLE: [(&str, &str, &str); 2] =
    [("Seller", "seller@example.com", "password"), ("Platform", "platform@example.com", "password")];

/// `GET /`.
pub(crate) async fn home(visit: &mut Visit<'_>) -> Answer {
    let dev = visit.options.dev.then(|| dev_home(&visit.api.world.origin));
    let view = HomePublic { chrome: visit.chrome(), dev, version: env!("CARGO_PKG_VERSION").to_owned() };
    page(200, &view, None)
}

fn dev_home(origin: &str) -> DevHome {
    let sign_ins = SAMPLE_PEOPLE.map(|(who, email, password)| SampleSignIn {
        who: who.to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
    });
    DevHome {
        base_url: origin.to_owned(),
        secret_key: SAMPLE_KEY.to_owned(),
        connect_url: format!(
            "/oauth/authorize?response_type=code&client_id={SAMPLE_CLIENT}&scope=read_write&stripe_landing=login&redirect_uri={}",
            super::platform::encode(&default_page(origin)),
        ),
        curl: format!(
            "curl {origin}/v1/charges \\\n  -u {SAMPLE_KEY}: \\\n  -d amount=1000 \\\n  -d currency=usd \\\n  -d source=tok_visa"
        ),
        sign_ins: sign_ins.into(),
    }
}

/// `GET /connect/default/oauth/test`: shows what an application would have received.
pub(crate) fn default_redirect(visit: &mut Visit<'_>) -> Answer {
    let query = pairs(visit.query().as_bytes());
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    // Only what looks like a code goes into a command that people paste.
    let plain =
        |code: &String| code.len() <= 100 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let code = value("code").filter(plain);
    let key = if visit.options.dev { SAMPLE_KEY } else { "YOUR_SECRET_KEY" };
    let view = DefaultRedirect {
        curl: format!(
            "curl {}/oauth/token \\\n  -d client_secret={key} \\\n  -d grant_type=authorization_code \\\n  -d code={}",
            visit.api.world.origin,
            code.as_deref().unwrap_or_default(),
        ),
        code,
        scope: value("scope"),
        state: value("state"),
        error: value("error"),
        error_description: value("error_description"),
    };
    page(200, &view, None)
}
