//! TLS that the program speaks itself, with certificates made here.
use crate::harness::Server;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};

/// Certificates on disk, where the server looks for them.
struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Files { dir: tempfile::tempdir().unwrap() }
    }
    fn cert(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }
    fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }
    /// Writes a certificate for loopback, and returns it.
    fn renew(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        put(&self.cert(), &cert.pem());
        put(&self.key(), &signing_key.serialize_pem());
        cert.der().clone()
    }
    fn serve(&self, more: &[&str]) -> Server {
        let (cert, key) = (self.cert(), self.key());
        let files = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        Server::serve(&[&files, more].concat())
    }
}

/// Replaces a file at once, as certbot does.
fn put(path: &Path, text: &str) {
    let beside = path.with_extension("fresh");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

/// A connection over TLS, kept open from one request to the next.
struct Connection(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Connection {
    /// Connects, trusting this certificate alone. Errors: another one is shown.
    fn open(server: &Server, trusted: &CertificateDer<'static>) -> std::io::Result<Self> {
        let address = server.origin.strip_prefix("https://").expect("TLS");
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut talk = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        talk.complete_io(&mut stream)?;
        Ok(Connection(BufReader::new(StreamOwned::new(talk, stream))))
    }
    /// Status line, headers and body of an answer.
    fn get(&mut self, path: &str, key: &str) -> (String, String, String) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut status = String::new();
        self.0.read_line(&mut status).unwrap();
        let (mut headers, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.trim().parse().unwrap();
            }
            headers += &line;
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (status.trim().to_owned(), headers, String::from_utf8(body).unwrap())
    }
}

#[test]
fn requests_come_over_tls_and_browsers_are_told_to_stay() {
    let files = Files::new();
    let cert = files.renew();
    let server = files.serve(&[]);
    let mut connection = Connection::open(&server, &cert).unwrap();
    let (status, headers, body) = connection.get("/v1/balance", &server.keys[0]);
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    assert!(headers.contains("strict-transport-security: max-age=31536000"), "{headers}");
    let (_, headers, _) = connection.get("/sign-in", "");
    assert!(headers.contains("__Host-tollbridge_visitor="), "{headers}");
    assert!(headers.contains("; Secure"), "{headers}");

    let mut plain = TcpStream::connect(server.origin.strip_prefix("https://").unwrap()).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answered = Vec::new();
    let _ = plain.read_to_end(&mut answered);
    assert!(!String::from_utf8_lossy(&answered).contains("200 OK"), "nothing is served in the clear");
}

/// Connects again and again until the certificate that is shown is this one.
fn until_shown(server: &Server, cert: &CertificateDer<'static>) -> Connection {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match Connection::open(server, cert) {
            Ok(connection) => return connection,
            Err(error) => assert!(Instant::now() < until, "the certificate was not read again: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_renewed_certificate_is_taken_up_without_dropping_a_connection() {
    let files = Files::new();
    let first = files.renew();
    let server = files.serve(&[]);
    let mut old = Connection::open(&server, &first).unwrap();
    assert_eq!(old.get("/healthz", "").0, "HTTP/1.1 200 OK");

    let second = files.renew();
    server.signal("HUP");
    assert_eq!(until_shown(&server, &second).get("/healthz", "").0, "HTTP/1.1 200 OK");
    assert!(Connection::open(&server, &first).is_err(), "the old certificate is shown no more");
    assert_eq!(old.get("/healthz", "").0, "HTTP/1.1 200 OK", "the open connection goes on");

    // A key that does not belong to the certificate: the one in use stays.
    let before = std::fs::read_to_string(files.key()).unwrap();
    let stranger = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    put(&files.key(), &stranger.signing_key.serialize_pem());
    server.signal("HUP");
    assert_eq!(old.get("/readyz", "").0, "HTTP/1.1 200 OK");
    assert!(Connection::open(&server, &second).is_ok());
    put(&files.key(), &before);

    // Nobody says anything: the change is found.
    let third = files.renew();
    until_shown(&server, &third);
    assert_eq!(old.get("/healthz", "").0, "HTTP/1.1 200 OK");
}

#[test]
fn files_that_do_not_go_together_are_refused_at_the_start() {
    let files = Files::new();
    files.renew();
    let other = Files::new();
    other.renew();
    let start = |cert: &Path, key: &Path| {
        let data = tempfile::tempdir().unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
            .args(["dev", "--port", "0", "--data"])
            .arg(data.path())
            .arg("--tls-cert")
            .arg(cert)
            .arg("--tls-key")
            .arg(key)
            .output()
            .unwrap();
        assert!(!run.status.success());
        String::from_utf8(run.stderr).unwrap()
    };
    let said = start(&files.cert(), &other.key());
    assert!(said.contains("do not go together"), "{said}");
    let said = start(&files.key(), &files.key());
    assert!(said.contains("holds no certificate in PEM"), "{said}");
    let said = start(&files.cert(), Path::new("/nowhere/key.pem"));
    assert!(said.contains("/nowhere/key.pem holds no private key in PEM"), "{said}");
}
