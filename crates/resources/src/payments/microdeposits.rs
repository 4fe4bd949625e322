//! Two small deposits by which a payer proves that a bank account is theirs: what the test network says to what they
//! tell of them, and what they are asked for. Intents of both kinds do the rest.
use crate::payments::{
    charge::means::Means,
    payment_intent::{
        next_action::{DepositType, NextAction, VerifyWithMicrodeposits},
        options::Verification,
    },
    payment_method::MethodType,
};
use acquirer::simulator::banks::{self, Debit};
use api::{Cx, Stop};
use base::{ApiError, Timestamp};
use money::Delay;
use wire::{Optional, Wire};

/// Deposits that a payer is to tell of.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Deposits {
    /// How often something wrong was told.
    pub wrong: i64,
    /// When it is too late, or when they turn out not to have come.
    pub ends: Timestamp,
    /// They will not come.
    pub fail: bool,
}

/// How long the payer has, in days.
const DAYS: i64 = 10;
/// So often something wrong may be told.
const WRONG_MAX: i64 = 10;

/// What `verify_microdeposits` of an intent takes.
#[derive(Debug, Wire)]
pub(crate) struct Verify {
    amounts: Vec<i64>,
    pub(crate) client_secret: Option<String>,
    descriptor_code: Option<String>,
}

impl Verify {
    /// What the payer saw. Errors: see [`Seen::new`].
    pub(crate) fn seen(self) -> Result<Seen, ApiError> {
        Seen::new(self.amounts, self.descriptor_code)
    }
}

/// What the payer saw on their statement, as sent.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Two amounts, in cents.
    Amounts([i64; 2]),
    /// The code beside a deposit.
    Code(String),
}

/// What becomes of it.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The account is the payer's.
    Right,
    /// It was wrong; they may try again.
    Wrong(ApiError),
    /// It was wrong too often, or too late.
    Over(ApiError),
}

fn refused(what: &str, message: &str) -> ApiError {
    ApiError::invalid(400, message).code(&format!("payment_method_microdeposit_{what}"))
}

fn exceeded() -> ApiError {
    refused(
        "verification_attempts_exceeded",
        "You have exceeded the number of allowed verification attempts.",
    )
}

fn too_late() -> ApiError {
    let message = "The deposits were not verified in the time allowed. Confirm again with a payment method.";
    refused("verification_timeout", message)
}

impl Seen {
    /// From what was sent. Errors: not one of both; not two amounts of a deposit.
    pub(crate) fn new(amounts: Vec<i64>, code: Option<String>) -> Result<Self, ApiError> {
        let invalid = || {
            let message = "Send the amounts of the two deposits in cents, each from 1 to 99.";
            refused("verification_amounts_invalid", message).param("amounts")
        };
        match (amounts.as_slice(), code) {
            ([], None) => {
                let message =
                    "You must provide either amounts or descriptor_code to verify the microdeposits.";
                Err(ApiError::invalid(400, message).code("parameter_missing").param("amounts"))
            }
            ([], Some(code)) => Ok(Seen::Code(code.trim().to_ascii_uppercase())),
            (_, Some(_)) => {
                let message = "You may only specify one of these parameters: amounts, descriptor_code.";
                Err(ApiError::invalid(400, message).code("parameters_exclusive").param("descriptor_code"))
            }
            (&[one, other], None) if (1..100).contains(&one) && (1..100).contains(&other) => {
                Ok(Seen::Amounts([one.min(other), one.max(other)]))
            }
            _ => Err(invalid()),
        }
    }
    /// What the test network says to it, where something wrong was told `wrong` times before.
    pub(crate) fn judge(&self, wrong: i64) -> Verdict {
        match self {
            Seen::Amounts([32, 45]) => Verdict::Right,
            Seen::Code(code) if code == "SM11AA" => Verdict::Right,
            Seen::Amounts([10, 11]) => Verdict::Over(exceeded()),
            Seen::Code(code) if code == "SM33CC" => Verdict::Over(exceeded()),
            Seen::Amounts([40, 41]) => Verdict::Over(too_late()),
            Seen::Code(code) if code == "SM44DD" => Verdict::Over(too_late()),
            _ if wrong + 1 >= WRONG_MAX => Verdict::Over(exceeded()),
            Seen::Amounts(_) => {
                let message =
                    "The amounts provided do not match the amounts that were sent to the bank account.";
                Verdict::Wrong(refused("verification_amounts_mismatch", message).param("amounts"))
            }
            Seen::Code(_) => {
                let message =
                    "The descriptor code provided does not match the one that was sent to the bank account.";
                Verdict::Wrong(
                    refused("verification_descriptor_code_mismatch", message).param("descriptor_code"),
                )
            }
        }
    }
}

