//! What Linux tells of the process, under the names that every Prometheus dashboard knows. Elsewhere it is left out.
use std::fmt::Write as _;

/// Linux counts processor time and the start of processes in these, whatever the kernel's own clock.
const TICKS_PER_SECOND: u64 = 100;
/// Pages of every processor that this is built for.
const PAGE_BYTES: u64 = 4096;

/// Adds the metrics of this process.
pub(crate) fn write(out: &mut String) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    if let Some(stat) = Stat::parse(&read("/proc/self/stat"), &read("/proc/stat")) {
        let Stat { cpu_ticks, started_at, virtual_bytes, resident_bytes, threads } = stat;
        let (seconds, hundredths) = (cpu_ticks / TICKS_PER_SECOND, cpu_ticks % TICKS_PER_SECOND);
        let seconds = format!("{seconds}.{hundredths:02}");
        one(out, "process_cpu_seconds_total", "counter", "User and system time used", seconds);
        one(
            out,
            "process_start_time_seconds",
            "gauge",
            "When the process was started, Unix time",
            started_at,
        );
        one(out, "process_virtual_memory_bytes", "gauge", "Address space", virtual_bytes);
        one(out, "process_resident_memory_bytes", "gauge", "Resident memory", resident_bytes);
        one(out, "process_threads", "gauge", "Threads", threads);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the directory that is being read.
        one(out, "process_open_fds", "gauge", "Open files and sockets", open.count().saturating_sub(1));
    }
    if let Some(most) = max_fds(&read("/proc/self/limits")) {
        one(out, "process_max_fds", "gauge", "Open files and sockets at most", most);
    }
}

fn one(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    cpu_ticks: u64,
    started_at: u64,
    virtual_bytes: u64,
    resident_bytes: u64,
    threads: u64,
}

impl Stat {
    /// From `/proc/self/stat` and, for when the machine was started, `/proc/stat`.
    fn parse(process: &str, machine: &str) -> Option<Self> {
        let booted: u64 =
            machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        // The name in parentheses may hold spaces. The state is the first field behind it, and the third of all.
        let fields: Vec<&str> = process.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Stat {
            cpu_ticks: field(14)? + field(15)?,
            started_at: booted + field(22)? / TICKS_PER_SECOND,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * PAGE_BYTES,
            threads: field(20)?,
        })
    }
}

fn max_fds(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        let process = "7 (a b) c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 12345 1000000 300 18446744073709551615 1";
        let found = Stat::parse(process, "cpu 1 2\nbtime 1700000000\n");
        let expected = Stat {
            cpu_ticks: 300,
            started_at: 1_700_000_123,
            virtual_bytes: 1_000_000,
            resident_bytes: 300 * 4096,
            threads: 9,
        };
        assert_eq!(found, Some(expected));
        assert_eq!(Stat::parse("", "btime 1"), None);
        assert_eq!(
            max_fds("Limit\nMax open files            1024                 4096                 files\n"),
            Some(1024)
        );
        assert_eq!(
            max_fds("Max open files            unlimited            unlimited            files\n"),
            None
        );
    }
}
