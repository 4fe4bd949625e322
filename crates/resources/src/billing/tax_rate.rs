//! Tax rates: what an account adds to its invoices as tax, or says that is within (API page "Tax Rates").
use super::amounts::Number;
use crate::payments::card::not_more_than;
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Timestamp};
use money::{Decimal, TaxRule};
use wire::Wire;

/// A tax rate.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxRate {
    /// `txr_…`.
    pub id: String,
    /// `tax_rate`.
    pub object: String,
    /// Whether it can be used for what begins.
    pub active: bool,
    /// Where it is due: two letters (ISO 3166-1).
    pub country: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The account's own words, not shown to customers.
    pub description: Option<String>,
    /// What customers see.
    pub display_name: String,
    /// What it comes to where an engine computed it; never with rates that an account made itself.
    pub effective_percentage: Option<Number>,
    /// What is due whatever the amount; never with rates that an account made itself.
    pub flat_amount: Option<FlatAmount>,
    /// Whether amounts include it.
    pub inclusive: bool,
    /// Who levies it, in a few letters.
    pub jurisdiction: Option<String>,
    /// What kind of place levies it; never with rates that an account made itself.
    pub jurisdiction_level: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// How many percent.
    pub percentage: Number,
    /// How it is counted.
    pub rate_type: Option<RateType>,
    /// The state that levies it.
    pub state: Option<String>,
    /// What kind of tax it is.
    pub tax_type: Option<TaxType>,
}

/// What is due whatever the amount.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FlatAmount {
    /// In minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// How a tax rate is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum RateType {
    /// So much, whatever the amount.
    FlatAmount,
    /// So many percent.
    Percentage,
}

/// Kinds of taxes.
#[allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TaxType {
    AdmissionsTax,
    AmusementTax,
    AttendanceTax,
    CommunicationsTax,
    DigitalExciseTax,
    EntertainmentTax,
    GetFund,
    GrossReceiptsTax,
    Gst,
    HospitalityTax,
    Hst,
    Igst,
    Jct,
    LeaseTax,
    LuxuryTax,
    MassTransitParkingTax,
    Nhil,
    ParkingTax,
    Pst,
    Qst,
    ResortTax,
    RetailDeliveryFee,
    Rst,
    SalesTax,
    ServiceTax,
    TourismTax,
    UtilityUsersTax,
    Vat,
}

