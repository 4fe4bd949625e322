//! Files: what callers upload (documents, evidence, pictures), and what reports were written into (API page "Files").
mod contents;
mod format;
mod purpose;

pub use contents::Piece;
pub(crate) use contents::pieces;
use format::Format;
pub use purpose::Purpose;

use super::file_link::{self, FileLink};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Reply, Sent, Stop, done};
use base::{ApiError, MetadataPatch, Named, Timestamp, Via};
use store::Bytes;
use wire::{Optional, Wire};

/// A file.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct File {
    /// `file_…`.
    pub id: String,
    /// `file`.
    pub object: String,
    /// When it was written.
    pub created: Timestamp,
    /// Until when it is kept; for ever where nothing is said.
    pub expires_at: Option<Timestamp>,
    /// What to save it as.
    pub filename: Option<String>,
    /// Addresses that open it to everybody, the newest of them. Nothing of this is kept in the file.
    pub links: Optional<Links>,
    /// What it is for.
    pub purpose: Purpose,
    /// In bytes.
    pub size: i64,
    /// What a person calls it.
    pub title: Option<String>,
    /// What kind of file it is: `pdf`, `png`, …
    pub r#type: Option<String>,
    /// Where its contents are, to be asked for with a secret key; nowhere where nobody gets them back.
    pub url: Option<String>,
}

/// Links to a file.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Links {
    /// `list`.
    pub object: String,
    /// The newest of them.
    pub data: Vec<FileLink>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where all of them are.
    pub url: String,
}

impl Named for File {
    const NAME: &'static str = "file";
    const PREFIX: &'static str = "file";
}
impl Object for File {
    const PATH: &'static str = "/v1/files";
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        self.expires_at.map(|at| at.0)
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<File>();
/// What is in a file.
pub(crate) const PIECE: Noun = Noun::of::<contents::Piece>();
/// A file was written.
pub const CREATED: &str = "file.created";
/// What files cause.
pub const EVENTS: &[&str] = &[CREATED];

/// How long a report is kept, in seconds.
const REPORT_KEPT: i64 = 365 * Timestamp::DAY;
/// Pictures of documents have less than this many pixels each way.
const PIXELS: u32 = 8_000;
/// The media type of what nobody knows.
const UNKNOWN: &str = "application/octet-stream";
/// Links that a file shows.
const LINKS_SHOWN: usize = 10;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        // Browsers upload documents, too.
        Endpoint::new("POST", "/v1/files", File::NAME, |cx, p| Box::pin(create(cx, p))).public(),
        Endpoint::list::<List>("/v1/files", File::NAME, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/files/{id}", File::NAME, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("GET", "/v1/files/{id}/contents", File::NAME, |cx, p| Box::pin(download(cx, p)))
            .content_type(UNKNOWN),
    ]
}

/// What `POST /v1/files` takes.
#[derive(Debug, Wire)]
pub struct Create {
    file: Sent,
    file_link_data: Option<LinkData>,
    purpose: Purpose,
}

#[derive(Debug, Wire)]
struct LinkData {
    create: bool,
    expires_at: Option<Timestamp>,
    metadata: MetadataPatch,
}

/// What `GET /v1/files` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    purpose: Option<Purpose>,
}

impl File {
    /// Whether it is kept no longer.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
    fn format(&self) -> Option<Format> {
        self.r#type.as_deref().and_then(Format::of_word)
    }
    /// The media type that it is served as.
    pub fn served_as(&self) -> &'static str {
        self.format().map_or(UNKNOWN, Format::served_as)
    }
    /// Whether browsers show it rather than save it.
    pub fn is_shown(&self) -> bool {
        self.format().is_some_and(Format::is_shown)
    }
}

/// Writes down a report of the caller. Errors: the vault refuses.
pub(crate) fn write_report(cx: &mut Cx<'_>, name: &str, title: &str, contents: &str) -> Result<File, Stop> {
    let file = File {
        filename: Some(format!("{name}.csv")),
        title: Some(title.to_owned()),
        ..blank(cx, Purpose::FinanceReportRun, Format::Csv, contents.len(), Some(REPORT_KEPT))
    };
    write(cx, &file, contents.as_bytes())?;
    Ok(file)
}

fn blank(cx: &Cx<'_>, purpose: Purpose, format: Format, size: usize, kept: Option<i64>) -> File {
    let id = cx.new_id::<File>();
    let url = format!("{}{}/{id}/contents", cx.world.origin, File::PATH);
    File {
        id,
        object: File::NAME.into(),
        created: cx.now(),
        expires_at: kept.map(|kept| cx.now().plus(kept)),
        filename: None,
        links: Optional(None),
        purpose,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        title: None,
        r#type: Some(format.word().into()),
        url: purpose.is_downloadable().then_some(url),
    }
}

fn write(cx: &mut Cx<'_>, file: &File, bytes: &[u8]) -> Result<(), Stop> {
    contents::put(cx, file, bytes)?;
    cx.put(file);
    cx.emit(CREATED, file);
    Ok(())
}

/// What is in a file of the caller. Errors: it is not kept any more; a piece of it is not there.
pub(crate) async fn read(cx: &Cx<'_>, file: &File) -> Result<Vec<u8>, Stop> {
    if file.is_gone(cx.now()) {
        return Err(ApiError::no_such(File::NAME, &file.id, "id").into());
    }
    contents::get(cx, file).await
}

