//! What is known of a test card.
use crate::{Brand, Check, Decline, Presence, RiskLevel};

/// A documented test card: its data, and what happens when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestCard {
    /// The digits. Test numbers are public.
    pub number: &'static str,
    /// The brand.
    pub brand: Brand,
    /// `credit`, `debit` or `prepaid`.
    pub funding: Funding,
    /// Two upper-case letters.
    pub country: &'static str,
    /// The networks that it runs on besides that of its brand.
    pub co_brand: Option<&'static str>,
    /// Its names: `visa` stands for the token `tok_visa` and the payment method `pm_card_visa`.
    pub names: &'static [&'static str],
    /// Why it cannot be attached to a customer.
    pub attach: Option<Decline>,
    /// Why it cannot be charged.
    pub charge: Option<Decline>,
    /// What the bank says of a security code.
    pub cvc: Check,
    /// What the bank says of the first line of an address.
    pub line1: Check,
    /// What the bank says of a postal code.
    pub zip: Check,
    /// How risky a charge looks.
    pub risk: RiskLevel,
    /// The money of a charge is available at once.
    pub bypass_pending: bool,
    /// What becomes of a charge after it succeeded.
    pub later: Later,
    /// Whether the cardholder must take part.
    pub authentication: Authentication,
    /// What becomes of a payout to it.
    pub payout: Payout,
}

/// What pays for the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Funding {
    /// A credit.
    Credit,
    /// A bank account.
    Debit,
    /// Money paid in before.
    Prepaid,
}

impl Funding {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Funding::Credit => "credit",
            Funding::Debit => "debit",
            Funding::Prepaid => "prepaid",
        }
    }
}

/// What becomes of a charge after it succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// Nothing.
    Nothing,
    /// It is disputed for this reason.
    Dispute(&'static str),
    /// The bank asks about it before it disputes.
    Inquiry,
    /// It is disputed several times.
    Disputes,
    /// The bank warns that it is fraud.
    FraudWarning,
    /// It becomes a case of this network about its rules.
    Compliance(&'static str),
    /// It is disputed, and this prevention product takes part.
    Prevention(&'static str),
    /// Its refund is pending first.
    PendingRefund,
    /// Its refund succeeds first and fails then.
    FailingRefund,
    /// The account that was paid must give more information.
    NextRequirements,
    /// The account that was paid may not take charges any more.
    ChargesBlocked,
    /// The account that was paid gets no payouts any more.
    PayoutsBlocked,
}

/// Whether the cardholder must take part (3-D Secure).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Not asked for.
    None,
    /// The card does not know it.
    NotSupported,
    /// Possible, never needed.
    Optional,
    /// Possible, but it fails on the way; the charge succeeds without.
    OptionalFailing,
    /// Succeeds without asking the cardholder.
    Frictionless,
    /// Needed each time.
    Required,
    /// Needed unless the card was set up for charges while the cardholder is away.
    RequiredUnlessSetUp,
    /// Needed only while the cardholder is there: the card counts as set up.
    RequiredOnSession,
    /// Needed each time, and the charge is declined after it succeeded.
    RequiredThenDeclined(Decline),
    /// Needed, but it fails on the way.
    RequiredFailing,
}

impl Authentication {
    /// Whether a charge is refused for want of the cardholder's part.
    pub fn refuses(self, presence: Presence) -> bool {
        match self {
            Authentication::Required
            | Authentication::RequiredThenDeclined(_)
            | Authentication::RequiredFailing => presence != Presence::Authenticated,
            Authentication::RequiredUnlessSetUp => presence == Presence::Unproven,
            Authentication::None
            | Authentication::NotSupported
            | Authentication::Optional
            | Authentication::OptionalFailing
            | Authentication::Frictionless
            | Authentication::RequiredOnSession => false,
        }
    }

    /// What the bank wants of a cardholder who is there. `set_up`: the card was set up for payments without them.
    /// `wanted`: the seller asks for their part although the bank might not.
    pub fn demand(self, set_up: bool, wanted: bool) -> Demand {
        match self {
            Authentication::Required
            | Authentication::RequiredOnSession
            | Authentication::RequiredThenDeclined(_) => Demand::Challenge,
            Authentication::RequiredUnlessSetUp if !set_up || wanted => Demand::Challenge,
            Authentication::RequiredFailing => Demand::Refused,
            Authentication::Frictionless => Demand::Frictionless,
            Authentication::Optional if wanted => Demand::Challenge,
            Authentication::OptionalFailing if wanted => Demand::Failed,
            Authentication::None if wanted => Demand::NotEnrolled,
            Authentication::None
            | Authentication::NotSupported
            | Authentication::Optional
            | Authentication::OptionalFailing
            | Authentication::RequiredUnlessSetUp => Demand::Nothing,
        }
    }
}

/// What a bank wants of a cardholder who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// Nothing: the bank knows the card, but the cardholder never joined.
    NotEnrolled,
    /// Nothing: it is convinced without asking.
    Frictionless,
    /// Nothing: asking failed on the way, and the payment goes on without.
    Failed,
    /// Asking failed on the way, and the payment cannot go on.
    Refused,
    /// That they prove who they are.
    Challenge,
}

