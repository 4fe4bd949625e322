//! What a customer keeps to be charged with: `/v1/customers/{customer}/sources`, and `/cards` as it was before.
use super::{Card, DELETED, Source, Taken, UPDATED, attach, enter::refused, not_more_than};
use crate::payments::{
    bank_account::{BankAccount, HolderType},
    customer::{self, Customer},
    source,
};
use acquirer::{RawCard, simulator};
use api::{Cx, Endpoint, Nothing, Object, Outcome, Page, Stop, Stored, done};
use base::{ApiError, MetadataPatch, Named as _, Ref};
use store::Bytes;
use wire::{Patch, Wire};

/// At most this many cards and bank accounts a customer.
const SOURCES_MAX: usize = 500;
/// The longest line of an address or a name, in characters.
const TEXT_MAX: usize = 5000;

pub(super) fn endpoints() -> Vec<Endpoint> {
    const SOURCES: &str = "/v1/customers/{customer}/sources";
    const SOURCE: &str = "/v1/customers/{customer}/sources/{id}";
    const CARDS: &str = "/v1/customers/{customer}/cards";
    const CARD: &str = "/v1/customers/{customer}/cards/{id}";
    let mut all = vec![
        Endpoint::new("POST", SOURCES, Card::NAME, |cx, p| Box::pin(create(cx, p))),
        Endpoint::list::<List>(SOURCES, Card::NAME, |cx, p| Box::pin(list(cx, p.object))),
        Endpoint::new("POST", CARDS, Card::NAME, |cx, p| Box::pin(create_card(cx, p))),
        Endpoint::list::<Nothing>(CARDS, Card::NAME, |cx, _| Box::pin(list(cx, Some(Sort::Card)))),
    ];
    for path in [SOURCE, CARD] {
        all.push(Endpoint::new("GET", path, Card::NAME, |cx, p| Box::pin(retrieve(cx, p))));
        all.push(Endpoint::new("POST", path, Card::NAME, |cx, p| Box::pin(update(cx, p))));
        all.push(Endpoint::new("DELETE", path, Card::NAME, |cx, p| Box::pin(delete(cx, p))));
    }
    all.into_iter().map(|it| it.permission(Customer::NAME).for_customer("customer")).collect()
}

/// What `POST …/sources` takes.
#[derive(Debug, Wire)]
struct Create {
    metadata: MetadataPatch,
    source: Source,
    validate: Option<bool>,
}

/// What `POST …/cards` takes: the same under its earlier name.
#[derive(Debug, Wire)]
struct CreateCard {
    card: Option<Source>,
    metadata: MetadataPatch,
    source: Option<Source>,
}

/// What `GET …/sources` filters by.
#[derive(Debug, Wire)]
struct List {
    object: Option<Sort>,
}

/// What a customer can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Sort {
    BankAccount,
    Card,
}

/// What `POST …/sources/{id}` takes; the first two are for bank accounts, the others for cards.
#[derive(Debug, Wire)]
struct Update {
    account_holder_name: Patch<String>,
    account_holder_type: Patch<HolderType>,
    address_city: Patch<String>,
    address_country: Patch<String>,
    address_line1: Patch<String>,
    address_line2: Patch<String>,
    address_state: Patch<String>,
    address_zip: Patch<String>,
    exp_month: Option<String>,
    exp_year: Option<String>,
    metadata: MetadataPatch,
    name: Patch<String>,
}

/// What is left of a deleted card or bank account.
#[derive(Debug, Wire)]
struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

async fn owner(cx: &mut Cx<'_>) -> Result<Customer, Stop> {
    let id = cx.path("customer").to_owned();
    let missing = || ApiError::no_such(Customer::NAME, &id, "customer").status(404);
    Ok(cx.get(&id).await?.ok_or_else(missing)?)
}

fn no_such(id: &str) -> Stop {
    ApiError::no_such("source", id, "id").into()
}

