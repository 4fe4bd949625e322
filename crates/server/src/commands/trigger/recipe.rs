//! Recipes as the table has them. An event stands at the beginning of a line, with where it is told if that is not the
//! account of the key: `at=ID`, or `with=KEY` where only another key sees it. Its steps are indented:
//!
//! ```text
//! [NAME =] METHOD PATH [FORM] [for=ACCOUNT] [with=KEY]
//! ```
//!
//! `NAME ?=` is a step that `--for` stands in for, `POST!` may be declined, and `WAIT` asks for a list until it has
//! something in it. `{NAME.MEMBER}` is what an earlier
//! step was answered; `{world.…}` what a development server tells of its world, and `{unique}` differs each time.
//! `+ EVENT` takes over the steps of an earlier recipe.
use std::collections::BTreeMap;

const TABLE: &str = include_str!("recipes.txt");

/// How an event is made to happen.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// Where it is told.
    pub(super) told: Told,
    /// What is asked for, one after the other.
    pub(super) steps: Vec<Step>,
}

/// Where an event is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// To the account of the key.
    Own,
    /// To this connected account.
    Account(&'static str),
    /// To the account of this key.
    Key(&'static str),
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// What its answer is called.
    pub(super) name: Option<&'static str>,
    /// Whether its answer may be given instead.
    pub(super) given: bool,
    /// Whether it may be declined.
    pub(super) refused: bool,
    /// Whether it is asked for until there is something.
    pub(super) waits: bool,
    /// The method.
    pub(super) method: &'static str,
    /// The path.
    pub(super) path: &'static str,
    /// The parameters.
    pub(super) form: &'static str,
    /// The connected account.
    pub(super) account: Option<&'static str>,
    /// Another key than the command's.
    pub(super) key: Option<&'static str>,
}

impl Recipe {
    /// Whether anything of it is put in from an answer of this name.
    pub(super) fn speaks_of(&self, name: &str) -> bool {
        let start = format!("{{{name}.");
        let told = match self.told {
            Told::Own => "",
            Told::Account(it) | Told::Key(it) => it,
        };
        let of_step = |it: &Step| {
            [Some(it.path), Some(it.form), it.account, it.key]
                .into_iter()
                .flatten()
                .any(|text| text.contains(&start))
        };
        told.contains(&start) || self.steps.iter().any(of_step)
    }
}

/// Every recipe, by its event. Errors: the line that is not understood.
pub(super) fn all() -> Result<BTreeMap<&'static str, Recipe>, String> {
    let mut all: BTreeMap<&'static str, Recipe> = BTreeMap::new();
    let mut event = "";
    for line in TABLE.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let wrong = || format!("The table of recipes has a line that is not understood: {line}");
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            event = words.next().ok_or_else(wrong)?;
            let told = match words.next() {
                None => Told::Own,
                Some(word) => match (word.strip_prefix("at="), word.strip_prefix("with=")) {
                    (Some(account), _) => Told::Account(account),
                    (_, Some(key)) => Told::Key(key),
                    (None, None) => return Err(wrong()),
                },
            };
            all.insert(event, Recipe { told, steps: Vec::new() });
            continue;
        }
        let more = match line.trim().strip_prefix("+ ") {
            Some(other) => all.get(other).ok_or_else(wrong)?.steps.clone(),
            None => vec![step(line).ok_or_else(wrong)?],
        };
        all.get_mut(event).ok_or_else(wrong)?.steps.extend(more);
    }
    Ok(all)
}

fn step(line: &'static str) -> Option<Step> {
    let mut words: Vec<&'static str> = line.split_whitespace().collect();
    let (mut name, mut given) = (None, false);
    if let Some(sign @ ("=" | "?=")) = words.get(1).copied() {
        (name, given) = (Some(words[0]), sign == "?=");
        words.drain(..2);
    }
    let mut words = words.into_iter();
    let method = words.next()?;
    let (method, refused) = method.strip_suffix('!').map_or((method, false), |it| (it, true));
    let (method, waits) = if method == "WAIT" { ("GET", true) } else { (method, false) };
    let path = words.next().filter(|path| path.starts_with('/'))?;
    let mut step = Step { name, given, refused, waits, method, path, form: "", account: None, key: None };
    for word in words {
        match (word.strip_prefix("for="), word.strip_prefix("with=")) {
            (Some(account), _) => step.account = Some(account),
            (_, Some(key)) => step.key = Some(key),
            (None, None) if step.form.is_empty() => step.form = word,
            (None, None) => return None,
        }
    }
    matches!(method, "GET" | "POST" | "DELETE").then_some(step)
}

/// A text with what `known` says put in for each `{path}`. Errors: the path of which it says nothing.
pub(super) fn fill(text: &str, known: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after.split_once('}').ok_or_else(|| rest.to_owned())?;
        out.push_str(before);
        out.push_str(&known(path).ok_or_else(|| path.to_owned())?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events that nothing a caller can ask for makes happen.
    const CAUSED_BY_NOBODY: &[&str] = &[
        // Reports of this program are written or refused when they are asked for.
        "reporting.report_run.failed",
        // Sent by `POST /v2/core/event_destinations/{id}/ping`, to that destination alone.
        "v2.core.event_destination.ping",
    ];

    #[test]
    fn every_event_has_a_recipe() {
        let recipes = all().unwrap();
        for event in resources::events() {
            let made = recipes.contains_key(event);
            assert!(
                made != CAUSED_BY_NOBODY.contains(&event),
                "{event}: write into trigger/recipes.txt how it is made to happen"
            );
        }
        let told = resources::events();
        for event in recipes.keys() {
            assert!(told.contains(event), "{event} is told by nobody");
        }
    }

    #[test]
    fn names_are_put_in() {
        let known = |path: &str| (path == "a.id").then(|| "x".to_owned());
        assert_eq!(fill("/v1/{a.id}/{a.id}", known).unwrap(), "/v1/x/x");
        assert_eq!(fill("{b}", known), Err("b".into()));
        assert_eq!(fill("{b", known), Err("{b".into()));
    }
}
