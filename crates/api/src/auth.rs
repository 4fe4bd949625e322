//! From a key to a caller: Basic and Bearer, the `key` parameter of browsers, `Stripe-Account`, scopes.
use crate::{
    Endpoint, ForCustomer, Stop, World,
    access::{Application, Connection, Credential},
    cx::parse,
};
use base::{ApiError, Caller, Named as _, Scope, Version, Via};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use std::sync::Arc;
use store::Key;
use wire::Node;

/// Refusals for lack of rights are 403 from this version on, 401 before (API changelog 2016-10-19).
const FORBIDDEN: Version = Version::of("2016-10-19");

/// The text of the key that a request shows, from its headers or its parameters.
pub fn shown_key(headers: &HeaderMap, params: &mut Node<'static>) -> Result<Option<String>, ApiError> {
    let in_params = params.take("key").and_then(|node| node.as_str().map(str::to_owned));
    let Some(header) = headers.get(http::header::AUTHORIZATION) else { return Ok(in_params) };
    let text = header.to_str().map_err(|_| unreadable())?;
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let key = if scheme.eq_ignore_ascii_case("bearer") {
        rest.trim().to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let decoded = STANDARD.decode(rest.trim()).map_err(|_| unreadable())?;
        let pair = String::from_utf8(decoded).map_err(|_| unreadable())?;
        pair.split_once(':').map_or(pair.clone(), |(user, _)| user.to_owned())
    } else {
        return Err(unreadable());
    };
    Ok(Some(key).filter(|key| !key.is_empty()).or(in_params))
}

fn unreadable() -> ApiError {
    ApiError::invalid(
        401,
        "Invalid Authorization header. Send your API key as 'Authorization: Bearer YOUR_SECRET_KEY', or as the user name of HTTP Basic authentication.",
    )
}

fn unauthenticated() -> ApiError {
    ApiError::invalid(
        401,
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
    )
}

/// The credential behind a key; `None` where nobody issued it.
pub async fn credential(world: &World, key: &str) -> Result<Option<Credential>, Stop> {
    let held = world.peek::<Credential>(&Key::house(Credential::NAME, vault::digest(key))).await?;
    Ok(held.map(Arc::unwrap_or_clone))
}

/// Who calls: resolves the key and the version. Beside the caller, the connected account that the request names,
/// which [`for_account`] resolves.
pub(crate) async fn caller(
    world: &World,
    headers: &HeaderMap,
    params: &mut Node<'static>,
    request: String,
) -> Result<(Caller, Option<String>), Stop> {
    let key = shown_key(headers, params)?.ok_or_else(unauthenticated)?;
    let invalid =
        || ApiError::invalid(401, format!("Invalid API Key provided: {}", crate::access::redact(&key)));
    let held = credential(world, &key).await?.ok_or_else(invalid)?;
    if held.ends.is_some_and(|at| at <= world.clock.now()) {
        let message = format!("Expired API Key provided: {}", held.shown);
        return Err(ApiError::invalid(401, message).code("api_key_expired").into());
    }
    let mut asked = match header(headers, "stripe-version")? {
        Some(label) => Some(Version::parse(label).ok_or_else(|| {
            let shown: String = label.chars().take(40).collect();
            ApiError::invalid(400, format!("Invalid Stripe API version: {shown}"))
        })?),
        None => None,
    };
    let mut named = header(headers, "stripe-account")?.map(str::to_owned);
    if named.is_none() {
        named = context(header(headers, "stripe-context")?, &held.account)?;
    }
    if held.via() == Via::PublishableKey {
        let mut text = |name: &str| params.take(name).and_then(|node| node.as_str().map(str::to_owned));
        asked = asked.or(text("_stripe_version").as_deref().and_then(Version::parse));
        named = named.or(text("_stripe_account"));
        for telemetry in TELEMETRY {
            params.take(telemetry);
        }
    }
    if held.via() == Via::EphemeralKey && asked.is_none() {
        let message = "When authenticating with an ephemeral key, you must set the Stripe-Version header to a valid API version.";
        return Err(ApiError::invalid(400, message).into());
    }
    let caller = Caller {
        names_version: asked.is_some(),
        customer: held.customer.clone(),
        via: held.via(),
        account: held.account,
        livemode: held.livemode,
        platform: held.platform,
        application: held.application,
        scope: held.scope,
        permissions: held.permissions,
        version: asked.unwrap_or_else(|| unnamed(headers, held.version)),
        shown_key: held.shown,
        request,
        idempotency_key: None,
        client: None,
        user_agent: headers.get(http::header::USER_AGENT).and_then(agent),
    };
    let named = named.filter(|named| *named != caller.account);
    Ok((caller, named))
}

