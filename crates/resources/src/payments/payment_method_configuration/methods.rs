//! The kinds of payment methods that can be offered, and what is wanted of each.
use crate::payments::payment_method::MethodType;
use base::Named as _;
use wire::{Hidden, Optional, Wire};

/// Whether a kind is offered.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Method {
    /// Whether it is offered and the account can take it.
    pub available: bool,
    /// What is wanted.
    pub display_preference: Preference,
}

/// What is wanted of a kind.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Preference {
    /// Whether the account may want something else than its platform; `None` where there is no platform.
    pub overridable: Option<bool>,
    /// What is wanted here.
    pub preference: Want,
    /// What comes of that.
    pub value: Setting,
}

/// What is wanted of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Want {
    /// What the parent says, or what is usual.
    None,
    /// It is not offered.
    Off,
    /// It is offered.
    On,
}

/// Whether a kind is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Setting {
    /// It is not.
    Off,
    /// It is.
    On,
}

impl Setting {
    /// What a want comes to, where `usual` holds without one.
    pub(super) fn of(want: Want, usual: Setting) -> Self {
        match want {
            Want::None => usual,
            Want::Off => Setting::Off,
            Want::On => Setting::On,
        }
    }
}

/// A kind as sent.
#[derive(Debug, Wire)]
pub(super) struct MethodParams {
    display_preference: Option<PreferenceParams>,
}

#[derive(Debug, Wire)]
struct PreferenceParams {
    preference: Option<Want>,
}

impl MethodParams {
    /// What is wanted, where it is said.
    pub(super) fn want(&self) -> Option<Want> {
        self.display_preference.as_ref()?.preference
    }
}

/// Wallets with cards in them.
const WALLETS: [&str; 2] = ["apple_pay", "google_pay"];

/// What an account must be able to do to take a kind; `None` where nobody can: it can be configured and is never available.
pub(super) fn capability(method: &str) -> Option<&'static str> {
    let kind = if WALLETS.contains(&method) { Some(MethodType::Card) } else { MethodType::named(method) };
    kind.map(MethodType::capability)
}

/// Whether a kind is offered where nobody says anything: whatever can be taken is, but for what a customer has to send first.
pub(super) fn usual(method: &str) -> Setting {
    let kind = MethodType::CustomerBalance.as_str();
    if method != kind && capability(method).is_some() { Setting::On } else { Setting::Off }
}

/// Makes a configuration and what is sent of one: each kind is a member of its own.
macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        /// Which kinds of payment methods an account offers.
        #[derive(Debug, Clone, PartialEq, Wire)]
        pub struct PaymentMethodConfiguration {
            /// `pmc_…`.
            pub id: String,
            /// `payment_method_configuration`.
            pub object: String,
            /// Whether it can be used.
            pub active: bool,
            /// The application of the platform that offers them, where it is not the account itself.
            pub application: Option<String>,
            /// Whether it holds where none is named.
            pub is_default: bool,
            /// Live or test.
            pub livemode: bool,
            /// What it is called.
            pub name: String,
            /// The configuration of the platform that it follows.
            pub parent: Option<String>,
            $(
                /// Whether this kind is offered.
                pub $kind: Optional<Method>,
            )*
            /// The platform.
            pub platform: Hidden<Option<String>>,
        }

        /// What `POST /v1/payment_method_configurations` takes, and the same below it.
        #[derive(Debug, Wire)]
        pub(super) struct Params {
            pub(super) active: Option<bool>,
            pub(super) name: Option<String>,
            pub(super) parent: Option<String>,
            $($kind: Option<MethodParams>,)*
        }

        impl PaymentMethodConfiguration {
            /// One in which every kind is wanted as `want` says.
            pub(super) fn wanting(id: String, want: impl Fn(&str) -> Preference) -> Self {
                let method = |kind: &str| Optional(Some(Method { available: false, display_preference: want(kind) }));
                PaymentMethodConfiguration {
                    id,
                    object: PaymentMethodConfiguration::NAME.into(),
                    active: true,
                    application: None,
                    is_default: false,
                    livemode: false,
                    name: String::new(),
                    parent: None,
                    $($kind: method(stringify!($kind)),)*
                    platform: Hidden(None),
                }
            }
            /// Every kind with its name.
            pub(super) fn each(&mut self) -> impl Iterator<Item = (&'static str, &mut Method)> {
                let all = [$((stringify!($kind), &mut self.$kind)),*];
                all.into_iter().filter_map(|(name, it)| Some((name, it.0.as_mut()?)))
            }
            /// What is said of a kind.
            pub(super) fn method(&self, name: &str) -> Option<&Method> {
                let all = [$((stringify!($kind), &self.$kind)),*];
                all.into_iter().find(|(kind, _)| *kind == name)?.1.0.as_ref()
            }
        }

        impl Params {
            /// What was said of a kind.
            pub(super) fn want(&self, name: &str) -> Option<Want> {
                let all = [$((stringify!($kind), &self.$kind)),*];
                all.into_iter().find(|(kind, _)| *kind == name)?.1.as_ref()?.want()
            }
        }
    };
}

kinds! {
    acss_debit, affirm, afterpay_clearpay, alipay, alma, amazon_pay, apple_pay, au_becs_debit, bacs_debit, bancontact,
    billie, bizum, blik, boleto, card, cartes_bancaires, cashapp, crypto, customer_balance, eps, fpx, giropay,
    google_pay, grabpay, ideal, jcb, kakao_pay, klarna, konbini, kr_card, link, mb_way, mobilepay, multibanco,
    naver_pay, nz_bank_account, oxxo, p24, pay_by_bank, payco, paynow, paypal, paypay, payto, pix, promptpay,
    revolut_pay, samsung_pay, satispay, scalapay, sepa_debit, sequra, sofort, sunbit, swish, twint, upi,
    us_bank_account, wechat_pay, zip,
}
