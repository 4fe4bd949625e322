//! Faults on demand over HTTP: rules are made, told and taken away; and what they do to requests for access tokens.
use super::{map, word};
use crate::routes::text;
use api::{
    HangUp, Stop,
    faults::{Fault, Faults, Rate, Rule, Strike, When},
};
use base::ApiError;
use http::{HeaderValue, Method, Response, header, request::Parts};
use std::time::Duration;
use store::Bytes;
use wire::{Node, Wire};

/// Where they are.
const PATH: &str = "/_tollbridge/faults";
/// The longest delay, in milliseconds: a client has given up by then.
const LATENCY_MAX: i64 = 120_000;
/// The longest route or name in a rule.
const TEXT_MAX: usize = 255;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Kind {
    Latency,
    RateLimit,
    LockTimeout,
    Error,
    Dropped,
    Decline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Moment {
    Before,
    After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Profile {
    Hostile,
}

/// A rule as it is asked for.
#[derive(Debug, Wire)]
struct New {
    profile: Option<Profile>,
    fault: Option<Kind>,
    method: Option<String>,
    route: Option<String>,
    account: Option<String>,
    rate: Option<String>,
    count: Option<i64>,
    should_retry: Option<bool>,
    /// Milliseconds; goes with `latency`.
    latency: Option<i64>,
    /// Goes with `error`.
    status: Option<i64>,
    /// Goes with `error` and `dropped`.
    when: Option<Moment>,
    /// Goes with `decline`.
    decline_code: Option<String>,
}

/// What is asked for.
pub(super) enum Ask<'p> {
    List,
    Add,
    Clear,
    Remove(&'p str),
}

impl<'p> Ask<'p> {
    /// What a request asks for; `None` where it is nothing of faults.
    pub(super) fn of(method: &Method, path: &'p str) -> Option<Self> {
        let rest = path.strip_prefix(PATH)?;
        match (method.as_str(), rest) {
            ("GET", "") => Some(Ask::List),
            ("POST", "") => Some(Ask::Add),
            ("DELETE", "") => Some(Ask::Clear),
            ("DELETE", rest) => rest.strip_prefix('/').map(Ask::Remove),
            _ => None,
        }
    }

    /// Does it in a world.
    pub(super) fn answer(
        self,
        faults: Option<&Faults>,
        params: &Node<'static>,
    ) -> Result<Node<'static>, Stop> {
        let faults = faults.ok_or_else(|| api::fault("a world of dev has no faults"))?;
        match self {
            Ask::List => Ok(list(&faults.all())),
            Ask::Add => add(faults, wire::from_params(params)?),
            Ask::Clear => Ok(map([("deleted", Node::Integer(faults.clear() as i64))])),
            Ask::Remove(id) => match faults.remove(id) {
                Some(rule) => Ok(map([("id", word(rule.id)), ("deleted", Node::Bool(true))])),
                None => Err(ApiError::no_such("fault", id, "id").into()),
            },
        }
    }
}

fn add(faults: &Faults, new: New) -> Result<Node<'static>, Stop> {
    if new.profile == Some(Profile::Hostile) {
        if new.fault.is_some() {
            let message = "You may only specify one of these parameters: profile, fault.";
            let error = ApiError::invalid(400, message).code("parameters_exclusive").param("fault");
            return Err(error.into());
        }
        return Ok(list(&faults.harass()));
    }
    let rule = new.rule()?;
    faults.add(rule).map(|rule| told(&rule)).ok_or_else(|| {
        let message = "A world can have 100 rules. Take some away: DELETE /_tollbridge/faults/ID.";
        ApiError::invalid(400, message).into()
    })
}

fn wrong(param: &str, message: impl Into<String>) -> ApiError {
    ApiError::invalid(400, message).param(param)
}

impl New {
    fn rule(self) -> Result<Rule, ApiError> {
        let kind = self.fault.ok_or_else(|| ApiError::missing("fault"))?;
        let fault = self.fault(kind)?;
        let New { method, route, account, rate, count, should_retry, .. } = self;
        let rate = match rate.as_deref() {
            None => Rate::ALWAYS,
            Some(text) => Rate::parse(text).ok_or_else(|| {
                wrong("rate", "A rate is a number from 0 to 1 with up to six decimals, such as 0.25.")
            })?,
        };
        let left = match count {
            None => None,
            Some(count) => Some(
                u64::try_from(count)
                    .map_err(|_| wrong("count", "A rule can be carried out 0 times or more."))?,
            ),
        };
        for (name, sent) in [("route", &route), ("account", &account), ("method", &method)] {
            if sent.as_ref().is_some_and(|sent| sent.len() > TEXT_MAX) {
                return Err(wrong(name, format!("Use at most {TEXT_MAX} characters.")));
            }
        }
        if route.as_ref().is_some_and(|route| !route.starts_with('/')) {
            return Err(wrong("route", "A route begins with a slash, such as /v1/charges/{id} or /v1/*."));
        }
        let method = method.map(|method| method.to_ascii_uppercase());
        let can_say = matches!(kind, Kind::RateLimit | Kind::LockTimeout | Kind::Error);
        if should_retry.is_some() && !can_say {
            return Err(wrong("should_retry", "Only a fault that is an answer says whether to try again."));
        }
        Ok(Rule { method, route, account, rate, left, should_retry, ..Rule::new(fault) })
    }

