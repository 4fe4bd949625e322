//! The vault: XChaCha20-Poly1305 under keys derived from a ring of master keys, bound to the object they
//! belong to.
use crate::{Key, KeyError, Ring, Secret};
use base::Entropy;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    Tag, XChaCha20Poly1305, XNonce,
    aead::{AeadInPlace as _, KeyInit as _},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::{
    fmt,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};
use zeroize::{Zeroize as _, Zeroizing};

/// What sort of secret it is. Each sort has its own key, so one never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The number of a card.
    CardNumber,
    /// The number of a bank account.
    BankAccountNumber,
    /// The secret that signs webhooks.
    WebhookSecret,
    /// Another small secret; the label names what for and must never change.
    Other(&'static str),
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Kind::CardNumber => "card_number",
            Kind::BankAccountNumber => "bank_account_number",
            Kind::WebhookSecret => "webhook_secret",
            Kind::Other(label) => label,
        }
    }
}

/// Where a ciphertext belongs: moved to another account or object it does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The id of the account that owns the object.
    pub account: &'a str,
    /// The id of the object that holds the ciphertext.
    pub object: &'a str,
}

/// Why the vault refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultError {
    /// More than [`Vault::LIMIT`] bytes: the vault is for small secrets.
    TooLong,
    /// Not a ciphertext of this program.
    Malformed,
    /// Sealed under a key that the ring does not hold; this is its id.
    UnknownKey(String),
    /// Changed, moved from another place, of another kind, or sealed under another key with the same id.
    Refused,
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VaultError::TooLong => write!(f, "the secret is longer than {} bytes", Vault::LIMIT),
            VaultError::Malformed => f.write_str("this is not a sealed secret"),
            VaultError::UnknownKey(id) => {
                write!(f, "the secret is sealed under the vault key '{id}', which is not configured")
            }
            VaultError::Refused => f.write_str(
                "the sealed secret does not open here: it was changed or moved, or the key is wrong",
            ),
        }
    }
}

impl std::error::Error for VaultError {}

/// Where the ring comes from, asked again when a key is missing; `None` where it has nothing else to say.
pub type Source = Box<dyn Fn() -> Option<Ring> + Send + Sync>;

/// Seals and opens small secrets, and fingerprints numbers. Clones share one ring.
///
/// A sealed secret is the text `v1.<key id>.<base64 of nonce, ciphertext and tag>`.
#[derive(Clone)]
pub struct Vault(Arc<Shared>);

struct Shared {
    held: RwLock<Arc<Held>>,
    source: OnceLock<Source>,
}

/// What a vault works with at one moment.
struct Held {
    ring: Ring,
    fingerprints: Zeroizing<[u8; 32]>,
}

/// The sort of secret that fingerprints hang on.
pub const FINGERPRINTS: Kind = Kind::Other("fingerprints");

const VERSION: &str = "v1";
const NONCE: usize = 24;
const TAG: usize = 16;

impl Vault {
    /// The longest secret, in bytes.
    pub const LIMIT: usize = 4096;

    /// A vault of a ring. Until [`Vault::adopt_fingerprints`], fingerprints hang on the oldest key of the ring.
    pub fn new(ring: Ring) -> Self {
        let fingerprints = derive(ring.oldest().bytes(), "fingerprint");
        let held = RwLock::new(Arc::new(Held { ring, fingerprints }));
        Vault(Arc::new(Shared { held, source: OnceLock::new() }))
    }

    /// A vault with one key.
    pub fn of(key: Key) -> Self {
        Vault::new(Ring { current: key, older: Vec::new() })
    }

    fn held(&self) -> Arc<Held> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says where to look for a key that is missing. Only the first call counts.
    pub fn look_in(&self, source: Source) {
        let _ = self.0.source.set(source);
    }

    /// Takes another ring; fingerprints stay as they are. Returns whether it differs from the one before.
    ///
    /// # Errors
    /// Where a key of this vault has other bytes in the ring under the same id; nothing is changed then.
    pub fn replace(&self, ring: Ring) -> Result<bool, KeyError> {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        let other = |key: &Key| ring.key(key.id()).is_some_and(|it| it.bytes() != key.bytes());
        if held.ring.keys().any(other) {
            return Err(KeyError::Changed);
        }
        if held.ring.ids() == ring.ids() {
            return Ok(false);
        }
        *held = Arc::new(Held { ring, fingerprints: held.fingerprints.clone() });
        Ok(true)
    }

    /// The id of the key that seals.
    pub fn current_id(&self) -> String {
        self.held().ring.current_id().to_owned()
    }

    /// Every id of the ring, the current one first.
    pub fn ids(&self) -> Vec<String> {
        self.held().ring.ids().into_iter().map(str::to_owned).collect()
    }

    /// A text by which a key is recognised and that tells nothing of it; `None` where the ring has no such key.
    pub fn check(&self, id: &str) -> Option<String> {
        let held = self.held();
        let check = derive(held.ring.key(id)?.bytes(), "check");
        Some(URL_SAFE_NO_PAD.encode(&check[..12]))
    }

