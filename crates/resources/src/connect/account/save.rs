//! Writing an account down: what follows from its change is worked out, told, and looked at again when its time
//! comes.
use super::{
    Account, EXTERNAL_CREATED, EXTERNAL_DELETED, EXTERNAL_UPDATED, External, UPDATED, assess, json, standing,
};
use crate::{
    connect::{
        capability::{self, Capability},
        person::{self, Person},
    },
    due,
};
use api::{Cx, Fact, Stop};
use base::Timestamp;
use store::Bytes;

/// Writes an account down with what follows from its change, and tells of everything that changed. Returns it as it
/// is written.
pub(crate) fn save(cx: &mut Cx<'_>, before: &Account, mut account: Account) -> Result<Account, Stop> {
    if account.standing.0.is_some() {
        let left = standing::look(&mut account, false);
        standing::apply(&mut account, cx.now());
        if left {
            let now = cx.now();
            later(cx, &account, now);
        }
        let deadline = |it: &Account| it.standing.0.as_ref().and_then(|it| it.deadline);
        if let Some(at) = deadline(&account).filter(|at| deadline(before) != Some(*at)) {
            later(cx, &account, at);
        }
    }
    // What came while nothing could be paid out is paid out by the schedule.
    if account.standing.0.is_some() && account.payouts_enabled && !before.payouts_enabled {
        let now = cx.now();
        due::later_of(cx, &account.id, account.is_live(), due::Kind::DayComes, "payouts", now);
    }
    cx.put(&account);
    tell(cx, before, &account);
    Ok(account)
}

fn later(cx: &mut Cx<'_>, account: &Account, at: Timestamp) {
    due::later_of(cx, &account.id, account.is_live(), due::Kind::AccountLooks, &account.id, at);
}

/// Looks at what is left to be looked at, and at the deadline.
pub(crate) async fn look_again(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Account>(id).await? else { return Ok(()) };
    if before.standing.0.is_some() {
        let mut account = before.clone();
        standing::look(&mut account, true);
        save(cx, &before, account)?;
    }
    Ok(())
}

/// Tells of every change: of the account, its capabilities, its persons, and where its payouts go.
fn tell(cx: &mut Cx<'_>, before: &Account, after: &Account) {
    if after.standing.0.is_some() {
        persons(cx, before, after);
        let now = cx.now();
        let (old, new) = (assess(before, now), assess(after, now));
        for (name, ..) in &new.capabilities {
            let is = json(Capability::of(after, name, &new));
            match old.capabilities.iter().any(|(known, ..)| known == name) {
                true => update(cx, after, capability::UPDATED, &json(Capability::of(before, name, &old)), is),
                false => {
                    let previous = r#"{"requested":false,"requested_at":null,"status":"unrequested"}"#;
                    fact(cx, after, capability::UPDATED, &is, Some(previous.into()));
                }
            }
        }
    }
    emit_updated(cx, before, after);
    externals(cx, before, after);
}

fn persons(cx: &mut Cx<'_>, before: &Account, after: &Account) {
    let find = |of: &Account, id: &str| -> Option<Person> {
        of.members.0.iter().find(|it| it.shown.id == id).map(|it| it.shown.clone())
    };
    for member in &after.members.0 {
        let is = json(member.shown.clone());
        match find(before, &member.shown.id) {
            Some(was) => update(cx, after, person::UPDATED, &json(was), is),
            None => fact(cx, after, person::CREATED, &is, None),
        }
    }
    for member in &before.members.0 {
        if find(after, &member.shown.id).is_none() {
            fact(cx, after, person::DELETED, &json(member.shown.clone()), None);
        }
    }
}

fn externals(cx: &mut Cx<'_>, before: &Account, after: &Account) {
    let find = |of: &Account, id: &str| of.externals().iter().find(|it| it.id() == id).map(External::json);
    for external in before.externals() {
        if find(after, external.id()).is_none() {
            fact(cx, after, EXTERNAL_DELETED, &external.json(), None);
        }
    }
    for external in after.externals() {
        match find(before, external.id()) {
            Some(was) => update(cx, after, EXTERNAL_UPDATED, &was, external.json()),
            None => fact(cx, after, EXTERNAL_CREATED, &external.json(), None),
        }
    }
}

/// Tells of a change in every mode that the account has; says nothing where nothing visible changed.
pub fn emit_updated(cx: &mut Cx<'_>, before: &Account, after: &Account) {
    // Platforms hear of it, too, so the snapshot is what a platform sees.
    let (old, new) = (json(before.clone().for_platform()), json(after.clone().for_platform()));
    update(cx, after, UPDATED, &old, new);
}

fn update(cx: &mut Cx<'_>, account: &Account, kind: &'static str, old: &Bytes, new: Bytes) {
    if let Some(previous) = api::diff::previous_attributes(old, &new) {
        fact(cx, account, kind, &new, Some(previous));
    }
}

fn fact(cx: &mut Cx<'_>, account: &Account, kind: &'static str, object: &Bytes, previous: Option<String>) {
    for live in account.modes() {
        cx.fact(Fact {
            account: account.id.clone(),
            live: *live,
            kind,
            object: object.clone(),
            previous: previous.clone(),
            only: None,
        });
    }
}
