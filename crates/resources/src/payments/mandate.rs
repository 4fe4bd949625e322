//! Mandates: what a holder allowed to be debited (API page "Mandates").
use crate::payments::payment_method::{MethodType, PaymentMethod};
use api::{Cx, Endpoint, Noun, Object};
use base::{Currency, Named, Ref, Timestamp};
use wire::{Optional, Wire};

/// What a holder allowed to be debited.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Mandate {
    /// `mandate_…`.
    pub id: String,
    /// `mandate`.
    pub object: String,
    /// How the holder agreed.
    pub customer_acceptance: Acceptance,
    /// Live or test.
    pub livemode: bool,
    /// It allows any number of debits.
    pub multi_use: Optional<MultiUse>,
    /// For whom a platform got it.
    pub on_behalf_of: Optional<String>,
    /// What may be debited.
    pub payment_method: Ref<PaymentMethod>,
    /// What its kind adds.
    pub payment_method_details: MandateDetails,
    /// It allows one debit.
    pub single_use: Optional<SingleUse>,
    /// Whether it can be used.
    pub status: Status,
    /// How often it can be used.
    pub r#type: Uses,
}

/// How a holder agreed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Acceptance {
    /// When.
    pub accepted_at: Option<Timestamp>,
    /// Not through a browser.
    pub offline: Optional<Offline>,
    /// Through a browser.
    pub online: Optional<Online>,
    /// Which of both.
    pub r#type: AcceptanceType,
}

/// Not through a browser.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Offline {}

/// Through a browser.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Online {
    /// Its address.
    pub ip_address: Option<String>,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// Whether a holder agreed through a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AcceptanceType {
    /// Not.
    Offline,
    /// So.
    Online,
}

/// Any number of debits.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MultiUse {}

/// One debit.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SingleUse {
    /// In minor units.
    pub amount: i64,
    /// The currency of the amount.
    pub currency: Currency,
}

/// What the kind of a payment method adds to a mandate.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MandateDetails {
    /// Nothing for cards.
    pub card: Optional<Nothing>,
    /// In the euro area.
    pub sepa_debit: Optional<SepaMandate>,
    /// Which member is there.
    pub r#type: MethodType,
    /// Nothing in the United States.
    pub us_bank_account: Optional<Nothing>,
}

/// Nothing.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Nothing {}

/// A mandate as the euro area knows it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SepaMandate {
    /// What the statement names it by.
    pub reference: String,
    /// Where it is seen.
    pub url: String,
}

/// Whether a mandate can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It can.
    Active,
    /// Not any more.
    Inactive,
    /// Not yet.
    Pending,
}

/// How often a mandate can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Uses {
    /// Any number of times.
    MultiUse,
    /// Once.
    SingleUse,
}

impl Named for Mandate {
    const NAME: &'static str = "mandate";
    const PREFIX: &'static str = "mandate";
}
impl Object for Mandate {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Mandate>();
/// A mandate was changed.
pub const UPDATED: &str = "mandate.updated";
/// What mandates cause.
pub const EVENTS: &[&str] = &[UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::retrieve::<Mandate>("/v1/mandates/{id}")]
}

/// Makes a mandate for a payment method and writes it down; `once` is the one debit that it allows.
pub(crate) fn make(
    cx: &mut Cx<'_>,
    method: &PaymentMethod,
    customer_acceptance: Acceptance,
    once: Option<SingleUse>,
) -> Mandate {
    let id = cx.new_id::<Mandate>();
    let reference = cx.token(16).to_ascii_uppercase();
    let url = format!("{}/mandates/{}/{id}", cx.world.origin, cx.caller.account);
    let of = |kind: MethodType| Optional((method.r#type == kind).then_some(Nothing {}));
    let mandate = Mandate {
        object: Mandate::NAME.into(),
        customer_acceptance,
        livemode: cx.caller.livemode,
        multi_use: Optional(once.is_none().then_some(MultiUse {})),
        on_behalf_of: Optional(None),
        payment_method: Ref::to(&method.id),
        payment_method_details: MandateDetails {
            card: of(MethodType::Card),
            sepa_debit: Optional(
                (method.r#type == MethodType::SepaDebit).then_some(SepaMandate { reference, url }),
            ),
            r#type: method.r#type,
            us_bank_account: of(MethodType::UsBankAccount),
        },
        status: Status::Active,
        r#type: if once.is_some() { Uses::SingleUse } else { Uses::MultiUse },
        single_use: Optional(once),
        id,
    };
    cx.put(&mandate);
    mandate
}

/// A mandate that cannot be used any more: the bank refused a debit under it.
pub(crate) async fn end(cx: &mut Cx<'_>, id: &str) -> Result<(), api::Stop> {
    let Some(before) = cx.get::<Mandate>(id).await?.filter(|it| it.status == Status::Active) else {
        return Ok(());
    };
    let after = Mandate { status: Status::Inactive, ..before.clone() };
    cx.put(&after);
    cx.emit_update(UPDATED, &before, &after);
    Ok(())
}
