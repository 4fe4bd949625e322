//! A throw-away PostgreSQL cluster, for tests and load runs: made from the programs of the Debian package in a
//! directory of its own, reached over a socket in that directory (and, if asked for, over TLS on a free port of the
//! loopback interface), gone at the end. Nothing is shared with a cluster that the machine may run.
//!
//! Everything that goes wrong is a sentence: tests unwrap it.
mod programs;

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The one role, which may do everything.
const ROLE: &str = "tollbridge";
/// Names the socket; nobody listens on this port.
const PORT: u16 = 5432;
/// How long a server may take to start.
const START_MAX: Duration = Duration::from_mins(1);

/// How a cluster is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether commits wait for the disk; off, because tests do not pull the plug.
    pub durable: bool,
    /// Whether it also listens on a free TCP port, with TLS and a certificate of its own for `localhost`.
    pub tls: bool,
    /// Further lines of its configuration.
    pub settings: Vec<String>,
    /// Where its directory is made, instead of the place for temporary files.
    pub beneath: Option<PathBuf>,
}

/// How a cluster is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Running transactions are rolled back, and everything is written to the disk.
    Fast,
    /// As a crash: the next start recovers from the log.
    Immediate,
}

/// A cluster, running or stopped.
#[derive(Debug)]
pub struct Cluster {
    dir: TempDir,
    server: Option<Child>,
    /// Where it listens on TCP.
    port: Option<u16>,
    options: Options,
}

impl Cluster {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed, or it does not start; with what its log says.
    pub fn start() -> Result<Self, String> {
        Cluster::with(Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As for [`Cluster::start`].
    pub fn with(options: Options) -> Result<Self, String> {
        let cluster = Cluster::bare(options)?;
        let data = cluster.data();
        run(programs::command("initdb")?
            .args(["-N", "-A", "trust", "-E", "UTF8", "--locale=C", "-U", ROLE, "-D"])
            .arg(&data))?;
        if cluster.options.tls {
            cluster.certify()?;
        }
        let mut lines = vec![
            format!("unix_socket_directories = '{}'", cluster.dir.path().display()),
            format!("port = {PORT}"),
            "max_connections = 200".to_owned(),
        ];
        if !cluster.options.durable {
            lines.push("fsync = off".to_owned());
        }
        lines.extend(cluster.options.settings.iter().cloned());
        append(&data.join("postgresql.conf"), &lines.join("\n"))?;
        cluster.launched()
    }

    fn bare(options: Options) -> Result<Self, String> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("pg-");
        let dir = match &options.beneath {
            Some(beneath) => builder.tempdir_in(beneath),
            None => builder.tempdir(),
        };
        let dir = dir.map_err(|e| format!("no directory for a cluster: {e}"))?;
        programs::hand_over(dir.path())?;
        Ok(Cluster { dir, server: None, port: None, options })
    }

    fn launched(mut self) -> Result<Self, String> {
        self.resume()?;
        Ok(self)
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// An authority, and a certificate for `localhost` that it has signed.
    fn certify(&self) -> Result<(), String> {
        let data = self.data();
        let (key, certificate) = (data.join("server.key"), data.join("server.crt"));
        let authority_key = data.join("authority.key");
        let request = |subject: &str, key: &Path, out: &Path| -> Command {
            let mut openssl = programs::by_the_same_user(Command::new("openssl"));
            openssl.args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ]);
            openssl.args(["-days", "2", "-subj", subject, "-keyout"]).arg(key).arg("-out").arg(out);
            openssl
        };
        run(&mut request("/CN=authority of a test", &authority_key, &self.authority()))?;
        run(request("/CN=localhost", &key, &certificate)
            .args(["-extensions", "usr_cert", "-addext", "subjectAltName=DNS:localhost", "-CAkey"])
            .arg(&authority_key)
            .arg("-CA")
            .arg(self.authority()))?;
        append(&data.join("postgresql.conf"), "ssl = on")
    }

    /// The certificate of the authority that signed the server's, in PEM.
    pub fn authority(&self) -> PathBuf {
        self.data().join("authority.crt")
    }

