//! Report types: which reports there are (API page "Report Types").
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, done};
use base::{ApiError, Named, Timestamp};
use store::Bytes;
use wire::Wire;

/// A kind of report.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ReportType {
    /// Such as `balance.summary.1`.
    pub id: String,
    /// `reporting.report_type`.
    pub object: String,
    /// Until when there are data.
    pub data_available_end: Timestamp,
    /// From when there are data.
    pub data_available_start: Timestamp,
    /// The columns where nobody says which.
    pub default_columns: Option<Vec<String>>,
    /// Live or test.
    pub livemode: bool,
    /// What a person calls it.
    pub name: String,
    /// When it last changed.
    pub updated: Timestamp,
    /// The number of its form.
    pub version: i64,
}

impl Named for ReportType {
    const NAME: &'static str = "reporting.report_type";
    const PREFIX: &'static str = "";
}
/// The kinds are part of the program; none is stored.
impl Object for ReportType {
    const PATH: &'static str = "/v1/reporting/report_types";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<ReportType>();
/// What report types cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/reporting/report_types", "reporting.report_type", |cx, p| Box::pin(list(cx, p))).permission("report"),
        Endpoint::new("GET", "/v1/reporting/report_types/{id}", "reporting.report_type", |cx, p| Box::pin(retrieve(cx, p))).permission("report"),
    ]
}

/// What `GET /v1/reporting/report_types` filters by.
#[derive(Debug, Wire)]
pub struct List {}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Balances at the beginning and the end, and what happened in between, by kind.
    Balance,
    /// Each movement but payouts.
    Activity,
    /// Each movement that automatic payouts paid out, by payout.
    Reconciliation,
    /// The same of one payout.
    OnePayout,
    /// What automatic payouts paid out, by payout and kind of movement.
    ReconciliationSummary,
    /// Each payout.
    Payouts,
    /// Payouts by currency and kind.
    PayoutsSummary,
    /// What happened but payouts, by kind.
    ActivitySummary,
    /// What is in the balance at the end that no automatic payout has paid out, movement by movement.
    Ending,
    /// The same by kind.
    EndingSummary,
}

/// A kind of report as the program knows it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: About,
    pub(crate) columns: &'static [&'static str],
    /// Columns that can be asked for, too.
    pub(crate) more: &'static [&'static str],
    version: i64,
}

const MOVEMENT: &[&str] = &[
    "balance_transaction_id",
    "created_utc",
    "created",
    "available_on_utc",
    "available_on",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "description",
];
const PAID_OUT: &[&str] = &[
    "automatic_payout_id",
    "automatic_payout_effective_at",
    "balance_transaction_id",
    "created_utc",
    "created",
    "available_on_utc",
    "available_on",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "description",
];
const SUMMED: &[&str] = &["reporting_category", "currency", "count", "gross", "fee", "net"];
const SUMMED_BY_PAYOUT: &[&str] = &[
    "automatic_payout_id",
    "automatic_payout_effective_at",
    "reporting_category",
    "currency",
    "count",
    "gross",
    "fee",
    "net",
];
const MORE: &[&str] = &["source_id", "type"];

/// Every kind of report.
pub(crate) const KNOWN: &[Known] = &[
    Known {
        id: "balance.summary.1",
        name: "Balance summary",
        about: About::Balance,
        columns: &["category", "description", "net_amount", "currency"],
        more: &[],
        version: 1,
    },
    Known {
        id: "balance_change_from_activity.summary.1",
        name: "Balance change from activity summary",
        about: About::ActivitySummary,
        columns: SUMMED,
        more: &[],
        version: 1,
    },
    Known {
        id: "ending_balance_reconciliation.itemized.4",
        name: "Itemized ending balance reconciliation",
        about: About::Ending,
        columns: MOVEMENT,
        more: MORE,
        version: 4,
    },
    Known {
        id: "ending_balance_reconciliation.summary.1",
        name: "Ending balance reconciliation summary",
        about: About::EndingSummary,
        columns: SUMMED,
        more: &[],
        version: 1,
    },
    Known {
        id: "payout_reconciliation.summary.1",
        name: "Payout reconciliation summary",
        about: About::ReconciliationSummary,
        columns: SUMMED_BY_PAYOUT,
        more: &[],
        version: 1,
    },
    Known {
        id: "payouts.summary.1",
        name: "Payouts summary",
        about: About::PayoutsSummary,
        columns: SUMMED,
        more: &[],
        version: 1,
    },
    Known {
        id: "balance_change_from_activity.itemized.3",
        name: "Itemized balance change from activity",
        about: About::Activity,
        columns: MOVEMENT,
        more: MORE,
        version: 3,
    },
    Known {
        id: "payout_reconciliation.itemized.5",
        name: "Itemized payout reconciliation",
        about: About::Reconciliation,
        columns: PAID_OUT,
        more: MORE,
        version: 5,
    },
    Known {
        id: "payout_reconciliation.by_id.itemized.4",
        name: "Itemized payout reconciliation of one payout",
        about: About::OnePayout,
        columns: PAID_OUT,
        more: MORE,
        version: 4,
    },
    Known {
        id: "payouts.itemized.3",
        name: "Itemized payouts",
        about: About::Payouts,
        columns: &[
            "payout_id",
            "effective_at_utc",
            "effective_at",
            "balance_transaction_id",
            "currency",
            "gross",
            "fee",
            "net",
            "reporting_category",
            "description",
            "payout_status",
        ],
        more: &["payout_type", "payout_destination_id"],
        version: 3,
    },
];

/// The kind with this id.
pub(crate) fn known(id: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|it| it.id == id)
}

/// The first and the last report type changed on this day: 1 January 2026.
const UPDATED: Timestamp = Timestamp(1_767_225_600);

fn shown(cx: &Cx<'_>, it: &Known) -> ReportType {
    ReportType {
        id: it.id.into(),
        object: ReportType::NAME.into(),
        data_available_end: cx.now(),
        data_available_start: Timestamp(0),
        default_columns: Some(it.columns.iter().map(|name| (*name).to_owned()).collect()),
        livemode: cx.caller.livemode,
        name: it.name.into(),
        updated: UPDATED,
        version: it.version,
    }
}

// Operations.

async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    // There are few, and nobody pages through them: all are on the first page.
    let items: Vec<Bytes> = KNOWN.iter().map(|it| crate::connect::account::json(shown(cx, it))).collect();
    let total = cx.paging().total.then_some(items.len() as u64);
    done(Page { items, has_more: false, url: ReportType::PATH.to_owned(), total })
}

async fn retrieve(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<ReportType> {
    let id = cx.path("id").to_owned();
    let it = known(&id).ok_or_else(|| ApiError::no_such("report type", &id, "id"))?;
    done(shown(cx, it))
}