    /// The secret on which fingerprints hang, sealed: kept with the data, it outlives every key.
    pub fn seal_fingerprints(&self, at: Place<'_>, entropy: &dyn Entropy) -> Result<String, VaultError> {
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.held().fingerprints.as_slice()));
        self.seal(FINGERPRINTS, at, &text, entropy)
    }

    /// Makes fingerprints hang on what [`Vault::seal_fingerprints`] made.
    pub fn adopt_fingerprints(&self, at: Place<'_>, sealed: &str) -> Result<(), VaultError> {
        let text = self.open(FINGERPRINTS, at, sealed)?;
        let mut bytes = Zeroizing::new([0u8; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(text.reveal(), &mut *bytes);
        if length != Ok(32) {
            return Err(VaultError::Malformed);
        }
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(Held { ring: held.ring.clone(), fingerprints: bytes });
        Ok(())
    }

    /// Encrypts a secret for its place.
    pub fn seal(
        &self,
        kind: Kind,
        at: Place<'_>,
        secret: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, VaultError> {
        if secret.len() > Self::LIMIT {
            return Err(VaultError::TooLong);
        }
        let mut nonce = [0u8; NONCE];
        entropy.fill(&mut nonce);
        // The plaintext is encrypted where it lies, so no copy of it stays behind in a grown buffer.
        let mut sealed = Vec::with_capacity(NONCE + secret.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret.as_bytes());
        let held = self.held();
        let current = &held.ring.current;
        let bound = associated(current, kind, at);
        let tag = cipher(current, kind)
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), &bound, &mut sealed[NONCE..])
            .map_err(|_| VaultError::TooLong)?;
        sealed.extend_from_slice(&tag);
        Ok(format!("{VERSION}.{}.{}", current.id(), URL_SAFE_NO_PAD.encode(&sealed)))
    }

    /// Asks the source; says whether it gave another ring.
    fn looks_again(&self) -> bool {
        let ring = self.0.source.get().and_then(|source| source());
        ring.is_some_and(|ring| self.replace(ring) == Ok(true))
    }

    /// Decrypts what [`Vault::seal`] made for this kind and place.
    pub fn open(&self, kind: Kind, at: Place<'_>, sealed: &str) -> Result<Secret, VaultError> {
        let (id, body) = parts(sealed)?;
        let mut held = self.held();
        if held.ring.key(id).is_none() && self.looks_again() {
            held = self.held();
        }
        let key = held.ring.key(id).ok_or_else(|| VaultError::UnknownKey(id.to_owned()))?;
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).map_err(|_| VaultError::Malformed)?);
        if bytes.len() < NONCE + TAG {
            return Err(VaultError::Malformed);
        }
        let (nonce, rest) = bytes.split_at_mut(NONCE);
        let (text, tag) = rest.split_at_mut(rest.len() - TAG);
        cipher(key, kind)
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &associated(key, kind, at),
                text,
                Tag::from_slice(tag),
            )
            .map_err(|_| VaultError::Refused)?;
        std::str::from_utf8(text).map(Secret::new).map_err(|_| VaultError::Malformed)
    }

    /// Whether a secret should be sealed again: it is not under the current key.
    pub fn is_outdated(&self, sealed: &str) -> bool {
        parts(sealed).map_or(true, |(id, _)| id != self.held().ring.current_id())
    }

    /// Opens a secret and seals it under the current key.
    pub fn reseal(
        &self,
        kind: Kind,
        at: Place<'_>,
        sealed: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, VaultError> {
        let secret = self.open(kind, at, sealed)?;
        self.seal(kind, at, secret.reveal(), entropy)
    }

    /// Sixteen characters out of `0-9A-Za-z` that are the same for the same number in the same scope (an account
    /// id; or the same text always, to recognise a card across accounts) and, without the key, tell nothing of it.
    pub fn fingerprint(&self, scope: &str, number: &str) -> String {
        let mut mac = keyed(&self.held().fingerprints);
        frame(&mut |bytes| mac.update(bytes), &[scope, number]);
        let mut hash: [u8; 32] = mac.finalize().into_bytes().into();
        let (mut rest, mut out) = (0u128, String::with_capacity(16));
        for byte in &hash[..16] {
            rest = rest << 8 | u128::from(*byte);
        }
        // 62^16 is 2^95, so the remainder of 128 bits is even enough.
        for _ in 0..16 {
            out.push(char::from(ALPHABET[(rest % 62) as usize]));
            rest /= 62;
        }
        hash.zeroize();
        out
    }
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = &self.held().ring;
        f.debug_struct("Vault").field("current", &ring.current).field("older", &ring.older).finish()
    }
}

/// The id of the key under which a secret is sealed; `None` where the text is none.
pub fn key_id(sealed: &str) -> Option<&str> {
    parts(sealed).ok().map(|(id, _)| id)
}

/// The key id and the base64 of a sealed secret.
fn parts(sealed: &str) -> Result<(&str, &str), VaultError> {
    let rest = sealed.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('.'));
    rest.and_then(|rest| rest.split_once('.')).ok_or(VaultError::Malformed)
}

fn cipher(key: &Key, kind: Kind) -> XChaCha20Poly1305 {
    let subkey = derive(key.bytes(), &format!("seal {}", kind.label()));
    XChaCha20Poly1305::new((&*subkey).into())
}

/// A key for one purpose: HMAC-SHA256 of the label under the master key, which is the expansion step of HKDF
/// for a key that is uniformly random already.
fn derive(master: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut mac = keyed(master);
    mac.update(b"tollbridge vault 1 ");
    mac.update(label.as_bytes());
    mac.update(&[1]);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block is filled up with zeros (RFC 2104), done here because that cannot fail.
    let mut block = Zeroizing::new([0u8; 64]);
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into())
}

/// What a ciphertext is bound to.
fn associated(key: &Key, kind: Kind, at: Place<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    frame(
        &mut |bytes| out.extend_from_slice(bytes),
        &[VERSION, key.id(), kind.label(), at.account, at.object],
    );
    out
}

/// Writes texts with their lengths, so that no two lists of texts look alike.
fn frame(put: &mut dyn FnMut(&[u8]), texts: &[&str]) {
    for text in texts {
        put(&(text.len() as u64).to_be_bytes());
        put(text.as_bytes());
    }
}

#[cfg(test)]
mod tests;
