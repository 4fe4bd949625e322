//! Names that a program declares: kinds, indexes and queues, as they come back from where they are stored.
use std::{
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};

/// A stored name as the program declared it. Only a home calls this, with names that a program wrote: it has a few
/// dozen of them, so what is kept here for ever stays small.
pub fn declared(name: &str) -> &'static str {
    static NAMES: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());
    if let Some(known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return known;
    }
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let known: &'static str = Box::leak(name.into());
    names.insert(known);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let elsewhere = String::from("a_name_of_this_test");
        assert!(std::ptr::eq(declared("a_name_of_this_test"), declared(&elsewhere)));
    }
}
