//! The JavaScript that platforms embed in their pages.
//!
//! A page loads `/v1/` or `/v2/` from this server and gets a global `Stripe`, which turns card and bank
//! account details into tokens by calling `/v1/tokens` on the origin that the script came from. The details go from the
//! person's browser straight to this server; the page's own server sees only the token.
//!
//! The sources are `assets/core.js`, which both versions share, followed by the file of one version. They are
//! joined here, at compile time, and need no build step of their own.

/// A script as it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// The exact path of the URL, without the query.
    pub path: &'static str,
    /// The source text, UTF-8.
    pub body: &'static str,
}

/// The value of `Content-Type` for every script.
pub const CONTENT_TYPE: &str = "text/javascript; charset=utf-8";

/// Headers that every script is served with, names in lower case.
///
/// Pages of any origin load the scripts, also those that pin them with `integrity` (which needs CORS) or isolate
/// themselves (which needs the resource policy). A fix must reach every page soon, hence the short life in caches.
pub const HEADERS: &[(&str, &str)] = &[
    ("content-type", CONTENT_TYPE),
    ("cache-control", "public, max-age=300"),
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("x-content-type-options", "nosniff"),
];

const V1: &str = concat!(include_str!("../assets/core.js"), "\n", include_str!("../assets/stripe-v1.js"));
const V2: &str = concat!(include_str!("../assets/core.js"), "\n", include_str!("../assets/stripe-v2.js"));

static SCRIPTS: [Script; 4] = [
    Script { path: "/v1/", body: V1 },
    Script { path: "/v1", body: V1 },
    Script { path: "/v2/", body: V2 },
    Script { path: "/v2", body: V2 },
];

/// All scripts, each path once. A path with and one without the final slash are two entries.
pub fn scripts() -> &'static [Script] {
    &SCRIPTS
}

/// The script at exactly this path, if there is one.
pub fn find(path: &str) -> Option<&'static Script> {
    SCRIPTS.iter().find(|script| script.path == path)
}

impl Script {
    /// A strong entity tag, quotes included: equal on every node that serves the same text.
    pub fn etag(&self) -> String {
        // FNV-1a: it tells releases apart and guards against nothing.
        let hash = self.body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("\"{hash:016x}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_its_version() {
        for (path, version) in [("/v1/", 1), ("/v1", 1), ("/v2/", 2), ("/v2", 2)] {
            let script = find(path).unwrap();
            assert_eq!(script.path, path);
            assert!(script.body.contains(&format!("version: {version},")), "{path}");
        }
        assert_eq!(find("/v1/tokens"), None);
        assert_eq!(find("/v3/"), None);
        assert_eq!(scripts().len(), 4);
    }

    #[test]
    fn the_release_in_the_source_is_the_release_of_the_crate() {
        let line = concat!("var RELEASE = '", env!("CARGO_PKG_VERSION"), "';");
        assert!(V1.contains(line), "assets/core.js must say: {line}");
    }

    #[test]
    fn entity_tags_tell_the_versions_apart() {
        assert_eq!(scripts()[0].etag(), scripts()[1].etag());
        assert_ne!(scripts()[0].etag(), scripts()[2].etag());
        assert!(scripts()[0].etag().starts_with('"') && scripts()[0].etag().ends_with('"'));
    }
}
