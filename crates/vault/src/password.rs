//! Passwords: argon2id, kept as PHC strings so that the parameters can be raised later.
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};
use base::Entropy;
use std::fmt;

/// Memory in KiB, of the parameters that OWASP's password storage cheat sheet recommends for argon2id.
const MEMORY: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Length of the hash in bytes.
const LENGTH: usize = 32;

/// A hash of no password, with today's parameters.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A stored password hash that cannot be read or computed. The data is damaged; no password is wrong because
/// of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadHash;

impl fmt::Display for BadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stored password hash is not a usable argon2 PHC string")
    }
}

impl std::error::Error for BadHash {}

fn hasher() -> Result<Argon2<'static>, BadHash> {
    let params = Params::new(MEMORY, PASSES, LANES, Some(LENGTH)).map_err(|_| BadHash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password with a fresh salt. It takes tens of milliseconds and 19 MiB on purpose: call it off the
/// threads that serve requests.
pub fn hash_password(password: &str, entropy: &dyn Entropy) -> Result<String, BadHash> {
    let mut salt = [0u8; 16];
    entropy.fill(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(|_| BadHash)?;
    hasher()?.hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(|_| BadHash)
}

/// Whether this is the password of a stored hash, with the parameters that the hash names. As slow as
/// [`hash_password`].
pub fn verify_password(password: &str, stored: &str) -> Result<bool, BadHash> {
    let hash = PasswordHash::new(stored).map_err(|_| BadHash)?;
    // Without salt or hash the library would say "wrong password" of any password.
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(BadHash);
    }
    match hasher()?.verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(_) => Err(BadHash),
    }
}

/// Does the work of [`verify_password`] for an address that nobody has, so that the time of the answer does not
/// tell whether somebody has it.
pub fn verify_nobody(password: &str) {
    // The outcome is known.
    let _ = verify_password(password, NOBODY);
}

/// Whether a stored hash was made with weaker parameters than today's; hash again at the next sign-in.
pub fn needs_rehash(stored: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else { return true };
    let Ok(params) = Params::try_from(&hash) else { return true };
    hash.algorithm != Algorithm::Argon2id.ident()
        || params.m_cost() < MEMORY
        || params.t_cost() < PASSES
        || hash.hash.is_none_or(|hash| hash.len() < LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Seeded;

    #[test]
    fn the_right_password_and_the_wrong_one() {
        let chance = Seeded::from_number(1);
        let hash = hash_password("correct horse", &chance).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(verify_password("correct horse", &hash), Ok(true));
        assert_eq!(verify_password("correct horse ", &hash), Ok(false));
        assert_eq!(verify_password("", &hash), Ok(false));
        assert_ne!(hash, hash_password("correct horse", &chance).unwrap());
        assert!(!needs_rehash(&hash));
    }

    #[test]
    fn a_hash_with_other_parameters_verifies_and_wants_a_new_one() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let salt = SaltString::encode_b64(&[1; 16]).unwrap();
        let hash = weak.hash_password(b"password", &salt).unwrap().to_string();
        assert_eq!(verify_password("password", &hash), Ok(true));
        assert!(needs_rehash(&hash));
    }

    #[test]
    fn damaged_hashes_are_not_wrong_passwords() {
        for stored in [
            "",
            "password",
            "$argon2id$v=19$m=1",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ] {
            assert_eq!(verify_password("password", stored), Err(BadHash), "{stored}");
            assert!(needs_rehash(stored), "{stored}");
        }
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        assert_eq!(verify_password("password", NOBODY), Ok(false));
        assert!(!needs_rehash(NOBODY));
        verify_nobody("password");
    }
}
