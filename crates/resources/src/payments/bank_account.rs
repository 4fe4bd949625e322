//! Bank accounts: what a token stands for, and what a customer or an account keeps (API page "Bank Accounts").
use crate::{
    connect::country_spec,
    payments::{
        card::{Entered, id_of},
        customer::Customer,
    },
};
use acquirer::{
    bank::{self, BankProblem},
    simulator::banks,
};
use api::{Cx, Endpoint, Noun, Object, Stop, secrets::Sealed};
use base::{ApiError, Currency, Metadata, Named, Ref};
use store::IndexKey;
use vault::{Kind, Place, Secret};
use wire::{At, Bad, Hidden, Node, Optional, Shape, Wire};

/// A bank account. Its number is sealed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BankAccount {
    /// `ba_…`.
    pub id: String,
    /// `bank_account`.
    pub object: String,
    /// Who holds it.
    pub account_holder_name: Option<String>,
    /// Whether that is a person or a company.
    pub account_holder_type: Option<HolderType>,
    /// What sort of account it is.
    pub account_type: Option<AccountType>,
    /// The bank, as far as its routing number tells.
    pub bank_name: Option<String>,
    /// Where it is: two letters (ISO 3166-1).
    pub country: String,
    /// The currency that it is in.
    pub currency: Currency,
    /// Whose it is.
    pub customer: Optional<Ref<Customer>>,
    /// The same for the same number in the same account.
    pub fingerprint: Option<String>,
    /// The last four digits.
    pub last4: String,
    /// The caller's own keys and values.
    pub metadata: Optional<Metadata>,
    /// The number of the bank.
    pub routing_number: Option<String>,
    /// `new`, `validated`, `verified`, `verification_failed` or `errored`.
    pub status: String,
    /// The number, sealed to the account and this bank account.
    pub sealed_number: Hidden<Option<String>>,
}

/// Who holds a bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum HolderType {
    /// A company.
    Company,
    /// A person.
    Individual,
}

/// What sort of bank account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AccountType {
    /// For payments.
    Checking,
    /// For payments, in Japan.
    Futsu,
    /// For savings.
    Savings,
    /// For companies, in Japan.
    Toza,
}

