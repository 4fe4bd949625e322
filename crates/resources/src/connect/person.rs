//! Persons: who represents, owns or directs the company behind an account, or is the account's business (API page
//! "Persons"). They are part of their account, whose requirements follow from them; numbers that identify them are
//! checked and not kept.
mod cfpb;
mod number;
mod params;

pub use cfpb::Cfpb;
pub use number::IdNumber;
pub(crate) use number::read as read_number;
pub(crate) use params::{PersonParams, place};

use crate::payments::token;
use crate::{
    address::Address,
    connect::account::{
        self, Account, Day, Declaration, Document, JapanAddress, Papers, Percent, PersonRequirements,
        look_at_files, may_edit, named, save,
    },
};
use api::{Abroad, Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Metadata, Named, Timestamp};
use wire::{Optional, Wire};

/// Somebody behind an account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Person {
    /// `person_…`.
    pub id: String,
    /// `person`.
    pub object: String,
    /// The account.
    pub account: String,
    /// Further terms that they accepted.
    pub additional_tos_acceptances: Optional<AdditionalTos>,
    /// Where they live.
    pub address: Optional<Address>,
    /// The same in kana.
    pub address_kana: Optional<JapanAddress>,
    /// The same in kanji.
    pub address_kanji: Optional<JapanAddress>,
    /// When they were added.
    pub created: Timestamp,
    /// When they were born.
    pub dob: Optional<Day>,
    /// Where they are written to.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// The same in kana.
    pub first_name_kana: Optional<Option<String>>,
    /// The same in kanji.
    pub first_name_kanji: Optional<Option<String>>,
    /// Other names that they are known by.
    pub full_name_aliases: Optional<Vec<String>>,
    /// What will be wanted of them later.
    pub future_requirements: Option<PersonRequirements>,
    /// `male` or `female`, where their country wants to know.
    pub gender: Optional<Option<String>>,
    /// Whether their id number was given.
    pub id_number_provided: bool,
    /// Whether their other id number was given.
    pub id_number_secondary_provided: Optional<bool>,
    /// Last name.
    pub last_name: Option<String>,
    /// The same in kana.
    pub last_name_kana: Optional<Option<String>>,
    /// The same in kanji.
    pub last_name_kanji: Optional<Option<String>>,
    /// Their name at birth.
    pub maiden_name: Optional<Option<String>>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// The country that they are a citizen of.
    pub nationality: Optional<Option<String>>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whether they hold a public office.
    pub political_exposure: Optional<Exposure>,
    /// Where they are registered.
    pub registered_address: Optional<Address>,
    /// What they are to the account.
    pub relationship: Relationship,
    /// What is wanted of them.
    pub requirements: Option<PersonRequirements>,
    /// Whether the end of their social security number was given.
    pub ssn_last_4_provided: bool,
    /// What the law of the United States asks about owners.
    pub us_cfpb_data: Optional<Cfpb>,
    /// How far their identity is known.
    pub verification: Verification,
}

/// Further terms that a person accepted.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct AdditionalTos {
    /// Those of the account.
    pub account: Option<Declaration>,
}

/// Whether somebody holds a public office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Exposure {
    /// They do, or are close to somebody who does.
    Existing,
    /// They do not.
    None,
}

/// What a person is to the account.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Relationship {
    /// They may authorize others.
    pub authorizer: Option<bool>,
    /// They are on the board.
    pub director: Option<bool>,
    /// They run the company.
    pub executive: Option<bool>,
    /// They are the legal guardian of whoever represents it.
    pub legal_guardian: Option<bool>,
    /// They own a part of it.
    pub owner: Option<bool>,
    /// How much.
    pub percent_ownership: Option<Percent>,
    /// They represent it to this server.
    pub representative: Option<bool>,
    /// What they are called there.
    pub title: Option<String>,
}

/// How far the identity of a person is known.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Verification {
    /// A second document.
    pub additional_document: Optional<Document>,
    /// What is wrong, for people.
    pub details: Option<String>,
    /// What is wrong.
    pub details_code: Option<String>,
    /// A document that tells who they are.
    pub document: Document,
    /// How far.
    pub status: Status,
}

/// How far the identity of a person is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It is being looked at.
    Pending,
    /// It is not known.
    Unverified,
    /// It is known.
    Verified,
}

