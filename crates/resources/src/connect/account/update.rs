//! `POST /v1/accounts/{id}`: an account changes what it says of itself, and so does the platform that controls it; any
//! other platform may only label it.
use super::capabilities::CapabilityParams;
use super::company::CompanyParams;
use super::external::{self, ExternalParam};
use super::names::BY_INVITATION;
use super::papers::AccountPapers;
use super::settings::{ProfilePatch, SettingsPatch, apply_profile, apply_settings, check_email};
use super::*;
use crate::connect::person::{Member, PersonParams};
use base::MetadataPatch;
use wire::Patch;

/// What it takes.
#[derive(Debug, Default, Wire)]
pub(super) struct Update {
    pub(super) account_token: Option<String>,
    pub(super) business_profile: Optional<ProfilePatch>,
    pub(super) business_type: Patch<BusinessType>,
    pub(super) capabilities: CapabilityParams,
    pub(super) company: Option<CompanyParams>,
    pub(super) default_currency: Option<Currency>,
    pub(super) documents: Option<AccountPapers>,
    pub(super) email: Patch<String>,
    pub(super) external_account: Option<ExternalParam>,
    pub(super) groups: Option<GroupsParams>,
    pub(super) individual: Option<PersonParams>,
    pub(super) metadata: MetadataPatch,
    pub(super) settings: Optional<SettingsPatch>,
    pub(super) tos_acceptance: Option<TosParams>,
}

#[derive(Debug, Wire)]
pub(super) struct GroupsParams {
    payments_pricing: Patch<String>,
}

#[derive(Debug, Wire)]
pub(super) struct TosParams {
    date: Option<Timestamp>,
    ip: Patch<String>,
    service_agreement: Option<ServiceAgreement>,
    user_agent: Patch<String>,
}

impl TosParams {
    /// The terms were shown and accepted where a token was made.
    pub(super) fn accepted(date: Timestamp, ip: Option<String>, user_agent: Option<String>) -> Self {
        let set = |text: Option<String>| text.map_or(Patch::Keep, Patch::Set);
        TosParams { date: Some(date), ip: set(ip), service_agreement: None, user_agent: set(user_agent) }
    }
}

pub(super) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Account> {
    let before = named(cx, "id").await?;
    p.admit(cx, &before)?;
    p.beyond_plain()?;
    let mut account = before.clone();
    if let Some(id) = &p.account_token {
        token::redeem(cx, id, &mut account, false).await?;
    }
    p.apply(cx, &mut account).await?;
    let account = save(cx, &before, account)?;
    done(shown(cx, account))
}

impl Update {
    /// Whether the caller may change all that was sent. Errors: the first parameter that they may not set.
    fn admit(&self, cx: &Cx<'_>, account: &Account) -> Result<(), Stop> {
        let identity = [
            (self.account_token.is_some(), "account_token"),
            (self.business_type != Patch::Keep, "business_type"),
            (self.company.is_some(), "company"),
            (self.documents.is_some(), "documents"),
            (self.external_account.is_some(), "external_account"),
            (self.individual.is_some(), "individual"),
            (self.tos_acceptance.is_some(), "tos_acceptance"),
        ];
        let rest = [
            (self.business_profile.0.is_some(), "business_profile"),
            (!self.capabilities.0.is_empty(), "capabilities"),
            (self.default_currency.is_some(), "default_currency"),
            (self.email != Patch::Keep, "email"),
            (self.groups.is_some(), "groups"),
            (self.settings.0.is_some(), "settings"),
        ];
        let itself = account.id == cx.caller.account && !cx.caller.is_connect();
        for (_, param) in rest.into_iter().filter(|(sent, _)| *sent) {
            if !itself && !controls(cx, account) {
                return Err(no_permission(account, param));
            }
        }
        for (_, param) in identity.into_iter().filter(|(sent, _)| *sent) {
            may_edit(cx, account, param)?;
        }
        // An account that controls itself is asked for its details by a form, and for nothing by capabilities.
        if account.standing.0.is_none() {
            let sent =
                identity.iter().filter(|(_, param)| *param != "business_type").chain([&rest[1], &rest[4]]);
            if let Some((_, param)) = sent.copied().find(|(sent, _)| *sent) {
                let message = format!(
                    "The parameter '{param}' can be set for accounts that a platform controls. This account gives its details in its dashboard."
                );
                return Err(ApiError::invalid(400, message).param(param).into());
            }
        }
        Ok(())
    }

    /// Errors: what is said in tokens alone.
    pub(super) fn beyond_plain(&self) -> Result<(), Stop> {
        Ok(self.company.as_ref().map_or(Ok(()), CompanyParams::beyond_plain)?)
    }

    /// The files that were named.
    fn named(&self) -> Vec<NamedFile> {
        let mut all = Vec::new();
        all.extend(self.settings.0.iter().flat_map(SettingsPatch::named));
        all.extend(self.company.iter().flat_map(CompanyParams::named));
        all.extend(self.individual.iter().flat_map(|it| it.named("individual")));
        all.extend(self.documents.iter().flat_map(AccountPapers::named));
        all
    }