    fn fault(&self, kind: Kind) -> Result<Fault, ApiError> {
        let strays = [
            ("latency", self.latency.is_some(), kind == Kind::Latency),
            ("status", self.status.is_some(), kind == Kind::Error),
            ("when", self.when.is_some(), matches!(kind, Kind::Error | Kind::Dropped)),
            ("decline_code", self.decline_code.is_some(), kind == Kind::Decline),
        ];
        if let Some((name, ..)) = strays.iter().find(|(_, sent, belongs)| *sent && !belongs) {
            return Err(wrong(name, format!("{name} does not belong to this fault.")));
        }
        let when = match self.when {
            Some(Moment::After) => When::After,
            Some(Moment::Before) | None => When::Before,
        };
        Ok(match kind {
            Kind::Latency => match self.latency {
                Some(ms) if (0..=LATENCY_MAX).contains(&ms) => {
                    Fault::Latency(Duration::from_millis(ms as u64))
                }
                Some(_) => {
                    return Err(wrong("latency", format!("A delay is 0 up to {LATENCY_MAX} milliseconds.")));
                }
                None => return Err(ApiError::missing("latency")),
            },
            Kind::RateLimit => Fault::RateLimit,
            Kind::LockTimeout => Fault::LockTimeout,
            Kind::Error => match self.status.unwrap_or(500) {
                status @ 500..=599 => Fault::Error(status as u16, when),
                _ => return Err(wrong("status", "An error of the server has a status from 500 to 599.")),
            },
            Kind::Dropped => Fault::Dropped(when),
            Kind::Decline => Fault::Decline(decline(self.decline_code.as_deref())?),
        })
    }
}

/// The refusal with this decline code, or with this code where it has none.
fn decline(code: Option<&str>) -> Result<acquirer::Decline, ApiError> {
    use acquirer::Decline;
    let Some(code) = code else { return Ok(Decline::Generic) };
    Decline::published("card_declined", Some(code)).or_else(|| Decline::published(code, None)).ok_or_else(|| {
        let message = "The test network knows no such code. Use generic_decline, insufficient_funds, lost_card, stolen_card, fraudulent, card_velocity_exceeded, expired_card, incorrect_cvc, processing_error or authentication_required.";
        wrong("decline_code", message)
    })
}

fn list(rules: &[Rule]) -> Node<'static> {
    map([("object", word("list")), ("data", Node::List(rules.iter().map(told).collect()))])
}

fn told(rule: &Rule) -> Node<'static> {
    let or_null = |text: &Option<String>| text.as_ref().map_or(Node::Null, word);
    let number = |n: u64| Node::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let (kind, parts): (&str, Vec<(&'static str, Node<'static>)>) = match rule.fault {
        Fault::Latency(delay) => ("latency", vec![("latency", number(delay.as_millis() as u64))]),
        Fault::RateLimit => ("rate_limit", Vec::new()),
        Fault::LockTimeout => ("lock_timeout", Vec::new()),
        Fault::Error(status, when) => {
            ("error", vec![("status", Node::Integer(i64::from(status))), ("when", moment(when))])
        }
        Fault::Dropped(when) => ("dropped", vec![("when", moment(when))]),
        Fault::Decline(decline) => {
            ("decline", vec![("decline_code", word(decline.decline_code().unwrap_or(decline.code())))])
        }
    };
    let mut told = vec![("id", word(&rule.id)), ("object", word("fault")), ("fault", word(kind))];
    told.extend(parts);
    told.extend([
        ("method", or_null(&rule.method)),
        ("route", or_null(&rule.route)),
        ("account", or_null(&rule.account)),
        ("rate", rule.rate.to_string().parse().map_or(Node::Null, Node::Float)),
        ("count", rule.left.map_or(Node::Null, number)),
        ("should_retry", rule.should_retry.map_or(Node::Null, Node::Bool)),
        ("met", number(rule.met)),
    ]);
    Node::Map(told.into_iter().map(|(name, node)| (name.into(), node)).collect())
}

fn moment(when: When) -> Node<'static> {
    word(match when {
        When::Before => "before",
        When::After => "after",
    })
}

/// An answer of the OAuth endpoints, or what rules make of it.
pub(crate) async fn beset(
    faults: Option<&Faults>,
    head: &Parts,
    answer: impl Future<Output = Response<Bytes>>,
) -> Response<Bytes> {
    let Some(faults) = faults else { return answer.await };
    let trouble = faults.at(head.method.as_str(), head.uri.path());
    if !trouble.delay.is_zero() {
        tokio::time::sleep(trouble.delay).await;
    }
    let Some(strike) = trouble.strike else { return answer.await };
    if strike.comes_after() {
        // Whatever came of it, nobody hears.
        let _ = answer.await;
    }
    struck(&strike)
}

fn struck(strike: &Strike) -> Response<Bytes> {
    let status = match strike.fault {
        Fault::RateLimit | Fault::LockTimeout => 429,
        Fault::Error(status, _) => status,
        Fault::Dropped(_) | Fault::Latency(_) | Fault::Decline(_) => 500,
    };
    let message = format!("This fault was asked for: {} of {PATH}.", strike.rule);
    let error = match strike.fault {
        Fault::RateLimit => ApiError::invalid(status, message).code(ApiError::RATE_LIMIT),
        Fault::LockTimeout => ApiError::invalid(status, message).code("lock_timeout"),
        _ => ApiError { message, ..ApiError::internal().status(status) },
    };
    let mut response = text(status, super::JSON, error.to_json(None));
    let retry = strike.should_retry.unwrap_or(true);
    let headers = response.headers_mut();
    headers.insert("stripe-should-retry", HeaderValue::from_static(if retry { "true" } else { "false" }));
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if matches!(strike.fault, Fault::Dropped(_)) {
        response.extensions_mut().insert(HangUp);
    }
    response
}
