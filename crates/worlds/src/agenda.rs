//! What waits in a world, by when it is due.
use std::collections::BTreeMap;
use store::{Bytes, Due, DueKey};

/// Waiting work by time, then queue and name: the order in which it is done.
#[derive(Debug, Default)]
pub(crate) struct Agenda(BTreeMap<(i64, &'static str, String), Bytes>);

fn place(key: &DueKey) -> (i64, &'static str, String) {
    (key.at_ms, key.queue, key.id.clone())
}
fn due(((at_ms, queue, id), body): ((i64, &'static str, String), Bytes)) -> Due {
    Due { key: DueKey { queue, at_ms, id }, body }
}

impl Agenda {
    pub(crate) fn planned(&mut self, due: Due) {
        self.0.insert(place(&due.key), due.body);
    }
    pub(crate) fn ended(&mut self, key: &DueKey) {
        self.0.remove(&place(key));
    }
    /// When the first piece of one of these queues is due.
    pub(crate) fn first(&self, of: impl Fn(&str) -> bool) -> Option<i64> {
        self.0.keys().find(|(_, queue, _)| of(queue)).map(|(at_ms, ..)| *at_ms)
    }
    /// Takes out what is due at a time, of these queues.
    pub(crate) fn take(&mut self, until_ms: i64, of: impl Fn(&str) -> bool) -> Vec<Due> {
        let ours = |(at_ms, queue, _): &&(i64, &'static str, String)| *at_ms <= until_ms && of(queue);
        let taken: Vec<_> = self.0.keys().take_while(|it| it.0 <= until_ms).filter(ours).cloned().collect();
        taken.into_iter().filter_map(|at| self.0.remove_entry(&at)).map(due).collect()
    }
    /// Everything that waits.
    pub(crate) fn all(&self) -> impl Iterator<Item = Due> {
        self.0.iter().map(|(at, body)| due((at.clone(), body.clone())))
    }
}
