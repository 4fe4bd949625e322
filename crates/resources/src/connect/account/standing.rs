//! Where an account stands that a platform controls: what is wanted of it, whether it may take payments, whether it
//! is paid out. A plain function of what is known of it ([`assess`]); nothing here asks anybody.
//!
//! What is complete is looked at (`checks`); what cannot be known at once is looked at a moment later, as due work.
//! An account that once could do something keeps it until the deadline of what comes to be wanted later.
mod wants;

pub(crate) use wants::of_country;

use super::{Account, CapabilityStatus, Complaint, PersonRequirements, Requirements, checks};
use crate::connect::person::Status;
use base::Timestamp;
use checks::{BusinessAddress, Finding};
use wants::{Level, Want};
use wire::Wire;

/// What others decided about an account, and how far it was looked at.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Standing {
    /// The platform that controls it.
    pub platform: String,
    /// The mode that it was created in.
    pub livemode: bool,
    /// Whether a page was opened to it where it gives its details itself.
    pub linked: bool,
    /// Whether it is deleted. What lies under it remains.
    pub deleted: bool,
    /// Why it was refused: `rejected.…`.
    pub rejected: Option<String>,
    /// Whether it is paid out although it was refused.
    pub pays_on: Option<bool>,
    /// Why it is stopped for now: `under_review`, `platform_paused`, `listed` or `other`.
    pub paused: Option<String>,
    /// Whether it was stopped taking payments until it has given what is wanted.
    pub charges_blocked: bool,
    /// Whether it was stopped being paid out until it has given what is wanted.
    pub payouts_blocked: bool,
    /// How many times more was asked of it: first of what is due eventually, then a document.
    pub stage: i64,
    /// Whether it ever was in order.
    pub was_active: bool,
    /// Until when it may go on although something is due.
    pub deadline: Option<Timestamp>,
    /// What its tax id said.
    pub tax_id: Option<String>,
    /// Whether somebody has looked at its company.
    pub looked: bool,
}

/// How long an account that is in order may go on after more is wanted, in seconds.
const GRACE: i64 = 14 * Timestamp::DAY;

/// What follows from what is known.
#[derive(Debug)]
pub(crate) struct Assessment {
    /// For the account.
    pub(crate) account: Requirements,
    /// For each capability that is wanted, or was once.
    pub(crate) capabilities: Vec<(&'static str, CapabilityStatus, Requirements)>,
    /// For each person, by id.
    pub(crate) persons: Vec<(String, Status, PersonRequirements)>,
    /// Whether it takes payments.
    pub(crate) charges: bool,
    /// Whether it is paid out.
    pub(crate) payouts: bool,
}

impl Account {
    /// Where the account stands; of an account that controls itself nothing is known.
    pub(crate) fn standing_of(&self) -> Standing {
        self.standing.0.clone().unwrap_or_default()
    }
    /// Whether it was created in live mode.
    pub(crate) fn is_live(&self) -> bool {
        self.standing.0.as_ref().is_some_and(|it| it.livemode)
    }
    /// The capabilities that are wanted.
    pub(crate) fn requested(&self) -> impl Iterator<Item = &'static str> {
        self.wanted.0.iter().filter(|it| it.requested).filter_map(|it| super::capability_named(&it.name))
    }
}

