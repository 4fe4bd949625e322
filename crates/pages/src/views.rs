//! What each page shows: one struct a template. Handlers fill them; templates only lay them out.

mod challenge;
mod connect;
mod dashboard;
mod entry;
mod invoice;
mod portal;
mod receipt;
mod setup;
mod shared;

pub use challenge::*;
pub use connect::*;
pub use dashboard::*;
pub use entry::*;
pub use invoice::*;
pub use portal::*;
pub use receipt::*;
pub use setup::*;
pub use shared::*;
