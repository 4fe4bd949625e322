//! Statements, as they are sorted: first by whom they are said of, and then so that what it says of itself comes before
//! what others say of it.
use std::io::{self, Read, Write};

/// Of whom something is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A document, by its path.
    Doc(String),
    /// A counter, by its name.
    Counter(String),
    /// Due work, by its path.
    Due(String),
    /// Something by a name that it is known by, wherever it lies.
    Name(String),
}

impl Subject {
    /// How a person finds it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Subject::Doc(text) | Subject::Counter(text) | Subject::Due(text) | Subject::Name(text) => text,
        }
    }
    fn tag(&self) -> u8 {
        match self {
            Subject::Doc(_) => 0,
            Subject::Counter(_) => 1,
            Subject::Due(_) => 2,
            Subject::Name(_) => 3,
        }
    }
    fn of(tag: u8, text: String) -> io::Result<Self> {
        match tag {
            0 => Ok(Subject::Doc(text)),
            1 => Ok(Subject::Counter(text)),
            2 => Ok(Subject::Due(text)),
            3 => Ok(Subject::Name(text)),
            _ => Err(unreadable()),
        }
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Statement {
    /// It is there.
    Here,
    /// It was there, and was deleted as it may be.
    Gone,
    /// Its own word on what others may ask: a name and a value.
    Is(String, String),
    /// What others must add up to under a name, and whether exactly so or at most.
    Total(String, i64, bool),
    /// Somebody's member leads to it; `true` where it may be gone.
    Link { by: String, field: String, gone: bool },
    /// Somebody's member says what it must say itself.
    Mirror { by: String, field: String, name: String, value: String },
    /// Somebody's part of a total.
    Adds(String, i64),
}

/// A statement of somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) of: Subject,
    pub(crate) says: Statement,
}

impl Line {
    /// About how many bytes it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        let says = match &self.says {
            Statement::Here | Statement::Gone => 0,
            Statement::Is(a, b) => a.len() + b.len(),
            Statement::Total(name, ..) | Statement::Adds(name, _) => name.len(),
            Statement::Link { by, field, .. } => by.len() + field.len(),
            Statement::Mirror { by, field, name, value } => by.len() + field.len() + name.len() + value.len(),
        };
        size_of::<Self>() + self.of.text().len() + says
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&[self.of.tag()])?;
        text(out, self.of.text())?;
        match &self.says {
            Statement::Here => out.write_all(&[0]),
            Statement::Gone => out.write_all(&[1]),
            Statement::Is(name, value) => {
                out.write_all(&[2])?;
                text(out, name)?;
                text(out, value)
            }
            Statement::Total(name, value, exact) => {
                out.write_all(&[3, u8::from(*exact)])?;
                out.write_all(&value.to_le_bytes())?;
                text(out, name)
            }
            Statement::Link { by, field, gone } => {
                out.write_all(&[4, u8::from(*gone)])?;
                text(out, by)?;
                text(out, field)
            }
            Statement::Mirror { by, field, name, value } => {
                out.write_all(&[5])?;
                [by, field, name, value].into_iter().try_for_each(|it| text(out, it))
            }
            Statement::Adds(name, by) => {
                out.write_all(&[6])?;
                out.write_all(&by.to_le_bytes())?;
                text(out, name)
            }
        }
    }

    /// The next line; none at the end.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut tag = [0u8];
        if from.read(&mut tag)? == 0 {
            return Ok(None);
        }
        let of = Subject::of(tag[0], read_text(from)?)?;
        let says = match array::<1>(from)? {
            [0] => Statement::Here,
            [1] => Statement::Gone,
            [2] => Statement::Is(read_text(from)?, read_text(from)?),
            [3] => {
                let exact = array::<1>(from)? == [1];
                let value = i64::from_le_bytes(array(from)?);
                Statement::Total(read_text(from)?, value, exact)
            }
            [4] => {
                let gone = array::<1>(from)? == [1];
                Statement::Link { by: read_text(from)?, field: read_text(from)?, gone }
            }
            [5] => Statement::Mirror {
                by: read_text(from)?,
                field: read_text(from)?,
                name: read_text(from)?,
                value: read_text(from)?,
            },
            [6] => {
                let by = i64::from_le_bytes(array(from)?);
                Statement::Adds(read_text(from)?, by)
            }
            _ => return Err(unreadable()),
        };
        Ok(Some(Line { of, says }))
    }
}

fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(&(text.len() as u32).to_le_bytes())?;
    out.write_all(text.as_bytes())
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut out = [0u8; N];
    from.read_exact(&mut out)?;
    Ok(out)
}

fn read_text(from: &mut impl Read) -> io::Result<String> {
    let length = u32::from_le_bytes(array(from)?) as usize;
    let mut out = vec![0; length];
    from.read_exact(&mut out)?;
    String::from_utf8(out).map_err(|_| unreadable())
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a temporary file is not what was written")
}
