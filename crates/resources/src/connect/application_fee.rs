//! Application fees: what a platform takes of a charge that it made for a connected account. They live on the
//! platform; the charge lives on the connected account (API page "Application fees").
use crate::{
    connect::{account::Account, fee_refund::FeeRefund},
    payments::{
        balance_transaction::{self, BalanceTransaction, Kind, Movement},
        charge::Charge,
    },
};
use api::{Abroad, Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, access::Application};
use base::{Currency, Named, Ref, Timestamp};
use money::Posting;
use store::IndexKey;
use wire::{Hidden, Optional, Wire};

/// What a platform took of a charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ApplicationFee {
    /// `fee_…`.
    pub id: String,
    /// `application_fee`.
    pub object: String,
    /// From whose charge it was taken.
    pub account: Ref<Account>,
    /// What was taken, in minor units.
    pub amount: i64,
    /// What of it was given back.
    pub amount_refunded: i64,
    /// The application that took it.
    pub application: Ref<Application>,
    /// What the platform's balance gained by it.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// The charge; an object of the connected account.
    pub charge: Ref<Charge>,
    /// When it was taken.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// What it was taken from.
    pub fee_source: Option<FeeSource>,
    /// Live or test.
    pub livemode: bool,
    /// The platform's own charge behind it, where there is one.
    pub originating_transaction: Option<Ref<Charge>>,
    /// Whether all of it was given back.
    pub refunded: bool,
    /// What was given back, newest first.
    pub refunds: FeeRefunds,
    /// When the platform can spend it.
    pub available_on: Hidden<Timestamp>,
}

/// What a fee was taken from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FeeSource {
    /// The charge.
    pub charge: Optional<String>,
    /// The payout.
    pub payout: Optional<String>,
    /// Which of the two.
    pub r#type: FeeSourceType,
}

/// What a fee can be taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum FeeSourceType {
    /// A charge.
    Charge,
    /// A payout.
    Payout,
}

/// The first page of a fee's refunds, as it stands in the fee.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FeeRefunds {
    /// `list`.
    pub object: String,
    /// The newest refunds.
    pub data: Vec<FeeRefund>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where all of them are.
    pub url: String,
}

/// Refunds that stand in a fee.
const EMBEDDED_MAX: usize = 10;

impl FeeRefunds {
    /// Puts a new refund in front.
    pub fn add(&mut self, refund: FeeRefund) {
        self.data.insert(0, refund);
        self.has_more |= self.data.len() > EMBEDDED_MAX;
        self.data.truncate(EMBEDDED_MAX);
    }
    /// Puts a changed refund in the place of what it was.
    pub fn replace(&mut self, refund: &FeeRefund) {
        if let Some(slot) = self.data.iter_mut().find(|it| it.id == refund.id) {
            slot.clone_from(refund);
        }
    }
}

impl Named for ApplicationFee {
    const NAME: &'static str = "application_fee";
    const PREFIX: &'static str = "fee";
}
impl Object for ApplicationFee {
    const PATH: &'static str = "/v1/application_fees";
    /// The charge is an object of the connected account; the rest is the platform's, whoever asks.
    const ABROAD: &'static [(&'static str, Abroad)] =
        &[("balance_transaction", Abroad::Platform), ("charge", Abroad::Member("account"))];
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed("charge", &self.charge.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<ApplicationFee>();
/// A platform took a fee.
pub const CREATED: &str = "application_fee.created";
/// A platform gave a fee back, in whole or in part.
pub const REFUNDED: &str = "application_fee.refunded";
/// What application fees cause.
pub const EVENTS: &[&str] = &[CREATED, REFUNDED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/application_fees", "application_fee", |cx, p| Box::pin(list(cx, p))),
        Endpoint::retrieve::<ApplicationFee>("/v1/application_fees/{id}"),
    ]
}

/// What `GET /v1/application_fees` filters by.
#[derive(Debug, Wire)]
pub struct List {
    charge: Option<String>,
    created: Option<Range>,
}

/// A fee to be taken.
#[derive(Debug)]
pub struct Take<'a> {
    /// The account of the platform.
    pub platform: &'a str,
    /// Whose charge it is taken from.
    pub account: &'a str,
    /// The client id of its application.
    pub application: &'a str,
    /// In minor units.
    pub amount: i64,
    /// When the platform can spend it: with the rest of the charge.
    pub available_on: Timestamp,
    /// The platform's own charge that sent the money on, where there is one.
    pub originating: Option<&'a str>,
}

// Operations.

/// Writes down on the platform what it takes of an account's charge. What the charge gives for it is the charge's
/// part.
pub fn take(cx: &mut Cx<'_>, charge: &Charge, take: Take<'_>) -> Result<ApplicationFee, Stop> {
    let Take { platform, account, application, amount, available_on, originating } = take;
    let live = charge.livemode;
    let id = cx.new_id::<ApplicationFee>();
    let transaction = balance_transaction::record(
        cx,
        Movement {
            account: platform,
            live,
            kind: Kind::ApplicationFee,
            amount,
            currency: charge.currency,
            fees: Vec::new(),
            available_on,
            description: None,
            source: id.clone(),
            posting: Posting::application_fee_income(charge.currency, amount, available_on),
        },
    )?;
    let fee = ApplicationFee {
        object: ApplicationFee::NAME.into(),
        account: Ref::to(account),
        amount,
        amount_refunded: 0,
        application: Ref::to(application),
        balance_transaction: Some(Ref::to(transaction)),
        charge: Ref::to(&charge.id),
        created: cx.now(),
        currency: charge.currency,
        fee_source: Some(FeeSource {
            charge: Optional(Some(charge.id.clone())),
            payout: Optional(None),
            r#type: FeeSourceType::Charge,
        }),
        livemode: live,
        originating_transaction: originating.map(Ref::to),
        refunded: false,
        refunds: FeeRefunds {
            object: "list".into(),
            data: Vec::new(),
            has_more: false,
            url: format!("{}/{id}/refunds", ApplicationFee::PATH),
        },
        available_on: Hidden(available_on),
        id,
    };
    cx.put_of(platform, live, &fee);
    Ok(fee)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.charge.map(|charge| ("charge", charge));
    let Some(created) = p.created else { return cx.page::<ApplicationFee>(by).await };
    cx.page_where::<ApplicationFee>(by, move |doc| {
        wire::from_json::<ApplicationFee>(&doc.body).is_ok_and(|fee| created.holds(fee.created.0))
    })
    .await
}
