//! Endpoints as plain data: method, path, parameters, answer, who may call, and the handler.
use crate::{Cx, Dialect, Found, Leaf, Object, Outcome, Page, Place, Reply, Stop};
use base::{ApiError, Fut, Via};
use store::{Bytes, Doc};
use wire::{Field, Node, Shaped, Wire};

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// Whoever holds a key that is secret, an access token, or a session of the account.
    Secret,
    /// Those, and whoever holds a publishable key.
    Public,
}

impl Admits {
    /// Whether a kind of caller may call.
    pub fn admits(self, via: Via) -> bool {
        match via {
            Via::SecretKey | Via::RestrictedKey | Via::AccessToken | Via::Session => true,
            Via::PublishableKey => self == Admits::Public,
            // It has a rule of its own: [`ForCustomer`].
            Via::EphemeralKey | Via::Anonymous => false,
        }
    }
}

/// What an ephemeral key may do at an endpoint, for its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForCustomer {
    /// The part of the path, or else the parameter, that must name its customer; empty where the handler looks.
    pub named: &'static str,
    /// The parameters that it may send; all, where there are none here.
    pub params: &'static [&'static str],
}

/// A handler: a decision that may be run again.
pub type Run<P, T> = for<'a, 'r> fn(&'a mut Cx<'r>, P) -> Fut<'a, Outcome<T>>;

/// Something that can be the body of an answer.
pub trait Answer: Send + 'static {
    /// Its JSON.
    fn into_json(self) -> Bytes;
}

impl<T: Shaped + Send + 'static> Answer for T {
    fn into_json(self) -> Bytes {
        let mut out = Vec::with_capacity(1024);
        wire::write_struct(&self, &mut out);
        Bytes::from(out)
    }
}
impl Answer for Page {
    fn into_json(self) -> Bytes {
        self.to_json()
    }
}
impl Answer for Leaf {
    fn into_json(self) -> Bytes {
        self.to_json()
    }
}
impl Answer for Found {
    fn into_json(self) -> Bytes {
        self.to_json()
    }
}
/// An object as it is stored: retrieving needs no struct in between.
#[derive(Debug)]
pub struct Stored(pub Bytes);
impl Answer for Stored {
    fn into_json(self) -> Bytes {
        self.0
    }
}

/// What is no JSON, for endpoints with a [content type](Endpoint::content_type) of their own.
#[derive(Debug)]
pub struct File(pub Bytes);
impl Answer for File {
    fn into_json(self) -> Bytes {
        self.0
    }
}

/// No parameters.
#[derive(Debug, Wire)]
pub struct Nothing {}

type Done<'a> = Fut<'a, Result<Reply<Bytes>, Stop>>;

trait Erased: Send + Sync {
    fn call<'a, 'r: 'a>(&'a self, cx: &'a mut Cx<'r>, params: &Node<'_>) -> Result<Done<'a>, ApiError>;
}

struct Typed<P, T>(Run<P, T>);

impl<P: Shaped + Send + 'static, T: Answer> Erased for Typed<P, T> {
    fn call<'a, 'r: 'a>(&'a self, cx: &'a mut Cx<'r>, params: &Node<'_>) -> Result<Done<'a>, ApiError> {
        let params: P = wire::from_params(params)?;
        Ok(Box::pin(async move {
            Ok(match (self.0)(cx, params).await? {
                Reply::Done(it) => Reply::Done(it.into_json()),
                Reply::Refused(error) => Reply::Refused(error),
            })
        }))
    }
}

/// One method of one path.
pub struct Endpoint {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Such as `/v1/charges/{id}`.
    pub path: &'static str,
    /// What it takes.
    pub params: &'static [Field],
    /// The `object` of its answer, where it is one noun.
    pub answer: Option<&'static str>,
    /// Whether the answer is a list of that.
    pub is_list: bool,
    /// Whether the answer is a search result of that.
    pub is_search: bool,
    /// Whether its answer holds a secret that is shown once, so that what is remembered of it must be sealed.
    pub tells_secret: bool,
    /// Who may call it.
    pub admits: Admits,
    /// What an ephemeral key may do with it; nothing where there is none.
    pub for_customer: Option<ForCustomer>,
    /// What a restricted key must be allowed, without `_read` or `_write`.
    pub permission: &'static str,
    /// The `Content-Type` of its answer, where that is not JSON.
    pub content_type: Option<&'static str>,
    run: Box<dyn Erased>,
}

