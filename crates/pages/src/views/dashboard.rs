//! The dashboard: a person's accounts, and their platform.
//!
//! Times are Unix seconds; amounts are in minor units of their currency.

use serde::Serialize;

use super::{ApplicationCard, Chrome, Permission};
use crate::{Form, View};

macro_rules! dashboard_page {
    ($(#[$doc:meta])* $name:ident in $template:literal as $active:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            /// The frame; it must have a viewer.
            pub chrome: Chrome,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        // By hand, because the entry marked in the navigation belongs to the page and not to its caller.
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("active", $active)?;
                map.serialize_entry("chrome", &self.chrome)?;
                $(map.serialize_entry(stringify!($field), &self.$field)?;)*
                map.end()
            }
        }

        impl View for $name {
            const TEMPLATE: &'static str = $template;
        }
    };
}

mod emails;
mod logs;
mod webhooks;

pub use emails::*;
pub use logs::*;
pub use webhooks::*;

dashboard_page! {
    /// `GET /dashboard`.
    Home in "home.html" as "home" {
        /// What is left to set up.
        todo: Vec<Todo>,
        /// Whether `balance` is the live one.
        livemode: bool,
        /// The account's balance.
        balance: Vec<BalanceLine>,
        /// Applications that have access to the account.
        authorized_count: u64,
        /// Accounts connected to the account's application.
        connected_count: u64,
        /// The account's own application.
        application: Option<ApplicationCard>,
    }
}

/// Something left to set up.
#[derive(Clone, Debug, Serialize)]
pub struct Todo {
    /// What.
    pub title: String,
    /// Why.
    pub text: String,
    /// Where.
    pub url: String,
}

/// A balance in one currency.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceLine {
    /// Three letters.
    pub currency: String,
    /// Live or test money.
    pub livemode: bool,
    /// Can be paid out, in minor units.
    pub available: i64,
    /// Not yet available, in minor units.
    pub pending: i64,
}

dashboard_page! {
    /// `GET /dashboard/application`: register an application, or edit it.
    /// Fields: `name`, `url`, `icon` (a file), `redirect_uris` (one a line), `webhook_development`, `webhook_production`.
    ApplicationEdit in "applications/edit.html" as "application" {
        /// The application; `None` before it is registered.
        application: Option<EditedApplication>,
        /// What was typed, or what is stored.
        form: Form,
        /// Signing secrets that were made just now; shown this once.
        secrets: Vec<ShownOnce>,
        /// Connect buttons to copy; see [`ConnectButton::pair`].
        buttons: Vec<ConnectButton>,
        /// Authorize link with the development client id.
        link_development: String,
        /// Authorize link with the production client id.
        link_production: String,
        /// Webhook endpoints that have a secret.
        webhooks: Vec<WebhookRow>,
        /// Largest icon accepted, in kilobytes.
        icon_max_kb: u32,
    }
}

/// The application on the edit page.
#[derive(Clone, Debug, Serialize)]
pub struct EditedApplication {
    /// Its name as stored.
    pub name: String,
    /// Where its icon is served.
    pub icon_url: Option<String>,
    /// `ca_…` for building.
    pub development_client_id: String,
    /// `ca_…` for users.
    pub production_client_id: String,
}

/// A secret in the one response that may carry it.
#[derive(Clone, Debug, Serialize)]
pub struct ShownOnce {
    /// What it is for.
    pub label: String,
    /// The secret.
    pub value: String,
}

/// A button with the markup that puts it on a website.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectButton {
    /// Which one.
    pub label: String,
    /// Ground it is shown on: `light` or `dark`.
    pub stage: String,
    /// Where the picture is served.
    pub image_url: String,
    /// Markup to copy.
    pub html: String,
}

impl ConnectButton {
    /// The light and the dark button for an authorize link, with pictures from the server at `base_url` (without a
    /// final slash).
    pub fn pair(base_url: &str, link: &str) -> Vec<Self> {
        let attribute = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        [("Dark button, for light pages", "light", "connect-dark.svg"), ("Light button, for dark pages", "dark", "connect-light.svg")]
            .into_iter()
            .map(|(label, stage, file)| {
                let image_url = format!("{base_url}{}{file}", crate::assets::PREFIX);
                let html = format!(
                    "<a href=\"{}\">\n  <img src=\"{}\" width=\"190\" height=\"33\" alt=\"Connect with Tollbridge\">\n</a>",
                    attribute(link),
                    attribute(&image_url),
                );
                Self { label: label.into(), stage: stage.into(), image_url: format!("{}{file}", crate::assets::PREFIX), html }
            })
            .collect()
    }
}

