//! What an account can say to a dispute, and until when.
use super::Dispute;
use crate::{
    address::Address,
    files::file::{self, File, Purpose},
};
use api::{Cx, Stop};
use base::{ApiError, Ref, Timestamp};
use wire::{Bad, Optional, Patch, Wire};

/// The longest text of one field, in characters.
const TEXT_MAX: usize = 20_000;
/// The longest evidence in all, in characters.
const ALL_MAX: usize = 150_000;

/// Makes the evidence as it is kept and as it is sent from one list of its texts and files.
macro_rules! evidence {
    (texts { $(#[doc = $doc:tt] $text:ident,)* } files { $(#[doc = $fdoc:tt] $file:ident,)* }) => {
        /// What an account said to a dispute.
        #[derive(Debug, Clone, Default, PartialEq, Wire)]
        pub struct Evidence {
            $(#[doc = $doc] pub $text: Option<String>,)*
            $(#[doc = $fdoc] pub $file: Option<Ref<File>>,)*
            /// Why the decision of the first stage is not accepted.
            pub appeal: Option<Appeal>,
            /// What the networks' programmes ask for.
            pub enhanced_evidence: EnhancedEvidence,
        }

        /// Evidence as it is sent: each text and file set, unset or left as it is.
        #[derive(Debug, Wire)]
        pub struct EvidencePatch {
            $($text: Patch<String>,)*
            $($file: Patch<String>,)*
            appeal: Patch<AppealPatch>,
            enhanced_evidence: Patch<EnhancedPatch>,
        }

        impl Evidence {
            /// The texts with their names.
            fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$((stringify!($text), self.$text.as_deref())),*]
                    .into_iter()
                    .filter_map(|(name, text)| Some((name, text?)))
            }
        }

        impl EvidencePatch {
            /// Looks whether there are the files that were sent. Errors: there is none, or it is for something else.
            pub(super) async fn look(&self, cx: &mut Cx<'_>) -> Result<(), Stop> {
                $(if let Patch::Set(id) = &self.$file {
                    let param = concat!("evidence[", stringify!($file), "]");
                    file::named(cx, param, id, None, purposes(stringify!($file))).await?;
                })*
                if let Patch::Set(appeal) = &self.appeal {
                    appeal.look(cx).await?;
                }
                Ok(())
            }
            /// Applies what was sent. Errors: a text, or all together, is too long.
            pub fn apply(self, to: &mut Evidence) -> Result<(), ApiError> {
                $(self.$text.apply(&mut to.$text);)*
                $(match self.$file {
                    Patch::Keep => {}
                    Patch::Clear => to.$file = None,
                    Patch::Set(id) => to.$file = Some(Ref::to(id)),
                })*
                match self.appeal {
                    Patch::Keep => {}
                    Patch::Clear => to.appeal = None,
                    Patch::Set(patch) => patch.apply(to.appeal.get_or_insert_default())?,
                }
                match self.enhanced_evidence {
                    Patch::Keep => {}
                    Patch::Clear => to.enhanced_evidence = EnhancedEvidence::default(),
                    Patch::Set(patch) => patch.apply(&mut to.enhanced_evidence),
                }
                to.check()
            }
        }
    };
}

evidence! {
    texts {
        /// When and from where the customer used what was bought.
        access_activity_log,
        /// The billing address.
        billing_address,
        /// How the customer was told of the cancellation policy.
        cancellation_policy_disclosure,
        /// Why the subscription was not canceled.
        cancellation_rebuttal,
        /// The customer's address for mail.
        customer_email_address,
        /// The customer's name.
        customer_name,
        /// From which IP address it was bought.
        customer_purchase_ip,
        /// Why the charge is no duplicate.
        duplicate_charge_explanation,
        /// The charge that it is taken for a duplicate of.
        duplicate_charge_id,
        /// What was sold.
        product_description,
        /// How the customer was told of the refund policy.
        refund_policy_disclosure,
        /// Why nothing is refunded.
        refund_refusal_explanation,
        /// When the service was given.
        service_date,
        /// Where it was sent.
        shipping_address,
        /// By whom it was sent.
        shipping_carrier,
        /// When it was sent.
        shipping_date,
        /// The number of the parcel.
        shipping_tracking_number,
        /// Anything else.
        uncategorized_text,
    }
    files {
        /// The cancellation policy.
        cancellation_policy,
        /// What was written with the customer.
        customer_communication,
        /// The customer's signature.
        customer_signature,
        /// The receipt of the other charge.
        duplicate_charge_documentation,
        /// The receipt.
        receipt,
        /// The refund policy.
        refund_policy,
        /// Proof of the service.
        service_documentation,
        /// Proof of the delivery.
        shipping_documentation,
        /// Anything else.
        uncategorized_file,
    }
}

/// What a file must have been uploaded for.
fn purposes(name: &str) -> &'static [Purpose] {
    match name {
        "customer_signature" => &[Purpose::DisputeEvidence, Purpose::CustomerSignature],
        _ => &[Purpose::DisputeEvidence],
    }
}

/// Why the decision of the first stage is not accepted.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Appeal {
    /// Of a dispute about a card.
    pub card: Optional<CardAppeal>,
}

