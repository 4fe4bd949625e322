//! Country specs: what accounts of a country need and can do (API page "Country Specs").
use crate::connect::account::{self, BusinessType, of_country};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, done};
use base::{ApiError, Currency, Named};
use wire::{At, Bad, Node, Shape, Wire};

/// What accounts of a country need and can do.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CountrySpec {
    /// Two letters (ISO 3166-1).
    pub id: String,
    /// `country_spec`.
    pub object: String,
    /// The currency of its accounts.
    pub default_currency: Currency,
    /// In which currencies, and to banks of which countries, its accounts can be paid out.
    pub supported_bank_account_currencies: BankCountries,
    /// What can be charged in.
    pub supported_payment_currencies: Vec<Currency>,
    /// What can be charged.
    pub supported_payment_methods: Vec<String>,
    /// The countries of accounts that money can be transferred to.
    pub supported_transfer_countries: Vec<String>,
    /// What is wanted of its accounts.
    pub verification_fields: VerificationFields,
}

/// Countries of banks by the currency that is paid out there.
#[derive(Debug, Clone, PartialEq)]
pub struct BankCountries(Vec<(Currency, Vec<&'static str>)>);

impl Wire for BankCountries {
    const SHAPE: Shape = Shape::Any;
    fn read(_: &At<'_>, _: Option<&Node<'_>>) -> Result<Self, Bad> {
        Ok(BankCountries(Vec::new()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        let countries = |list: &[&'static str]| Node::List(list.iter().map(|it| Node::text(*it)).collect());
        let entries =
            self.0.iter().map(|(currency, list)| (currency.as_str().to_owned().into(), countries(list)));
        Node::Map(entries.collect()).write(out);
    }
}

/// What is wanted of a business, by its type.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct VerificationFields {
    /// Of a company.
    pub company: Fields,
    /// Of a person.
    pub individual: Fields,
}

/// What is wanted of a business.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Fields {
    /// At some time.
    pub additional: Vec<String>,
    /// At once.
    pub minimum: Vec<String>,
}

impl Named for CountrySpec {
    const NAME: &'static str = "country_spec";
    const PREFIX: &'static str = "";
}
/// It is said by this file; nothing of it is stored.
impl Object for CountrySpec {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CountrySpec>();
/// Nothing happens to them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<Nothing>("/v1/country_specs", CountrySpec::NAME, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/country_specs/{id}", CountrySpec::NAME, |cx, p| Box::pin(retrieve(cx, p))),
    ]
}

/// The countries that accounts can be in: code, name, and currency, in the order of their codes.
pub const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AE", "United Arab Emirates", "aed"),
    ("AT", "Austria", "eur"),
    ("AU", "Australia", "aud"),
    ("BE", "Belgium", "eur"),
    ("BG", "Bulgaria", "eur"),
    ("BR", "Brazil", "brl"),
    ("CA", "Canada", "cad"),
    ("CH", "Switzerland", "chf"),
    ("CY", "Cyprus", "eur"),
    ("CZ", "Czechia", "czk"),
    ("DE", "Germany", "eur"),
    ("DK", "Denmark", "dkk"),
    ("EE", "Estonia", "eur"),
    ("ES", "Spain", "eur"),
    ("FI", "Finland", "eur"),
    ("FR", "France", "eur"),
    ("GB", "United Kingdom", "gbp"),
    ("GI", "Gibraltar", "gip"),
    ("GR", "Greece", "eur"),
    ("HK", "Hong Kong", "hkd"),
    ("HR", "Croatia", "eur"),
    ("HU", "Hungary", "huf"),
    ("IE", "Ireland", "eur"),
    ("IN", "India", "inr"),
    ("IT", "Italy", "eur"),
    ("JP", "Japan", "jpy"),
    ("LI", "Liechtenstein", "chf"),
    ("LT", "Lithuania", "eur"),
    ("LU", "Luxembourg", "eur"),
    ("LV", "Latvia", "eur"),
    ("MT", "Malta", "eur"),
    ("MX", "Mexico", "mxn"),
    ("MY", "Malaysia", "myr"),
    ("NL", "Netherlands", "eur"),
    ("NO", "Norway", "nok"),
    ("NZ", "New Zealand", "nzd"),
    ("PL", "Poland", "pln"),
    ("PT", "Portugal", "eur"),
    ("RO", "Romania", "ron"),
    ("SE", "Sweden", "sek"),
    ("SG", "Singapore", "sgd"),
    ("SI", "Slovenia", "eur"),
    ("SK", "Slovakia", "eur"),
    ("TH", "Thailand", "thb"),
    ("US", "United States", "usd"),
];

/// The currency of accounts in a country; `None` where accounts cannot be.
pub(crate) fn currency_of(country: &str) -> Option<Currency> {
    let (.., code) = COUNTRIES.iter().find(|(known, ..)| *known == country)?;
    Currency::parse(code)
}

fn spec(country: &str) -> Option<CountrySpec> {
    let default_currency = currency_of(country)?;
    let (id, _, code) = COUNTRIES.iter().find(|(known, ..)| *known == country)?;
    let with = |wanted: &str| -> Vec<&'static str> {
        COUNTRIES.iter().filter(|(.., code)| *code == wanted).map(|(country, ..)| *country).collect()
    };
    // Money in euro goes wherever there is a bank for it, other money stays at home.
    let banks = if *code == "eur" { with("eur") } else { vec![*id] };
    let fields = |kind| {
        let (minimum, additional) = of_country(country, kind);
        Fields { additional, minimum }
    };
    let methods: &[&str] = if country == "US" { &["ach", "card", "stripe"] } else { &["card", "stripe"] };
    Some(CountrySpec {
        id: country.to_owned(),
        object: CountrySpec::NAME.into(),
        default_currency,
        supported_bank_account_currencies: BankCountries(vec![(default_currency, banks)]),
        supported_payment_currencies: Currency::all().collect(),
        supported_payment_methods: methods.iter().map(|it| (*it).to_owned()).collect(),
        supported_transfer_countries: COUNTRIES.iter().map(|(country, ..)| (*country).to_owned()).collect(),
        verification_fields: VerificationFields {
            company: fields(BusinessType::Company),
            individual: fields(BusinessType::Individual),
        },
    })
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<CountrySpec> {
    let id = cx.path("id");
    done(spec(id).ok_or_else(|| ApiError::no_such(CountrySpec::NAME, id, "id"))?)
}

async fn list(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let all = COUNTRIES.iter().filter_map(|(country, ..)| spec(country));
    let items = all.map(|it| (it.id.clone(), account::json(it))).collect();
    done(account::slice(cx, CountrySpec::NAME, "/v1/country_specs".into(), items)?)
}
