use super::*;
use base::Seeded;

const AT: Place<'static> = Place { account: "acct_1", object: "card_1" };
const NUMBER: &str = "4242424242424242";

fn key(id: &str, byte: u8) -> Key {
    Key::new(id, [byte; 32]).unwrap()
}

fn ring(current: Key, older: Vec<Key>) -> Vault {
    Vault::new(Ring::new(current, older).unwrap())
}

fn vault() -> Vault {
    ring(key("a", 1), Vec::new())
}

fn sealed() -> String {
    vault().seal(Kind::CardNumber, AT, NUMBER, &Seeded::from_number(1)).unwrap()
}

#[test]
fn what_is_sealed_opens_and_does_not_show() {
    let sealed = sealed();
    assert!(sealed.starts_with("v1.a."), "{sealed}");
    assert!(!sealed.contains("4242"), "{sealed}");
    assert_eq!(vault().open(Kind::CardNumber, AT, &sealed).unwrap().reveal(), NUMBER);
    let empty = vault().seal(Kind::WebhookSecret, AT, "", &Seeded::from_number(1)).unwrap();
    assert_eq!(vault().open(Kind::WebhookSecret, AT, &empty).unwrap().reveal(), "");
    assert_eq!(format!("{:?}", vault()), "Vault { current: Key(a, ****), older: [] }");
}

