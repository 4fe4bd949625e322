//! Worlds over HTTP: making, telling, keeping, restoring, copying and deleting them.
use super::{caller, map, webhooks, word};
use crate::routes::Dev;
use api::Stop;
use base::{ApiError, Caller, Clock as _};
use http::{Method, request::Parts};
use resources::connect::account::Keys;
use std::sync::Arc;
use wire::{Node, Wire};
use worlds::{Open, PASSWORD, SnapshotRecord, Wanted, WorldRecord};

/// Worlds in one answer.
const LIST_MAX: i64 = 100;
/// The longest name, in characters.
const NAME_MAX: usize = 100;
/// What a snapshot is called where nobody says.
const SNAPSHOT: &str = "default";
/// The year 2100: a clock that begins later leaves no room to move on.
const START_MAX: i64 = 4_102_444_800;

/// What is asked for.
pub(super) enum Ask<'p> {
    /// All worlds.
    List,
    /// A new one.
    Make,
    /// Something of one world.
    Of(Which<'p>, What),
}

/// Of which world.
pub(super) enum Which<'p> {
    /// The one that the shown key belongs to.
    Mine,
    /// The one with this id.
    Id(&'p str),
}

/// What of it.
pub(super) enum What {
    Tell,
    Snapshots,
    Snapshot,
    Restore,
    Fork,
    Reset,
    Delete,
}

/// What a new world or a copy is asked to be.
#[derive(Wire)]
struct New {
    name: Option<String>,
    seed: Option<i64>,
    now: Option<i64>,
    frozen: Option<bool>,
}

/// A name.
#[derive(Wire)]
struct Named {
    name: Option<String>,
}

/// Which page.
#[derive(Wire)]
struct Page {
    limit: Option<i64>,
    starting_after: Option<String>,
}

/// Nothing more.
#[derive(Wire)]
struct Plain {}

impl<'p> Ask<'p> {
    /// What a request asks for; `None` where it is nothing of worlds.
    pub(super) fn of(method: &Method, path: &'p str) -> Option<Self> {
        let rest = path.strip_prefix("/_tollbridge/world")?;
        let (which, rest) = match rest.strip_prefix('s') {
            None => (Which::Mine, rest.strip_prefix('/').unwrap_or(rest)),
            Some("") if *method == Method::GET => return Some(Ask::List),
            Some("") if *method == Method::POST => return Some(Ask::Make),
            Some(rest) => {
                let rest = rest.strip_prefix('/')?;
                let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
                (Which::Id(id), rest)
            }
        };
        let what = match (method.as_str(), rest) {
            ("GET", "") => What::Tell,
            ("DELETE", "") => What::Delete,
            ("GET", "snapshots") => What::Snapshots,
            ("POST", "snapshot") => What::Snapshot,
            ("POST", "restore") => What::Restore,
            ("POST", "fork") => What::Fork,
            ("POST", "reset") => What::Reset,
            _ => return None,
        };
        Some(Ask::Of(which, what))
    }

    /// Does it.
    pub(super) async fn answer(
        self,
        dev: &Dev,
        open: &Open,
        head: &Parts,
        mut params: Node<'static>,
    ) -> Result<Node<'static>, Stop> {
        match self {
            Ask::List => list(dev, wire::from_params(&params)?).await,
            Ask::Make => make(dev, wire::from_params(&params)?).await,
            Ask::Of(Which::Mine, what) => {
                let caller = caller(&open.site.api, head, &mut params).await?;
                done(dev, open, &caller, what, &params).await
            }
            Ask::Of(Which::Id(id), what) => {
                let Some(open) = dev.worlds.open(id).await? else {
                    return Err(dev.worlds.told(id).await.err().unwrap_or(Stop::Again));
                };
                let caller = Caller::system(dev.worlds.told(id).await?.account, false);
                done(dev, &open, &caller, what, &params).await
            }
        }
    }
}

async fn list(dev: &Dev, page: Page) -> Result<Node<'static>, Stop> {
    let limit = page.limit.unwrap_or(10);
    if !(1..=LIST_MAX).contains(&limit) {
        let message = format!("A page holds 1 to {LIST_MAX} worlds.");
        return Err(ApiError::invalid(400, message).param("limit").into());
    }
    let mut found = dev.worlds.list(page.starting_after, limit as usize + 1).await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let data = found.iter().map(outline).collect();
    Ok(map([("object", word("list")), ("data", Node::List(data)), ("has_more", Node::Bool(has_more))]))
}

/// A world as a list shows it: nothing secret.
fn outline(record: &WorldRecord) -> Node<'static> {
    let optional = |text: &Option<String>| text.clone().map_or(Node::Null, word);
    map([
        ("id", word(&record.id)),
        ("object", word("world")),
        ("name", optional(&record.name)),
        ("created", Node::Integer(record.created.0)),
        ("fork_of", optional(&record.fork_of)),
        ("account", word(&record.account)),
        ("development_client_id", word(&record.development_client_id)),
        ("production_client_id", word(&record.production_client_id)),
    ])
}

fn check_name(name: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        let message = format!("Name a world with at most {NAME_MAX} plain characters.");
        return Err(ApiError::invalid(400, message).param("name"));
    }
    Ok(Some(name))
}

