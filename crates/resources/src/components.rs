//! The components of a page that a session opens, each with its features. Which there are is said by a table
//! ([`components!`]), from which follows what is read and what is shown.
use std::borrow::Cow;
use wire::{At, Bad, Field, Node, Optional, Shape, Wire, text};

/// A component that a session may open.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// Its features, which it may have none of.
    pub(crate) features: Option<&'static [Field]>,
}

/// Makes the table of components, and the type of what is sent and shown of them.
macro_rules! components {
    ($($name:ident $({ $($feature:ident: $shape:expr),* $(,)? })?;)*) => {
        /// The components that there are.
        pub(super) const KNOWN: &[$crate::components::Known] = &[$($crate::components::Known {
            name: stringify!($name),
            features: $crate::components::features!($({ $($feature: $shape),* })?),
        }),*];
        /// The same as parameters.
        const SHAPE: wire::Shape = wire::Shape::Object(&[$(wire::Field {
            name: stringify!($name),
            doc: "",
            shape: wire::Shape::Nullable(&wire::Shape::Object(&[
                wire::Field { name: "enabled", doc: "", shape: wire::Shape::Bool },
                $(wire::Field { name: "features", doc: "", shape: wire::Shape::Nullable(&wire::Shape::Object(&[
                    $(wire::Field { name: stringify!($feature), doc: "", shape: wire::Shape::Nullable(&$shape) }),*
                ])) },)?
            ])),
        }),*]);

        /// Components: as sent only those that were named, as shown all.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Components(pub(super) Vec<$crate::components::Component>);

        impl wire::Wire for Components {
            const SHAPE: wire::Shape = SHAPE;
            fn read(at: &wire::At<'_>, node: Option<&wire::Node<'_>>) -> Result<Self, wire::Bad> {
                $crate::components::read(KNOWN, at, node).map(Components)
            }
            fn write(&self, out: &mut Vec<u8>) {
                $crate::components::write(&self.0, out);
            }
        }
    };
}
/// The features of a component.
macro_rules! features {
    () => { None };
    ({ $($feature:ident: $shape:expr),* }) => {
        Some(&[$(wire::Field { name: stringify!($feature), doc: "", shape: $shape }),*])
    };
}
pub(crate) use {components, features};

/// A component as sent, or as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Component {
    pub(crate) name: &'static str,
    pub(crate) enabled: bool,
    /// What is said of its features; left out where it has none.
    pub(crate) features: Optional<Option<Features>>,
}

/// Features by name, with their values.
pub(crate) type Features = Vec<(&'static str, Node<'static>)>;

impl Component {
    /// What is said of a feature.
    pub(crate) fn feature(&self, name: &str) -> Option<&Node<'static>> {
        self.features.0.as_ref()?.as_ref()?.iter().find(|(known, _)| *known == name).map(|(_, node)| node)
    }
    /// It as it is shown.
    fn node(&self) -> Node<'static> {
        let mut members = vec![(Cow::Borrowed("enabled"), Node::Bool(self.enabled))];
        let hash = |all: &Features| {
            Node::Map(all.iter().map(|(name, node)| (Cow::Borrowed(*name), node.clone())).collect())
        };
        if let Some(features) = &self.features.0 {
            members.push((Cow::Borrowed("features"), features.as_ref().map_or(Node::Null, hash)));
        }
        Node::Map(members)
    }
}

/// Appends components as JSON.
pub(crate) fn write(all: &[Component], out: &mut Vec<u8>) {
    Node::Map(all.iter().map(|it| (Cow::Borrowed(it.name), it.node())).collect()).write(out);
}

/// Reads components as parameters. Errors: there is no such component or feature; a value of the wrong type.
pub(crate) fn read(
    known: &'static [Known],
    at: &At<'_>,
    node: Option<&Node<'_>>,
) -> Result<Vec<Component>, Bad> {
    let mut unknown = Vec::new();
    let mut all = Vec::new();
    for (name, node) in hash(at, node)? {
        match known.iter().find(|it| it.name == *name) {
            Some(known) => all.push(component(known, &at.child(name), node)?),
            None => unknown.push(at.child(name).path()),
        }
    }
    if unknown.is_empty() { Ok(all) } else { Err(Bad::Unknown(unknown)) }
}

type Entries<'n, 'a> = &'n [(Cow<'a, str>, Node<'a>)];

fn hash<'n, 'a>(at: &At<'_>, node: Option<&'n Node<'a>>) -> Result<Entries<'n, 'a>, Bad> {
    match node {
        Some(Node::Map(entries)) => Ok(entries),
        Some(Node::Form(sent)) if sent.is_empty() => Err(Bad::Empty(at.path())),
        Some(other) => Err(Bad::not(at, "object", shown(other))),
        None => Err(Bad::Missing(at.path())),
    }
}

fn shown(node: &Node<'_>) -> String {
    node.as_str().map_or_else(|| node.to_json(), str::to_owned).chars().take(200).collect()
}

fn component(known: &'static Known, at: &At<'_>, node: &Node<'_>) -> Result<Component, Bad> {
    let (mut enabled, mut features) = (None, None);
    for (name, node) in hash(at, Some(node))? {
        match (name.as_ref(), known.features) {
            ("enabled", _) => enabled = Some(bool::read(&at.child("enabled"), Some(node))?),
            ("features", Some(known)) => features = Some(self::said(known, &at.child("features"), node)?),
            (other, _) => return Err(Bad::Unknown(vec![at.child(other).path()])),
        }
    }
    let enabled = enabled.ok_or_else(|| Bad::Missing(at.child("enabled").path()))?;
    Ok(Component { name: known.name, enabled, features: Optional(features.map(Some)) })
}

fn said(known: &'static [Field], at: &At<'_>, node: &Node<'_>) -> Result<Features, Bad> {
    let mut all = Vec::new();
    for (name, node) in hash(at, Some(node))? {
        let at = at.child(name);
        let Some(field) = known.iter().find(|it| it.name == *name) else {
            return Err(Bad::Unknown(vec![at.path()]));
        };
        all.push((field.name, value(field.shape, &at, node)?));
    }
    Ok(all)
}

/// A value of one of the shapes that features have: switches, words, several words, numbers.
fn value(shape: Shape, at: &At<'_>, node: &Node<'_>) -> Result<Node<'static>, Bad> {
    match shape {
        Shape::Integer => i64::read(at, Some(node)).map(Node::Integer),
        Shape::Choice(of) => word(of, at, text(at, Some(node))?),
        Shape::List(Shape::Choice(of)) => {
            let words = Vec::<String>::read(at, Some(node))?;
            words.iter().map(|it| word(of, at, it)).collect::<Result<_, _>>().map(Node::List)
        }
        _ => bool::read(at, Some(node)).map(Node::Bool),
    }
}

fn word(of: &'static [&'static str], at: &At<'_>, sent: &str) -> Result<Node<'static>, Bad> {
    match of.iter().find(|it| **it == sent) {
        Some(known) => Ok(Node::text(*known)),
        None => Err(Bad::choice(at, &sent.chars().take(200).collect::<String>(), of)),
    }
}
