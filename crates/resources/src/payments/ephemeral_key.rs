//! Ephemeral keys: for an hour, an app on somebody's phone may see and change what they pay with (API page "Ephemeral
//! Keys", which is the mobile libraries' alone). The app speaks the API version that its key was made in.
use crate::payments::customer::Customer;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, access::Credential, done};
use base::{ApiError, Named, Timestamp};
use wire::{Hidden, Optional, Wire};

/// A key for an hour, for what one customer has.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EphemeralKey {
    /// `ephkey_…`.
    pub id: String,
    /// `ephemeral_key`.
    pub object: String,
    /// What it is for. The mobile libraries look here for their customer.
    pub associated_objects: Vec<Associated>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Live or test.
    pub livemode: bool,
    /// The key itself, `ek_test_…`; told once and kept nowhere.
    pub secret: Optional<String>,
    /// The id of what it opens with.
    pub credential: Hidden<String>,
}

/// What an ephemeral key is for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Associated {
    /// Its id.
    pub id: String,
    /// `customer`.
    pub r#type: String,
}

impl Named for EphemeralKey {
    const NAME: &'static str = "ephemeral_key";
    const PREFIX: &'static str = "ephkey";
}
impl Object for EphemeralKey {
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires.0)
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<EphemeralKey>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let (all, one) = ("/v1/ephemeral_keys", "/v1/ephemeral_keys/{id}");
    vec![
        Endpoint::new("POST", all, EphemeralKey::NAME, |cx, p| Box::pin(create(cx, p))).tells_secret(),
        Endpoint::new("DELETE", one, EphemeralKey::NAME, |cx, p| Box::pin(delete(cx, p))),
    ]
}

/// What `POST /v1/ephemeral_keys` takes.
#[derive(Debug, Wire)]
pub struct Create {
    customer: String,
}

/// How long a key opens, in seconds.
const LIFETIME: i64 = 3600;
/// Characters of a key after its prefix.
const LENGTH: usize = 64;

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<EphemeralKey> {
    if !cx.caller.names_version {
        let message = "Ephemeral keys must be created with an explicit API version. Send the Stripe-Version header with the version of the mobile library that is going to use the key.";
        return Err(ApiError::invalid(400, message).into());
    }
    if cx.peek::<Customer>(&p.customer).await?.is_none() {
        return Err(ApiError::no_such(Customer::NAME, &p.customer, "customer").into());
    }
    // Keys end by the clock that requests are judged by, whatever clock the customer has.
    let (created, livemode) = (cx.world_now(), cx.caller.livemode);
    let expires = created.plus(LIFETIME);
    let secret = format!("ek_{}_{}", if livemode { "live" } else { "test" }, cx.token(LENGTH));
    let of_account = Credential::for_key(&secret, &cx.caller.account, cx.caller.version, created);
    let credential = Credential {
        kind: "ephemeral".into(),
        livemode,
        platform: cx.caller.platform.clone(),
        application: cx.caller.application.clone(),
        customer: Some(p.customer.clone()),
        ends: Some(expires),
        ..of_account
    };
    cx.put(&credential);
    let key = EphemeralKey {
        id: cx.new_id::<EphemeralKey>(),
        object: EphemeralKey::NAME.into(),
        associated_objects: vec![Associated { id: p.customer, r#type: Customer::NAME.into() }],
        created,
        expires,
        livemode,
        secret: Optional(None),
        credential: Hidden(credential.id),
    };
    cx.put(&key);
    done(EphemeralKey { secret: Optional(Some(secret)), ..key })
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<EphemeralKey> {
    let id = cx.path("id").to_owned();
    let mut key: EphemeralKey = cx.must("id", &id).await?;
    if let Some(credential) = cx.get::<Credential>(&key.credential.0).await? {
        cx.delete(&credential);
    }
    cx.delete(&key);
    key.expires = key.expires.min(cx.world_now());
    done(key)
}

#[cfg(test)]
mod tests;
