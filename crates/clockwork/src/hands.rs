//! Hands for whoever does a world's work in its order instead of the queues: a clock that is moved.
use crate::{Egress, Site, Slot, Verdict, Work, deliver::Webhooks, meters::Meters, settle::Settle};
use std::sync::Arc;
use store::{Due, Fault};

/// Does the work that goes with the clock.
pub struct Hands {
    settle: Arc<dyn Work>,
    webhooks: Arc<dyn Work>,
}

/// What sort of work a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// It decides about what is there.
    Deciding,
    /// It tells somebody outside, who may take their time.
    Telling,
}

impl Hands {
    /// Hands that deliver through this.
    pub fn new(egress: Arc<dyn Egress>) -> Self {
        Hands { settle: Arc::new(Settle), webhooks: Arc::new(Webhooks::new(egress)) }
    }
    fn work(&self, sort: Sort) -> &Arc<dyn Work> {
        match sort {
            Sort::Deciding => &self.settle,
            Sort::Telling => &self.webhooks,
        }
    }
    /// The sort of a queue's work; none where it goes by the wall, whatever the clock of a world shows.
    pub fn sort(&self, queue: &str) -> Option<Sort> {
        [Sort::Deciding, Sort::Telling].into_iter().find(|sort| self.work(*sort).queue() == queue)
    }
    /// What a piece shares its order or its receiver with.
    pub fn lane(&self, sort: Sort, due: &Due) -> String {
        self.work(sort).lane(due)
    }
    /// Does a piece, as its queue would.
    pub async fn perform(&self, sort: Sort, site: &Site, due: Due) -> Result<Verdict, Fault> {
        let work = self.work(sort);
        Meters::of(work.queue()).started(site.api.world.clock.now_ms() - due.key.at_ms);
        work.perform(site, due, Slot::none()).await
    }
}
