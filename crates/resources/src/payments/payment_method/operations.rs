//! `/v1/payment_methods`, and the same below a customer.
use super::{
    AllowRedisplay, CashMethod, MethodType, PaymentMethod, UPDATED, UsAccountType,
    bank::HolderType,
    enter::{self, BillingParams, CardData, MethodData, SepaData, UsBankData},
    kept::{self, Narrow},
    used,
};
use crate::payments::{
    card::{self, Card},
    charge::details::RadarOptions,
    customer::{Customer, CustomerAccount},
};
use acquirer::RawCard;
use api::{Cx, Endpoint, Nothing, Object as _, Outcome, Page, Stop, Stored, done};
use base::{ApiError, Metadata, MetadataPatch, Named as _, Ref, Via};
use wire::{Optional, Patch, Wire};

#[rustfmt::skip]
pub(super) fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = PaymentMethod::NAME;
    vec![
        Endpoint::new("POST", "/v1/payment_methods", NOUN, |cx, p| Box::pin(create(cx, p))).public(),
        Endpoint::list::<List>("/v1/payment_methods", NOUN, |cx, p| Box::pin(list(cx, p))).for_customer("customer"),
        Endpoint::new("GET", "/v1/payment_methods/{id}", NOUN, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/payment_methods/{id}", NOUN, |cx, p| Box::pin(update(cx, p))).for_customer(""),
        Endpoint::new("POST", "/v1/payment_methods/{id}/attach", NOUN, |cx, p| Box::pin(attach(cx, p))).for_customer("customer"),
        Endpoint::new("POST", "/v1/payment_methods/{id}/detach", NOUN, |cx, p| Box::pin(detach(cx, p))).for_customer(""),
        Endpoint::list::<ListOf>("/v1/customers/{customer}/payment_methods", NOUN, |cx, p| Box::pin(list_of(cx, p))).for_customer("customer"),
        Endpoint::new("GET", "/v1/customers/{customer}/payment_methods/{id}", NOUN, |cx, p| Box::pin(retrieve_of(cx, p))).for_customer("customer"),
    ]
}

/// What `POST /v1/payment_methods` takes: a typed one, or one of the platform to be copied.
#[derive(Debug, Wire)]
pub(super) struct Create {
    allow_redisplay: Option<AllowRedisplay>,
    billing_details: Option<BillingParams>,
    card: Option<CardData>,
    customer: Option<String>,
    customer_balance: Option<CashMethod>,
    metadata: MetadataPatch,
    payment_method: Option<String>,
    radar_options: Option<RadarOptions>,
    sepa_debit: Option<SepaData>,
    r#type: Option<MethodType>,
    us_bank_account: Option<UsBankData>,
}

/// What `POST /v1/payment_methods/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    allow_redisplay: Option<AllowRedisplay>,
    billing_details: Option<BillingParams>,
    card: Option<CardChange>,
    metadata: MetadataPatch,
    us_bank_account: Option<UsBankChange>,
}

/// What of a card can be changed.
#[derive(Debug, Wire)]
struct CardChange {
    exp_month: Option<i64>,
    exp_year: Option<i64>,
    networks: Option<NetworksChange>,
}

/// Which network the cardholder chooses.
#[derive(Debug, Wire)]
struct NetworksChange {
    preferred: Patch<Preferred>,
}

/// A network of a card with more than one.
#[derive(Debug, Clone, Copy, Wire)]
enum Preferred {
    CartesBancaires,
    Mastercard,
    Visa,
}

/// What of a bank account can be changed.
#[derive(Debug, Wire)]
struct UsBankChange {
    account_holder_type: Option<HolderType>,
    account_type: Option<UsAccountType>,
}

/// What `GET /v1/payment_methods` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    allow_redisplay: Option<AllowRedisplay>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    r#type: Option<MethodType>,
}

/// What `GET /v1/customers/{id}/payment_methods` filters by.
#[derive(Debug, Wire)]
pub(super) struct ListOf {
    allow_redisplay: Option<AllowRedisplay>,
    r#type: Option<MethodType>,
}

