//! Signatures of asks and answers: HMAC-SHA256 under the shared secret.
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// The header of asks and answers.
pub(crate) const HEADER: &str = "tollbridge-signature";

/// The HMAC of parts joined by dots, in hexadecimal.
fn mac(secret: &[u8], parts: &[&[u8]]) -> String {
    // A key is filled up with zeros to a block, or hashed where it is longer (RFC 2104); done here because that
    // cannot fail.
    let mut block = [0u8; 64];
    if secret.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        block[..secret.len()].copy_from_slice(secret);
    }
    let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&block).into());
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            mac.update(b".");
        }
        mac.update(part);
    }
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// The signature of an ask: over its time, its path and its body.
pub(crate) fn of_ask(secret: &[u8], t: i64, path: &str, body: &[u8]) -> String {
    mac(secret, &[t.to_string().as_bytes(), path.as_bytes(), body])
}

/// The signature of an answer: over the signature of its ask, its status and its body.
pub(crate) fn of_answer(secret: &[u8], ask: &str, status: u16, body: &[u8]) -> String {
    mac(secret, &[ask.as_bytes(), status.to_string().as_bytes(), body])
}

/// The header of an ask.
pub(crate) fn header(t: i64, signature: &str) -> String {
    format!("t={t},v1={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the protocol's document.
    #[test]
    fn the_documented_vectors() {
        let secret = b"an-example-secret-of-32-letters.";
        let ask = of_ask(secret, 1_700_000_000, "/acquirer/voids", br#"{"key":"k1"}"#);
        assert_eq!(ask, "542ce9fa84a573d1dd88928a648d01776ff2f390b659def92b931fb5ac76886a");
        let answer = of_answer(secret, &ask, 200, br#"{"status":"done"}"#);
        assert_eq!(answer, "658bfd7f7529c1b550450ca2084507350695675256feddc14b89f4cb125bcc91");
    }
}
