//! The words that every room uses: time, chance, ids, currencies, references, errors, callers and versions.
//! Nothing here does I/O.
mod caller;
mod change;
mod currency;
mod entropy;
mod error;
mod id;
mod metadata;
mod reference;
mod time;
mod version;

pub use caller::{Caller, Scope, Via};
pub use change::Change;
pub use currency::Currency;
pub use entropy::{Entropy, Seeded};
pub use error::{ApiError, ErrorType};
pub use id::{Ids, made};
pub use metadata::{Metadata, MetadataPatch};
pub use reference::{Named, Ref, Sublist};
pub use time::{Clock, ManualClock, Timestamp};
pub use version::Version;

use std::{future::Future, pin::Pin};

/// A boxed future: what the `dyn` seams return.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
