//! What a token says of an account: its legal side, typed where it is known, and that the terms were shown and accepted
//! there.
use super::{
    Account, BusinessType,
    company::{Company, CompanyParams},
    update::{TosParams, Update},
};
use crate::{
    connect::person::{PersonParams, place},
    payments::token,
};
use api::{Cx, Stop};
use base::ApiError;
use wire::{Patch, Wire};

/// What `account` of `POST /v1/tokens` takes.
#[derive(Debug, Wire)]
pub(crate) struct TokenParams {
    business_type: Option<BusinessType>,
    company: Option<CompanyParams>,
    individual: Option<PersonParams>,
    tos_shown_and_accepted: Option<bool>,
}

/// The parameter that names the token.
const PARAM: &str = "account_token";

impl TokenParams {
    /// Looks at what was typed without taking it in. Errors: what no account could keep.
    pub(crate) fn check(self, cx: &Cx<'_>) -> Result<(), Stop> {
        if let Some(company) = self.company {
            let within = |mut error: ApiError| {
                error.param = error.param.map(|name| place("account", &name));
                error
            };
            company.apply(cx.now(), &mut Company::default()).map_err(within)?;
        }
        if let Some(individual) = self.individual {
            individual.beyond_individual("account[individual]")?;
            individual.check(cx, "account[individual]")?;
        }
        Ok(())
    }
}

/// Takes in what a token says of an account, and uses the token up. `opens`: the account is being opened, for which
/// the terms must have been accepted. Errors: the token cannot be used; what it says cannot be kept.
pub(super) async fn redeem(
    cx: &mut Cx<'_>,
    id: &str,
    account: &mut Account,
    opens: bool,
) -> Result<(), Stop> {
    let (mut told, origin) = token::take_account(cx, id, PARAM).await?;
    let tos = || TosParams::accepted(origin.date, origin.ip.clone(), origin.user_agent.clone());
    let accepted = told.tos_shown_and_accepted == Some(true);
    if opens && !accepted && account.controller.platform_collects() {
        let message = "The account token must be created with tos_shown_and_accepted=true to create an account with it.";
        return Err(ApiError::invalid(400, message).param(PARAM).into());
    }
    if (told.company.is_some() || told.individual.is_some())
        && told.business_type.is_none()
        && account.business_type.is_none()
    {
        let message = "The `business_type` must be provided when sending either of `individual` or `company` parameters.";
        return Err(ApiError::invalid(400, message).param(PARAM).into());
    }
    if let Some(company) = &mut told.company {
        company.declare(&origin);
    }
    let said = Update {
        business_type: told.business_type.map_or(Patch::Keep, Patch::Set),
        company: told.company,
        individual: told.individual,
        tos_acceptance: accepted.then(tos),
        ..Update::default()
    };
    said.apply(cx, account).await
}
