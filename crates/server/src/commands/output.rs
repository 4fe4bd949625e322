//! A file that is there whole, or not at all, and takes no other's place.
use crate::Failure;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};
use tempfile::{NamedTempFile, TempDir, TempPath};

/// Where a file shall be.
pub(crate) struct Output {
    to: PathBuf,
    dir: PathBuf,
}

impl Output {
    /// Refuses to write over anything.
    pub(crate) fn new(to: &Path) -> Result<Self, Failure> {
        if to.symlink_metadata().is_ok() {
            return Err(exists(to));
        }
        let dir = match to.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
            _ => PathBuf::from("."),
        };
        if dir.is_dir() {
            return Ok(Output { to: to.to_owned(), dir });
        }
        Err(Failure(format!("There is no directory {}: make it, or name another place.", dir.display())))
    }
    /// A file beside it, readable by its owner only, that goes away unless it is kept.
    pub(crate) fn file(&self) -> Result<NamedTempFile, Failure> {
        NamedTempFile::with_prefix_in(".tollbridge-", &self.dir).map_err(|e| self.failed(e))
    }
    /// A directory beside it that goes away.
    pub(crate) fn dir(&self) -> Result<TempDir, Failure> {
        tempfile::Builder::new().prefix(".tollbridge-").tempdir_in(&self.dir).map_err(|e| self.failed(e))
    }
    /// Gives a finished file its name, durably.
    pub(crate) fn keep(&self, file: TempPath) -> Result<(), Failure> {
        File::open(&file).and_then(|file| file.sync_all()).map_err(|e| self.failed(e))?;
        file.persist_noclobber(&self.to).map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => exists(&self.to),
            _ => self.failed(e.error),
        })?;
        // The name is durable once its directory is; not every system lets a directory be synced.
        let _ = File::open(&self.dir).and_then(|dir| dir.sync_all());
        Ok(())
    }
    /// What to say where it cannot be written.
    pub(crate) fn failed(&self, error: io::Error) -> Failure {
        Failure(format!("{} can't be written: {error}.", self.to.display()))
    }
}

fn exists(to: &Path) -> Failure {
    Failure(format!("{} exists already. Remove it, or name another file.", to.display()))
}