/// A webhook endpoint of the application.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookRow {
    /// `development` or `production`: what the form sends.
    pub name: String,
    /// What the person reads.
    pub label: String,
    /// The secret with all but its ends left out.
    pub secret_shown: String,
}

dashboard_page! {
    /// `GET /dashboard/connected-accounts`: the platform's side.
    ConnectedAccounts in "connected_accounts.html" as "connected_accounts" {
        /// Name of the platform's application, if there is one.
        application_name: Option<String>,
        /// One page of connections, newest first.
        connections: Vec<ConnectionRow>,
        /// Link to older ones.
        older_url: Option<String>,
        /// Link to newer ones.
        newer_url: Option<String>,
    }
}

/// An account that gave access.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionRow {
    /// The account.
    pub account: super::AccountName,
    /// The client id it was connected by.
    pub client_id: String,
    /// What was granted.
    pub scope: Permission,
    /// Whether the connection reaches live data.
    pub livemode: bool,
    /// When access was given.
    pub connected_at: i64,
}

dashboard_page! {
    /// `GET /dashboard/payments`.
    Payments in "payments.html" as "payments" {
        /// Live or test payments.
        livemode: bool,
        /// Whether they can be disputed here.
        by_hand: bool,
        /// One page of them, newest first.
        payments: Vec<PaymentRow>,
        /// Link to older ones.
        older_url: Option<String>,
        /// Link to newer ones.
        newer_url: Option<String>,
    }
}

/// A payment.
#[derive(Clone, Debug, Serialize)]
pub struct PaymentRow {
    /// `ch_…` or `py_…`.
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// Three letters.
    pub currency: String,
    /// The account's own words.
    pub description: Option<String>,
    /// Where it stands, in a word or two.
    pub standing: String,
    /// When it was made.
    pub created: i64,
    /// Whether anything of it could be disputed.
    pub can_dispute: bool,
}

dashboard_page! {
    /// `GET /dashboard/authorized-applications`: the user's side.
    AuthorizedApplications in "authorized_applications.html" as "authorized_applications" {
        /// The person's accounts with what they gave access to.
        accounts: Vec<AccountGrants>,
    }
}

/// An account and the applications connected to it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountGrants {
    /// `acct_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who has access.
    pub applications: Vec<Grant>,
}

/// Access that was given.
#[derive(Clone, Debug, Serialize)]
pub struct Grant {
    /// To whom.
    pub application: ApplicationCard,
    /// By which client id.
    pub client_id: String,
    /// What for.
    pub scope: Permission,
    /// Whether it reaches live data.
    pub livemode: bool,
    /// Since when.
    pub connected_at: i64,
}

dashboard_page! {
    /// `GET /dashboard/account`: details, balance and keys.
    Account in "account.html" as "account" {
        /// A key that was made just now; shown this once.
        new_key: Option<String>,
        /// Who the account is.
        account: AccountDetails,
        /// What it has.
        balances: Vec<BalanceLine>,
        /// Its keys.
        keys: Vec<KeyRow>,
    }
}

/// What an account says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct AccountDetails {
    /// `acct_…`.
    pub id: String,
    /// Business name.
    pub business_name: Option<String>,
    /// Website. Linked only if it is an http(s) address.
    pub url: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Name of the country.
    pub country: String,
    /// Name on card statements.
    pub statement_descriptor: Option<String>,
    /// Where payouts go.
    pub bank: Option<BankLine>,
    /// Whether live charges are possible.
    pub charges_enabled: bool,
    /// Whether payouts are possible.
    pub payouts_enabled: bool,
}

/// A bank account as far as it is ever shown.
#[derive(Clone, Debug, Serialize)]
pub struct BankLine {
    /// Name of the bank.
    pub name: String,
    /// Last four digits.
    pub last4: String,
    /// Three letters.
    pub currency: String,
}

/// An API key in a list.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    /// Id of the key for the form; not the key.
    pub id: String,
    /// The key, or what may be shown of it.
    pub shown: String,
    /// `Secret`, `Publishable` or `Restricted`.
    pub kind: String,
    /// Live or test.
    pub livemode: bool,
    /// When it was made.
    pub created: i64,
    /// Whether it can be replaced here.
    pub can_roll: bool,
}

dashboard_page! {
    /// `GET /dashboard/account/activate`: the account form for an account that is there already. Fields as in
    /// [`super::ConnectAccountForm`], without the sign-in.
    Activate in "activate.html" as "account" {
        /// What was typed or is known.
        form: Form,
        /// Countries of accounts and banks.
        countries: Vec<super::Choice>,
        /// Currencies of bank accounts.
        currencies: Vec<super::Choice>,
        /// Kinds of business.
        business_types: Vec<super::Choice>,
        /// Whether to tell the numbers of a test bank account.
        development: bool,
    }
}
