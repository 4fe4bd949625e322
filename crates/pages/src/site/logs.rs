//! The last requests of an account, as this process remembers them.

use api::Logged;

use super::fields::pairs;
use super::reply::{Answer, Refusal, page};
use super::visit::Visit;
use crate::views::{Log, Logs, Note, RequestRow};

/// Where they are.
pub(crate) const LOGS: &str = "/dashboard/logs";
/// Requests on one page.
const PAGE: usize = 100;
/// Where a request of a mode is, with its id behind.
const OF_TEST: &str = "/dashboard/test/logs/";
const OF_LIVE: &str = "/dashboard/logs/";

/// The request that a path names, as `request_log_url` of an error does, and its mode.
pub(crate) fn named(path: &str) -> Option<(&str, bool)> {
    let (id, live) = match path.strip_prefix(OF_TEST) {
        Some(id) => (id, false),
        None => (path.strip_prefix(OF_LIVE)?, true),
    };
    let plain = id.starts_with("req_")
        && id.len() <= 60
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plain.then_some((id, live))
}

fn row(it: &Logged) -> RequestRow {
    RequestRow {
        id: it.id.clone(),
        page: format!("{}{}", if it.livemode { OF_LIVE } else { OF_TEST }, it.id),
        method: it.method.clone(),
        path: it.path.clone(),
        status: it.status,
        message: it.error.as_ref().and_then(|error| error.message.clone()),
        at: it.at,
        ms: it.us / 1000,
    }
}

/// `GET /dashboard/logs`: those of test mode, and with `live` those of live mode.
pub(crate) fn list(visit: &mut Visit<'_>) -> Answer {
    let account = visit.person()?.current().id.clone();
    let livemode = pairs(visit.query().as_bytes()).iter().any(|(key, _)| key == "live");
    let requests = visit.api.log.recent(&account, livemode, PAGE);
    let view =
        Logs { chrome: visit.chrome(), livemode, requests: requests.iter().map(|it| row(it)).collect() };
    page(200, &view, None)
}

/// `GET /dashboard/test/logs/{id}`: one of them, for whoever is signed in to its account; everybody else, and
/// whoever asks for what is no longer remembered, hears where else to look.
pub(crate) fn show(visit: &mut Visit<'_>, path: &str) -> Answer {
    let Some((id, livemode)) = named(path) else { return Err(Refusal::not_found().into()) };
    let account = visit.person().ok().map(|person| person.current().id.clone());
    let Some(it) = account.and_then(|account| visit.api.log.find(&account, livemode, id)) else {
        let message = format!(
            "Sign in to the account that sent the request {id} to see it here, as long as the server remembers it. What happened stands in the log of this server, too, in the lines that name it. Whoever runs the server can read it."
        );
        return page(200, &Note { title: "Look in the server's log".to_owned(), message }, None);
    };
    let error = it.error.clone().unwrap_or_default();
    let view = Log {
        chrome: visit.chrome(),
        livemode,
        request: row(&it),
        account: it.account.clone(),
        platform: it.platform.clone(),
        version: it.version.to_string(),
        client: it.client.map(|client| client.to_canonical().to_string()),
        error_type: error.kind,
        code: error.code,
        param: error.param,
    };
    page(200, &view, None)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn paths_name_requests() {
        assert_eq!(named("/dashboard/test/logs/req_1Abc"), Some(("req_1Abc", false)));
        assert_eq!(named("/dashboard/logs/req_1Abc"), Some(("req_1Abc", true)));
        for path in [
            "/dashboard/logs",
            "/dashboard/logs/",
            "/dashboard/logs/evt_1",
            "/dashboard/logs/req_1/x",
            "/dashboard/logs/req_<b>",
        ] {
            assert_eq!(named(path), None, "{path}");
        }
    }
}
