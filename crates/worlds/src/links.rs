//! What must hold at rest of what is written down of worlds themselves; what lies within a world is compared there.
use crate::{
    doors,
    records::{SnapshotRecord, WorldRecord},
    scoped::REVOKED,
    space::HALL,
};
use audit::{Kind, Said};
use base::Named;
use store::Held;
use wire::Shaped;

/// Every kind that is stored, and what must hold of it.
pub const KINDS: &[Kind] = &[
    Kind { name: WorldRecord::NAME, tell: reads::<WorldRecord> },
    Kind { name: SnapshotRecord::NAME, tell: reads::<SnapshotRecord> },
    Kind { name: REVOKED, tell: |_, _| {} },
];
/// The index of doors, which no document declares.
pub const DOOR: &str = doors::INDEX;

/// Whether what lies under this name belongs to an account, and not to the worlds themselves.
pub fn is_account(name: &str) -> bool {
    name != HALL
}

fn reads<T: Named + Shaped>(held: &Held, said: &mut Said<'_>) {
    if let Err(bad) = wire::from_json::<T>(&held.doc.body) {
        said.flaw(format!("a document that reads as {}", T::NAME), format!("{bad:?}"));
    }
}
