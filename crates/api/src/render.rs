//! From today's object to the caller's answer: expansion in two phases (collect the references of a level, load
//! them, put them in), then the older shapes, inner objects first.
use crate::{Abroad, Endpoint, Noun, World, access::Connected};
use base::{ApiError, Caller, Change, Named as _, Version, Via};
use std::collections::HashMap;
use store::{Bytes, Fault, IndexKey, Key, Put, Query};
use wire::{Node, Shape, Wire as _};

/// At most this many levels in an `expand[]` path.
const DEPTH_MAX: usize = 4;
/// Embedded lists say how many there are in all before this version (API changelog, basil).
const NO_TOTAL: Version = Version::of("2025-03-31.basil");
/// What a search counts only where it is asked to.
pub(crate) const TOTAL_COUNT: &str = "total_count";
/// Objects in an embedded list.
const EMBEDDED_MAX: usize = 10;

/// Checks `expand[]` paths against the shape of the answer, before anything is done.
pub(crate) fn check(world: &World, endpoint: &Endpoint, paths: &[String], via: Via) -> Result<(), ApiError> {
    let (answer, is_list) = (endpoint.answer, endpoint.is_list || endpoint.is_search);
    for path in paths {
        if endpoint.is_search && path == TOTAL_COUNT {
            continue;
        }
        let bad = |message: String| ApiError::invalid(400, message).param("expand");
        let mut names: Vec<&str> = path.split('.').collect();
        // Whoever holds a publishable key sees an object and what it names, and nothing behind that.
        if via == Via::PublishableKey && names.len() > 1 {
            return Err(bad(format!("This property cannot be expanded with a publishable key ({path}).")));
        }
        if names.len() > DEPTH_MAX {
            return Err(bad(format!(
                "You cannot expand more than {DEPTH_MAX} levels of a property ({path})."
            )));
        }
        if is_list {
            if names.first() != Some(&"data") {
                return Err(bad(format!(
                    "This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' instead."
                )));
            }
            names.remove(0);
        }
        let Some(noun) = answer.and_then(|name| (world.nouns)(name)) else { continue };
        if !leads(world, noun.fields, &names) {
            return Err(bad(format!("This property cannot be expanded ({path}).")));
        }
    }
    Ok(())
}

fn leads(world: &World, fields: &[wire::Field], names: &[&str]) -> bool {
    let [name, rest @ ..] = names else { return true };
    let Some(field) = fields.iter().find(|f| f.name == *name) else { return false };
    match plain(&field.shape) {
        Shape::Reference(kind) => {
            kinds(world, kind).next().is_none()
                || kinds(world, kind).any(|noun| leads(world, noun.fields, rest))
        }
        Shape::Sublist(kind) => match rest {
            [] => true,
            ["data", rest @ ..] => (world.nouns)(kind).is_none_or(|noun| leads(world, noun.fields, rest)),
            _ => false,
        },
        Shape::Object(inner) => !rest.is_empty() && leads(world, inner, rest),
        Shape::List(inner) => match plain(inner) {
            Shape::Object(inner) => !rest.is_empty() && leads(world, inner, rest),
            Shape::Reference(kind) => kinds(world, kind).any(|noun| leads(world, noun.fields, rest)),
            _ => false,
        },
        // What is shown whole is shown with everything in it.
        Shape::Included => true,
        _ => false,
    }
}

/// The nouns that a reference may point to: usually one, sometimes several with a blank between.
fn kinds(world: &World, kind: &'static str) -> impl Iterator<Item = Noun> {
    kind.split(' ').filter_map(world.nouns)
}

fn plain(shape: &Shape) -> Shape {
    match shape {
        Shape::Nullable(inner) | Shape::Optional(inner) => plain(inner),
        other => *other,
    }
}

