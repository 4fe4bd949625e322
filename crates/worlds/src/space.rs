//! The key space of one world: how its names are written in the home that all worlds share.
use crate::{clock::Dating, doors};
use store::{Doc, Due, DueKey, HOUSE, Held, IndexKey, Key, Put, Query, Record, Scope, WORLD, world_prefix};

/// The account, in the home, of what the program keeps of worlds themselves.
pub(crate) const HALL: &str = "<";
/// Kinds that every world keeps there instead of in its own house.
const OF_THE_HALL: [&str; 3] = ["world", "world_snapshot", "revoked"];

/// A world's names, inside the world and in the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Space {
    /// Names are as they are. What is another world's does not exist.
    Root,
    /// Names begin with this.
    Led(String),
    /// Names are as they are in the home, those of all worlds: for what is done to the home as a whole.
    Whole,
}

impl Space {
    /// The space of a tag; of the world that names without a tag belong to, where there is none.
    pub(crate) fn of(tag: Option<&str>) -> Self {
        tag.map_or(Space::Root, |tag| Space::Led(world_prefix(tag)))
    }

    /// A name in the home; `None` where this world cannot have one like it.
    pub(crate) fn name_in(&self, name: &str) -> Option<String> {
        match self {
            Space::Root => (!name.starts_with(WORLD)).then(|| name.to_owned()),
            Space::Led(prefix) => Some([prefix, name].concat()),
            Space::Whole => Some(name.to_owned()),
        }
    }
    /// A name inside the world; `None` where it belongs to another one.
    pub(crate) fn name_out(&self, name: String) -> Option<String> {
        match self {
            Space::Root => (!name.starts_with(WORLD)).then_some(name),
            Space::Led(prefix) => name.strip_prefix(prefix.as_str()).map(str::to_owned),
            Space::Whole => Some(name),
        }
    }

    fn is_of_the_hall(account: &str, kind: &str) -> bool {
        OF_THE_HALL.contains(&kind) && (account == HOUSE || account == HALL)
    }
    /// An account in the home, as the kinds kept under it need it.
    fn account_in(&self, account: &str, kind: &str) -> Option<String> {
        if Space::is_of_the_hall(account, kind) { Some(HALL.into()) } else { self.name_in(account) }
    }
    pub(crate) fn key_in(&self, key: &Key) -> Option<Key> {
        Some(Key { account: self.account_in(&key.account, key.kind)?, id: key.id.clone(), ..*key })
    }
    pub(crate) fn key_out(&self, key: Key) -> Option<Key> {
        let of_the_hall = Space::is_of_the_hall(&key.account, key.kind);
        let account = if of_the_hall { HOUSE.into() } else { self.name_out(key.account)? };
        Some(Key { account, ..key })
    }
    pub(crate) fn doc_out(&self, doc: Doc) -> Option<Doc> {
        Some(Doc { key: self.key_out(doc.key)?, ..doc })
    }
    pub(crate) fn query_in(&self, query: &Query) -> Option<Query> {
        Some(Query { account: self.account_in(&query.account, query.kind)?, ..query.clone() })
    }

    pub(crate) fn index_in(&self, key: IndexKey) -> Option<IndexKey> {
        if !key.unique {
            return Some(key);
        }
        Some(IndexKey { value: self.name_in(&key.value)?, ..key })
    }
    /// A declared index key inside the world; none for the program's own marks.
    pub(crate) fn index_out(&self, key: IndexKey) -> Option<IndexKey> {
        if key.index == doors::INDEX || !key.unique {
            return (key.index != doors::INDEX).then_some(key);
        }
        Some(IndexKey { value: self.name_out(key.value)?, ..key })
    }
    pub(crate) fn put_in(&self, put: Put, dating: Dating) -> Option<Put> {
        let keys =
            |keys: Vec<IndexKey>| keys.into_iter().map(|key| self.index_in(key)).collect::<Option<Vec<_>>>();
        Some(Put {
            key: self.key_in(&put.key)?,
            index: keys(put.index)?,
            stale: keys(put.stale)?,
            expires: put.expires.map(|at| dating.expires_in(at)),
            ..put
        })
    }

    /// Work is due by the wall in the home, and by the world's clock inside.
    pub(crate) fn due_key_in(&self, key: &DueKey, dating: Dating) -> Option<DueKey> {
        let at_ms = dating.to_wall(key.at_ms);
        Some(DueKey { id: self.name_in(&key.id)?, at_ms, ..*key })
    }
    pub(crate) fn due_out(&self, Due { key, body }: Due, dating: Dating) -> Option<Due> {
        let at_ms = dating.out_of_wall(key.at_ms);
        Some(Due { key: DueKey { id: self.name_out(key.id)?, at_ms, ..key }, body })
    }

    /// A record in the home, without any doors.
    pub(crate) fn record_in(&self, record: Record, dating: Dating) -> Option<Record> {
        Some(match record {
            Record::Doc(Held { doc, index, expires }) => Record::Doc(Held {
                doc: Doc { key: self.key_in(&doc.key)?, ..doc },
                index: index.into_iter().map(|key| self.index_in(key)).collect::<Option<_>>()?,
                expires: expires.map(|at| dating.expires_in(at)),
            }),
            Record::Counter { name, value } => Record::Counter { name: self.name_in(&name)?, value },
            Record::Due(Due { key, body }) => Record::Due(Due { key: self.due_key_in(&key, dating)?, body }),
        })
    }
    /// A record inside the world; `None` for what belongs to another one.
    pub(crate) fn record_out(&self, record: Record, dating: Dating) -> Option<Record> {
        Some(match record {
            Record::Doc(Held { doc, index, expires }) => Record::Doc(Held {
                doc: self.doc_out(doc)?,
                index: index.into_iter().filter_map(|key| self.index_out(key)).collect(),
                expires: expires.map(Dating::expires_out),
            }),
            Record::Counter { name, value } => Record::Counter { name: self.name_out(name)?, value },
            Record::Due(due) => Record::Due(self.due_out(due, dating)?),
        })
    }

    /// A scope of the world's names in the home.
    pub(crate) fn scope_in(&self, scope: Scope) -> Scope {
        let Space::Led(prefix) = self else {
            // Walking everything passes over other worlds; erasing must name what goes.
            return scope;
        };
        let led =
            |names: Vec<String>| names.into_iter().map(|name| [prefix, name.as_str()].concat()).collect();
        match scope {
            Scope::All => Scope::Under(vec![prefix.clone()]),
            Scope::Accounts(named) => Scope::Accounts(led(named)),
            Scope::Under(beginnings) => Scope::Under(led(beginnings)),
        }
    }
    /// Of everything that a world of the API keeps: accounts' and its house's.
    pub(crate) fn everything(&self) -> Scope {
        match self {
            Space::Root => Scope::Under(vec!["acct_".into(), format!("{HOUSE}/")]),
            Space::Led(prefix) => Scope::Under(vec![prefix.clone()]),
            Space::Whole => Scope::All,
        }
    }
}
