//! The small dashboard of an account without one of its own: balance, payouts and details, opened by a login link.
use base::Caller;
use resources::connect::account::{External, Interval, PayoutSchedule};
use resources::connect::account_link::{door::Purpose, is_open};
use wire::Node;

use super::overview;
use super::people::{Account, shown_name};
use super::reply::{Answer, page, see_other};
use super::setup::{self, spent};
use super::visit::Visit;
use crate::choices;
use crate::views::{DestinationLine, Express, PayoutLine};

/// Where it is, by account.
pub(crate) const PAGE: &str = "/connect/express/";
/// Payouts that are shown.
const PAYOUTS: &str = "20";

/// Where the dashboard of an account is.
pub(crate) fn path(account: &str) -> String {
    format!("{PAGE}{account}")
}

/// `GET /connect/express/{account}`.
pub(crate) async fn show(visit: &mut Visit<'_>, id: &str) -> Answer {
    let (guest, account, application) = setup::guest(visit, id).await?;
    if guest.purpose != Purpose::Express {
        return Err(spent().into());
    }
    let live = account.modes().contains(&true);
    let view = Express {
        balance: overview::balance(visit, &account.id, live).await?,
        payouts: payouts(visit, &account.id, live).await?,
        chrome: visit.chrome(),
        name: shown_name(&account.id, account.display_name()),
        livemode: live,
        application,
        trouble: trouble(&account).map(str::to_owned),
        wanted: is_open(&account),
        destinations: account.externals().iter().map(destination).collect(),
        email: account.email.clone(),
        country: choices::country_name(&account.country).unwrap_or(&account.country).to_owned(),
        payouts_enabled: account.payouts_enabled,
        schedule: schedule(&account.settings.payouts.schedule, account.payouts_enabled),
        details_url: setup::form_path(&account.id),
        leave_url: format!("{PAGE}{id}/leave"),
        account: account.id,
    };
    page(200, &view, None)
}

/// `POST /connect/express/{account}/leave`.
pub(crate) fn leave(visit: &mut Visit<'_>) -> Answer {
    visit.let_out();
    see_other("/")
}

fn trouble(account: &Account) -> Option<&'static str> {
    match account.requirements.disabled_reason.as_deref()? {
        "requirements.past_due" => Some("Something is missing before you can be paid out. Give it below."),
        "requirements.pending_verification" => {
            Some("Your details are being looked at. There is nothing for you to do.")
        }
        reason if reason.starts_with("rejected.") => {
            Some("This account was refused. Ask whoever pays you what to do.")
        }
        _ => Some("This account is stopped for now. Ask whoever pays you what to do."),
    }
}

fn destination(it: &External) -> DestinationLine {
    let name = match it {
        External::Bank(bank) => bank.bank_name.clone().unwrap_or_else(|| "Bank account".to_owned()),
        External::Card(card) => card.brand.clone(),
    };
    DestinationLine {
        name,
        last4: it.last4().to_owned(),
        currency: it.currency().as_str().to_owned(),
        is_default: it.is_default(),
    }
}

fn schedule(it: &PayoutSchedule, enabled: bool) -> String {
    if !enabled {
        return "Nothing is paid out for now.".into();
    }
    match it.interval {
        Interval::Daily => "Paid out every day.",
        Interval::Weekly => "Paid out every week.",
        Interval::Monthly => "Paid out every month.",
        Interval::Manual => "Paid out when your platform asks for it.",
    }
    .into()
}

/// The last payouts, as the API tells them.
async fn payouts(visit: &Visit<'_>, account: &str, live: bool) -> Result<Vec<PayoutLine>, api::Stop> {
    let caller = Caller { request: visit.request.clone(), ..Caller::session(account, live) };
    let params = Node::Map(vec![("limit".into(), Node::Form(PAYOUTS.into()))]);
    let body = visit.api.call_as(&caller, "GET", "/v1/payouts", params).await?;
    let told = Node::parse(&body).map_err(|error| api::fault(error.to_string()))?;
    let Some(Node::List(items)) = told.get("data") else { return Ok(Vec::new()) };
    let line = |it: &Node<'_>| {
        let text = |name: &str| it.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| it.get(name).and_then(Node::as_i64).unwrap_or_default();
        PayoutLine {
            id: text("id"),
            amount: number("amount"),
            currency: text("currency"),
            arrival: number("arrival_date"),
            status: match text("status").as_str() {
                "paid" => "Paid",
                "in_transit" => "On its way",
                "pending" => "Being prepared",
                "canceled" => "Called off",
                _ => "Refused by the bank",
            }
            .into(),
        }
    };
    Ok(items.iter().map(line).collect())
}
