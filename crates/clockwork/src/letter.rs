//! What is posted: the event as the endpoint's version has it, with whose it is at its top level.
use api::{World, render_as};
use base::{Caller, Version};
use bytes::Bytes;
use store::Fault;
use wire::Node;

/// From this version on the account of a Connect event is called `account`, before `user_id`.
const ACCOUNT: Version = Version::of("2017-05-25");

/// For whom an event is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Whose event it is.
    pub account: &'a str,
    /// The mode of the event.
    pub livemode: bool,
    /// Whether the receiver hears of a connected account: it is told which.
    pub connect: bool,
    /// The version of the receiver.
    pub version: Version,
}

/// The body of a delivery. `event` is the event as it is stored. Errors: it is not readable.
pub async fn body(world: &World, event: &[u8], reader: Reader<'_>) -> Result<Bytes, Fault> {
    let Reader { account, livemode, connect, version } = reader;
    let spliced = splice(event, connect.then_some(account), version)
        .ok_or_else(|| Fault::broken("a stored event does not begin as events do"))?;
    let spliced = Bytes::from(spliced);
    if world.changes.iter().all(|change| version.has(change.since())) {
        return Ok(spliced);
    }
    let caller = Caller { version, ..Caller::system(account, livemode) };
    let rendered = render_as(world, &caller, spliced).await?;
    if !connect {
        return Ok(rendered);
    }
    let mut tree =
        Node::parse(&rendered).map_err(|e| Fault::broken(format!("a rendered event is no JSON: {e}")))?;
    for name in ["account", "user_id"] {
        if tree.get(name).is_none() {
            tree.set(name, Node::text(account.to_owned()));
        }
    }
    let mut out = Vec::with_capacity(rendered.len() + 64);
    tree.write(&mut out);
    Ok(Bytes::from(out))
}

/// The stored bytes with the account and the version put in. An event holds a whole object, which is copied and
/// never read.
fn splice(event: &[u8], account: Option<&str>, version: Version) -> Option<Vec<u8>> {
    let place = |from: usize, what: &[u8]| {
        event.get(from..)?.windows(what.len()).position(|w| w == what).map(|at| from + at)
    };
    let head = b",\"object\":\"event\"";
    let head = place(0, head)? + head.len();
    let label = place(head, b",\"api_version\":")?;
    let rest = place(label, b",\"created\":")?;
    let mut out = Vec::with_capacity(event.len() + 128);
    out.extend_from_slice(&event[..head]);
    if let Some(account) = account {
        let names: &[&str] =
            if version.has(ACCOUNT) { &["account", "context", "user_id"] } else { &["account"] };
        for name in names {
            out.push(b',');
            wire::write_str(&mut out, name);
            out.push(b':');
            wire::write_str(&mut out, account);
        }
    }
    out.extend_from_slice(&event[head..label]);
    out.extend_from_slice(b",\"api_version\":");
    wire::write_str(&mut out, version.as_str());
    out.extend_from_slice(&event[rest..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &[u8] = br#"{"id":"evt_1","object":"event","api_version":null,"created":5,"data":{"object":{"object":"event","created":1}},"type":"x"}"#;

    #[test]
    fn whose_it_is_stands_at_the_top() {
        let own = splice(STORED, None, Version::TODAY).unwrap();
        let tree = Node::parse(&own).unwrap();
        assert_eq!(tree.get("api_version").and_then(Node::as_str), Some(Version::TODAY.as_str()));
        assert!(tree.get("account").is_none() && tree.get("user_id").is_none());

        let connect = splice(STORED, Some("acct_1"), Version::TODAY).unwrap();
        let tree = Node::parse(&connect).unwrap();
        for name in ["account", "context", "user_id"] {
            assert_eq!(tree.get(name).and_then(Node::as_str), Some("acct_1"));
        }
        assert_eq!(tree.get("created").and_then(Node::as_i64), Some(5));
        assert_eq!(splice(b"{}", None, Version::TODAY), None);
    }
}