/// Whether a payer has to tell of deposits before `means` is used. Errors: they would have to sign in at their bank.
pub(crate) fn are_wanted(cx: &Cx<'_>, means: &Means, how: Option<Verification>) -> Result<bool, ApiError> {
    let Means::Method { method, .. } = means else { return Ok(false) };
    if cx.caller.livemode || method.r#type != MethodType::UsBankAccount {
        return Ok(false);
    }
    match (method.verified.0.0, how) {
        (Some(true), _) => Ok(false),
        (Some(false), Some(Verification::Instant)) => {
            let message = "This bank account was typed, so it cannot be verified instantly. Send payment_method_options[us_bank_account][verification_method]=automatic or microdeposits.";
            Err(ApiError::invalid(400, message)
                .code("intent_verification_method_missing")
                .param("payment_method_options[us_bank_account][verification_method]"))
        }
        (Some(false), _) => Ok(true),
        // The documented names stand for accounts that were verified instantly.
        (None, how) => Ok(how == Some(Verification::Microdeposits)),
    }
}

/// Sends the deposits; what names them, them, and what the payer has to do.
pub(crate) fn send(cx: &Cx<'_>, means: &Means, intent: &str) -> Result<(String, Deposits, NextAction), Stop> {
    let fail = match means {
        Means::Method { method, .. } => {
            let number = method.open(cx, &cx.caller.account)?;
            let routing = method.us_bank_account.0.as_ref().and_then(|it| it.routing_number.as_deref());
            let listed = banks::find(routing.unwrap_or_default(), number.reveal());
            listed.is_some_and(|it| it.debit == Debit::MicrodepositsFail)
        }
        Means::Source(_) => false,
    };
    let ends = if fail { cx.now() } else { cx.now().plus(DAYS * Timestamp::DAY) };
    let secret = cx.token(24);
    let action = NextAction {
        display_bank_transfer_instructions: Optional(None),
        redirect_to_url: Optional(None),
        r#type: "verify_with_microdeposits".into(),
        use_stripe_sdk: Optional(None),
        verify_with_microdeposits: Optional(Some(VerifyWithMicrodeposits {
            arrival_date: money::available_on(cx.now(), Delay::BusinessDays(2)),
            hosted_verification_url: format!(
                "{}/challenges/{}/{intent}/{secret}",
                cx.world.origin, cx.caller.account
            ),
            microdeposit_type: Some(DepositType::DescriptorCode),
        })),
    };
    Ok((secret, Deposits { wrong: 0, ends, fail }, action))
}

impl Deposits {
    /// Why they are over, where they are by this time.
    pub(crate) fn over(&self, now: Timestamp) -> Option<ApiError> {
        if now < self.ends {
            return None;
        }
        let message = "The deposits could not be made. Check the account and routing numbers.";
        Some(if self.fail { refused("failed", message) } else { too_late() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Seen, Verdict};

    fn judged(amounts: &[i64], code: Option<&str>, wrong: i64) -> String {
        let seen = match Seen::new(amounts.to_vec(), code.map(str::to_owned)) {
            Ok(seen) => seen,
            Err(error) => return format!("refused {}", error.code.unwrap_or_default()),
        };
        match seen.judge(wrong) {
            Verdict::Right => "right".into(),
            Verdict::Wrong(error) => format!("wrong {}", error.code.unwrap_or_default()),
            Verdict::Over(error) => format!("over {}", error.code.unwrap_or_default()),
        }
    }

    #[test]
    fn the_documented_values() {
        const ALL: &str = "payment_method_microdeposit_verification_";
        for (amounts, code, wrong, said) in [
            (&[32, 45][..], None, 0, "right".to_owned()),
            (&[45, 32], None, 9, "right".into()),
            (&[], Some("SM11AA"), 0, "right".into()),
            (&[], Some(" sm11aa"), 0, "right".into()),
            (&[10, 11], None, 0, format!("over {ALL}attempts_exceeded")),
            (&[], Some("SM33CC"), 0, format!("over {ALL}attempts_exceeded")),
            (&[40, 41], None, 0, format!("over {ALL}timeout")),
            (&[], Some("SM44DD"), 0, format!("over {ALL}timeout")),
            (&[1, 2], None, 8, format!("wrong {ALL}amounts_mismatch")),
            (&[1, 2], None, 9, format!("over {ALL}attempts_exceeded")),
            (&[], Some("SM99ZZ"), 0, format!("wrong {ALL}descriptor_code_mismatch")),
            (&[0, 45], None, 0, format!("refused {ALL}amounts_invalid")),
            (&[32, 100], None, 0, format!("refused {ALL}amounts_invalid")),
            (&[32], None, 0, format!("refused {ALL}amounts_invalid")),
            (&[32, 45, 1], None, 0, format!("refused {ALL}amounts_invalid")),
            (&[], None, 0, "refused parameter_missing".into()),
            (&[32, 45], Some("SM11AA"), 0, "refused parameters_exclusive".into()),
        ] {
            assert_eq!(judged(amounts, code, wrong), said, "{amounts:?} {code:?} {wrong}");
        }
    }
}
