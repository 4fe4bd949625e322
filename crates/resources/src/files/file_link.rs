//! File links: addresses that open a file to whoever has them, until their time is over (API page "File Links").
use super::file::{self, File};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Reply, Stop, done};
use base::{ApiError, Metadata, MetadataPatch, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{At, Bad, Hidden, Node, Patch, Shape, Wire};

/// An address that opens a file.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FileLink {
    /// `link_…`.
    pub id: String,
    /// `file_link`.
    pub object: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether its time is over. It follows from the time of the answer.
    pub expired: bool,
    /// When its time is over; never where nothing is said.
    pub expires_at: Option<Timestamp>,
    /// The file.
    pub file: Ref<File>,
    /// Live or test.
    pub livemode: bool,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// The address.
    pub url: Option<String>,
    /// The digest of the secret that the address ends in.
    pub secret: Hidden<String>,
    /// Until when the file is kept, and the link with it.
    pub kept_until: Hidden<Option<Timestamp>>,
}

impl Named for FileLink {
    const NAME: &'static str = "file_link";
    const PREFIX: &'static str = "link";
}
impl Object for FileLink {
    const PATH: &'static str = "/v1/file_links";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(File::NAME, &self.file.id), IndexKey::unique(SECRET, &self.secret.0)]
    }
    fn expires(&self) -> Option<i64> {
        self.kept_until.0.map(|at| at.0)
    }
}

/// The index of secrets.
const SECRET: &str = "file_link_secret";
/// Under which addresses begin: the account follows, then the secret.
pub const UNDER: &str = "/links/";
/// What secrets begin with, in test mode and in live mode.
const PREFIXES: [&str; 2] = ["fl_test_", "fl_live_"];
/// Characters of a secret behind that.
const LENGTH: usize = 40;

/// The noun.
pub const NOUN: Noun = Noun::of::<FileLink>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/file_links", FileLink::NAME, |cx, p| Box::pin(create(cx, p))),
        Endpoint::list::<List>("/v1/file_links", FileLink::NAME, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/file_links/{id}", FileLink::NAME, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/file_links/{id}", FileLink::NAME, |cx, p| Box::pin(update(cx, p))),
    ]
}

/// What `POST /v1/file_links` takes.
#[derive(Debug, Wire)]
pub struct Create {
    expires_at: Option<Timestamp>,
    file: String,
    metadata: MetadataPatch,
}

/// What `POST /v1/file_links/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    expires_at: Patch<End>,
    metadata: MetadataPatch,
}

/// What `GET /v1/file_links` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    expired: Option<bool>,
    file: Option<String>,
}

/// A moment, or `now`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Now,
    At(Timestamp),
}

impl Wire for End {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node.and_then(Node::as_str) {
            Some("now") => Ok(End::Now),
            _ => Timestamp::read(at, node).map(End::At),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            End::Now => wire::write_str(out, "now"),
            End::At(at) => at.write(out),
        }
    }
}

impl FileLink {
    fn is_over(&self, now: Timestamp) -> bool {
        [self.expires_at, self.kept_until.0].into_iter().flatten().any(|at| at <= now)
    }
    /// The link at this time.
    pub(crate) fn shown(mut self, now: Timestamp) -> Self {
        self.expired = self.is_over(now);
        self
    }
}

