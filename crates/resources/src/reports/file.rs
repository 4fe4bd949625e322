//! Files: what reports were written into (API page "Files").
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Text, done};
use base::{Named, Timestamp};
use wire::{Hidden, Optional, Wire};

/// A file.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct File {
    /// `file_…`.
    pub id: String,
    /// `file`.
    pub object: String,
    /// When it was written.
    pub created: Timestamp,
    /// Until when it is kept.
    pub expires_at: Option<Timestamp>,
    /// What to save it as.
    pub filename: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// In bytes.
    pub size: i64,
    /// What a person calls it.
    pub title: Option<String>,
    /// What kind of file it is.
    pub r#type: Option<String>,
    /// Where its contents are; to be asked for with a key.
    pub url: Option<String>,
    /// Its contents.
    pub contents: Hidden<Optional<String>>,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Purpose {
    /// What a report run wrote.
    FinanceReportRun,
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
/// A file was written.
pub const CREATED: &str = "file.created";
/// What files cause.
pub const EVENTS: &[&str] = &[CREATED];

/// How long a report is kept, in seconds.
const KEPT: i64 = 365 * Timestamp::DAY;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/files", "file", |cx, p| Box::pin(list(cx, p))),
        Endpoint::retrieve::<File>("/v1/files/{id}"),
        Endpoint::new("GET", "/v1/files/{id}/contents", "file", |cx, p| Box::pin(contents(cx, p)))
            .content_type("text/csv; charset=utf-8"),
    ]
}

/// What `GET /v1/files` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    purpose: Option<String>,
}

/// Writes down a file of the caller.
pub(crate) fn write(cx: &mut Cx<'_>, name: &str, title: &str, contents: String) -> File {
    let id = cx.new_id::<File>();
    let file = File {
        object: File::NAME.into(),
        created: cx.now(),
        expires_at: Some(cx.now().plus(KEPT)),
        filename: Some(format!("{name}.csv")),
        purpose: Purpose::FinanceReportRun,
        size: i64::try_from(contents.len()).unwrap_or(i64::MAX),
        title: Some(title.to_owned()),
        r#type: Some("csv".into()),
        url: Some(format!("{}{}/{id}/contents", cx.world.origin, File::PATH)),
        contents: Hidden(Optional(Some(contents))),
        id,
    };
    cx.put(&file);
    cx.emit(CREATED, &file);
    file
}

// Operations.

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { created, purpose } = p;
    if created.is_none() && purpose.is_none() {
        return cx.page::<File>(None).await;
    }
    cx.page_where::<File>(None, |doc| {
        wire::from_json::<File>(&doc.body).is_ok_and(|it| {
            created.is_none_or(|range| range.holds(it.created.0))
                && purpose.as_deref().is_none_or(|wanted| wanted == it.purpose.as_str())
        })
    })
    .await
}

async fn contents(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Text> {
    let id = cx.path("id").to_owned();
    let file: File = cx.must("id", &id).await?;
    done(Text(file.contents.0.0.unwrap_or_default()))
}
