//! Bank accounts as payment methods: debits in the United States and in the euro area.
pub use crate::payments::bank_account::HolderType;
use wire::Wire;

/// A bank account in the United States.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct UsBankAccount {
    /// A company's or a person's.
    pub account_holder_type: Option<HolderType>,
    /// For payments or for savings.
    pub account_type: Option<UsAccountType>,
    /// The bank.
    pub bank_name: Option<String>,
    /// Where its data came from, if not from typing.
    pub financial_connections_account: Option<String>,
    /// The same for the same account.
    pub fingerprint: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// How it can be reached.
    pub networks: Option<BankNetworks>,
    /// The number of the bank.
    pub routing_number: Option<String>,
    /// Why it cannot be used.
    pub status_details: Option<StatusDetails>,
}

/// How a bank account can be reached.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BankNetworks {
    /// The best way.
    pub preferred: Option<String>,
    /// All ways.
    pub supported: Vec<String>,
}

/// Why a bank account cannot be used; empty where it can.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct StatusDetails {}

/// What sort of bank account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum UsAccountType {
    /// For payments.
    Checking,
    /// For savings.
    Savings,
}

/// A bank account in the euro area.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SepaDebit {
    /// The number of the bank.
    pub bank_code: Option<String>,
    /// The number of the branch.
    pub branch_code: Option<String>,
    /// Where it is: two letters.
    pub country: Option<String>,
    /// The same for the same account.
    pub fingerprint: Option<String>,
    /// What it was made from.
    pub generated_from: Option<GeneratedFrom>,
    /// The last four characters of the IBAN.
    pub last4: Option<String>,
}

/// What a bank account was made from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct GeneratedFrom {
    /// The charge.
    pub charge: Option<String>,
    /// The attempt to set it up.
    pub setup_attempt: Option<String>,
}

/// How long the number of the bank in an IBAN is, after the first four characters, and the number of the
/// branch after it.
const PLACES: &[(&str, usize, usize)] = &[
    ("AT", 5, 0),
    ("BE", 3, 0),
    ("DE", 8, 0),
    ("EE", 2, 2),
    ("ES", 4, 4),
    ("FI", 3, 0),
    ("FR", 5, 5),
    ("HR", 7, 0),
    ("IE", 4, 6),
    ("NL", 4, 0),
];

impl SepaDebit {
    /// The public part of an IBAN.
    pub(super) fn of(iban: &str, fingerprint: String) -> Self {
        let country = iban.get(..2).unwrap_or_default();
        let place = PLACES.iter().find(|(cc, ..)| *cc == country);
        let (bank, branch) = place.map_or((0, 0), |(_, bank, branch)| (*bank, *branch));
        let part = |from: usize, length: usize| {
            iban.get(from..from + length).filter(|it| !it.is_empty()).map(str::to_owned)
        };
        SepaDebit {
            bank_code: part(4, bank),
            branch_code: part(4 + bank, branch).or(Some(String::new())),
            country: Some(country.to_owned()),
            fingerprint: Some(fingerprint),
            generated_from: Some(GeneratedFrom { charge: None, setup_attempt: None }),
            last4: iban.get(iban.len().saturating_sub(4)..).map(str::to_owned),
        }
    }
}
