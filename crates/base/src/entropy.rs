//! Randomness as a dependency.
use rand_chacha::{
    ChaCha12Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use std::sync::{Mutex, PoisonError};

/// Where randomness comes from: cryptographically strong, except where a seed was asked for.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// A text of `length` characters out of `0-9A-Za-z`, each equally likely.
    fn token(&self, length: usize) -> String {
        let mut out = String::with_capacity(length);
        let mut pool = [0u8; 64];
        while out.len() < length {
            self.fill(&mut pool);
            // 248 = 4 × 62: bytes from there on would favour the first characters.
            let fair = pool.iter().filter(|b| **b < 248).map(|b| char::from(BASE62[usize::from(b % 62)]));
            out.extend(fair.take(length - out.len()));
        }
        out
    }
}

/// The alphabet of ids and tokens in ASCII order, so that texts sort as the numbers they stand for.
pub(crate) const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A generator that starts from a seed: from the operating system in earnest, from `--seed` in tests.
#[derive(Debug)]
pub struct Seeded(Mutex<ChaCha12Rng>);

impl Seeded {
    /// A generator that starts from these bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        Seeded(Mutex::new(ChaCha12Rng::from_seed(seed)))
    }
    /// A generator that repeats for the same number.
    pub fn from_number(seed: u64) -> Self {
        Seeded(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}
