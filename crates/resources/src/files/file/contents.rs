//! What is in files, in pieces beside them: whoever looks at a file or lists files reads none of it, and no document
//! becomes so large that a home could not hold it.
use super::File;
use api::{Cx, Object, Stop};
use base::{Named, Timestamp};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use wire::Wire;

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
    /// The bytes in base 64.
    pub data: String,
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
}

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

/// Writes down what is in a file of the caller.
pub(super) fn put(cx: &mut Cx<'_>, file: &File, bytes: &[u8]) {
    for (id, bytes) in pieces(file).zip(bytes.chunks(PIECE)) {
        let (object, data) = (Piece::NAME.into(), STANDARD.encode(bytes));
        cx.put(&Piece { id, object, file: file.id.clone(), expires_at: file.expires_at, data });
    }
}

/// What is in a file of the caller. Errors: a piece is not there.
pub(super) async fn get(cx: &Cx<'_>, file: &File) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::with_capacity(usize::try_from(file.size).unwrap_or(0));
    for id in pieces(file) {
        let broken = || api::fault(format!("the piece {id} of a file cannot be read"));
        let doc = cx.world.store.get(&cx.key::<Piece>(&id)).await?.ok_or_else(broken)?;
        let piece: Piece = wire::from_json(&doc.body)?;
        STANDARD.decode_vec(piece.data, &mut out).map_err(|_| broken())?;
    }
    Ok(out)
}
