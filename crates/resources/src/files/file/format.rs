//! The formats of files, told by what is in them. What cannot be told from that is told by the end of the name.
use wire::Node;

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Comma-separated values.
    Csv,
    /// A text document.
    Docx,
    /// A picture.
    Gif,
    /// A photograph.
    Jpeg,
    /// JSON.
    Json,
    /// Text with marks.
    Markdown,
    /// A document.
    Pdf,
    /// A certificate or key.
    Pem,
    /// A picture.
    Png,
    /// A drawing.
    Svg,
    /// Text.
    Txt,
    /// A table.
    Xlsx,
}

const ALL: [Format; 12] = [
    Format::Csv,
    Format::Docx,
    Format::Gif,
    Format::Jpeg,
    Format::Json,
    Format::Markdown,
    Format::Pdf,
    Format::Pem,
    Format::Png,
    Format::Svg,
    Format::Txt,
    Format::Xlsx,
];

impl Format {
    /// The `type` of a file.
    pub(crate) fn word(self) -> &'static str {
        self.names().0
    }
    /// Its media type.
    pub(crate) fn mime(self) -> &'static str {
        self.names().1
    }
    /// Its media type as it is served.
    pub(crate) fn served_as(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Markdown => "text/markdown; charset=utf-8",
            Format::Txt => "text/plain; charset=utf-8",
            other => other.mime(),
        }
    }
    /// Whether browsers show it rather than save it. A drawing may hold a script.
    pub(crate) fn is_shown(self) -> bool {
        matches!(self, Format::Gif | Format::Jpeg | Format::Pdf | Format::Png)
    }
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Format::Csv => ("csv", "text/csv"),
            Format::Docx => {
                ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
            }
            Format::Gif => ("gif", "image/gif"),
            Format::Jpeg => ("jpg", "image/jpeg"),
            Format::Json => ("json", "application/json"),
            Format::Markdown => ("md", "text/markdown"),
            Format::Pdf => ("pdf", "application/pdf"),
            Format::Pem => ("pem", "application/x-pem-file"),
            Format::Png => ("png", "image/png"),
            Format::Svg => ("svg", "image/svg+xml"),
            Format::Txt => ("txt", "text/plain"),
            Format::Xlsx => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        }
    }
    /// The format that a word names.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|it| it.word() == word)
    }
    /// The format that a media type names.
    fn of_mime(mime: &str) -> Option<Self> {
        match mime {
            "image/jpg" => Some(Format::Jpeg),
            mime => ALL.into_iter().find(|it| it.mime() == mime),
        }
    }

    /// The format of a file with these contents, this name and this media type, where they agree.
    pub(super) fn tell(bytes: &[u8], name: Option<&str>, mime: Option<&str>) -> Option<Self> {
        let said = mime.and_then(Self::of_mime);
        let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, it)| it.to_ascii_lowercase());
        let told = Self::by_contents(bytes).or_else(|| {
            let by_name = match ending.as_deref() {
                Some("markdown") => Some(Format::Markdown),
                ending => ending.and_then(Self::of_word),
            };
            Self::by_text(bytes, by_name.or(said))
        })?;
        // A table is text, too, and senders say so.
        let agrees = said.is_none_or(|said| said == told || (told.is_text() && said == Format::Txt));
        agrees.then_some(told)
    }

    fn is_text(self) -> bool {
        matches!(
            self,
            Format::Csv | Format::Json | Format::Markdown | Format::Pem | Format::Svg | Format::Txt
        )
    }

    fn by_contents(bytes: &[u8]) -> Option<Self> {
        let starts = |with: &[u8]| bytes.starts_with(with);
        let holds = |what: &[u8]| bytes.windows(what.len()).take(ZIP_HEAD).any(|it| it == what);
        match bytes {
            _ if starts(b"%PDF-") => Some(Format::Pdf),
            _ if starts(b"\xff\xd8\xff") => Some(Format::Jpeg),
            _ if starts(b"\x89PNG\r\n\x1a\n") => Some(Format::Png),
            _ if starts(b"GIF87a") || starts(b"GIF89a") => Some(Format::Gif),
            // Documents of offices are archives; what they begin with tells which.
            _ if starts(b"PK\x03\x04") && holds(b"word/") => Some(Format::Docx),
            _ if starts(b"PK\x03\x04") && holds(b"xl/") => Some(Format::Xlsx),
            _ => None,
        }
    }

    /// The format of a text that is taken for `said`.
    fn by_text(bytes: &[u8], said: Option<Self>) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
        let begins = text.trim_start_matches('\u{feff}').trim_start();
        let holds = match said? {
            Format::Csv | Format::Txt | Format::Markdown => true,
            Format::Json => Node::parse(begins.as_bytes()).is_ok(),
            Format::Pem => begins.starts_with("-----BEGIN "),
            Format::Svg => begins.starts_with('<') && begins.contains("<svg"),
            _ => false,
        };
        if holds { said } else { None }
    }

    /// Width and height of a picture in pixels, where its head tells.
    pub(super) fn pixels(self, bytes: &[u8]) -> Option<(u32, u32)> {
        let wide = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
        match self {
            Format::Png => {
                let at = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
                Some((at(16)?, at(20)?))
            }
            Format::Jpeg => {
                // Segments follow each other; the one with the frame has the size.
                let mut at = 2;
                loop {
                    let marker = *bytes.get(at + 1)?;
                    if bytes.get(at) != Some(&0xff) {
                        return None;
                    }
                    match marker {
                        0xff => at += 1,
                        0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                            return Some((wide(at + 7)?, wide(at + 5)?));
                        }
                        0xda | 0xd9 => return None,
                        _ => at += 2 + usize::try_from(wide(at + 2)?.max(2)).ok()?,
                    }
                }
            }
            _ => None,
        }
    }
}