#[test]
fn the_same_secret_seals_differently_each_time() {
    let chance = Seeded::from_number(1);
    let seal = || vault().seal(Kind::CardNumber, AT, NUMBER, &chance).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn a_moved_ciphertext_does_not_open() {
    let sealed = sealed();
    for (account, object) in
        [("acct_2", "card_1"), ("acct_1", "card_2"), ("acct_1c", "ard_1"), ("", "acct_1card_1")]
    {
        let opened = vault().open(Kind::CardNumber, Place { account, object }, &sealed);
        assert_eq!(opened, Err(VaultError::Refused), "{account} {object}");
    }
    for kind in [Kind::BankAccountNumber, Kind::WebhookSecret, Kind::Other("x")] {
        assert_eq!(vault().open(kind, AT, &sealed), Err(VaultError::Refused), "{kind:?}");
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let sealed = sealed();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(vault().open(Kind::CardNumber, AT, &changed).is_err(), "{at}: {changed}");
    }
    for cut in 0..sealed.len() {
        assert!(vault().open(Kind::CardNumber, AT, &sealed[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn what_is_no_ciphertext_is_malformed() {
    for text in ["", "v1", "v1.a", "v1.a.", "v1.a.!!!!", "v1.a.AAAA", "v2.a.AAAA", NUMBER] {
        assert_eq!(vault().open(Kind::CardNumber, AT, text), Err(VaultError::Malformed), "{text}");
        assert!(text.starts_with("v1.a.") || vault().is_outdated(text), "{text}");
    }
}

#[test]
fn wrong_and_unknown_keys() {
    let sealed = sealed();
    let other = ring(key("a", 2), Vec::new());
    assert_eq!(other.open(Kind::CardNumber, AT, &sealed), Err(VaultError::Refused));
    let without = ring(key("b", 2), Vec::new());
    assert_eq!(without.open(Kind::CardNumber, AT, &sealed), Err(VaultError::UnknownKey("a".to_owned())));
    // The same bytes under another name are another key as well: the name is bound in.
    let renamed = sealed.replacen("v1.a.", "v1.b.", 1);
    let both = ring(key("b", 1), vec![key("a", 1)]);
    assert_eq!(both.open(Kind::CardNumber, AT, &renamed), Err(VaultError::Refused));
}

#[test]
fn rotation_opens_the_old_and_seals_under_the_new() {
    let chance = Seeded::from_number(1);
    let old = sealed();
    let rotated = ring(key("c", 3), vec![key("b", 2), key("a", 1)]);
    assert_eq!(rotated.open(Kind::CardNumber, AT, &old).unwrap().reveal(), NUMBER);
    assert!(rotated.is_outdated(&old) && !vault().is_outdated(&old));
    let new = rotated.reseal(Kind::CardNumber, AT, &old, &chance).unwrap();
    assert!(new.starts_with("v1.c.") && !rotated.is_outdated(&new));
    let retired = ring(key("c", 3), Vec::new());
    assert_eq!(retired.open(Kind::CardNumber, AT, &new).unwrap().reveal(), NUMBER);
    assert_eq!(rotated.fingerprint("acct_1", NUMBER), vault().fingerprint("acct_1", NUMBER));
}

#[test]
fn long_secrets_are_refused() {
    let chance = Seeded::from_number(1);
    let seal = |length| vault().seal(Kind::Other("x"), AT, &"s".repeat(length), &chance);
    assert!(seal(Vault::LIMIT).is_ok());
    assert_eq!(seal(Vault::LIMIT + 1), Err(VaultError::TooLong));
}

#[test]
fn fingerprints() {
    let print = vault().fingerprint("acct_1", NUMBER);
    assert_eq!(print.len(), 16);
    assert!(print.bytes().all(|b| b.is_ascii_alphanumeric()), "{print}");
    assert_eq!(print, vault().fingerprint("acct_1", NUMBER));
    assert_ne!(print, vault().fingerprint("acct_1", "4000000000000002"));
    assert_ne!(print, vault().fingerprint("acct_2", NUMBER));
    assert_ne!(print, vault().fingerprint("acct_14", &NUMBER[1..]));
    assert_ne!(print, ring(key("a", 2), Vec::new()).fingerprint("acct_1", NUMBER));
}

/// A kept sample of each text on disk: what is stored today must open for ever.
#[test]
fn stored_texts_of_the_first_format() {
    assert_eq!(sealed(), SEALED);
    assert_eq!(vault().fingerprint("acct_1", NUMBER), PRINT);
}

const SEALED: &str = "v1.a.YRgw02QaaPlKaQ3MJdH0sNrJSDJawY9tu-bfR1PdfL5Qcl-n3TAn611hKrhi5KvF5RXFHf2PDDU";
const PRINT: &str = "o5xX6N8NR8q1feD9";

/// HMAC-SHA256 against RFC 4231, test case 3: a short key is filled up as the RFC says.
#[test]
fn the_mac_is_hmac() {
    let mut padded = [0u8; 32];
    padded[..20].fill(0xaa);
    let mut mac = keyed(&padded);
    mac.update(&[0xdd; 50]);
    let expected: [u8; 32] = [
        0x77, 0x3e, 0xa9, 0x1e, 0x36, 0x80, 0x0e, 0x46, 0x85, 0x4d, 0xb8, 0xeb, 0xd0, 0x91, 0x81, 0xa7, 0x29,
        0x59, 0x09, 0x8b, 0x3e, 0xf8, 0xc1, 0x22, 0xd9, 0x63, 0x55, 0x14, 0xce, 0xd5, 0x65, 0xfe,
    ];
    assert_eq!(<[u8; 32]>::from(mac.finalize().into_bytes()), expected);
}

#[test]
fn a_ring_has_each_id_once() {
    assert_eq!(Ring::new(key("a", 1), vec![key("b", 2), key("a", 3)]).unwrap_err(), KeyError::Twice);
    assert_eq!(Ring::new(key("a", 1), vec![key("b", 2), key("b", 2)]).unwrap_err(), KeyError::Twice);
}

const HOUSE: Place<'static> = Place { account: "~", object: "vault" };

#[test]
fn fingerprints_outlive_every_key() {
    let chance = Seeded::from_number(1);
    let before = vault().fingerprint("acct_1", NUMBER);
    let kept = vault().seal_fingerprints(HOUSE, &chance).unwrap();
    let rotated = ring(key("b", 2), vec![key("a", 1)]);
    let kept = rotated.reseal(FINGERPRINTS, HOUSE, &kept, &chance).unwrap();
    let alone = ring(key("b", 2), Vec::new());
    assert_ne!(alone.fingerprint("acct_1", NUMBER), before);
    alone.adopt_fingerprints(HOUSE, &kept).unwrap();
    assert_eq!(alone.fingerprint("acct_1", NUMBER), before);
    assert!(alone.replace(Ring::new(key("c", 3), vec![key("b", 2)]).unwrap()).unwrap());
    assert_eq!(alone.fingerprint("acct_1", NUMBER), before);
}

#[test]
fn a_missing_key_is_looked_for_once() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let chance = Seeded::from_number(1);
    let newer = ring(key("b", 2), vec![key("a", 1)]).seal(Kind::CardNumber, AT, NUMBER, &chance).unwrap();
    let (vault, asked) = (vault(), Arc::new(AtomicUsize::new(0)));
    let counted = asked.clone();
    vault.look_in(Box::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Some(Ring::new(key("b", 2), vec![key("a", 1)]).unwrap())
    }));
    assert!(vault.open(Kind::CardNumber, AT, &sealed()).is_ok());
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(vault.open(Kind::CardNumber, AT, &newer).unwrap().reveal(), NUMBER);
    assert_eq!((vault.current_id(), asked.load(Ordering::Relaxed)), ("b".to_owned(), 1));
    let foreign = newer.replacen("v1.b.", "v1.z.", 1);
    let unknown = Err(VaultError::UnknownKey("z".to_owned()));
    assert_eq!(vault.open(Kind::CardNumber, AT, &foreign), unknown);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_key_with_other_bytes_is_refused_and_nothing_changes() {
    let vault = vault();
    let wrong = Ring::new(key("b", 2), vec![key("a", 9)]).unwrap();
    assert_eq!(vault.replace(wrong), Err(KeyError::Changed));
    assert_eq!(vault.ids(), ["a"]);
    assert_eq!(vault.replace(Ring::new(key("a", 1), Vec::new()).unwrap()), Ok(false));
    assert_ne!(vault.check("a"), ring(key("a", 2), Vec::new()).check("a"));
    assert_eq!(vault.check("b"), None);
}
