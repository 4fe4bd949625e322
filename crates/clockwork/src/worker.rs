//! The worker: every queue's loop, and the sweeping.
use crate::{
    Egress, Mailer, Site, Sites, Work, deliver::Webhooks, mail::Mail, queue::Queue, recover::Asks,
    reseal::Reseal, settle::Settle, site::Only, sweep,
};
use api::Api;
use std::sync::Arc;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

/// Wakes the loops: after a commit that wrote down due work, and after the clock was moved.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// Whoever does what is due.
pub struct Worker {
    sites: Arc<dyn Sites>,
    queues: Vec<(Arc<dyn Work>, Arc<Notify>)>,
    wake: Wake,
}

impl Worker {
    /// A worker of this API's world, from now on told of every commit that writes down due work. It works when it
    /// is [run](Worker::run).
    pub fn new(api: Arc<Api>, egress: Arc<dyn Egress>) -> Self {
        Worker::mailing(api, egress, None)
    }

    /// The same, which hands the messages of the outbox to a mailer, too.
    pub fn mailing(api: Arc<Api>, egress: Arc<dyn Egress>, mailer: Option<Arc<dyn Mailer>>) -> Self {
        let home = api.world.store.clone();
        let site = Site { name: "".into(), api, turn: Arc::default(), claimed: 0, home };
        Worker::with(Arc::new(Only(site)), egress, mailer)
    }

    /// A worker of all worlds of a home.
    pub fn of(sites: Arc<dyn Sites>, egress: Arc<dyn Egress>) -> Self {
        Worker::with(sites, egress, None)
    }

    fn with(sites: Arc<dyn Sites>, egress: Arc<dyn Egress>, mailer: Option<Arc<dyn Mailer>>) -> Self {
        // One line for each queue.
        let mut works: Vec<Arc<dyn Work>> =
            vec![Arc::new(Webhooks::new(egress)), Arc::new(Settle), Arc::new(Asks), Arc::new(Reseal)];
        works.extend(mailer.map(|mailer| Arc::new(Mail(mailer)) as Arc<dyn Work>));
        let queues: Vec<_> = works.into_iter().map(|work| (work, Arc::new(Notify::new()))).collect();
        let bells: Vec<Arc<Notify>> = queues.iter().map(|(_, bell)| bell.clone()).collect();
        let wake: Wake = Arc::new(move || bells.iter().for_each(|bell| bell.notify_one()));
        sites.store().on_due(wake.clone());
        Worker { sites, queues, wake }
    }

    /// What must be called after the world's clock was moved.
    pub fn waker(&self) -> Wake {
        self.wake.clone()
    }

    /// Works until `stop` holds `true` or its sender is gone; returns when what was under way has ended, or after a
    /// few seconds.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        for (work, bell) in self.queues {
            loops.spawn(Queue::new(work, self.sites.clone(), bell).run(stop.clone()));
        }
        loops.spawn(sweep::run(self.sites, stop));
        while let Some(ended) = loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a loop of the worker ended abruptly");
            }
        }
    }
}
