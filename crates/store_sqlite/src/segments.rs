//! The files of the journal: read anywhere, written at their end. A position counts bytes from the first that was
//! ever journaled, so it means the same place for good; a segment is named by the position at which it starts.
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use store::Doc;

/// A segment that can be read.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) file: Arc<File>,
    pub(crate) path: PathBuf,
}

/// Segments by the position at which they start.
pub(crate) type Map = BTreeMap<u64, Segment>;

/// The segments that are there, for whoever reads bodies.
pub(crate) struct Segments {
    database: PathBuf,
    map: RwLock<Map>,
}

/// Reads at an offset without moving anything.
pub(crate) fn read_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, out, offset);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < out.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut out[done..], offset + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }
}

/// Writes at an offset.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            done += std::os::windows::fs::FileExt::seek_write(file, &bytes[done..], offset + done as u64)?;
        }
        Ok(())
    }
}

/// What the names of all segments of a database begin with.
fn stem(database: &Path) -> OsString {
    let mut stem = database.file_name().unwrap_or_default().to_owned();
    stem.push("-journal-");
    stem
}

/// The segments of a database, opened for reading.
pub(crate) fn listed(database: &Path) -> io::Result<Map> {
    let stem = stem(database);
    let dir = database.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut map = Map::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let start = name.to_str().zip(stem.to_str()).and_then(|(name, stem)| name.strip_prefix(stem));
        let Some(start) = start.and_then(|hex| u64::from_str_radix(hex, 16).ok()) else { continue };
        let path = database.with_file_name(&name);
        match File::open(&path) {
            Ok(file) => drop(map.insert(start, Segment { file: Arc::new(file), path })),
            // Settled since the directory was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(map)
}

/// Where a body lies in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: u64,
    pub(crate) len: u32,
}

/// What begins the text of a place; no JSON does.
const MARK: u8 = 0;

impl Place {
    /// As it stands in `objects.body` instead of the body itself.
    pub(crate) fn text(self) -> [u8; 13] {
        let mut text = [MARK; 13];
        text[1..9].copy_from_slice(&self.at.to_be_bytes());
        text[9..].copy_from_slice(&self.len.to_be_bytes());
        text
    }
    /// The reverse of [`Place::text`]; `None` where the column holds the body itself.
    pub(crate) fn parse(column: &[u8]) -> Option<Self> {
        let (mark, rest) = column.split_first()?;
        let (at, len) = (rest.get(..8)?, rest.get(8..12)?);
        let place = Place {
            at: u64::from_be_bytes(at.try_into().ok()?),
            len: u32::from_be_bytes(len.try_into().ok()?),
        };
        (*mark == MARK && rest.len() == 12).then_some(place)
    }
}

/// Puts bodies where documents have only their places; whether all of them were found.
pub(crate) fn fetch(map: &Map, docs: &mut [Doc]) -> io::Result<bool> {
    for doc in docs {
        let Some(place) = Place::parse(&doc.body) else { continue };
        match read(map, place)? {
            Some(body) => doc.body = body,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// The bytes at a place; `None` where no segment holds them.
fn read(map: &Map, place: Place) -> io::Result<Option<Bytes>> {
    let Some((start, segment)) = map.range(..=place.at).next_back() else { return Ok(None) };
    let mut body = vec![0; place.len as usize];
    match read_at(&segment.file, &mut body, place.at - start) {
        Ok(()) => Ok(Some(Bytes::from(body))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

impl Segments {
    /// The segments of a database, as they are.
    pub(crate) fn of(database: &Path) -> io::Result<Self> {
        Ok(Segments { database: database.to_owned(), map: RwLock::new(listed(database)?) })
    }
    fn edit(&self, edit: impl FnOnce(&mut Map)) {
        edit(&mut self.map.write().unwrap_or_else(PoisonError::into_inner));
    }
    /// Every segment, open: whoever holds them can read them after they are gone.
    pub(crate) fn held(&self) -> Map {
        self.map.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Where the oldest segment starts.
    pub(crate) fn first(&self) -> Option<u64> {
        self.map.read().unwrap_or_else(PoisonError::into_inner).keys().next().copied()
    }
    /// As [`fetch`], from the segments that are there.
    pub(crate) fn fetch(&self, docs: &mut [Doc]) -> io::Result<bool> {
        if docs.iter().all(|doc| Place::parse(&doc.body).is_none()) {
            return Ok(true);
        }
        fetch(&self.map.read().unwrap_or_else(PoisonError::into_inner), docs)
    }
    /// Makes the segment that starts at a position.
    pub(crate) fn create(&self, start: u64) -> io::Result<Segment> {
        let mut name = stem(&self.database);
        name.push(format!("{start:016x}"));
        let path = self.database.with_file_name(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        sync_parent(&path)?;
        let segment = Segment { file: Arc::new(file), path };
        self.edit(|map| drop(map.insert(start, segment.clone())));
        Ok(segment)
    }
    /// Deletes a segment that nothing refers to.
    pub(crate) fn remove(&self, start: u64) -> io::Result<()> {
        let Some(segment) = self.held().remove(&start) else { return Ok(()) };
        std::fs::remove_file(&segment.path)?;
        self.edit(|map| drop(map.remove(&start)));
        Ok(())
    }
}

/// Makes the name of a new file durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_from_a_body() {
        let place = Place { at: 0x0102_0304_0506_0708, len: 77 };
        assert_eq!(Place::parse(&place.text()), Some(place));
        for body in [&b"{}"[..], b"", b"{\"id\":\"x\"}\n", &[0; 12], &[0; 14]] {
            assert_eq!(Place::parse(body), None, "{body:?}");
        }
    }
}
