//! A deterministic simulation: two nodes, their store, their acquirer, a receiver of webhooks, clients and the clock in one
//! thread, driven by one seed. Stores and acquirers fail and lose answers, nodes die and come back, requests come twice,
//! the clock jumps. Then the trouble ends, everything that is owed must be done, and what is left is proved.
//!
//! `TOLLBRIDGE_SEEDS=1000` tries so many seeds, `TOLLBRIDGE_SEEDS=500..600` those, `TOLLBRIDGE_SEED=n` that one alone. They are tried on as many
//! threads as there are cores. All are tried, then those that failed are named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a simulation stops at the first surprise"
)]
mod bank;
mod clients;
mod crew;
mod home;
mod nodes;
mod proof;
mod receiver;

use clients::Client;
use crew::{Crew, Dice};
use nodes::Town;
use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// Seeds that are tried where nobody says otherwise: as many as a few seconds allow.
const SEEDS: u64 = 24;
/// Rounds of requests; between them the clock goes on by days.
const ROUNDS: usize = 3;
/// Clients at a time.
const CLIENTS: usize = 5;
/// Days that pass after the trouble has ended: a renewal, and more than any retry takes.
const DAYS_AFTER: usize = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// One history, and what was said and told in it.
fn history(seed: u64) -> Vec<String> {
    let dice = Dice::new(seed);
    let crew = Rc::new(Crew::new(dice.apart()));
    let town = Rc::new(Town::found(dice.clone(), crew.clone()));
    for round in 0..ROUNDS {
        let clients = (0..CLIENTS).map(|n| Client::new(town.clone(), format!("{round}-{n}")));
        let going: Vec<_> = clients.map(Client::begin).collect();
        town.until(|| going.iter().all(|it| it.has_ended()));
        town.clock.advance(dice.below(3 * 86_400) as i64);
    }
    town.calm();
    for _ in 0..DAYS_AFTER {
        town.clock.advance(86_400);
        town.until_idle();
    }
    proof::prove(&town);
    town.said()
}

/// The seeds that are wanted.
fn seeds() -> Range<u64> {
    if let Some(seed) = number("TOLLBRIDGE_SEED") {
        return seed..seed + 1;
    }
    let wanted = std::env::var("TOLLBRIDGE_SEEDS").unwrap_or_default();
    let (from, to) = wanted.split_once("..").unwrap_or(("0", &wanted));
    from.parse().unwrap_or(0)..to.parse().unwrap_or(SEEDS)
}

#[test]
fn whatever_fails_nothing_is_lost_and_nothing_happens_twice() {
    let (seeds, began) = (seeds(), Instant::now());
    let (next, lines) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let failed = Mutex::new(Vec::new());
    let try_all = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if !seeds.contains(&seed) {
            return;
        }
        match catch_unwind(AssertUnwindSafe(|| history(seed))) {
            Ok(said) => drop(lines.fetch_add(said.len() as u64, Ordering::Relaxed)),
            Err(_) => {
                eprintln!("the history of seed {seed} fails: TOLLBRIDGE_SEED={seed} repeats it");
                failed.lock().unwrap().push(seed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(try_all))));
    println!(
        "{} histories, {} answers and deliveries, {:.1} s",
        seeds.end - seeds.start,
        lines.into_inner(),
        began.elapsed().as_secs_f64()
    );
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "the histories of {failed:?} fail");
}

#[test]
fn one_seed_is_one_history() {
    for seed in [3, 17] {
        let (first, second) = (history(seed), history(seed));
        assert!(first.len() > 100, "{} lines", first.len());
        for (one, other) in first.iter().zip(&second) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}
