//! The card of a payment method.
use crate::payments::{
    card::{Card, Networks as CardNetworks},
    charge::{details::CardChecks, means::brand_code},
};
use acquirer::simulator::{Authentication, TestCard};
use wire::{Optional, Wire};

/// The card of a payment method.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MethodCard {
    /// Such as `visa`.
    pub brand: String,
    /// What the bank said of cvc and address.
    pub checks: Option<CardChecks>,
    /// Where it was issued: two letters.
    pub country: Option<String>,
    /// The brand that the cardholder is shown.
    pub display_brand: Option<String>,
    /// 1 to 12.
    pub exp_month: i64,
    /// Four digits.
    pub exp_year: i64,
    /// The same for the same number in the same account.
    pub fingerprint: Optional<String>,
    /// `credit`, `debit`, `prepaid` or `unknown`.
    pub funding: String,
    /// The payment in person that it came from.
    pub generated_from: Option<String>,
    /// The last four digits.
    pub last4: String,
    /// The networks that it runs on.
    pub networks: Option<Networks>,
    /// Whether fees for it are capped by law.
    pub regulated_status: Option<String>,
    /// Whether cardholders can be asked to take part.
    pub three_d_secure_usage: Option<Usage>,
    /// The wallet that gave it; test mode has no names for cards of wallets, since those come from devices only.
    pub wallet: Option<String>,
}

/// The networks of a card.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Networks {
    /// All.
    pub available: Vec<String>,
    /// Which one the cardholder chose.
    pub preferred: Option<String>,
}

/// Whether cardholders can be asked to take part.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct Usage {
    /// They can.
    pub supported: bool,
}

impl MethodCard {
    /// The card of the first years in the shape of today.
    pub(crate) fn of_card(card: &Card) -> Self {
        let brand = brand_code(&card.brand);
        let preferred = card.networks.0.as_ref().and_then(|CardNetworks { preferred }| preferred.clone());
        MethodCard {
            brand: brand.to_owned(),
            checks: Some(CardChecks {
                address_line1_check: card.address_line1_check,
                address_postal_code_check: card.address_zip_check,
                cvc_check: card.cvc_check,
            }),
            country: card.country.clone(),
            display_brand: Some(brand.to_owned()),
            exp_month: card.exp_month,
            exp_year: card.exp_year,
            fingerprint: card.fingerprint.clone(),
            funding: card.funding.clone(),
            generated_from: None,
            last4: card.last4.clone(),
            networks: Some(Networks { available: vec![brand.to_owned()], preferred }),
            regulated_status: card.regulated_status.clone(),
            three_d_secure_usage: Some(Usage { supported: true }),
            wallet: None,
        }
    }
    /// Adds what the network knows of a card by its number.
    pub(super) fn known(mut self, listed: Option<&TestCard>) -> Self {
        let Some(listed) = listed else { return self };
        if let (Some(co_brand), Some(networks)) = (listed.co_brand, &mut self.networks) {
            networks.available.insert(0, co_brand.to_owned());
            let shown = networks.preferred.as_deref().unwrap_or(co_brand);
            self.display_brand = Some(shown.to_owned());
        }
        let supported = listed.authentication != Authentication::NotSupported;
        self.three_d_secure_usage = Some(Usage { supported });
        self
    }
}
