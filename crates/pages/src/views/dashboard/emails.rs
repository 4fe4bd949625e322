//! Emails: what an account's customers were written.

use serde::Serialize;

use crate::View;
use crate::views::Chrome;

dashboard_page! {
    /// `GET /dashboard/emails`: the last messages of a mode.
    Emails in "emails.html" as "emails" {
        /// Live or test.
        livemode: bool,
        /// Whether messages of the mode are delivered.
        delivered: bool,
        /// They, newest first.
        messages: Vec<EmailRow>,
        /// What is written by itself.
        choices: Vec<EmailChoice>,
    }
}

/// A message in a list.
#[derive(Clone, Debug, Serialize)]
pub struct EmailRow {
    /// Link to its page.
    pub page: String,
    /// What it is about.
    pub subject: String,
    /// Who it goes to.
    pub to: String,
    /// When it was written.
    pub at: i64,
    /// What became of it, in words.
    pub standing: String,
}

/// Something that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct EmailChoice {
    /// The name of the field.
    pub name: String,
    /// What it says.
    pub text: String,
    /// Whether it is.
    pub chosen: bool,
}

/// A name and what it stands for.
#[derive(Clone, Debug, Serialize)]
pub struct EmailFact {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub value: String,
}

dashboard_page! {
    /// `GET /dashboard/emails/message`: one message.
    EmailPage in "email.html" as "emails" {
        /// Live or test.
        livemode: bool,
        /// The message.
        message: EmailRow,
        /// When it is tried again.
        next: Option<i64>,
        /// What is known of it.
        facts: Vec<EmailFact>,
        /// Link to its HTML.
        html: String,
        /// Its text.
        text: String,
    }
}