/// What was found out, of everything that was looked at.
struct Found {
    /// Codes with the requirements they are about.
    wrong: Vec<(&'static str, String)>,
    /// What is being looked at: an account-wide name, and of whom.
    pending: Vec<String>,
    listed: bool,
    persons: Vec<(String, Status)>,
}

/// Looks at everybody who is complete and was not looked at yet, as far as the outcome is known at once; with `all`
/// at the rest, too. Whether somebody is left to be looked at.
pub(super) fn look(account: &mut Account, all: bool) -> bool {
    let live = account.is_live();
    let mut left = false;
    let complete = complete(account);
    for at in 0..account.members.0.len() {
        let member = &account.members.0[at];
        if member.looked || !complete.contains(&member.shown.id) {
            continue;
        }
        let finding = checks::person(member, live);
        let now = all || matches!(finding, Finding::AtOnce);
        account.members.0[at].looked = now;
        left |= !now;
    }
    let standing = account.standing_of();
    if !standing.looked && account.company.0.is_some() && company_complete(account) {
        let now =
            all || matches!(checks::company(account, standing.tax_id.as_deref(), live), Finding::AtOnce);
        if let Some(standing) = &mut account.standing.0 {
            standing.looked = now;
        }
        left |= !now;
    }
    left
}

/// The persons of whom everything is known that is wanted now.
fn complete(account: &Account) -> Vec<String> {
    let wants = wants::of(account, level(account));
    let lacks =
        |id: &str| wants.iter().any(|want| want.person.as_deref() == Some(id) && want.missing && want.now);
    account.members.0.iter().map(|it| it.shown.id.clone()).filter(|id| !lacks(id)).collect()
}

fn company_complete(account: &Account) -> bool {
    let wants = wants::of(account, level(account));
    !wants.iter().any(|want| want.missing && want.now && want.of_company)
}

/// The most that any of the account's capabilities wants.
fn level(account: &Account) -> Level {
    let levels = account.requested().map(Level::of);
    levels.max().unwrap_or(Level::Recipient)
}

fn found(account: &Account) -> Found {
    let live = account.is_live();
    let standing = account.standing_of();
    let mut found = Found { wrong: Vec::new(), pending: Vec::new(), listed: false, persons: Vec::new() };
    let complete = complete(account);
    for member in &account.members.0 {
        let id = &member.shown.id;
        let prefix = wants::prefix(account, member);
        let status = if !member.looked && !complete.contains(id) {
            Status::Unverified
        } else if !member.looked {
            let what = if member.shown.verification.document.front.is_some() {
                "verification.document"
            } else if member.shown.id_number_provided {
                "id_number"
            } else if member.shown.ssn_last_4_provided {
                "ssn_last_4"
            } else {
                "dob.day"
            };
            found.pending.push(format!("{prefix}.{what}"));
            Status::Pending
        } else {
            match checks::person(member, live) {
                Finding::True | Finding::AtOnce => Status::Verified,
                Finding::Listed => {
                    found.listed = true;
                    Status::Unverified
                }
                Finding::False(codes) => {
                    found
                        .wrong
                        .extend(codes.into_iter().map(|(code, field)| (code, format!("{prefix}.{field}"))));
                    Status::Unverified
                }
            }
        };
        found.persons.push((id.clone(), status));
    }
    if account.company.0.is_some() && company_complete(account) {
        if !standing.looked {
            found.pending.push("company.tax_id".into());
        } else if let Finding::False(codes) = checks::company(account, standing.tax_id.as_deref(), live) {
            found.wrong.extend(codes.into_iter().map(|(code, field)| (code, field.to_owned())));
        }
    }
    if !live {
        found.wrong.extend(checks::profile(account));
        if checks::business_address(account) != BusinessAddress::Known {
            found.wrong.push(("verification_failed_address_match", "company.address.line1".into()));
        }
    }
    found
}

/// Everything that follows from what is known of an account at this time.
pub(crate) fn assess(account: &Account, now: Timestamp) -> Assessment {
    let standing = account.standing_of();
    let found = found(account);
    let over = standing.deadline.is_some_and(|deadline| deadline <= now);
    let grace = standing.was_active && !over;
    let stopped = standing
        .rejected
        .clone()
        .or_else(|| found.listed.then(|| "listed".to_owned()))
        .or_else(|| standing.paused.clone());
    let address = if account.is_live() { BusinessAddress::Known } else { checks::business_address(account) };
    let blocked = standing.charges_blocked || standing.payouts_blocked;

    let mut capabilities = Vec::new();
    for wanted in &account.wanted.0 {
        let Some(name) = super::capability_named(&wanted.name) else { continue };
        if !wanted.requested {
            capabilities.push((name, CapabilityStatus::Unrequested, Requirements::default()));
            continue;
        }
        let wants = wants::of(account, Level::of(name));
        let mut it = lists(&wants, &found, &standing, grace && !blocked);
        // What is wrong with an address stops payouts before it stops payments.
        let stops = it
            .currently_due
            .iter()
            .any(|due| due != "company.address.line1" || address == BusinessAddress::NoLine1Match);
        let status = if stopped.is_some() {
            it.disabled_reason = Some(capability_reason(stopped.as_deref()).into());
            CapabilityStatus::Inactive
        } else if stops && !grace {
            it.disabled_reason = Some("requirements.fields_needed".into());
            CapabilityStatus::Inactive
        } else if !it.pending_verification.is_empty() && !standing.was_active {
            it.disabled_reason = Some("pending.review".into());
            CapabilityStatus::Pending
        } else {
            CapabilityStatus::Active
        };
        capabilities.push((name, status, it));
    }

    let wants = wants::of(account, level(account));
    let mut whole = lists(&wants, &found, &standing, grace && !blocked);
    // Whoever wants to take payments takes none before that is active; who does not is charged for by its platform.
    let takes = level(account);
    let at_least = |least: Level| {
        let active = |name: &str, status| Level::of(name) >= least && status == CapabilityStatus::Active;
        capabilities.iter().any(|(name, status, _)| active(name, *status))
    };
    let active = at_least(Level::Recipient);
    let charges = at_least(takes) && !standing.charges_blocked;
    let payouts = match standing.pays_on {
        // What it would be paid had nobody refused it.
        Some(true) => {
            let mut kept = account.clone();
            if let Some(standing) = &mut kept.standing.0 {
                (standing.rejected, standing.pays_on) = (None, None);
            }
            assess(&kept, now).payouts
        }
        _ => {
            active
                && !standing.payouts_blocked
                && address == BusinessAddress::Known
                && !account.externals().is_empty()
        }
    };
    whole.disabled_reason = stopped.or_else(|| {
        if charges && payouts {
            None
        } else if !whole.past_due.is_empty() {
            Some("requirements.past_due".into())
        } else if !whole.pending_verification.is_empty() {
            Some("requirements.pending_verification".into())
        } else if account.requested().next().is_none() {
            Some("action_required.requested_capabilities".into())
        } else {
            None
        }
    });
    let persons = account.members.0.iter().map(|member| {
        let id = member.shown.id.clone();
        let prefix = format!("{}.", wants::prefix(account, member));
        let own = |all: &[String]| -> Vec<String> {
            all.iter().filter_map(|it| it.strip_prefix(&prefix)).map(str::to_owned).collect()
        };
        let errors = whole.errors.iter().filter_map(|it| {
            Some(Complaint { requirement: it.requirement.strip_prefix(&prefix)?.to_owned(), ..it.clone() })
        });
        let it = PersonRequirements {
            alternatives: Vec::new(),
            currently_due: own(&whole.currently_due),
            errors: errors.collect(),
            eventually_due: own(&whole.eventually_due),
            past_due: own(&whole.past_due),
            pending_verification: own(&whole.pending_verification),
        };
        let status = found.persons.iter().find(|(of, _)| *of == id).map_or(Status::Unverified, |(_, it)| *it);
        (id, status, it)
    });
    let persons = persons.collect();
    Assessment { account: whole, capabilities, persons, charges, payouts }
}

/// The word of a capability for why its account is stopped.
fn capability_reason(stopped: Option<&str>) -> &'static str {
    match stopped {
        Some(reason) if reason.starts_with("rejected.") => "rejected.other",
        Some("platform_paused") => "platform_paused",
        Some("under_review" | "listed") => "pending.review",
        _ => "other",
    }
}

