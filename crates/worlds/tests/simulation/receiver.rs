//! A receiver of webhooks as the internet has them: it fails, does not answer, and hears what it does not acknowledge.
use crate::crew::{Dice, turn};
use base::Fut;
use clockwork::{Answer, Egress, Letter, Unsent};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use wire::Node;

/// The receiver.
pub(crate) struct Receiver {
    dice: Dice,
    calm: Arc<AtomicBool>,
    /// The body of each letter.
    came: Mutex<Vec<String>>,
    heard: Mutex<BTreeSet<String>>,
}

impl Receiver {
    pub(crate) fn new(dice: Dice, calm: Arc<AtomicBool>) -> Self {
        Receiver { dice, calm, came: Mutex::default(), heard: Mutex::default() }
    }
    pub(crate) fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }
    /// The events that came at least once.
    pub(crate) fn heard(&self) -> BTreeSet<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Egress for Receiver {
    fn post(&self, letter: Letter) -> Fut<'_, Result<Answer, Unsent>> {
        Box::pin(async move {
            turn().await;
            let mood = if self.calm.load(Ordering::SeqCst) { 0 } else { self.dice.below(10) };
            if mood == 9 {
                return Err(Unsent::Unreachable("nobody is there".into()));
            }
            let event = Node::parse(&letter.body).unwrap();
            let id = event.get("id").and_then(Node::as_str).unwrap().to_owned();
            self.came.lock().unwrap().push(String::from_utf8_lossy(&letter.body).into_owned());
            self.heard.lock().unwrap().insert(id);
            turn().await;
            match mood {
                8 => Err(Unsent::TimedOut),
                7 => Ok(Answer::of(500)),
                _ => Ok(Answer::of(200)),
            }
        })
    }
}
