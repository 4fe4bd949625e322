//! The customer portal: what a customer sees and does who was given the address of a session. What they do goes the way of the
//! API, as the account that let them in.

mod details;
mod end;
mod home;
mod methods;
mod plan;
mod words;

use api::{Outcome, Stop, done};
use base::{ApiError, Caller, Named as _};
use resources::billing::invoice::Invoice;
use resources::billing::portal_session::{self, CompletionType, Flow, FlowType, Opened, UNDER, mode_of};
use resources::billing::product::Product;
use resources::billing::subscription::{Status, Subscription};
use resources::connect::user::settle;
use resources::payments::customer::Customer;
use wire::Node;

use super::people::{Account, public_name};
use super::reply::{Answer, Refusal, Trouble, found, page, see_other};
use super::visit::{Notice, Visit};
use crate::views::{PortalHead, PortalNote};

/// What an address in the portal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Home,
    Done,
    Methods,
    Details,
    Plan,
    Cancel,
    Renew,
    Pause,
    Resume,
}

impl Place {
    /// Its name in logs and metrics.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Place::Home => "/portal/{account}/{secret}",
            Place::Done => "/portal/{account}/{secret}/done",
            Place::Methods => "/portal/{account}/{secret}/payment-methods",
            Place::Details => "/portal/{account}/{secret}/details",
            Place::Plan => "/portal/{account}/{secret}/subscriptions/{id}/plan",
            Place::Cancel => "/portal/{account}/{secret}/subscriptions/{id}/cancel",
            Place::Renew => "/portal/{account}/{secret}/subscriptions/{id}/renew",
            Place::Pause => "/portal/{account}/{secret}/subscriptions/{id}/pause",
            Place::Resume => "/portal/{account}/{secret}/subscriptions/{id}/resume",
        }
    }
    /// The methods that it knows.
    pub(crate) fn allows(self) -> &'static str {
        match self {
            Place::Home | Place::Done => "GET, HEAD",
            Place::Renew | Place::Resume => "POST",
            _ => "GET, HEAD, POST",
        }
    }
    /// Behind the secret.
    fn word(self) -> &'static str {
        self.route().rsplit_once('/').map_or("", |(_, word)| word)
    }
}

/// Whom an address in the portal is about, and what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'p> {
    pub(crate) account: &'p str,
    secret: &'p str,
    pub(crate) place: Place,
    /// The subscription; empty where it is about none.
    subscription: &'p str,
}

/// What a path leads to in the portal, if it looks like that.
pub(crate) fn ask(path: &str) -> Option<Ask<'_>> {
    let mut parts = path.strip_prefix(UNDER)?.split('/');
    let (account, secret) = (parts.next()?, parts.next()?);
    let rest: Vec<&str> = parts.collect();
    let among = |all: &[Place], word: &str| all.iter().copied().find(|place| place.word() == word);
    let (place, subscription) = match rest[..] {
        [] => (Place::Home, ""),
        [word] => (among(&[Place::Done, Place::Methods, Place::Details], word)?, ""),
        ["subscriptions", id, word] => {
            let all = [Place::Plan, Place::Cancel, Place::Renew, Place::Pause, Place::Resume];
            (among(&all, word)?, id)
        }
        _ => return None,
    };
    let plain = |id: &str| id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let sound = !account.is_empty() && plain(account) && plain(subscription) && mode_of(secret).is_some();
    sound.then_some(Ask { account, secret, place, subscription })
}

/// A subscription, what it is called, and where its last invoice is to be paid.
struct Plan {
    it: Subscription,
    name: String,
    pay_url: Option<String>,
}

/// The portal as one customer has it.
struct Room {
    opened: Opened,
    seller: Option<Account>,
    /// What they subscribed to and is not over.
    plans: Vec<Plan>,
    account: String,
    /// Where it begins.
    base: String,
    /// As whom they act.
    caller: Caller,
}

/// More subscriptions than a page shows.
const PLANS_MAX: usize = 100;

fn expired() -> Trouble {
    let message = "For your safety, this address works for a short time only. Go back to where you came from, and open the page from there again.";
    Refusal::new(404, "This page has expired", message).into()
}

