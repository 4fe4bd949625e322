//! `multipart/form-data`: the fields of a form and the files that come with it.
use super::{PAIRS_MAX, check_text, invalid, put};
use base::ApiError;
use bytes::Bytes;
use std::{borrow::Cow, convert::Infallible};
use wire::{At, Bad, Node, Shape, Wire};

/// The longest value that is no file, in bytes.
const TEXT_MAX: usize = 256 << 10;
/// The longest name of a file, in characters.
const NAME_MAX: usize = 255;
/// The member of a file's place in the tree that holds its digest.
const DIGEST: &str = "digest";

/// A file that came with a form.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The parameter that it was sent as.
    pub field: String,
    /// What the sender calls it, without the folders that it lay in.
    pub name: Option<String>,
    /// What the sender takes it for, as a media type in lower case; none where that is left open.
    pub kind: Option<String>,
    /// What is in it.
    pub bytes: Bytes,
}

/// A parameter that is a file: the digest of what came, which [`crate::Cx::upload`] holds.
#[derive(Debug)]
pub struct Sent;

impl Wire for Sent {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            None => Err(Bad::Missing(at.path())),
            Some(node) if node.get(DIGEST).is_some() => Ok(Sent),
            Some(_) => Err(Bad::Invalid { param: at.path(), code: None, message: "Invalid hash".into() }),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }
}

/// Adds the fields of a form to a tree. In the place of a file stands its digest, so that two requests are the same
/// only where their files are. Errors name what is wrong with the form and carry status 400.
pub(crate) async fn decode(
    content_type: &str,
    body: &Bytes,
    into: &mut Node<'static>,
) -> Result<Vec<Upload>, ApiError> {
    let boundary = multer::parse_boundary(content_type).map_err(|e| refused(&e))?;
    let whole = futures_util::stream::once(std::future::ready(Ok::<_, Infallible>(body.clone())));
    let mut parts = multer::Multipart::new(whole, boundary);
    let mut uploads = Vec::new();
    for _ in 0..PAIRS_MAX {
        let Some(part) = parts.next_field().await.map_err(|e| refused(&e))? else { return Ok(uploads) };
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        let kind = part.content_type().map(|it| it.essence_str().to_ascii_lowercase());
        let bytes = part.bytes().await.map_err(|e| refused(&e))?;
        if name.is_some() {
            let digest = vault::digest_of(&bytes);
            let held = vec![(Cow::Borrowed(DIGEST), Node::Form(digest.into()))];
            into.set(field.clone(), Node::Map(held));
            let kind = kind.filter(|it| it != "application/octet-stream");
            uploads.retain(|it: &Upload| it.field != field);
            uploads.push(Upload { field, name: name.as_deref().and_then(base_name), kind, bytes });
        } else if bytes.len() > TEXT_MAX {
            let shown: String = field.chars().take(80).collect();
            return Err(invalid(format!("The value of {shown} is too long. Send it as a file.")).param(shown));
        } else {
            put(into, &field, check_text(bytes.to_vec())?)?;
        }
    }
    Err(invalid(format!("A request can carry up to {PAIRS_MAX} parameters.")))
}

/// The last part of a path, whichever system it comes from.
fn base_name(path: &str) -> Option<String> {
    let name: String = path
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control() && *c != '"')
        .take(NAME_MAX)
        .collect();
    Some(name).filter(|name| !name.is_empty())
}

fn refused(error: &multer::Error) -> ApiError {
    let why = match error {
        multer::Error::NoBoundary | multer::Error::NoMultipart => "its content type names no boundary",
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => {
            "it ends before its closing boundary"
        }
        multer::Error::IncompleteHeaders | multer::Error::ReadHeaderFailed(_) => {
            "the headers of a part cannot be read"
        }
        _ => "its parts cannot be told apart",
    };
    invalid(format!("Invalid multipart/form-data body: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    fn read(body: &str) -> Result<(String, Vec<Upload>), String> {
        let body = Bytes::from(body.replace('\n', "\r\n"));
        let mut tree = Node::Map(Vec::new());
        let decoded = {
            let mut run = pin!(decode("multipart/form-data; boundary=x", &body, &mut tree));
            match run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(it) => it,
                Poll::Pending => unreachable!("all of it is there"),
            }
        };
        decoded.map(|uploads| (tree.to_json(), uploads)).map_err(|e| e.message)
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let (tree, files) = read(
            "--x\nContent-Disposition: form-data; name=\"purpose\"\n\ndispute_evidence\n\
             --x\nContent-Disposition: form-data; name=\"file_link_data[create]\"\n\ntrue\n\
             --x\nContent-Disposition: form-data; name=\"file\"; filename=\"/home/ann/a.png\"\nContent-Type: image/PNG\n\nbytes\n--x--\n",
        )
        .unwrap_or_else(|e| unreachable!("{e}"));
        let digest = vault::digest("bytes");
        assert_eq!(
            tree,
            format!(
                r#"{{"purpose":"dispute_evidence","file_link_data":{{"create":"true"}},"file":{{"digest":"{digest}"}}}}"#
            )
        );
        let [file] = &files[..] else { unreachable!("{files:?}") };
        assert_eq!((file.field.as_str(), file.name.as_deref()), ("file", Some("a.png")));
        assert_eq!((file.kind.as_deref(), &file.bytes[..]), (Some("image/png"), &b"bytes"[..]));
    }

    #[test]
    fn broken_bodies_are_refused_with_a_reason() {
        let head = "--x\nContent-Disposition: form-data; name=\"a\"\n\n";
        for body in [
            String::new(),
            "--x".into(),
            "nonsense".into(),
            format!("{head}never ends"),
            format!("{head}\0\n--x--\n"),
            "--x\nContent-Disposition: form-data; name=\"a[b\"\n\n1\n--x--\n".into(),
            format!("{head}{}\n--x--\n", "y".repeat(TEXT_MAX + 1)),
            format!("{}--x--\n", format!("{head}1\n").repeat(PAIRS_MAX + 1)),
        ] {
            assert!(read(&body).is_err(), "{:.60}", body);
        }
    }
}
