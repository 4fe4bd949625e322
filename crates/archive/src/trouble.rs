//! What can be wrong with a stream, or with the home that it goes to: a sentence for whoever runs the command.
use std::{fmt, io};
use store::Fault;

/// Why it could not be done.
#[derive(Debug)]
pub enum Trouble {
    /// It is no stream of this program.
    Foreign,
    /// A later release wrote it, in this format.
    Newer(u32),
    /// A later release wrote it: its documents are of this generation.
    NewerDocuments(u32),
    /// It is not as it was written.
    Damaged {
        /// The byte at which the damaged part begins.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// It could not be read or written.
    Io(io::Error),
    /// The home failed.
    Home(Fault),
    /// A record is larger than a stream can hold.
    TooLarge(String),
    /// The home holds data already.
    NotEmpty,
    /// The home holds part of another stream.
    OtherStream,
    /// The home holds part of a stream.
    Half,
    /// What was imported is not what the stream holds.
    Differs,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Foreign => f.write_str("It is no export of Tollbridge."),
            Trouble::Newer(format) => write!(
                f,
                "It was written by a newer release (format {format}; this one reads up to {}). Use that release.",
                crate::FORMAT
            ),
            Trouble::NewerDocuments(found) => {
                write!(f, "It was written by a newer release (documents of generation {found}). Use that release.")
            }
            Trouble::Damaged { at, what } => write!(
                f,
                "The export is damaged at byte {at}: {what}. Nothing of it can be trusted; make it again, or use another copy."
            ),
            Trouble::Io(error) => write!(f, "{error}."),
            Trouble::Home(fault) => write!(f, "{fault}."),
            Trouble::TooLarge(at) => write!(f, "{at} is too large to be exported."),
            Trouble::NotEmpty => {
                f.write_str("It holds data already. Import into an empty data directory or an empty database.")
            }
            Trouble::OtherStream => f.write_str(
                "The import of another export was begun here and has not ended. Go on with that one, or remove what is there and import into an empty data directory or database.",
            ),
            Trouble::Half => f.write_str(
                "An import was begun here and has not ended. Run the same `tollbridge import` again: it goes on where it was.",
            ),
            Trouble::Differs => f.write_str(
                "What is here after the import is not what the export holds: something else writes here. Remove it and import again.",
            ),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble::Home(fault)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Io(error)
    }
}
