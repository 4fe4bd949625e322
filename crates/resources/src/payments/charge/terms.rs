//! What a charge must know of the account that it is made for.
use crate::connect::account::{Capabilities, CapabilityStatus};
use api::{Cx, Object, Place, Stop, access::Connected};
use base::{ApiError, Currency, Named, Timestamp};
use money::Delay;
use wire::{Hidden, Wire};

/// An account as far as its charges are concerned. Reading these few fields is most of what the whole costs.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub(crate) struct Terms {
    /// `acct_…`.
    id: String,
    capabilities: Option<Capabilities>,
    charges_enabled: Option<bool>,
    country: Option<String>,
    default_currency: Option<Currency>,
    settings: Option<Settings>,
    r#type: Option<String>,
    standing: Hidden<Option<Controlled>>,
    configured: Hidden<Option<bool>>,
}

/// A platform controls the account.
#[derive(Debug, Clone, PartialEq, Wire)]
struct Controlled {
    livemode: bool,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Settings {
    card_payments: Option<CardPayments>,
    payments: Option<Payments>,
    payouts: Option<Payouts>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct CardPayments {
    statement_descriptor_prefix: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Payments {
    statement_descriptor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Payouts {
    schedule: Option<Schedule>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Schedule {
    delay_days: Option<i64>,
}

impl Named for Terms {
    const NAME: &'static str = "account";
    const PREFIX: &'static str = "acct";
}
impl Object for Terms {
    const PLACE: Place = Place::Itself;
    fn id(&self) -> &str {
        &self.id
    }
}

/// Where an account does not say.
const COUNTRY: &str = "US";

impl Terms {
    /// Those of an account that can take real money.
    #[cfg(test)]
    pub(crate) fn enabled(account: &str) -> Self {
        Terms { id: account.to_owned(), charges_enabled: Some(true), ..Terms::default() }
    }
    /// Those of the account that something is made for: the caller's own, or one that it is made on behalf of. Errors: that
    /// is not connected to the caller.
    pub(crate) async fn made_for(cx: &Cx<'_>, on_behalf_of: Option<&str>) -> Result<Self, Stop> {
        if let Some(account) = on_behalf_of.filter(|account| *account != cx.caller.account) {
            let (own, live) = (&cx.caller.account, cx.caller.livemode);
            let connected =
                !cx.caller.is_connect() && cx.peek_of::<Connected>(own, live, account).await?.is_some();
            if !connected {
                return Err(ApiError::no_such("account", account, "on_behalf_of").into());
            }
        }
        Terms::of(cx, on_behalf_of.unwrap_or(&cx.caller.account)).await
    }
    /// Those of an account. They may be a moment old.
    pub(crate) async fn of(cx: &Cx<'_>, account: &str) -> Result<Self, Stop> {
        Ok(cx.peek(account).await?.unwrap_or_default())
    }
    /// Whether the account can take real money.
    pub(crate) fn charges_enabled(&self) -> bool {
        self.charges_enabled == Some(true)
    }
    /// Whether the account has a capability. One that controls itself has what its form switches on, and in test mode
    /// needs none; neither does one with a dashboard of its own there.
    pub(crate) fn may(&self, capability: &str) -> bool {
        let Some(Controlled { livemode, .. }) = self.standing.0 else { return true };
        let active = |it: &Capabilities| {
            it.0.iter().any(|(name, status)| *name == capability && *status == CapabilityStatus::Active)
        };
        self.capabilities.as_ref().is_some_and(active)
            || (!livemode && self.r#type.as_deref() == Some("standard"))
    }
    /// Whether somebody changed which payment methods it offers.
    pub(crate) fn configured(&self) -> bool {
        self.configured.0 == Some(true)
    }
    /// Where the account is.
    pub(crate) fn country(&self) -> &str {
        self.country.as_deref().unwrap_or(COUNTRY)
    }
    /// The currency of the account.
    pub(crate) fn default_currency(&self) -> Currency {
        self.default_currency.unwrap_or(Currency::USD)
    }
    /// From when the money of a charge captured at this time can be spent.
    pub(crate) fn available_on(&self, captured: Timestamp) -> Timestamp {
        let country = self.country();
        let days = self.settings.as_ref().and_then(|it| it.payouts.as_ref()?.schedule.as_ref()?.delay_days);
        let days = days.and_then(|days| u16::try_from(days).ok());
        let delay = days.map_or_else(|| Delay::usual(country), |days| Delay::of(country, days));
        money::available_on(captured, delay)
    }
    /// What cardholders see on their statement.
    pub(crate) fn statement_descriptor(&self) -> Option<&str> {
        self.settings.as_ref()?.payments.as_ref()?.statement_descriptor.as_deref()
    }
    /// What stands before a charge's own part of it.
    pub(crate) fn statement_descriptor_prefix(&self) -> Option<&str> {
        let card_payments = self.settings.as_ref().and_then(|it| it.card_payments.as_ref());
        let prefix = card_payments.and_then(|it| it.statement_descriptor_prefix.as_deref());
        prefix.or_else(|| self.statement_descriptor())
    }
}
