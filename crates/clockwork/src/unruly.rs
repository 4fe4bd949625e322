//! A post office that takes liberties, to harden a receiver: what it does is what a receiver of webhooks must bear with.
use crate::{Answer, Egress, Letter, Unsent};
use base::{Entropy, Fut};
use std::{sync::Arc, time::Duration};

/// The longest that a letter waits where the order is lost.
const SHUFFLED_MAX: Duration = Duration::from_millis(500);
/// The longest that a letter waits where letters are late.
const DELAYED_MAX: Duration = Duration::from_secs(5);
/// One letter in so many comes twice.
const DUPLICATED: u64 = 2;

/// Which liberty is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liberty {
    /// Letters come in another order than they were written in.
    Shuffled,
    /// Every other letter comes twice, to the letter.
    Duplicated,
    /// Letters come up to five seconds late.
    Delayed,
}

/// Posts with liberties.
pub struct Unruly {
    post: Arc<dyn Egress>,
    liberty: Liberty,
    chance: Arc<dyn Entropy>,
}

impl Unruly {
    /// A post office that hands on to another one.
    pub fn new(post: Arc<dyn Egress>, liberty: Liberty, chance: Arc<dyn Entropy>) -> Self {
        Unruly { post, liberty, chance }
    }

    /// A number below another.
    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.chance.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end.max(1)
    }

    async fn wait(&self, most: Duration) {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_millis(self.below(most + 1))).await;
    }
}

impl Egress for Unruly {
    fn post(&self, letter: Letter) -> Fut<'_, Result<Answer, Unsent>> {
        Box::pin(async move {
            match self.liberty {
                Liberty::Shuffled => self.wait(SHUFFLED_MAX).await,
                Liberty::Delayed => self.wait(DELAYED_MAX).await,
                Liberty::Duplicated if self.below(DUPLICATED) == 0 => {
                    // What becomes of the first is not known to whoever sends the second.
                    let _ = self.post.post(letter.clone()).await;
                }
                Liberty::Duplicated => {}
            }
            self.post.post(letter).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Seeded;
    use bytes::Bytes;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Bytes>>);

    impl Egress for Kept {
        fn post(&self, letter: Letter) -> Fut<'_, Result<Answer, Unsent>> {
            self.0.lock().unwrap().push(letter.body);
            Box::pin(std::future::ready(Ok(Answer::of(200))))
        }
    }

    async fn posted(liberty: Liberty, letters: usize) -> Vec<String> {
        let kept = Arc::new(Kept::default());
        let unruly = Arc::new(Unruly::new(kept.clone(), liberty, Arc::new(Seeded::from_number(7))));
        let mut tasks = tokio::task::JoinSet::new();
        for i in 0..letters {
            let unruly = unruly.clone();
            let url = "http://a.example/".parse().unwrap();
            let letter = Letter { url, headers: http::HeaderMap::new(), body: i.to_string().into() };
            tasks.spawn(async move { unruly.post(letter).await });
        }
        while let Some(done) = tasks.join_next().await {
            assert_eq!(done.unwrap(), Ok(Answer::of(200)));
        }
        let kept = kept.0.lock().unwrap();
        kept.iter().map(|body| String::from_utf8(body.to_vec()).unwrap()).collect()
    }

    #[tokio::test]
    async fn the_order_is_lost_and_nothing_else() {
        let mut came = posted(Liberty::Shuffled, 50).await;
        let written: Vec<String> = (0..50).map(|i: usize| i.to_string()).collect();
        assert_ne!(came, written);
        came.sort_by_key(|body| body.parse::<usize>().unwrap());
        assert_eq!(came, written);
    }

    #[tokio::test]
    async fn some_come_twice_by_a_seed() {
        let came = posted(Liberty::Duplicated, 40).await;
        assert!((41..80).contains(&came.len()), "{}", came.len());
        assert_eq!(came, posted(Liberty::Duplicated, 40).await);
        let distinct: std::collections::BTreeSet<_> = came.iter().collect();
        assert_eq!(distinct.len(), 40);
    }
}
