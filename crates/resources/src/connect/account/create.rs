//! `POST /v1/accounts`: a platform opens an account that it controls.
use super::capabilities::CapabilityParams;
use super::company::CompanyParams;
use super::controller::ControllerParams;
use super::external::ExternalParam;
use super::papers::AccountPapers;
use super::settings::{ProfilePatch, SettingsPatch};
use super::update::{GroupsParams, TosParams, Update};
use super::*;
use crate::connect::{application::AUTHORIZED, country_spec, person::PersonParams};
use base::{MetadataPatch, Scope};
use wire::Patch;

/// What it takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    account_token: Option<String>,
    business_profile: Optional<ProfilePatch>,
    business_type: Option<BusinessType>,
    capabilities: CapabilityParams,
    company: Option<CompanyParams>,
    controller: Option<ControllerParams>,
    country: Option<String>,
    default_currency: Option<Currency>,
    documents: Option<AccountPapers>,
    email: Option<String>,
    external_account: Option<ExternalParam>,
    groups: Option<GroupsParams>,
    individual: Option<PersonParams>,
    metadata: MetadataPatch,
    settings: Optional<SettingsPatch>,
    tos_acceptance: Option<TosParams>,
    r#type: Option<Type>,
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Account> {
    if cx.caller.is_connect() {
        let message = "You cannot create accounts on behalf of a connected account.";
        return Err(ApiError::invalid(403, message).into());
    }
    let of = Application::of(&cx.caller.account, cx.caller.livemode);
    let Some(application) = cx.find::<Application>("application_of", &of).await? else {
        let message = "You can only create new accounts if you've signed up for Connect, which you can learn how to do at https://stripe.com/docs/connect.";
        return Err(ApiError::invalid(400, message).into());
    };
    let (controller, kind) = match (p.controller, p.r#type) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: type, controller.";
            let error = ApiError::invalid(400, message).code("parameters_exclusive");
            return Err(error.param("controller").into());
        }
        (Some(params), None) => (params.controller()?, "none"),
        (None, Some(kind)) => (Controller::of(kind), kind.as_str()),
        (None, None) => (Controller::of(Type::Standard), Type::Standard.as_str()),
    };
    let platform = cx.peek::<Account>(&cx.caller.account).await?;
    let platform_country = platform.as_ref().map(|it| it.country.clone());
    let country = match p.country {
        Some(code) => code.to_ascii_uppercase(),
        None => platform.as_ref().map_or("US".to_owned(), |it| it.country.clone()),
    };
    let Some(currency) = country_spec::currency_of(&country) else {
        if !form::is_country(&country) {
            return Err(unknown_country("country", &country).into());
        }
        let message = format!("{country} is not currently supported by Stripe.");
        return Err(ApiError::invalid(400, message).code("country_unsupported").param("country").into());
    };
    let mut account = Account::blank(&cx.new_id::<Account>(), &country);
    account.created = cx.now();
    account.default_currency = currency;
    account.r#type = kind.into();
    // Whoever bears losses decides whether banks are debited for them.
    account.settings.payouts.debit_negative_balances = !controller.platform_collects();
    account.settings.payouts.schedule.delay_days = i64::from(money::Delay::usual(&country).days());
    account.version = Hidden(platform.map_or(Version::TODAY, |it| it.version.0));
    account.standing = Hidden(Some(Standing {
        platform: cx.caller.account.clone(),
        livemode: cx.caller.livemode,
        ..Standing::default()
    }));
    let mut capabilities = p.capabilities;
    if controller.dashboard() == DashboardType::Full && capabilities.0.is_empty() {
        capabilities.0 = vec![("card_payments", true), ("transfers", true)];
    }
    account.controller = controller;
    let blank = account.clone();
    let said = Update {
        business_profile: p.business_profile,
        business_type: p.business_type.map_or(Patch::Keep, Patch::Set),
        capabilities,
        company: p.company,
        default_currency: p.default_currency,
        documents: p.documents,
        email: p.email.map_or(Patch::Keep, Patch::Set),
        external_account: p.external_account,
        groups: p.groups,
        individual: p.individual,
        metadata: p.metadata,
        settings: p.settings,
        tos_acceptance: p.tos_acceptance,
        account_token: None,
    };
    said.beyond_plain()?;
    match &p.account_token {
        Some(id) => token::redeem(cx, id, &mut account, true).await?,
        None if account.controller.platform_collects() && platform_country.as_deref() == Some("FR") => {
            let message = "Connect platforms based in FR must create accounts via account tokens. See https://stripe.com/docs/connect/account-tokens for more information.";
            return Err(ApiError::invalid(400, message).param("account_token").into());
        }
        None => {}
    }
    said.apply(cx, &mut account).await?;
    account.settings.dashboard.display_name.clone_from(&account.business_profile.name);
    connect(cx, &application, &account.id, Scope::ReadWrite).await?;
    let account = save(cx, &blank, account)?;
    done(shown(cx, account))
}

/// Connects an account to an application, or widens what it allows. The application hears of it.
pub async fn connect(
    cx: &mut Cx<'_>,
    application: &Application,
    account: &str,
    scope: Scope,
) -> Result<Connection, Stop> {
    let Application { id: client_id, livemode, platform, .. } = application;
    let live = livemode.0;
    let kept = cx.get_of::<Connection>(account, live, client_id).await?;
    let mirror = cx.get_of::<Connected>(&platform.0, live, account).await?;
    let mut connection = kept.unwrap_or_else(|| Connection {
        id: client_id.clone(),
        object: Connection::NAME.into(),
        platform: platform.0.clone(),
        account: account.to_owned(),
        livemode: live,
        scope,
        created: cx.now(),
        generation: cx.token(12),
        rolled: 0,
        publishable_test: None,
        publishable_live: None,
    });
    // Who allowed more before has not taken it back by allowing less now.
    connection.scope = connection.scope.max(scope);
    let mirror = Connected {
        id: account.to_owned(),
        object: Connected::NAME.into(),
        application: client_id.clone(),
        scope: connection.scope,
        created: mirror.map_or(connection.created, |it| it.created),
    };
    cx.put_of(account, live, &connection);
    cx.put_of(&platform.0, live, &mirror);
    cx.fact(api::Fact {
        account: account.to_owned(),
        live,
        kind: AUTHORIZED,
        object: json(application.clone()),
        previous: None,
        only: Some(client_id.clone()),
    });
    Ok(connection)
}