async fn make(dev: &Dev, asked: New) -> Result<Node<'static>, Stop> {
    let New { name, seed, now, frozen } = asked;
    if now.is_some_and(|now| !(0..START_MAX).contains(&now)) {
        let message = "A clock begins between 1970 and 2100: give Unix seconds.";
        return Err(ApiError::invalid(400, message).param("now").into());
    }
    let wanted = Wanted { name: check_name(name)?, seed, start: now, frozen: frozen == Some(true) };
    let open = dev.worlds.create(&wanted).await?;
    tell(dev, &open, None).await
}

async fn done(
    dev: &Dev,
    open: &Open,
    caller: &Caller,
    what: What,
    params: &Node<'static>,
) -> Result<Node<'static>, Stop> {
    let name = || -> Result<Option<String>, Stop> {
        let Named { name } = wire::from_params(params)?;
        Ok(name.filter(|name| !name.is_empty()))
    };
    let nothing = || -> Result<(), Stop> { Ok(wire::from_params::<Plain>(params).map(drop)?) };
    match what {
        What::Tell => {
            nothing()?;
            tell(dev, open, Some(caller)).await
        }
        What::Snapshots => {
            nothing()?;
            let found = dev.worlds.snapshots(&open.id).await?;
            let data = found.iter().map(snapshot).collect();
            Ok(map([("object", word("list")), ("data", Node::List(data))]))
        }
        What::Snapshot => {
            let name = name()?.unwrap_or_else(|| SNAPSHOT.to_owned());
            Ok(snapshot(&dev.worlds.snapshot(open, &name).await?))
        }
        What::Restore => {
            let name = name()?.unwrap_or_else(|| SNAPSHOT.to_owned());
            dev.worlds.restore(open, &name).await?;
            (dev.wake)();
            tell(dev, open, Some(caller)).await
        }
        What::Fork => {
            let fork: Arc<Open> = dev.worlds.fork(open, check_name(name()?)?).await?;
            (dev.wake)();
            tell(dev, &fork, None).await
        }
        What::Reset => {
            nothing()?;
            dev.worlds.reset(open).await?;
            tell(dev, open, Some(caller)).await
        }
        What::Delete => {
            nothing()?;
            dev.worlds.delete(&open.id).await?;
            let id = word(&*open.id);
            Ok(map([("id", id), ("object", word("world")), ("deleted", Node::Bool(true))]))
        }
    }
}

fn snapshot(it: &SnapshotRecord) -> Node<'static> {
    map([
        ("object", word("world_snapshot")),
        ("name", word(&it.name)),
        ("world", word(&it.world)),
        ("created", Node::Integer(it.created.0)),
        ("records", Node::Integer(it.records)),
    ])
}

/// Everything that a test must know of a world. `caller`: whose webhook endpoints, the platform's otherwise.
async fn tell(dev: &Dev, open: &Open, caller: Option<&Caller>) -> Result<Node<'static>, Stop> {
    let record = dev.worlds.told(&open.id).await?;
    let names = dev.worlds.names(&record)?;
    let platform = Caller::system(record.account.clone(), false);
    let caller = caller.unwrap_or(&platform);
    let mut endpoints = Vec::new();
    for live in [false, true] {
        if let Node::List(found) = webhooks::endpoints(&open.site.api, caller, live).await? {
            endpoints.extend(found);
        }
    }
    let snapshots = dev.worlds.snapshots(&open.id).await?;
    let Node::Map(mut told) = outline(&record) else { return Ok(Node::Null) };
    told.retain(|(name, _)| *name != "account");
    let more = [
        ("account", word(&caller.account)),
        ("now", Node::Integer(open.clock.now().0)),
        ("clock", clock(open)),
        ("platform", person(open, &record.account, &record.email, &names.keys).await?),
        ("seller", person(open, &record.seller, &record.seller_email, &names.seller_keys).await?),
        ("webhook_endpoints", Node::List(endpoints)),
        ("snapshots", Node::List(snapshots.iter().map(snapshot).collect())),
    ];
    told.extend(more.into_iter().map(|(name, node)| (name.into(), node)));
    Ok(Node::Map(told))
}

fn clock(open: &Open) -> Node<'static> {
    let ahead = open.clock.ahead_ms().div_euclid(1000);
    map([
        ("now", Node::Integer(open.clock.now().0)),
        ("ahead", Node::Integer(ahead)),
        ("frozen", Node::Bool(open.clock.is_frozen())),
    ])
}

/// An account with its sign-in, and those of its first keys that still work.
async fn person(open: &Open, account: &str, email: &str, keys: &Keys) -> Result<Node<'static>, Stop> {
    let world = &open.site.api.world;
    let mut shown = Vec::new();
    for (name, key) in [
        ("secret_key", Some(&keys.secret_test)),
        ("publishable_key", Some(&keys.publishable_test)),
        ("live_secret_key", keys.secret_live.as_ref()),
        ("live_publishable_key", keys.publishable_live.as_ref()),
    ] {
        let Some(key) = key else { continue };
        let works = api::credential(world, key).await?.is_some_and(|held| held.account == *account);
        shown.push((name.into(), if works { word(key) } else { Node::Null }));
    }
    let sign_in = map([("email", word(email)), ("password", word(PASSWORD))]);
    let mut told = vec![("account".into(), word(account))];
    told.extend(shown);
    told.push(("sign_in".into(), sign_in));
    Ok(Node::Map(told))
}
