//! Payment methods: what somebody pays with, kept or used once (API page "Payment Methods"). Cards of the first
//! years are payment methods, too, under their own ids.
mod bank;
mod card;
pub(crate) mod challenges;
mod enter;
mod kept;
pub(crate) mod mandate_data;
mod operations;
mod used;

pub use bank::{HolderType, SepaDebit, UsAccountType, UsBankAccount};
pub use card::MethodCard;
pub(crate) use enter::{MethodData, is_name};
pub(crate) use kept::{detach_all, kept_by};
pub(crate) use used::{Chosen, after, find, give};

use crate::payments::{
    card::{Card, NetworkCard},
    charge::details::{BillingDetails, RadarOptions},
    customer::Customer,
};
use acquirer::Expiry;
use api::{Cx, Endpoint, Noun, Object, Stop, secrets::Sealed};
use base::{Metadata, Named, Ref, Timestamp};
use store::IndexKey;
use vault::{Kind, Place, Secret};
use wire::{At, Bad, Hidden, Node, Optional, Shape, Wire};

/// What somebody pays with. The number of a card or bank account is sealed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentMethod {
    /// `pm_…`, or `card_…` for a card of the first years.
    pub id: String,
    /// `payment_method`.
    pub object: String,
    /// Whether it may be shown again to the customer who kept it.
    pub allow_redisplay: Optional<AllowRedisplay>,
    /// Who pays.
    pub billing_details: BillingDetails,
    /// The card.
    pub card: Optional<MethodCard>,
    /// When it was made.
    pub created: Timestamp,
    /// Whose it is.
    pub customer: Option<Ref<Customer>>,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// The customer's cash balance.
    pub customer_balance: Optional<CashMethod>,
    /// Live or test.
    pub livemode: bool,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// What was told for the judgement of risk.
    pub radar_options: Optional<RadarOptions>,
    /// The bank account in the euro area.
    pub sepa_debit: Optional<SepaDebit>,
    /// Which of its kinds it is.
    pub r#type: MethodType,
    /// The bank account in the United States.
    pub us_bank_account: Optional<UsBankAccount>,
    /// The number, sealed to the account and this payment method.
    pub sealed_number: Hidden<Option<String>>,
    /// Whether a security code was given when the card was entered.
    pub cvc_given: Hidden<bool>,
    /// The cardholder or holder took part in setting it up for payments without them.
    pub set_up: Hidden<bool>,
    /// It was used up: it was used without a customer to keep it, or taken away from one.
    pub spent: Hidden<bool>,
    /// The mandate under which it is debited.
    pub mandate: Hidden<Optional<String>>,
    /// It is the account's own, for what that moves itself.
    pub own: Hidden<Optional<bool>>,
    /// Whether its holder proved that a typed bank account is theirs; none for what needs no such proof.
    pub verified: Hidden<Optional<bool>>,
}

/// A cash balance; there is nothing to say of it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CashMethod {}

/// The kinds of payment methods that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum MethodType {
    /// A card.
    Card,
    /// What the customer has sent and no payment has taken yet.
    CustomerBalance,
    /// A bank account in the euro area.
    SepaDebit,
    /// A bank account in the United States.
    UsBankAccount,
}

impl MethodType {
    /// The kind that a word names.
    pub fn named(word: &str) -> Option<Self> {
        let all =
            [MethodType::Card, MethodType::CustomerBalance, MethodType::SepaDebit, MethodType::UsBankAccount];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
    /// What an account must be able to do to take it.
    pub fn capability(self) -> &'static str {
        match self {
            MethodType::Card => "card_payments",
            MethodType::CustomerBalance => "bank_transfer_payments",
            MethodType::SepaDebit => "sepa_debit_payments",
            MethodType::UsBankAccount => "us_bank_account_ach_payments",
        }
    }
    /// Whether the holder's mandate is needed.
    pub fn needs_mandate(self) -> bool {
        matches!(self, MethodType::SepaDebit | MethodType::UsBankAccount)
    }
}

/// Whether it may be shown again to the customer who kept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AllowRedisplay {
    /// Always.
    Always,
    /// Only where it was kept for this.
    Limited,
    /// Nobody said.
    Unspecified,
}

/// A reference to a payment method, which may be a card of the first years.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodRef(pub String);

impl Wire for MethodRef {
    /// The kinds in the order in which they are looked for.
    const SHAPE: Shape = Shape::Reference("payment_method card");
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        String::read(at, node).map(MethodRef)
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.0);
    }
}