/// Where the names in an archive are looked for, in bytes from its beginning.
const ZIP_HEAD: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_beat_names_and_must_agree_with_media_types() {
        let png = b"\x89PNG\r\n\x1a\n rest";
        for (bytes, name, mime, told) in [
            (&png[..], "a.png", None, Some(Format::Png)),
            (&png[..], "a.pdf", None, Some(Format::Png)),
            (&png[..], "a.png", Some("image/png"), Some(Format::Png)),
            (&png[..], "a.png", Some("image/jpeg"), None),
            (b"\xff\xd8\xff\xe0", "a", Some("image/jpg"), Some(Format::Jpeg)),
            (b"%PDF-1.7", "a", None, Some(Format::Pdf)),
            (b"GIF89a", "a", None, Some(Format::Gif)),
            (b"PK\x03\x04.. xl/workbook.xml", "a", None, Some(Format::Xlsx)),
            (b"PK\x03\x04.. word/document.xml", "a", None, Some(Format::Docx)),
            (b"PK\x03\x04.. AndroidManifest.xml", "a.docx", None, None),
            (b"a,b\n1,2", "a.CSV", None, Some(Format::Csv)),
            (b"a,b\n1,2", "a.csv", Some("text/plain"), Some(Format::Csv)),
            (b"a,b\n1,2", "a", Some("text/csv"), Some(Format::Csv)),
            (b"a,b\n1,2", "a", None, None),
            (b"{\"a\":1}", "a.json", None, Some(Format::Json)),
            (b"{\"a\":1", "a.json", None, None),
            (b"<?xml?><svg/>", "a.svg", None, Some(Format::Svg)),
            (b"plain", "a.svg", None, None),
            (b"-----BEGIN CERTIFICATE-----", "a.pem", None, Some(Format::Pem)),
            (b"\xff\xfe", "a.txt", None, None),
            (b"", "a.png", None, None),
        ] {
            assert_eq!(Format::tell(bytes, Some(name), mime), told, "{name} {mime:?} {bytes:?}");
        }
    }

    #[test]
    fn pictures_tell_their_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend_from_slice(&[0, 0, 0x1f, 0x41, 0, 0, 0, 9]);
        assert_eq!(Format::Png.pixels(&png), Some((8001, 9)));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc0, 0, 17, 8, 0, 7, 0, 5];
        assert_eq!(Format::Jpeg.pixels(&jpeg), Some((5, 7)));
        for cut in 0..jpeg.len() {
            assert_eq!(Format::Jpeg.pixels(&jpeg[..cut]), None);
        }
    }
}