/// The longest name of a program that is kept, in bytes.
const AGENT_MAX: usize = 500;

fn agent(value: &http::HeaderValue) -> Option<String> {
    value.to_str().ok().filter(|text| text.len() <= AGENT_MAX).map(str::to_owned)
}

/// The version of the fixtures that the official command line carries.
const FIXTURES: Version = Version::of("2020-08-27");

/// The version of a caller that names none: that of the account. The official command line never names one, and its
/// triggers send what later versions dropped, so it gets that of its fixtures where the account's is later.
fn unnamed(headers: &HeaderMap, of_account: Version) -> Version {
    let agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    if agent.is_some_and(|agent| agent.contains("stripe-cli/")) {
        of_account.min(FIXTURES)
    } else {
        of_account
    }
}

/// What the browser library says about the page; of no use here.
const TELEMETRY: [&str; 10] = [
    "payment_user_agent",
    "guid",
    "muid",
    "sid",
    "referrer",
    "time_on_page",
    "pasted_fields",
    "_accept_language",
    "client_attribution_metadata",
    "is_stripe_sdk",
];

/// The account that a `Stripe-Context` leads to, from the one whose key is shown: `acct_…`, or a path that begins there.
fn context(context: Option<&str>, from: &str) -> Result<Option<String>, ApiError> {
    let Some(context) = context else { return Ok(None) };
    let path = context.strip_prefix(from).map_or(context, |rest| rest.strip_prefix('/').unwrap_or(rest));
    if path.contains('/') {
        let message = "Invalid Stripe-Context header: name the connected account to act for, as acct_….";
        return Err(ApiError::invalid(400, message));
    }
    Ok(Some(path.to_owned()).filter(|path| !path.is_empty()))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ApiError> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::invalid(400, format!("Invalid {name} header.")))?.trim();
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The caller acting for a connected account.
pub(crate) async fn for_account(world: &World, mut caller: Caller, named: String) -> Result<Caller, Stop> {
    if caller.via == Via::EphemeralKey {
        return Err(beyond(&caller).into());
    }
    if caller.is_connect() {
        let message = "You cannot access the connected accounts of your platform's connected accounts.";
        return Err(ApiError::invalid(403, message).code("account_invalid").into());
    }
    let (application, scope) = connection(world, &caller, &named).await?;
    caller.platform = Some(std::mem::replace(&mut caller.account, named));
    caller.application = Some(application);
    caller.scope = scope;
    Ok(caller)
}

