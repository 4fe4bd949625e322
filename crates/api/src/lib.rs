//! The pipeline of a request, and [`Cx`], the unit of work that a handler holds.
//!
//! A handler is a decision that may be run again: it reads, decides and writes down. Only [`Api`] commits,
//! renders and retries; a conflict means that the decision is made once more on what is there now.
pub mod access;
pub mod asks;
mod auth;
mod bell;
mod commit;
mod cx;
mod dialect;
pub mod diff;
mod endpoint;
pub mod faults;
pub mod form;
mod idempotency;
mod leaf;
mod limits;
mod log;
mod memo;
mod object;
mod page;
mod render;
mod respond;
pub mod sealed_text;
pub mod secrets;
pub mod trace;
mod turn;
mod world;

pub use auth::{credential, shown_key};
pub use bell::{Bell, HEARD};
pub use commit::commit;
pub use cx::{Cx, Mark, OnClock, Outcome, Plan, Reply, Stop, done};
pub use dialect::Dialect;
pub use endpoint::{Admits, Answer, Endpoint, File, ForCustomer, Nothing, Run, Stored};
pub use form::parts::{Sent, Upload};
pub use idempotency::Remembered;
pub use leaf::Leaf;
pub use limits::{Limits, Rates, Reason, Taken};
pub use log::{Logged, RequestLog, Wrong};
pub use memo::Memo;
pub use object::{Abroad, Face, Fresh, Noun, Object, Place};
pub use page::{CURSORS, Found, Looked, Page, Paging, Range};
pub use render::render_as;
pub use respond::{HangUp, Response, cors};
pub use world::{Announce, Fact, Mails, Profile, World};

use asks::Asked;
use base::{ApiError, Caller, ErrorType, Fut, Version};
use cx::Steps;
use http::{HeaderMap, Method};
use idempotency::{Claim, InFlight};
use respond::Answered;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Bytes, Commit, Fault, Unit};
use wire::Node;

/// How often a decision is made before the caller is asked to come back.
const ATTEMPTS_MAX: usize = 16;
/// The longest pause after a conflict, in microseconds: it doubles with each attempt up to the second of these.
const PAUSE_US: u64 = 500;
const PAUSE_MAX_US: u64 = 50_000;

/// The API: its endpoints and the world they work in.
pub struct Api {
    /// The world.
    pub world: World,
    /// How often callers may ask, where that is limited.
    pub limits: Option<Limits>,
    /// The last requests.
    pub log: RequestLog,
    /// Rung when an event was written down that somebody listens to.
    pub bell: Bell,
    /// How it waits between two attempts at a decision.
    pub rest: Rest,
    table: Arc<Table>,
    running: InFlight,
}

/// Waits for a while by the wall.
pub type Rest = fn(Duration) -> Fut<'static, ()>;

/// The endpoints, and the way to them.
struct Table {
    endpoints: Vec<Endpoint>,
    routes: HashMap<&'static str, matchit::Router<usize>>,
}

/// A request as the server read it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'q> {
    /// The method.
    pub method: &'q Method,
    /// The path, still percent-encoded.
    pub path: &'q str,
    /// The query, without the question mark.
    pub query: &'q str,
    /// The headers.
    pub headers: &'q HeaderMap,
    /// The body.
    pub body: &'q Bytes,
}

impl Api {
    /// An API with these endpoints. Errors: two endpoints claim one path.
    pub fn new(world: World, endpoints: Vec<Endpoint>) -> Result<Self, String> {
        let mut routes: HashMap<&'static str, matchit::Router<usize>> = HashMap::new();
        for (at, endpoint) in endpoints.iter().enumerate() {
            let router = routes.entry(endpoint.method).or_default();
            router
                .insert(endpoint.path, at)
                .map_err(|e| format!("{} {}: {e}", endpoint.method, endpoint.path))?;
        }
        let table = Arc::new(Table { endpoints, routes });
        Ok(Api::over(world, None, table))
    }

