//! What is in files, in pieces beside them: whoever looks at a file or lists files reads none of it, and no document
//! becomes so large that a home could not hold it. Each piece is encrypted under a key of its own, which the vault seals:
//! files are documents of people, and statements of what they earn.
use super::File;
use api::{Cx, Object, Stop, secrets::Sealed};
use base::{Named, Timestamp};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use vault::{Kind, Place};
use wire::{Hidden, Wire};

/// A piece of what is in a file.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Piece {
    /// The file, a dot, and which piece it is, from 0 on.
    pub id: String,
    /// `file_piece`.
    pub object: String,
    /// The file.
    pub file: String,
    /// Until when the file is kept.
    pub expires_at: Option<Timestamp>,
    /// The bytes in base 64, encrypted where there is a key.
    pub data: String,
    /// The key that they are encrypted under, sealed.
    pub key: Hidden<Option<String>>,
}

impl Named for Piece {
    const NAME: &'static str = "file_piece";
    const PREFIX: &'static str = "file";
}
impl Object for Piece {
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        self.expires_at.map(|at| at.0)
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        Sealed::one(KEY, &self.id, &mut self.key.0)
    }
}

/// The sort of secret that a key is.
const KEY: Kind = Kind::Other("file_key");

/// The bytes of one piece.
const PIECE: usize = 256 << 10;

/// How many pieces a file of this size has.
fn count(size: i64) -> usize {
    usize::try_from(size).unwrap_or(0).div_ceil(PIECE)
}

/// The ids of the pieces of a file.
pub(crate) fn pieces(file: &File) -> impl Iterator<Item = String> + use<'_> {
    (0..count(file.size)).map(|at| format!("{}.{at}", file.id))
}

/// Writes down what is in a file of the caller. Errors: the vault refuses.
pub(super) fn put(cx: &mut Cx<'_>, file: &File, bytes: &[u8]) -> Result<(), Stop> {
    for (id, bytes) in pieces(file).zip(bytes.chunks(PIECE)) {
        let entropy = &*cx.world.entropy;
        let key = vault::content_key(entropy);
        let refused = |why| api::fault(format!("the piece {id} of a file cannot be sealed: {why}"));
        let data = STANDARD.encode(vault::encrypt(&key, bytes).map_err(refused)?);
        let at = Place { account: &cx.caller.account, object: &id };
        let key = cx.world.vault.seal(KEY, at, key.reveal(), entropy).map_err(refused)?;
        let piece = Piece {
            object: Piece::NAME.into(),
            file: file.id.clone(),
            expires_at: file.expires_at,
            data,
            key: Hidden(Some(key)),
            id,
        };
        cx.put(&piece);
    }
    Ok(())
}

/// What is in a file of the caller. Errors: a piece is not there, or does not open.
pub(super) async fn get(cx: &Cx<'_>, file: &File) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::with_capacity(usize::try_from(file.size).unwrap_or(0));
    for id in pieces(file) {
        let broken = || api::fault(format!("the piece {id} of a file cannot be read"));
        let doc = cx.world.store.get(&cx.key::<Piece>(&id)).await?.ok_or_else(broken)?;
        let piece: Piece = wire::from_json(&doc.body)?;
        let Some(sealed) = piece.key.0 else {
            // It was written before pieces were encrypted.
            STANDARD.decode_vec(piece.data, &mut out).map_err(|_| broken())?;
            continue;
        };
        let refused = |why| api::fault(format!("the piece {id} of a file cannot be opened: {why}"));
        let at = Place { account: &cx.caller.account, object: &id };
        let key = cx.world.vault.open(KEY, at, &sealed).map_err(refused)?;
        let bytes = STANDARD.decode(piece.data).map_err(|_| broken())?;
        out.extend_from_slice(&vault::decrypt(&key, bytes).map_err(refused)?);
    }
    Ok(out)
}