/// The connection through which a platform acts for an account.
async fn connection(world: &World, caller: &Caller, named: &str) -> Result<(String, Scope), Stop> {
    let no_access = || {
        ApiError::invalid(
            403,
            format!(
                "The provided key '{}' does not have access to account '{}' (or that account does not exist). Application access may have been revoked.",
                caller.shown_key,
                named.chars().take(255).collect::<String>()
            ),
        )
        .code("account_invalid")
    };
    let mut is_platform = false;
    // A test key may use what either client id connected, a live key only what the production client id did.
    for live in if caller.livemode { &[true][..] } else { &[false, true][..] } {
        let of = Application::of(&caller.account, *live);
        let Some(doc) = world.store.find("application_of", &of).await? else { continue };
        let application: Application = parse(&doc)?;
        is_platform = true;
        if named.contains('/') {
            continue;
        }
        let key = Key::new(named, *live, "connection", &application.id);
        if let Some(doc) = world.store.get(&key).await? {
            let connection: Connection = parse(&doc)?;
            return Ok((application.id, connection.scope));
        }
    }
    if is_platform {
        return Err(no_access().into());
    }
    let message = "Only Stripe Connect platforms can work with other accounts. If you specified a client_id parameter, make sure it's correct. If you need to setup a Stripe Connect platform, you can do so on the Applications page of your dashboard.";
    Err(ApiError::invalid(403, message).code("platform_account_required").into())
}

/// The refusal of what an ephemeral key does not open.
fn beyond(caller: &Caller) -> ApiError {
    let message = format!(
        "The provided key '{}' does not have the required permissions for this endpoint on account '{}'. Having more permissions would allow this request to continue.",
        caller.shown_key, caller.account
    );
    let status = if caller.version.has(FORBIDDEN) { 403 } else { 401 };
    ApiError::invalid(status, message).code("more_permissions_required")
}

/// Whether what an ephemeral key asks for is its customer's. Errors: it is not, or is not for customers to say.
pub(crate) fn own(
    endpoint: &Endpoint,
    caller: &Caller,
    parts: &[(String, String)],
    params: &Node<'_>,
) -> Result<(), ApiError> {
    let Some(customer) = &caller.customer else { return Ok(()) };
    let ForCustomer { named, params: open } = endpoint.for_customer.ok_or_else(|| beyond(caller))?;
    let part = parts.iter().find(|(name, _)| name == named).map(|(_, value)| value.as_str());
    let theirs = named.is_empty() || part.or_else(|| params.get(named)?.as_str()) == Some(customer);
    let sent = if let Node::Map(entries) = params { &entries[..] } else { &[] };
    let says = open.is_empty() || sent.iter().all(|(name, _)| open.contains(&name.as_ref()));
    if theirs && says { Ok(()) } else { Err(beyond(caller)) }
}

/// Whether the caller may use an endpoint.
pub(crate) fn admit(endpoint: &Endpoint, caller: &Caller) -> Result<(), ApiError> {
    let refused = |status: u16| if caller.version.has(FORBIDDEN) { status } else { 401 };
    if caller.via == Via::EphemeralKey {
        return if endpoint.for_customer.is_some() { Ok(()) } else { Err(beyond(caller)) };
    }
    if !endpoint.admits.admits(caller.via) {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.";
        return Err(ApiError::invalid(refused(403), message).code("secret_key_required"));
    }
    if caller.scope == Scope::ReadOnly && endpoint.writes() && caller.via != Via::PublishableKey {
        let message = format!(
            "This application does not have the required permissions for this endpoint on account '{}'. Having the 'read_write' scope would allow this request to continue.",
            caller.account
        );
        return Err(
            ApiError::invalid(refused(403), message).code("more_permissions_required_for_application")
        );
    }
    if caller.via == Via::RestrictedKey {
        let write = format!("{}_write", endpoint.permission);
        let read = format!("{}_read", endpoint.permission);
        let has = |wanted: &str| caller.permissions.iter().any(|p| p == wanted || p == "*");
        if !has(&write) && (endpoint.writes() || !has(&read)) {
            let wanted = if endpoint.writes() { write } else { read };
            let message = format!(
                "The provided key '{}' does not have the required permissions for this endpoint on account '{}'. Having the 'rak_{wanted}' permission would allow this request to continue.",
                caller.shown_key, caller.account
            );
            return Err(ApiError::invalid(refused(403), message).code("more_permissions_required"));
        }
    }
    Ok(())
}
