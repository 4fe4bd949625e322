//! A webhook receiver that accepts everything and counts, all and by the type of the event.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
    heard: Arc<Heard>,
}

/// How many webhooks came of each type.
type Heard = Mutex<BTreeMap<String, u64>>;

impl Sink {
    /// Starts the receiver on a thread of its own.
    pub(crate) fn start() -> Result<Self> {
        let received = Arc::new(AtomicU64::new(0));
        let heard = Arc::<Heard>::default();
        let (count, kinds) = (Arc::clone(&received), Arc::clone(&heard));
        let address = listen(move |stream| receive(stream, Arc::clone(&count), Arc::clone(&kinds)))?;
        Ok(Self { address, received, heard })
    }

    /// Webhooks received since the start.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The same by the type of the event.
    pub(crate) fn heard(&self) -> BTreeMap<String, u64> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

/// The type of the event in a request: its last member of that name, for the object within may have one too.
fn kind(request: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(request).ok()?;
    let (_, rest) = text.rsplit_once("\"type\":")?;
    rest.split('"').nth(1)
}

async fn receive(mut stream: TcpStream, received: Arc<AtomicU64>, heard: Arc<Heard>) {
    let mut buf = Vec::with_capacity(8 << 10);
    while buf.len() < REQUEST_BYTES_MAX {
        let Some(len) = request_len(&buf).filter(|len| *len <= buf.len()) else {
            match stream.read_buf(&mut buf).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        if let Some(kind) = buf.get(..len).and_then(kind) {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            match heard.get_mut(kind) {
                Some(count) => *count += 1,
                None => drop(heard.insert(kind.to_owned(), 1)),
            }
        }
        buf.drain(..len);
        received.fetch_add(1, Ordering::Relaxed);
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}
