//! The dashboard of one account: what is to do, what it has, its keys.

use api::Stop;
use base::Caller;
use oauth::applications;
use wire::Node;

use super::keys;
use super::people::Account;
use super::platform::card;
use super::reply::{Answer, page, see_other};
use super::visit::{Notice, Visit};
use crate::choices;
use crate::views::{Account as AccountPage, AccountDetails, BalanceLine, BankLine, Home, Todo};

/// Where the account form of an account stands.
pub(crate) const ACTIVATE: &str = "/dashboard/account/activate";
/// The most connections that are counted for the home page.
const COUNT_MAX: usize = 1_000;

/// `GET /dashboard`.
pub(crate) async fn home(visit: &mut Visit<'_>) -> Answer {
    let person = visit.person()?;
    let account = person.current();
    let live = account.charges_enabled;
    let authorized = applications::authorized(visit.api, &person.user).await?;
    let authorized_count = authorized.iter().filter(|it| it.account == account.id).count() as u64;
    let application = applications::of(visit.api, &account.id).await?;
    let mut connected_count = 0;
    if application.is_some() {
        for live in [true, false] {
            let found = applications::connected(visit.api, &account.id, live, None, COUNT_MAX).await?;
            connected_count += found.len() as u64;
        }
    }
    let mut balance = balance(visit, &account.id, live).await?;
    // Before it takes live payments an account has nothing but test money, and a new one has neither.
    let mut livemode = live;
    if balance.is_empty() && live {
        let test = self::balance(visit, &account.id, false).await?;
        if !test.is_empty() {
            (balance, livemode) = (test, false);
        }
    }
    let todo = todo(account);
    let view = Home {
        chrome: visit.chrome(),
        todo,
        livemode,
        balance,
        authorized_count,
        connected_count,
        application: application.map(|pair| card(&pair.development)),
    };
    page(200, &view, None)
}

fn todo(account: &Account) -> Vec<Todo> {
    if account.details_submitted {
        return Vec::new();
    }
    vec![Todo {
        title: "Activate your account".to_owned(),
        text: "Test payments work already. Live payments and payouts need your details and a bank account."
            .to_owned(),
        url: ACTIVATE.to_owned(),
    }]
}

/// `POST /dashboard/switch`.
pub(crate) fn switch(visit: &mut Visit<'_>) -> Answer {
    let account = visit.fields.text("account").to_owned();
    if visit.person()?.account(&account).is_some() {
        visit.look_at(&account);
    } else {
        visit.tell(Notice::NOT_YOURS);
    }
    see_other("/dashboard")
}

/// `GET /dashboard/account`; with `new_key` after one was made.
pub(crate) async fn account(visit: &mut Visit<'_>, new_key: Option<String>) -> Answer {
    let account = visit.person()?.current();
    let mut balances = balance(visit, &account.id, true).await?;
    balances.extend(balance(visit, &account.id, false).await?);
    let view = AccountPage {
        keys: keys::list(visit.api, &account.id).await?,
        account: details(account),
        balances,
        new_key,
        chrome: visit.chrome(),
    };
    page(200, &view, None)
}

fn details(account: &Account) -> AccountDetails {
    AccountDetails {
        id: account.id.clone(),
        business_name: account.business_profile.name.clone(),
        url: account.business_profile.url.clone(),
        email: account.email.clone(),
        country: choices::country_name(&account.country).unwrap_or(&account.country).to_owned(),
        statement_descriptor: account.settings.payments.statement_descriptor.clone(),
        bank: account.bank().map(|bank| BankLine {
            name: bank.bank_name.clone().unwrap_or_else(|| "Bank account".to_owned()),
            last4: bank.last4.clone(),
            currency: bank.currency.as_str().to_owned(),
        }),
        charges_enabled: account.charges_enabled,
        payouts_enabled: account.payouts_enabled,
    }
}

/// `POST /dashboard/account/keys/roll`: the page that follows is the only one that ever shows the new key.
pub(crate) async fn roll_key(visit: &mut Visit<'_>) -> Answer {
    let id = visit.fields.text("key").to_owned();
    let holder = visit.person()?.current().id.clone();
    match keys::roll(visit.api, &holder, &id).await? {
        Some(text) => account(visit, Some(text)).await,
        None => {
            visit.tell(Notice::NO_KEY);
            see_other("/dashboard/account")
        }
    }
}

/// The balance of an account in one mode, a line for each currency, as the API tells it.
pub(crate) async fn balance(visit: &Visit<'_>, account: &str, live: bool) -> Result<Vec<BalanceLine>, Stop> {
    let caller = Caller { request: visit.request.clone(), ..Caller::session(account, live) };
    let body = visit.api.call_as(&caller, "GET", "/v1/balance", Node::Map(Vec::new())).await?;
    let told = Node::parse(&body).map_err(|error| api::fault(error.to_string()))?;
    let mut lines: Vec<BalanceLine> = Vec::new();
    for part in ["available", "pending"] {
        let Some(Node::List(held)) = told.get(part) else { continue };
        for it in held {
            let currency = it.get("currency").and_then(Node::as_str).unwrap_or_default();
            let amount = it.get("amount").and_then(Node::as_i64).unwrap_or_default();
            let at = lines.iter().position(|line| line.currency == currency).unwrap_or_else(|| {
                let currency = currency.to_owned();
                lines.push(BalanceLine { currency, livemode: live, available: 0, pending: 0 });
                lines.len() - 1
            });
            let line = &mut lines[at];
            *(if part == "available" { &mut line.available } else { &mut line.pending }) += amount;
        }
    }
    // An account that never had money is told as nothing in its own currency.
    lines.retain(|line| line.available != 0 || line.pending != 0);
    Ok(lines)
}
