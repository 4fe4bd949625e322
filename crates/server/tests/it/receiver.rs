//! Somebody who is posted to: a webhook receiver, or a collector of traces.
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Duration,
};

/// How long something may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was posted.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Posted {
    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A listener on a free port.
pub(crate) struct Receiver {
    pub(crate) url: String,
    posted: mpsc::Receiver<Posted>,
}

impl Receiver {
    /// Answers the n-th request, from 0, with this status.
    pub(crate) fn start(status: impl Fn(usize) -> u16 + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (told, posted) = mpsc::channel();
        std::thread::spawn(move || {
            for (n, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                // Whoever goes away in the middle has posted nothing.
                let Ok(it) = receive(stream, status(n)) else { continue };
                if told.send(it).is_err() {
                    return;
                }
            }
        });
        Receiver { url, posted }
    }
    /// What is posted next.
    pub(crate) fn next(&self) -> Posted {
        self.posted.recv_timeout(PATIENCE).expect("something is posted")
    }
}

fn receive(stream: TcpStream, status: u16) -> std::io::Result<Posted> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, bytes)| bytes.parse().unwrap_or(0))];
    reader.read_exact(&mut body)?;
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    reader.into_inner().write_all(answer.as_bytes())?;
    Ok(Posted { path, headers, body })
}
