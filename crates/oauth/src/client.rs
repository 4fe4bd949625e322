//! Who calls the token endpoint: a platform, with its secret key in the header or in the body.
use crate::Refusal;
use api::{Api, Stop};
use base::{ApiError, Caller, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use wire::Node;

/// A platform that has shown its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its account.
    pub platform: String,
    /// The mode of the key.
    pub livemode: bool,
    /// The version of whoever holds the key.
    pub version: Version,
}

/// The parameters of a form. An empty value counts as none.
pub(crate) struct Params(Node<'static>);

impl Params {
    /// Reads a body. Errors: it is no form.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let kind = headers.get(header::CONTENT_TYPE).map_or(Ok(""), |value| value.to_str()).unwrap_or("?");
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::malformed("Send the parameters as application/x-www-form-urlencoded."));
        }
        let mut tree = Node::Map(Vec::new());
        let read = api::form::decode(body, &mut tree);
        read.map_err(|ApiError { message, .. }| Refusal::malformed(&message))?;
        Ok(Params(tree))
    }
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Node::as_str).filter(|value| !value.is_empty())
    }
    /// The values of a parameter that may be sent several times, as `name[]`.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Node::List(items)) => items.iter().filter_map(Node::as_str).collect(),
            Some(Node::Map(entries)) => entries.iter().filter_map(|(_, it)| it.as_str()).collect(),
            Some(one) => one.as_str().into_iter().filter(|value| !value.is_empty()).collect(),
            None => Vec::new(),
        }
    }
}

/// The secret key that a request shows, and the client id that came with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub key: Option<String>,
    pub client_id: Option<String>,
}

pub(crate) fn shown(headers: &HeaderMap, params: &Params) -> Shown {
    let client_id = params.get("client_id").map(str::to_owned);
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or_default();
    let from_header = if scheme.eq_ignore_ascii_case("bearer") {
        Some((Some(rest.trim().to_owned()), None))
    } else if scheme.eq_ignore_ascii_case("basic") {
        basic(rest.trim())
    } else {
        None
    };
    let in_body = || params.get("client_secret").map(str::to_owned);
    match from_header {
        Some((key, in_header)) => Shown {
            key: key.filter(|key| !key.is_empty()).or_else(in_body),
            client_id: in_header.or(client_id),
        },
        None => Shown { key: in_body(), client_id },
    }
}

/// The halves of a Basic header: the key alone as user name, as the API has it, or the client id and the key as
/// its secret, each form-encoded (RFC 6749 2.3.1). Keys and ids hold nothing that decoding would change, so a
/// client that does not encode is understood as well.
fn basic(encoded: &str) -> Option<(Option<String>, Option<String>)> {
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
    let decode = |half: &str| percent_decode_str(&half.replace('+', " ")).decode_utf8_lossy().into_owned();
    let (user, password) = (decode(user), decode(password));
    let is_key = |text: &str| ["sk_", "rk_", "pk_"].iter().any(|prefix| text.starts_with(prefix));
    if password.is_empty() || is_key(&user) {
        Some((Some(user).filter(|user| !user.is_empty()), None))
    } else {
        Some((Some(password), Some(user).filter(|user| !user.is_empty())))
    }
}

/// The key that a request to the token endpoint shows, whoever issued it, and the client id beside it: enough to tell
/// in which of several worlds it is to be answered.
pub fn shows(headers: &HeaderMap, body: &[u8]) -> (Option<String>, Option<String>) {
    match Params::read(headers, body) {
        Ok(params) => {
            let Shown { key, client_id } = shown(headers, &params);
            (key, client_id)
        }
        Err(_) => (None, None),
    }
}

/// Who calls.
pub(crate) async fn authenticate(api: &Api, shown: &Shown) -> Result<Result<Client, Refusal>, Stop> {
    let Some(key) = &shown.key else { return Ok(Err(Refusal::no_authentication())) };
    let Some(held) = api::credential(&api.world, key).await? else {
        return Ok(Err(Refusal::no_such_key(key)));
    };
    if held.kind != "secret" {
        return Ok(Err(Refusal::not_secret_key()));
    }
    Ok(Ok(Client { platform: held.account, livemode: held.livemode, version: held.version }))
}

/// A client that has shown who it is, with what it sent.
pub(crate) struct Known {
    pub(crate) params: Params,
    pub(crate) client: Client,
    /// The client id that was sent beside the key.
    pub(crate) client_id: Option<String>,
    /// The client as a caller of the pipeline.
    pub(crate) caller: Caller,
}

/// Reads a form and finds out who sent it.
pub(crate) async fn known(
    api: &Api,
    request: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Result<Known, Refusal>, Stop> {
    let params = match Params::read(headers, body) {
        Ok(params) => params,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let shown = shown(headers, &params);
    let client = match authenticate(api, &shown).await? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut caller = Caller::system(client.platform.clone(), client.livemode);
    request.clone_into(&mut caller.request);
    Ok(Ok(Known { params, client, client_id: shown.client_id, caller }))
}

#[cfg(test)]
mod tests;
