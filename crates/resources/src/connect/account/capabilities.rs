//! What accounts can do, by name.
use super::NAMES;
use wire::{At, Bad, Node, Shape, Wire};

/// Whether a capability can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CapabilityStatus {
    /// It can.
    Active,
    /// It cannot.
    Inactive,
    /// What was given is being looked at.
    Pending,
    /// Nobody wants it. An account does not show such capabilities.
    Unrequested,
}

/// The capabilities of an account, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Capabilities(pub Vec<(&'static str, CapabilityStatus)>);

impl Capabilities {
    /// Those of an account that controls itself.
    pub fn own(status: CapabilityStatus) -> Self {
        Capabilities(vec![("card_payments", status), ("transfers", status)])
    }
}

/// The capability with this name.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    NAMES.iter().copied().find(|known| *known == name)
}

impl Wire for Capabilities {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let Some(Node::Map(entries)) = node else { return Ok(Capabilities::default()) };
        let mut found = Vec::with_capacity(entries.len());
        for (name, status) in entries {
            if let Some(name) = named(name) {
                found.push((name, CapabilityStatus::read(&at.child(name), Some(status))?));
            }
        }
        Ok(Capabilities(found))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (i, (name, status)) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            wire::write_str(out, name);
            out.push(b':');
            status.write(out);
        }
        out.push(b'}');
    }
}

/// A capability as it is kept: whether somebody wants it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Whether it is wanted.
    pub requested: bool,
    /// Since when it was wanted last.
    pub requested_at: Option<base::Timestamp>,
}

/// `capabilities` as sent: which are wanted, and which are not any more.
#[derive(Debug, Default)]
pub(super) struct CapabilityParams(pub(super) Vec<(&'static str, bool)>);

#[derive(Wire)]
struct OneParam {
    requested: Option<bool>,
}

impl Wire for CapabilityParams {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let entries = match node {
            None => return Ok(CapabilityParams::default()),
            Some(Node::Map(entries)) => entries,
            Some(other) => return Err(Bad::not(at, "object", other.to_json())),
        };
        let mut found = Vec::with_capacity(entries.len());
        for (name, one) in entries {
            let place = at.child(name);
            let Some(name) = named(name) else { return Err(Bad::Unknown(vec![place.path()])) };
            let OneParam { requested } = wire::read_struct(&place, Some(one))?;
            found.extend(requested.map(|requested| (name, requested)));
        }
        Ok(CapabilityParams(found))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }
}
