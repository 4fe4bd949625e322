//! Account sessions: a secret with which the pages of a platform show components of an account that it controls (API
//! page "Account Session").
use super::account::{Account, controls, reachable};
use crate::components::Component;
use api::{Cx, Endpoint, Noun, Object, Outcome, done};
use base::{ApiError, Named, Timestamp};
use wire::{Node, Optional, Wire};

/// A secret with which components of an account are shown.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AccountSession {
    /// `account_session`.
    pub object: String,
    /// The account.
    pub account: String,
    /// The secret.
    pub client_secret: String,
    /// What it shows.
    pub components: Components,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// Live or test.
    pub livemode: bool,
}

impl Named for AccountSession {
    const NAME: &'static str = "account_session";
    const PREFIX: &'static str = "accs";
}
/// It is shown once.
impl Object for AccountSession {
    fn id(&self) -> &str {
        &self.client_secret
    }
}

pub use known::Components;

/// The noun.
pub const NOUN: Noun = Noun::of::<AccountSession>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let create =
        Endpoint::new("POST", "/v1/account_sessions", AccountSession::NAME, |cx, p| Box::pin(create(cx, p)));
    vec![create.tells_secret()]
}

/// What `POST /v1/account_sessions` takes.
#[derive(Debug, Wire)]
pub struct Create {
    account: String,
    components: Components,
}

/// The components, in the order of the alphabet.
#[rustfmt::skip]
mod known {
    use wire::Shape::Bool;
    crate::components::components! {
        account_management { disable_stripe_user_authentication: Bool, external_account_collection: Bool };
        account_onboarding { disable_stripe_user_authentication: Bool, external_account_collection: Bool };
        balance_report {};
        balances { disable_stripe_user_authentication: Bool, edit_payout_schedule: Bool, external_account_collection: Bool, instant_payouts: Bool, standard_payouts: Bool };
        disputes_list { capture_payments: Bool, destination_on_behalf_of_charge_management: Bool, dispute_management: Bool, refund_management: Bool, smart_disputes_management: Bool };
        documents {};
        financial_account { disable_stripe_user_authentication: Bool, external_account_collection: Bool, send_money: Bool, transfer_balance: Bool };
        financial_account_transactions { card_spend_dispute_management: Bool };
        instant_payouts_promotion { disable_stripe_user_authentication: Bool, external_account_collection: Bool, instant_payouts: Bool };
        issuing_card { card_management: Bool, card_spend_dispute_management: Bool, cardholder_management: Bool, spend_control_management: Bool };
        issuing_cards_list { card_management: Bool, card_spend_dispute_management: Bool, cardholder_management: Bool, disable_stripe_user_authentication: Bool, spend_control_management: Bool };
        notification_banner { disable_stripe_user_authentication: Bool, external_account_collection: Bool };
        payment_details { capture_payments: Bool, destination_on_behalf_of_charge_management: Bool, dispute_management: Bool, refund_management: Bool, smart_disputes_management: Bool };
        payment_disputes { destination_on_behalf_of_charge_management: Bool, dispute_management: Bool, refund_management: Bool, smart_disputes_management: Bool };
        payment_method_settings { disable_stripe_user_authentication: Bool };
        payments { capture_payments: Bool, destination_on_behalf_of_charge_management: Bool, dispute_management: Bool, refund_management: Bool, smart_disputes_management: Bool };
        payout_details {};
        payout_reconciliation_report {};
        payouts { disable_stripe_user_authentication: Bool, edit_payout_schedule: Bool, external_account_collection: Bool, instant_payouts: Bool, standard_payouts: Bool };
        payouts_list {};
        reporting_chart {};
        tax_registrations {};
        tax_settings {};
        terminal_hardware_orders {};
        terminal_hardware_shop {};
    }
}

/// Whether somebody must sign in before they see a component of their account.
const NO_SIGN_IN: &str = "disable_stripe_user_authentication";
/// Whether a component takes in bank accounts.
const COLLECTS: &str = "external_account_collection";
/// How long a secret can be used, in seconds.
const LIFETIME: i64 = 1800;
/// Characters of a secret after its prefix.
const LENGTH: usize = 51;

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<AccountSession> {
    if cx.caller.is_connect() {
        let message = "You cannot create account sessions on behalf of a connected account.";
        return Err(ApiError::invalid(403, message).into());
    }
    let account = reachable(cx, &p.account).await?;
    if !controls(cx, &account) {
        let message = format!(
            "You cannot create account sessions for the account '{}': your platform does not control it.",
            account.id
        );
        return Err(ApiError::invalid(400, message).param("account").into());
    }
    if p.components.0.is_empty() {
        return Err(ApiError::missing("components").into());
    }
    may_open(&account, &p.components.0)?;
    done(AccountSession {
        object: AccountSession::NAME.into(),
        account: account.id.clone(),
        client_secret: format!("accs_secret__{}", cx.token(LENGTH)),
        components: Components(whole(&account, &p.components.0)),
        expires_at: cx.now().plus(LIFETIME),
        livemode: cx.caller.livemode,
    })
}

/// Whether the account may be shown so. Errors: somebody who gives their details to this server has to sign in to it, and
/// says there where payouts go.
fn may_open(account: &Account, asked: &[Component]) -> Result<(), ApiError> {
    if account.controller.platform_collects() {
        return Ok(());
    }
    for component in asked {
        for (feature, never) in [(NO_SIGN_IN, true), (COLLECTS, false)] {
            if component.feature(feature) == Some(&Node::Bool(never)) {
                let message = format!(
                    "The feature {feature} can only be {never} for accounts whose requirements your platform collects (controller[requirement_collection]=application)."
                );
                let param = format!("components[{}][features][{feature}]", component.name);
                return Err(ApiError::invalid(400, message).param(param));
            }
        }
    }
    Ok(())
}

/// Every component, with what was said of it and what holds where nothing was.
fn whole(account: &Account, asked: &[Component]) -> Vec<Component> {
    let all = known::KNOWN.iter().map(|known| {
        let sent = asked.iter().find(|it| it.name == known.name);
        let said = |feature: &str| sent.and_then(|it| it.feature(feature)).cloned();
        let features = known.features.map(|all| {
            let value = |name: &'static str| {
                let usual = match name {
                    // Whoever does not sign in is asked for nothing that a sign-in protects.
                    NO_SIGN_IN => said(COLLECTS) == Some(Node::Bool(false)),
                    // Whoever bears losses decides when the money leaves.
                    "edit_payout_schedule" | "instant_payouts" | "standard_payouts" => {
                        !account.controller.platform_bears_losses()
                    }
                    "destination_on_behalf_of_charge_management" => false,
                    _ => true,
                };
                (name, said(name).unwrap_or(Node::Bool(usual)))
            };
            Some(all.iter().map(|field| value(field.name)).collect())
        });
        let enabled = sent.is_some_and(|it| it.enabled);
        Component { name: known.name, enabled, features: Optional(features) }
    });
    all.collect()
}

#[cfg(test)]
mod tests;