/// The card or bank account of this customer that the URL names.
async fn kept(cx: &mut Cx<'_>, owner: &Customer) -> Result<Taken, Stop> {
    let id = cx.path("id").to_owned();
    if let Some(card) = cx.get::<Card>(&id).await?.filter(|card| card.belongs_to(&owner.id)) {
        return Ok(Taken::Card(Box::new(card)));
    }
    let bank = cx.get::<BankAccount>(&id).await?.filter(|bank| bank.belongs_to(&owner.id));
    bank.map(|bank| Taken::Bank(Box::new(bank))).ok_or_else(|| no_such(&id))
}

/// The source of its own of this customer that the URL names, where it names one.
async fn own(cx: &mut Cx<'_>, owner: &Customer) -> Result<Option<source::Source>, Stop> {
    let id = cx.path("id").to_owned();
    if !id.starts_with(source::Source::PREFIX) {
        return Ok(None);
    }
    let found = cx.get::<source::Source>(&id).await?.filter(|it| it.belongs_to(&owner.id));
    found.map(Some).ok_or_else(|| no_such(&id))
}

impl Taken {
    fn body(&self) -> Bytes {
        Bytes::from(match self {
            Taken::Card(card) => wire::to_json(&**card),
            Taken::Bank(bank) => wire::to_json(&**bank),
        })
    }
}

// Operations.

