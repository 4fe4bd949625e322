//! What must hold at the end, whatever went wrong on the way.
use crate::{
    bank::Entry,
    crew::alone,
    nodes::{Said, Town},
};
use acquirer::Answer;
use audit::Rules;
use base::Named as _;
use resources::{
    events::{attempt::Attempt, event::Event},
    payments::charge::Charge,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Held, Record, Scope, Store as _};
use wire::Node;

/// What happens to an object once.
const ONCE: [&str; 6] = [
    "charge.succeeded",
    "charge.dispute.created",
    "payout.created",
    "payout.paid",
    "customer.subscription.created",
    "invoice.paid",
];

pub(crate) fn prove(town: &Town) {
    whole(town);
    let held: Vec<Held> = town
        .records()
        .into_iter()
        .filter_map(|record| if let Record::Doc(held) = record { Some(held) } else { None })
        .collect();
    let of = |kind: &str| held.iter().filter(|it| it.doc.key.kind == kind).collect::<Vec<_>>();
    answers_agree(town);
    let charges: Vec<Charge> =
        of(Charge::NAME).iter().map(|it| wire::from_json(&it.doc.body).unwrap()).collect();
    charged_once(town, &charges);
    bank_agrees(town, &charges);
    told(town, &of(Event::NAME), &of(Attempt::NAME));
}

/// Ledgers, balances, links and indexes, as `tollbridge check` proves them.
fn whole(town: &Town) {
    let rules = Rules {
        kinds: [resources::links::KINDS, oauth::links::KINDS, worlds::links::KINDS].concat(),
        queues: resources::links::QUEUES.to_vec(),
        counter: resources::links::counter,
        owner: |account| {
            worlds::links::is_account(account).then(|| resources::links::owner(account)).flatten()
        },
        marks: vec![worlds::links::DOOR],
    };
    let mut flaws = Vec::new();
    let mut snapshot = alone(town.memory.snapshot(Scope::All)).unwrap();
    let looked =
        alone(audit::prove(&mut *snapshot, &rules, &mut |flaw| flaws.push(format!("{flaw:?}")), &mut |_| {}));
    assert!(looked.unwrap().statements > 0);
    assert!(flaws.is_empty(), "{flaws:#?}");
}

/// One idempotency key has one answer.
fn answers_agree(town: &Town) {
    for (key, all) in town.answers.borrow().iter() {
        // What is wrong with the key itself is said anew each time.
        let plain = |it: &Said| match it.status {
            409 => Said { status: 409, body: it.text("error.message").unwrap_or_default() },
            _ => it.clone(),
        };
        let first = plain(&all[0]);
        assert!(all.iter().all(|it| plain(it) == first), "{key}: {all:#?}");
    }
}

/// A charge that was asked for under one key is there once, and as its caller was told.
fn charged_once(town: &Town, charges: &[Charge]) {
    let mut by_key: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for charge in charges {
        let body = wire::to_json(charge);
        let node = Node::parse(&body).unwrap();
        let key = node.get("metadata").and_then(|it| it.get("k")).and_then(Node::as_str);
        by_key.entry(key.unwrap_or_default().to_owned()).or_default().push(&charge.id);
    }
    by_key.remove("");
    for (key, ids) in &by_key {
        assert_eq!(ids.len(), 1, "{key} charged more than once: {ids:?}");
    }
    let is_charge = |said: &Said| said.text("object").as_deref() == Some(Charge::NAME);
    for (key, said) in town.answers.borrow().iter() {
        let told = match said[0].status {
            200 if is_charge(&said[0]) && said[0].text("metadata.k").as_deref() == Some(key) => {
                said[0].text("id")
            }
            402 => said[0].text("error.charge"),
            _ => None,
        };
        if let Some(id) = told {
            assert_eq!(
                by_key.get(key).map(Vec::as_slice),
                Some(&[id.as_str()][..]),
                "{key} was told of {id}"
            );
        }
    }
}

/// What the bank reserved or took belongs to one charge, and what it was told to let go to none.
fn bank_agrees(town: &Town, charges: &[Charge]) {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for charge in charges {
        if let Some(reference) = &charge.authorization.0.0 {
            *known.entry(reference).or_default() += 1;
        }
    }
    let mut approved = BTreeSet::new();
    let books = town.bank.books();
    for (key, entry) in &books {
        if let Entry::Asked(Answer::Approved(it)) = entry {
            let charges = known.get(it.reference.as_str()).copied().unwrap_or(0);
            assert_eq!(charges, 1, "{key}: the bank moved money for {charges} charges");
            approved.insert(it.reference.as_str());
        }
    }
    for reference in known.keys() {
        assert!(
            approved.contains(reference),
            "{reference}: a charge without money: {:#?}",
            town.bank.journal(reference)
        );
    }
}

/// Every event reached its receiver, or it is written down that it was tried in vain; and what happens once was told once.
fn told(town: &Town, events: &[&Held], attempts: &[&Held]) {
    let heard = town.receiver.heard();
    let mut tried: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for it in attempts {
        let it: Attempt = wire::from_json(&it.doc.body).unwrap();
        tried.entry(it.event.clone()).or_default().push(it);
    }
    let mut once = BTreeMap::new();
    for it in events {
        let body = it.doc.public();
        let event = Node::parse(&body).unwrap();
        let text = |name: &str| event.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
        let (id, kind) = (text("id"), text("type"));
        let gave_up = tried
            .get(&id)
            .is_some_and(|all| all.iter().any(|it| it.next.0.is_none() && it.outcome != "delivered"));
        let owed = event.get("pending_webhooks").and_then(Node::as_i64).unwrap();
        assert!(owed == 0 || gave_up, "{id} {kind} is owed and nobody gave it up: {:#?}", tried.get(&id));
        let reached = tried.get(&id).is_some_and(|all| all.iter().any(|it| it.outcome == "delivered"));
        assert!(!reached || heard.contains(&id), "{id} {kind} is said to be delivered, and did not come");
        let object = event.get("data").and_then(|it| it.get("object")).and_then(|it| it.get("id"));
        if ONCE.contains(&kind.as_str()) {
            *once.entry((kind, object.and_then(Node::as_str).unwrap_or_default().to_owned())).or_insert(0) +=
                1;
        }
    }
    for (what, count) in &once {
        assert_eq!(*count, 1, "{what:?} was told {count} times");
    }
    assert!(once.len() > 5, "something has happened: {once:?}");
}
