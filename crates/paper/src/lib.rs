//! Invoices, credit notes and quotes as documents (PDF): the same [`Sheet`] that their page shows, laid out on A4 or on letter.
//!
//! Text is set in the two faces of Helvetica that every reader of PDF has, so no font is carried; what lies outside
//! their alphabet (Latin letters with accents, the common signs of currencies) is shown as a question mark.
mod draw;
mod letters;

pub use draw::draw;

use base::Timestamp;
use serde::Serialize;

/// What a paper says.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sheet {
    /// Such as `Invoice`.
    pub title: String,
    /// What it comes down to, such as `$20.00 due 7 March 2014`.
    pub headline: String,
    /// What is said beside that: names and values, such as the number.
    pub facts: Vec<(String, String)>,
    /// Who bills, line by line.
    pub from: Vec<String>,
    /// Who is billed, line by line.
    pub to: Vec<String>,
    /// What it is made of.
    pub rows: Vec<Row>,
    /// What that comes to.
    pub sums: Vec<Sum>,
    /// What else is said, below everything.
    pub notes: Vec<String>,
    /// Whether its pages are as large as in North America, and not A4.
    pub letter: bool,
}

/// A line of a paper.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// What it is for.
    pub text: String,
    /// What is said below that, such as the time that it is for.
    pub detail: String,
    /// How many.
    pub quantity: String,
    /// What one costs.
    pub each: String,
    /// What it comes to.
    pub amount: String,
}

/// One of the sums of a paper.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sum {
    /// What it is.
    pub name: String,
    /// What it comes to.
    pub amount: String,
    /// Whether it is what it comes down to.
    pub strong: bool,
}

/// A Unix time as a day for people: `8 Oct 2012`.
pub fn day(unix: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = Timestamp(unix).date();
    let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
    format!("{day}\u{a0}{name}\u{a0}{year}")
}