/// Renders an answer for a caller. `overlay` is what the unit of work is about to write: an answer may show it.
pub(crate) async fn render(
    world: &World,
    caller: &Caller,
    body: Bytes,
    expand: &[String],
    overlay: &[Put],
) -> Result<Bytes, Fault> {
    let past: Vec<&dyn Change> = passed(world, caller);
    let public = caller.via == Via::PublishableKey;
    if expand.is_empty() && past.is_empty() && !public {
        return Ok(body);
    }
    let unreadable = |e: serde_json::Error| Fault::broken(format!("an answer is no JSON: {e}"));
    let mut tree = Node::parse(&body).map_err(unreadable)?.into_owned();
    let paths: Vec<Vec<&str>> = expand.iter().map(|path| path.split('.').collect()).collect();
    let mut loader = Loader { world, caller, overlay, loaded: HashMap::new() };
    for depth in 1..=DEPTH_MAX {
        let reached: Vec<&[&str]> = paths.iter().filter(|p| p.len() >= depth).map(|p| &p[..depth]).collect();
        if reached.is_empty() {
            break;
        }
        let mut wanted = Vec::new();
        reached.iter().for_each(|path| collect(world, None, &tree, path, &mut wanted));
        loader.load(wanted).await?;
        reached.iter().for_each(|path| fill(world, None, &mut tree, path, &loader));
    }
    // What the older shapes embed may itself hold something that they embed: an invoice its payment, that its intent, and
    // that its charges.
    for _ in 0..3 {
        let mut wanted = Vec::new();
        needed(world, &past, &tree, &mut wanted);
        if wanted.is_empty() {
            break;
        }
        loader.load(wanted).await?;
        fill_needed(world, &past, &mut tree, &loader);
    }
    if public {
        without_metadata(&mut tree);
    }
    down(&past, &mut tree);
    let mut out = Vec::with_capacity(body.len() + 256);
    tree.write(&mut out);
    Ok(Bytes::from(out))
}

/// Renders a stored event's snapshot, or any other tree, for a version; used where there is no request.
pub async fn render_as(world: &World, caller: &Caller, body: Bytes) -> Result<Bytes, Fault> {
    render(world, caller, body, &[], &[]).await
}

/// The changes that the caller's version does not have, newest first.
pub(crate) fn passed(world: &World, caller: &Caller) -> Vec<&'static dyn Change> {
    if caller.version == Version::TODAY {
        return Vec::new();
    }
    let older = |change: &&&'static dyn Change| !caller.version.has(change.since());
    world.changes.iter().rev().filter(older).copied().collect()
}

/// Something to be loaded: an object by reference, a page of the objects that belong to one, or a field that is stored
/// beside one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Want {
    Object { kind: &'static str, id: String, home: Home },
    Sublist { kind: &'static str, owner: &'static str, owner_id: String, url: String },
    Included { kind: &'static str, id: String, field: String },
}

/// With whom an object lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Home {
    Caller,
    Platform,
    Account(String),
}

/// What of a noun a node shows: the whole, or one of its hashes.
#[derive(Clone, Copy)]
struct Scope {
    noun: Noun,
    fields: &'static [wire::Field],
}

impl Scope {
    /// That of an object, or `given` for a hash within one.
    fn of(world: &World, at: &Node<'_>, given: Option<Scope>) -> Option<Self> {
        match at.get("object").and_then(Node::as_str) {
            Some(name) => (world.nouns)(name).map(|noun| Scope { noun, fields: noun.fields }),
            None => given,
        }
    }
    /// That of a hash within it.
    fn within(self, field: &str) -> Option<Self> {
        let shape = self.fields.iter().find(|f| f.name == field).map(|f| plain(&f.shape))?;
        let fields = match shape {
            Shape::Object(fields) => fields,
            Shape::List(inner) => match plain(inner) {
                Shape::Object(fields) => fields,
                _ => return None,
            },
            _ => return None,
        };
        Some(Scope { fields, ..self })
    }
}

fn want(world: &World, scope: Option<Scope>, owner: &Node<'_>, field: &str) -> Option<Want> {
    let Scope { noun, fields } = Scope::of(world, owner, scope)?;
    let shape = fields.iter().find(|f| f.name == field).map(|f| plain(&f.shape))?;
    match shape {
        Shape::Reference(kind) => {
            let id = owner.get(field)?.as_str()?.to_owned();
            let home = match noun.abroad.iter().find(|(name, _)| *name == field) {
                None => Home::Caller,
                Some((_, Abroad::Platform)) => Home::Platform,
                Some((_, Abroad::Member(member))) => {
                    let account = owner.get(member)?;
                    Home::Account(account.as_str().or_else(|| account.get("id")?.as_str())?.to_owned())
                }
            };
            Some(Want::Object { kind, id, home })
        }
        Shape::Sublist(kind) if owner.get(field).is_none() => {
            let owner_id = owner.get("id")?.as_str()?.to_owned();
            let url = format!("{}/{owner_id}/{field}", noun.path);
            Some(Want::Sublist { kind, owner: noun.name, owner_id, url })
        }
        Shape::Included if owner.get(field).is_none() => {
            let id = owner.get("id")?.as_str()?.to_owned();
            Some(Want::Included { kind: noun.name, id, field: field.to_owned() })
        }
        _ => None,
    }
}

