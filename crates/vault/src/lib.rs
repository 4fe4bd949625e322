//! Secrets at rest: card numbers and other small secrets encrypted, numbers fingerprinted, passwords hashed.
//! The keys come from outside the database; randomness is injected.
mod large;
mod password;
mod ring;
mod secret;
mod vault;

pub use large::{content_key, decrypt, encrypt};
pub use password::{BadHash, hash_password, needs_rehash, verify_nobody, verify_password};
pub use ring::{FIRST_ID, Ring};
pub use secret::{Key, KeyError, Secret};
pub use vault::{FINGERPRINTS, Kind, Place, Source, Vault, VaultError, key_id};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a token in lower-case hex: how API keys, access tokens and session tokens are kept. They are long
/// and random, so no salt and no slow hash is needed; a password never goes through this.
pub fn digest(token: &str) -> String {
    digest_of(token.as_bytes())
}

/// SHA-256 of whatever bytes, in lower-case hex: by which contents are told from each other.
pub fn digest_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn digests_are_sha256() {
        assert_eq!(super::digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(super::digest("abc"), super::digest("abd"));
    }
}