    /// The same API for another world: the endpoints are shared, limits hold for each world by itself.
    pub fn beside(&self, world: World) -> Self {
        let limits = self.limits.as_ref().map(Limits::anew);
        Api { rest: self.rest, ..Api::over(world, limits, self.table.clone()) }
    }

    fn over(world: World, limits: Option<Limits>, table: Arc<Table>) -> Self {
        let log = RequestLog::new(world.dev);
        let rest: Rest = |time| Box::pin(tokio::time::sleep(time));
        Api { world, limits, log, bell: Bell::default(), rest, table, running: InFlight::default() }
    }

    /// Every endpoint, for documents and tests.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.table.endpoints
    }

    fn route(&self, method: &str, path: &str) -> Option<(&Endpoint, Vec<(String, String)>)> {
        let found = self.table.routes.get(method)?.at(path).ok()?;
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let params = found.params.iter().map(|(key, value)| (key.to_owned(), decode(value))).collect();
        Some((&self.table.endpoints[*found.value], params))
    }

    /// Answers a request of the API.
    pub async fn handle(&self, request: Request<'_>) -> Response {
        self.handle_routed(request, None).await.0
    }

    /// As [`Api::handle`], with the path of the endpoint that the request reached, as it is declared. `client`: where
    /// it came from.
    pub async fn handle_routed(
        &self,
        request: Request<'_>,
        client: Option<IpAddr>,
    ) -> (Response, Option<&'static str>) {
        let began = Instant::now();
        let id = self.world.new_id("req");
        let mut answered = Answered::new(&id);
        let outcome = self.answer(request, &id, client, &mut answered).await;
        if let Err(stop) = outcome {
            let error = self.to_error(&id, stop);
            answered.refuse(&self.world, &error);
        }
        let route = answered.route;
        answered.log(self, &request, client, began.elapsed());
        (answered.into_response(request.headers), route)
    }

    async fn answer(
        &self,
        request: Request<'_>,
        id: &str,
        client: Option<IpAddr>,
        answered: &mut Answered,
    ) -> Result<(), Stop> {
        let Request { headers, .. } = request;
        let mut params = Node::Map(Vec::new());
        form::decode(request.query.as_bytes(), &mut params)?;
        let mut method = request.method.as_str();
        if method == "GET" {
            // JSONP: a script tag can only GET, so it says what it means.
            let callback = params.take("callback").and_then(|node| node.as_str().map(str::to_owned));
            let means = params.take("_method").and_then(|node| node.as_str().map(str::to_owned));
            if let Some(name) = callback {
                answered.callback = Some(respond::callback_name(&name)?);
                if means.as_deref() == Some("POST") {
                    method = "POST";
                }
            }
        }
        let dialect = Dialect::of(request.path);
        answered.dialect = dialect;
        let mut uploads = Vec::new();
        if !request.body.is_empty() {
            uploads = dialect.read(headers, request.body, &mut params).await?;
        }
        let path = request.path.strip_suffix('/').unwrap_or(request.path);
        let Some((endpoint, parts)) = self.route(method, path) else {
            let shown: String = path.chars().take(200).collect();
            let message = format!(
                "Unrecognized request URL ({method}: {shown}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
            );
            return Err(ApiError::invalid(404, message).into());
        };
        answered.route = Some(endpoint.path);
        let (mut caller, named) = auth::caller(&self.world, headers, &mut params, id.to_owned()).await?;
        caller.client = client;
        if let Some(named) = named {
            answered.known(Arc::new(caller.clone()));
            caller = auth::for_account(&self.world, caller, named).await?;
        }
        if dialect.repeats(method)
            && let Some(key) = headers.get("idempotency-key")
        {
            let text = key
                .to_str()
                .map_err(|_| ApiError::invalid(400, "The Idempotency-Key header must be ASCII."))?;
            caller.idempotency_key = Some(text.to_owned());
            answered.idempotency_key.clone_from(&caller.idempotency_key);
        }
        let caller = Arc::new(caller);
        answered.known(caller.clone());
        if answered.callback.is_some() && caller.via != base::Via::PublishableKey {
            let message = "JSONP is for publishable keys only.";
            return Err(ApiError::invalid(403, message).code("secret_key_required").into());
        }
        auth::admit(endpoint, &caller)?;
        let _at_work = match &self.limits {
            None => None,
            Some(limits) => match limits.admit(self, &caller, endpoint).await {
                Ok(held) => Some(held),
                Err(reason) => return Err(answered.limited(caller.version, reason).into()),
            },
        };
        let Some(faults) = &self.world.faults else {
            return self.call(endpoint, parts, &caller, (params, uploads), answered).await;
        };
        let trouble = faults.meet(&faults::met(endpoint.method, endpoint.path, path, &caller));
        if !trouble.delay.is_zero() {
            tokio::time::sleep(trouble.delay).await;
        }
        let Some(strike) = trouble.strike else {
            return self.call(endpoint, parts, &caller, (params, uploads), answered).await;
        };
        if strike.comes_after() {
            // Whatever came of it, nobody hears.
            let _ = Box::pin(self.call(endpoint, parts, &caller, (params, uploads), answered)).await;
        }
        Err(answered.struck(&strike).into())
    }

    /// Calls an endpoint for a caller who is known already: a person with a session.
    pub async fn call_as(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        params: Node<'static>,
    ) -> Result<Bytes, ApiError> {
        let Some((endpoint, parts)) = self.route(method, path) else {
            return Err(ApiError::invalid(404, format!("Unrecognized request URL ({method}: {path}).")));
        };
        let mut answered = Answered::new(&caller.request);
        answered.dialect = endpoint.dialect();
        auth::admit(endpoint, caller)?;
        match self.call(endpoint, parts, caller, (params, Vec::new()), &mut answered).await {
            Ok(()) => answered.into_result(),
            Err(stop) => Err(self.to_error(&caller.request, stop)),
        }
    }

    async fn call(
        &self,
        endpoint: &Endpoint,
        parts: Vec<(String, String)>,
        caller: &Caller,
        (mut params, uploads): (Node<'static>, Vec<Upload>),
        answered: &mut Answered,
    ) -> Result<(), Stop> {
        if caller.version != Version::TODAY {
            let changes = self.world.changes.iter().filter(|change| !caller.version.has(change.since()));
            changes.for_each(|change| change.up(endpoint.method, endpoint.path, &mut params));
        }
        let key = caller.idempotency_key.as_deref();
        let claim =
            Claim::of(&self.world, caller, key, endpoint.method, &fill(endpoint.path, &parts), &params)?;
        let dialect = endpoint.dialect();
        let expand = match dialect {
            Dialect::V1 => render::take_expand(&mut params)?,
            // What it shows beside itself is for the endpoint to say.
            Dialect::V2 => Vec::new(),
        };
        render::check(&self.world, endpoint, &expand, caller.via)?;
        auth::own(endpoint, caller, &parts, &params)?;
        let paging = match endpoint.is_list {
            true => dialect.paging(&mut params, caller.version)?,
            false => Paging::default(),
        };
        let _held = claim.as_ref().map(|claim| self.running.hold(claim)).transpose()?;
        let asked = Asked { endpoint, parts, params, uploads, expand, paging, claim };
        self.decide(caller, &asked, Steps::default(), answered).await
    }

    /// Decides a request until what was decided is committed.
    pub(crate) async fn decide(
        &self,
        caller: &Caller,
        asked: &Asked<'_>,
        mut steps: Steps,
        answered: &mut Answered,
    ) -> Result<(), Stop> {
        let Asked { endpoint, params, expand, claim, .. } = asked;
        for attempt in 0..ATTEMPTS_MAX {
            self.pause(attempt).await;
            let mut cx = Cx::begin(&self.world, caller, Some(asked), steps);
            if let Some(claim) = claim
                && let Some(known) = claim.answered(&mut cx).await?
            {
                answered.replay(&known);
                // What this run still holds was not made for that answer; or it is gone with it, and stays so.
                let _ = self.leave(caller, cx.steps, Stop::Again).await;
                return Ok(());
            }
            let outcome = endpoint.call(&mut cx, params)?.await;
            let mut told = true;
            let (status, body) = match outcome {
                Ok(reply) => {
                    self.announce(&mut cx).await?;
                    cx.settle(true);
                    match reply {
                        Reply::Done(body) => (200, body),
                        Reply::Refused(error) => {
                            (error.status, answered.error_body(&self.world, caller, &error))
                        }
                    }
                }
                Err(Stop::Again) => {
                    steps = cx.steps;
                    continue;
                }
                Err(Stop::Api(error)) => {
                    // Nothing of the attempt is kept, but the answer is: execution had begun.
                    let body = answered.error_body(&self.world, caller, &error);
                    let used = std::mem::take(&mut cx.steps);
                    cx = Cx::begin(&self.world, caller, Some(asked), used);
                    if let Some(claim) = claim
                        && let Some(known) = claim.answered(&mut cx).await?
                    {
                        // Another run of this request has ended meanwhile, perhaps because of which this one was refused.
                        answered.replay(&known);
                        let _ = self.leave(caller, cx.steps, Stop::Again).await;
                        return Ok(());
                    }
                    cx.settle(false);
                    // What is wrong with the key itself is not what the key stands for.
                    told = error.kind != ErrorType::Idempotency;
                    (error.status, body)
                }
                Err(stop) => return Err(stop),
            };
            answered.content_type =
                endpoint.content_type.filter(|_| status == 200).map(|usual| cx.content_type.unwrap_or(usual));
            let body = if status == 200 && endpoint.content_type.is_none() {
                render::render(&self.world, caller, body, expand, cx.overlay()).await?
            } else {
                body
            };
            if let Some(claim) = claim
                && told
                && status != 429
            {
                claim.remember(&mut cx, status, &body, endpoint.tells_secret)?;
            }
            let unit = cx.finish();
            let commit = self.commit(unit).await?;
            let fell_short = matches!(commit, Commit::Floor { .. });
            match settled(commit) {
                Ok(true) => {
                    answered.done(status, body);
                    return Ok(());
                }
                // Where an answer is remembered, the next attempt finds that of whoever took over.
                Ok(false) if claim.is_none() && cx.is_fenced().await? => return Err(taken_over(caller)),
                Ok(false) => steps = cx.steps,
                Err(stop) => return Err(self.leave(caller, cx.steps, stop).await?),
            }
            steps.fell_short = fell_short;
        }
        let why = given_up(steps.fell_short).into();
        Err(self.leave(caller, steps, why).await?)
    }

    /// Runs a decision of the program's own (the OAuth endpoints, the pages, due work) until it commits.
    pub async fn transact<'e, T>(
        &'e self,
        caller: &'e Caller,
        decide: impl for<'a> Fn(&'a mut Cx<'e>) -> Fut<'a, Outcome<T>> + 'e,
    ) -> Result<Reply<T>, Stop> {
        let mut steps = Steps::default();
        for attempt in 0..ATTEMPTS_MAX {
            self.pause(attempt).await;
            let mut cx = Cx::begin(&self.world, caller, None, steps);
            let reply = match decide(&mut cx).await {
                Ok(reply) => reply,
                Err(Stop::Again) => {
                    steps = cx.steps;
                    continue;
                }
                Err(stop @ Stop::Api(_)) => return Err(self.leave(caller, cx.steps, stop).await?),
                Err(stop) => return Err(stop),
            };
            self.announce(&mut cx).await?;
            cx.settle(true);
            let unit = cx.finish();
            let commit = self.commit(unit).await?;
            let fell_short = matches!(commit, Commit::Floor { .. });
            match settled(commit) {
                Ok(true) => return Ok(reply),
                Ok(false) => steps = cx.steps,
                Err(stop) => return Err(self.leave(caller, cx.steps, stop).await?),
            }
            steps.fell_short = fell_short;
        }
        let why = given_up(steps.fell_short).into();
        Err(self.leave(caller, steps, why).await?)
    }

    /// Commits what a decision came to, where it came to anything, and tells whoever waits for it.
    async fn commit(&self, unit: Unit) -> Result<Commit, Fault> {
        if unit.is_empty() {
            return Ok(Commit::Done);
        }
        let heard = Bell::wants(&unit);
        let commit = self.world.commit(unit).await?;
        if heard && commit == Commit::Done {
            self.bell.ring();
        }
        Ok(commit)
    }

    /// Lets go of what was asked outside for a decision that came to nothing; returns why it did. Errors: somebody
    /// else has taken it over, so that it may yet come to something.
    async fn leave(&self, caller: &Caller, steps: Steps, why: Stop) -> Result<Stop, Stop> {
        if steps.open.is_empty() {
            return Ok(why);
        }
        let mut cx = Cx::begin(&self.world, caller, None, steps);
        cx.settle(false);
        let unit = cx.finish();
        match self.world.commit(unit).await? {
            Commit::Done => Ok(why),
            _ => Err(taken_over(caller)),
        }
    }

    /// Lets others go first after a conflict: a random while, longer with each attempt. Whoever has to go a long way
    /// to the home would otherwise lose against those who are near, again and again.
    async fn pause(&self, attempt: usize) {
        if attempt < 2 {
            return;
        }
        let mut chance = [0; 8];
        self.world.entropy.fill(&mut chance);
        let most_us = (PAUSE_US << attempt.min(8)).min(PAUSE_MAX_US);
        (self.rest)(Duration::from_micros(u64::from_le_bytes(chance) % most_us)).await;
    }

    /// Writes down the events of what happened, in the same unit.
    async fn announce(&self, cx: &mut Cx<'_>) -> Result<(), Stop> {
        let facts = cx.take_facts();
        if facts.is_empty() && !cx.has_plans() {
            Ok(())
        } else {
            self.world.announce.announce(cx, facts).await
        }
    }

    /// The error that a caller sees; a fault is logged here, once.
    pub fn to_error(&self, request: &str, stop: Stop) -> ApiError {
        match stop {
            Stop::Api(error) => *error,
            Stop::Fault(fault) => world::internal(request, &fault),
            Stop::Again => lock_timeout(),
        }
    }
}

