//! The few words of HTTP/1.1 the load run speaks: writing a request, reading a response from a buffer.
//!
//! A hand-written client because the generator has one core to itself and must cost less per request than
//! any server it measures.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;

/// Nothing the server answers here comes near this; a longer response is an error, not a full memory.
const RESPONSE_BYTES_MAX: usize = 64 << 20;

/// How a response lies in the buffer it was read into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Response {
    /// The HTTP status code.
    pub(crate) status: u16,
    /// Bytes of the status line and headers, with the empty line.
    pub(crate) head_len: usize,
    /// Bytes of the whole response; what lies behind them belongs to the next one.
    pub(crate) total_len: usize,
    /// Whether the body came in chunks.
    pub(crate) chunked: bool,
    /// Whether the server closes the connection after this response.
    pub(crate) close: bool,
}

impl Response {
    /// The body, with the chunk framing removed.
    pub(crate) fn body(&self, buf: &[u8]) -> Vec<u8> {
        let raw = buf.get(self.head_len..self.total_len).unwrap_or_default();
        if !self.chunked {
            return raw.to_vec();
        }
        let mut body = Vec::with_capacity(raw.len());
        let mut at = 0;
        while let Ok(Some((data, next))) = chunk(raw, at) {
            if data.is_empty() {
                break;
            }
            body.extend_from_slice(raw.get(data).unwrap_or_default());
            at = next;
        }
        body
    }

    /// Whether the status says success.
    pub(crate) fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads one response from the start of `buf`; `None` means that more bytes are needed.
pub(crate) fn parse_response(buf: &[u8]) -> Result<Option<Response>> {
    let Some(head_len) = head_len(buf) else {
        if buf.len() > RESPONSE_BYTES_MAX {
            return Err("response head too long".into());
        }
        return Ok(None);
    };
    let head = buf.get(..head_len).unwrap_or_default();
    let status =
        head.get(9..12).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse().ok());
    let (true, Some(status)) = (head.starts_with(b"HTTP/1."), status) else {
        return Err("not an HTTP/1 response".into());
    };
    let mut length = None;
    let mut chunked = false;
    let mut close = false;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some((name, value)) = header(line) else { continue };
        if name.eq_ignore_ascii_case(b"content-length") {
            length = std::str::from_utf8(value).ok().and_then(|text| text.parse::<usize>().ok());
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            chunked = value.eq_ignore_ascii_case(b"chunked");
        } else if name.eq_ignore_ascii_case(b"connection") {
            close = value.eq_ignore_ascii_case(b"close");
        }
    }
    let total_len = if chunked {
        match chunked_end(buf.get(head_len..).unwrap_or_default())? {
            Some(len) => head_len + len,
            None => return Ok(None),
        }
    } else if matches!(status, 204 | 304) {
        head_len
    } else {
        let length = length.ok_or("response with neither a length nor chunks")?;
        if length > RESPONSE_BYTES_MAX {
            return Err("response too long".into());
        }
        head_len + length
    };
    if buf.len() < total_len {
        return Ok(None);
    }
    Ok(Some(Response { status, head_len, total_len, chunked, close }))
}

/// Bytes of the request at the start of the buffer, once its head is there.
pub(crate) fn request_len(buf: &[u8]) -> Option<usize> {
    let head_len = head_len(buf)?;
    let length = header_value(buf.get(..head_len)?, b"content-length");
    let length = length.and_then(|value| std::str::from_utf8(value).ok()).and_then(|text| text.parse().ok());
    Some(head_len + length.unwrap_or(0_usize))
}

/// Bytes of a message head with its empty line, once it is complete.
pub(crate) fn head_len(buf: &[u8]) -> Option<usize> {
    buf.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The value of a header in a message head.
pub(crate) fn header_value<'a>(head: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut lines = head.split(|byte| *byte == b'\n').skip(1).filter_map(header);
    lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    Some((name, value.get(1..)?.trim_ascii()))
}

/// Bytes of a chunked body with its last chunk and trailers, once it is complete.
fn chunked_end(body: &[u8]) -> Result<Option<usize>> {
    let mut at = 0;
    while let Some((data, next)) = chunk(body, at)? {
        if !data.is_empty() {
            at = next;
            continue;
        }
        // Trailers end with an empty line; usually there are none and the empty line follows at once.
        let mut line = at_line_end(body, at);
        while let Some(end) = line {
            let start = end;
            line = at_line_end(body, start);
            if line == Some(start + 2) {
                return Ok(line);
            }
        }
        return Ok(None);
    }
    if body.len() > RESPONSE_BYTES_MAX {
        return Err("response too long".into());
    }
    Ok(None)
}

