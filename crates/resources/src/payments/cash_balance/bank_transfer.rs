//! Where customers send money: the accounts that stand for a customer, one kind for each region. In test mode they are
//! made of the customer's id, so they are always the same.
use super::CashBalance;
use crate::{address::Address, payments::customer::Customer};
use api::{Cx, Object as _, Outcome, Stop, done};
use base::{ApiError, Currency};
use wire::{Optional, Wire};

/// The kinds of bank transfers.
#[expect(clippy::enum_variant_names, reason = "these are the words of the API")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TransferType {
    /// In the euro area.
    EuBankTransfer,
    /// In the United Kingdom.
    GbBankTransfer,
    /// In Japan.
    JpBankTransfer,
    /// In Mexico.
    MxBankTransfer,
    /// In the United States.
    UsBankTransfer,
}

/// The kinds of accounts that money can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AddressType {
    /// In the United States.
    Aba,
    /// In the euro area.
    Iban,
    /// The same by its network.
    Sepa,
    /// In the United Kingdom.
    SortCode,
    /// In Mexico.
    Spei,
    /// From abroad.
    Swift,
    /// In Japan.
    Zengin,
}

/// In which country of the euro area the account is.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EuOption {
    /// Two letters.
    pub country: String,
}

/// An account that money is sent to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FinancialAddress {
    /// In the United States.
    pub aba: Optional<Aba>,
    /// In the euro area.
    pub iban: Optional<Iban>,
    /// In the United Kingdom.
    pub sort_code: Optional<SortCode>,
    /// In Mexico.
    pub spei: Optional<Spei>,
    /// By which networks it can be reached.
    pub supported_networks: Optional<Vec<String>>,
    /// From abroad.
    pub swift: Optional<Swift>,
    /// Which member is there.
    pub r#type: AddressType,
    /// In Japan.
    pub zengin: Optional<Zengin>,
}

/// An account in the United States.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Aba {
    account_holder_address: Address,
    account_holder_name: String,
    account_number: String,
    account_type: String,
    bank_address: Address,
    bank_name: String,
    routing_number: String,
}

/// An account in the euro area.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Iban {
    account_holder_address: Address,
    account_holder_name: String,
    bank_address: Address,
    bic: String,
    country: String,
    iban: String,
}

/// An account in the United Kingdom.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SortCode {
    account_holder_address: Address,
    account_holder_name: String,
    account_number: String,
    bank_address: Address,
    sort_code: String,
}

/// An account in Mexico.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Spei {
    account_holder_address: Address,
    account_holder_name: String,
    bank_address: Address,
    bank_code: String,
    bank_name: String,
    clabe: String,
}

/// An account that is reached from abroad.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Swift {
    account_holder_address: Address,
    account_holder_name: String,
    account_number: String,
    account_type: String,
    bank_address: Address,
    bank_name: String,
    swift_code: String,
}

/// An account in Japan.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Zengin {
    account_holder_address: Address,
    account_holder_name: Option<String>,
    account_number: Option<String>,
    account_type: Option<String>,
    bank_address: Address,
    bank_code: Option<String>,
    bank_name: Option<String>,
    branch_code: Option<String>,
    branch_name: Option<String>,
}

const BANK: &str = "TEST BANK";
/// Where accounts in the euro area can be.
const EURO: &[&str] = &["BE", "DE", "ES", "FR", "IE", "NL"];

impl TransferType {
    /// The kind for a currency; none where money cannot be sent in it.
    pub(crate) fn of(currency: Currency) -> Option<Self> {
        match currency.as_str() {
            "eur" => Some(TransferType::EuBankTransfer),
            "gbp" => Some(TransferType::GbBankTransfer),
            "jpy" => Some(TransferType::JpBankTransfer),
            "mxn" => Some(TransferType::MxBankTransfer),
            "usd" => Some(TransferType::UsBankTransfer),
            _ => None,
        }
    }
    fn offers(self) -> &'static [AddressType] {
        match self {
            TransferType::EuBankTransfer => &[AddressType::Iban],
            TransferType::GbBankTransfer => &[AddressType::SortCode],
            TransferType::JpBankTransfer => &[AddressType::Zengin],
            TransferType::MxBankTransfer => &[AddressType::Spei],
            TransferType::UsBankTransfer => &[AddressType::Aba, AddressType::Swift],
        }
    }
    fn country(self) -> &'static str {
        match self {
            TransferType::EuBankTransfer => "IE",
            TransferType::GbBankTransfer => "GB",
            TransferType::JpBankTransfer => "JP",
            TransferType::MxBankTransfer => "MX",
            TransferType::UsBankTransfer => "US",
        }
    }
}