impl Named for Person {
    const NAME: &'static str = "person";
    const PREFIX: &'static str = "person";
}
/// It is part of its account; nothing of it is stored by itself.
impl Object for Person {
    const ABROAD: &'static [(&'static str, Abroad)] =
        &[("back", Abroad::Platform), ("front", Abroad::Platform)];
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Person>();
/// Somebody was added.
pub const CREATED: &str = "person.created";
/// Somebody was changed.
pub const UPDATED: &str = "person.updated";
/// Somebody was taken away.
pub const DELETED: &str = "person.deleted";
/// What persons cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints. Before persons had this name they were people.
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = Vec::new();
    for (list, one) in [
        ("/v1/accounts/{account}/persons", "/v1/accounts/{account}/persons/{id}"),
        ("/v1/accounts/{account}/people", "/v1/accounts/{account}/people/{id}"),
    ] {
        all.push(Endpoint::new("POST", list, Person::NAME, |cx, p| Box::pin(create(cx, p))));
        all.push(Endpoint::list::<List>(list, Person::NAME, |cx, p| Box::pin(self::list(cx, p))));
        all.push(Endpoint::new("GET", one, Person::NAME, |cx, p| Box::pin(retrieve(cx, p))));
        all.push(Endpoint::new("POST", one, Person::NAME, |cx, p| Box::pin(update(cx, p))));
        all.push(Endpoint::new("DELETE", one, Person::NAME, |cx, p| Box::pin(delete(cx, p))));
    }
    all.into_iter().map(|endpoint| endpoint.permission(Account::NAME)).collect()
}

/// Somebody as the account keeps them.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Member {
    /// As they are shown.
    pub shown: Person,
    /// What their id number said: `true`, `at_once` or `mismatch`.
    pub id_number: Option<String>,
    /// What the end of their social security number said.
    pub ssn_last_4: Option<String>,
    /// Whether somebody has looked at what is known of them.
    pub looked: bool,
    /// Documents that were asked for.
    pub papers: Vec<Papers>,
}

impl Member {
    /// Somebody of whom nothing is known.
    pub(crate) fn new(cx: &Cx<'_>, account: &str) -> Self {
        let shown = Person {
            id: cx.new_id::<Person>(),
            object: Person::NAME.into(),
            account: account.to_owned(),
            additional_tos_acceptances: Optional(None),
            address: Optional(None),
            address_kana: Optional(None),
            address_kanji: Optional(None),
            created: cx.now(),
            dob: Optional(None),
            email: None,
            first_name: None,
            first_name_kana: Optional(None),
            first_name_kanji: Optional(None),
            full_name_aliases: Optional(None),
            future_requirements: Some(PersonRequirements::default()),
            gender: Optional(None),
            id_number_provided: false,
            id_number_secondary_provided: Optional(None),
            last_name: None,
            last_name_kana: Optional(None),
            last_name_kanji: Optional(None),
            maiden_name: Optional(None),
            metadata: Metadata::default(),
            nationality: Optional(None),
            phone: None,
            political_exposure: Optional(None),
            registered_address: Optional(None),
            relationship: Relationship::default(),
            requirements: Some(PersonRequirements::default()),
            ssn_last_4_provided: false,
            us_cfpb_data: Optional(None),
            verification: Verification {
                additional_document: Optional(None),
                details: None,
                details_code: None,
                document: Document::default(),
                status: Status::Unverified,
            },
        };
        Member { shown, id_number: None, ssn_last_4: None, looked: false, papers: Vec::new() }
    }

    /// What tells who somebody is. Where it changes, they are looked at again.
    pub(crate) fn identity(&self) -> impl PartialEq + use<'_> {
        let it = &self.shown;
        (
            (&it.first_name, &it.last_name, &it.dob, &it.address),
            (&self.id_number, &self.ssn_last_4),
            (&it.verification.document.front, &it.verification.document.back),
        )
    }
}

/// What `GET /v1/accounts/{account}/persons` filters by.
#[derive(Debug, Wire)]
pub struct List {
    relationship: Option<Filter>,
}

#[derive(Debug, Wire)]
struct Filter {
    authorizer: Option<bool>,
    director: Option<bool>,
    executive: Option<bool>,
    legal_guardian: Option<bool>,
    owner: Option<bool>,
    representative: Option<bool>,
}

