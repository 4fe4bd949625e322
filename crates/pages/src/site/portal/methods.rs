//! What a customer pays with: seen, added with the bank asking where it wants to, made the usual one, taken away.

use base::Named as _;
use resources::billing::subscription::Subscription;
use resources::payments::setup_intent::SetupIntent;
use wire::Node;

use super::super::card::typed_card;
use super::super::reply::{Answer, Trouble, found, page, see_other};
use super::super::visit::{Notice, Visit};
use super::{Place, Room, text_at};
use crate::views::{PortalMethod, PortalMethods};

/// Payment methods that a page shows.
const SHOWN: &str = "20";

/// Everything that the customer pays with.
pub(super) async fn all(visit: &Visit<'_>, room: &Room) -> Result<Vec<PortalMethod>, Trouble> {
    let customer = &room.opened.customer;
    let path = format!("/v1/customers/{}/payment_methods", customer.id);
    let found = room.call(visit, ("GET", &path), &[("limit", SHOWN)]).await??;
    let usual = customer.invoice_settings.default_payment_method.as_ref().map(|it| it.0.as_str());
    let usual = usual.or(customer.default_source.as_ref().map(|it| it.id.as_str()));
    let Some(Node::List(items)) = found.get("data") else { return Ok(Vec::new()) };
    // What a subscription is paid with must stay while there is one.
    let goes_on = |id: &str| {
        let held = |it: &Subscription| it.default_payment_method.as_ref().is_some_and(|held| held.0 == id);
        room.plans.iter().any(|plan| held(&plan.it)) || (Some(id) == usual && !room.plans.is_empty())
    };
    let shown = items.iter().filter_map(|it| {
        let id = text_at(it, "id")?;
        let kind = text_at(it, "type")?;
        let last4 = text_at(it, &format!("{kind}.last4"))?;
        let name = match kind.as_str() {
            "card" => text_at(it, "card.brand").map_or_else(|| "Card".into(), |brand| capital(&brand)),
            "sepa_debit" => "SEPA debit".into(),
            _ => text_at(it, "us_bank_account.bank_name").unwrap_or_else(|| "Bank account".into()),
        };
        let part = |name: &str| it.get("card")?.get(name)?.as_i64();
        let expires = part("exp_month").zip(part("exp_year"));
        let removable = room.opened.features().payment_method_update.enabled && !goes_on(&id);
        Some(PortalMethod {
            is_default: Some(id.as_str()) == usual,
            name: format!("{name} ending in {last4}"),
            expires: expires.map(|(month, year)| format!("{month:02} / {year}")),
            removable,
            id,
        })
    });
    let mut all: Vec<PortalMethod> = shown.collect();
    all.sort_by_key(|it| !it.is_default);
    Ok(all)
}

fn capital(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// `GET …/payment-methods`; also where the bank sends back to.
pub(super) async fn show(visit: &mut Visit<'_>, room: &Room) -> Answer {
    if !room.opened.features().payment_method_update.enabled {
        return room.not_allowed();
    }
    let query = super::super::fields::pairs(visit.query().as_bytes());
    let intent = query.iter().find(|(name, _)| name == SetupIntent::NAME).map(|(_, id)| id.clone());
    let Some(id) = intent else { return view(visit, room, None).await };
    let path = format!("/v1/setup_intents/{id}");
    let answer = room.call(visit, ("GET", &path), &[]).await?.ok();
    // Whatever the address says, it is the intent that knows whose it is and how it ended.
    let own = answer.filter(|it| text_at(it, "customer").as_ref() == Some(&room.opened.customer.id));
    let ended = own.map(|it| (text_at(&it, "status"), text_at(&it, "payment_method")));
    match ended {
        Some((Some(status), Some(method))) if status == "succeeded" => keep(visit, room, &method).await,
        Some(_) => {
            let problem = "Your bank could not make sure that it is you. Try again, or use another card.";
            view(visit, room, Some(problem.into())).await
        }
        None => view(visit, room, None).await,
    }
}

async fn view(visit: &mut Visit<'_>, room: &Room, problem: Option<String>) -> Answer {
    let status = if problem.is_some() { 402 } else { 200 };
    let view = PortalMethods {
        methods: all(visit, room).await?,
        head: room.head(visit),
        problem,
        action: room.url(Place::Methods),
    };
    page(status, &view, room.leads_to())
}

/// `POST …/payment-methods`.
pub(super) async fn act(visit: &mut Visit<'_>, room: &Room) -> Answer {
    if !room.opened.features().payment_method_update.enabled {
        return room.not_allowed();
    }
    let method = visit.fields.text("method").to_owned();
    let known = all(visit, room).await?.into_iter().find(|it| it.id == method);
    match (visit.fields.text("do"), known) {
        ("add", _) => add(visit, room).await,
        ("default", Some(it)) => keep(visit, room, &it.id).await,
        ("remove", Some(it)) if it.removable => {
            let path = format!("/v1/payment_methods/{}/detach", it.id);
            if let Err(error) = room.call(visit, ("POST", &path), &[]).await? {
                return view(visit, room, Some(error.message)).await;
            }
            visit.tell(Notice::CARD_REMOVED);
            see_other(&room.url(Place::Methods))
        }
        _ => see_other(&room.url(Place::Methods)),
    }
}

/// Keeps the card that the customer typed in, once their bank is content.
async fn add(visit: &mut Visit<'_>, room: &Room) -> Answer {
    let method = match typed_card(visit, &room.account, room.opened.session.livemode).await? {
        Ok(method) => method,
        Err(problem) => return view(visit, room, Some(problem)).await,
    };
    let back = format!("{}{}", visit.api.world.origin, room.url(Place::Methods));
    let asked = [
        ("customer", room.opened.customer.id.as_str()),
        ("payment_method", &method),
        ("allowed_payment_method_types[0]", "card"),
        ("usage", "off_session"),
        ("confirm", "true"),
        ("return_url", &back),
    ];
    let made = match room.call(visit, ("POST", "/v1/setup_intents"), &asked).await? {
        Ok(made) => made,
        Err(error) => return view(visit, room, Some(error.message)).await,
    };
    match text_at(&made, "next_action.redirect_to_url.url") {
        Some(url) => found(&url),
        None => keep(visit, room, &method).await,
    }
}

/// What the customer has chosen is what all of theirs is paid with.
async fn keep(visit: &mut Visit<'_>, room: &Room, method: &str) -> Answer {
    let path = format!("/v1/customers/{}", room.opened.customer.id);
    let pairs = [("invoice_settings[default_payment_method]", method)];
    if let Err(error) = room.call(visit, ("POST", &path), &pairs).await? {
        return view(visit, room, Some(error.message)).await;
    }
    for plan in &room.plans {
        if plan.it.default_payment_method.as_ref().is_some_and(|held| held.0 != method) {
            let path = format!("/v1/subscriptions/{}", plan.it.id);
            let changed = room.call(visit, ("POST", &path), &[("default_payment_method", method)]).await?;
            if let Err(error) = changed {
                return view(visit, room, Some(error.message)).await;
            }
        }
    }
    room.finish(visit, Notice::CARD_KEPT).await
}
