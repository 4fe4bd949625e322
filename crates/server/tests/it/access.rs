//! Every route with every kind of caller, against the table in `tests/access.txt`. The table is written by hand
//! and read in review: a new endpoint does not get in without a line that says whom it admits.
use crate::harness::{PLATFORM, PLATFORM_PUBLIC, SELLER, Server};
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

const TABLE: &str = include_str!("../access.txt");

/// The kinds of caller, in the order of the table's columns.
const CALLERS: [&str; 9] = [
    "nobody",
    "publishable",
    "secret",
    "another",
    "restricted",
    "read_only",
    "read_write",
    "revoked",
    "session",
];

fn walk(server: &Server) -> String {
    let read_only = server.token("read_only");
    let read_write = server.token("read_write");
    // Somebody else's platform cannot be asked for here, so the revoked token is one whose connection ended and
    // was made again.
    let revoked = server.token("read_write");
    let ended = server.ask(
        PLATFORM,
        "POST",
        "/oauth/deauthorize",
        &format!("client_id={}&stripe_user_id=acct_seller", crate::harness::CLIENT),
    );
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(server.ask(&read_write, "GET", "/v1/account", "").status, 401, "revocation is at once");
    let (read_only, read_write) = {
        let _ = (read_only, read_write);
        (server.token("read_only"), server.token("read_write"))
    };
    let restricted =
        server.ask(PLATFORM, "POST", "/_tollbridge/keys", "permissions[]=customer_read").text("key");
    let session = "tollbridge_session=whatever-a-browser-sends-along";

    let routes = server.send("GET", "/_tollbridge/routes", &[], "");
    let mut table = String::new();
    for line in routes.body.lines() {
        let (method, pattern) = line.split_once(' ').unwrap();
        let path = pattern.split('/').map(|part| if part.starts_with('{') { "nothing_here" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let _ = write!(table, "{method:6} {pattern:52}");
        for caller in CALLERS {
            let key = match caller {
                "publishable" => PLATFORM_PUBLIC,
                "secret" => PLATFORM,
                "another" => SELLER,
                "restricted" => &restricted,
                "read_only" => &read_only,
                "read_write" => &read_write,
                "revoked" => &revoked,
                _ => "",
            };
            let answer = match caller {
                "nobody" => server.send(method, &path, &[], ""),
                "session" => server.send(method, &path, &[("cookie", session)], ""),
                _ => server.ask(key, method, &path, ""),
            };
            assert!(answer.status < 500, "{method} {path} as {caller}: {}", answer.body);
            let _ = write!(table, " {}", answer.status);
        }
        table.push('\n');
    }
    table
}

#[test]
fn every_route_admits_whom_the_table_says() {
    let server = Server::start(&[]);
    let walked = walk(&server);
    let lines = |text: &str| -> BTreeMap<String, String> {
        let of = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        of.map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[..2].join(" "), words[2..].join(" "))
        })
        .collect()
    };
    let (said, seen) = (lines(TABLE), lines(&walked));
    if said != seen {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access.txt");
        std::fs::write(&new, &walked).unwrap();
        for (route, statuses) in &seen {
            let was = said.get(route).map_or("not in the table", String::as_str);
            if was != statuses {
                eprintln!("{route}\n  table: {was}\n  seen:  {statuses}");
            }
        }
        for route in said.keys().filter(|route| !seen.contains_key(*route)) {
            eprintln!("{route}\n  is in the table and not served");
        }
        panic!("the table of callers and the program differ; what was seen is in {}", new.display());
    }
}

#[test]
fn what_one_account_has_another_cannot_name() {
    let server = Server::start(&[]);
    let made = server.ask(PLATFORM, "POST", "/v1/customers", "email=a@example.com");
    let id = made.text("id");
    for (method, form) in [("GET", ""), ("POST", "name=x"), ("DELETE", "")] {
        let answer = server.ask(SELLER, method, &format!("/v1/customers/{id}"), form);
        assert_eq!(answer.status, 404, "{method}: {}", answer.body);
        assert_eq!(answer.text("code"), "resource_missing");
    }
    let charge = server.ask(SELLER, "POST", "/v1/charges", &format!("amount=100&currency=usd&customer={id}"));
    assert_eq!(charge.status, 400, "{}", charge.body);
    assert_eq!(server.ask(PLATFORM, "GET", &format!("/v1/customers/{id}"), "").status, 200);
}
