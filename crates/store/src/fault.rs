//! What a home says when it fails.
use std::fmt;

/// The home of the data failed, through no fault of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    text: String,
    unavailable: bool,
}

impl Fault {
    /// Something is broken, or it is not known whether what was asked for was written.
    pub fn broken(text: impl Into<String>) -> Self {
        Fault { text: text.into(), unavailable: false }
    }
    /// The home is overloaded, full or out of reach; nothing was written, and the same may be asked again soon.
    pub fn unavailable(text: impl Into<String>) -> Self {
        Fault { text: text.into(), unavailable: true }
    }
    /// Whether nothing was written and the same may be asked again soon.
    pub fn is_unavailable(&self) -> bool {
        self.unavailable
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl std::error::Error for Fault {}