/// What `POST …/attach` takes.
#[derive(Debug, Wire)]
pub(super) struct Attach {
    customer: String,
    customer_account: Option<CustomerAccount>,
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<PaymentMethod> {
    let Create {
        allow_redisplay,
        billing_details,
        card,
        customer,
        metadata,
        payment_method,
        radar_options,
        ..
    } = p;
    if let Some(id) = payment_method {
        let typed = [
            ("billing_details", billing_details.is_some()),
            ("card", card.is_some()),
            ("customer_balance", p.customer_balance.is_some()),
            ("sepa_debit", p.sepa_debit.is_some()),
            ("us_bank_account", p.us_bank_account.is_some()),
        ];
        if let Some((name, _)) = typed.iter().find(|(_, sent)| *sent) {
            let message = format!("You may only specify one of these parameters: payment_method, {name}.");
            return Err(ApiError::invalid(400, message).code("parameters_exclusive").param(*name).into());
        }
        let mut method = copied(cx, &id, customer.as_deref()).await?;
        method.metadata = metadata.fresh()?;
        method.allow_redisplay = Optional(allow_redisplay.or(method.allow_redisplay.0));
        cx.put(&method);
        return done(method);
    }
    if customer.is_some() {
        let message = "You cannot give a payment method to a customer while you make it. Make it first, then attach it to the customer. To copy one of your platform's customers into a connected account, name its payment_method, too.";
        return Err(ApiError::invalid(400, message).param("customer").into());
    }
    let r#type = p.r#type.ok_or_else(|| ApiError::missing("type"))?;
    let data = MethodData {
        allow_redisplay,
        billing_details,
        card,
        customer_balance: p.customer_balance,
        metadata,
        radar_options,
        sepa_debit: p.sepa_debit,
        r#type,
        us_bank_account: p.us_bank_account,
    };
    let method = enter::enter(cx, data, "").await?;
    cx.put(&method);
    done(method)
}

/// Copies a payment method of the platform into the account that it acts for. What the platform's customer keeps is
/// the one object of another tenant that is read here, and only by that platform.
async fn copied(cx: &mut Cx<'_>, id: &str, customer: Option<&str>) -> Result<PaymentMethod, Stop> {
    let live = cx.caller.livemode;
    let platform = cx.caller.platform.clone().filter(|_| cx.caller.via != Via::PublishableKey);
    let Some(platform) = platform else {
        let message = "The payment_method parameter copies a payment method of a platform into a connected account. Send it with the Stripe-Account header, or with the account's access token.";
        return Err(ApiError::invalid(400, message).param("payment_method").into());
    };
    let missing = || ApiError::no_such("PaymentMethod", id, "payment_method").status(400);
    let mut method = if let Some(card) = cx.get_of::<Card>(&platform, live, id).await? {
        kept::seen(cx, &card)
    } else {
        cx.get_of::<PaymentMethod>(&platform, live, id).await?.ok_or_else(missing)?
    };
    let same = method.customer.as_ref().map(|it| it.id.as_str()) == customer;
    match customer {
        Some(_) if !same => return Err(missing().into()),
        None if method.customer.is_some() => {
            let message =
                "This payment method belongs to a customer of the platform. Name the customer, too.";
            return Err(ApiError::invalid(400, message).code("parameter_missing").param("customer").into());
        }
        _ => {}
    }
    if method.spent.0 {
        return Err(missing().into());
    }
    let number = method.open(cx, &platform)?;
    if customer.is_none() {
        // What nobody keeps can be shared once.
        let mut shared = method.clone();
        shared.spent.0 = true;
        cx.put_of(&platform, live, &shared);
    }
    let fingerprint = Some(cx.world.vault.fingerprint(&cx.caller.account, number.reveal()));
    if let Some(card) = &mut method.card.0 {
        card.fingerprint = Optional(fingerprint);
    } else if let Some(bank) = &mut method.us_bank_account.0 {
        let whole = format!("US|{}|{}", bank.routing_number.as_deref().unwrap_or_default(), number.reveal());
        bank.fingerprint = Some(cx.world.vault.fingerprint(&cx.caller.account, &whole));
    } else if let Some(bank) = &mut method.sepa_debit.0 {
        bank.fingerprint = fingerprint;
    }
    method.id = cx.new_id::<PaymentMethod>();
    (method.customer, method.metadata, method.created) = (None, Metadata::default(), cx.now());
    method.mandate.0 = Optional(None);
    method.seal(cx, &cx.caller.account, number.reveal())?;
    Ok(method)
}

/// The payment method that the URL names, under whichever face.
enum Named {
    Method(Box<PaymentMethod>),
    Card(Box<Card>),
}

async fn of_url(cx: &mut Cx<'_>) -> Result<Named, Stop> {
    let id = cx.path("id").to_owned();
    let own = cx.caller.customer.as_deref();
    // What nobody keeps yet can be attached by whoever knows its id.
    let open = |owner: Option<&Ref<Customer>>| own.is_none_or(|own| owner.is_none_or(|it| it.id == own));
    if id.starts_with("card_")
        && let Some(card) = cx.get::<Card>(&id).await?.filter(|it| open(it.customer.0.as_ref()))
    {
        return Ok(Named::Card(Box::new(card)));
    }
    match cx.get::<PaymentMethod>(&id).await?.filter(|it| open(it.customer.as_ref())) {
        Some(method) => Ok(Named::Method(Box::new(method))),
        None => Err(ApiError::no_such("PaymentMethod", &id, "id").into()),
    }
}

/// One indexed read and a copy for what was made as a payment method.
async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Stored> {
    let id = cx.path("id");
    if id.len() <= 255
        && !id.contains('/')
        && let Some(doc) = cx.world.store.get(&cx.key::<PaymentMethod>(id)).await?
    {
        return done(Stored(doc.public()));
    }
    let method = match enter::named(cx, id)? {
        // A documented name stands for a new one at each use; looking keeps nothing.
        Some(method) => PaymentMethod { id: id.to_owned(), ..method },
        None => match of_url(cx).await? {
            Named::Method(method) => *method,
            Named::Card(card) => kept::seen(cx, &card),
        },
    };
    done(Stored(wire::to_json(&method).into()))
}

async fn retrieve_of(cx: &mut Cx<'_>, _: Nothing) -> Outcome<PaymentMethod> {
    let customer = cx.path("customer").to_owned();
    let method = match of_url(cx).await? {
        Named::Method(method) => *method,
        Named::Card(card) => kept::seen(cx, &card),
    };
    if !method.belongs_to(&customer) {
        return Err(ApiError::no_such("PaymentMethod", &method.id, "id").into());
    }
    done(method)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<PaymentMethod> {
    let before = match of_url(cx).await? {
        Named::Method(method) => *method,
        Named::Card(card) => return update_card(cx, *card, p).await,
    };
    if before.customer.is_none() {
        let message = "You must save this PaymentMethod to a customer before you can update it.";
        return Err(ApiError::invalid(400, message).code("payment_method_unexpected_state").into());
    }
    let mut method = before.clone();
    if let Some(sent) = p.billing_details {
        sent.apply(&mut method.billing_details, "billing_details")?;
    }
    method.allow_redisplay = Optional(p.allow_redisplay.or(method.allow_redisplay.0));
    p.metadata.apply(&mut method.metadata)?;
    if let Some(change) = p.card {
        let card = method.card.0.as_mut().ok_or_else(|| not_of(MethodType::Card, "card"))?;
        expiry(cx, &change, &mut card.exp_month, &mut card.exp_year)?;
        if let (Some(sent), Some(networks)) = (change.networks, &mut card.networks) {
            match sent.preferred {
                Patch::Keep => {}
                Patch::Clear => networks.preferred = None,
                Patch::Set(it) if networks.available.iter().any(|has| has == it.as_str()) => {
                    networks.preferred = Some(it.as_str().to_owned());
                    card.display_brand = Some(it.as_str().to_owned());
                }
                Patch::Set(it) => {
                    let message = format!("This card does not run on the network {}.", it.as_str());
                    return Err(ApiError::invalid(400, message).param("card[networks][preferred]").into());
                }
            }
        }
    }
    if let Some(change) = p.us_bank_account {
        let bank = method.us_bank_account.0.as_mut();
        let bank = bank.ok_or_else(|| not_of(MethodType::UsBankAccount, "us_bank_account"))?;
        bank.account_holder_type = change.account_holder_type.or(bank.account_holder_type);
        bank.account_type = change.account_type.or(bank.account_type);
    }
    cx.put(&method);
    cx.emit_update(UPDATED, &before, &method);
    done(method)
}

fn not_of(kind: MethodType, param: &str) -> ApiError {
    let message = format!("You can only send {param} for a PaymentMethod of the type {}.", kind.as_str());
    ApiError::invalid(400, message).param(param)
}

/// Takes over a new expiry. Errors: it is no month, or has passed.
fn expiry(cx: &Cx<'_>, change: &CardChange, month: &mut i64, year: &mut i64) -> Result<(), Stop> {
    let (new_month, new_year) = (change.exp_month.unwrap_or(*month), change.exp_year.unwrap_or(*year));
    if (new_month, new_year) == (*month, *year) {
        return Ok(());
    }
    // Only the expiry is looked at here; the number is any that can be one.
    let typed = RawCard {
        number: "4242424242424242",
        exp_month: &new_month.to_string(),
        exp_year: &new_year.to_string(),
        cvc: None,
    };
    let valid = acquirer::validate(typed, cx.now()).map_err(|why| card::refused(cx, why))?;
    (*month, *year) = (valid.expiry.month, valid.expiry.year);
    Ok(())
}

/// A card of the first years changes under its own name, and tells so under it.
async fn update_card(cx: &mut Cx<'_>, before: Card, p: Update) -> Outcome<PaymentMethod> {
    let mut changed = before.clone();
    if let Some(sent) = p.billing_details {
        let mut billing = kept::seen(cx, &before).billing_details;
        sent.apply(&mut billing, "billing_details")?;
        changed.name = billing.name;
        let address = billing.address;
        (changed.address_city, changed.address_country) = (address.city, address.country);
        (changed.address_line1, changed.address_line2) = (address.line1, address.line2);
        (changed.address_state, changed.address_zip) = (address.state, address.postal_code);
    }
    p.metadata.apply(&mut changed.metadata)?;
    if let Some(change) = &p.card {
        expiry(cx, change, &mut changed.exp_month, &mut changed.exp_year)?;
    }
    let unknown = [
        ("allow_redisplay", p.allow_redisplay.is_some()),
        ("card[networks]", p.card.is_some_and(|card| card.networks.is_some())),
        ("us_bank_account", p.us_bank_account.is_some()),
    ];
    if let Some((name, _)) = unknown.iter().find(|(_, sent)| *sent) {
        return Err(wire::Bad::Unknown(vec![(*name).to_owned()]).into());
    }
    cx.put(&changed);
    cx.emit_update(card::UPDATED, &before, &changed);
    done(kept::seen(cx, &changed))
}

async fn attach(cx: &mut Cx<'_>, p: Attach) -> Outcome<PaymentMethod> {
    let id = cx.path("id").to_owned();
    let mut method = match enter::named(cx, &id)? {
        Some(method) => method,
        None => match of_url(cx).await? {
            Named::Method(method) => *method,
            Named::Card(card) => kept::seen(cx, &card),
        },
    };
    if method.spent.0 || method.own.0.0 == Some(true) {
        // The error is that of paying with it.
        let chosen = used::Chosen::Id(id, "payment_method");
        used::find(cx, chosen, Some(&p.customer)).await?;
    }
    match &method.customer {
        Some(owner) if owner.id == p.customer => return done(method),
        Some(_) => {
            let message = "The payment method you provided has already been attached to a customer.";
            return Err(ApiError::invalid(400, message).code("payment_method_unexpected_state").into());
        }
        None => {}
    }
    used::attach(cx, &mut method, &p.customer, true).await?;
    done(method)
}

async fn detach(cx: &mut Cx<'_>, _: Nothing) -> Outcome<PaymentMethod> {
    match of_url(cx).await? {
        Named::Method(mut method) => {
            if method.customer.is_none() {
                let message = "The payment method you provided is not attached to a customer so detachment is impossible.";
                return Err(ApiError::invalid(400, message).code("payment_method_unexpected_state").into());
            }
            if let Some(owner) = method.customer.clone() {
                kept::forget(cx, &method.id, &owner.id).await?;
            }
            kept::detach(cx, &mut method);
            done(*method)
        }
        Named::Card(card) => {
            let mut method = kept::seen(cx, &card);
            let owner = method.customer.take();
            if let Some(owner) = owner
                && let Some(before) = cx.get::<Customer>(&owner.id).await?
            {
                let mut customer = before.clone();
                card::drop_card(cx, &mut customer, &card).await?;
                if customer != before {
                    cx.put(&customer);
                    cx.emit_update(crate::payments::customer::UPDATED, &before, &customer);
                }
            }
            done(method)
        }
    }
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let narrow = Narrow { kind: p.r#type, allow_redisplay: p.allow_redisplay };
    if let Some(customer) = p.customer {
        if cx.peek::<Customer>(&customer).await?.is_none() {
            return Err(ApiError::no_such(Customer::NAME, &customer, "customer").into());
        }
        return kept::list(cx, &customer, narrow, PaymentMethod::PATH.to_owned()).await;
    }
    cx.page_where::<PaymentMethod>(None, move |doc| {
        wire::from_json::<PaymentMethod>(&doc.body).is_ok_and(|it| narrow.holds(&it))
    })
    .await
}

async fn list_of(cx: &mut Cx<'_>, p: ListOf) -> Outcome<Page> {
    let customer = cx.path("customer").to_owned();
    if cx.peek::<Customer>(&customer).await?.is_none() {
        return Err(ApiError::no_such(Customer::NAME, &customer, "customer").status(404).into());
    }
    let narrow = Narrow { kind: p.r#type, allow_redisplay: p.allow_redisplay };
    let url = format!("/v1/customers/{customer}/payment_methods");
    kept::list(cx, &customer, narrow, url).await
}