impl Named for TaxRate {
    const NAME: &'static str = "tax_rate";
    const PREFIX: &'static str = "txr";
}
impl Object for TaxRate {
    const PATH: &'static str = "/v1/tax_rates";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<TaxRate>();
/// A tax rate was made.
pub const CREATED: &str = "tax_rate.created";
/// A tax rate was changed.
pub const UPDATED: &str = "tax_rate.updated";
/// What tax rates cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/tax_rates", "tax_rate", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<TaxRate>("/v1/tax_rates/{id}"),
        Endpoint::new("POST", "/v1/tax_rates/{id}", "tax_rate", |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>("/v1/tax_rates", "tax_rate", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/tax_rates` takes.
#[derive(Debug, Wire)]
pub struct Create {
    active: Option<bool>,
    country: Option<String>,
    description: Option<String>,
    display_name: String,
    inclusive: bool,
    jurisdiction: Option<String>,
    metadata: MetadataPatch,
    percentage: Number,
    state: Option<String>,
    tax_type: Option<TaxType>,
}

/// What `POST /v1/tax_rates/{id}` takes. What has been charged by it stays, so the percentage does.
#[derive(Debug, Wire)]
pub struct Update {
    active: Option<bool>,
    country: Option<String>,
    description: Option<String>,
    display_name: Option<String>,
    jurisdiction: Option<String>,
    metadata: MetadataPatch,
    state: Option<String>,
    tax_type: Option<TaxType>,
}

/// What `GET /v1/tax_rates` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    created: Option<Range>,
    inclusive: Option<bool>,
}

// Transitions.

/// Decimals of a percentage.
const PLACES_MAX: usize = 4;
/// Longest texts, in characters.
const LIMITS: [(&str, usize); 5] =
    [("country", 2), ("description", 500), ("display_name", 50), ("jurisdiction", 200), ("state", 200)];

impl TaxRate {
    /// What it does to an amount.
    pub(crate) fn rule(&self) -> TaxRule {
        TaxRule { percent: self.percentage.0, inclusive: self.inclusive }
    }

    fn check(&self) -> Result<(), ApiError> {
        let texts = [
            self.country.as_deref(),
            self.description.as_deref(),
            Some(&self.display_name),
            self.jurisdiction.as_deref(),
            self.state.as_deref(),
        ];
        for ((param, most), text) in LIMITS.into_iter().zip(texts) {
            not_more_than(most, param, text)?;
        }
        match &self.country {
            Some(it) if it.len() != 2 || !it.bytes().all(|b| b.is_ascii_alphabetic()) => {
                let message = format!(
                    "Country '{it}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US'."
                );
                Err(ApiError::invalid(400, message).code("country_unsupported").param("country"))
            }
            _ => Ok(()),
        }
    }
}

fn check_percentage(it: Number) -> Result<(), ApiError> {
    if it.0 < Decimal::ZERO || it.0 > Decimal::of(100) || it.0.places() > PLACES_MAX {
        let message = "Invalid percentage: must be a number between 0 and 100 with up to 4 decimal places.";
        return Err(ApiError::invalid(400, message).param("percentage"));
    }
    Ok(())
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<TaxRate> {
    check_percentage(p.percentage)?;
    let it = TaxRate {
        id: cx.new_id::<TaxRate>(),
        object: TaxRate::NAME.into(),
        active: p.active != Some(false),
        country: p.country.map(|it| it.to_ascii_uppercase()),
        created: cx.now(),
        description: p.description,
        display_name: p.display_name,
        effective_percentage: None,
        flat_amount: None,
        inclusive: p.inclusive,
        jurisdiction: p.jurisdiction,
        jurisdiction_level: None,
        livemode: cx.caller.livemode,
        metadata: Some(p.metadata.fresh()?),
        percentage: p.percentage,
        rate_type: Some(RateType::Percentage),
        state: p.state,
        tax_type: p.tax_type,
    };
    it.check()?;
    cx.put(&it);
    cx.emit(CREATED, &it);
    done(it)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<TaxRate> {
    let id = cx.path("id").to_owned();
    let before: TaxRate = cx.must("id", &id).await?;
    let mut it = before.clone();
    it.active = p.active.unwrap_or(it.active);
    it.country = p.country.map(|it| it.to_ascii_uppercase()).or(it.country);
    it.description = p.description.or(it.description);
    it.display_name = p.display_name.unwrap_or(it.display_name);
    it.jurisdiction = p.jurisdiction.or(it.jurisdiction);
    it.state = p.state.or(it.state);
    it.tax_type = p.tax_type.or(it.tax_type);
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    it.check()?;
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    cx.page_where::<TaxRate>(None, |doc| {
        wire::from_json::<TaxRate>(&doc.body).is_ok_and(|it| {
            p.active.is_none_or(|wanted| it.active == wanted)
                && p.inclusive.is_none_or(|wanted| it.inclusive == wanted)
                && p.created.is_none_or(|range| range.holds(it.created.0))
        })
    })
    .await
}

/// The active rates with these ids, in order. Errors: there is no such rate, it is not active, or it is named twice.
pub(crate) async fn named(cx: &mut Cx<'_>, ids: &[String], param: &str) -> Result<Vec<TaxRate>, Stop> {
    let mut all: Vec<TaxRate> = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        let param = format!("{param}[{at}]");
        let it: TaxRate = cx.must(&param, id).await?;
        if !it.active || all.iter().any(|known| known.id == it.id) {
            let message = format!(
                "The tax rate {id} is not active, or is named twice; each active tax rate can be used once."
            );
            return Err(ApiError::invalid(400, message).param(param).into());
        }
        all.push(it);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, PLATFORM};

    #[test]
    fn a_rate_is_made_and_its_percentage_stays() {
        let bench = Bench::new();
        let it = bench
            .post(
                PLATFORM,
                "/v1/tax_rates",
                "display_name=VAT&percentage=7.25&inclusive=false&country=de&tax_type=vat",
            )
            .ok();
        assert_eq!(it.at("percentage").to_json(), "7.25");
        assert_eq!(
            (it.text("country"), it.text("tax_type"), it.text("rate_type")),
            ("DE".into(), "vat".into(), "percentage".into())
        );
        let path = format!("/v1/tax_rates/{}", it.text("id"));
        let changed = bench.post(PLATFORM, &path, "active=false&metadata[a]=b&display_name=MwSt").ok();
        assert!(!changed.is("active") && changed.text("display_name") == "MwSt");
        assert_eq!(bench.post(PLATFORM, &path, "percentage=5").refusal().1, "parameter_unknown");
        assert_eq!(
            bench.told().iter().map(|(_, kind)| *kind).collect::<Vec<_>>(),
            [super::CREATED, super::UPDATED]
        );
        assert_eq!(bench.get(PLATFORM, "/v1/tax_rates?active=true").items().len(), 0);
        assert_eq!(bench.get(PLATFORM, "/v1/tax_rates?inclusive=false").items().len(), 1);
    }

    #[test]
    fn what_cannot_be_a_rate() {
        let bench = Bench::new();
        for (form, param) in [
            ("display_name=VAT&inclusive=false", "percentage"),
            ("display_name=VAT&inclusive=false&percentage=101", "percentage"),
            ("display_name=VAT&inclusive=false&percentage=-1", "percentage"),
            ("display_name=VAT&inclusive=false&percentage=1.23456", "percentage"),
            ("display_name=VAT&percentage=5", "inclusive"),
            ("display_name=VAT&inclusive=false&percentage=5&country=Germany", "country"),
        ] {
            assert_eq!(bench.post(PLATFORM, "/v1/tax_rates", form).refusal().2, param, "{form}");
        }
    }
}
