//! Sorts more than memory holds: sorted runs in temporary files without a name, merged as they are read.
use crate::Line;
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Seek as _, Write as _},
};

/// About how many bytes of statements are kept in memory.
const MEMORY: usize = 64 * 1024 * 1024;
/// At most so many runs are open at once; more are merged into one.
const RUNS: usize = 128;

/// Takes statements in any order.
pub(crate) struct Sorter {
    memory: usize,
    lines: Vec<Line>,
    bytes: usize,
    runs: Vec<File>,
}

impl Default for Sorter {
    fn default() -> Self {
        Sorter::with_memory(MEMORY)
    }
}

impl Sorter {
    pub(crate) fn with_memory(memory: usize) -> Self {
        Sorter { memory, lines: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    pub(crate) fn push(&mut self, line: Line) -> io::Result<()> {
        self.bytes += line.weight();
        self.lines.push(line);
        if self.bytes < self.memory { Ok(()) } else { self.spill() }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.lines.sort_unstable();
        self.bytes = 0;
        let lines = self.lines.drain(..);
        let run = run(lines.map(Ok))?;
        self.runs.push(run);
        if self.runs.len() >= RUNS {
            let mut merged = Sorted::new(Vec::new(), std::mem::take(&mut self.runs))?;
            let run = run_of(&mut merged)?;
            self.runs.push(run);
        }
        Ok(())
    }

    /// All of them, in order.
    pub(crate) fn sorted(mut self) -> io::Result<Sorted> {
        self.lines.sort_unstable();
        Sorted::new(self.lines, self.runs)
    }
}

fn run(lines: impl Iterator<Item = io::Result<Line>>) -> io::Result<File> {
    let mut out = BufWriter::new(tempfile::tempfile()?);
    for line in lines {
        line?.write(&mut out)?;
    }
    out.flush()?;
    out.into_inner().map_err(|error| error.into_error())
}

fn run_of(merged: &mut Sorted) -> io::Result<File> {
    run(std::iter::from_fn(|| merged.next_line().transpose()))
}

/// Statements in order.
pub(crate) struct Sorted {
    memory: std::vec::IntoIter<Line>,
    runs: Vec<BufReader<File>>,
    /// The next of each run; the last place is that of what was in memory.
    heads: BinaryHeap<Reverse<(Line, usize)>>,
}

impl Sorted {
    fn new(lines: Vec<Line>, runs: Vec<File>) -> io::Result<Self> {
        let mut sorted = Sorted { memory: lines.into_iter(), runs: Vec::new(), heads: BinaryHeap::new() };
        for mut run in runs {
            run.rewind()?;
            sorted.runs.push(BufReader::new(run));
        }
        for from in 0..=sorted.runs.len() {
            sorted.advance(from)?;
        }
        Ok(sorted)
    }

    fn advance(&mut self, from: usize) -> io::Result<()> {
        let next = match self.runs.get_mut(from) {
            Some(run) => Line::read(run)?,
            None => self.memory.next(),
        };
        self.heads.extend(next.map(|line| Reverse((line, from))));
        Ok(())
    }

    /// The next; none at the end.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let Some(Reverse((line, from))) = self.heads.pop() else { return Ok(None) };
        self.advance(from)?;
        Ok(Some(line))
    }
}
