//! A bell that is rung after a commit for which somebody waits in this process.
use store::Unit;
use tokio::sync::watch;

/// Documents of this kind are waited for: each is an event that somebody listens to.
pub const HEARD: &str = "heard_event";

/// Rung after a commit that wrote a document of the kind [`HEARD`]. Nothing hangs on hearing it but time.
#[derive(Debug)]
pub struct Bell(watch::Sender<()>);

impl Default for Bell {
    fn default() -> Self {
        Bell(watch::Sender::new(()))
    }
}

impl Bell {
    /// Whether it is to be rung once a unit is committed.
    pub(crate) fn wants(unit: &Unit) -> bool {
        unit.puts.iter().any(|put| put.key.kind == HEARD && put.body.is_some())
    }
    pub(crate) fn ring(&self) {
        self.0.send_replace(());
    }
    /// Hears it from here on.
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