fn lists(wants: &[Want], found: &Found, standing: &Standing, grace: bool) -> Requirements {
    let mut it = Requirements::default();
    for want in wants.iter().filter(|want| want.missing) {
        if want.now {
            it.currently_due.push(want.field.clone());
        }
        it.eventually_due.push(want.field.clone());
    }
    for (code, requirement) in &found.wrong {
        it.errors.push(Complaint::of(code, requirement));
        it.currently_due.push(requirement.clone());
        it.eventually_due.push(requirement.clone());
    }
    it.pending_verification.clone_from(&found.pending);
    for list in [&mut it.currently_due, &mut it.eventually_due, &mut it.pending_verification] {
        list.sort();
        list.dedup();
    }
    // What is looked at need not be given again.
    it.eventually_due.retain(|due| !it.pending_verification.contains(due));
    it.currently_due.retain(|due| !it.pending_verification.contains(due));
    if grace {
        it.current_deadline = standing.deadline.filter(|_| !it.currently_due.is_empty());
    } else {
        it.past_due.clone_from(&it.currently_due);
    }
    let url = "business_profile.url";
    if it.eventually_due.iter().any(|due| due == url) && !it.errors.iter().any(|it| it.requirement == url) {
        it.alternatives.push(super::Alternative {
            alternative_fields_due: vec!["business_profile.product_description".into()],
            original_fields_due: vec![url.into()],
        });
    }
    it
}

