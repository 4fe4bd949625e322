//! What is said of a card for one confirmation alone: nothing of it is kept with the intent.
use super::confirm::Ask;
use crate::payments::{
    charge::{
        details::{AuthenticationFlow, AuthenticationResult, MethodType, ThreeDSecure},
        means::Means,
    },
    token,
};
use acquirer::Presence;
use api::{Cx, Stop};
use base::ApiError;
use wire::Wire;

/// What was said.
#[derive(Debug, Default)]
pub(crate) struct Once {
    /// The token of a security code that was typed again.
    pub(super) cvc_token: Option<String>,
    /// The order came by mail or telephone.
    pub(super) moto: Option<bool>,
    /// How the cardholder was authenticated elsewhere.
    pub(super) three_d_secure: Option<Proof>,
}

/// How the cardholder was authenticated elsewhere, as sent.
#[derive(Debug, Wire)]
pub(super) struct Proof {
    ares_trans_status: Option<TransStatus>,
    cryptogram: String,
    electronic_commerce_indicator: Option<String>,
    exemption_indicator: Option<Exemption>,
    transaction_id: String,
    version: String,
}

/// What the bank's server answered, in the letters of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TransStatus(char);

/// Why the cardholder did not need to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Exemption {
    LowRisk,
    None,
}

impl Wire for TransStatus {
    const SHAPE: wire::Shape = wire::Shape::Choice(&["A", "C", "I", "N", "R", "U", "Y"]);
    fn read(at: &wire::At<'_>, node: Option<&wire::Node<'_>>) -> Result<Self, wire::Bad> {
        const OF: &[&str] = &["A", "C", "I", "N", "R", "U", "Y"];
        let said = String::read(at, node)?;
        match said.chars().next() {
            Some(letter) if OF.contains(&said.as_str()) => Ok(TransStatus(letter)),
            _ => Err(wire::Bad::choice(at, &said, OF)),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, self.0.encode_utf8(&mut [0; 4]));
    }
}

/// Where the parameters stand.
const UNDER: &str = "payment_method_options[card]";
/// The versions of the protocol.
const VERSIONS: &[&str] = &["1.0.2", "2.1.0", "2.2.0", "2.3.0", "2.3.1"];
/// The networks' codes of an outcome.
const INDICATORS: &[&str] = &["01", "02", "05", "06", "07"];

impl Once {
    /// The first parameter that was sent.
    pub(super) fn named(&self) -> Option<String> {
        let sent = [
            ("cvc_token", self.cvc_token.is_some()),
            ("moto", self.moto.is_some()),
            ("three_d_secure", self.three_d_secure.is_some()),
        ];
        sent.iter().find(|(_, sent)| *sent).map(|(name, _)| format!("{UNDER}[{name}]"))
    }
    /// Uses the security code up, where the payment is by card. Errors: there is no such token; what was proved elsewhere
    /// cannot be.
    pub(super) async fn apply(&mut self, cx: &mut Cx<'_>, means: &mut Means) -> Result<(), Stop> {
        if means.kind() != MethodType::Card {
            *self = Once::default();
            return Ok(());
        }
        if let Some(code) = self.cvc_token.take() {
            Box::pin(token::take_cvc(cx, &code, &format!("{UNDER}[cvc_token]"))).await?;
            means.with_cvc();
        }
        if let Some(proof) = &self.three_d_secure {
            proof.check(cx)?;
        }
        Ok(())
    }
    /// What part the cardholder took, where it was said; the intent need not ask then.
    pub(super) fn part(&self) -> Option<(Presence, Option<ThreeDSecure>)> {
        if self.moto == Some(true) {
            // Such an order needs no proof, as one of a card that was set up needs none.
            return Some((Presence::SetUp, None));
        }
        let how = self.three_d_secure.as_ref()?.how();
        let proven = matches!(
            how.result,
            Some(AuthenticationResult::Authenticated | AuthenticationResult::AttemptAcknowledged)
        );
        Some((if proven { Presence::Authenticated } else { Presence::Unproven }, Some(how)))
    }
}

impl Proof {
    fn check(&self, cx: &Cx<'_>) -> Result<(), ApiError> {
        let at = |name: &str| format!("{UNDER}[three_d_secure][{name}]");
        if cx.caller.livemode {
            let message = "What was proved elsewhere cannot be sent on to the acquirer. Let this server authenticate the cardholder.";
            return Err(ApiError::invalid(400, message).param(format!("{UNDER}[three_d_secure]")));
        }
        for (name, text) in [("cryptogram", &self.cryptogram), ("transaction_id", &self.transaction_id)] {
            if text.is_empty() || text.len() > 255 {
                let message = format!("{name} has 1 to 255 characters.");
                return Err(ApiError::invalid(400, message).param(at(name)));
            }
        }
        let indicator = self.electronic_commerce_indicator.as_deref();
        for (name, said, of) in [
            ("version", Some(self.version.as_str()), VERSIONS),
            ("electronic_commerce_indicator", indicator, INDICATORS),
        ] {
            if said.is_some_and(|said| !of.contains(&said)) {
                let message = format!("Invalid {name}: must be one of {}.", of.join(", "));
                return Err(ApiError::invalid(400, message).param(at(name)));
            }
        }
        Ok(())
    }
    fn how(&self) -> ThreeDSecure {
        let letter = self.ares_trans_status.map_or('Y', |it| it.0);
        ThreeDSecure {
            authentication_flow: Some(if letter == 'C' {
                AuthenticationFlow::Challenge
            } else {
                AuthenticationFlow::Frictionless
            }),
            electronic_commerce_indicator: self.electronic_commerce_indicator.clone(),
            exemption_indicator: self.exemption_indicator.map(|it| it.as_str().to_owned()),
            result: Some(match letter {
                'A' => AuthenticationResult::AttemptAcknowledged,
                'C' | 'I' | 'Y' => AuthenticationResult::Authenticated,
                'U' => AuthenticationResult::ProcessingError,
                _ => AuthenticationResult::Failed,
            }),
            result_reason: None,
            transaction_id: Some(self.transaction_id.clone()),
            version: Some(self.version.clone()),
        }
    }
}

impl Ask {
    /// The payer is there, or it does not matter whether they are.
    pub(super) fn part(&self, means: &Means) -> Option<(Presence, Option<ThreeDSecure>)> {
        if self.off_session {
            return Some((if means.is_set_up() { Presence::SetUp } else { Presence::Unproven }, None));
        }
        self.once.part()
    }
}
