//! A webhook receiver that answers or holds back, and remembers when what came.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::customer;
use crate::Result;
use crate::http::request_len;
use crate::sink::listen;

/// What a receiver does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It answers at once.
    Answers,
    /// It takes everything and says nothing, until it is told to answer.
    Holds,
}

/// A receiver on loopback that lives as long as the process.
pub(super) struct Post {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    count: AtomicU64,
    holds: AtomicBool,
    came: Mutex<HashMap<String, Instant>>,
    last: Mutex<Vec<u8>>,
}

impl Post {
    pub(super) fn start(manner: Manner) -> Result<Self> {
        let shared = Arc::new(Shared {
            count: AtomicU64::new(0),
            holds: AtomicBool::new(manner == Manner::Holds),
            came: Mutex::default(),
            last: Mutex::default(),
        });
        let of = shared.clone();
        let address = listen(move |stream| receive(stream, of.clone()))?;
        Ok(Post { address, shared })
    }
    /// From now on it answers.
    pub(super) fn answers(&self) {
        self.shared.holds.store(false, Ordering::Relaxed);
    }
    /// How many requests came.
    pub(super) fn count(&self) -> u64 {
        self.shared.count.load(Ordering::Relaxed)
    }
    /// When the first delivery about each customer came.
    pub(super) fn arrivals(&self) -> HashMap<String, Instant> {
        self.shared.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Forgets what came.
    pub(super) fn forget(&self) {
        self.shared.came.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    /// The last request as it came.
    pub(super) fn last(&self) -> Vec<u8> {
        self.shared.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn receive(mut stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let mut buf = Vec::with_capacity(16 << 10);
    let mut began = None;
    loop {
        let Some(len) = request_len(&buf).filter(|len| *len <= buf.len()) else {
            match stream.read_buf(&mut buf).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    began.get_or_insert_with(Instant::now);
                    continue;
                }
            }
        };
        let at = began.take().unwrap_or_else(Instant::now);
        let request: Vec<u8> = buf.drain(..len).collect();
        if shared.holds.load(Ordering::Relaxed) {
            while shared.holds.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            return;
        }
        if let Some(id) = std::str::from_utf8(&request).ok().and_then(customer) {
            let mut came = shared.came.lock().unwrap_or_else(PoisonError::into_inner);
            came.entry(id.to_owned()).or_insert(at);
        }
        if shared.count.fetch_add(1, Ordering::Relaxed).is_multiple_of(512) {
            *shared.last.lock().unwrap_or_else(PoisonError::into_inner) = request;
        }
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}
