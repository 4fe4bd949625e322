//! Languages of the portal.
use wire::{At, Bad, Node, Shape, Wire};

/// A language, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale(pub &'static str);

/// The languages that can be asked for.
const ALL: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ",
    "en-SG", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt",
    "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh",
    "zh-HK", "zh-TW",
];

impl Wire for Locale {
    const SHAPE: Shape = Shape::Choice(ALL);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let sent = wire::text(at, node)?;
        let known = ALL.iter().find(|known| **known == sent);
        known.map(|known| Locale(known)).ok_or_else(|| Bad::Choice {
            param: at.path(),
            got: sent.chars().take(100).collect(),
            of: ALL,
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, self.0);
    }
}