/// The file that a parameter names: the caller's, or one of `also`, the account that it is given for. Errors: there is
/// none, or it is for something else.
pub(crate) async fn named(
    cx: &mut Cx<'_>,
    param: &str,
    id: &str,
    also: Option<(&str, bool)>,
    purposes: &[Purpose],
) -> Result<File, Stop> {
    let mut found = cx.get::<File>(id).await?;
    if let (None, Some((account, live))) = (&found, also) {
        found = cx.get_of::<File>(account, live, id).await?;
    }
    let now = cx.now();
    let Some(file) = found.filter(|it| !it.is_gone(now)) else {
        return Err(ApiError::no_such("file upload", id, param).into());
    };
    if !purposes.contains(&file.purpose) {
        let words: Vec<&str> = purposes.iter().map(|it| it.as_str()).collect();
        let message = format!(
            "The file {id} was uploaded with the purpose '{}', and '{}' is needed here. Upload it with that purpose.",
            file.purpose.as_str(),
            words.join("' or '")
        );
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    Ok(file)
}

/// The file as its owner sees it, with its links.
async fn shown(cx: &Cx<'_>, mut file: File) -> Result<File, Stop> {
    let (account, live) = (&cx.caller.account, cx.caller.livemode);
    let by = Some((File::NAME, file.id.clone()));
    let links = cx.all_by::<FileLink>(account, live, by, LINKS_SHOWN + 1).await?;
    file.links.0 = Some(list_of(cx, &file.id, links));
    Ok(file)
}

fn list_of(cx: &Cx<'_>, file: &str, mut links: Vec<FileLink>) -> Links {
    let has_more = links.len() > LINKS_SHOWN;
    links.truncate(LINKS_SHOWN);
    Links {
        object: "list".into(),
        data: links.into_iter().map(|it| it.shown(cx.now())).collect(),
        has_more,
        url: format!("{}?file={file}", FileLink::PATH),
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<File> {
    let Some(upload) = cx.upload("file") else {
        // A hash that only says what a file would be.
        return Err(ApiError::invalid(400, "Invalid hash").param("file").into());
    };
    let browser = cx.caller.via == Via::PublishableKey;
    if browser && p.file_link_data.is_some() {
        let message = "File links are made with a secret key only. Upload the file without file_link_data.";
        return Err(ApiError::invalid(403, message)
            .code("secret_key_required")
            .param("file_link_data")
            .into());
    }
    let Some(rule) = p.purpose.rule() else {
        let message = format!("Files with the purpose '{}' cannot be uploaded.", p.purpose.as_str());
        return Err(ApiError::invalid(400, message).param("purpose").into());
    };
    let bytes = &upload.bytes;
    let wrong = |message: String| Err(ApiError::invalid(400, message).param("file").into());
    if bytes.is_empty() {
        return wrong("The file is empty. Send it with its contents.".into());
    }
    if bytes.len() > rule.bytes_max {
        return wrong(format!(
            "The file has {} bytes; one with the purpose '{}' may have up to {}.",
            bytes.len(),
            p.purpose.as_str(),
            rule.bytes_max
        ));
    }
    let format = Format::tell(bytes, upload.name.as_deref(), upload.kind.as_deref());
    let Some(format) = format.filter(|it| rule.formats.contains(it)) else {
        let types: Vec<&str> = rule.formats.iter().map(|it| it.mime()).collect();
        return wrong(format!(
            "We don't currently support that file type. Try uploading a file with one of the following mimetypes: {}.",
            types.join(", ")
        ));
    };
    let large = |pixels: (u32, u32)| pixels.0 >= PIXELS || pixels.1 >= PIXELS;
    if p.purpose == Purpose::IdentityDocument && format.pixels(bytes).is_some_and(large) {
        return wrong(format!("Pictures of documents must be smaller than {PIXELS} by {PIXELS} pixels."));
    }
    let mut file =
        File { filename: upload.name.clone(), ..blank(cx, p.purpose, format, bytes.len(), rule.kept) };
    write(cx, &file, bytes)?;
    if browser {
        file.url = None;
        return done(file);
    }
    let mut links = Vec::new();
    if let Some(data) = p.file_link_data.filter(|it| it.create) {
        links.push(file_link::make(cx, &file, data.expires_at, data.metadata, "file_link_data")?);
    }
    file.links.0 = Some(list_of(cx, &file.id, links));
    done(file)
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<File> {
    let id = cx.path("id").to_owned();
    let file: File = cx.must("id", &id).await?;
    done(shown(cx, file).await?)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let found = cx
        .page_where::<File>(None, |doc| {
            (p.created.is_none() && p.purpose.is_none())
                || wire::from_json::<File>(&doc.body).is_ok_and(|it| {
                    p.created.is_none_or(|range| range.holds(it.created.0))
                        && p.purpose.is_none_or(|wanted| wanted == it.purpose)
                })
        })
        .await?;
    let Reply::Done(mut page) = found else { return Ok(found) };
    for item in &mut page.items {
        let file = shown(cx, wire::from_json(item)?).await?;
        *item = crate::connect::account::json(file);
    }
    done(page)
}

async fn download(cx: &mut Cx<'_>, _: Nothing) -> Outcome<api::File> {
    let id = cx.path("id").to_owned();
    let file: File = cx.must("id", &id).await?;
    if !file.purpose.is_downloadable() {
        let message = format!(
            "The contents of files with the purpose '{}' cannot be retrieved once they are uploaded.",
            file.purpose.as_str()
        );
        return Err(ApiError::invalid(403, message).into());
    }
    let bytes = read(cx, &file).await?;
    cx.answer_as(file.served_as());
    done(api::File(Bytes::from(bytes)))
}

#[cfg(test)]
mod tests;