impl Named for PaymentMethod {
    const NAME: &'static str = "payment_method";
    const PREFIX: &'static str = "pm";
}
impl Object for PaymentMethod {
    const PATH: &'static str = "/v1/payment_methods";
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        Sealed::one(self.r#type.sealed_as(), &self.id, &mut self.sealed_number.0)
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.customer.iter().map(|customer| IndexKey::listed(Customer::NAME, &customer.id)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<PaymentMethod>();
/// A payment method was given to a customer.
pub const ATTACHED: &str = "payment_method.attached";
/// A payment method was taken away from a customer.
pub const DETACHED: &str = "payment_method.detached";
/// A payment method was changed.
pub const UPDATED: &str = "payment_method.updated";
/// What payment methods cause.
pub const EVENTS: &[&str] = &[ATTACHED, DETACHED, UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    operations::endpoints()
}

impl MethodType {
    /// The sort of secret that its number is.
    fn sealed_as(self) -> Kind {
        match self {
            MethodType::Card => Kind::CardNumber,
            MethodType::CustomerBalance | MethodType::SepaDebit | MethodType::UsBankAccount => {
                Kind::BankAccountNumber
            }
        }
    }
}

impl PaymentMethod {
    /// A payment method of a kind with nothing in it.
    fn blank(cx: &Cx<'_>, kind: MethodType) -> Self {
        PaymentMethod {
            id: cx.new_id::<PaymentMethod>(),
            object: PaymentMethod::NAME.into(),
            allow_redisplay: Optional(Some(AllowRedisplay::Unspecified)),
            billing_details: BillingDetails::default(),
            card: Optional(None),
            created: cx.now(),
            customer: None,
            customer_account: None,
            customer_balance: Optional(None),
            livemode: cx.caller.livemode,
            metadata: Metadata::default(),
            radar_options: Optional(None),
            sepa_debit: Optional(None),
            r#type: kind,
            us_bank_account: Optional(None),
            sealed_number: Hidden(None),
            cvc_given: Hidden(false),
            set_up: Hidden(false),
            spent: Hidden(false),
            mandate: Hidden(Optional(None)),
            own: Hidden(Optional(None)),
            verified: Hidden(Optional(None)),
        }
    }
    /// The card of the first years in the shape of today.
    pub(crate) fn of_card(card: &Card, livemode: bool, created: Timestamp) -> Self {
        PaymentMethod {
            id: card.id.clone(),
            object: PaymentMethod::NAME.into(),
            allow_redisplay: Optional(Some(AllowRedisplay::Unspecified)),
            billing_details: BillingDetails::of_card(card),
            card: Optional(Some(MethodCard::of_card(card))),
            created,
            customer: card.customer.0.clone(),
            customer_account: None,
            customer_balance: Optional(None),
            livemode,
            metadata: card.metadata.clone(),
            radar_options: Optional(None),
            sepa_debit: Optional(None),
            r#type: MethodType::Card,
            us_bank_account: Optional(None),
            sealed_number: card.sealed_number.clone(),
            cvc_given: Hidden(card.cvc_given.0 == Some(true)),
            set_up: Hidden(false),
            spent: Hidden(false),
            mandate: Hidden(Optional(None)),
            own: Hidden(Optional(None)),
            verified: Hidden(Optional(None)),
        }
    }
    /// Whether a customer keeps it.
    pub fn belongs_to(&self, customer: &str) -> bool {
        self.customer.as_ref().is_some_and(|owner| owner.id == customer)
    }
    /// The number, for an ask of the network and nothing else. Errors: it was sealed elsewhere, or is gone.
    pub(crate) fn open(&self, cx: &Cx<'_>, account: &str) -> Result<Secret, Stop> {
        let Some(sealed) = &self.sealed_number.0 else {
            return Err(api::fault(format!("{} has no number", self.id)));
        };
        let at = Place { account, object: &self.id };
        let opened = cx.world.vault.open(self.r#type.sealed_as(), at, sealed);
        opened.map_err(|e| api::fault(format!("the number of {} cannot be opened: {e}", self.id)))
    }
    /// The card with its number, for the acquirer's ask only. Errors: the vault does not open it; it is no card.
    pub(crate) fn network_card(&self, cx: &Cx<'_>, account: &str) -> Result<NetworkCard<'_>, Stop> {
        let card = self.card.0.as_ref().ok_or_else(|| api::fault(format!("{} is no card", self.id)))?;
        let BillingDetails { address, name, .. } = &self.billing_details;
        Ok(NetworkCard {
            number: self.open(cx, account)?,
            expiry: Expiry { month: card.exp_month, year: card.exp_year },
            cvc_given: self.cvc_given.0,
            name: name.as_deref(),
            line1: address.line1.as_deref(),
            zip: address.postal_code.as_deref(),
        })
    }
    /// Seals the number to this payment method of an account.
    fn seal(&mut self, cx: &Cx<'_>, account: &str, number: &str) -> Result<(), Stop> {
        let at = Place { account, object: &self.id };
        let sealed = cx.world.vault.seal(self.r#type.sealed_as(), at, number, &*cx.world.entropy);
        let sealed =
            sealed.map_err(|e| api::fault(format!("the number of {} cannot be sealed: {e}", self.id)))?;
        self.sealed_number = Hidden(Some(sealed));
        Ok(())
    }
    /// The public object as JSON, for what embeds it.
    pub(crate) fn public(&self) -> Result<String, Stop> {
        String::from_utf8(wire::to_json(self)).map_err(|_| api::fault("a payment method is no text"))
    }
}

#[cfg(test)]
mod tests;
