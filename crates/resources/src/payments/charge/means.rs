//! What a charge is made from, whatever face it came with: a source of the first years, or a payment method.
use super::details::{
    BillingDetails, CardChecks, CardDetails, Enabled, MethodType, NetworkToken, Overcapture,
    PaymentMethodDetails, Possible, SepaDebitDetails, UsBankAccountDetails,
};
use crate::payments::{
    card::{Card, Instrument, NetworkCard},
    payment_method::{CashMethod, PaymentMethod},
};
use acquirer::{
    Brand, Checks,
    simulator::banks::{self, Debited},
};
use api::{Cx, Stop, fault};
use base::Ref;
use wire::{Hidden, Optional, Raw};

/// What a charge is made from.
#[derive(Debug, Clone)]
pub(crate) enum Means {
    /// A token, a typed card, or a card that a customer keeps.
    Source(Box<Instrument>),
    /// A payment method.
    Method {
        /// It.
        method: Box<PaymentMethod>,
        /// It was written down by this unit of work already, or is the same as it was stored.
        written: bool,
        /// The customer for whom it is used, where one is named.
        customer: Option<String>,
    },
}

impl Means {
    /// The id by which a charge names it as its payment method.
    pub(crate) fn id(&self) -> &str {
        match self {
            Means::Source(it) => it.id(),
            Means::Method { method, .. } => &method.id,
        }
    }
    /// Who keeps it, or was named with it.
    pub(crate) fn customer(&self) -> Option<&str> {
        match self {
            Means::Source(it) => it.customer.as_deref(),
            Means::Method { customer, .. } => customer.as_deref(),
        }
    }
    /// Which kind it is.
    pub(crate) fn kind(&self) -> MethodType {
        match self {
            Means::Source(_) => MethodType::Card,
            Means::Method { method, .. } => method.r#type,
        }
    }
    /// Whether the cardholder took part when it was set up for payments without them.
    pub(crate) fn is_set_up(&self) -> bool {
        matches!(self, Means::Method { method, .. } if method.set_up.0)
    }
    /// The security code of the card was typed for this payment.
    pub(crate) fn with_cvc(&mut self) {
        match self {
            Means::Source(it) => it.card.cvc_given = Hidden(Some(true)),
            Means::Method { method, written, .. } => {
                *written &= method.cvc_given.0;
                method.cvc_given = Hidden(true);
            }
        }
    }
    /// Who pays.
    pub(crate) fn billing_details(&self) -> BillingDetails {
        match self {
            Means::Source(it) => BillingDetails::of_card(&it.card),
            Means::Method { method, .. } => method.billing_details.clone(),
        }
    }
    /// The card as a charge shows it under its first name.
    pub(super) fn source(&self) -> Result<Option<Raw>, Stop> {
        let Means::Source(it) = self else { return Ok(None) };
        let shown = String::from_utf8(it.shown()).map_err(|_| fault("a source is no text"))?;
        Ok(Some(Raw(shown)))
    }
    /// It as a charge keeps it.
    pub(crate) fn details(&self, amount: i64) -> PaymentMethodDetails {
        let mut details = PaymentMethodDetails {
            card: Optional(None),
            customer_balance: Optional((self.kind() == MethodType::CustomerBalance).then_some(CashMethod {})),
            sepa_debit: Optional(None),
            r#type: self.kind(),
            us_bank_account: Optional(None),
        };
        match self {
            Means::Source(it) => details.card = Optional(Some(of_source(&it.card, amount))),
            Means::Method { method, .. } => of_method(method, amount, &mut details),
        }
        details
    }
    /// The card with its number, for the acquirer's ask only. Errors: the vault does not open it.
    pub(crate) fn network_card(&self, cx: &Cx<'_>) -> Result<NetworkCard<'_>, Stop> {
        match self {
            Means::Source(it) => it.network_card(cx),
            Means::Method { method, .. } => method.network_card(cx, &cx.caller.account),
        }
    }
    /// What the bank says to a debit; `None` where it is a card. Live mode has nobody who debits.
    pub(super) fn debit(&self, cx: &Cx<'_>) -> Result<Option<Debited>, Stop> {
        let Means::Method { method, .. } = self else { return Ok(None) };
        if !method.r#type.needs_mandate() {
            return Ok(None);
        }
        if cx.caller.livemode {
            return Err(super::book::outside(acquirer::Fault::NotConfigured));
        }
        let number = method.open(cx, &cx.caller.account)?;
        Ok(Some(match &method.us_bank_account.0 {
            Some(bank) => {
                banks::debit_us(bank.routing_number.as_deref().unwrap_or_default(), number.reveal())
            }
            None => banks::debit_iban(number.reveal()),
        }))
    }
    /// Takes over what the bank said of the card's data, and writes it down where the card is kept.
    pub(super) fn checked(&mut self, cx: &mut Cx<'_>, checks: Checks) {
        match self {
            Means::Source(it) => it.checked(cx, checks),
            Means::Method { method, written, .. } => {
                let said = Some(CardChecks::from(checks));
                if let Some(card) = method.card.0.as_mut().filter(|card| card.checks != said) {
                    card.checks = said;
                    *written = false;
                }
            }
        }
    }
    /// The holder proved that the bank account is theirs.
    pub(crate) fn verified(&mut self) {
        if let Means::Method { method, written, .. } = self {
            method.verified.0.0 = Some(true);
            *written = false;
        }
    }
    /// It is the account's own from here on, for what that moves itself.
    pub(crate) fn own(&mut self) {
        if let Means::Method { method, written, .. } = self {
            method.own.0.0 = Some(true);
            *written = false;
        }
    }
    /// Writes a payment method down, where that is still to be done.
    pub(crate) fn keep(&mut self, cx: &mut Cx<'_>) {
        if let Means::Method { method, written, .. } = self
            && !std::mem::replace(written, true)
        {
            cx.put(&**method);
        }
    }
}

