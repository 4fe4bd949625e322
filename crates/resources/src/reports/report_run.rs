//! Report runs: a report is asked for, written as due work, and lies in a file (API page "Report Runs").
mod csv;
mod write;

use super::report_type;
use crate::files::file::{self, File};
use crate::{due, payments::balance_transaction::ReportingCategory};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, access::Connected, done};
use base::{ApiError, Currency, Named, Timestamp};
use report_type::{About, Known};
use wire::{Optional, Wire};

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ReportRun {
    /// `frr_…`.
    pub id: String,
    /// `reporting.report_run`.
    pub object: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// Why it could not be written.
    pub error: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// What of it was asked for.
    pub parameters: Parameters,
    /// Which kind it is.
    pub report_type: String,
    /// What was written.
    pub result: Option<File>,
    /// Where it stands.
    pub status: Status,
    /// When it was written.
    pub succeeded_at: Option<Timestamp>,
}

/// What of a report is asked for.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Parameters {
    /// Which columns, in which order.
    pub columns: Optional<Vec<String>>,
    /// Whose movements, where not the caller's.
    pub connected_account: Optional<String>,
    /// Only this currency.
    pub currency: Optional<Currency>,
    /// Up to this time, which is not part of it.
    pub interval_end: Optional<Timestamp>,
    /// From this time on.
    pub interval_start: Optional<Timestamp>,
    /// Only this payout.
    pub payout: Optional<String>,
    /// Only what reports count there.
    pub reporting_category: Optional<ReportingCategory>,
    /// In which time dates are: `Etc/UTC`.
    pub timezone: Optional<String>,
}

/// Where a report run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It could not be written.
    Failed,
    /// It is not written yet.
    Pending,
    /// It is written.
    Succeeded,
}

impl Named for ReportRun {
    const NAME: &'static str = "reporting.report_run";
    const PREFIX: &'static str = "frr";
}
impl Object for ReportRun {
    const PATH: &'static str = "/v1/reporting/report_runs";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<ReportRun>();
/// A report could not be written.
pub const FAILED: &str = "reporting.report_run.failed";
/// A report is written.
pub const SUCCEEDED: &str = "reporting.report_run.succeeded";
/// What report runs cause.
pub const EVENTS: &[&str] = &[FAILED, SUCCEEDED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/reporting/report_runs", "reporting.report_run", |cx, p| Box::pin(create(cx, p))).permission("report"),
        Endpoint::retrieve::<ReportRun>("/v1/reporting/report_runs/{id}").permission("report"),
        Endpoint::list::<List>("/v1/reporting/report_runs", "reporting.report_run", |cx, p| Box::pin(list(cx, p))).permission("report"),
    ]
}

/// What `POST /v1/reporting/report_runs` takes.
#[derive(Debug, Wire)]
pub struct Create {
    report_type: String,
    parameters: Optional<Parameters>,
}

/// What `GET /v1/reporting/report_runs` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
}

/// Names of the one time zone in which reports are written.
const UTC: &[&str] = &["Etc/UTC", "UTC", "Etc/GMT"];

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<ReportRun> {
    let parameters = p.parameters.0.unwrap_or_default();
    let kind = report_type::known(&p.report_type)
        .ok_or_else(|| ApiError::no_such("report type", &p.report_type, "report_type"))?;
    check(kind, &parameters)?;
    if let Some(account) = &parameters.connected_account.0 {
        let connected = !cx.caller.is_connect() && cx.peek::<Connected>(account).await?.is_some();
        if !connected {
            return Err(ApiError::no_such("account", account, "parameters[connected_account]").into());
        }
    }
    if let Some(payout) = &parameters.payout.0 {
        let account = parameters.connected_account.0.as_ref().unwrap_or(&cx.caller.account);
        write::payout(cx, account, payout).await?;
    }
    let run = ReportRun {
        id: cx.new_id::<ReportRun>(),
        object: ReportRun::NAME.into(),
        created: cx.now(),
        error: None,
        livemode: cx.caller.livemode,
        parameters,
        report_type: p.report_type,
        result: None,
        status: Status::Pending,
        succeeded_at: None,
    };
    cx.put(&run);
    due::later(cx, due::Kind::ReportWrites, &run.id, cx.now());
    done(run)
}

/// Checks what is asked of a kind of report.
fn check(kind: &Known, p: &Parameters) -> Result<(), ApiError> {
    let at = |name: &str| format!("parameters[{name}]");
    for column in p.columns.0.iter().flatten() {
        if !kind.columns.iter().chain(kind.more).any(|known| known == column) {
            let shown: String = column.chars().take(100).collect();
            let message = format!("The report type {} has no column '{shown}'.", kind.id);
            return Err(ApiError::invalid(400, message).param(at("columns")));
        }
    }
    if p.timezone.0.as_deref().is_some_and(|zone| !UTC.contains(&zone)) {
        let message = "Reports are written in Etc/UTC. Leave the timezone out, or send Etc/UTC.";
        return Err(ApiError::invalid(400, message).param(at("timezone")));
    }
    let wants_payout = kind.about == About::OnePayout;
    match (&p.payout.0, wants_payout) {
        (None, true) => return Err(ApiError::missing(&at("payout"))),
        (Some(_), false) => {
            let message = format!("The report type {} takes no payout.", kind.id);
            return Err(ApiError::invalid(400, message).param(at("payout")));
        }
        _ => {}
    }
    if kind.about == About::Balance && p.reporting_category.0.is_some() {
        let message = format!("The report type {} takes no reporting_category.", kind.id);
        return Err(ApiError::invalid(400, message).param(at("reporting_category")));
    }
    match (p.interval_start.0, p.interval_end.0) {
        _ if wants_payout => Ok(()),
        (None, _) => Err(ApiError::missing(&at("interval_start"))),
        (_, None) => Err(ApiError::missing(&at("interval_end"))),
        (Some(from), Some(to)) if from >= to => {
            let message = "The interval must end after it starts.";
            Err(ApiError::invalid(400, message).param(at("interval_end")))
        }
        _ => Ok(()),
    }
}

/// Writes a report of the caller that was asked for.
pub(crate) async fn perform(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<ReportRun>(id).await?.filter(|it| it.status == Status::Pending) else {
        return Ok(());
    };
    let Some(kind) = report_type::known(&before.report_type) else { return Ok(()) };
    let mut run = before.clone();
    match write::report(cx, kind, &before.parameters).await? {
        Ok(contents) => {
            let file = file::write_report(cx, &run.id, kind.name, &contents)?;
            run.status = Status::Succeeded;
            run.succeeded_at = Some(cx.now());
            run.result = Some(file);
            cx.put(&run);
            cx.emit_update(SUCCEEDED, &before, &run);
        }
        Err(why) => {
            run.status = Status::Failed;
            run.error = Some(why);
            cx.put(&run);
            cx.emit_update(FAILED, &before, &run);
        }
    }
    Ok(())
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let Some(created) = p.created else { return cx.page::<ReportRun>(None).await };
    cx.page_where::<ReportRun>(None, move |doc| {
        wire::from_json::<ReportRun>(&doc.body).is_ok_and(|it| created.holds(it.created.0))
    })
    .await
}

#[cfg(test)]
mod tests;
