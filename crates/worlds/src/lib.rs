//! Worlds side by side in one home, for `tollbridge dev`: each with accounts, keys, sign-ins and a clock of its own,
//! to be copied, kept, restored and thrown away.
//!
//! - [`Scoped`] gives a world a key space of its own inside the shared home: names are led by its tag (`<tag>acct_1`),
//!   those of the guides' world have none.
//! - A door ([`Shown`]) leads from what a caller shows to the world: a unique index key of the very document that it
//!   stands for, so that both come and go in one commit.
//! - [`Worlds`] makes worlds, opens them, closes what nobody uses, and tells the worker whose work it has claimed.
//! - In the hall (the account `<` of the home) lies what is written down of worlds themselves.
mod agenda;
mod changes;
mod clock;
mod doors;
mod founding;
mod image;
pub mod links;
mod moves;
mod names;
mod open;
mod records;
mod scoped;
mod space;
mod worlds;

pub use clock::WorldClock;
pub use doors::Shown;
pub use founding::PASSWORD;
pub use moves::{Asked, Moved, To};
pub use names::{Names, rest_of_key};
pub use open::{DEFAULT, Open};
pub use records::{SnapshotRecord, WorldRecord};
pub use scoped::Scoped;
pub use worlds::{Wanted, Worlds};
