//! What is said for each kind of payment method of an intent.
use super::{
    once::{Once, Proof},
    types::Usage,
};
use crate::payments::{
    cash_balance::bank_transfer::{FundingType, Wanted as BankTransfer},
    charge::{details::CredentialUsage, flexible::Wanted},
};
use wire::{Optional, Patch, Wire};

/// What was said for each kind.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct MethodOptions {
    /// For cards.
    pub card: Optional<CardOptions>,
    /// For cash balances.
    pub customer_balance: Optional<CashOptions>,
    /// For debits in the euro area.
    pub sepa_debit: Optional<DebitOptions>,
    /// For debits in the United States.
    pub us_bank_account: Optional<UsBankOptions>,
}

/// For cards.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CardOptions {
    /// The money is only reserved, whatever holds for the others.
    pub capture_method: Optional<Manual>,
    /// Whether it can be paid in instalments.
    pub installments: Option<String>,
    /// What the holder allows for later.
    pub mandate_options: Option<String>,
    /// Over which network it goes.
    pub network: Option<Network>,
    /// Whether it is reserved for longer than usual.
    pub request_extended_authorization: Optional<IfAvailable>,
    /// Whether more may be asked of the bank than is reserved at first.
    pub request_incremental_authorization: Optional<IfAvailable>,
    /// Whether it may be captured in several parts.
    pub request_multicapture: Optional<IfAvailable>,
    /// Whether more may be captured than is reserved.
    pub request_overcapture: Optional<IfAvailable>,
    /// Whether the cardholder is asked to take part.
    pub request_three_d_secure: Option<RequestThreeDSecure>,
    /// What the credential is kept for.
    pub setup_credential_usage: Optional<CredentialUsage>,
    /// Whether cards are kept for later, whatever holds for the others.
    pub setup_future_usage: Optional<OwnUsage>,
    /// What the kept credential is used for.
    pub stored_credential_usage: Optional<CredentialUsage>,
}

/// For cash balances.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CashOptions {
    /// Where the customer sends what lacks.
    pub bank_transfer: Optional<BankTransfer>,
    /// How the customer sends what lacks; not at all where nothing is said.
    pub funding_type: Option<FundingType>,
    /// Cash is kept for nothing.
    pub setup_future_usage: Optional<Never>,
}

/// Not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Never {
    /// Not.
    None,
}

/// For debits.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct DebitOptions {
    /// How the mandate is named.
    pub mandate_options: Optional<MandateOptions>,
    /// Whether accounts are kept for later, whatever holds for the others.
    pub setup_future_usage: Optional<OwnUsage>,
}

/// For debits in the United States.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct UsBankOptions {
    /// What the mandate is.
    pub mandate_options: Optional<Empty>,
    /// Whether accounts are kept for later, whatever holds for the others.
    pub setup_future_usage: Optional<OwnUsage>,
    /// How it is made sure that the account is the payer's.
    pub verification_method: Optional<Verification>,
}

/// Nothing.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Empty {}

/// How a mandate is named.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MandateOptions {
    /// How its reference begins.
    pub reference_prefix: Optional<String>,
}

/// Whether a service of some banks is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum IfAvailable {
    /// Where the bank has it.
    IfAvailable,
    /// Not.
    Never,
}

/// The money is only reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Manual {
    /// So.
    Manual,
}

/// Whether the cardholder is asked to take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum RequestThreeDSecure {
    /// Wherever it is possible.
    Any,
    /// Where the bank wants it.
    Automatic,
    /// Wherever it is possible, and with a challenge.
    Challenge,
}

impl RequestThreeDSecure {
    /// Whether the seller wants it although the bank might not.
    pub(crate) fn is_wanted(self) -> bool {
        self != RequestThreeDSecure::Automatic
    }
}

/// What one kind is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum OwnUsage {
    /// Nothing.
    None,
    /// For payments while the payer is away, too.
    OffSession,
    /// For payments of a payer who is there.
    OnSession,
}

impl OwnUsage {
    fn usage(self) -> Option<Usage> {
        match self {
            OwnUsage::None => None,
            OwnUsage::OffSession => Some(Usage::OffSession),
            OwnUsage::OnSession => Some(Usage::OnSession),
        }
    }
}

/// How it is made sure that a bank account is the payer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Verification {
    /// The best way.
    Automatic,
    /// By signing in at the bank.
    Instant,
    /// By small deposits.
    Microdeposits,
}

