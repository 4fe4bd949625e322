//! What an error of the database means: whether the same may be tried again, and what is known of it.
use std::fmt;
use tokio_postgres::{
    Error,
    error::{DbError, Severity, SqlState},
};

/// Why something did not work.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The database ended the transaction for a reason that passes: a deadlock, an overload, a failover.
    Passing(String),
    /// The connection is gone, or no answer came in time; what was sent may have been done.
    Lost(String),
    /// A row of this key, or a table of this name, is there already.
    Taken(String),
    /// The same would fail again.
    Broken(String),
}

impl Trouble {
    /// Whether trying the same again may help.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Trouble::Passing(_) | Trouble::Lost(_))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Trouble::Passing(why) | Trouble::Lost(why) | Trouble::Taken(why) | Trouble::Broken(why)) = self;
        f.write_str(why)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error.as_db_error() {
            Some(told) => of_database(told),
            None if passes_without_word(&error) => Trouble::Lost(chain(&error)),
            None => Trouble::Broken(chain(&error)),
        }
    }
}

fn of_database(told: &DbError) -> Trouble {
    let text = match told.detail() {
        Some(detail) => format!("{} ({}; {detail})", told.message(), told.code().code()),
        None => format!("{} ({})", told.message(), told.code().code()),
    };
    let code = told.code();
    let taken = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_TABLE,
    ];
    if taken.contains(code) {
        return Trouble::Taken(text);
    }
    let class = code.code().get(..2).unwrap_or_default();
    // Whether a COMMIT was carried out that was ended from outside nobody knows yet. A server that takes no writes
    // any more is left, too.
    if matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) {
        // Who may not come in, or asks for a database that is not there, need not try again.
        return if ["28", "3D", "0A"].contains(&class) { Trouble::Broken(text) } else { Trouble::Lost(text) };
    }
    if [SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN, SqlState::READ_ONLY_SQL_TRANSACTION].contains(code) {
        return Trouble::Lost(text);
    }
    let passing = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::IN_FAILED_SQL_TRANSACTION,
    ];
    // Connections (08) and resources (53), such as room on the disk, come back.
    if passing.contains(code) || ["08", "53"].contains(&class) {
        return Trouble::Passing(text);
    }
    Trouble::Broken(text)
}

/// Errors of the connection itself, and a server that takes no writes for the moment, pass.
fn passes_without_word(error: &Error) -> bool {
    let text = chain(error);
    error.is_closed()
        || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
        || text.contains("database does not allow writes")
        || text.contains("timed out")
}

/// An error with its causes: the driver tells the reason in the second of them.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
