//! The last requests of this process, in memory: what somebody looks at who wonders what their program asked. A
//! request that is answered leaves a line here and waits for nobody; who wants more than the last ones reads along.
use base::{Caller, Version};
use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::broadcast;
use wire::Node;

/// How many requests are remembered. A line takes some 300 bytes.
const KEPT: usize = 10_000;
/// The same for each of the worlds of `dev`, of which there may be hundreds.
const KEPT_IN_DEV: usize = 1_000;
/// How far somebody who reads along may fall behind before lines pass them by.
const BEHIND: usize = 256;
/// At most this many characters of a path are kept.
const PATH_MAX: usize = 255;

/// One request that was answered. Neither its query nor its parameters are kept: they may hold a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// `req_…`.
    pub id: String,
    /// When it was answered, Unix seconds of the world's clock.
    pub at: i64,
    /// Whose data was asked for.
    pub account: String,
    /// The platform that asked for it, where that was somebody else.
    pub platform: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// How long it took, in microseconds.
    pub us: u64,
    /// The version of the API that was spoken.
    pub version: Version,
    /// Where it came from.
    pub client: Option<IpAddr>,
    /// What was wrong with it.
    pub error: Option<Wrong>,
}

/// What the answer said was wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wrong {
    /// `type`.
    pub kind: Option<String>,
    /// `code`.
    pub code: Option<String>,
    /// `decline_code`.
    pub decline_code: Option<String>,
    /// The sentence.
    pub message: Option<String>,
    /// The parameter at fault.
    pub param: Option<String>,
    /// The charge that failed.
    pub charge: Option<String>,
}

impl Wrong {
    /// What the body of an answer says.
    pub(crate) fn of(body: &[u8]) -> Self {
        let Ok(tree) = Node::parse(body) else { return Wrong::default() };
        let text = |name: &str| tree.get("error")?.get(name)?.as_str().map(str::to_owned);
        Wrong {
            kind: text("type"),
            code: text("code"),
            decline_code: text("decline_code"),
            message: text("message"),
            param: text("param"),
            charge: text("charge"),
        }
    }
}

impl Logged {
    /// Whether an account may see it: it was about its data, or it asked.
    pub fn concerns(&self, account: &str, livemode: bool) -> bool {
        self.livemode == livemode && (self.account == account || self.platform.as_deref() == Some(account))
    }
}

/// What is known of a request besides who asked.
pub(crate) struct Asked<'q> {
    pub(crate) method: &'q str,
    pub(crate) path: &'q str,
    pub(crate) status: u16,
    pub(crate) us: u64,
    pub(crate) at: i64,
    pub(crate) client: Option<IpAddr>,
    pub(crate) error: Option<Wrong>,
}

/// The last requests.
#[derive(Debug)]
pub struct RequestLog {
    kept: Mutex<VecDeque<Arc<Logged>>>,
    most: usize,
    told: broadcast::Sender<Arc<Logged>>,
}

impl RequestLog {
    pub(crate) fn new(dev: bool) -> Self {
        RequestLog {
            kept: Mutex::default(),
            most: if dev { KEPT_IN_DEV } else { KEPT },
            told: broadcast::Sender::new(BEHIND),
        }
    }
    pub(crate) fn note(&self, caller: &Caller, asked: Asked<'_>) {
        let Asked { method, path, status, us, at, client, error } = asked;
        let line = Arc::new(Logged {
            id: caller.request.clone(),
            at,
            account: caller.account.clone(),
            platform: caller.platform.clone(),
            livemode: caller.livemode,
            method: method.to_owned(),
            path: path.chars().take(PATH_MAX).collect(),
            status,
            us,
            version: caller.version,
            client,
            error,
        });
        // Nobody reads along, usually; that is no failure.
        let _ = self.told.send(line.clone());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == self.most {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    /// The last requests that an account may see, newest first, at most `limit`.
    pub fn recent(&self, account: &str, livemode: bool, limit: usize) -> Vec<Arc<Logged>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().filter(|line| line.concerns(account, livemode)).take(limit).cloned().collect()
    }
    /// The request with this id, where the account may see it and it is still remembered.
    pub fn find(&self, account: &str, livemode: bool, id: &str) -> Option<Arc<Logged>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().find(|line| line.id == id && line.concerns(account, livemode)).cloned()
    }
    /// Every request from here on, of all accounts; whoever falls behind misses some and is told how many.
    pub fn follow(&self) -> broadcast::Receiver<Arc<Logged>> {
        self.told.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(log: &RequestLog, account: &str, platform: Option<&str>, id: &str) {
        let caller = Caller {
            request: id.to_owned(),
            platform: platform.map(str::to_owned),
            ..Caller::system(account, false)
        };
        let body = br#"{"error":{"type":"card_error","code":"card_declined","message":"no"}}"#;
        let error = Some(Wrong::of(body));
        log.note(
            &caller,
            Asked { method: "POST", path: "/v1/charges", status: 402, us: 7, at: 5, client: None, error },
        );
    }

    #[test]
    fn an_account_sees_its_own_requests_and_a_platform_those_it_made() {
        let log = RequestLog::new(true);
        ask(&log, "acct_1", None, "req_1");
        ask(&log, "acct_1", Some("acct_2"), "req_2");
        ask(&log, "acct_3", None, "req_3");
        let ids = |account| -> Vec<String> {
            log.recent(account, false, 10).iter().map(|line| line.id.clone()).collect()
        };
        assert_eq!(ids("acct_1"), ["req_2", "req_1"]);
        assert_eq!(ids("acct_2"), ["req_2"]);
        assert!(log.recent("acct_1", true, 10).is_empty());
        assert!(log.find("acct_2", false, "req_1").is_none());
        let found = log.find("acct_1", false, "req_1").unwrap();
        assert_eq!(found.error.as_ref().and_then(|it| it.code.as_deref()), Some("card_declined"));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_who_reads_along_holds_nobody_up() {
        let log = RequestLog::new(true);
        let mut behind = log.follow();
        for n in 0..KEPT_IN_DEV + 5 {
            ask(&log, "acct_1", None, &format!("req_{n}"));
        }
        assert_eq!(log.recent("acct_1", false, usize::MAX).len(), KEPT_IN_DEV);
        assert!(log.find("acct_1", false, "req_4").is_none());
        assert!(matches!(behind.try_recv(), Err(broadcast::error::TryRecvError::Lagged(_))));
    }
}
