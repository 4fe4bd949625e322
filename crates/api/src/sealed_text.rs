//! Long texts at rest: the vault is for small secrets, so a long one is sealed in pieces, each to its place.
use crate::{Stop, World, fault, secrets::Sealed};
use vault::{Kind, Place, Vault};

/// What a piece is sealed to, so that pieces cannot change places.
fn piece(object: &str, number: usize) -> String {
    format!("{object}.{number}")
}

/// A text sealed to an object of an account. Errors: the vault refuses.
pub fn seal(world: &World, kind: Kind, account: &str, object: &str, text: &str) -> Result<Vec<String>, Stop> {
    let seal = |(n, text): (usize, &str)| {
        let at = Place { account, object: &piece(object, n) };
        world.vault.seal(kind, at, text, &*world.entropy)
    };
    let sealed: Result<_, _> = pieces(text, Vault::LIMIT).into_iter().enumerate().map(seal).collect();
    sealed.map_err(|e| fault(format!("what belongs to {object} cannot be sealed: {e}")))
}

/// The text again. Errors: it does not open here.
pub fn open(
    world: &World,
    kind: Kind,
    account: &str,
    object: &str,
    sealed: &[String],
) -> Result<String, Stop> {
    let mut text = String::new();
    for (n, sealed) in sealed.iter().enumerate() {
        let at = Place { account, object: &piece(object, n) };
        let opened = world.vault.open(kind, at, sealed);
        let opened = opened.map_err(|e| fault(format!("what belongs to {object} cannot be opened: {e}")))?;
        text.push_str(opened.reveal());
    }
    Ok(text)
}

/// The pieces as the secrets of their object.
pub fn secrets<'s>(kind: Kind, object: &str, sealed: &'s mut [String]) -> Vec<Sealed<'s>> {
    let pieces = sealed.iter_mut().enumerate();
    pieces.map(|(n, text)| Sealed { kind, object: piece(object, n), text }).collect()
}

/// A text in pieces of at most so many bytes.
fn pieces(text: &str, most: usize) -> Vec<&str> {
    let (mut rest, mut out) = (text, Vec::new());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(most));
        out.push(piece);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_text_again() {
        for text in ["", "a", "abcdef", "ä€😀ä€😀ä€😀"] {
            let parts = pieces(text, 5);
            assert!(parts.iter().all(|part| (1..=5).contains(&part.len())));
            assert_eq!(parts.concat(), text);
        }
    }
}