/// Makes a link to a file of the caller; `under` is the parameter that holds its own, empty at the top. Errors: nobody
/// gets such a file back; an end that has passed.
pub(crate) fn make(
    cx: &mut Cx<'_>,
    file: &File,
    expires_at: Option<Timestamp>,
    metadata: MetadataPatch,
    under: &str,
) -> Result<FileLink, Stop> {
    let at = |name: &str| if under.is_empty() { name.to_owned() } else { format!("{under}[{name}]") };
    if !file.purpose.is_downloadable() {
        let message = format!("Files with the purpose '{}' cannot be linked to.", file.purpose.as_str());
        let param = if under.is_empty() { "file" } else { under };
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    must_come(cx.now(), expires_at, &at("expires_at"))?;
    let prefix = PREFIXES[usize::from(cx.caller.livemode)];
    let secret = format!("{prefix}{}", cx.token(LENGTH));
    let link = FileLink {
        id: cx.new_id::<FileLink>(),
        object: FileLink::NAME.into(),
        created: cx.now(),
        expired: false,
        expires_at,
        file: Ref::to(&file.id),
        livemode: cx.caller.livemode,
        metadata: metadata.fresh()?,
        url: Some(format!("{}{UNDER}{}/{secret}", cx.world.origin, cx.caller.account)),
        secret: Hidden(vault::digest(&secret)),
        kept_until: Hidden(file.expires_at),
    };
    cx.put(&link);
    Ok(link)
}

fn must_come(now: Timestamp, at: Option<Timestamp>, param: &str) -> Result<(), ApiError> {
    match at {
        Some(at) if at <= now => {
            Err(ApiError::invalid(400, "The link must expire in the future. Send a later time.").param(param))
        }
        _ => Ok(()),
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<FileLink> {
    let now = cx.now();
    let Some(file) = cx.get::<File>(&p.file).await?.filter(|it| !it.is_gone(now)) else {
        return Err(ApiError::no_such(File::NAME, &p.file, "file").into());
    };
    done(make(cx, &file, p.expires_at, p.metadata, "")?)
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<FileLink> {
    let id = cx.path("id").to_owned();
    let link: FileLink = cx.must("id", &id).await?;
    done(link.shown(cx.now()))
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<FileLink> {
    let id = cx.path("id").to_owned();
    let mut link: FileLink = cx.must("id", &id).await?;
    if link.is_over(cx.now()) {
        let message = format!("The file link {id} has expired, and can't be updated. Make another one.");
        return Err(ApiError::invalid(400, message).into());
    }
    match p.expires_at {
        Patch::Keep => {}
        Patch::Clear => link.expires_at = None,
        Patch::Set(End::Now) => link.expires_at = Some(cx.now()),
        Patch::Set(End::At(at)) => {
            must_come(cx.now(), Some(at), "expires_at")?;
            link.expires_at = Some(at);
        }
    }
    p.metadata.apply(&mut link.metadata)?;
    cx.put(&link);
    done(link.shown(cx.now()))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let now = cx.now();
    if let Some(file) = &p.file
        && cx.peek::<File>(file).await?.is_none()
    {
        return Err(ApiError::no_such(File::NAME, file, "file").into());
    }
    let by = p.file.map(|file| (File::NAME, file));
    let found = cx
        .page_where::<FileLink>(by, |doc| {
            wire::from_json::<FileLink>(&doc.body).is_ok_and(|it| {
                p.created.is_none_or(|range| range.holds(it.created.0))
                    && p.expired.is_none_or(|wanted| wanted == it.is_over(now))
            })
        })
        .await?;
    let Reply::Done(mut page) = found else { return Ok(found) };
    for item in &mut page.items {
        let mut link = Node::parse(item).map_err(|e| api::fault(e.to_string()))?;
        let time = |name: &str| link.get(name).and_then(Node::as_i64);
        let over = time("expires_at").is_some_and(|at| at <= now.0);
        link.set("expired", Node::Bool(over));
        *item = link.to_json().into();
    }
    done(page)
}

/// The file that the secret of an address opens, with what is in it, for the account that the address names; `None`
/// where it opens nothing, or nothing any more.
pub async fn open(cx: &mut Cx<'_>, secret: &str) -> Outcome<Option<(File, Vec<u8>)>> {
    let Some(link) = cx.find::<FileLink>(SECRET, &vault::digest(secret)).await? else { return done(None) };
    // The caller is whom the address names, in the mode that the secret does.
    let Some(link) = cx.get::<FileLink>(&link.id).await?.filter(|it| !it.is_over(cx.now())) else {
        return done(None);
    };
    let Some(found) = cx.get::<File>(&link.file.id).await? else { return done(None) };
    let bytes = file::read(cx, &found).await?;
    done(Some((found, bytes)))
}

/// Whether the secret of an address is of live mode; `None` where it is none.
pub fn mode_of(secret: &str) -> Option<bool> {
    let plain = secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let known = PREFIXES.iter().position(|prefix| secret.starts_with(prefix));
    known.filter(|_| plain && secret.len() <= 255).map(|at| at == 1)
}