async fn create_card(cx: &mut Cx<'_>, p: CreateCard) -> Outcome<Stored> {
    let source = match (p.card, p.source) {
        (Some(source), None) | (None, Some(source)) => source,
        (None, None) => return Err(ApiError::missing("card").into()),
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: card, source.";
            return Err(ApiError::invalid(400, message).code("parameters_exclusive").param("source").into());
        }
    };
    create(cx, Create { metadata: p.metadata, source, validate: None }).await
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Stored> {
    let before = owner(cx).await?;
    let mut customer = before.clone();
    let of = Some((Customer::NAME, customer.id.clone()));
    let many = cx.count::<Card>(of.clone()).await? + cx.count::<BankAccount>(of).await?;
    if many >= SOURCES_MAX as u64 {
        let message = format!("A customer can have up to {SOURCES_MAX} sources. Delete some of them first.");
        return Err(ApiError::invalid(400, message).code("customer_max_payment_methods").into());
    }
    let metadata = p.metadata.fresh()?;
    if let Some(id) = p.source.of_its_own() {
        let it = source::attach(cx, &customer, id, metadata, p.validate != Some(false), "source").await?;
        cx.put(&customer);
        return done(Stored(Bytes::from(wire::to_json(&it))));
    }
    let it = attach(cx, &mut customer, p.source, metadata, p.validate != Some(false), "source").await?;
    // Written even where nothing of it changed, so that nobody deletes the customer meanwhile.
    cx.put(&customer);
    cx.emit_update(customer::UPDATED, &before, &customer);
    done(Stored(it.body()))
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Stored> {
    let owner = owner(cx).await?;
    if let Some(it) = own(cx, &owner).await? {
        return done(Stored(Bytes::from(wire::to_json(&it))));
    }
    done(Stored(kept(cx, &owner).await?.body()))
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Stored> {
    let owner = owner(cx).await?;
    let it = match kept(cx, &owner).await? {
        Taken::Card(card) => Taken::Card(Box::new(update_card(cx, *card, p)?)),
        Taken::Bank(bank) => Taken::Bank(Box::new(update_bank(cx, *bank, p)?)),
    };
    done(Stored(it.body()))
}

fn update_card(cx: &mut Cx<'_>, before: Card, p: Update) -> Result<Card, Stop> {
    if p.account_holder_name != Patch::Keep || p.account_holder_type != Patch::Keep {
        return Err(unknown("account_holder_name"));
    }
    let mut card = before.clone();
    p.metadata.apply(&mut card.metadata)?;
    let mut asked = false;
    let mut set = |param: &str, patch: Patch<String>, field: &mut Option<String>, checked: bool| {
        if let Patch::Set(text) = &patch {
            not_more_than(TEXT_MAX, param, Some(text))?;
        }
        asked |= patch.apply(field) && checked;
        Ok::<(), ApiError>(())
    };
    set("address_city", p.address_city, &mut card.address_city, false)?;
    set("address_country", p.address_country, &mut card.address_country, false)?;
    set("address_line1", p.address_line1, &mut card.address_line1, true)?;
    set("address_line2", p.address_line2, &mut card.address_line2, false)?;
    set("address_state", p.address_state, &mut card.address_state, false)?;
    set("address_zip", p.address_zip, &mut card.address_zip, true)?;
    set("name", p.name, &mut card.name, false)?;
    if p.exp_month.is_some() || p.exp_year.is_some() {
        let number = card.open(cx, &cx.caller.account)?;
        let exp_month = p.exp_month.unwrap_or_else(|| card.exp_month.to_string());
        let exp_year = p.exp_year.unwrap_or_else(|| card.exp_year.to_string());
        let typed =
            RawCard { number: number.reveal(), exp_month: &exp_month, exp_year: &exp_year, cvc: None };
        let valid = acquirer::validate(typed, cx.now()).map_err(|why| refused(cx, why))?;
        (card.exp_month, card.exp_year) = (valid.expiry.month, valid.expiry.year);
    }
    if asked {
        let cvc = card.cvc_check;
        card.unchecked();
        if !cx.caller.livemode
            && let Ok(checks) = simulator::attach_outcome(&card.network(cx)?.ask())
        {
            card.checked(checks);
        }
        // Another address says nothing about the security code.
        card.cvc_check = cvc;
    }
    cx.put(&card);
    cx.emit_update(UPDATED, &before, &card);
    Ok(card)
}

fn update_bank(cx: &mut Cx<'_>, before: BankAccount, p: Update) -> Result<BankAccount, Stop> {
    let of_cards = [
        ("address_city", p.address_city != Patch::Keep),
        ("address_country", p.address_country != Patch::Keep),
        ("address_line1", p.address_line1 != Patch::Keep),
        ("address_line2", p.address_line2 != Patch::Keep),
        ("address_state", p.address_state != Patch::Keep),
        ("address_zip", p.address_zip != Patch::Keep),
        ("exp_month", p.exp_month.is_some()),
        ("exp_year", p.exp_year.is_some()),
        ("name", p.name != Patch::Keep),
    ];
    if let Some((name, _)) = of_cards.iter().find(|(_, sent)| *sent) {
        return Err(unknown(name));
    }
    let mut bank = before.clone();
    if let Patch::Set(name) = &p.account_holder_name {
        not_more_than(TEXT_MAX, "account_holder_name", Some(name))?;
    }
    p.account_holder_name.apply(&mut bank.account_holder_name);
    p.account_holder_type.apply(&mut bank.account_holder_type);
    let mut metadata = bank.metadata.0.take().unwrap_or_default();
    p.metadata.apply(&mut metadata)?;
    bank.metadata.0 = Some(metadata);
    cx.put(&bank);
    cx.emit_update(UPDATED, &before, &bank);
    Ok(bank)
}

fn unknown(param: &str) -> Stop {
    wire::Bad::Unknown(vec![param.to_owned()]).into()
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Stored> {
    let before = owner(cx).await?;
    if let Some(it) = own(cx, &before).await? {
        // It stays, and cannot be used any more.
        let it = source::detach(cx, it);
        return done(Stored(Bytes::from(wire::to_json(&it))));
    }
    let (id, object) = match kept(cx, &before).await? {
        Taken::Card(card) => {
            let mut customer = before.clone();
            drop_card(cx, &mut customer, &card).await?;
            if customer != before {
                cx.put(&customer);
                cx.emit_update(customer::UPDATED, &before, &customer);
            }
            (card.id, card.object)
        }
        Taken::Bank(bank) => {
            cx.delete(&*bank);
            cx.emit(DELETED, &*bank);
            (bank.id, bank.object)
        }
    };
    done(Stored(Bytes::from(wire::to_json(&Deleted { id, object, deleted: true }))))
}

/// Deletes a card that was read before. Where it was the default, the newest of the others takes its place on the
/// customer, who is put by the caller.
pub(crate) async fn drop_card(cx: &mut Cx<'_>, customer: &mut Customer, card: &Card) -> Result<(), Stop> {
    if customer.default_source.as_ref().is_some_and(|default| default.id == card.id) {
        customer.default_source = None;
        for other in of_customer::<Card>(cx, &customer.id, SOURCES_MAX).await? {
            // The list is a snapshot: what becomes the default must still be there when this is committed.
            if other.id != card.id && cx.get::<Card>(&other.id).await?.is_some() {
                customer.default_source = Some(Ref::to(other.id));
                break;
            }
        }
    }
    cx.delete(card);
    cx.emit(DELETED, card);
    Ok(())
}

/// Deletes everything that a customer keeps.
pub(crate) async fn drop_all(cx: &mut Cx<'_>, customer: &str) -> Result<(), Stop> {
    for card in of_customer::<Card>(cx, customer, SOURCES_MAX).await? {
        // Reading it again lets it enter the read set.
        if let Some(card) = cx.get::<Card>(&card.id).await? {
            cx.delete(&card);
        }
    }
    for bank in of_customer::<BankAccount>(cx, customer, SOURCES_MAX).await? {
        if let Some(bank) = cx.get::<BankAccount>(&bank.id).await? {
            cx.delete(&bank);
        }
    }
    Ok(())
}

async fn of_customer<T: Object>(cx: &Cx<'_>, customer: &str, limit: usize) -> Result<Vec<T>, Stop> {
    let by = Some((Customer::NAME, customer.to_owned()));
    cx.all_by::<T>(&cx.caller.account, cx.caller.livemode, by, limit).await
}

async fn list(cx: &mut Cx<'_>, object: Option<Sort>) -> Outcome<Page> {
    let owner = owner(cx).await?;
    let mut items: Vec<(String, Bytes)> = Vec::new();
    if object != Some(Sort::BankAccount) {
        let cards = of_customer::<Card>(cx, &owner.id, SOURCES_MAX).await?;
        items.extend(cards.into_iter().map(|card| (card.id.clone(), Taken::Card(Box::new(card)).body())));
    }
    if object != Some(Sort::Card) {
        let banks = of_customer::<BankAccount>(cx, &owner.id, SOURCES_MAX).await?;
        items.extend(banks.into_iter().map(|bank| (bank.id.clone(), Taken::Bank(Box::new(bank)).body())));
    }
    if object.is_none() {
        let own = source::of_customer(cx, &owner.id).await?;
        items.extend(own.iter().map(|it| (it.id.clone(), Bytes::from(wire::to_json(it)))));
    }
    merged(cx, items, "source", format!("/v1/customers/{}/sources", owner.id))
}

/// A page of several kinds in one list.
pub(crate) fn merged(cx: &Cx<'_>, mut items: Vec<(String, Bytes)>, noun: &str, url: String) -> Outcome<Page> {
    // What follows the prefix of an id rises with time.
    let age = |id: &str| id.split_once('_').map_or(String::new(), |(_, rest)| rest.to_owned());
    items.sort_by_cached_key(|(id, _)| std::cmp::Reverse(age(id)));
    paged(cx, items, noun, url)
}

/// A page of what is there as a whole, in its order.
pub(crate) fn paged(cx: &Cx<'_>, mut items: Vec<(String, Bytes)>, noun: &str, url: String) -> Outcome<Page> {
    let paging = cx.paging();
    let total = items.len();
    let place = |items: &[(String, Bytes)], param: &str, id: &str| {
        items.iter().position(|(it, _)| it == id).ok_or_else(|| ApiError::no_such(noun, id, param))
    };
    let has_more;
    if let Some(before) = &paging.before {
        items.truncate(place(&items, "ending_before", before)?);
        has_more = items.len() > paging.limit;
        items.drain(..items.len().saturating_sub(paging.limit));
    } else {
        if let Some(after) = &paging.after {
            items.drain(..=place(&items, "starting_after", after)?);
        }
        items.drain(..paging.offset.min(items.len()));
        has_more = items.len() > paging.limit;
        items.truncate(paging.limit);
    }
    done(Page {
        items: items.into_iter().map(|(_, body)| body).collect(),
        has_more,
        url,
        total: paging.total.then_some(total as u64),
    })
}
