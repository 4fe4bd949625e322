//! A bounded memory of what a home read or wrote, never older than what was acknowledged.
//!
//! The writer publishes once a commit is durable and before it answers, so whoever was answered finds the new version
//! here or in the file. A reader that missed reads the file on its own; what it read may be older than what was
//! published meanwhile. So it notes the shard's generation before it reads, and what it read is kept only if
//! nothing was published in that shard since.
//!
//! Each shard has two generations of entries: what is used moves to the young one, and when that is full, the old
//! one is dropped whole. That is nearly as good as an exact order of use and needs no lists.
use crate::Doc;
use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Enough that two threads rarely meet, few enough that a shard of a small cache still holds something.
const SHARDS: usize = 32;

/// Takes a hash as it is.
#[derive(Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// How a map is told that its keys are hashes already.
pub type Hashed = BuildHasherDefault<AsIs>;

/// What can be kept.
pub trait Weigh {
    /// About how many bytes it takes.
    fn weight(&self) -> usize;
}

/// What an entry costs beside its texts, about.
pub const ENTRY_BYTES: usize = 160;

impl Weigh for Doc {
    fn weight(&self) -> usize {
        self.body.len() + self.key.account.len() + self.key.id.len() + ENTRY_BYTES
    }
}

impl<T: Weigh> Weigh for Arc<T> {
    fn weight(&self) -> usize {
        T::weight(self)
    }
}

struct Shard<T> {
    generation: u64,
    young: HashMap<u64, T, Hashed>,
    old: HashMap<u64, T, Hashed>,
    weight: usize,
}

/// Values under the hashes of their names; the caller compares the name, so a collision is a miss.
pub struct Cache<T> {
    shards: Vec<Mutex<Shard<T>>>,
    hasher: RandomState,
    /// What the young entries of a shard may weigh.
    half: usize,
}

impl<T: Weigh> Cache<T> {
    /// A cache of about so many bytes.
    pub fn new(bytes: usize) -> Self {
        let shard = || Shard { generation: 0, young: HashMap::default(), old: HashMap::default(), weight: 0 };
        Cache {
            shards: (0..SHARDS).map(|_| Mutex::new(shard())).collect(),
            hasher: RandomState::new(),
            half: bytes / SHARDS / 2,
        }
    }

    pub fn hash(&self, name: impl Hash) -> u64 {
        self.hasher.hash_one(name)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<T>> {
        // The maps inside choose their places by the low and the highest bits.
        let shard = (hash >> 32) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `look` makes of the entry, where there is one and it is the right one.
    pub fn look<R>(&self, hash: u64, look: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let mut shard = self.shard(hash);
        if let Some(found) = shard.young.get(&hash) {
            return look(found);
        }
        let found = shard.old.remove(&hash)?;
        let seen = look(&found);
        shard.keep(hash, found, self.half);
        seen
    }

    /// The generation to be handed to [`Cache::fill`], noted before the file is read.
    pub fn generation(&self, hash: u64) -> u64 {
        self.shard(hash).generation
    }

    /// Keeps what a reader found, unless the writer has published since the reader began.
    pub fn fill(&self, hash: u64, generation: u64, value: T) {
        let mut shard = self.shard(hash);
        if shard.generation == generation {
            shard.old.remove(&hash);
            shard.keep(hash, value, self.half);
        }
    }

    /// Says what is true from now on; `None`: look into the file. For the writer, once it is durable.
    pub fn publish(&self, hash: u64, value: Option<T>) {
        let mut shard = self.shard(hash);
        shard.generation += 1;
        if let Some(old) = shard.young.remove(&hash) {
            shard.weight -= old.weight();
        }
        shard.old.remove(&hash);
        if let Some(value) = value {
            shard.keep(hash, value, self.half);
        }
    }
}

impl<T: Weigh> Shard<T> {
    fn keep(&mut self, hash: u64, value: T, half: usize) {
        let weight = value.weight();
        if weight > half {
            return;
        }
        if self.weight + weight > half {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        if let Some(old) = self.young.insert(hash, value) {
            self.weight -= old.weight();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Debug)]
    struct Weighty(u64);
    impl Weigh for Weighty {
        fn weight(&self) -> usize {
            100
        }
    }
    fn get(cache: &Cache<Weighty>, hash: u64) -> Option<u64> {
        cache.look(hash, |found| Some(found.0))
    }

    #[test]
    fn what_a_reader_found_never_replaces_what_was_published() {
        let cache = Cache::new(1 << 20);
        let seen = cache.generation(7);
        cache.publish(7, Some(Weighty(2)));
        cache.fill(7, seen, Weighty(1));
        assert_eq!(get(&cache, 7), Some(2));
        cache.publish(7, None);
        assert_eq!(get(&cache, 7), None);
        cache.fill(7, cache.generation(7), Weighty(3));
        assert_eq!(get(&cache, 7), Some(3));
    }

    #[test]
    fn it_stays_within_its_bounds_and_keeps_what_is_used() {
        let cache = Cache::new(SHARDS * 2 * 1000);
        // All in one shard.
        for n in 0..1000 {
            cache.publish(n, Some(Weighty(n)));
            assert_eq!(get(&cache, 0), Some(0));
        }
        let held = (0..1000).filter(|n| get(&cache, *n).is_some()).count();
        assert!((5..=20).contains(&held), "{held}");
        let shard = cache.shard(0);
        assert_eq!(shard.weight, shard.young.len() * 100);
        assert!(shard.young.len() <= 10 && shard.old.len() <= 10);
    }

    #[test]
    fn a_removed_entry_does_not_come_back_from_the_old_generation() {
        let cache = Cache::new(SHARDS * 2 * 300);
        for n in 0..4 {
            cache.publish(n, Some(Weighty(n)));
        }
        assert!(cache.shard(0).old.contains_key(&0));
        cache.publish(0, Some(Weighty(10)));
        cache.publish(0, None);
        assert_eq!(get(&cache, 0), None);
    }
}