impl Endpoint {
    /// An endpoint that answers with one object.
    pub fn new<P: Shaped + Send + 'static, T: Answer>(
        method: &'static str,
        path: &'static str,
        answer: &'static str,
        run: Run<P, T>,
    ) -> Self {
        Endpoint {
            method,
            path,
            params: P::FIELDS,
            answer: Some(answer),
            is_list: false,
            is_search: false,
            tells_secret: false,
            admits: Admits::Secret,
            for_customer: None,
            permission: answer,
            content_type: None,
            run: Box::new(Typed(run)),
        }
    }
    /// `GET` of one stored object by its id.
    pub fn retrieve<T: Object>(path: &'static str) -> Self {
        Endpoint::new::<Nothing, Stored>("GET", path, T::NAME, |cx, _| Box::pin(retrieve::<T>(cx)))
    }
    /// `GET` of a list of `answer`; the paging parameters are taken before the handler's.
    pub fn list<P: Shaped + Send + 'static>(
        path: &'static str,
        answer: &'static str,
        run: Run<P, Page>,
    ) -> Self {
        Endpoint { is_list: true, ..Endpoint::new("GET", path, answer, run) }
    }
    /// As [`Endpoint::list`], of `/v2`.
    pub fn leaves<P: Shaped + Send + 'static>(
        path: &'static str,
        answer: &'static str,
        run: Run<P, Leaf>,
    ) -> Self {
        Endpoint { is_list: true, ..Endpoint::new("GET", path, answer, run) }
    }
    /// `GET` of what a search for `answer` finds; the handler takes every parameter.
    pub fn search<P: Shaped + Send + 'static>(
        path: &'static str,
        answer: &'static str,
        run: Run<P, Found>,
    ) -> Self {
        Endpoint { is_search: true, ..Endpoint::new("GET", path, answer, run) }
    }
    /// Admits publishable keys, too.
    pub fn public(mut self) -> Self {
        self.admits = Admits::Public;
        self
    }
    /// Admits ephemeral keys, too, whose customer the part or parameter `named` names. It is empty where the handler
    /// looks whose it is.
    pub fn for_customer(mut self, named: &'static str) -> Self {
        self.for_customer = Some(ForCustomer { named, params: &[] });
        self
    }
    /// The same, where they may send these parameters alone.
    pub fn for_customer_with(mut self, named: &'static str, params: &'static [&'static str]) -> Self {
        self.for_customer = Some(ForCustomer { named, params });
        self
    }
    /// Says that its answer holds a secret that is shown once.
    pub fn tells_secret(mut self) -> Self {
        self.tells_secret = true;
        self
    }
    /// Names what a restricted key must be allowed.
    pub fn permission(mut self, permission: &'static str) -> Self {
        self.permission = permission;
        self
    }
    /// Says that a success is no JSON, but this, unless the handler [says otherwise](Cx::answer_as).
    pub fn content_type(mut self, kind: &'static str) -> Self {
        self.content_type = Some(kind);
        self
    }
    /// The dialect that it speaks.
    pub fn dialect(&self) -> Dialect {
        Dialect::of(self.path)
    }
    /// Whether it writes.
    pub fn writes(&self) -> bool {
        self.method != "GET"
    }
    pub(crate) fn call<'a, 'r: 'a>(
        &'a self,
        cx: &'a mut Cx<'r>,
        params: &Node<'_>,
    ) -> Result<Done<'a>, ApiError> {
        self.run.call(cx, params)
    }
}

/// Whether a document's first member is this id, which spares the decoding of nearly every one.
fn begins_with(doc: &Doc, id: &str) -> bool {
    let rest = doc.body.strip_prefix(b"{\"id\":\"").and_then(|rest| rest.strip_prefix(id.as_bytes()));
    rest.is_some_and(|rest| rest.starts_with(b"\""))
}

async fn retrieve<T: Object>(cx: &mut Cx<'_>) -> Outcome<Stored> {
    let id = cx.path("id");
    let missing = || ApiError::no_such(T::NAME, id, "id");
    if id.len() > 255 {
        return Err(missing().into());
    }
    let doc = cx.world.store.get(&cx.key::<T>(id)).await?.ok_or_else(missing)?;
    // Two ids lead to one key there, and only one of them is its own.
    if matches!(T::PLACE, Place::Mixed(..))
        && !begins_with(&doc, id)
        && crate::cx::parse::<T>(&doc)?.id() != id
    {
        return Err(missing().into());
    }
    crate::done(Stored(doc.public()))
}