/// A network of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Network {
    /// American Express.
    Amex,
    /// Cartes Bancaires.
    CartesBancaires,
    /// Diners Club.
    Diners,
    /// Discover.
    Discover,
    /// eftpos Australia.
    EftposAu,
    /// Girocard.
    Girocard,
    /// Interac.
    Interac,
    /// JCB.
    Jcb,
    /// Link.
    Link,
    /// Mastercard.
    Mastercard,
    /// UnionPay.
    Unionpay,
    /// None of these.
    Unknown,
    /// Visa.
    Visa,
}

/// `payment_method_options` as sent.
#[derive(Debug, Default, Wire)]
pub(crate) struct OptionsParams {
    card: Patch<CardParams>,
    customer_balance: Patch<CashParams>,
    sepa_debit: Patch<DebitParams>,
    us_bank_account: Patch<UsBankParams>,
}

#[derive(Debug, Wire)]
struct CardParams {
    capture_method: Patch<Manual>,
    cvc_token: Option<String>,
    moto: Option<bool>,
    network: Option<Network>,
    request_extended_authorization: Option<IfAvailable>,
    request_incremental_authorization: Option<IfAvailable>,
    request_multicapture: Option<IfAvailable>,
    request_overcapture: Option<IfAvailable>,
    request_three_d_secure: Option<RequestThreeDSecure>,
    setup_credential_usage: Option<CredentialUsage>,
    setup_future_usage: Patch<OwnUsage>,
    stored_credential_usage: Option<CredentialUsage>,
    three_d_secure: Option<Proof>,
}

#[derive(Debug, Wire)]
struct CashParams {
    bank_transfer: Option<BankTransfer>,
    funding_type: Option<FundingType>,
    setup_future_usage: Option<Never>,
}

#[derive(Debug, Wire)]
struct DebitParams {
    mandate_options: Option<MandateOptions>,
    setup_future_usage: Patch<OwnUsage>,
}

#[derive(Debug, Wire)]
struct UsBankParams {
    setup_future_usage: Patch<OwnUsage>,
    verification_method: Option<Verification>,
}

impl OptionsParams {
    /// Takes what means something only while an intent is confirmed.
    pub(super) fn take_once(&mut self) -> Once {
        match &mut self.card {
            Patch::Set(card) => Once {
                cvc_token: card.cvc_token.take(),
                moto: card.moto.take(),
                three_d_secure: card.three_d_secure.take(),
            },
            Patch::Keep | Patch::Clear => Once::default(),
        }
    }
}

const CARD: CardOptions = CardOptions {
    capture_method: Optional(None),
    installments: None,
    mandate_options: None,
    network: None,
    request_extended_authorization: Optional(None),
    request_incremental_authorization: Optional(None),
    request_multicapture: Optional(None),
    request_overcapture: Optional(None),
    request_three_d_secure: Some(RequestThreeDSecure::Automatic),
    setup_credential_usage: Optional(None),
    setup_future_usage: Optional(None),
    stored_credential_usage: Optional(None),
};
const US_BANK: UsBankOptions = UsBankOptions {
    mandate_options: Optional(None),
    setup_future_usage: Optional(None),
    verification_method: Optional(Some(Verification::Automatic)),
};