/// What the caller hears when the attempts are used up.
fn given_up(fell_short: bool) -> ApiError {
    if !fell_short {
        return lock_timeout();
    }
    let message = "You have insufficient available funds in your account for this operation.";
    ApiError::invalid(400, message).code("balance_insufficient")
}

/// What is said of a request whose asks are in other hands.
fn taken_over(caller: &Caller) -> Stop {
    fault(format!("what {} asked outside was taken over, and is finished elsewhere", caller.request))
}

pub(crate) fn lock_timeout() -> ApiError {
    let message = "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.";
    ApiError::invalid(429, message).code("lock_timeout")
}

/// Whether the unit is durable; `false` means that the decision must be made again.
fn settled(commit: Commit) -> Result<bool, Stop> {
    match commit {
        Commit::Done => Ok(true),
        // A counter that would fall below its floor is looked at by the next attempt, which can say what is there.
        Commit::Conflict | Commit::Floor { .. } => Ok(false),
        Commit::Duplicate { index } => Err(ApiError::invalid(400, format!("This {index} is already taken."))
            .code("resource_already_exists")
            .into()),
    }
}

/// The path of an endpoint with its parts put in, for comparing requests.
fn fill(path: &str, parts: &[(String, String)]) -> String {
    parts.iter().fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
}

/// A fault as a stop, for the rooms that have no other.
pub fn fault(text: impl Into<String>) -> Stop {
    Stop::Fault(Fault::broken(text.into()))
}