/// Lets a customer in.
async fn enter(visit: &Visit<'_>, ask: Ask<'_>) -> Result<Room, Trouble> {
    let (account, secret) = (ask.account, ask.secret);
    let live = mode_of(secret).unwrap_or_default();
    let system = Caller { request: visit.request.clone(), ..Caller::system(account, live) };
    let asked = visit.api.transact(&system, move |cx| {
        Box::pin(async move {
            let api::Reply::Done(Some(opened)) = portal_session::open(cx, secret).await? else {
                return done(None);
            };
            let seller = opened.session.on_behalf_of.as_deref().unwrap_or(account).to_owned();
            let seller = cx.peek_of::<Account>(&seller, live, &seller).await?;
            let by = Some((Customer::NAME, opened.customer.id.clone()));
            let all = cx.all_by::<Subscription>(account, live, by, PLANS_MAX).await?;
            let mut plans = Vec::new();
            for it in all.into_iter().filter(|it| opened.shows(it)) {
                let mut names = Vec::new();
                for item in &it.items.data {
                    let product = cx.peek::<Product>(&item.price.product.id).await?;
                    names.push(product.map_or_else(|| "A plan".to_owned(), |product| product.name));
                }
                let settled = matches!(it.status, Status::Active | Status::Trialing | Status::Paused);
                let owed = it.latest_invoice.as_ref().filter(|_| !settled || it.pending_update.is_some());
                let invoice = match owed {
                    Some(owed) => cx.get::<Invoice>(&owed.id).await?.filter(Invoice::is_payable),
                    None => None,
                };
                let pay_url = invoice.and_then(|it| it.hosted_invoice_url);
                plans.push(Plan { name: names.join(", "), it, pay_url });
            }
            let outcome: Outcome<Option<_>> = done(Some((opened, seller, plans)));
            outcome
        })
    });
    let Some((opened, seller, plans)) = settle(asked.await?)? else { return Err(expired()) };
    let caller = opened.caller(account, &visit.request);
    let base = format!("{UNDER}{account}/{secret}");
    Ok(Room { opened, seller, plans, account: account.to_owned(), base, caller })
}

/// Answers a request in the portal.
pub(crate) async fn answer(visit: &mut Visit<'_>, ask: Ask<'_>, posted: bool) -> Answer {
    let room = enter(visit, ask).await?;
    if let Some(elsewhere) = room.elsewhere(ask) {
        return elsewhere;
    }
    match (ask.place, posted) {
        (Place::Home, _) => home::show(visit, &room).await,
        (Place::Done, _) => room.confirmation(visit),
        (Place::Methods, false) => methods::show(visit, &room).await,
        (Place::Methods, true) => methods::act(visit, &room).await,
        (Place::Details, false) => details::show(visit, &room).await,
        (Place::Details, true) => details::act(visit, &room).await,
        (place, posted) => {
            // A subscription that is over meanwhile is no reason to leave somebody before a closed door.
            let Some(plan) = room.plans.iter().find(|plan| plan.it.id == ask.subscription) else {
                return see_other(&room.base);
            };
            match (place, posted) {
                (Place::Plan, false) => plan::show(visit, &room, plan).await,
                (Place::Plan, true) => plan::act(visit, &room, plan).await,
                (Place::Cancel, false) => end::show_cancel(visit, &room, plan, None).await,
                (Place::Cancel, true) => end::cancel(visit, &room, plan).await,
                (Place::Pause, false) => end::show_pause(visit, &room, plan, None),
                (Place::Pause, true) => end::pause(visit, &room, plan).await,
                (Place::Renew, _) => end::renew(visit, &room, plan).await,
                _ => end::resume(visit, &room, plan).await,
            }
        }
    }
}

/// The form of these pairs, as the API reads it.
fn form(pairs: &[(&str, &str)]) -> Result<Node<'static>, ApiError> {
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut node = Node::Map(Vec::new());
    api::form::decode(text.as_bytes(), &mut node)?;
    Ok(node)
}

/// The text at a path of an answer, such as `next_action.redirect_to_url.url`.
fn text_at(node: &Node<'_>, path: &str) -> Option<String> {
    let mut at = node;
    for name in path.split('.') {
        at = at.get(name)?;
    }
    at.as_str().map(str::to_owned)
}

