//! `docs/conformance.md`: what of the published API is served. It is made of the endpoint table and of the
//! machine-readable reference, which lies beside the checkout and not in it; where it is not at hand, nothing is
//! compared. To write the document anew: `TOLLBRIDGE_REGENERATE=1 cargo test -p resources --test conformance`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::PathBuf,
};
use wire::{Field, Shape};

/// The committed document.
const DOCUMENT: &str = "../../docs/conformance.md";
/// What the pipeline takes for every endpoint, and for every list.
const EVERYWHERE: &[&str] = &["expand"];
const OF_LISTS: &[&str] = &["limit", "starting_after", "ending_before"];
/// What is served outside the table of endpoints (`crates/oauth`, `crates/pages`), with what it lacks.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("GET /oauth/authorize", &["suggested_capabilities"]),
    ("POST /oauth/token", &[]),
    ("POST /oauth/deauthorize", &[]),
];
/// Missing parameters that are named before the rest is only counted.
const NAMED_MAX: usize = 14;

/// The directory of the reference, where there is one.
fn reference() -> Option<PathBuf> {
    let said = std::env::var_os("TOLLBRIDGE_REFERENCE").map(PathBuf::from);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dir = said.map_or_else(|| root.join("../shared/api"), |said| root.join(said));
    dir.join("data/current-resources.json").is_file().then_some(dir)
}

/// A path whose parts have no names, since names of parts differ.
fn anonymous(operation: &str) -> String {
    let parts = operation.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// What of the reference's parameters our fields lack, as paths such as `shipping[address]`.
struct Comparison<'a> {
    params: &'a Value,
    missing: Vec<String>,
}

impl Comparison<'_> {
    fn hash(&mut self, name: &str, fields: &[Field], within: &str, skip: &[&str]) {
        let Some(wanted) = self.params.get(name).and_then(Value::as_object) else { return };
        for (name, spec) in wanted {
            if skip.contains(&name.as_str()) {
                continue;
            }
            let path = if within.is_empty() { name.clone() } else { format!("{within}[{name}]") };
            match fields.iter().find(|field| field.name == name) {
                None => self.missing.push(path),
                Some(field) => self.value(spec, &field.shape, &path),
            }
        }
    }

    fn value(&mut self, spec: &Value, shape: &Shape, path: &str) {
        match (shape, spec["type"].as_str()) {
            (Shape::Nullable(inner) | Shape::Optional(inner), _) => self.value(spec, inner, path),
            (Shape::Object(fields), Some("object")) => {
                if let Some(name) = spec["ref"].as_str() {
                    self.hash(name, fields, path, &[]);
                }
            }
            (Shape::List(inner), Some("array")) => self.value(&spec["items"], inner, path),
            (shape, Some("union")) => {
                // A union of hashes takes the members of all of them.
                for one in spec["anyOf"].as_array().into_iter().flatten() {
                    if one["type"] == "object" && matches!(shape, Shape::Object(_)) {
                        self.value(one, shape, path);
                    }
                }
            }
            _ => {}
        }
    }
}

/// How an operation is served: its cell of the table, and what it lacks.
fn served(
    params: &Value,
    operation: &str,
    spec: &Value,
    ours: &BTreeMap<String, api::Endpoint>,
) -> Option<Vec<String>> {
    if let Some((_, lacks)) = ELSEWHERE.iter().find(|(known, _)| *known == operation) {
        return Some(lacks.iter().map(|it| (*it).to_owned()).collect());
    }
    let endpoint = ours.get(&anonymous(operation))?;
    let mut skip = EVERYWHERE.to_vec();
    if endpoint.is_list {
        skip.extend(OF_LISTS);
    }
    let mut comparison = Comparison { params, missing: Vec::new() };
    if let Some(name) = spec["params"].as_str() {
        comparison.hash(name, endpoint.params, "", &skip);
    }
    comparison.missing.sort();
    comparison.missing.dedup();
    Some(comparison.missing)
}

