//! `tollbridge health`: asks a running server how it is, for containers whose image holds no other program.
use crate::Failure;
use clap::Args;
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// From the connection to the answer each step may take this long.
const STEP_MAX: Duration = Duration::from_secs(3);
/// A status line is shorter.
const READ_MAX: usize = 1024;

/// Which server is asked, and what.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Where the server listens: its --metrics-listen, or its --listen where that is without TLS
    #[arg(default_value = "127.0.0.1:7070", value_name = "ADDRESS:PORT")]
    address: SocketAddr,
    /// Ask whether it is ready for requests (/readyz) and not only whether it lives (/healthz)
    #[arg(long)]
    ready: bool,
}

/// Succeeds where the server answers that it is well.
pub(crate) fn ask(asked: &Asked) -> Result<(), Failure> {
    let Asked { address, ready } = asked;
    let path = if *ready { "/readyz" } else { "/healthz" };
    match status(*address, path) {
        Ok(Some(200)) => Ok(()),
        Ok(Some(status)) => Err(Failure(format!("{address}{path} answered {status}."))),
        Ok(None) => Err(Failure(format!(
            "{address}{path} did not answer in HTTP. Where it speaks TLS, ask the address of --metrics-listen."
        ))),
        Err(e) => Err(Failure(format!("{address} can't be asked: {e}."))),
    }
}

fn status(address: SocketAddr, path: &str) -> std::io::Result<Option<u16>> {
    let mut stream = TcpStream::connect_timeout(&address, STEP_MAX)?;
    stream.set_read_timeout(Some(STEP_MAX))?;
    stream.set_write_timeout(Some(STEP_MAX))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut read = Vec::new();
    let mut buffer = [0u8; READ_MAX];
    while read.len() < READ_MAX && !read.contains(&b'\n') {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        read.extend_from_slice(buffer.get(..n).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&read);
    let line = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    Ok(line.and_then(|digits| digits.parse().ok()))
}
