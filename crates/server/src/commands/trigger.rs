//! `tollbridge trigger`: makes an event happen, through the operations that cause it. What causes what is a table of
//! recipes, one for each event (`trigger/recipes.txt`).
mod recipe;

use super::{
    block_on,
    remote::{Headers, Remote, Where},
};
use crate::{Failure, clock::Wall};
use base::{Clock as _, Version};
use clap::Args;
use recipe::{Recipe, Step, Told};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use wire::Node;

/// The version whose parameters the recipes are written in: the one of the official command line's.
const VERSION: Version = Version::of("2020-08-27");
/// An event that is made to happen is told within this time.
const TOLD_MAX: Duration = Duration::from_secs(30);
/// How often is looked for it.
const LOOK: Duration = Duration::from_millis(50);

/// Which event, and to what it happens.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// The type of the event, such as charge.succeeded
    #[arg(required_unless_present = "list")]
    event: Option<String>,
    /// Print every type that can be made to happen
    #[arg(long)]
    list: bool,
    /// Make it happen on this connected account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Make it happen to this object (ch_…, cus_…, pi_…) instead of a new one
    #[arg(long = "for", value_name = "ID")]
    to: Option<String>,
    /// Another value for a parameter: the name of the step, a colon, and the parameter, as in charge:amount=500
    #[arg(long = "override", value_name = "STEP:PARAM=VALUE")]
    overrides: Vec<String>,
    /// Print the requests that are made
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    at: Where,
}

/// Makes it happen, and waits until it was told.
pub(crate) fn run(asked: Trigger) -> Result<(), Failure> {
    let recipes = recipe::all().map_err(Failure)?;
    if asked.list {
        recipes.keys().for_each(|event| println!("{event}"));
        return Ok(());
    }
    let wanted = asked.event.clone().unwrap_or_default();
    let Some(recipe) = recipes.get(wanted.as_str()) else {
        let near: Vec<&str> =
            recipes.keys().filter(|it| it.split('.').next() == wanted.split('.').next()).copied().collect();
        let near = if near.is_empty() {
            "See --list.".to_owned()
        } else {
            format!("There are: {}.", near.join(", "))
        };
        return Err(Failure(format!("No recipe makes {wanted} happen. {near}")));
    };
    block_on(async {
        let mut cook = Cook::new(asked)?;
        cook.follow(recipe).await?;
        let id = cook.wait(&wanted, &recipe.told).await?;
        println!("{wanted} [{id}]");
        Ok(())
    })
}

/// Whoever follows a recipe.
struct Cook {
    remote: Remote,
    account: Option<String>,
    to: Option<String>,
    overrides: Vec<(String, String, String)>,
    verbose: bool,
    known: BTreeMap<String, Node<'static>>,
    /// Once it is known where the event is to be told: what leaves out of a list what was told there before.
    fresh: Option<String>,
}

impl Cook {
    fn new(asked: Trigger) -> Result<Self, Failure> {
        let parse = |text: &String| {
            let (step, rest) = text.split_once(':')?;
            let (param, value) = rest.split_once('=')?;
            Some((step.to_owned(), param.to_owned(), value.to_owned()))
        };
        let one = |text: &String| {
            parse(text).ok_or_else(|| {
                Failure(format!(
                    "--override {text} is not understood. Write STEP:PARAM=VALUE, as in charge:amount=500."
                ))
            })
        };
        let overrides = asked.overrides.iter().map(one).collect::<Result<_, _>>()?;
        let mut known = BTreeMap::new();
        // What must differ each time, so that something changes.
        let unique = (Wall.now_ms() % 100_000_000).to_string();
        known.insert("unique".to_owned(), Node::text(unique));
        Ok(Cook {
            remote: Remote::new(asked.at)?,
            account: asked.account,
            to: asked.to,
            overrides,
            verbose: asked.verbose,
            known,
            fresh: None,
        })
    }

    async fn follow(&mut self, recipe: &Recipe) -> Result<(), Failure> {
        for (step, _, _) in &self.overrides {
            if !recipe.steps.iter().any(|it| it.name == Some(step)) {
                let names: Vec<&str> = recipe.steps.iter().filter_map(|it| it.name).collect();
                return Err(Failure(format!(
                    "This event has no step {step}. Its steps are: {}.",
                    names.join(", ")
                )));
            }
        }
        if self.to.is_some() && !recipe.steps.iter().any(|it| it.given) {
            return Err(Failure("This event happens to something new each time. Leave --for out.".into()));
        }
        if recipe.speaks_of("world") {
            let world = self.remote.ask("GET", "/_tollbridge/world", "", &Headers::default()).await?.ok()?;
            self.known.insert("world".into(), world);
        }
        for step in &recipe.steps {
            // What was told before does not count.
            if self.fresh.is_none()
                && let Ok(headers) = self.place(&recipe.told)
            {
                let newest = self.first(&headers, "limit=1").await?;
                self.fresh = Some(newest.map_or(String::new(), |id| format!("&ending_before={id}")));
            }
            self.take(step).await?;
        }
        Ok(())
    }

