//! Tax codes: what kind of thing a product is, for whoever computes taxes (API page "Tax Codes"). The list is that of the
//! program; a product may carry any code of the right form, because the public list is longer and grows.
use crate::connect::account;
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, done};
use base::{ApiError, Named};
use wire::Wire;

/// A tax code.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxCode {
    /// `txcd_…`.
    pub id: String,
    /// `tax_code`.
    pub object: String,
    /// What falls under it.
    pub description: String,
    /// Its name.
    pub name: String,
    /// What must be known of a sale.
    pub requirements: Option<Requirements>,
}

/// What must be known of a sale.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Requirements {
    /// Whether the place of the performance must be known.
    pub performance_location: PerformanceLocation,
}

/// Whether the place of a performance must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PerformanceLocation {
    /// It may be.
    Optional,
    /// It must be.
    Required,
}

impl Named for TaxCode {
    const NAME: &'static str = "tax_code";
    const PREFIX: &'static str = "txcd";
}
impl Object for TaxCode {
    const PATH: &'static str = "/v1/tax_codes";
    const KNOWN: Option<fn(&str) -> Option<Vec<u8>>> = Some(|id| known(id).map(|it| wire::to_json(&it)));
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<TaxCode>();
/// What tax codes cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("GET", "/v1/tax_codes/{id}", "tax_code", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::list::<List>("/v1/tax_codes", "tax_code", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `GET /v1/tax_codes` filters by: nothing.
#[derive(Debug, Wire)]
pub struct List {}

/// Codes, names and what falls under them, in the order of the codes.
const CODES: &[(&str, &str, &str)] = &[
    ("txcd_00000000", "Nontaxable", "What no tax is due on."),
    (
        "txcd_10000000",
        "General - Electronically Supplied Services",
        "Whatever is delivered over a network with little or no human work.",
    ),
    (
        "txcd_10103000",
        "Software as a service (SaaS) - personal use",
        "Software on a server of the seller, used for oneself.",
    ),
    (
        "txcd_10103001",
        "Software as a service (SaaS) - business use",
        "Software on a server of the seller, used for a business.",
    ),
    (
        "txcd_20030000",
        "General - Services",
        "Work that somebody does for somebody, where no other code fits.",
    ),
    ("txcd_92010001", "Shipping", "Bringing goods to whoever bought them."),
    ("txcd_99999999", "General - Tangible Goods", "Things that can be touched and carried."),
];

fn code((id, name, description): (&str, &str, &str)) -> TaxCode {
    TaxCode {
        id: id.into(),
        object: TaxCode::NAME.into(),
        description: description.into(),
        name: name.into(),
        requirements: None,
    }
}

fn known(id: &str) -> Option<TaxCode> {
    CODES.iter().find(|(known, ..)| *known == id).map(|it| code(*it))
}

/// Checks that a text can be a tax code: `txcd_` and eight digits.
pub(crate) fn check(param: &str, id: &str) -> Result<(), ApiError> {
    match id.strip_prefix("txcd_") {
        Some(digits) if digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        _ => Err(ApiError::no_such(TaxCode::NAME, id, param)),
    }
}

async fn retrieve(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<TaxCode> {
    let id = cx.path("id");
    done(known(id).ok_or_else(|| ApiError::no_such(TaxCode::NAME, id, "id"))?)
}

async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    let items = CODES.iter().map(|it| (it.0.to_owned(), account::json(code(*it)))).collect();
    done(account::slice(cx, TaxCode::NAME, TaxCode::PATH.into(), items)?)
}
