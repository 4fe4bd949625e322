//! The whole state of a home as one stream of bytes: compressed, versioned, checksummed. The same state gives the
//! same bytes, whichever home it comes from. The format is described in `docs/export-format.md`.
//!
//! - [`write()`] turns a snapshot into a stream;
//! - [`prove`] reads a stream to its end and finds every flipped bit and every missing byte;
//! - [`import`] takes a stream into an empty home, and goes on where it was cut short;
//! - [`Opened`] walks the records of a file as if it were a home.
mod code;
mod import;
mod opened;
mod read;
mod tally;
mod trouble;
mod write;

pub use import::{import, is_half, progress_key};
pub use opened::Opened;
pub use read::{Block, Reader, prove};
pub use tally::{Summary, summary};
pub use trouble::Trouble;
pub use write::{Writer, write};

/// How a stream begins. The first byte is no text, so that nobody takes it for some.
pub(crate) const MAGIC: &[u8; 12] = b"\x89tollbridge\n";
/// The format that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;
/// Bytes of a checksum: the beginning of the SHA-256 of everything before it.
pub(crate) const CHECKSUM: usize = 16;
/// A block ends with the record that brings it to this many bytes, so its limits follow from the records alone.
pub(crate) const BLOCK_BYTES: usize = 1024 * 1024;
/// No record, and so no block, is larger.
pub(crate) const BLOCK_MAX: usize = 256 * 1024 * 1024;
/// What a part of a stream is.
pub(crate) const RECORDS: u8 = 1;
pub(crate) const END: u8 = 2;

/// What is told while it goes on: how much more was done, in records where a home is walked, in bytes where a
/// stream is read.
pub type Tell<'a> = &'a mut (dyn FnMut(u64) + Send);
