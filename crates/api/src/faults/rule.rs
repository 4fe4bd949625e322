//! One rule: what goes wrong, with which requests, and how often.
use base::Caller;
use std::{fmt, time::Duration};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request takes so much longer.
    Latency(Duration),
    /// The caller asks too often; nothing is done.
    RateLimit,
    /// Somebody else is at work on the object; nothing is done.
    LockTimeout,
    /// The server fails, with this status.
    Error(u16, When),
    /// The connection ends without an answer.
    Dropped(When),
    /// A bank declines the card that is charged.
    Decline(acquirer::Decline),
}

/// Whether the request is carried out although it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It fails first: nothing is done.
    Before,
    /// It is done, and the answer is lost.
    After,
}

/// How often, in a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub u32);

impl Rate {
    /// Every time.
    pub const ALWAYS: Rate = Rate(1_000_000);

    /// The rate that a number from 0 to 1 says, such as `0.25`; up to six decimals count.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return None;
        }
        let whole: u32 = whole.parse().ok()?;
        let part: u32 = format!("{part:0<6}").parse().ok()?;
        let rate = whole.checked_mul(Rate::ALWAYS.0)?.checked_add(part)?;
        (rate <= Rate::ALWAYS.0).then_some(Rate(rate))
    }
}

/// As a share of one.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / Rate::ALWAYS.0, self.0 % Rate::ALWAYS.0)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// What goes wrong.
    pub fault: Fault,
    /// With requests of this method only.
    pub method: Option<String>,
    /// With requests of this path only: `/v1/charges`, `/v1/charges/{id}` for each of them, or `/v1/charges/*` for all
    /// that begins so.
    pub route: Option<String>,
    /// With requests for this account, or by it.
    pub account: Option<String>,
    /// How often.
    pub rate: Rate,
    /// How many times more; without end where nobody says.
    pub left: Option<u64>,
    /// What `Stripe-Should-Retry` says.
    pub should_retry: Option<bool>,
    /// How often it was carried out.
    pub met: u64,
}

impl Rule {
    /// This fault, with every request.
    pub fn new(fault: Fault) -> Self {
        Rule {
            id: String::new(),
            fault,
            method: None,
            route: None,
            account: None,
            rate: Rate::ALWAYS,
            left: None,
            should_retry: None,
            met: 0,
        }
    }

    pub(super) fn fits(&self, met: &Met<'_>) -> bool {
        let of_account = |account: &String| {
            let caller = met.caller;
            caller.is_some_and(|it| it.account == *account || it.platform.as_ref() == Some(account))
        };
        self.method.as_ref().is_none_or(|method| method == met.method)
            && self.route.as_ref().is_none_or(|route| leads(route, met))
            && self.account.as_ref().is_none_or(of_account)
    }
}

/// A request, as rules look at it.
pub(crate) struct Met<'m> {
    pub(crate) method: &'m str,
    /// The path as it is declared.
    pub(crate) route: &'m str,
    /// The path as it was asked for.
    pub(crate) path: &'m str,
    pub(crate) caller: Option<&'m Caller>,
}

/// Whether a route of a rule leads to a request.
fn leads(route: &str, met: &Met<'_>) -> bool {
    let is_any = |part: &str| part.starts_with('{');
    let (mut declared, mut asked) = (met.route.split('/'), met.path.split('/'));
    for part in route.split('/') {
        match (declared.next(), asked.next()) {
            (Some(_), _) if part == "*" => return true,
            (Some(declared), Some(asked)) => {
                if part != asked && !(is_any(part) && is_any(declared)) {
                    return false;
                }
            }
            _ => return false,
        }
    }
    declared.next().is_none()
}
