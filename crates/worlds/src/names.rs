//! What the people, accounts, keys and applications of a world are called. All of it follows from the world's key,
//! so that nothing secret has to be kept to tell it again.
use oauth::applications::Ids;
use resources::connect::account::Keys;

/// Characters of a tag.
const TAG: usize = 16;
/// Fewest and most characters of a key after its prefix that make a world.
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 8..=100;

/// The names of what is in a world from its beginning.
#[derive(Debug, Clone)]
pub struct Names {
    /// The account of the platform.
    pub account: String,
    /// An account that is not connected to it.
    pub seller: String,
    /// The client ids of the platform's application.
    pub clients: Ids,
    /// What the platform's person signs in with.
    pub email: String,
    /// What the seller signs in with.
    pub seller_email: String,
    /// The platform's keys.
    pub keys: Keys,
    /// The seller's keys.
    pub seller_keys: Keys,
}

/// What follows the prefix of a test key that may make a world: `sk_test_` and `pk_test_` lead to the same one.
pub fn rest_of_key(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("sk_test_").or_else(|| key.strip_prefix("pk_test_"))?;
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (plain && KEY_LENGTH.contains(&rest.len())).then_some(rest)
}

/// The tag of the world of a key.
pub(crate) fn tag_of(rest: &str) -> String {
    derived("tag", rest, TAG)
}

/// Some characters that follow from a text, and from which the text does not follow.
fn derived(what: &str, rest: &str, length: usize) -> String {
    let mut digest = vault::digest(&format!("world {what} {rest}"));
    digest.truncate(length);
    digest
}

impl Names {
    /// The names that the guides write down.
    pub fn known() -> Self {
        Names {
            account: "acct_platform".into(),
            seller: "acct_seller".into(),
            clients: Ids {
                development: "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7".into(),
                production: "ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC".into(),
            },
            email: "platform@example.com".into(),
            seller_email: "seller@example.com".into(),
            keys: Keys {
                secret_test: "sk_test_TollbridgePlatformSecret".into(),
                publishable_test: "pk_test_TollbridgePlatformPublic".into(),
                secret_live: Some("sk_live_TollbridgePlatformSecret".into()),
                publishable_live: Some("pk_live_TollbridgePlatformPublic".into()),
            },
            seller_keys: Keys {
                secret_test: "sk_test_TollbridgeSellerSecret01".into(),
                publishable_test: "pk_test_TollbridgeSellerPublic01".into(),
                secret_live: None,
                publishable_live: None,
            },
        }
    }

    /// The names of the world of a key; `rest` is the key without its prefix.
    pub fn of(rest: &str) -> Self {
        let tag = tag_of(rest);
        // The seller's secret key must not follow from what anybody may see.
        let sellers = derived("seller", rest, 24);
        Names {
            account: format!("acct_1{}", derived("account", rest, 15)),
            seller: format!("acct_1{}", derived("seller account", rest, 15)),
            clients: Ids {
                development: format!("ca_{}", derived("development", rest, 32)),
                production: format!("ca_{}", derived("production", rest, 32)),
            },
            email: format!("platform@{tag}.example.com"),
            seller_email: format!("seller@{tag}.example.com"),
            keys: Keys {
                secret_test: format!("sk_test_{rest}"),
                publishable_test: format!("pk_test_{rest}"),
                secret_live: Some(format!("sk_live_{rest}")),
                publishable_live: Some(format!("pk_live_{rest}")),
            },
            seller_keys: Keys {
                secret_test: format!("sk_test_{sellers}"),
                publishable_test: format!("pk_test_{}", derived("seller public", rest, 24)),
                secret_live: None,
                publishable_live: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_test_keys_make_worlds() {
        assert_eq!(rest_of_key("sk_test_12345678"), Some("12345678"));
        assert_eq!(rest_of_key("pk_test_a_B_3456"), Some("a_B_3456"));
        assert_eq!(rest_of_key(&format!("sk_test_{}", "x".repeat(100))).map(str::len), Some(100));
        let long = format!("sk_test_{}", "x".repeat(101));
        for other in ["", "sk_test_", "sk_test_1234567", "sk_live_12345678", "rk_test_12345678", "12345678"] {
            assert_eq!(rest_of_key(other), None, "{other}");
        }
        for other in ["sk_test_1234-678", "sk_test_1234 678", "sk_test_äääääää", "SK_TEST_12345678", &long]
        {
            assert_eq!(rest_of_key(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_two_worlds_share_nothing() {
        let (one, two) = (Names::of("aaaaaaaa"), Names::of("aaaaaaab"));
        let all = |it: &Names| {
            let Ids { development, production } = it.clients.clone();
            let keys = [it.keys.clone(), it.seller_keys.clone()];
            let keys = keys.into_iter().flat_map(|it| [it.secret_test, it.publishable_test]);
            let more = [&it.account, &it.seller, &it.email, &it.seller_email].map(String::clone);
            keys.chain(more).chain([development, production]).collect::<Vec<_>>()
        };
        let mut both = [all(&one), all(&two), all(&Names::known())].concat();
        let count = both.len();
        both.sort();
        both.dedup();
        assert_eq!(both.len(), count);
        assert_eq!(all(&Names::of("aaaaaaaa")), all(&one), "a key tells all of it again");
    }
}
