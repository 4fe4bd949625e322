//! What documents say of themselves and of each other, and what becomes of it.
use crate::{
    lines::{Line, Statement, Subject},
    sorter::Sorter,
};
use std::{collections::BTreeMap, io};
use store::{Flaw, Key, Record};

/// The name of a sum that must be nothing.
const EVEN: &str = "=";

/// What one record says.
pub struct Said<'a> {
    of: Subject,
    /// What the names of its world begin with; it speaks of that world only.
    world: String,
    sorter: &'a mut Sorter,
    tell: &'a mut (dyn FnMut(Flaw) + Send),
    failed: io::Result<()>,
}

impl<'a> Said<'a> {
    pub(crate) fn new(
        record: &Record,
        sorter: &'a mut Sorter,
        tell: &'a mut (dyn FnMut(Flaw) + Send),
    ) -> Self {
        let mut said =
            Said { of: crate::subject(record), world: crate::world(record), sorter, tell, failed: Ok(()) };
        said.of_itself(Statement::Here);
        said
    }

    pub(crate) fn end(self) -> io::Result<()> {
        self.failed
    }

    /// Something is wrong with it by itself.
    pub fn flaw(&mut self, expected: impl Into<String>, found: impl Into<String>) {
        (self.tell)(Flaw::new(self.of.text(), expected, found));
    }
    /// Wrong unless the two are the same.
    pub fn same<T: PartialEq + std::fmt::Display>(&mut self, what: &str, expected: T, found: T) {
        if expected != found {
            self.flaw(format!("{what} {expected}"), found.to_string());
        }
    }
    /// What others may compare with: a name and its value. A name may have several values.
    pub fn is(&mut self, name: &str, value: impl Into<String>) {
        self.of_itself(Statement::Is(name.into(), value.into()));
    }
    /// It is known by a name, wherever it lies.
    pub fn answers_to(&mut self, name: impl Into<String>) {
        let name = self.world.clone() + &name.into();
        self.line(Subject::Name(name), Statement::Here);
    }
    /// It stands for a document that was deleted as it may be.
    pub fn stands_for(&mut self, key: &Key) {
        let of = self.doc(key);
        self.line(of, Statement::Gone);
    }
    /// What others add up to under a name is exactly this.
    pub fn total(&mut self, name: &str, value: i64) {
        self.of_itself(Statement::Total(name.into(), value, true));
    }
    /// What others add up to under a name is at most this.
    pub fn at_most(&mut self, name: &str, value: i64) {
        self.of_itself(Statement::Total(name.into(), value, false));
    }
    /// A member of it leads to a document, which must be there.
    pub fn link(&mut self, field: &str, key: &Key) {
        let link = Statement::Link { by: self.by(), field: field.into(), gone: false };
        let of = self.doc(key);
        self.line(of, link);
    }
    /// A member of it leads to a document, which must be there or have been deleted as it may be.
    pub fn link_or_gone(&mut self, field: &str, key: &Key) {
        let link = Statement::Link { by: self.by(), field: field.into(), gone: true };
        let of = self.doc(key);
        self.line(of, link);
    }
    /// A member of it leads to what is known by a name.
    pub fn link_name(&mut self, field: &str, name: impl Into<String>) {
        let link = Statement::Link { by: self.by(), field: field.into(), gone: false };
        let name = self.world.clone() + &name.into();
        self.line(Subject::Name(name), link);
    }
    /// A member of it leads to a document, which must be there and say `value` of `name`.
    pub fn mirror(&mut self, field: &str, key: &Key, name: &str, value: impl Into<String>) {
        let (by, field, name, value) = (self.by(), field.into(), name.into(), value.into());
        let of = self.doc(key);
        self.line(of, Statement::Mirror { by, field, name, value });
    }
    /// It adds to a total of another document.
    pub fn adds(&mut self, key: &Key, name: &str, by: i64) {
        let of = self.doc(key);
        self.line(of, Statement::Adds(name.into(), by));
    }
    /// It moved a counter, whose total has the name `""`.
    pub fn moves(&mut self, counter: impl Into<String>, by: i64) {
        let counter = self.world.clone() + &counter.into();
        self.line(Subject::Counter(counter), Statement::Adds(String::new(), by));
    }

