//! TLS: the certificate and its key from PEM files, read again when they change or a SIGHUP comes. Connections that are
//! open go on with what they began with.
use crate::Failure;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::ProducesTickets,
    },
    server::TlsStream,
};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// A handshake must be done within this time.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// What connections are greeted with.
pub(crate) struct Tls {
    cert: PathBuf,
    key: PathBuf,
    /// Kept over a change of certificate, so that callers resume their sessions.
    tickets: Arc<dyn ProducesTickets>,
    current: RwLock<Arc<ServerConfig>>,
}

/// How a file looked when it was read.
type Stamp = Option<(SystemTime, u64)>;

impl Tls {
    /// Errors: a file can't be read, holds no PEM of its kind, or the key is not the certificate's.
    pub(crate) fn open(cert: &Path, key: &Path) -> Result<Arc<Self>, Failure> {
        let tickets = ring::Ticketer::new().map_err(|e| Failure(format!("TLS can't be set up: {e}.")))?;
        let current = RwLock::new(read(cert, key, &tickets).map_err(Failure)?);
        Ok(Arc::new(Tls { cert: cert.to_owned(), key: key.to_owned(), tickets, current }))
    }

    /// Shakes hands.
    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let config = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        tokio::time::timeout(HANDSHAKE_MAX, TlsAcceptor::from(config).accept(stream)).await?
    }

    /// Reads the files again whenever they have changed, and on SIGHUP, until `stop` says so.
    pub(crate) async fn keep_fresh(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut hangup = hangup();
        let mut seen = self.stamps();
        loop {
            let asked = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = hangup.next() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let stamps = self.stamps();
            if asked || stamps != seen {
                self.reload();
                seen = stamps;
            }
        }
    }

    fn stamps(&self) -> [Stamp; 2] {
        [&self.cert, &self.key].map(|path| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        })
    }

    fn reload(&self) {
        match read(&self.cert, &self.key, &self.tickets) {
            Ok(fresh) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                tracing::info!(cert = %self.cert.display(), "the certificate was read again");
            }
            // Between the two files being replaced this is how it must look.
            Err(why) => tracing::warn!("The certificate in use stays: {why}"),
        }
    }
}

/// Lets a SIGHUP pass, which would end the program.
pub(crate) async fn ignore_hangup() {
    let mut hangup = hangup();
    loop {
        hangup.next().await;
        tracing::info!("SIGHUP: there is no certificate to read again");
    }
}

fn read(cert: &Path, key: &Path, tickets: &Arc<dyn ProducesTickets>) -> Result<Arc<ServerConfig>, String> {
    let unreadable = |path: &Path, what: &str, why: &dyn std::fmt::Display| {
        format!("{} holds no {what} in PEM: {why}.", path.display())
    };
    let certs: Vec<_> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(|e| unreadable(cert, "certificate", &e))?;
    if certs.is_empty() {
        return Err(unreadable(cert, "certificate", &"there is none in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| unreadable(key, "private key", &e))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("TLS can't be set up: {e}."))?
        .with_no_client_auth()
        .with_single_cert(certs, private)
        .map_err(|e| format!("{} and {} do not go together: {e}.", cert.display(), key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = tickets.clone();
    Ok(Arc::new(config))
}

#[cfg(unix)]
pub(crate) struct Hangup(Option<tokio::signal::unix::Signal>);

/// SIGHUP, to be waited for.
#[cfg(unix)]
pub(crate) fn hangup() -> Hangup {
    use tokio::signal::unix::{SignalKind, signal};
    Hangup(
        signal(SignalKind::hangup()).inspect_err(|e| tracing::warn!(%e, "SIGHUP can't be waited for")).ok(),
    )
}

#[cfg(unix)]
impl Hangup {
    pub(crate) async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
pub(crate) struct Hangup;
#[cfg(not(unix))]
pub(crate) fn hangup() -> Hangup {
    Hangup
}
#[cfg(not(unix))]
impl Hangup {
    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}
