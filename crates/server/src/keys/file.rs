//! The key file: readable by its owner only, replaced as a whole.
use super::source;
use crate::Failure;
use base::Entropy;
use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
    time::SystemTime,
};
use vault::{Ring, Secret};

pub(super) fn read(path: &Path) -> Result<Secret, Failure> {
    fs::read_to_string(path)
        .map(Secret::new)
        .map_err(|e| Failure(format!("The vault key file {} can't be read: {e}.", path.display())))
}

/// How the file looks: another look means that it was changed.
pub(super) fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// What is wrong with the rights on the file, in a sentence.
#[cfg(unix)]
pub(super) fn exposed(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("The vault key file {path} can be read by others than its owner (mode {mode:o}). Run: chmod 600 {path}")
    })
}
#[cfg(not(unix))]
pub(super) fn exposed(_: &Path) -> Option<String> {
    None
}

/// Makes a file with one random key.
pub(super) fn make(path: &Path, entropy: &dyn Entropy) -> Result<(), Failure> {
    if let Some(parent) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|e| unwritten(path, &e))?;
    }
    write(path, &source::first(entropy)?, false)
}

/// Replaces the file as a whole: whoever reads it sees the ring before or the ring after, also after a power cut.
pub(super) fn replace(path: &Path, ring: &Ring) -> Result<(), Failure> {
    write(path, ring, true)
}

fn write(path: &Path, ring: &Ring, replace: bool) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let failed = |e: std::io::Error| unwritten(path, &e);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(beside).map_err(|e| {
        if e.kind() == std::io::ErrorKind::AlreadyExists {
            let beside = beside.display();
            return Failure(format!(
                "{beside} is there: the keys are being changed by somebody else, or that was broken off. In the latter case remove it and try again."
            ));
        }
        failed(e)
    })?;
    // The file beside is the lock: whoever else made the key in the meantime has ended.
    if !replace && path.exists() {
        let _ = fs::remove_file(beside);
        return Ok(());
    }
    let written = file
        .write_all(ring.to_text().reveal().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(beside, path));
    if let Err(e) = written {
        let _ = fs::remove_file(beside);
        return Err(failed(e));
    }
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(failed)
}

fn unwritten(path: &Path, why: &std::io::Error) -> Failure {
    Failure(format!("The vault key file {} can't be written: {why}.", path.display()))
}