    /// Where an event is told.
    fn place(&self, told: &Told) -> Result<Headers, Failure> {
        let (account, key) = match told {
            Told::Own => (self.account.clone(), None),
            Told::Account(it) => (Some(self.fill(it)?), None),
            Told::Key(it) => (None, Some(self.fill(it)?)),
        };
        Ok(Headers { account, key, version: Some(VERSION) })
    }

    /// The id of the first event of a list.
    async fn first(&self, headers: &Headers, form: &str) -> Result<Option<String>, Failure> {
        let list = self.remote.ask("GET", "/v1/events", form, headers).await?.ok()?;
        let Some(Node::List(items)) = list.get("data") else { return Ok(None) };
        Ok(items.first().and_then(|it| it.get("id")?.as_str()).map(str::to_owned))
    }

    async fn take(&mut self, step: &Step) -> Result<(), Failure> {
        if step.given
            && let (Some(id), Some(name)) = (self.to.take(), step.name)
        {
            let it = Node::Map(vec![("id".into(), Node::text(id))]);
            self.known.insert(name.to_owned(), it);
            return Ok(());
        }
        let mut form = self.fill(step.form)?;
        for (_, param, value) in self.overrides.iter().filter(|(name, _, _)| step.name == Some(name)) {
            form = overridden(&form, param, value);
        }
        let by_hand = step.path.starts_with("/_tollbridge/");
        let account = step.account.map(|it| self.fill(it)).transpose()?.or_else(|| self.account.clone());
        if by_hand
            && let Some(account) =
                account.as_ref().filter(|_| step.path.contains("disputes") || step.path.contains("warnings"))
        {
            form = overridden(&form, "account", account);
        }
        let headers = Headers {
            account: account.filter(|_| !by_hand && step.path.starts_with("/v")),
            key: step.key.map(|it| self.fill(it)).transpose()?,
            version: Some(VERSION),
        };
        let path = self.fill(step.path)?;
        let began = Instant::now();
        let answer = loop {
            let answer = self.remote.ask(step.method, &path, &form, &headers).await?;
            let is_empty = matches!(answer.body.get("data"), Some(Node::List(items)) if items.is_empty());
            if !(step.waits && is_empty && began.elapsed() < TOLD_MAX) {
                break answer;
            }
            tokio::time::sleep(LOOK).await;
        };
        if self.verbose {
            eprintln!("[{}] {} {path} {form}", answer.status, step.method);
        }
        let body =
            if step.refused && matches!(answer.status, 400 | 402) { answer.body } else { answer.ok()? };
        if let Some(name) = step.name {
            self.known.insert(name.to_owned(), body);
        }
        Ok(())
    }

    /// A text with what is known put in for `{name.member}`.
    fn fill(&self, text: &str) -> Result<String, Failure> {
        recipe::fill(text, |path| {
            let mut parts = path.split('.');
            let mut node = self.known.get(parts.next()?)?;
            for part in parts {
                node = match node {
                    Node::List(items) => items.get(part.parse::<usize>().ok()?)?,
                    other => other.get(part)?,
                };
            }
            node.as_str().map(str::to_owned).or_else(|| node.as_i64().map(|it| it.to_string()))
        })
        .map_err(|path| Failure(format!("The server did not say what {path} is.")))
    }

    /// Waits until the event was told; its id.
    async fn wait(&mut self, event: &str, told: &Told) -> Result<String, Failure> {
        let headers = self.place(told)?;
        let form = format!("type={event}&limit=1{}", self.fresh.take().unwrap_or_default());
        let began = Instant::now();
        while began.elapsed() < TOLD_MAX {
            if let Some(id) = self.first(&headers, &form).await? {
                return Ok(id);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Failure(format!("Everything was done, but {event} was not told within 30 seconds.")))
    }
}

/// A form in which a parameter has this value and no other.
fn overridden(form: &str, param: &str, value: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    pairs.retain(|(name, _)| name != param);
    pairs.push((param.to_owned(), value.to_owned()));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