/// Why the decision about a card is not accepted.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CardAppeal {
    /// In the account's words.
    pub reason_for_filing: Optional<String>,
    /// What proves it.
    pub supporting_files: Optional<Vec<String>>,
}

/// An appeal as it is sent.
#[derive(Debug, Wire)]
struct AppealPatch {
    card: Patch<CardAppealPatch>,
}

#[derive(Debug, Wire)]
struct CardAppealPatch {
    reason_for_filing: Patch<String>,
    supporting_files: Patch<Vec<String>>,
}

impl AppealPatch {
    /// Looks whether there are the files that were sent. Errors: there is none, or it is for something else.
    async fn look(&self, cx: &mut Cx<'_>) -> Result<(), Stop> {
        let Patch::Set(CardAppealPatch { supporting_files: Patch::Set(files), .. }) = &self.card else {
            return Ok(());
        };
        for id in files {
            file::named(cx, "evidence[appeal][card][supporting_files]", id, None, purposes("")).await?;
        }
        Ok(())
    }
    /// Applies what was sent. Errors: the reason is too long.
    fn apply(self, to: &mut Appeal) -> Result<(), ApiError> {
        match self.card {
            Patch::Keep => Ok(()),
            Patch::Clear => {
                to.card.0 = None;
                Ok(())
            }
            Patch::Set(patch) => {
                let card = to.card.0.get_or_insert_default();
                patch.reason_for_filing.apply(&mut card.reason_for_filing.0);
                patch.supporting_files.apply(&mut card.supporting_files.0);
                let why = card.reason_for_filing.0.as_deref().unwrap_or_default();
                if why.chars().count() <= TEXT_MAX {
                    return Ok(());
                }
                let message = format!("The reason must be at most {TEXT_MAX} characters long.");
                Err(ApiError::invalid(400, message).param("evidence[appeal][card][reason_for_filing]"))
            }
        }
    }
}

/// What the networks' programmes ask for.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct EnhancedEvidence {
    /// A compliance case of Mastercard.
    pub mastercard_compliance: Optional<Acknowledged>,
    /// Earlier charges of the same customer that nobody objected to.
    pub visa_compelling_evidence_3: Optional<CompellingEvidence>,
    /// A compliance case of Visa.
    pub visa_compliance: Optional<Acknowledged>,
}

/// Whether the account knows that the network's fee is lost with the case.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct Acknowledged {
    /// It does.
    pub fee_acknowledged: bool,
}

/// Visa's compelling evidence 3.0.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CompellingEvidence {
    /// The disputed charge.
    pub disputed_transaction: Option<DisputedTransaction>,
    /// The earlier ones.
    pub prior_undisputed_transactions: Vec<PriorTransaction>,
}

/// What was bought with the disputed charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct DisputedTransaction {
    /// The customer's name of the account.
    pub customer_account_id: Option<String>,
    /// The device, by its fingerprint.
    pub customer_device_fingerprint: Option<String>,
    /// The device.
    pub customer_device_id: Option<String>,
    /// The customer's address for mail.
    pub customer_email_address: Option<String>,
    /// From which IP address it was bought.
    pub customer_purchase_ip: Option<String>,
    /// What kind of thing it was.
    pub merchandise_or_services: Option<Sold>,
    /// What it was.
    pub product_description: Option<String>,
    /// Where it was sent.
    pub shipping_address: Option<Address>,
}

/// An earlier charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PriorTransaction {
    /// The charge.
    pub charge: String,
    /// The customer's name of the account.
    pub customer_account_id: Option<String>,
    /// The device, by its fingerprint.
    pub customer_device_fingerprint: Option<String>,
    /// The device.
    pub customer_device_id: Option<String>,
    /// The customer's address for mail.
    pub customer_email_address: Option<String>,
    /// From which IP address it was bought.
    pub customer_purchase_ip: Option<String>,
    /// What it was.
    pub product_description: Option<String>,
    /// Where it was sent.
    pub shipping_address: Option<Address>,
}

/// What kind of thing was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Sold {
    /// A thing.
    Merchandise,
    /// A service.
    Services,
}

