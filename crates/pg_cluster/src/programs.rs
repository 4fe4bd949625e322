//! Where the programs of PostgreSQL are, and as whom they run: the server refuses to run as root.
use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

/// `nobody`, on every Linux.
const NOBODY: u32 = 65_534;
/// Where Debian puts each release.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A program of the newest release that is installed.
pub(crate) fn command(program: &str) -> Result<Command, String> {
    let found = releases().into_iter().map(|bin| bin.join(program)).find(|path| path.exists());
    let path = found.ok_or_else(|| {
        format!("PostgreSQL is not installed here: there is no {program}. Install it with: apt-get install postgresql")
    })?;
    Ok(by_the_same_user(Command::new(path)))
}

/// Directories of programs, the newest release first.
fn releases() -> Vec<PathBuf> {
    let mut releases: Vec<(u32, PathBuf)> = Vec::new();
    for entry in fs::read_dir(DEBIAN).into_iter().flatten().flatten() {
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            releases.push((number, entry.path().join("bin")));
        }
    }
    releases.sort_unstable_by(|a, b| b.cmp(a));
    let other = Command::new("pg_config").arg("--bindir").output().ok();
    let other = other.map(|told| PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()));
    releases.into_iter().map(|(_, bin)| bin).chain(other).collect()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Runs a command as whoever owns the cluster.
pub(crate) fn by_the_same_user(mut command: Command) -> Command {
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/");
    command
}

/// Gives a directory to whoever runs the cluster.
pub(crate) fn hand_over(dir: &Path) -> Result<(), String> {
    if !is_root() {
        return Ok(());
    }
    chown(dir, Some(NOBODY), Some(NOBODY)).map_err(|e| format!("{} cannot be given away: {e}", dir.display()))
}
