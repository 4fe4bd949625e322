//! Whether the program lives, whether it is ready, and how it ends.
use crate::harness::{PLATFORM, Server};
use std::{
    os::unix::net::UnixDatagram,
    process::Command,
    time::{Duration, Instant},
};

fn health(server: &Server, more: &[&str]) -> (bool, String) {
    let address = server.origin.strip_prefix("http://").unwrap();
    let asked = Command::new(env!("CARGO_BIN_EXE_tollbridge")).args(["health", address]).args(more).output();
    let asked = asked.unwrap();
    (asked.status.success(), String::from_utf8(asked.stderr).unwrap())
}

#[test]
fn a_running_server_is_alive_and_ready() {
    let server = Server::start(&[]);
    for path in ["/healthz", "/readyz"] {
        let answer = server.send("GET", path, &[], "");
        assert_eq!(
            (answer.status, answer.all("cache-control")),
            (200, vec!["no-store".to_owned()]),
            "{path}"
        );
        assert_eq!(server.send("POST", path, &[], "a=b").status, 405, "{path}");
    }
    assert_eq!(health(&server, &[]), (true, String::new()));
    assert_eq!(health(&server, &["--ready"]), (true, String::new()));
}

#[test]
fn systemd_hears_when_it_is_ready_and_when_it_stops() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let hear = || {
        let mut said = [0; 64];
        let n = systemd.recv(&mut said).unwrap();
        String::from_utf8(said[..n].to_vec()).unwrap()
    };
    let mut server = Server::start_in(&[("NOTIFY_SOCKET", path.to_str().unwrap())], &[]);
    assert_eq!(hear(), "READY=1");
    server.signal("TERM");
    assert_eq!(hear(), "STOPPING=1");
    assert!(server.ended().success());
}

#[test]
fn a_reload_with_nothing_to_read_again_ends_nothing() {
    let server = Server::serve(&[]);
    server.signal("HUP");
    assert_eq!(server.send("GET", "/healthz", &[], "").status, 200);
    assert_eq!(server.send("GET", "/readyz", &[], "").status, 200);
}

#[test]
fn it_says_that_it_stops_before_it_does() {
    let mut server = Server::start(&["--stop-delay", "60"]);
    server.signal("TERM");
    let until = Instant::now() + Duration::from_secs(20);
    while server.send("GET", "/readyz", &[], "").status == 200 {
        assert!(Instant::now() < until, "it is still ready");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (well, why) = health(&server, &["--ready"]);
    assert!(!well && why.contains("/readyz answered 503"), "{why}");
    assert_eq!(health(&server, &[]), (true, String::new()), "it lives on");
    assert_eq!(server.ask(PLATFORM, "POST", "/v1/customers", "name=Jenny").status, 200, "it answers on");
    // Who asks twice does not want to wait.
    server.signal("TERM");
    assert!(server.ended().success());
    let (well, why) = health(&server, &[]);
    assert!(!well && why.contains("can't be asked"), "{why}");
}
