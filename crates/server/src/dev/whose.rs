//! Which world a request is answered in: by its key, else its client id, else what the pages know of who asks.
use crate::{routes::Dev, subscribe};
use api::Stop;
use http::{header, request::Parts};
use resources::connect::user;
use std::sync::Arc;
use store::Bytes;
use wire::Node;
use worlds::{Open, Shown};

/// The world of a request. What leads nowhere is answered in the world of the guides, which refuses it.
pub(crate) async fn whose(dev: &Dev, head: &Parts, body: &Bytes) -> Result<Arc<Open>, Stop> {
    let path = head.uri.path();
    let of_api = ["/v1", "/v2", "/_tollbridge"]
        .iter()
        .any(|it| path.strip_prefix(it).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let found = if of_api {
        match key(head, body) {
            Some(key) => dev.worlds.of_key(&key).await?,
            None => None,
        }
    } else {
        first(dev, shown(dev, head, body)).await?
    };
    Ok(found.unwrap_or_else(|| dev.worlds.root().clone()))
}

/// The key that a request of the API shows. What is wrong with it, the API says.
fn key(head: &Parts, body: &Bytes) -> Option<String> {
    let mut params = Node::Map(Vec::new());
    if !head.headers.contains_key(header::AUTHORIZATION) {
        api::form::decode(head.uri.query().unwrap_or_default().as_bytes(), &mut params).ok()?;
        api::form::decode(body, &mut params).ok()?;
    }
    api::shown_key(&head.headers, &mut params).ok().flatten()
}

fn shown(dev: &Dev, head: &Parts, body: &Bytes) -> Vec<Shown> {
    match head.uri.path() {
        // A key that nobody issued makes no world here: there can be no code for it.
        "/oauth/token" | "/oauth/deauthorize" => {
            let (key, client) = oauth::client::shows(&head.headers, body);
            let key = key.map(|key| Shown::Key(vault::digest(&key)));
            key.into_iter().chain(client.map(Shown::Client)).collect()
        }
        path if path.starts_with(subscribe::PATH) => {
            vec![Shown::Account(path[subscribe::PATH.len()..].to_owned())]
        }
        _ => {
            let origin = &dev.worlds.root().site.api.world.origin;
            let shown = pages::shows(origin, head, body).into_iter().map(|it| match it {
                pages::Shows::Client(id) => Shown::Client(id),
                pages::Shows::Email(email) => Shown::Email(user::normal(&email)),
                pages::Shows::Session(token) => Shown::Session(vault::digest(&token)),
                pages::Shows::Account(id) => Shown::Account(id),
            });
            shown.collect()
        }
    }
}

async fn first(dev: &Dev, shown: Vec<Shown>) -> Result<Option<Arc<Open>>, Stop> {
    for shown in shown {
        if let Some(open) = dev.worlds.by(&shown).await? {
            return Ok(Some(open));
        }
    }
    Ok(None)
}