/// A bank transfer that is asked for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Wanted {
    /// Where in the euro area.
    pub eu_bank_transfer: Optional<EuOption>,
    /// Which accounts are to be shown; all where none is named.
    pub requested_address_types: Optional<Vec<AddressType>>,
    /// Of which kind.
    pub r#type: Option<TransferType>,
}

impl Wanted {
    /// The kind, and the country of the account. Errors (`under` is the parameter): it is not that of the currency, or a
    /// part is missing or of another kind.
    pub(crate) fn check(&self, currency: Currency, under: &str) -> Result<(TransferType, String), ApiError> {
        let at = |name: &str| format!("{under}[{name}]");
        let kind = self.r#type.ok_or_else(|| ApiError::missing(&at("type")))?;
        if TransferType::of(currency) != Some(kind) {
            let message =
                format!("A bank transfer of the type {} cannot be made in {currency}.", kind.as_str());
            return Err(ApiError::invalid(400, message).param(at("type")));
        }
        let offers = kind.offers();
        for (i, asked) in self.requested_address_types.0.iter().flatten().enumerate() {
            let known = if *asked == AddressType::Sepa { AddressType::Iban } else { *asked };
            if !offers.contains(&known) {
                let message = format!("A {} has no account of the type {}.", kind.as_str(), asked.as_str());
                return Err(
                    ApiError::invalid(400, message).param(at(&format!("requested_address_types][{i}")))
                );
            }
        }
        let country = match (&self.eu_bank_transfer.0, kind) {
            (Some(it), TransferType::EuBankTransfer) if EURO.contains(&it.country.as_str()) => {
                it.country.clone()
            }
            (Some(_), TransferType::EuBankTransfer) => {
                let message = format!("Use one of these countries: {}.", EURO.join(", "));
                return Err(ApiError::invalid(400, message).param(at("eu_bank_transfer][country")));
            }
            (None, TransferType::EuBankTransfer) => {
                return Err(ApiError::missing(&at("eu_bank_transfer][country")));
            }
            (Some(_), _) => {
                let message = "Only transfers of the type eu_bank_transfer are told a country.";
                return Err(ApiError::invalid(400, message).param(at("eu_bank_transfer")));
            }
            (None, kind) => kind.country().to_owned(),
        };
        Ok((kind, country))
    }
    /// The accounts of a customer that were asked for.
    pub(crate) fn addresses(
        &self,
        cx: &Cx<'_>,
        customer: &str,
        (kind, country): (TransferType, &str),
    ) -> Vec<FinancialAddress> {
        let asked = |it: &AddressType| {
            self.requested_address_types.0.as_ref().is_none_or(|wanted| {
                wanted.is_empty()
                    || wanted.contains(it)
                    || *it == AddressType::Iban && wanted.contains(&AddressType::Sepa)
            })
        };
        let all = kind.offers().iter().filter(|it| asked(it));
        all.map(|it| FinancialAddress::of(cx, *it, customer, country)).collect()
    }
}

/// Digits that are the same for the same text.
fn digits(cx: &Cx<'_>, text: &str, how_many: usize) -> String {
    let print = cx.world.vault.fingerprint("bank transfer", &format!("{} {text}", cx.caller.account));
    print.bytes().cycle().take(how_many).map(|b| char::from(b'0' + b % 10)).collect()
}

/// What a customer writes on a transfer for a payment.
pub(crate) fn reference(cx: &Cx<'_>, intent: &str) -> String {
    let print = cx.world.vault.fingerprint("reference", intent);
    print.chars().filter(char::is_ascii_alphanumeric).take(12).collect::<String>().to_ascii_uppercase()
}