/// Evidence of the programmes as it is sent.
#[derive(Debug, Wire)]
pub(super) struct EnhancedPatch {
    mastercard_compliance: Option<AcknowledgedPatch>,
    visa_compelling_evidence_3: Option<CompellingPatch>,
    visa_compliance: Option<AcknowledgedPatch>,
}

/// The acknowledgement as it is sent.
#[derive(Debug, Wire)]
pub(super) struct AcknowledgedPatch {
    fee_acknowledged: Option<bool>,
}

/// Compelling evidence as it is sent: a member replaces what was kept of it.
#[derive(Debug, Wire)]
pub(super) struct CompellingPatch {
    disputed_transaction: Option<DisputedTransaction>,
    prior_undisputed_transactions: Vec<PriorTransaction>,
}

impl EnhancedPatch {
    fn apply(self, to: &mut EnhancedEvidence) {
        let acknowledge = |patch: Option<AcknowledgedPatch>, slot: &mut Optional<Acknowledged>| {
            if let Some(fee_acknowledged) = patch.and_then(|patch| patch.fee_acknowledged) {
                slot.0 = Some(Acknowledged { fee_acknowledged });
            }
        };
        acknowledge(self.mastercard_compliance, &mut to.mastercard_compliance);
        acknowledge(self.visa_compliance, &mut to.visa_compliance);
        if let Some(patch) = self.visa_compelling_evidence_3 {
            let kept = to.visa_compelling_evidence_3.0.get_or_insert_default();
            kept.disputed_transaction = patch.disputed_transaction.or(kept.disputed_transaction.take());
            if !patch.prior_undisputed_transactions.is_empty() {
                kept.prior_undisputed_transactions = patch.prior_undisputed_transactions;
            }
        }
    }
}

impl Evidence {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Evidence::default()
    }

    fn check(&self) -> Result<(), ApiError> {
        let mut all = 0;
        for (name, text) in self.texts() {
            let long = text.chars().count();
            all += long;
            if long > TEXT_MAX {
                let message = format!("The evidence {name} must be at most {TEXT_MAX} characters long.");
                return Err(ApiError::invalid(400, message).param(format!("evidence[{name}]")));
            }
        }
        if all > ALL_MAX {
            let message =
                format!("The texts of the evidence can have {ALL_MAX} characters in all; these have {all}.");
            return Err(ApiError::invalid(400, message).param("evidence"));
        }
        let earlier = self.enhanced_evidence.visa_compelling_evidence_3.0.as_ref();
        if earlier.is_some_and(|it| it.prior_undisputed_transactions.len() > PRIOR_MAX) {
            let param =
                "evidence[enhanced_evidence][visa_compelling_evidence_3][prior_undisputed_transactions]";
            let message = format!("Name at most {PRIOR_MAX} earlier charges.");
            return Err(Bad::Invalid { param: param.into(), code: None, message }.into());
        }
        Ok(())
    }
}

/// At most this many earlier charges.
const PRIOR_MAX: usize = 5;

/// Until when and how often evidence can be sent.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EvidenceDetails {
    /// Until when; none where nothing is waited for.
    pub due_by: Option<Timestamp>,
    /// What the networks' programmes still ask for.
    pub enhanced_eligibility: EnhancedEligibility,
    /// Whether there is any.
    pub has_evidence: bool,
    /// Whether it was sent too late, or not at all.
    pub past_due: bool,
    /// How often it was sent.
    pub submission_count: i64,
    /// By whom.
    pub submission_method: SubmittedBy,
}

/// By whom evidence was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum SubmittedBy {
    /// By the account.
    Manual,
    /// By nobody yet.
    NotSubmitted,
}

/// What the networks' programmes still ask for.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct EnhancedEligibility {
    /// A compliance case of Mastercard.
    pub mastercard_compliance: Optional<ComplianceEligibility>,
    /// Compelling evidence 3.0.
    pub visa_compelling_evidence_3: Optional<CompellingEligibility>,
    /// A compliance case of Visa.
    pub visa_compliance: Optional<ComplianceEligibility>,
}

/// How far a compliance case can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct ComplianceEligibility {
    /// Whether its fee was acknowledged.
    pub status: ComplianceStatus,
}

/// Whether the fee of a compliance case was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ComplianceStatus {
    /// It was.
    FeeAcknowledged,
    /// It was not yet.
    RequiresFeeAcknowledgement,
}

/// How far compelling evidence is complete.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CompellingEligibility {
    /// What is missing.
    pub required_actions: Vec<RequiredAction>,
    /// Whether it will do.
    pub status: CompellingStatus,
}

