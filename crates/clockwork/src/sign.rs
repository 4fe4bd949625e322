//! `Stripe-Signature` (API page "Verify webhook signatures").
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What the key of the scheme `v0` begins with: no secret does.
const FAKE: &str = "v0:";

/// The header of a delivery: `t=<Unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256 of `t`, a dot and the body,
/// and the key is the secret as it is shown, with its prefix. There is one `v1` for each secret. Events of test mode
/// carry a `v0` besides, which means nothing, so that receivers learn to pass over schemes that they do not know.
pub fn signature(secrets: &[&str], t: i64, body: &[u8], live: bool) -> String {
    let mut out = format!("t={t}");
    let mut add = |scheme: &str, key: &str| {
        out.push_str(scheme);
        out.push_str(&HEXLOWER.encode(&mac(key.as_bytes(), t, body)));
    };
    secrets.iter().for_each(|secret| add(",v1=", secret));
    if let Some(secret) = secrets.first().filter(|_| !live) {
        add(",v0=", &[FAKE, secret].concat());
    }
    out
}

fn mac(secret: &[u8], t: i64, body: &[u8]) -> [u8; 32] {
    // A key is filled up with zeros to a block, or hashed where it is longer (RFC 2104); done here because that
    // cannot fail.
    let mut block = [0u8; 64];
    if secret.len() > block.len() {
        use sha2::Digest as _;
        block[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        block[..secret.len()].copy_from_slice(secret);
    }
    let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&block).into());
    mac.update(t.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_known_vector() {
        let v1 = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
        let made = signature(&["whsec_test"], 1_700_000_000, br#"{"id":"evt_1"}"#, true);
        assert_eq!(made, format!("t=1700000000,v1={v1}"));
    }

    #[test]
    fn each_secret_signs_and_test_mode_adds_a_scheme_of_no_meaning() {
        let both = signature(&["whsec_a", "whsec_b"], 5, b"x", false);
        let parts: Vec<&str> = both.split(',').collect();
        let [t, first, second, fake] = parts[..] else { panic!("{both}") };
        assert_eq!(t, "t=5");
        assert_eq!(signature(&["whsec_a"], 5, b"x", true), format!("{t},{first}"));
        assert_eq!(signature(&["whsec_b"], 5, b"x", true), format!("{t},{second}"));
        assert!(fake.starts_with("v0=") && fake.len() == 67 && fake[3..] != first[3..]);
    }

    #[test]
    fn time_body_and_secret_all_count() {
        let made = [
            signature(&["whsec_a"], 1, b"x", true),
            signature(&["whsec_a"], 2, b"x", true),
            signature(&["whsec_a"], 1, b"y", true),
            signature(&["whsec_b"], 1, b"x", true),
            signature(&[&"k".repeat(80)], 1, b"x", true),
        ];
        let distinct: std::collections::BTreeSet<_> =
            made.iter().map(|it| it.split_once("v1=").unwrap().1).collect();
        assert_eq!(distinct.len(), made.len());
    }
}
