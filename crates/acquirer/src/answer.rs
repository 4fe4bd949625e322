//! What an acquirer answers. Answers are kept, so they are values that travel.
use crate::Declined;
use wire::{At, Bad, Node, Shape, Wire};

/// The answer to an authorization.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The money is reserved or taken.
    Approved(Approval),
    /// It is not.
    Declined(Declined),
}

/// Money that was reserved or taken.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Approval {
    /// Names the authorization towards the acquirer.
    pub reference: String,
    /// What the bank said of cvc and address.
    pub checks: Checks,
    /// The public `outcome` of the charge.
    pub outcome: Outcome,
    /// The money is in the available balance at once, without the usual delay.
    pub immediately_available: bool,
}

/// What the bank said of a security code or a line of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Check {
    /// It is right.
    Pass,
    /// It is wrong.
    Fail,
    /// The bank does not say.
    Unavailable,
    /// Not asked yet.
    Unchecked,
}

/// What the bank said of a card's data; `null` where it was not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Wire)]
pub struct Checks {
    /// The security code.
    pub cvc: Option<Check>,
    /// The first line of the address.
    pub line1: Option<Check>,
    /// The postal code.
    pub zip: Option<Check>,
}

/// How likely a charge is fraud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum RiskLevel {
    /// Not likely.
    Normal,
    /// A person should look.
    Elevated,
    /// Very likely.
    Highest,
}

/// Who ended the authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum NetworkStatus {
    /// The bank approved.
    ApprovedByNetwork,
    /// The bank declined.
    DeclinedByNetwork,
    /// It was stopped before it reached the bank.
    NotSentToNetwork,
}

/// How the authorization ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum OutcomeType {
    /// Approved.
    Authorized,
    /// Declined by the bank.
    IssuerDeclined,
    /// Stopped as too risky.
    Blocked,
    /// Stopped because the ask made no sense, such as a live card in test mode.
    Invalid,
}

/// The public `outcome` of a charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Outcome {
    /// How it ended: the member `type` of the public hash.
    pub kind: OutcomeType,
    /// Who ended it.
    pub network_status: NetworkStatus,
    /// The decline code, or the rule that stopped it.
    pub reason: Option<String>,
    /// How risky it looked.
    pub risk_level: RiskLevel,
    /// The same from 0 to 100.
    pub risk_score: i64,
    /// A sentence for the seller; not to be shown to the buyer.
    pub seller_message: String,
}

/// The answer to a refund.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RefundAnswer {
    /// Names the refund towards the acquirer.
    pub reference: String,
    /// The money has gone back; otherwise it is on its way and the acquirer will tell.
    pub settled: bool,
}

/// What an ask that was abandoned has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandoned {
    /// Nothing, or what it reserved or took was let go.
    Nothing,
    /// What cannot be called back: a capture, or money on its way to a card.
    Moved,
}

/// As a hash with one key, `approved` or `declined`.
impl Wire for Answer {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let child = |name| node.and_then(|node| node.get(name));
        if let Some(it) = child("approved") {
            Approval::read(&at.child("approved"), Some(it)).map(Answer::Approved)
        } else if let Some(it) = child("declined") {
            Declined::read(&at.child("declined"), Some(it)).map(Answer::Declined)
        } else {
            Err(Bad::Missing(at.child("approved").path()))
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Answer::Approved(it) => {
                out.extend_from_slice(b"{\"approved\":");
                it.write(out);
            }
            Answer::Declined(it) => {
                out.extend_from_slice(b"{\"declined\":");
                it.write(out);
            }
        }
        out.push(b'}');
    }
}
