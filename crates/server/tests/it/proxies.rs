//! Behind a proxy: whom it speaks for, and whether that one came by TLS.
use crate::harness::{Answer, Server};

const PUBLIC: &[&str] = &["--origin", "https://connect.example"];

fn ask(server: &Server, path: &str, protocol: &str) -> Answer {
    let headers =
        [("x-forwarded-proto", protocol), ("x-forwarded-for", "203.0.113.9"), ("accept", "text/html")];
    server.send("GET", path, &headers, "")
}

#[test]
fn a_trusted_proxy_says_who_came_without_tls() {
    let server = Server::serve(&[PUBLIC, &["--trusted-proxies", "127.0.0.0/8"]].concat());
    let secure = ask(&server, "/sign-in", "https");
    assert_eq!(secure.status, 200);
    assert_eq!(secure.all("strict-transport-security"), ["max-age=31536000"]);
    assert!(secure.all("set-cookie")[0].contains("; Secure"), "{:?}", secure.all("set-cookie"));

    let plain = ask(&server, "/sign-in?next=/dashboard", "http");
    assert_eq!(plain.status, 308);
    assert_eq!(plain.all("location"), ["https://connect.example/sign-in?next=/dashboard"]);
    assert!(plain.all("strict-transport-security").is_empty(), "it counts over TLS only");
    let program = ask(&server, "/v1/balance", "http");
    assert_eq!(program.status, 403);
    assert!(program.text("message").contains("https://connect.example"), "{}", program.body);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&server, path, "http").status, 200, "health is asked in the clear: {path}");
    }
}

#[test]
fn a_stranger_is_not_believed() {
    let server = Server::serve(PUBLIC);
    assert_eq!(ask(&server, "/sign-in", "http").status, 200);
    assert_eq!(ask(&server, "/v1/balance", "http").status, 401);
}

/// How many wrong guesses of one person's password are taken, of fifteen.
fn guesses(server: &Server, email: &str, client: impl Fn(usize) -> String) -> usize {
    let page = server.send("GET", "/sign-in", &[("accept", "text/html")], "");
    let cookie = page.all("set-cookie")[0].split(';').next().unwrap().to_owned();
    let csrf =
        page.body.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let form = format!("csrf={csrf}&email={email}&password=guess");
    let try_once = |n: usize| {
        let from = client(n);
        let headers = [("cookie", cookie.as_str()), ("x-forwarded-for", &from), ("accept", "text/html")];
        server.send("POST", "/sign-in", &headers, &form).status
    };
    (0..15).take_while(|n| try_once(*n) == 422).count()
}

#[test]
fn sign_in_is_throttled_by_the_client_behind_the_proxy() {
    let each_another = |n: usize| format!("203.0.113.{n}");
    let behind = Server::start(&["--ephemeral", "--trusted-proxies", "127.0.0.1"]);
    assert_eq!(guesses(&behind, "a@example.com", each_another), 15, "they are different machines");
    assert_eq!(guesses(&behind, "b@example.com", |_| "198.51.100.1".into()), 10, "this is one");
    let direct = Server::start(&["--ephemeral"]);
    assert_eq!(guesses(&direct, "a@example.com", each_another), 10, "a header does not make many of one");
}