impl Room {
    /// Calls the API as the account. `Err` in the answer is what the customer is to be told.
    async fn call(
        &self,
        visit: &Visit<'_>,
        (method, path): (&str, &str),
        pairs: &[(&str, &str)],
    ) -> Result<Result<Node<'static>, ApiError>, Trouble> {
        match visit.api.call_as(&self.caller, method, path, form(pairs)?).await {
            Ok(body) => {
                let node = Node::parse(&body).map_err(|error| api::fault(error.to_string()))?;
                Ok(Ok(node.into_owned()))
            }
            Err(error) if error.status < 500 => Ok(Err(error)),
            Err(error) => Err(Stop::from(error).into()),
        }
    }
    /// Where something is in the portal.
    fn url(&self, place: Place) -> String {
        format!("{}/{}", self.base, place.word())
    }
    /// Where something of a subscription is.
    fn url_of(&self, it: &Subscription, place: Place) -> String {
        format!("{}/subscriptions/{}/{}", self.base, it.id, place.word())
    }
    /// What the customer is led to, unless they have done it.
    fn flow(&self) -> Option<&Flow> {
        self.opened.session.flow.as_ref().filter(|_| !self.opened.session.completed.0)
    }
    /// Where the flow is.
    fn place_of(&self, flow: &Flow) -> (Place, String) {
        let of = |place: Place, id: Option<&String>| {
            let id = id.map_or("", String::as_str);
            (place, format!("{}/subscriptions/{id}/{}", self.base, place.word()))
        };
        match flow.r#type {
            FlowType::CustomerUpdate => (Place::Details, self.url(Place::Details)),
            FlowType::PaymentMethodUpdate => (Place::Methods, self.url(Place::Methods)),
            FlowType::SubscriptionCancel => {
                of(Place::Cancel, flow.subscription_cancel.as_ref().map(|it| &it.subscription))
            }
            FlowType::SubscriptionPause => {
                of(Place::Pause, flow.subscription_pause.as_ref().map(|it| &it.subscription))
            }
            FlowType::SubscriptionUpdate => {
                of(Place::Plan, flow.subscription_update.as_ref().map(|it| &it.subscription))
            }
            FlowType::SubscriptionUpdateConfirm => {
                of(Place::Plan, flow.subscription_update_confirm.as_ref().map(|it| &it.subscription))
            }
        }
    }
    /// Where the customer has to be instead: in the flow, or behind it.
    fn elsewhere(&self, ask: Ask<'_>) -> Option<Answer> {
        let Some(flow) = &self.opened.session.flow else {
            return (ask.place == Place::Done).then(|| see_other(&self.base));
        };
        if self.opened.session.completed.0 {
            let after = &flow.after_completion;
            return match after.r#type {
                CompletionType::PortalHomepage => (ask.place == Place::Done).then(|| see_other(&self.base)),
                CompletionType::HostedConfirmation => {
                    (ask.place != Place::Done).then(|| see_other(&self.url(Place::Done)))
                }
                CompletionType::Redirect => {
                    Some(after.redirect.as_ref().map_or_else(|| Err(expired()), |to| found(&to.return_url)))
                }
            };
        }
        let (place, url) = self.place_of(flow);
        if place == ask.place {
            return None;
        }
        // The subscription of the flow may be over, and then there is nothing to be led to.
        let id = url.rsplit('/').nth(1).unwrap_or_default();
        let is_there = matches!(place, Place::Details | Place::Methods)
            || self.plans.iter().any(|plan| plan.it.id == id);
        Some(if is_there { see_other(&url) } else { Err(expired()) })
    }
    /// Where the forms of a page may lead to by themselves.
    fn leads_to(&self) -> Option<&str> {
        self.flow()?.after_completion.redirect.as_ref().map(|it| it.return_url.as_str())
    }
    /// What the customer came for is done.
    async fn finish(&self, visit: &mut Visit<'_>, notice: &'static Notice) -> Answer {
        let Some(flow) = self.flow() else {
            visit.tell(notice);
            return see_other(&self.base);
        };
        let id = self.opened.session.id.as_str();
        let told = visit.api.transact(&self.caller, move |cx| {
            Box::pin(async move { portal_session::complete(cx, id).await })
        });
        settle(told.await?)?;
        match (flow.after_completion.r#type, &flow.after_completion.redirect) {
            (CompletionType::Redirect, Some(to)) => found(&to.return_url),
            (CompletionType::HostedConfirmation, _) => see_other(&self.url(Place::Done)),
            _ => {
                visit.tell(notice);
                see_other(&self.base)
            }
        }
    }
    /// The page behind a flow.
    fn confirmation(&self, visit: &mut Visit<'_>) -> Answer {
        let flow = self.opened.session.flow.as_ref();
        let said = flow.and_then(|it| it.after_completion.hosted_confirmation.as_ref());
        let message = said.and_then(|it| it.custom_message.clone());
        let view = PortalNote {
            head: self.head(visit),
            title: "That is done".into(),
            message: message.unwrap_or_else(|| "Your changes are saved. You can close this page.".into()),
        };
        page(200, &view, None)
    }
    /// What stands on every page.
    fn head(&self, visit: &mut Visit<'_>) -> PortalHead {
        let profile = &self.opened.configuration.business_profile;
        PortalHead {
            chrome: visit.chrome(),
            business: public_name(self.seller.as_ref()).unwrap_or("an unnamed business").to_owned(),
            headline: profile.headline.clone(),
            livemode: self.opened.session.livemode,
            home: if self.flow().is_some() { String::new() } else { self.base.clone() },
            back: self.opened.return_url().map(str::to_owned),
            terms: profile.terms_of_service_url.clone(),
            privacy: profile.privacy_policy_url.clone(),
        }
    }
    /// Back to the page where a customer may do something that they may not, as another one took it from them meanwhile.
    fn not_allowed(&self) -> Answer {
        see_other(&self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let secret = "ps_test_aB1";
        let found = |rest: &str| {
            ask(&format!("/portal/acct_1/{secret}{rest}")).map(|it| (it.place, it.subscription.to_owned()))
        };
        assert_eq!(found(""), Some((Place::Home, String::new())));
        assert_eq!(found("/payment-methods"), Some((Place::Methods, String::new())));
        assert_eq!(found("/subscriptions/sub_1/cancel"), Some((Place::Cancel, "sub_1".into())));
        for wrong in [
            "/",
            "/x",
            "/plan",
            "/subscriptions/sub_1",
            "/subscriptions/s-1/plan",
            "/subscriptions/sub_1/done",
        ] {
            assert_eq!(found(wrong), None, "{wrong}");
        }
        assert!(ask("/portal/acct_1/ps_else_1").is_none() && ask("/portal//ps_test_1").is_none());
    }
}