    /// It is one side of something that several counters hold together: over both sides it evens out.
    pub fn evens_out(&mut self, counters: impl Into<String>, by: i64) {
        let counters = self.world.clone() + &counters.into();
        self.line(Subject::Counter(counters), Statement::Adds(EVEN.into(), by));
    }

    fn doc(&self, key: &Key) -> Subject {
        Subject::Doc(self.world.clone() + &key.path())
    }
    fn by(&self) -> String {
        self.of.text().to_owned()
    }
    fn of_itself(&mut self, says: Statement) {
        let of = self.of.clone();
        self.line(of, says);
    }
    fn line(&mut self, of: Subject, says: Statement) {
        if self.failed.is_ok() {
            self.failed = self.sorter.push(Line { of, says });
        }
    }
}

/// Compares what is said of one after the other.
#[derive(Default)]
pub(crate) struct Judge {
    at: Option<Case>,
}

/// Everything that is said of one. It keeps what the one says of itself, and sums; not what others say.
struct Case {
    of: Subject,
    here: bool,
    gone: bool,
    values: Vec<(String, String)>,
    totals: Vec<(String, i64, bool)>,
    sums: BTreeMap<String, i128>,
}

impl Judge {
    pub(crate) fn hear(&mut self, line: Line, tell: &mut (dyn FnMut(Flaw) + Send)) {
        if self.at.as_ref().is_none_or(|case| case.of != line.of) {
            self.end(tell);
        }
        let case = self.at.get_or_insert_with(|| Case {
            of: line.of,
            here: false,
            gone: false,
            values: Vec::new(),
            totals: Vec::new(),
            sums: BTreeMap::new(),
        });
        case.hear(line.says, tell);
    }
    pub(crate) fn end(&mut self, tell: &mut (dyn FnMut(Flaw) + Send)) {
        if let Some(case) = self.at.take() {
            case.close(tell);
        }
    }
}

impl Case {
    fn hear(&mut self, says: Statement, tell: &mut (dyn FnMut(Flaw) + Send)) {
        match says {
            Statement::Here => self.here = true,
            Statement::Gone => self.gone = true,
            Statement::Is(name, value) => self.values.push((name, value)),
            Statement::Total(name, value, exact) => self.totals.push((name, value, exact)),
            Statement::Link { by, field, gone } => {
                if !(self.here || gone && self.gone) {
                    tell(Flaw::new(by, format!("{field} that leads to {}", self.of.text()), "nothing there"));
                }
            }
            Statement::Mirror { by, field, name, value } => {
                let mut said = self.values.iter().filter(|(it, _)| *it == name).map(|(_, value)| value);
                if said.clone().any(|it| *it == value) {
                    return;
                }
                let expected = format!("{field} that leads to {} with {name} {value}", self.of.text());
                let found = match said.next() {
                    _ if !self.here => "nothing there".to_owned(),
                    None => format!("it has no {name}"),
                    Some(other) => format!("its {name} is {other}"),
                };
                tell(Flaw::new(by, expected, found));
            }
            Statement::Adds(name, by) => *self.sums.entry(name).or_default() += i128::from(by),
        }
    }

    fn close(mut self, tell: &mut (dyn FnMut(Flaw) + Send)) {
        // A counter that nothing ever moved away from zero need not be there.
        if matches!(self.of, Subject::Counter(_)) && !self.here {
            self.totals.push((String::new(), 0, true));
        }
        if let Some(off) = self.sums.get(EVEN).filter(|off| **off != 0) {
            tell(Flaw::new(self.of.text(), "counters that hold what was moved", format!("{off:+} too much")));
        }
        for (name, value, exact) in &self.totals {
            let sum = self.sums.get(name).copied().unwrap_or_default();
            let wrong = if *exact { sum != i128::from(*value) } else { sum > i128::from(*value) };
            if wrong {
                let what = if name.is_empty() { "a value" } else { name.as_str() };
                let least = if *exact { "" } else { "at least " };
                let found = if self.here { value.to_string() } else { "no counter".into() };
                tell(Flaw::new(
                    self.of.text(),
                    format!("{what} of {least}{sum}, the sum of its parts"),
                    found,
                ));
            }
        }
    }
}
