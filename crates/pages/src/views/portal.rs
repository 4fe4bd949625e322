//! What a customer sees who was let in to the portal.

use serde::Serialize;

use super::{Choice, Chrome};
use crate::{Form, View};

/// What stands on every page of the portal.
#[derive(Clone, Debug, Serialize)]
pub struct PortalHead {
    /// What stands on every page.
    pub chrome: Chrome,
    /// Whose customer it is.
    pub business: String,
    /// In its own words.
    pub headline: Option<String>,
    /// Whether real money is moved.
    pub livemode: bool,
    /// Where the portal begins; empty where there is nothing but this page.
    pub home: String,
    /// Where the customer goes back to.
    pub back: Option<String>,
    /// The terms of the business.
    pub terms: Option<String>,
    /// Its rules of privacy.
    pub privacy: Option<String>,
}

/// `GET /portal/{account}/{secret}`.
#[derive(Clone, Debug, Serialize)]
pub struct PortalHome {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What the customer subscribed to.
    pub plans: Vec<PortalPlan>,
    /// What they pay with.
    pub methods: Vec<PortalMethod>,
    /// Where they change that.
    pub methods_url: Option<String>,
    /// What is known of them: names and values.
    pub details: Vec<(String, String)>,
    /// Where they change that.
    pub details_url: Option<String>,
    /// Their invoices, newest first; nothing where they are not shown.
    pub invoices: Option<Vec<PortalInvoice>>,
    /// Where there are more.
    pub more_url: Option<String>,
}

impl View for PortalHome {
    const TEMPLATE: &'static str = "portal_home.html";
}

/// What a customer subscribed to.
#[derive(Clone, Debug, Serialize)]
pub struct PortalPlan {
    /// What it is called.
    pub name: String,
    /// What it costs, and how often.
    pub price: String,
    /// What comes next.
    pub next: String,
    /// Where it stands, where that is worth saying.
    pub badge: Option<String>,
    /// Where an invoice is to be paid.
    pub pay_url: Option<String>,
    /// Where it is changed.
    pub change_url: Option<String>,
    /// Where it is ended.
    pub cancel_url: Option<String>,
    /// What lets it go on.
    pub renew_url: Option<String>,
    /// Where it is let rest.
    pub pause_url: Option<String>,
    /// What ends that.
    pub resume_url: Option<String>,
}

/// What a customer pays with.
#[derive(Clone, Debug, Serialize)]
pub struct PortalMethod {
    /// Its id.
    pub id: String,
    /// Such as `Visa ending in 4242`.
    pub name: String,
    /// Until when it is good.
    pub expires: Option<String>,
    /// Whether it is what invoices are paid with.
    pub is_default: bool,
    /// Whether it can be taken away.
    pub removable: bool,
}

/// An invoice in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PortalInvoice {
    /// When it was made, Unix seconds.
    pub created: i64,
    /// Its number.
    pub number: String,
    /// What it comes to.
    pub amount: String,
    /// Where it stands.
    pub status: String,
    /// Where it is seen.
    pub url: Option<String>,
    /// Where it is as a document.
    pub pdf: Option<String>,
}

/// `GET …/payment-methods`.
#[derive(Clone, Debug, Serialize)]
pub struct PortalMethods {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What the customer pays with.
    pub methods: Vec<PortalMethod>,
    /// Why the last try did not work.
    pub problem: Option<String>,
    /// Where the forms lead.
    pub action: String,
}

impl View for PortalMethods {
    const TEMPLATE: &'static str = "portal_methods.html";
}

/// `GET …/subscriptions/{id}/plan`.
#[derive(Clone, Debug, Serialize)]
pub struct PortalChange {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What it is now.
    pub name: String,
    /// What that costs.
    pub price: String,
    /// What it can become.
    pub offers: Vec<PortalOffer>,
    /// How many, with the fewest and the most; nothing where that does not change.
    pub quantity: Option<(i64, i64, i64)>,
    /// Whether a promotion code is asked for.
    pub asks_code: bool,
    /// The code as it was typed.
    pub code: String,
    /// Why the last try did not work.
    pub problem: Option<String>,
    /// Where the form leads.
    pub action: String,
}

impl View for PortalChange {
    const TEMPLATE: &'static str = "portal_plan.html";
}

/// What a subscription can become.
#[derive(Clone, Debug, Serialize)]
pub struct PortalOffer {
    /// The price.
    pub price: String,
    /// What it is called.
    pub name: String,
    /// What it costs.
    pub costs: String,
    /// What the product is, in the account's words.
    pub about: Option<String>,
    /// Whether it is what there is.
    pub is_current: bool,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// What a change comes to, before it is made.
#[derive(Clone, Debug, Serialize)]
pub struct PortalConfirm {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What it becomes.
    pub facts: Vec<(String, String)>,
    /// What is evened out and paid: texts and amounts.
    pub lines: Vec<(String, String)>,
    /// What the sum is called, and it.
    pub sum: (String, String),
    /// What else is to be known.
    pub note: Option<String>,
    /// What the form carries.
    pub carried: Vec<(String, String)>,
    /// Where one chooses again.
    pub back: Option<String>,
    /// Why the last try did not work.
    pub problem: Option<String>,
    /// Where the form leads.
    pub action: String,
}

impl View for PortalConfirm {
    const TEMPLATE: &'static str = "portal_confirm.html";
}

/// `GET …/subscriptions/{id}/cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct PortalCancel {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What ends.
    pub name: String,
    /// When, and what becomes of what was paid.
    pub ends: String,
    /// What is offered for staying.
    pub offer: Option<String>,
    /// The reasons to choose from.
    pub reasons: Vec<Choice>,
    /// Why the last try did not work.
    pub problem: Option<String>,
    /// Where the form leads.
    pub action: String,
}

impl View for PortalCancel {
    const TEMPLATE: &'static str = "portal_cancel.html";
}

/// `GET …/subscriptions/{id}/pause`.
#[derive(Clone, Debug, Serialize)]
pub struct PortalPause {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What rests.
    pub name: String,
    /// For how long it can.
    pub options: Vec<Choice>,
    /// Why the last try did not work.
    pub problem: Option<String>,
    /// Where the form leads.
    pub action: String,
}

impl View for PortalPause {
    const TEMPLATE: &'static str = "portal_pause.html";
}

/// `GET …/details`.
#[derive(Clone, Debug, Serialize)]
pub struct PortalDetails {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What is known.
    pub form: Form,
    /// What of it can be changed.
    pub fields: Vec<String>,
    /// The countries to choose from.
    pub countries: Vec<Choice>,
    /// The tax ids that there are: ids and texts.
    pub tax_ids: Vec<(String, String)>,
    /// The kinds of tax ids to choose from.
    pub tax_kinds: Vec<Choice>,
    /// Where the forms lead.
    pub action: String,
}

impl View for PortalDetails {
    const TEMPLATE: &'static str = "portal_details.html";
}

/// What is told when there is nothing more to do.
#[derive(Clone, Debug, Serialize)]
pub struct PortalNote {
    /// What stands on every page of it.
    pub head: PortalHead,
    /// What happened.
    pub title: String,
    /// What else is to be known.
    pub message: String,
}

impl View for PortalNote {
    const TEMPLATE: &'static str = "portal_note.html";
}
