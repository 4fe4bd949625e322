//! A webhook receiver that accepts everything and counts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Result;
use crate::http::request_len;

const REQUEST_BYTES_MAX: usize = 1 << 20;

/// A receiver on loopback that lives as long as the process.
pub(crate) struct Sink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    received: Arc<AtomicU64>,
}

impl Sink {
    /// Starts the receiver on a thread of its own.
    pub(crate) fn start() -> Result<Self> {
        let received = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&received);
        let address = listen(move |stream| receive(stream, Arc::clone(&count)))?;
        Ok(Self { address, received })
    }

    /// Webhooks received since the start.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// Listens on loopback, on a thread of its own, for as long as the process lives.
pub(crate) fn listen<F>(receive: impl Fn(TcpStream) -> F + Send + 'static) -> Result<SocketAddr>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream));
            }
        });
    });
    Ok(address)
}

async fn receive(mut stream: TcpStream, received: Arc<AtomicU64>) {
    let mut buf = Vec::with_capacity(8 << 10);
    while buf.len() < REQUEST_BYTES_MAX {
        let Some(len) = request_len(&buf).filter(|len| *len <= buf.len()) else {
            match stream.read_buf(&mut buf).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        buf.drain(..len);
        received.fetch_add(1, Ordering::Relaxed);
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}