/// The chunk whose size line starts at `at`: where its data lies and where the next one starts.
fn chunk(body: &[u8], at: usize) -> Result<Option<(std::ops::Range<usize>, usize)>> {
    let Some(line_end) = at_line_end(body, at) else { return Ok(None) };
    let line = body.get(at..line_end - 2).unwrap_or_default();
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let size = std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
    let size = size.filter(|size| *size <= RESPONSE_BYTES_MAX).ok_or("bad chunk size")?;
    Ok(Some((line_end..line_end + size, line_end + size + 2)))
}

/// Where the line that starts at `from` ends, behind its CR LF.
fn at_line_end(buf: &[u8], from: usize) -> Option<usize> {
    let rest = buf.get(from..)?;
    rest.windows(2).position(|two| two == b"\r\n").map(|at| from + at + 2)
}

/// Writes a request without a body.
pub(crate) fn write_get(out: &mut Vec<u8>, path: &str, auth: &str) {
    out.extend_from_slice(b"GET ");
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    write_auth(out, auth);
    out.extend_from_slice(b"\r\n");
}

/// Writes a request with a form body; `more` holds further header lines, each with its CR LF.
pub(crate) fn write_post(out: &mut Vec<u8>, path: &str, auth: &str, more: &str, body: &[u8]) {
    out.extend_from_slice(b"POST ");
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    write_auth(out, auth);
    out.extend_from_slice(more.as_bytes());
    out.extend_from_slice(b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
    out.extend_from_slice(body.len().to_string().as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
}

fn write_auth(out: &mut Vec<u8>, auth: &str) {
    if !auth.is_empty() {
        out.extend_from_slice(b"Authorization: ");
        out.extend_from_slice(auth.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// A blocking client on one keep-alive connection, for what has to be set up before a run.
pub(crate) struct Client {
    stream: TcpStream,
    address: SocketAddr,
    buf: Vec<u8>,
}

impl Client {
    /// Connects; every read gives up after ten seconds.
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self { stream: open(address)?, address, buf: Vec::new() })
    }

    /// Connects; a read may take so long.
    pub(crate) fn patient(address: SocketAddr, longest: Duration) -> Result<Self> {
        let client = Self::connect(address)?;
        client.stream.set_read_timeout(Some(longest))?;
        Ok(client)
    }

    /// `GET path`; returns the status and the body.
    pub(crate) fn get(&mut self, path: &str, auth: &str) -> Result<(u16, Vec<u8>)> {
        let mut request = Vec::new();
        write_get(&mut request, path, auth);
        self.send(&request)
    }

    /// `POST path` with a form; returns the status and the body.
    pub(crate) fn post(&mut self, path: &str, auth: &str, form: &str) -> Result<(u16, Vec<u8>)> {
        let mut request = Vec::new();
        write_post(&mut request, path, auth, "", form.as_bytes());
        self.send(&request)
    }

    /// Sends a request as it stands; returns the status and the body.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        self.stream.write_all(request)?;
        self.buf.clear();
        let mut piece = [0; 16 << 10];
        loop {
            if let Some(response) = parse_response(&self.buf)? {
                let body = response.body(&self.buf);
                if response.close {
                    self.stream = open(self.address)?;
                }
                return Ok((response.status, body));
            }
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            self.buf.extend_from_slice(piece.get(..read).unwrap_or_default());
        }
    }
}

fn open(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    Ok(stream)
}

/// Percent-encodes everything but unreserved characters, for a value in a form.
pub(crate) fn form_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_with_a_length_is_complete_only_with_its_last_byte() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1";
        for cut in 0..43 {
            assert_eq!(parse_response(&whole[..cut]).unwrap(), None, "cut at {cut}");
        }
        let response = parse_response(whole).unwrap().unwrap();
        assert_eq!((response.status, response.total_len, response.close), (200, 43, false));
        assert_eq!(response.body(whole), b"hello");
    }

    #[test]
    fn a_chunked_response_is_complete_only_with_its_last_byte() {
        let whole = b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
            3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n";
        for cut in 0..whole.len() {
            assert_eq!(parse_response(&whole[..cut]).unwrap(), None, "cut at {cut}");
        }
        let response = parse_response(whole).unwrap().unwrap();
        assert_eq!((response.status, response.total_len, response.close), (201, whole.len(), true));
        assert_eq!(response.body(whole), b"abc0123456789");
    }

    #[test]
    fn chunk_trailers_belong_to_the_response() {
        let whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n";
        assert_eq!(parse_response(&whole[..whole.len() - 1]).unwrap(), None);
        assert_eq!(parse_response(whole).unwrap().unwrap().total_len, whole.len());
    }

    #[test]
    fn what_is_not_a_response_is_an_error() {
        assert!(parse_response(b"SSH-2.0-x\r\n\r\n").is_err());
        assert!(parse_response(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse_response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").is_err());
        assert!(parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").is_err());
    }

    #[test]
    fn form_values_are_percent_encoded() {
        assert_eq!(form_value("http://127.0.0.1:1/a b"), "http%3A%2F%2F127.0.0.1%3A1%2Fa%20b");
    }
}
