//! How far a command is, on standard error: a bar for a person, now and then a line for a log, nothing where it shall
//! be quiet.
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;

/// A log hears of this many steps, and then of ten times as many, and so on.
const FIRST_LINE: u64 = 100_000;

/// How far one part of a command is.
pub(crate) struct Progress {
    what: &'static str,
    unit: &'static str,
    done: u64,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { next: u64 },
    Nothing,
}

impl Progress {
    /// Begins a part: what is done, in which unit, and how much of it there is, where that is known.
    pub(crate) fn begin(quiet: bool, what: &'static str, unit: &'static str, total: Option<u64>) -> Self {
        let shown = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, false) => {
                eprintln!("{what} …");
                Shown::Lines { next: FIRST_LINE }
            }
            (false, true) => Shown::Bar(bar(what, unit, total)),
        };
        Progress { what, unit, done: 0, shown }
    }
    /// So much more is done.
    pub(crate) fn more(&mut self, by: u64) {
        self.done += by;
        match &mut self.shown {
            Shown::Bar(bar) => bar.inc(by),
            Shown::Lines { next } if self.done >= *next && self.unit != BYTES => {
                eprintln!("{} … {} {}", self.what, self.done, self.unit);
                *next = next.saturating_mul(10);
            }
            Shown::Lines { .. } | Shown::Nothing => {}
        }
    }
    /// Goes on to another part, of which nobody knows how much it is.
    pub(crate) fn next(&mut self, what: &'static str, unit: &'static str) {
        self.end();
        let quiet = matches!(self.shown, Shown::Nothing);
        *self = Progress::begin(quiet, what, unit, None);
    }
    /// It is done; leaves nothing on the screen.
    pub(crate) fn end(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// The unit of what is read from a file.
pub(crate) const BYTES: &str = "bytes";
/// The unit of what is walked.
pub(crate) const RECORDS: &str = "records";

fn bar(what: &'static str, unit: &'static str, total: Option<u64>) -> ProgressBar {
    let template = match (total, unit) {
        (Some(_), _) => "{msg} [{wide_bar}] {bytes}/{total_bytes} {eta}",
        (None, _) => "{spinner} {msg} {human_pos} {prefix} in {elapsed}, {per_sec}",
    };
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar.set_prefix(unit);
    bar
}