impl MethodOptions {
    /// What holds for these kinds where nobody says anything.
    pub(crate) fn usual(kinds: &[String]) -> Self {
        let has = |kind: &str| kinds.iter().any(|it| it == kind);
        MethodOptions {
            card: Optional(has("card").then_some(CARD)),
            customer_balance: Optional(has("customer_balance").then(CashOptions::default)),
            sepa_debit: Optional(has("sepa_debit").then(DebitOptions::default)),
            us_bank_account: Optional(has("us_bank_account").then_some(US_BANK)),
        }
    }
    /// What was said, for these kinds alone.
    pub(crate) fn narrowed(self, kinds: &[String]) -> Self {
        let usual = MethodOptions::usual(kinds);
        MethodOptions {
            card: Optional(usual.card.0.map(|usual| self.card.0.unwrap_or(usual))),
            customer_balance: Optional(
                usual.customer_balance.0.map(|usual| self.customer_balance.0.unwrap_or(usual)),
            ),
            sepa_debit: Optional(usual.sepa_debit.0.map(|usual| self.sepa_debit.0.unwrap_or(usual))),
            us_bank_account: Optional(
                usual.us_bank_account.0.map(|usual| self.us_bank_account.0.unwrap_or(usual)),
            ),
        }
    }
    /// Applies what was sent.
    pub(crate) fn set(&mut self, p: OptionsParams) {
        match p.card {
            Patch::Keep => {}
            Patch::Clear => self.card = Optional(Some(CARD)),
            Patch::Set(sent) => {
                let card = self.card.0.get_or_insert(CARD);
                sent.capture_method.apply(&mut card.capture_method.0);
                card.network = sent.network.or(card.network);
                for (asked, kept) in [
                    (sent.request_extended_authorization, &mut card.request_extended_authorization),
                    (sent.request_incremental_authorization, &mut card.request_incremental_authorization),
                    (sent.request_multicapture, &mut card.request_multicapture),
                    (sent.request_overcapture, &mut card.request_overcapture),
                ] {
                    kept.0 = asked.or(kept.0);
                }
                card.request_three_d_secure = sent.request_three_d_secure.or(card.request_three_d_secure);
                sent.setup_future_usage.apply(&mut card.setup_future_usage.0);
                for (said, kept) in [
                    (sent.setup_credential_usage, &mut card.setup_credential_usage),
                    (sent.stored_credential_usage, &mut card.stored_credential_usage),
                ] {
                    kept.0 = said.or(kept.0);
                }
            }
        }
        match p.customer_balance {
            Patch::Keep => {}
            Patch::Clear => self.customer_balance = Optional(Some(CashOptions::default())),
            Patch::Set(sent) => {
                let cash = self.customer_balance.0.get_or_insert_default();
                cash.bank_transfer = Optional(sent.bank_transfer.or(cash.bank_transfer.0.take()));
                cash.funding_type = sent.funding_type.or(cash.funding_type);
                cash.setup_future_usage = Optional(sent.setup_future_usage.or(cash.setup_future_usage.0));
            }
        }
        match p.sepa_debit {
            Patch::Keep => {}
            Patch::Clear => self.sepa_debit = Optional(Some(DebitOptions::default())),
            Patch::Set(sent) => {
                let debit = self.sepa_debit.0.get_or_insert_default();
                debit.mandate_options = Optional(sent.mandate_options.or(debit.mandate_options.0.take()));
                sent.setup_future_usage.apply(&mut debit.setup_future_usage.0);
            }
        }
        match p.us_bank_account {
            Patch::Keep => {}
            Patch::Clear => self.us_bank_account = Optional(Some(US_BANK)),
            Patch::Set(sent) => {
                let bank = self.us_bank_account.0.get_or_insert(US_BANK);
                sent.setup_future_usage.apply(&mut bank.setup_future_usage.0);
                bank.verification_method = Optional(sent.verification_method.or(bank.verification_method.0));
            }
        }
    }
    /// Whether the seller wants the cardholder's part although the bank might not.
    pub(crate) fn wants_cardholder(&self) -> bool {
        self.card
            .0
            .as_ref()
            .and_then(|it| it.request_three_d_secure)
            .is_some_and(RequestThreeDSecure::is_wanted)
    }
    /// What is asked of the bank of a card beyond reserving the amount.
    pub(crate) fn wanted(&self) -> Wanted {
        let Some(card) = &self.card.0 else { return Wanted::default() };
        let asked = |it: &Optional<IfAvailable>| it.0 == Some(IfAvailable::IfAvailable);
        Wanted {
            above: asked(&card.request_overcapture),
            increments: asked(&card.request_incremental_authorization),
            longer: asked(&card.request_extended_authorization),
            parts: asked(&card.request_multicapture),
        }
    }
    /// What the credential of a card is kept for, and what a kept one is used for.
    pub(crate) fn credential(&self) -> [Option<CredentialUsage>; 2] {
        let said = |it: &CardOptions| [it.setup_credential_usage.0, it.stored_credential_usage.0];
        self.card.0.as_ref().map_or([None; 2], said)
    }
    /// How it is made sure that a bank account is the payer's.
    pub(crate) fn verification(&self) -> Option<Verification> {
        self.us_bank_account.0.as_ref().and_then(|it| it.verification_method.0)
    }
    /// What a kind is kept for: `usual` where nothing is said for it.
    pub(crate) fn usage(&self, kind: &str, usual: Option<Usage>) -> Option<Usage> {
        let own = match kind {
            "card" => self.card.0.as_ref().and_then(|it| it.setup_future_usage.0),
            "customer_balance" => Some(OwnUsage::None),
            "sepa_debit" => self.sepa_debit.0.as_ref().and_then(|it| it.setup_future_usage.0),
            _ => self.us_bank_account.0.as_ref().and_then(|it| it.setup_future_usage.0),
        };
        own.map_or(usual, OwnUsage::usage)
    }
}