/// What becomes of a payout to a card or a bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payout {
    /// It arrives.
    Paid,
    /// It fails with this code.
    Fails(&'static str),
    /// It arrives, but not at once: `method=instant` is refused or fails.
    NotInstant,
    /// Nothing can be paid out to a card like this.
    WrongType,
}

pub(super) const fn card(
    number: &'static str,
    brand: Brand,
    funding: Funding,
    country: &'static str,
    names: &'static [&'static str],
) -> TestCard {
    TestCard {
        number,
        brand,
        funding,
        country,
        co_brand: None,
        names,
        attach: None,
        charge: None,
        cvc: Check::Pass,
        line1: Check::Pass,
        zip: Check::Pass,
        risk: RiskLevel::Normal,
        bypass_pending: false,
        later: Later::Nothing,
        authentication: Authentication::None,
        payout: Payout::WrongType,
    }
}

/// A Visa credit card from the United States: what most cards with a special behaviour are.
pub(super) const fn visa(number: &'static str, names: &'static [&'static str]) -> TestCard {
    card(number, Brand::Visa, Funding::Credit, "US", names)
}

impl TestCard {
    pub(super) const fn from(self, country: &'static str) -> Self {
        TestCard { country, ..self }
    }
    pub(super) const fn with(self, network: &'static str) -> Self {
        TestCard { co_brand: Some(network), ..self }
    }
    /// Refused when it is charged and when it is attached.
    pub(super) const fn declines(self, why: Decline) -> Self {
        TestCard { attach: Some(why), charge: Some(why), ..self }
    }
    pub(super) const fn declines_charge(self, why: Decline) -> Self {
        TestCard { charge: Some(why), ..self }
    }
    pub(super) const fn cvc(self, cvc: Check) -> Self {
        TestCard { cvc, ..self }
    }
    pub(super) const fn line1(self, line1: Check) -> Self {
        TestCard { line1, ..self }
    }
    pub(super) const fn zip(self, zip: Check) -> Self {
        TestCard { zip, ..self }
    }
    pub(super) const fn risk(self, risk: RiskLevel) -> Self {
        TestCard { risk, ..self }
    }
    pub(super) const fn bypassing(self) -> Self {
        TestCard { bypass_pending: true, ..self }
    }
    pub(super) const fn then(self, later: Later) -> Self {
        TestCard { later, ..self }
    }
    pub(super) const fn asks(self, authentication: Authentication) -> Self {
        TestCard { authentication, ..self }
    }
    pub(super) const fn pays_out(self, payout: Payout) -> Self {
        TestCard { payout, ..self }
    }

    /// The last four digits.
    pub fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }

    /// The address (first line, postal code) that comes with the card's token, where it takes one to see what the
    /// card does.
    pub fn address(&self) -> Option<(&'static str, &'static str)> {
        let special = self.line1 != Check::Pass || self.zip != Check::Pass;
        special.then_some(("510 Townsend Street", "94103"))
    }
}
