//! Whoever is at work, in an order that follows from the seed.
use base::{Entropy as _, Seeded};
use std::{
    cell::RefCell,
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// Chance of the simulation.
#[derive(Clone)]
pub(crate) struct Dice(Arc<Seeded>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(Arc::new(Seeded::from_number(seed)))
    }
    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    /// Dice of their own, which these decide.
    pub(crate) fn apart(&self) -> Self {
        Dice::new(self.number())
    }
    pub(crate) fn seeded(&self) -> Seeded {
        Seeded::from_number(self.number())
    }
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.number() % end
    }
    pub(crate) fn one_in(&self, many: u64) -> bool {
        self.below(many) == 0
    }
    pub(crate) fn pick<'l, T>(&self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len() as u64) as usize]
    }
}

type Life = Pin<Box<dyn Future<Output = ()>>>;

struct Hand {
    /// The node that it dies with.
    node: Option<usize>,
    life: Life,
}

/// Everybody.
pub(crate) struct Crew {
    dice: Dice,
    hands: RefCell<Vec<Hand>>,
    fresh: RefCell<VecDeque<Hand>>,
}

impl Crew {
    pub(crate) fn new(dice: Dice) -> Self {
        Crew { dice, hands: RefCell::default(), fresh: RefCell::default() }
    }
    pub(crate) fn begin(&self, node: Option<usize>, life: impl Future<Output = ()> + 'static) {
        self.fresh.borrow_mut().push_back(Hand { node, life: Box::pin(life) });
    }
    /// Lets somebody go on for a moment.
    pub(crate) fn step(&self) {
        let mut hands = self.hands.borrow_mut();
        hands.extend(self.fresh.borrow_mut().drain(..));
        if hands.is_empty() {
            return;
        }
        let at = self.dice.below(hands.len() as u64) as usize;
        let ended = hands[at].life.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        if ended {
            hands.swap_remove(at);
        }
    }
    /// Everybody of a node is gone, wherever they were.
    pub(crate) fn kill(&self, node: usize) {
        let of = |hand: &Hand| hand.node == Some(node);
        self.fresh.borrow_mut().retain(|hand| !of(hand));
        let hands = std::mem::take(&mut *self.hands.borrow_mut());
        let (dead, alive): (Vec<_>, Vec<_>) = hands.into_iter().partition(of);
        *self.hands.borrow_mut() = alive;
        drop(dead);
    }
}

/// Lets others go first, once.
pub(crate) async fn turn() {
    let mut given = false;
    std::future::poll_fn(
        |_| if std::mem::replace(&mut given, true) { Poll::Ready(()) } else { Poll::Pending },
    )
    .await;
}

/// Runs what nobody else has a part in to its end.
pub(crate) fn alone<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    for _ in 0..1_000_000 {
        if let Poll::Ready(it) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return it;
        }
    }
    panic!("it does not end")
}