impl Named for BankAccount {
    const NAME: &'static str = "bank_account";
    const PREFIX: &'static str = "ba";
}
impl Object for BankAccount {
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        Sealed::one(Kind::BankAccountNumber, &self.id, &mut self.sealed_number.0)
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.customer.0.iter().map(|customer| IndexKey::listed(Customer::NAME, &customer.id)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<BankAccount>();
/// What it causes: the events of sources are told by the cards.
pub const EVENTS: &[&str] = &[];
/// The endpoints are those of a customer's sources.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}

/// A bank account as it is typed.
#[derive(Debug, Wire)]
pub struct BankParams {
    object: Option<String>,
    account_holder_name: Option<String>,
    account_holder_type: Option<HolderType>,
    account_number: Entered,
    account_type: Option<AccountType>,
    country: String,
    currency: Option<Currency>,
    routing_number: Option<String>,
}

/// A bank account as a parameter: the id of one that a customer keeps, or a typed one.
#[derive(Debug)]
pub enum BankSource {
    /// `ba_…`.
    Id(String),
    /// A hash.
    Typed(Box<BankParams>),
}

impl Wire for BankSource {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        if let Some(Node::Map(_)) = node {
            return BankParams::read(at, node).map(|typed| BankSource::Typed(Box::new(typed)));
        }
        id_of(at, node).map(|id| BankSource::Id(id.to_owned()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            BankSource::Id(id) => wire::write_str(out, id),
            BankSource::Typed(_) => out.extend_from_slice(b"null"),
        }
    }
}

/// The longest name of a holder, in characters.
const NAME_MAX: usize = 5000;
/// Makes a bank account of what was typed under the parameter `under`. Nothing of it is stored yet. Errors: numbers
/// that cannot be right; in test mode an account of the United States that is no test account.
pub(crate) fn enter(cx: &Cx<'_>, p: BankParams, under: &str) -> Result<BankAccount, Stop> {
    let param = |name: &str| format!("{under}[{name}]");
    let refused =
        |why: BankProblem| ApiError::invalid(400, why.message()).code(why.code()).param(param(why.param()));
    if p.object.as_deref().is_some_and(|object| object != BankAccount::NAME) {
        let message = format!("Invalid {under}[object]: a bank account's object is 'bank_account'.");
        return Err(ApiError::invalid(400, message).param(param("object")).into());
    }
    super::card::not_more_than(NAME_MAX, &param("account_holder_name"), p.account_holder_name.as_deref())?;
    let country = p.country.to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        let shown: String = p.country.chars().take(20).collect();
        let message = format!(
            "Country '{shown}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US', 'EG', or 'GB'. A full list of country codes is available at https://stripe.com/docs/standards#country-codes."
        );
        return Err(ApiError::invalid(400, message)
            .code("country_code_invalid")
            .param(param("country"))
            .into());
    }
    let currency = p.currency.or_else(|| country_spec::currency_of(&country));
    let currency = currency.ok_or_else(|| ApiError::missing(&param("currency")))?;
    let typed = bank::validate(&country, p.routing_number.as_deref(), p.account_number.0.reveal());
    let typed = typed.map_err(refused)?;
    if !cx.caller.livemode && country == "US" {
        banks::admit(typed.routing.as_deref().unwrap_or_default(), typed.reveal()).map_err(refused)?;
    }
    let mut it = blank(cx, country, currency, typed.routing.clone(), typed.last4());
    it.account_holder_name = p.account_holder_name;
    it.account_holder_type = p.account_holder_type;
    it.account_type = p.account_type;
    it.seal(cx, &cx.caller.account, typed.reveal())?;
    Ok(it)
}

/// The bank account behind a documented test token such as `btok_us_verified`: a new one at each use. `None` in
/// live mode and for other ids.
pub(crate) fn well_known(cx: &Cx<'_>, token: &str) -> Result<Option<BankAccount>, Stop> {
    if cx.caller.livemode || !token.starts_with("btok_") {
        return Ok(None);
    }
    let Some(listed) = banks::named(token) else { return Ok(None) };
    let last4 = listed.account.get(listed.account.len().saturating_sub(4)..).unwrap_or_default();
    let mut it = blank(cx, "US".to_owned(), Currency::USD, Some(listed.routing.to_owned()), last4);
    it.status = "verified".into();
    it.seal(cx, &cx.caller.account, listed.account)?;
    Ok(Some(it))
}

fn blank(
    cx: &Cx<'_>,
    country: String,
    currency: Currency,
    routing: Option<String>,
    last4: &str,
) -> BankAccount {
    let test_bank = routing.as_deref().filter(|_| !cx.caller.livemode).and_then(banks::bank_name);
    BankAccount {
        id: cx.new_id::<BankAccount>(),
        object: BankAccount::NAME.into(),
        account_holder_name: None,
        account_holder_type: None,
        account_type: None,
        bank_name: test_bank.map(str::to_owned),
        country,
        currency,
        customer: Optional(None),
        fingerprint: None,
        last4: last4.to_owned(),
        metadata: Optional(None),
        routing_number: routing,
        status: "new".into(),
        sealed_number: Hidden(None),
    }
}

impl BankAccount {
    /// The number. Errors: it was sealed elsewhere, or is gone.
    pub(crate) fn open(&self, cx: &Cx<'_>, account: &str) -> Result<Secret, Stop> {
        let Some(sealed) = &self.sealed_number.0 else {
            return Err(api::fault(format!("{} has no number", self.id)));
        };
        let at = Place { account, object: &self.id };
        let opened = cx.world.vault.open(Kind::BankAccountNumber, at, sealed);
        opened.map_err(|e| api::fault(format!("the number of {} cannot be opened: {e}", self.id)))
    }
    /// Seals the number to this bank account of an account.
    pub(crate) fn seal(&mut self, cx: &Cx<'_>, account: &str, number: &str) -> Result<(), Stop> {
        let at = Place { account, object: &self.id };
        let sealed = cx.world.vault.seal(Kind::BankAccountNumber, at, number, &*cx.world.entropy);
        let sealed =
            sealed.map_err(|e| api::fault(format!("the number of {} cannot be sealed: {e}", self.id)))?;
        self.sealed_number = Hidden(Some(sealed));
        let whole =
            format!("{}|{}|{number}", self.country, self.routing_number.as_deref().unwrap_or_default());
        self.fingerprint = Some(cx.world.vault.fingerprint(account, &whole));
        Ok(())
    }
    pub(crate) fn belongs_to(&self, customer: &str) -> bool {
        self.customer.0.as_ref().is_some_and(|owner| owner.id == customer)
    }
}
