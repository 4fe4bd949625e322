//! A request as it is decided, and as it is written down with an ask: sealed, since it may hold a card number.
use super::{Ask, REQUEST};
use crate::{Api, Endpoint, Paging, Stop, Upload, World, fault, idempotency::Claim, sealed_text};
use base::{Caller, Scope, Version, Via};
use wire::{Node, Raw, Wire};

/// A request whose parameters are read: what is decided on, again and again.
pub(crate) struct Asked<'q> {
    pub(crate) endpoint: &'q Endpoint,
    /// The parts of the path.
    pub(crate) parts: Vec<(String, String)>,
    /// The parameters in today's form, without those that the pipeline takes.
    pub(crate) params: Node<'static>,
    /// The files that came with it. Nothing that asks outside takes any, so they are not written down with an ask.
    pub(crate) uploads: Vec<Upload>,
    pub(crate) expand: Vec<String>,
    pub(crate) paging: Paging,
    pub(crate) claim: Option<Claim>,
}

/// A part of a path.
#[derive(Debug, Wire)]
struct Part {
    name: String,
    value: String,
}

/// What is sealed of a request and its caller.
#[derive(Debug, Wire)]
struct Written {
    method: String,
    path: String,
    parts: Vec<Part>,
    params: Raw,
    expand: Vec<String>,
    fingerprint: Option<String>,
    idempotency_key: Option<String>,
    via: Via,
    platform: Option<String>,
    application: Option<String>,
    scope: Scope,
    permissions: Vec<String>,
    version: Version,
    shown_key: String,
    request: String,
}

impl Asked<'_> {
    /// The path that was asked for.
    pub(crate) fn path(&self) -> String {
        crate::fill(self.endpoint.path, &self.parts)
    }
    /// The request and its caller, sealed to the account and the ask. Errors: the vault refuses.
    pub(crate) fn seal(&self, world: &World, caller: &Caller, ask: &str) -> Result<Vec<String>, Stop> {
        let part = |(name, value): &(String, String)| Part { name: name.clone(), value: value.clone() };
        let written = Written {
            method: self.endpoint.method.into(),
            path: self.endpoint.path.into(),
            parts: self.parts.iter().map(part).collect(),
            params: Raw(self.params.to_json()),
            expand: self.expand.clone(),
            fingerprint: self.claim.as_ref().map(|claim| claim.fingerprint.clone()),
            idempotency_key: caller.idempotency_key.clone(),
            via: caller.via,
            platform: caller.platform.clone(),
            application: caller.application.clone(),
            scope: caller.scope,
            permissions: caller.permissions.clone(),
            version: caller.version,
            shown_key: caller.shown_key.clone(),
            request: caller.request.clone(),
        };
        let json = String::from_utf8(wire::to_json(&written)).map_err(|_| fault("a request is no text"))?;
        sealed_text::seal(world, REQUEST, &caller.account, ask, &json)
    }
}

impl Api {
    /// The request that was written down with an ask, and its caller. Errors: it does not open, or this release does
    /// not serve it.
    pub(crate) fn request_of(
        &self,
        ask: &Ask,
        account: &str,
        livemode: bool,
    ) -> Result<(Caller, Asked<'_>), Stop> {
        let json = sealed_text::open(&self.world, REQUEST, account, &ask.id, &ask.request.0)?;
        let unreadable = |what: String| fault(format!("the request of {} is not readable: {what}", ask.id));
        let it: Written = wire::from_json(json.as_bytes()).map_err(|bad| unreadable(format!("{bad:?}")))?;
        let params = Node::parse(it.params.0.as_bytes()).map_err(|e| unreadable(e.to_string()))?;
        let served = self.endpoints().iter().find(|at| at.method == it.method && at.path == it.path);
        let endpoint = served
            .ok_or_else(|| fault(format!("{} {} of {} is not served here", it.method, it.path, ask.id)))?;
        let caller = Caller {
            account: account.to_owned(),
            livemode,
            via: it.via,
            platform: it.platform,
            application: it.application,
            scope: it.scope,
            permissions: it.permissions,
            version: it.version,
            shown_key: it.shown_key,
            request: it.request,
            idempotency_key: it.idempotency_key,
            // What an ephemeral key opens asks nobody outside.
            customer: None,
            names_version: false,
            client: None,
            user_agent: None,
        };
        let asked = Asked {
            uploads: Vec::new(),
            endpoint,
            parts: it.parts.into_iter().map(|part| (part.name, part.value)).collect(),
            params: params.into_form(),
            expand: it.expand,
            paging: Paging::default(),
            claim: Claim::again(&caller, it.fingerprint),
        };
        Ok((caller, asked))
    }
}