    /// Applies what was sent. Errors: what cannot be kept.
    pub(super) async fn apply(self, cx: &mut Cx<'_>, account: &mut Account) -> Result<(), Stop> {
        if let Some(params) = &self.individual {
            params.beyond_individual("individual")?;
        }
        look_at_files(cx, account, self.named()).await?;
        let (now, live) = (cx.now(), account.is_live());
        if let Some(patch) = self.business_profile.0 {
            apply_profile(patch, &mut account.business_profile)?;
        }
        self.business_type.apply(&mut account.business_type);
        account.default_currency = self.default_currency.unwrap_or(account.default_currency);
        if let Patch::Set(text) = &self.email {
            check_email("email", text)?;
        }
        self.email.apply(&mut account.email);
        self.metadata.apply(&mut account.metadata)?;
        if let Some(patch) = self.settings.0 {
            apply_settings(patch, now, &mut account.settings)?;
        }
        if let Some(groups) = self.groups {
            groups.payments_pricing.apply(&mut account.groups.0.get_or_insert_default().payments_pricing);
        }
        if let Some(tos) = self.tos_acceptance {
            accept(tos, now, &mut account.tos_acceptance)?;
        }
        request(account, &self.capabilities.0, now)?;
        if let Some(params) = self.company {
            company(account, params, now, live)?;
        }
        if let Some(params) = self.individual {
            individual(cx, account, params).await?;
        }
        if let Some(param) = self.external_account {
            external::replace(cx, account, param).await?;
        }
        if let Some(papers) = self.documents {
            papers.apply(account)?;
            if let Some(files) = papers.of_bank() {
                external::show_papers(account, files);
            }
            if let Some(standing) = &mut account.standing.0 {
                standing.looked = false;
            }
        }
        Ok(())
    }
}

/// Takes in that terms were accepted. Errors: at no possible time, or from nowhere.
fn accept(tos: TosParams, now: Timestamp, to: &mut TosAcceptance) -> Result<(), ApiError> {
    if let Some(date) = tos.date {
        past("tos_acceptance[date]", date, now)?;
        to.date = Some(date);
    }
    ip("tos_acceptance[ip]", &tos.ip)?;
    tos.ip.apply(&mut to.ip);
    text("tos_acceptance[user_agent]", tos.user_agent, &mut to.user_agent)?;
    if let Some(agreement) = tos.service_agreement {
        if to.date.is_some() && to.service_agreement.0.is_some_and(|it| it != agreement) {
            let message = "The service agreement cannot be changed after it was accepted.";
            return Err(ApiError::invalid(400, message).param("tos_acceptance[service_agreement]"));
        }
        to.service_agreement.0 = Some(agreement);
    }
    Ok(())
}

/// Takes in which capabilities are wanted. Errors: one that the platform itself is not admitted to; one that the
/// agreement of the account rules out.
pub(crate) fn request(
    account: &mut Account,
    wanted: &[(&'static str, bool)],
    now: Timestamp,
) -> Result<(), ApiError> {
    let recipient = account.tos_acceptance.service_agreement.0 == Some(ServiceAgreement::Recipient);
    for (name, requested) in wanted.iter().copied() {
        let param = format!("capabilities[{name}]");
        if requested && BY_INVITATION.contains(&name) {
            let message = format!(
                "Your platform needs approval for accounts to have requested the `{name}` capability."
            );
            return Err(ApiError::invalid(400, message).param(param));
        }
        if requested && recipient && !RECEIVING.contains(&name) {
            let message = format!(
                "You cannot request the `{name}` capability for accounts under the recipient service agreement."
            );
            return Err(ApiError::invalid(400, message).param(param));
        }
        if !requested && account.controller.dashboard() == DashboardType::Full && name == "transfers" {
            let message = "You cannot unrequest `transfers` for accounts with access to the full dashboard.";
            return Err(ApiError::invalid(400, message).param(param));
        }
        let at = requested.then_some(now);
        match account.wanted.0.iter_mut().find(|it| it.name == name) {
            Some(known) if known.requested == requested => {}
            Some(known) => (known.requested, known.requested_at) = (requested, at.or(known.requested_at)),
            None if requested => {
                account.wanted.0.push(Wanted { name: name.to_owned(), requested, requested_at: at });
                account.wanted.0.sort_by(|a, b| a.name.cmp(&b.name));
            }
            None => {}
        }
    }
    Ok(())
}

fn company(account: &mut Account, params: CompanyParams, now: Timestamp, live: bool) -> Result<(), ApiError> {
    let company = account.company.0.get_or_insert_default();
    let identity = |it: &Company| (it.name.clone(), it.address.clone(), it.verification.clone());
    let was = identity(company);
    let told = params.apply(now, company)?;
    let changed = was != identity(company) || told.tax_id.is_some();
    if let Some(standing) = &mut account.standing.0 {
        if let Some(number) = &told.tax_id {
            standing.tax_id = (!number.is_empty()).then(|| checks::tax_id(number, live).to_owned());
        }
        standing.looked &= !changed;
    }
    Ok(())
}

/// Takes in what is said of the one person who is the business.
async fn individual(cx: &mut Cx<'_>, account: &mut Account, params: PersonParams) -> Result<(), Stop> {
    if account.business_type.is_some_and(|it| it != BusinessType::Individual) {
        let message = "The parameter 'individual' is for accounts with business_type=individual. Use the Persons API for the persons behind a company.";
        return Err(ApiError::invalid(400, message).param("individual").into());
    }
    let represents = |it: &Member| it.shown.relationship.representative == Some(true);
    if !account.members.0.iter().any(represents) {
        let mut member = Member::new(cx, &account.id);
        member.shown.relationship.representative = Some(true);
        account.members.0.push(member);
    }
    let (now, numbers) = (cx.now(), params.numbers(cx, "individual", account.is_live()).await?);
    if let Some(member) = account.members.0.iter_mut().find(|it| represents(it)) {
        params.apply("individual", now, numbers, member)?;
    }
    Ok(())
}