/// The document. Deterministic: it depends on the endpoints, the events and the reference alone.
fn document(reference: &Value, classes: &Value) -> String {
    let endpoints = resources::endpoints();
    let ours: BTreeMap<String, api::Endpoint> =
        endpoints.into_iter().map(|it| (anonymous(&format!("{} {}", it.method, it.path)), it)).collect();
    let operations = reference["operations"].as_object().unwrap();
    let known: BTreeSet<String> = operations.keys().map(|operation| anonymous(operation)).collect();

    let mut areas: BTreeMap<&str, Vec<(&str, Option<Vec<String>>)>> = BTreeMap::new();
    for (operation, spec) in operations {
        let area = classes[operation]["area"].as_str().unwrap_or("Others");
        areas
            .entry(area)
            .or_default()
            .push((operation, served(&reference["params"], operation, spec, &ours)));
    }
    let events: BTreeSet<&str> = resources::events().into_iter().collect();
    let (sent, unsent): (Vec<&String>, Vec<&String>) =
        reference["events"].as_object().unwrap().keys().partition(|event| events.contains(event.as_str()));

    let version = reference["meta"]["api_version"].as_str().unwrap_or_default();
    let mut text = format!(
        "# Conformance\n\nEvery operation of the published API (version `{version}`): *served* with all parameters, \
         *partly* with the parameters that are refused as unknown, or not at all. What is not served answers as an \
         unrecognised URL.\n\nGenerated from the endpoint table and the machine-readable reference; do not edit \
         (`TOLLBRIDGE_REGENERATE=1 cargo test -p resources --test conformance`, with the reference at \
         `TOLLBRIDGE_REFERENCE`).\n\n| area | operations | served | partly | not served |\n|---|---|---|---|---|\n"
    );
    let count = |of: &[(&str, Option<Vec<String>>)]| {
        let whole = of.iter().filter(|(_, it)| it.as_ref().is_some_and(Vec::is_empty)).count();
        let partly = of.iter().filter(|(_, it)| it.as_ref().is_some_and(|it| !it.is_empty())).count();
        (of.len(), whole, partly, of.len() - whole - partly)
    };
    let mut sums = (0, 0, 0, 0);
    for (area, of) in &areas {
        let (all, whole, partly, not) = count(of);
        sums = (sums.0 + all, sums.1 + whole, sums.2 + partly, sums.3 + not);
        let _ = writeln!(text, "| {area} | {all} | {whole} | {partly} | {not} |");
    }
    let _ = writeln!(text, "| **all** | **{}** | **{}** | **{}** | **{}** |", sums.0, sums.1, sums.2, sums.3);
    for (area, mut of) in areas {
        let (_, whole, partly, _) = count(&of);
        let _ = write!(text, "\n## {area}\n\n");
        of.sort_by_key(|(operation, _)| {
            let (method, path) = operation.split_once(' ').unwrap();
            (path, method)
        });
        if whole + partly > 0 {
            text.push_str("| operation | | parameters it lacks |\n|---|---|---|\n");
        }
        for (operation, lacks) in of.iter().filter_map(|(operation, it)| Some((operation, it.as_ref()?))) {
            let word = if lacks.is_empty() { "served" } else { "partly" };
            let named: Vec<String> = lacks.iter().take(NAMED_MAX).map(|it| format!("`{it}`")).collect();
            let more = lacks.len().saturating_sub(NAMED_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _ = writeln!(text, "| `{operation}` | {word} | {}{more} |", named.join(", "));
        }
        let not: Vec<String> =
            of.iter().filter(|(_, it)| it.is_none()).map(|(operation, _)| format!("`{operation}`")).collect();
        if !not.is_empty() {
            let gap = if whole + partly > 0 { "\n" } else { "" };
            let _ = writeln!(text, "{gap}Not served: {}.", not.join(" · "));
        }
    }
    let listed = |of: &[&String]| of.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" · ");
    let _ = write!(
        text,
        "\n## Events\n\n{} of {} are sent: {}.\n\nNot sent: {}.\n",
        sent.len(),
        sent.len() + unsent.len(),
        listed(&sent),
        listed(&unsent)
    );
    let earlier: Vec<String> = ours
        .iter()
        .filter(|(path, _)| !known.contains(*path))
        .map(|(_, it)| format!("`{} {}`", it.method, it.path))
        .collect();
    let _ = write!(
        text,
        "\n## Beyond the reference\n\nForms of earlier versions that are still served: {}.\n",
        earlier.join(" · ")
    );
    text
}

#[test]
fn the_document_tells_what_is_served() {
    let Some(dir) = reference() else {
        eprintln!("skipped: no reference at hand (set TOLLBRIDGE_REFERENCE)");
        return;
    };
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(dir.join("data").join(name)).unwrap()).unwrap()
    };
    let made = document(&read("current-resources.json"), &read("surface-classes.json"));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if std::env::var_os("TOLLBRIDGE_REGENERATE").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    for (kept, made) in kept.lines().zip(made.lines()) {
        assert_eq!(kept, made, "docs/conformance.md is outdated: see the first lines of this test");
    }
    assert_eq!(kept.len(), made.len(), "docs/conformance.md is outdated: see the first lines of this test");
}

#[test]
fn what_is_lacking_is_found() {
    let params: Value = serde_json::from_str(
        r#"{"P":{"amount":{"type":"integer"},"card":{"type":"object","ref":"C"},"expand":{"type":"array"}},
            "C":{"number":{"type":"string"},"cvc":{"type":"string"}}}"#,
    )
    .unwrap();
    const CARD: &[Field] = &[Field { name: "number", doc: "", shape: Shape::Text }];
    const FIELDS: &[Field] = &[Field { name: "card", doc: "", shape: Shape::Nullable(&Shape::Object(CARD)) }];
    let mut comparison = Comparison { params: &params, missing: Vec::new() };
    comparison.hash("P", FIELDS, "", EVERYWHERE);
    comparison.missing.sort();
    assert_eq!(comparison.missing, ["amount", "card[cvc]"]);
}