/// Whether compelling evidence will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CompellingStatus {
    /// It will.
    Qualified,
    /// Something is missing.
    RequiresAction,
}

/// What compelling evidence lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
#[expect(clippy::enum_variant_names, reason = "these are the words of the wire")]
pub enum RequiredAction {
    /// Two ways of telling the customer, the same in all charges.
    MissingCustomerIdentifiers,
    /// What was bought.
    MissingDisputedTransactionDescription,
    /// A thing or a service.
    MissingMerchandiseOrServices,
    /// What was bought before.
    MissingPriorUndisputedTransactionDescription,
    /// Two earlier charges.
    MissingPriorUndisputedTransactions,
}

/// Earlier charges that Visa wants.
const PRIOR_MIN: usize = 2;

/// Tells the networks' programmes anew what is missing.
pub(super) fn keep_eligibility(dispute: &mut Dispute) {
    let said = &dispute.evidence.enhanced_evidence;
    let eligibility = &mut dispute.evidence_details.enhanced_eligibility;
    let compliance = |said: &Optional<Acknowledged>, slot: &mut Optional<ComplianceEligibility>| {
        if let Some(it) = &mut slot.0 {
            it.status = match said.0 {
                Some(Acknowledged { fee_acknowledged: true }) => ComplianceStatus::FeeAcknowledged,
                _ => ComplianceStatus::RequiresFeeAcknowledgement,
            };
        }
    };
    compliance(&said.mastercard_compliance, &mut eligibility.mastercard_compliance);
    compliance(&said.visa_compliance, &mut eligibility.visa_compliance);
    if let Some(it) = &mut eligibility.visa_compelling_evidence_3.0 {
        it.required_actions = missing(said.visa_compelling_evidence_3.0.as_ref());
        it.status = match it.required_actions.is_empty() {
            true => CompellingStatus::Qualified,
            false => CompellingStatus::RequiresAction,
        };
    }
}

/// What compelling evidence lacks.
pub(super) fn missing(said: Option<&CompellingEvidence>) -> Vec<RequiredAction> {
    let nothing = CompellingEvidence::default();
    let said = said.unwrap_or(&nothing);
    let (now, prior) = (said.disputed_transaction.as_ref(), &said.prior_undisputed_transactions);
    let mut out = Vec::new();
    let same = |of: fn(&DisputedTransaction) -> &Option<String>,
                then: fn(&PriorTransaction) -> &Option<String>| {
        now.is_some_and(|now| of(now).is_some() && prior.iter().all(|it| then(it) == of(now)))
    };
    let alike = [
        same(|it| &it.customer_account_id, |it| &it.customer_account_id),
        same(|it| &it.customer_device_fingerprint, |it| &it.customer_device_fingerprint),
        same(|it| &it.customer_device_id, |it| &it.customer_device_id),
        same(|it| &it.customer_email_address, |it| &it.customer_email_address),
        same(|it| &it.customer_purchase_ip, |it| &it.customer_purchase_ip),
    ];
    if alike.into_iter().filter(|same| *same).count() < 2 {
        out.push(RequiredAction::MissingCustomerIdentifiers);
    }
    if now.is_none_or(|it| it.product_description.is_none()) {
        out.push(RequiredAction::MissingDisputedTransactionDescription);
    }
    if now.is_none_or(|it| it.merchandise_or_services.is_none()) {
        out.push(RequiredAction::MissingMerchandiseOrServices);
    }
    if prior.iter().any(|it| it.product_description.is_none()) {
        out.push(RequiredAction::MissingPriorUndisputedTransactionDescription);
    }
    if prior.len() < PRIOR_MIN {
        out.push(RequiredAction::MissingPriorUndisputedTransactions);
    }
    out
}

/// Refuses to send what the network would not take.
pub(super) fn must_be_sendable(dispute: &Dispute) -> Result<(), ApiError> {
    let details = &dispute.evidence_details;
    if !details.has_evidence {
        let message =
            "There is no evidence on this dispute that could be submitted. Send some as evidence[…].";
        return Err(ApiError::invalid(400, message).param("submit"));
    }
    let eligibility = &details.enhanced_eligibility;
    let cases = [
        ("mastercard_compliance", &eligibility.mastercard_compliance),
        ("visa_compliance", &eligibility.visa_compliance),
    ];
    for (name, case) in cases {
        if case.0.is_some_and(|it| it.status == ComplianceStatus::RequiresFeeAcknowledgement) {
            let param = format!("evidence[enhanced_evidence][{name}][fee_acknowledged]");
            let message = format!("Acknowledge the network's fee for this case: send {param}=true.");
            return Err(ApiError::invalid(400, message).param(param));
        }
    }
    Ok(())
}
