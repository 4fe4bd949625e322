//! A queue whose takers take all that waits: while one batch is at work, the next one gathers, without a timer.
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

pub(crate) struct Gather<T> {
    waiting: Mutex<Waiting<T>>,
    bell: Notify,
    max: usize,
}

struct Waiting<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> Gather<T> {
    /// A queue in which at most `max` wait.
    pub(crate) fn new(max: usize) -> Self {
        let waiting = Waiting { items: VecDeque::new(), closed: false };
        Gather { waiting: Mutex::new(waiting), bell: Notify::new(), max }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something at the end; whether there was room.
    pub(crate) fn push(&self, item: T) -> bool {
        let room = self.leave(item);
        if room {
            self.ring();
        }
        room
    }

    /// As [`Gather::push`], but it only goes along with what is pushed, or with the next [`Gather::ring`].
    pub(crate) fn leave(&self, item: T) -> bool {
        let mut waiting = self.waiting();
        let room = !waiting.closed && waiting.items.len() < self.max;
        if room {
            waiting.items.push_back(item);
        }
        room
    }

    /// Has what waits taken.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// All that waits, up to `limit`, as soon as something does; `None` when the queue is closed and empty.
    pub(crate) async fn take(&self, limit: usize) -> Option<Vec<T>> {
        loop {
            // Whoever is about to put something in, and only waits for this thread, goes first: a batch costs the
            // same for many as for one.
            tokio::task::yield_now().await;
            {
                let mut waiting = self.waiting();
                let many = waiting.items.len().min(limit);
                if many > 0 {
                    let taken = waiting.items.drain(..many).collect();
                    if !waiting.items.is_empty() || waiting.closed {
                        self.bell.notify_one();
                    }
                    return Some(taken);
                }
                if waiting.closed {
                    // The next taker must hear of it, too.
                    self.bell.notify_one();
                    return None;
                }
            }
            self.bell.notified().await;
        }
    }

    /// Nothing more may be put in; what waits is still taken.
    pub(crate) fn close(&self) {
        self.waiting().closed = true;
        self.bell.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_is_taken_together_and_the_rest_is_not_forgotten() {
        let queue = Gather::new(5);
        assert!((0..5).all(|n| queue.push(n)));
        assert!(!queue.push(5), "it is full");
        assert_eq!(queue.take(3).await, Some(vec![0, 1, 2]));
        queue.close();
        assert!(!queue.push(6));
        assert_eq!(queue.take(3).await, Some(vec![3, 4]));
        assert_eq!(queue.take(3).await, None);
        assert_eq!(queue.take(3).await, None);
    }

    #[tokio::test]
    async fn what_is_left_wakes_nobody_and_goes_along() {
        let queue = Gather::new(5);
        let others_go_on = async || {
            for _ in 0..9 {
                tokio::task::yield_now().await;
            }
        };
        let (taken, ()) = tokio::join!(queue.take(3), async {
            others_go_on().await;
            assert!(queue.leave(0));
            others_go_on().await;
            assert!(queue.waiting().items.len() == 1 && queue.push(1));
        });
        assert_eq!(taken, Some(vec![0, 1]));
        assert!(queue.leave(2));
        queue.ring();
        assert_eq!(queue.take(3).await, Some(vec![2]));
    }
}