impl Filter {
    fn passes(&self, it: &Relationship) -> bool {
        [
            (self.authorizer, it.authorizer),
            (self.director, it.director),
            (self.executive, it.executive),
            (self.legal_guardian, it.legal_guardian),
            (self.owner, it.owner),
            (self.representative, it.representative),
        ]
        .into_iter()
        .all(|(wanted, is)| wanted.is_none_or(|wanted| wanted == is.unwrap_or(false)))
    }
}

/// What is left of somebody who was taken away.
#[derive(Debug, Wire)]
pub struct Gone {
    id: String,
    object: String,
    deleted: bool,
}

/// The most persons behind one account.
const PERSONS_MAX: usize = 100;

// Operations: read, decide, write down.

async fn create(cx: &mut Cx<'_>, p: PersonParams) -> Outcome<Person> {
    let before = named(cx, "account").await?;
    may_edit(cx, &before, "first_name")?;
    if before.members.0.len() >= PERSONS_MAX {
        let message = format!("An account can have up to {PERSONS_MAX} persons.");
        return Err(ApiError::invalid(400, message).into());
    }
    let mut account = before.clone();
    let mut member = Member::new(cx, &account.id);
    take_in(cx, &account, p, &mut member).await?;
    check_relationship(&account, &member)?;
    let id = member.shown.id.clone();
    account.members.0.push(member);
    let account = save(cx, &before, account)?;
    done(find(&account, &id)?.shown.clone())
}

/// Takes in what was sent of somebody: what a token of it stands for, and then what was said beside it.
async fn take_in(cx: &mut Cx<'_>, account: &Account, p: PersonParams, to: &mut Member) -> Result<(), Stop> {
    let typed = match &p.person_token {
        Some(id) => Some(token::take_person(cx, id, "person_token").await?),
        None => None,
    };
    for said in typed.into_iter().chain([p]) {
        look_at_files(cx, account, said.named("")).await?;
        let numbers = said.numbers(cx, "", account.is_live()).await?;
        said.apply("", cx.now(), numbers, to)?;
    }
    Ok(())
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Person> {
    let account = named(cx, "account").await?;
    done(find(&account, cx.path("id"))?.shown.clone())
}

async fn update(cx: &mut Cx<'_>, p: PersonParams) -> Outcome<Person> {
    let before = named(cx, "account").await?;
    let id = cx.path("id").to_owned();
    find(&before, &id)?;
    may_edit(cx, &before, "first_name")?;
    let mut account = before.clone();
    if let Some(member) = account.members.0.iter_mut().find(|it| it.shown.id == id) {
        take_in(cx, &before, p, member).await?;
    }
    check_relationship(&account, find(&account, &id)?)?;
    let account = save(cx, &before, account)?;
    done(find(&account, &id)?.shown.clone())
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Gone> {
    let before = named(cx, "account").await?;
    let id = cx.path("id").to_owned();
    let member = find(&before, &id)?;
    if member.shown.relationship.representative == Some(true) {
        let message = "You cannot delete the person who represents the account. Give this relationship to somebody else first.";
        return Err(ApiError::invalid(400, message).into());
    }
    may_edit(cx, &before, "id")?;
    let mut account = before.clone();
    account.members.0.retain(|it| it.shown.id != id);
    save(cx, &before, account)?;
    done(Gone { id, object: Person::NAME.into(), deleted: true })
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let account = named(cx, "account").await?;
    let passes = |it: &&Member| p.relationship.as_ref().is_none_or(|f| f.passes(&it.shown.relationship));
    let found = account.members.0.iter().rev().filter(passes);
    let items = found.map(|it| (it.shown.id.clone(), account::json(it.shown.clone()))).collect();
    done(account::slice(cx, Person::NAME, format!("/v1/accounts/{}/persons", account.id), items)?)
}

fn find<'a>(account: &'a Account, id: &str) -> Result<&'a Member, Stop> {
    let found = account.members.0.iter().find(|it| it.shown.id == id);
    Ok(found.ok_or_else(|| ApiError::no_such(Person::NAME, id, "id"))?)
}

/// Somebody who represents, beside whoever does already.
fn check_relationship(account: &Account, member: &Member) -> Result<(), ApiError> {
    let represents = |it: &Member| it.shown.relationship.representative == Some(true);
    let another = account.members.0.iter().any(|it| it.shown.id != member.shown.id && represents(it));
    if represents(member) && another {
        let message = "Only one person can represent an account, and somebody does already.";
        return Err(ApiError::invalid(400, message).param("relationship[representative]"));
    }
    Ok(())
}
