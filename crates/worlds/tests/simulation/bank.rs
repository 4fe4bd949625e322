//! An acquirer whose asks have effects: it keeps what it was asked, answers the same to the same key, and may be out of
//! reach, or do what it was asked without its answer coming back.
use crate::crew::{Dice, turn};
use acquirer::{Abandoned, Acquirer, Answer, Authorization, Fault, Movement, RefundAnswer, Simulator};
use base::Fut;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long an ask may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of a key.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// An answer to an authorization.
    Asked(Answer),
    /// A capture, or the end of a reservation.
    Moved,
    /// It was refused.
    Refused,
    /// Money on its way back.
    Refunded(RefundAnswer),
    /// It was abandoned.
    Spent,
}

/// The bank, which both nodes ask.
pub(crate) struct Bank {
    dice: Dice,
    calm: Arc<AtomicBool>,
    books: Mutex<Books>,
    /// What was asked, for whoever looks into a failure.
    journal: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Books {
    entries: BTreeMap<String, Entry>,
    /// Reservations that were taken or let go.
    closed: BTreeSet<String>,
}

impl Bank {
    pub(crate) fn new(dice: Dice, calm: Arc<AtomicBool>) -> Self {
        Bank { dice, calm, books: Mutex::default(), journal: Mutex::default() }
    }
    /// What came of each key.
    pub(crate) fn books(&self) -> BTreeMap<String, Entry> {
        self.books.lock().unwrap().entries.clone()
    }
    /// What was asked under a key, in its order.
    pub(crate) fn journal(&self, key: &str) -> Vec<String> {
        self.journal.lock().unwrap().iter().filter(|line| line.contains(key)).cloned().collect()
    }
    fn note(&self, line: String) {
        self.journal.lock().unwrap().push(line);
    }
    fn fails(&self, one_in: u64) -> bool {
        !self.calm.load(Ordering::SeqCst) && self.dice.one_in(one_in)
    }
    async fn ask<T>(
        &self,
        key: &str,
        make: impl FnOnce(&mut Books) -> Entry,
        read: impl FnOnce(Entry) -> Option<T>,
    ) -> Result<T, Fault> {
        turn().await;
        if self.fails(15) {
            return Err(Fault::Unsent("the line is dead".into()));
        }
        let entry = {
            let mut books = self.books.lock().unwrap();
            match books.entries.get(key).cloned() {
                Some(known) => known,
                None => {
                    let entry = make(&mut books);
                    books.entries.insert(key.to_owned(), entry.clone());
                    entry
                }
            }
        };
        self.note(format!("{key} was asked: {entry:?}"));
        turn().await;
        if self.fails(15) {
            return Err(Fault::Unanswered("the line died".into()));
        }
        if let Entry::Refused = entry {
            return Err(Fault::Refused("it was taken or let go already".into()));
        }
        read(entry).ok_or(Fault::Spent)
    }
}

impl Acquirer for Bank {
    fn authorize<'a>(&'a self, ask: Authorization<'a>) -> Fut<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            let decided = Simulator.authorize(ask).await?;
            let read = |it| if let Entry::Asked(answer) = it { Some(answer) } else { None };
            self.ask(ask.key, |_| Entry::Asked(decided), read).await
        })
    }
    fn capture<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(async move {
            let make = |books: &mut Books| match books.closed.insert(ask.reference.to_owned()) {
                true => Entry::Moved,
                false => Entry::Refused,
            };
            self.ask(ask.key, make, |it| matches!(it, Entry::Moved).then_some(())).await
        })
    }
    fn void<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        self.capture(ask)
    }
    fn refund<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<RefundAnswer, Fault>> {
        Box::pin(async move {
            let decided = Simulator.refund(ask).await?;
            let read = |it| if let Entry::Refunded(answer) = it { Some(answer) } else { None };
            self.ask(ask.key, |_| Entry::Refunded(decided), read).await
        })
    }
    fn abandon<'a>(&'a self, key: &'a str, _: bool) -> Fut<'a, Result<Abandoned, Fault>> {
        Box::pin(async move {
            turn().await;
            if self.fails(10) {
                return Err(Fault::Unsent("the line is dead".into()));
            }
            self.note(format!("{key} was abandoned"));
            let mut books = self.books.lock().unwrap();
            let entry = books.entries.entry(key.to_owned()).or_insert(Entry::Spent);
            if matches!(entry, Entry::Moved | Entry::Refunded(_)) {
                return Ok(Abandoned::Moved);
            }
            *entry = Entry::Spent;
            Ok(Abandoned::Nothing)
        })
    }
    fn patience(&self) -> Option<Duration> {
        Some(PATIENCE)
    }
}
