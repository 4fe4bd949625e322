//! What systemd is told of a service with `Type=notify`: that it is ready, and that it stops. Elsewhere nobody listens.
#[cfg(unix)]
use std::os::unix::net::UnixDatagram;

/// The server answers.
pub(crate) const READY: &str = "READY=1";
/// The server was asked to stop.
pub(crate) const STOPPING: &str = "STOPPING=1";

/// Tells the one who started the service, if it wants to hear.
#[expect(clippy::disallowed_methods, reason = "the protocol: the variable names the socket")]
pub(crate) fn tell(state: &str) {
    let Ok(socket) = std::env::var("NOTIFY_SOCKET") else { return };
    if let Err(error) = send(&socket, state) {
        tracing::warn!(%error, socket, "systemd could not be told {state}");
    }
}

#[cfg(target_os = "linux")]
fn send(socket: &str, state: &str) -> std::io::Result<()> {
    use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn send(socket: &str, state: &str) -> std::io::Result<()> {
    UnixDatagram::unbound()?.send_to(state.as_bytes(), socket).map(drop)
}

#[cfg(not(unix))]
fn send(_: &str, _: &str) -> std::io::Result<()> {
    Ok(())
}
