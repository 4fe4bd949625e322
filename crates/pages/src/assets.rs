//! Stylesheet, script and artwork, compiled into the program.
//!
//! Each has two addresses: its plain name, for others to embed, revalidated by ETag; and a name that carries a hash
//! of the content, which pages use and caches may keep for ever.

use std::sync::LazyLock;

/// One static file.
#[derive(Debug)]
pub struct Asset {
    /// Plain file name, such as `connect-light.svg`.
    pub name: &'static str,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The content.
    pub body: &'static [u8],
    /// Strong entity tag, with its quotes.
    pub etag: String,
    /// Path that changes with the content.
    hashed: String,
}

/// An asset as found under a path.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The file.
    pub asset: &'static Asset,
    /// Value of `Cache-Control` for this path.
    pub cache_control: &'static str,
}

/// Where assets are served.
pub const PREFIX: &str = "/assets/";

const FOREVER: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "public, max-age=300, must-revalidate";

macro_rules! files {
    ($($name:literal => $content_type:expr),* $(,)?) => {
        &[$(($name, $content_type, include_bytes!(concat!("../assets/", $name)))),*]
    };
}

const SVG: &str = "image/svg+xml";
const FILES: &[(&str, &str, &[u8])] = files![
    "application-icon.svg" => SVG,
    "connect-dark.svg" => SVG,
    "connect-light.svg" => SVG,
    "favicon.svg" => SVG,
    "logo.svg" => SVG,
    "sample-application-icon.svg" => SVG,
    "tollbridge.css" => "text/css; charset=utf-8",
    "tollbridge.js" => "text/javascript; charset=utf-8",
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|&(name, content_type, body)| {
            let hash = format!("{:016x}", fnv1a(body));
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            Asset {
                name,
                content_type,
                body,
                etag: format!("\"{hash}\""),
                hashed: format!("{PREFIX}{stem}.{hash}.{extension}"),
            }
        })
        .collect()
});

/// FNV-1a. It tells one build's file from another's; nothing depends on it being hard to forge.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Every asset.
pub fn all() -> &'static [Asset] {
    &ASSETS
}

/// The path for pages to use: it changes when the content does.
pub fn url(name: &str) -> Option<&'static str> {
    ASSETS.iter().find(|asset| asset.name == name).map(|asset| asset.hashed.as_str())
}

/// The asset under a request path, by either of its names.
pub fn find(path: &str) -> Option<Found> {
    let name = path.strip_prefix(PREFIX)?;
    ASSETS.iter().find_map(|asset| {
        if asset.name == name {
            Some(Found { asset, cache_control: REVALIDATE })
        } else if asset.hashed == path {
            Some(Found { asset, cache_control: FOREVER })
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_has_a_plain_and_a_lasting_address() {
        let plain = find("/assets/connect-light.svg").expect("plain");
        let lasting = find(url("connect-light.svg").expect("known")).expect("lasting");
        assert_eq!(plain.asset.name, lasting.asset.name);
        assert_ne!(plain.cache_control, lasting.cache_control);
        assert!(find("/assets/connect-light.0000000000000000.svg").is_none());
        assert!(find("/assets/../Cargo.toml").is_none());
    }

    #[test]
    fn entity_tags_differ() {
        let mut tags: Vec<_> = all().iter().map(|asset| &asset.etag).collect();
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), all().len());
    }

    #[test]
    fn artwork_is_self_contained() {
        for asset in all().iter().filter(|asset| asset.content_type == SVG) {
            let text = std::str::from_utf8(asset.body).expect("text");
            assert!(
                !text.contains("href") && !text.contains("<script") && !text.contains("<text"),
                "{}",
                asset.name
            );
        }
    }
}