/// What one item of a list of references leads to.
fn listed(
    world: &World,
    scope: Option<Scope>,
    owner: &Node<'_>,
    field: &str,
    item: &Node<'_>,
) -> Option<Want> {
    let Scope { fields, .. } = Scope::of(world, owner, scope)?;
    let Shape::List(inner) = fields.iter().find(|f| f.name == field).map(|f| plain(&f.shape))? else {
        return None;
    };
    let Shape::Reference(kind) = plain(inner) else { return None };
    Some(Want::Object { kind, id: item.as_str()?.to_owned(), home: Home::Caller })
}

/// Collects what stands at the end of a path.
fn collect(world: &World, scope: Option<Scope>, at: &Node<'_>, path: &[&str], wanted: &mut Vec<Want>) {
    match at {
        Node::List(items) => items.iter().for_each(|item| collect(world, scope, item, path, wanted)),
        Node::Map(_) => match path {
            [last] => match at.get(last) {
                Some(Node::List(items)) => {
                    wanted.extend(items.iter().filter_map(|item| listed(world, scope, at, last, item)));
                }
                _ => wanted.extend(want(world, scope, at, last)),
            },
            [name, rest @ ..] => {
                if let Some(child) = at.get(name) {
                    let within = Scope::of(world, at, scope).and_then(|scope| scope.within(name));
                    collect(world, within, child, rest, wanted);
                }
            }
            [] => {}
        },
        _ => {}
    }
}

fn fill(world: &World, scope: Option<Scope>, at: &mut Node<'static>, path: &[&str], loader: &Loader<'_>) {
    match at {
        Node::List(items) => items.iter_mut().for_each(|item| fill(world, scope, item, path, loader)),
        Node::Map(_) => match path {
            [last] if matches!(at.get(last), Some(Node::List(_))) => {
                let Some(Node::List(items)) = at.take(last) else { return };
                let filled = items.into_iter().map(|item| {
                    let want = listed(world, scope, at, last, &item);
                    want.and_then(|want| loader.loaded.get(&want)).cloned().unwrap_or(item)
                });
                let filled = filled.collect();
                at.set((*last).to_owned(), Node::List(filled));
            }
            [last] => {
                if let Some(found) = want(world, scope, at, last).and_then(|want| loader.loaded.get(&want)) {
                    put_in_place(at, last, found.clone());
                }
            }
            [name, rest @ ..] => {
                let within = Scope::of(world, at, scope).and_then(|scope| scope.within(name));
                if let Some(child) = at.get_mut(name) {
                    fill(world, within, child, rest, loader);
                }
            }
            [] => {}
        },
        _ => {}
    }
}

fn put_in_place(at: &mut Node<'static>, name: &str, it: Node<'static>) {
    match at.get_mut(name) {
        Some(slot) => *slot = it,
        None => at.set(name.to_owned(), it),
    }
}

fn needed(world: &World, past: &[&dyn Change], at: &Node<'_>, wanted: &mut Vec<Want>) {
    match at {
        Node::List(items) => items.iter().for_each(|item| needed(world, past, item, wanted)),
        Node::Map(entries) => {
            let deleted = matches!(at.get("deleted"), Some(Node::Bool(true)));
            if let Some(object) = at.get("object").and_then(Node::as_str).filter(|_| !deleted) {
                let fields =
                    past.iter().flat_map(|change| change.needs()).filter(|(noun, _)| *noun == object);
                fields.for_each(|(_, field)| {
                    let path: Vec<&str> = field.split('.').collect();
                    collect(world, None, at, &path, wanted);
                });
            }
            entries.iter().for_each(|(_, child)| needed(world, past, child, wanted));
        }
        _ => {}
    }
}

