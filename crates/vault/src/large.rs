//! Large contents at rest: encrypted under a key of their own, which is a small secret that the vault seals. When the
//! vault's keys change, that key is sealed again and the contents stay as they are.
use crate::{Secret, VaultError};
use base::Entropy;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    Tag, XChaCha20Poly1305, XNonce,
    aead::{AeadInPlace as _, KeyInit as _},
};
use zeroize::Zeroizing;

const KEY: usize = 32;
const TAG: usize = 16;
/// Each key encrypts one text, so no two texts share a nonce under it.
const NONCE: [u8; 24] = [0; 24];

/// A new key, for the contents of one object and nothing else.
pub fn content_key(entropy: &dyn Entropy) -> Secret {
    let mut bytes = Zeroizing::new([0u8; KEY]);
    entropy.fill(&mut *bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(*bytes))
}

fn cipher(key: &Secret) -> Result<XChaCha20Poly1305, VaultError> {
    let mut bytes = Zeroizing::new([0u8; KEY]);
    match URL_SAFE_NO_PAD.decode_slice(key.reveal(), &mut *bytes) {
        Ok(KEY) => Ok(XChaCha20Poly1305::new((&*bytes).into())),
        _ => Err(VaultError::Malformed),
    }
}

/// Encrypts contents under a key that was made for them.
///
/// # Errors
/// Where the key is none, or the contents are larger than the cipher takes.
pub fn encrypt(key: &Secret, contents: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut out = Vec::with_capacity(contents.len() + TAG);
    out.extend_from_slice(contents);
    let tag = cipher(key)?.encrypt_in_place_detached(XNonce::from_slice(&NONCE), &[], &mut out);
    out.extend_from_slice(&tag.map_err(|_| VaultError::TooLong)?);
    Ok(out)
}

/// Decrypts what [`encrypt`] made.
///
/// # Errors
/// Where the key is none, or another one; where the contents were changed.
pub fn decrypt(key: &Secret, mut sealed: Vec<u8>) -> Result<Vec<u8>, VaultError> {
    let at = sealed.len().checked_sub(TAG).ok_or(VaultError::Malformed)?;
    let (text, tag) = sealed.split_at_mut(at);
    cipher(key)?
        .decrypt_in_place_detached(XNonce::from_slice(&NONCE), &[], text, Tag::from_slice(tag))
        .map_err(|_| VaultError::Refused)?;
    sealed.truncate(at);
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Seeded;

    #[test]
    fn contents_open_with_their_key_alone_and_unchanged() {
        let entropy = Seeded::from_number(7);
        let (key, other) = (content_key(&entropy), content_key(&entropy));
        let large = vec![0xAB; 300_000];
        for contents in [&b""[..], b"a", &large] {
            let sealed = encrypt(&key, contents).unwrap();
            assert_eq!(sealed.len(), contents.len() + TAG);
            assert!(contents.len() < 2 || !sealed.starts_with(&contents[..2]));
            assert_eq!(decrypt(&key, sealed.clone()).unwrap(), contents);
            assert_eq!(decrypt(&other, sealed.clone()), Err(VaultError::Refused));
            let mut changed = sealed.clone();
            changed[0] ^= 1;
            assert_eq!(decrypt(&key, changed), Err(VaultError::Refused));
        }
        assert_eq!(decrypt(&key, vec![0; TAG - 1]), Err(VaultError::Malformed));
        assert_eq!(encrypt(&Secret::new("short"), b"a"), Err(VaultError::Malformed));
    }
}
