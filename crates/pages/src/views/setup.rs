//! Where somebody gives the details of an account that a platform controls, and where an account without a dashboard
//! of its own looks at its money.

use serde::Serialize;

use super::{ApplicationCard, BalanceLine, Choice, Chrome};
use crate::{Form, View};

/// `GET /connect/onboarding/{account}`: what is wanted of the account, as a form.
#[derive(Clone, Debug, Serialize)]
pub struct Setup {
    /// The frame.
    pub chrome: Chrome,
    /// What was typed.
    pub form: Form,
    /// Where the form goes.
    pub action: String,
    /// The application of the platform that asks.
    pub application: ApplicationCard,
    /// Whether details are changed that were given before.
    pub update: bool,
    /// Whether more is asked for afterwards.
    pub first_step: bool,
    /// Whether this is test mode, where values can be filled in.
    pub test: bool,
    /// What is asked for.
    pub sections: Vec<SetupSection>,
    /// Whether the terms are to be accepted.
    pub terms: bool,
    /// The sign-in that the account will have: asked for, or the address of whoever is signed in.
    pub sign_in: Option<SetupSignIn>,
    /// Fewest characters of a new password.
    pub password_min: u32,
}

impl View for Setup {
    const TEMPLATE: &'static str = "setup.html";
}

/// The sign-in of an account with a dashboard of its own.
#[derive(Clone, Debug, Serialize)]
pub struct SetupSignIn {
    /// Who is signed in and takes the account; nobody where a new sign-in is asked for.
    pub email: Option<String>,
    /// Where somebody signs in who has a sign-in.
    pub url: String,
}

/// Fields that belong together.
#[derive(Clone, Debug, Serialize)]
pub struct SetupSection {
    /// What they are about.
    pub title: String,
    /// What helps to fill them in.
    pub note: Option<String>,
    /// The fields.
    pub fields: Vec<SetupField>,
}

/// A field.
#[derive(Clone, Debug, Serialize)]
pub struct SetupField {
    /// The requirement that it answers, such as `individual.first_name`.
    pub name: String,
    /// What the person reads.
    pub label: String,
    /// How it is filled in.
    pub kind: SetupKind,
    /// What helps.
    pub hint: String,
    /// What browsers know it by.
    pub autocomplete: String,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What can be chosen.
    pub options: Vec<Choice>,
    /// What is wrong with what was given before, in words.
    pub complaint: Option<String>,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupKind {
    /// Several lines.
    Area,
    /// A box to tick.
    Check,
    /// One of a list.
    Choice,
    /// Day, month and year.
    Date,
    /// Digits.
    Digits,
    /// An email address.
    Email,
    /// One line.
    Line,
    /// A telephone number.
    Phone,
    /// The address of a website.
    Website,
}

/// `GET /connect/express/{account}`: balance, payouts and details of an account.
#[derive(Clone, Debug, Serialize)]
pub struct Express {
    /// The frame.
    pub chrome: Chrome,
    /// What the account is called.
    pub name: String,
    /// `acct_…`.
    pub account: String,
    /// Live or test.
    pub livemode: bool,
    /// The application of the platform behind it.
    pub application: ApplicationCard,
    /// Why it may not do everything, in words.
    pub trouble: Option<String>,
    /// Whether something is wanted of it.
    pub wanted: bool,
    /// What it has.
    pub balance: Vec<BalanceLine>,
    /// Its last payouts, newest first.
    pub payouts: Vec<PayoutLine>,
    /// Where payouts go.
    pub destinations: Vec<DestinationLine>,
    /// Where it is written to.
    pub email: Option<String>,
    /// Where it is, in words.
    pub country: String,
    /// Whether its balance is paid out.
    pub payouts_enabled: bool,
    /// When, in words.
    pub schedule: String,
    /// Where the details are changed.
    pub details_url: String,
    /// Where the way out is.
    pub leave_url: String,
}

impl View for Express {
    const TEMPLATE: &'static str = "express.html";
}

/// A payout.
#[derive(Clone, Debug, Serialize)]
pub struct PayoutLine {
    /// `po_…`.
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// Three letters.
    pub currency: String,
    /// When it arrives, Unix seconds.
    pub arrival: i64,
    /// What became of it, in words.
    pub status: String,
}

/// Where payouts go.
#[derive(Clone, Debug, Serialize)]
pub struct DestinationLine {
    /// The bank, or the brand of the card.
    pub name: String,
    /// The last four characters of the number.
    pub last4: String,
    /// Three letters.
    pub currency: String,
    /// Whether payouts in its currency go there.
    pub is_default: bool,
}
