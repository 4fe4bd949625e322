//! Files were file uploads, and nothing linked to them.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-09-24")
    }
    fn what(&self) -> &'static str {
        "A `file_upload` is a `file`, and shows its `links`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "file" {
            it.set("object", Node::text("file_upload"));
            tree::forget(it, &["links", "filename", "title", "expires_at"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(
            &Past,
            "file",
            &[(
                r#"{"id":"file_1","object":"file","created":1,"expires_at":9,"filename":"a.png","links":{"object":"list","data":[]},"purpose":"dispute_evidence","size":3,"title":null,"type":"png","url":"u"}"#,
                r#"{"id":"file_1","object":"file_upload","created":1,"purpose":"dispute_evidence","size":3,"type":"png","url":"u"}"#,
            )],
        );
    }
}