/// What a charge tells of a card besides what it shares with its payment method.
fn plain(amount: i64) -> CardDetails {
    CardDetails {
        amount_authorized: Some(amount),
        authorization_code: None,
        brand: None,
        capture_before: Optional(None),
        checks: None,
        country: None,
        electronic_commerce_indicator: None,
        exp_month: 0,
        exp_year: 0,
        extended_authorization: Enabled::NO,
        fingerprint: None,
        funding: None,
        incremental_authorization: Possible::NO,
        installments: None,
        last4: None,
        mandate: None,
        moto: Optional(None),
        multicapture: Possible::NO,
        network: None,
        network_token: NetworkToken { used: false },
        network_transaction_id: None,
        overcapture: Overcapture::none(amount),
        regulated_status: None,
        setup_credential_usage: Optional(None),
        stored_credential_usage: Optional(None),
        three_d_secure: None,
        transaction_link_id: None,
        wallet: None,
    }
}

fn of_source(card: &Card, amount: i64) -> CardDetails {
    let brand = brand_code(&card.brand).to_owned();
    CardDetails {
        brand: Some(brand.clone()),
        checks: Some(CardChecks {
            address_line1_check: card.address_line1_check,
            address_postal_code_check: card.address_zip_check,
            cvc_check: card.cvc_check,
        }),
        country: card.country.clone(),
        exp_month: card.exp_month,
        exp_year: card.exp_year,
        fingerprint: card.fingerprint.0.clone(),
        funding: Some(card.funding.clone()),
        last4: Some(card.last4.clone()),
        network: Some(brand),
        regulated_status: card.regulated_status.clone(),
        ..plain(amount)
    }
}

fn of_method(method: &PaymentMethod, amount: i64, details: &mut PaymentMethodDetails) {
    if let Some(card) = &method.card.0 {
        details.card = Optional(Some(CardDetails {
            brand: Some(card.brand.clone()),
            checks: card.checks,
            country: card.country.clone(),
            exp_month: card.exp_month,
            exp_year: card.exp_year,
            fingerprint: card.fingerprint.0.clone(),
            funding: Some(card.funding.clone()),
            last4: Some(card.last4.clone()),
            network: Some(card.brand.clone()),
            regulated_status: card.regulated_status.clone(),
            ..plain(amount)
        }));
    }
    if let Some(bank) = &method.us_bank_account.0 {
        details.us_bank_account = Optional(Some(UsBankAccountDetails {
            account_holder_type: bank.account_holder_type,
            account_type: bank.account_type,
            bank_name: bank.bank_name.clone(),
            fingerprint: bank.fingerprint.clone(),
            last4: bank.last4.clone(),
            mandate: Optional(method.mandate.0.0.as_deref().map(Ref::to)),
            payment_reference: None,
            routing_number: bank.routing_number.clone(),
        }));
    }
    if let Some(bank) = &method.sepa_debit.0 {
        details.sepa_debit = Optional(Some(SepaDebitDetails {
            bank_code: bank.bank_code.clone(),
            branch_code: bank.branch_code.clone(),
            country: bank.country.clone(),
            fingerprint: bank.fingerprint.clone(),
            last4: bank.last4.clone(),
            mandate: method.mandate.0.0.clone(),
        }));
    }
}

/// The word in payment method details for the name on a card.
pub(crate) fn brand_code(name: &str) -> &'static str {
    let all = [
        Brand::Visa,
        Brand::Mastercard,
        Brand::Amex,
        Brand::Discover,
        Brand::Diners,
        Brand::Jcb,
        Brand::UnionPay,
        Brand::Unknown,
    ];
    all.into_iter().find(|brand| brand.name() == name).unwrap_or(Brand::Unknown).code()
}
