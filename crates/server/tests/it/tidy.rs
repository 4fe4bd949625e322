//! What must hold of the source itself. Each rule says what to do about it.
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files end here; one that is longer has become two things.
const LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() && !entry.ends_with("target") && !entry.ends_with("node_modules") {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|kind| kind == "rs") {
            found.push(entry);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(&root().join("crates"), &mut found);
    sources(&root().join("benches"), &mut found);
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// The dependencies that a crate's manifest names, without those of its tests.
fn dependencies(krate: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join("crates").join(krate).join("Cargo.toml")).unwrap();
    let of = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let of = of.split("\n[").next().unwrap_or_default();
    of.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned).collect()
}

#[test]
fn files_stay_small() {
    let long: Vec<_> = all_sources()
        .into_iter()
        .filter(|path| fs::read_to_string(path).unwrap().lines().count() > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "split these files by what they have become: {long:?}");
}

#[test]
fn rooms_do_not_reach_where_they_must_not() {
    let never: &[(&str, &[&str])] = &[
        ("wire", &["base", "store", "api", "resources"]),
        ("base", &["store", "api", "tokio", "hyper"]),
        ("money", &["store", "api", "hyper", "http", "tokio"]),
        ("vault", &["store", "api", "resources", "hyper"]),
        ("store", &["api", "resources", "rusqlite", "tokio"]),
        ("archive", &["api", "resources", "base", "rusqlite"]),
        ("audit", &["api", "resources", "base", "rusqlite"]),
        ("store_sqlite", &["api", "resources"]),
        ("store_postgres", &["api", "resources", "store_sqlite"]),
        ("acquirer", &["store", "api", "hyper", "http"]),
        (
            "api",
            &[
                "resources",
                "versions",
                "oauth",
                "pages",
                "rusqlite",
                "hyper",
                "store_sqlite",
                "store_postgres",
            ],
        ),
        (
            "resources",
            &["rusqlite", "hyper", "http", "tokio", "store_sqlite", "store_postgres", "oauth", "pages"],
        ),
        ("versions", &["store", "api", "resources"]),
        ("oauth", &["rusqlite", "hyper", "store_sqlite", "store_postgres", "pages"]),
        ("clockwork", &["rusqlite", "store_sqlite", "store_postgres", "pages", "oauth"]),
        ("pages", &["rusqlite", "hyper", "store_sqlite", "store_postgres"]),
        ("worlds", &["rusqlite", "store_sqlite", "store_postgres", "hyper", "http", "pages"]),
    ];
    for (krate, forbidden) in never {
        let has = dependencies(krate);
        let wrong: Vec<_> = has.iter().filter(|dep| forbidden.contains(&dep.as_str())).collect();
        assert!(
            wrong.is_empty(),
            "{krate} must not name {wrong:?}: see the table of rooms in ARCHITECTURE.md"
        );
    }
}

#[test]
fn only_the_homes_speak_sql() {
    for path in all_sources() {
        let text = path.to_string_lossy();
        // The vault's keys are looked after beneath the world of a request, and only the store counts that.
        let homes = ["/store_sqlite/", "/store_postgres/", "/pg_cluster/", "/benches/"];
        if homes.iter().any(|home| text.contains(home)) || text.ends_with("tidy.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for word in ["SELECT ", "INSERT INTO", "rusqlite"] {
            assert!(!source.contains(word), "{text} says {word:?}: SQL stays inside the store's homes");
        }
    }
}

#[test]
fn commits_are_seen_by_operators() {
    for path in all_sources() {
        let text = path.to_string_lossy();
        let homes =
            ["/store/", "/store_sqlite/", "/store_postgres/", "/api/src/commit.rs", "/api/src/secrets"];
        if homes.iter().any(|home| text.contains(home)) || text.ends_with("tidy.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        assert!(!source.contains("store.commit("), "{text}: commit through World::commit, which measures");
    }
}

#[test]
fn every_resource_and_every_version_is_listed() {
    let list = fs::read_to_string(root().join("crates/resources/src/lib.rs")).unwrap();
    for wing in ["connect", "payments", "events"] {
        let dir = root().join("crates/resources/src").join(wing);
        for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_stem().unwrap().to_string_lossy().into_owned();
            if entry.extension().is_some_and(|kind| kind == "rs") {
                assert!(
                    list.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name),
                    "{wing}/{name}.rs is not in the list of crates/resources/src/lib.rs"
                );
            }
        }
    }
    let list = fs::read_to_string(root().join("crates/versions/src/lib.rs")).unwrap();
    for entry in fs::read_dir(root().join("crates/versions/src")).unwrap().map(|entry| entry.unwrap().path())
    {
        let name = entry.file_stem().unwrap().to_string_lossy().into_owned();
        if name.starts_with("v2") {
            assert!(
                list.matches(&name).count() >= 2,
                "{name}.rs is not in the list of crates/versions/src/lib.rs"
            );
        }
    }
}

/// Narrower readings of a noun have the name of that noun.
const NARROWER: &[&str] = &["Terms", "Receiver", "Liable"];

#[test]
fn every_stored_kind_says_what_must_hold_of_it() {
    let mut rules = String::new();
    for file in ["resources/src/links.rs", "oauth/src/links.rs", "worlds/src/links.rs"] {
        rules.push_str(&fs::read_to_string(root().join("crates").join(file)).unwrap());
    }
    for path in all_sources() {
        let text = path.to_string_lossy().into_owned();
        if !text.contains("/src/") || text.contains("/benches/") || text.contains("test") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let mut rest = source.as_str();
        while let Some((_, after)) = rest.split_once("impl Named for ") {
            rest = after;
            let of = after.split([' ', '<']).next().unwrap_or_default();
            let name = after.split_once("NAME: &'static str = \"").and_then(|(_, it)| it.split('"').next());
            let Some(name) = name.filter(|name| !resources::links::NOT_STORED.contains(name)) else {
                continue;
            };
            let declared = rules.contains(&format!("{of}::NAME, tell:")) || NARROWER.contains(&of);
            assert!(declared, "{text}: say in links.rs what must hold of a stored {name}");
        }
    }
}

#[test]
fn nothing_is_left_to_do_in_the_code() {
    for path in all_sources().into_iter().filter(|path| !path.ends_with("tidy.rs")) {
        let source = fs::read_to_string(&path).unwrap();
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "in the making"] {
            assert!(!source.contains(word), "{} says {word}: do it, or write an issue", path.display());
        }
    }
}
