//! Servers as whole processes: start one on given cores, learn its address, read its memory and CPU time,
//! stop it. Pinning is the work of `taskset`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::Client;

/// How long a server may take to say where it listens.
const START_MAX: Duration = Duration::from_secs(20);
/// What a server prints on stderr before its address.
const ANNOUNCEMENT: &str = "listening on http://";
/// Lines of stderr kept to explain a failed start.
const STDERR_LINES_KEPT: usize = 20;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When it was started.
    pub(crate) spawned: Instant,
}

impl Server {
    /// Starts a program pinned to `cpus` (a `taskset` list; empty means no pinning) and waits for its
    /// announcement.
    pub(crate) fn start(program: &Path, args: &[String], cpus: &str) -> Result<Self> {
        let mut command = if cpus.is_empty() {
            Command::new(program)
        } else {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(cpus).arg(program);
            command
        };
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // A configuration of the person who runs this must not become part of the measurement.
        let foreign = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("TOLLBRIDGE_");
        for name in std::env::vars_os().map(|(name, _)| name).filter(foreign) {
            command.env_remove(name);
        }
        let spawned = Instant::now();
        let mut child =
            command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let stderr = child.stderr.take().ok_or("no stderr")?;
        let (say, hear) = mpsc::channel();
        // The pipe is read to its end, or a server that logs would block on it.
        std::thread::spawn(move || read_stderr(BufReader::new(stderr), &say));
        match hear.recv_timeout(START_MAX) {
            Ok(Ok(address)) => Ok(Self { child, address, spawned }),
            other => {
                let _ = child.kill();
                let _ = child.wait();
                let said = match other {
                    Ok(Err(lines)) => lines,
                    _ => "nothing in time".into(),
                };
                Err(format!(
                    "{} did not say \"{ANNOUNCEMENT}…\" on stderr; it said: {said}",
                    program.display()
                )
                .into())
            }
        }
    }

    /// A client on a new connection.
    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    /// Resident memory, bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024)
    }

    /// CPU time used so far, user and system.
    pub(crate) fn cpu_time(&self) -> Duration {
        cpu_time(&self.child.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands over the announced address, or what was said instead when the stream ends without one.
fn read_stderr(stderr: impl BufRead, say: &mpsc::Sender<std::result::Result<SocketAddr, String>>) {
    let mut kept = Vec::new();
    let mut announced = false;
    for line in stderr.split(b'\n').map_while(|line| line.ok()) {
        if announced {
            continue;
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        if let Some(address) = announced_address(&line) {
            announced = true;
            let _ = say.send(Ok(address));
        } else if kept.len() < STDERR_LINES_KEPT {
            kept.push(line);
        }
    }
    if !announced {
        let _ = say.send(Err(kept.join(" | ")));
    }
}

fn announced_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(ANNOUNCEMENT)?;
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':' | '[' | ']')))
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// CPU time of a process (`self` or an id); zero when it cannot be read. The kernel counts in hundredths
/// of a second.
pub(crate) fn cpu_time(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th field behind it.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// CPU time of everything on the machine since it started: user, nice, system and what a hypervisor took.
/// Interrupts are left out, for no process is charged for them.
pub(crate) fn machine_cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let counted = fields.enumerate().filter(|(at, _)| matches!(at, 0..=2 | 7));
    Duration::from_millis(counted.filter_map(|(_, field)| field.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Pins every thread of this process to the cores.
pub(crate) fn pin_self(cpus: &str) -> Result<()> {
    let id = std::process::id().to_string();
    let status = Command::new("taskset").args(["-a", "-c", "-p", cpus, &id]).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("taskset could not pin this process to {cpus}").into()),
        Err(error) => Err(format!("taskset (of util-linux) is needed to pin processes: {error}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_a_log_line() {
        let expected: SocketAddr = "127.0.0.1:4321".parse().unwrap();
        assert_eq!(announced_address("INFO listening on http://127.0.0.1:4321"), Some(expected));
        assert_eq!(announced_address("listening on http://127.0.0.1:4321/ (dev)"), Some(expected));
        assert_eq!(announced_address("listening"), None);
    }

    #[test]
    fn own_cpu_time_is_readable() {
        let mut x = 1_u64;
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(60) {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        assert!(cpu_time("self") > Duration::ZERO);
    }
}
