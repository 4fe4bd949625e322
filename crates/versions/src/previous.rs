//! The old values in an event's `previous_attributes` are fragments of the event's object, so every change of
//! that object is also theirs.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// A change, applied to the old values in events as well.
pub(crate) struct AndPrevious(pub(crate) &'static dyn Change);

impl Change for AndPrevious {
    fn since(&self) -> Version {
        self.0.since()
    }
    fn what(&self) -> &'static str {
        self.0.what()
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        self.0.needs()
    }
    fn makes(&self) -> &'static [(&'static str, &'static str)] {
        self.0.makes()
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "event"
            && let Some(data) = it.get_mut("data")
            && let Some(of) = data.get("object").and_then(tree::object_of).map(str::to_owned)
            && let Some(previous) = data.get_mut("previous_attributes")
        {
            self.0.down(&of, previous);
        }
        self.0.down(object, it);
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        self.0.up(method, path, params);
    }
}