fn fill_needed(world: &World, past: &[&dyn Change], at: &mut Node<'static>, loader: &Loader<'_>) {
    if let Node::List(items) = at {
        return items.iter_mut().for_each(|item| fill_needed(world, past, item, loader));
    }
    if let Node::Map(entries) = at {
        entries.iter_mut().for_each(|(_, child)| fill_needed(world, past, child, loader));
        let object = at.get("object").and_then(Node::as_str).unwrap_or_default().to_owned();
        let fields = past.iter().flat_map(|change| change.needs()).filter(|(noun, _)| *noun == object);
        for (_, field) in fields {
            let path: Vec<&str> = field.split('.').collect();
            fill(world, None, at, &path, loader);
        }
    }
}

/// Applies every change to every object, inner ones first.
pub(crate) fn down(past: &[&dyn Change], at: &mut Node<'static>) {
    match at {
        Node::List(items) => items.iter_mut().for_each(|item| down(past, item)),
        Node::Map(entries) => {
            entries.iter_mut().for_each(|(_, child)| down(past, child));
            if let Some(object) = at.get("object").and_then(Node::as_str).map(str::to_owned) {
                for (n, change) in past.iter().enumerate() {
                    change.down(&object, at);
                    for (_, field) in change.makes().iter().filter(|(noun, _)| *noun == object) {
                        if let Some(made) = at.get_mut(field) {
                            down(&past[n + 1..], made);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

/// A publishable key is no secret: what it reads shows no metadata (API page "Metadata").
fn without_metadata(at: &mut Node<'static>) {
    match at {
        Node::List(items) => items.iter_mut().for_each(without_metadata),
        Node::Map(entries) => {
            entries.retain(|(key, _)| key != "metadata");
            entries.iter_mut().for_each(|(_, child)| without_metadata(child));
        }
        _ => {}
    }
}

struct Loader<'w> {
    world: &'w World,
    caller: &'w Caller,
    overlay: &'w [Put],
    loaded: HashMap<Want, Node<'static>>,
}

impl Loader<'_> {
    async fn load(&mut self, wanted: Vec<Want>) -> Result<(), Fault> {
        for want in wanted {
            if self.loaded.contains_key(&want) {
                continue;
            }
            let node = match &want {
                Want::Object { kind, id, home } => Some(self.object(kind, id, home).await?),
                Want::Sublist { kind, owner, owner_id, url } => {
                    Some(self.sublist(kind, owner, owner_id, url).await?)
                }
                Want::Included { kind, id, field } => self.included(kind, id, field).await?,
            };
            if let Some(node) = node {
                self.loaded.insert(want, node);
            }
        }
        Ok(())
    }

    async fn object(&self, kind: &'static str, id: &str, home: &Home) -> Result<Node<'static>, Fault> {
        let account = match home {
            Home::Caller => &self.caller.account,
            Home::Platform => self.caller.platform.as_ref().unwrap_or(&self.caller.account),
            Home::Account(account) => account,
        };
        if !self.may_see(account).await? {
            return Ok(Node::text(id.to_owned()));
        }
        let mut is_known = false;
        for Noun { place, name, fresh, faces, known, .. } in kinds(self.world, kind) {
            is_known = true;
            if let Some(known) = known {
                let body = known(id).map(Bytes::from);
                return body.map_or_else(|| Ok(Node::text(id.to_owned())), |body| public(&body));
            }
            let key = place.key(name, account, self.caller.livemode, id);
            if let Some(body) = self.body(&key).await? {
                let mut node = public(&body)?;
                let now = self.world.clock.now();
                if let Some(fresh) = fresh {
                    fresh(&mut node, now);
                }
                // A reference to several kinds shows them as the first, where they can be.
                let first = kind.split(' ').next().filter(|first| *first != name);
                let face = faces.iter().find(|(face, _)| Some(*face) == first);
                let shown = face.and_then(|(_, show)| show(&node, self.caller.livemode, now));
                return Ok(shown.unwrap_or(node));
            }
        }
        // One of several kinds, or what lies with somebody else, was not deleted: it is not to be seen from here.
        if !is_known || kind.contains(' ') || *home != Home::Caller {
            return Ok(Node::text(id.to_owned()));
        }
        // The object is gone; its reference stays, as the API shows deleted objects.
        Ok(Node::Map(vec![
            ("id".into(), Node::text(id.to_owned())),
            ("object".into(), Node::text(kind)),
            ("deleted".into(), Node::Bool(true)),
        ]))
    }

    /// What is stored under a key, or is about to be.
    async fn body(&self, key: &Key) -> Result<Option<Bytes>, Fault> {
        let written = self.overlay.iter().find(|put| put.key == *key).and_then(|put| put.body.clone());
        match written {
            Some(body) => Ok(Some(body)),
            None => Ok(self.world.store.get(key).await?.map(|doc| doc.body)),
        }
    }

    /// A field that is stored beside an object of the caller; none where it has none.
    async fn included(
        &self,
        kind: &'static str,
        id: &str,
        field: &str,
    ) -> Result<Option<Node<'static>>, Fault> {
        let Some(noun) = (self.world.nouns)(kind) else { return Ok(None) };
        let key = noun.place.key(noun.kept_as, &self.caller.account, self.caller.livemode, id);
        let Some(body) = self.body(&key).await? else { return Ok(None) };
        let Some(end) = body.iter().position(|b| *b == b'\n') else { return Ok(None) };
        Ok(public(&body.slice(end + 1..))?.take(field))
    }

    /// The caller sees its own data and its platform's; a platform also that of the accounts which are connected.
    async fn may_see(&self, account: &str) -> Result<bool, Fault> {
        let Caller { account: own, platform, livemode, .. } = self.caller;
        if account == own || platform.as_deref() == Some(account) {
            return Ok(true);
        }
        if platform.is_some() {
            return Ok(false);
        }
        // A test key may use what either client id connected, a live key only what the production client id did.
        for live in if *livemode { &[true][..] } else { &[false, true][..] } {
            let key = Key::new(own.as_str(), *live, Connected::NAME, account);
            if self.world.store.get(&key).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn sublist(
        &self,
        kind: &'static str,
        owner: &'static str,
        owner_id: &str,
        url: &str,
    ) -> Result<Node<'static>, Fault> {
        let Caller { account, livemode, .. } = self.caller;
        let by = Some((owner, owner_id.to_owned()));
        let query = Query::newest(account.as_str(), *livemode, kind, by, EMBEDDED_MAX + 1);
        let mut found: Vec<(Key, Bytes)> =
            self.world.store.list(&query).await?.into_iter().map(|doc| (doc.key, doc.body)).collect();
        let belongs = IndexKey::listed(owner, owner_id);
        for put in self.overlay.iter().filter(|put| put.key.kind == kind) {
            match (&put.body, found.iter_mut().find(|(key, _)| *key == put.key)) {
                (Some(body), Some(slot)) => slot.1 = body.clone(),
                (Some(body), None) if put.index.contains(&belongs) => {
                    found.insert(0, (put.key.clone(), body.clone()));
                }
                (None, Some(_)) => found.retain(|(key, _)| *key != put.key),
                _ => {}
            }
        }
        let list_len = found.len() as u64;
        let has_more = found.len() > EMBEDDED_MAX;
        found.truncate(EMBEDDED_MAX);
        let data = found.iter().map(|(_, body)| public(body)).collect::<Result<Vec<_>, _>>()?;
        let mut list = vec![
            ("object".into(), Node::text("list")),
            ("data".into(), Node::List(data)),
            ("has_more".into(), Node::Bool(has_more)),
            ("url".into(), Node::text(url.to_owned())),
        ];
        if !self.caller.version.has(NO_TOTAL) {
            let total = self.world.store.count(&query).await?.max(list_len);
            list.insert(3, ("total_count".into(), Node::Integer(total as i64)));
        }
        Ok(Node::Map(list))
    }
}

fn public(body: &Bytes) -> Result<Node<'static>, Fault> {
    let end = body.iter().position(|b| *b == b'\n').unwrap_or(body.len());
    let node =
        Node::parse(&body[..end]).map_err(|e| Fault::broken(format!("a stored object is no JSON: {e}")))?;
    Ok(node.into_owned())
}

/// Reads the `expand[]` paths out of the parameters.
pub(crate) fn take_expand(params: &mut Node<'_>) -> Result<Vec<String>, ApiError> {
    let node = params.take("expand");
    Ok(Vec::<String>::read(&wire::At::top(true).child("expand"), node.as_ref())?)
}