impl FinancialAddress {
    fn of(cx: &Cx<'_>, kind: AddressType, customer: &str, country: &str) -> Self {
        let name = || "Tollbridge Test Account".to_owned();
        let number = |how_many| digits(cx, &format!("{customer} {}", kind.as_str()), how_many);
        let at = |country: &str| Address {
            city: Some("Springfield".into()),
            country: Some(country.to_owned()),
            line1: Some("1 Market Street".into()),
            line2: None,
            postal_code: Some("10001".into()),
            state: None,
        };
        let mut it = FinancialAddress {
            aba: Optional(None),
            iban: Optional(None),
            sort_code: Optional(None),
            spei: Optional(None),
            supported_networks: Optional(None),
            swift: Optional(None),
            r#type: kind,
            zengin: Optional(None),
        };
        let networks: &[&str] = match kind {
            AddressType::Aba => {
                it.aba.0 = Some(Aba {
                    account_holder_address: at("US"),
                    account_holder_name: name(),
                    account_number: number(12),
                    account_type: "checking".into(),
                    bank_address: at("US"),
                    bank_name: BANK.into(),
                    routing_number: "110000000".into(),
                });
                &["ach", "domestic_wire_us"]
            }
            AddressType::Iban | AddressType::Sepa => {
                it.iban.0 = Some(Iban {
                    account_holder_address: at(country),
                    account_holder_name: name(),
                    bank_address: at(country),
                    bic: format!("TEST{country}22"),
                    country: country.to_owned(),
                    iban: format!("{country}00TEST{}", number(14)),
                });
                &["sepa"]
            }
            AddressType::SortCode => {
                it.sort_code.0 = Some(SortCode {
                    account_holder_address: at("GB"),
                    account_holder_name: name(),
                    account_number: number(8),
                    bank_address: at("GB"),
                    sort_code: "108800".into(),
                });
                &["bacs", "fps"]
            }
            AddressType::Spei => {
                it.spei.0 = Some(Spei {
                    account_holder_address: at("MX"),
                    account_holder_name: name(),
                    bank_address: at("MX"),
                    bank_code: "000".into(),
                    bank_name: BANK.into(),
                    clabe: format!("000{}", number(15)),
                });
                &["spei"]
            }
            AddressType::Swift => {
                it.swift.0 = Some(Swift {
                    account_holder_address: at("US"),
                    account_holder_name: name(),
                    account_number: number(12),
                    account_type: "checking".into(),
                    bank_address: at("US"),
                    bank_name: BANK.into(),
                    swift_code: "TESTUS99".into(),
                });
                &["swift"]
            }
            AddressType::Zengin => {
                it.zengin.0 = Some(Zengin {
                    account_holder_address: at("JP"),
                    account_holder_name: Some(name()),
                    account_number: Some(number(7)),
                    account_type: Some("futsu".into()),
                    bank_address: at("JP"),
                    bank_code: Some("0000".into()),
                    bank_name: Some(BANK.into()),
                    branch_code: Some("000".into()),
                    branch_name: Some("TEST BRANCH".into()),
                });
                &["zengin"]
            }
        };
        it.supported_networks.0 = Some(networks.iter().map(|it| (*it).to_owned()).collect());
        it
    }
}

/// Where a customer sends money that is for no payment yet (API page "Funding Instructions").
#[derive(Debug, Clone, PartialEq, Wire)]
pub(super) struct FundingInstructions {
    /// `funding_instructions`.
    object: String,
    bank_transfer: Instructions,
    currency: Currency,
    funding_type: FundingType,
    livemode: bool,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Instructions {
    country: String,
    financial_addresses: Vec<FinancialAddress>,
    r#type: TransferType,
}

/// How money is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum FundingType {
    /// From a bank account.
    BankTransfer,
}

/// What `POST /v1/customers/{id}/funding_instructions` takes.
#[derive(Debug, Wire)]
pub(super) struct Ask {
    bank_transfer: Wanted,
    currency: Currency,
    funding_type: FundingType,
}

pub(super) async fn instructions(cx: &mut Cx<'_>, p: Ask) -> Outcome<FundingInstructions> {
    let id = cx.path("id").to_owned();
    let customer: Customer = cx.must("id", &id).await?;
    only_test(cx)?;
    let (kind, country) = p.bank_transfer.check(p.currency, "bank_transfer")?;
    let cash = CashBalance::of(&customer);
    done(FundingInstructions {
        object: "funding_instructions".into(),
        bank_transfer: Instructions {
            financial_addresses: p.bank_transfer.addresses(cx, cash.id(), (kind, &country)),
            country,
            r#type: kind,
        },
        currency: p.currency,
        funding_type: p.funding_type,
        livemode: customer.livemode,
    })
}

/// Live mode has nobody who takes bank transfers.
pub(crate) fn only_test(cx: &Cx<'_>) -> Result<(), Stop> {
    if cx.caller.livemode {
        let message = "No acquirer is configured that takes bank transfers. Use a test mode key.";
        return Err(ApiError::invalid(400, message).code("testmode_charges_only").into());
    }
    Ok(())
}
