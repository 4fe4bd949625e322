//! What a form sent: fields by name and, from the forms that have one, a file.

use std::convert::Infallible;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::reply::Refusal;
use crate::Form;

/// At most this many fields; our largest form has about thirty.
const FIELDS_MAX: usize = 200;
/// The longest text of a field in a form with a file, in bytes.
const TEXT_MAX: u64 = 64 * 1024;
/// The largest file, in bytes, and the room around it. What is larger is refused as a form.
const FILE_MAX: u64 = 1024 * 1024;

/// The fields of a form in their order, and its files by field name.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    texts: Vec<(String, String)>,
    files: Vec<(String, Bytes)>,
}

impl Fields {
    /// Reads the body of a request as its content type has it.
    pub(crate) async fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if essence.is_empty() || essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Ok(Fields { texts: pairs(body), files: Vec::new() });
        }
        match multer::parse_boundary(kind) {
            Ok(boundary) => Self::read_parts(boundary, body.clone()).await,
            Err(_) => Err(unreadable(415)),
        }
    }

    async fn read_parts(boundary: String, body: Bytes) -> Result<Self, Refusal> {
        let limits = multer::SizeLimit::new().whole_stream(FILE_MAX).per_field(FILE_MAX);
        let constraints = multer::Constraints::new().size_limit(limits);
        let whole = futures_util::stream::once(std::future::ready(Ok::<_, Infallible>(body)));
        let mut parts = multer::Multipart::with_constraints(whole, boundary, constraints);
        let mut fields = Fields::default();
        for _ in 0..FIELDS_MAX {
            let Some(part) = parts.next_field().await.map_err(|error| refused(&error))? else {
                return Ok(fields);
            };
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let content = part.bytes().await.map_err(|error| refused(&error))?;
            if is_file {
                fields.files.push((name, content));
            } else if content.len() as u64 <= TEXT_MAX {
                fields.texts.push((name, String::from_utf8_lossy(&content).into_owned()));
            } else {
                return Err(unreadable(413));
            }
        }
        Err(unreadable(400))
    }

    /// The text of a field; empty where it was not sent. Of a repeated field the last counts.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The file of a field, if one was chosen.
    pub(crate) fn file(&self, name: &str) -> Option<&Bytes> {
        self.files
            .iter()
            .find(|(key, content)| key == name && !content.is_empty())
            .map(|(_, content)| content)
    }

    /// The fields as a form to check and to show again.
    pub(crate) fn into_form(self) -> Form {
        Form::filled(self.texts.into_iter().filter(|(name, _)| name != "csrf" && name != "do"))
    }
}

/// The pairs of a query or form, decoded; too many are cut off.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).take(FIELDS_MAX).map(|(key, value)| (key.into(), value.into())).collect()
}

fn refused(error: &multer::Error) -> Refusal {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => unreadable(413),
        _ => unreadable(400),
    }
}

fn unreadable(status: u16) -> Refusal {
    let (title, message) = match status {
        413 => (
            "That is too large",
            "The file or text is larger than this form takes. Go back and choose a smaller one.",
        ),
        _ => (
            "The form cannot be read",
            "What arrived is not a form of this page. Go back, reload the page and try again.",
        ),
    };
    Refusal::new(status, title, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use http::HeaderValue;

    async fn read(kind: &'static str, body: &'static [u8]) -> Result<Fields, Refusal> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        Fields::read(&headers, &Bytes::from_static(body)).await
    }

    #[tokio::test]
    async fn plain_forms() {
        let fields = read("application/x-www-form-urlencoded", b"a=1&b=x+y%21&a=2&c=%ff").await.unwrap();
        assert_eq!((fields.text("a"), fields.text("b"), fields.text("d")), ("2", "x y!", ""));
        assert_eq!(read("application/json", b"{}").await.unwrap_err().status, 415);
    }

    #[tokio::test]
    async fn forms_with_a_file() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAcme\r\n--x\r\nContent-Disposition: form-data; name=\"icon\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n";
        let fields = read("multipart/form-data; boundary=x", body).await.unwrap();
        assert_eq!(fields.text("name"), "Acme");
        assert_eq!(fields.file("icon").unwrap().as_ref(), b"\x89PNG");
        assert!(fields.file("name").is_none());
    }

    #[tokio::test]
    async fn broken_forms_are_refused() {
        for body in [
            &b""[..],
            b"--x",
            b"--x\r\nnonsense",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnever ends",
        ] {
            assert_eq!(
                read("multipart/form-data; boundary=x", body).await.unwrap_err().status,
                400,
                "{body:?}"
            );
        }
        assert_eq!(read("multipart/form-data", b"").await.unwrap_err().status, 415);
    }
}