    /// Starts the server again after it was stopped.
    ///
    /// # Errors
    /// Where it does not start; with what its log says.
    pub fn resume(&mut self) -> Result<(), String> {
        let path = self.dir.path().join("log");
        let log = File::create(&path).map_err(|e| format!("no log for a cluster: {e}"))?;
        let mut server = programs::command("postgres")?;
        server.arg("-D").arg(self.data());
        if self.options.tls {
            // Taken and given back: somebody else could take it in between, then this start fails.
            let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
            let port = self.port.unwrap_or(free.map_err(|e| format!("no free port: {e}"))?.port());
            self.port = Some(port);
            server.args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")]);
        } else {
            server.args(["-c", "listen_addresses="]);
        }
        let copy = log.try_clone().map_err(|e| e.to_string())?;
        let server = server.stdin(Stdio::null()).stdout(log).stderr(copy).spawn();
        self.server = Some(server.map_err(|e| format!("postgres cannot be started: {e}"))?);
        let until = Instant::now() + START_MAX;
        loop {
            if run(self.client("psql")?.args(["-d", "postgres", "-c", "SELECT 1"])).is_ok() {
                return Ok(());
            }
            let ended = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            if ended.is_some() || Instant::now() > until {
                return Err(format!(
                    "postgres did not start: {}",
                    fs::read_to_string(&path).unwrap_or_default()
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A program that connects to it.
    ///
    /// # Errors
    /// Where there is no such program.
    pub fn client(&self, program: &str) -> Result<Command, String> {
        let mut command = programs::command(program)?;
        let port = self.port.unwrap_or(PORT).to_string();
        command.arg("-h").arg(self.dir.path()).args(["-p", &port, "-U", ROLE]);
        Ok(command)
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        url(database, &[self])
    }

    /// The URL of a database over TCP, where it was asked for; without options.
    pub fn tcp_url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@localhost:{}/{database}", self.port.unwrap_or_default())
    }

    /// Makes an empty database; returns its URL.
    ///
    /// # Errors
    /// Where there is one of this name.
    pub fn database(&self, name: &str) -> Result<String, String> {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.url(name))
    }

    /// What a statement answers, a row a line, columns with `|` between.
    ///
    /// # Errors
    /// What the server says against it.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        run(self.client("psql")?.args([
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            database,
            "-c",
            sql,
        ]))
        .map(|text| text.trim_end().to_owned())
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// Where there is none of this name.
    pub fn rows(&self, database: &str, table: &str) -> Result<u64, String> {
        let counted = self.sql(database, &format!("SELECT count(*) FROM {table}"))?;
        counted.parse().map_err(|_| format!("{counted:?} is no number"))
    }

    /// Stops the server and waits for its end.
    ///
    /// # Errors
    /// Where it does not stop.
    pub fn stop(&mut self, how: Stop) -> Result<(), String> {
        let mode = if how == Stop::Fast { "fast" } else { "immediate" };
        run(programs::command("pg_ctl")?.args(["stop", "-w", "-m", mode, "-D"]).arg(self.data()))?;
        if let Some(mut server) = self.server.take() {
            server.wait().map_err(|e| format!("postgres did not end: {e}"))?;
        }
        Ok(())
    }

    /// A replica that follows this cluster.
    ///
    /// # Errors
    /// Where it cannot be copied or does not start.
    pub fn replica(&self) -> Result<Cluster, String> {
        let replica = Cluster::bare(self.options.clone())?;
        run(self
            .client("pg_basebackup")?
            .args(["-c", "fast", "-X", "stream", "-R", "-D"])
            .arg(replica.data()))?;
        let own = format!("unix_socket_directories = '{}'", replica.dir.path().display());
        append(&replica.data().join("postgresql.conf"), &own)?;
        replica.launched()
    }

    /// Makes a replica take writes.
    ///
    /// # Errors
    /// Where it is no replica.
    pub fn promote(&self) -> Result<(), String> {
        run(programs::command("pg_ctl")?.args(["promote", "-w", "-D"]).arg(self.data())).map(drop)
    }
}

/// The URL of a database on several clusters, of which a client finds the one that takes writes.
pub fn url(database: &str, clusters: &[&Cluster]) -> String {
    // A directory of a socket as a host has its slashes encoded.
    let host = |it: &&Cluster| {
        let dir = it.dir.path().display().to_string().replace('/', "%2F");
        format!("{dir}:{}", it.port.unwrap_or(PORT))
    };
    let hosts: Vec<String> = clusters.iter().map(host).collect();
    format!("postgres://{ROLE}@{}/{database}", hosts.join(","))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.is_some()
            && let Err(error) = self.stop(Stop::Immediate)
            && let Some(mut server) = self.server.take()
        {
            eprintln!("{error}");
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn append(path: &Path, lines: &str) -> Result<(), String> {
    let old = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    fs::write(path, format!("{old}\n{lines}\n")).map_err(|e| format!("{}: {e}", path.display()))
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
