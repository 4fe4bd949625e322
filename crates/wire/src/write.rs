//! Writing: from a struct to JSON bytes, without a tree in between.
use crate::{Shaped, Wire};
use std::cell::Cell;

/// Appends fields to an object that is being written.
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl Writer<'_> {
    /// Writes a public field; `key` is its quoted name with the colon.
    pub fn field<T: Wire>(&mut self, key: &str, it: &T) {
        if !T::HIDDEN {
            self.any(key, it);
        }
    }
    /// Writes a hidden field.
    pub fn hidden<T: Wire>(&mut self, key: &str, it: &T) {
        if T::HIDDEN {
            self.any(key, it);
        }
    }
    fn any<T: Wire>(&mut self, key: &str, it: &T) {
        if it.is_absent() {
            return;
        }
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        it.write(self.out);
    }
}

/// Appends the public fields as a JSON object.
pub fn write_struct<T: Shaped>(it: &T, out: &mut Vec<u8>) {
    out.push(b'{');
    it.write_fields(&mut Writer { out, first: true });
    out.push(b'}');
}

/// The public JSON of a value.
pub fn to_json<T: Wire>(it: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    it.write(&mut out);
    out
}

/// What is stored of a value: the public JSON and, where there are hidden fields, a newline and theirs.
/// A newline never occurs inside the JSON that we write, so the public part is a plain prefix.
pub fn to_stored<T: Shaped>(it: &T) -> Vec<u8> {
    // Kept for long, so it should take no more room than it has bytes, which are not known before.
    let mut out = SCRATCH.take();
    stored(it, &mut out);
    let exact = out.as_slice().to_vec();
    out.clear();
    out.shrink_to(SCRATCH_MAX);
    SCRATCH.set(out);
    exact
}

/// What a thread keeps of the room in which it writes.
const SCRATCH_MAX: usize = 64 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn stored<T: Shaped>(it: &T, out: &mut Vec<u8>) {
    write_struct(it, out);
    let end = out.len();
    out.extend_from_slice(b"\n{");
    it.write_hidden(&mut Writer { out, first: true });
    if out.len() == end + 2 {
        out.truncate(end);
    } else {
        out.push(b'}');
    }
}

/// Appends a JSON string.
pub fn write_str(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if b >= 0x20 && b != b'"' && b != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[start..i]);
        start = i + 1;
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// Appends an integer.
pub(crate) fn write_i64(out: &mut Vec<u8>, it: i64) {
    let mut digits = [0u8; 20];
    let (mut at, mut rest) = (digits.len(), it.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if it < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}