/// Writes down in the account what follows from what is known of it.
pub(super) fn apply(account: &mut Account, now: Timestamp) {
    let mut it = assess(account, now);
    let in_order =
        it.charges && it.account.currently_due.is_empty() && it.account.pending_verification.is_empty();
    if let Some(standing) = &mut account.standing.0 {
        standing.was_active |= in_order;
        if in_order || standing.rejected.is_some() {
            standing.deadline = None;
        } else if standing.was_active && !it.account.currently_due.is_empty() && standing.deadline.is_none() {
            standing.deadline = Some(now.plus(GRACE));
            it.account.current_deadline = it.account.current_deadline.or(standing.deadline);
        }
        // What was wanted has come.
        if (standing.charges_blocked || standing.payouts_blocked)
            && it.account.currently_due.is_empty()
            && it.account.pending_verification.is_empty()
        {
            (standing.charges_blocked, standing.payouts_blocked) = (false, false);
            it = assess(account, now);
        }
    }
    let shown = it.capabilities.iter().map(|(name, status, _)| {
        let unwanted = *status == CapabilityStatus::Unrequested;
        (*name, if unwanted { CapabilityStatus::Inactive } else { *status })
    });
    account.capabilities = super::Capabilities(shown.collect());
    (account.charges_enabled, account.payouts_enabled) = (it.charges, it.payouts);
    // Whoever collects what is required says when all of it is there; a form says it when it is handed in.
    if account.controller.platform_collects() && it.account.currently_due.is_empty() {
        account.details_submitted = true;
    }
    for (id, status, requirements) in it.persons {
        if let Some(member) = account.members.0.iter_mut().find(|member| member.shown.id == id) {
            let verification = &mut member.shown.verification;
            let wrong = requirements.errors.iter().find(|it| it.requirement.starts_with("verification"));
            verification.status = status;
            verification.details = wrong.or(requirements.errors.first()).map(|it| it.reason.clone());
            verification.details_code = requirements.errors.first().map(|it| match it.code.as_str() {
                "verification_document_failed_test_mode" => "document_failed_test_mode".into(),
                "verification_failed_id_number_match" => "failed_keyed_identity".to_owned(),
                code => code.trim_start_matches("verification_").to_owned(),
            });
            member.shown.requirements = Some(requirements);
        }
    }
    account.requirements = it.account;
    let individual = account.business_type == Some(super::BusinessType::Individual);
    let person = account.members.0.iter().find(|it| it.shown.relationship.representative == Some(true));
    account.individual.0 = person.filter(|_| individual).map(|it| it.shown.clone());
}
