//! How wide the letters of Helvetica are, and how text is written in its encoding (WinAnsi).

/// Widths of the letters from space to tilde, in thousandths of the size.
#[rustfmt::skip]
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// What the others are about as wide as.
const USUAL: u16 = 556;
/// Letters of the encoding that lie elsewhere in Unicode, from 0x80 on.
const MOVED: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“',
    '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// A letter in the encoding.
fn byte(letter: char) -> u8 {
    match letter {
        ' '..='~' => letter as u8,
        '\u{a0}'..='ÿ' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        '\t' | '\n' | '\r' => b' ',
        _ => match MOVED.iter().position(|it| *it == letter && letter != '\0') {
            Some(at) => 0x80 + at as u8,
            None => b'?',
        },
    }
}

/// A text in the encoding.
pub(super) fn encode(text: &str) -> Vec<u8> {
    text.chars().map(byte).collect()
}

/// How wide a text is in a size, in the unit of the size.
pub(super) fn width(text: &str, size: i32) -> i32 {
    let of = |letter: char| {
        let at = usize::from(byte(letter)).checked_sub(usize::from(b' '));
        i64::from(at.and_then(|at| WIDTHS.get(at)).copied().unwrap_or(USUAL))
    };
    let thousandths: i64 = text.chars().map(of).sum();
    i32::try_from(thousandths * i64::from(size) / 1000).unwrap_or(i32::MAX)
}

/// A text in lines that are not wider than `most`: broken between words, or within one that is too wide alone.
pub(super) fn wrap(text: &str, size: i32, most: i32) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size) <= most {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if width(&line, size) > most && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(letter);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_the_encoding() {
        assert_eq!(encode("Zoë 3€ – 5 × £2\n日"), b"Zo\xeb 3\x80 \x96 5 \xd7 \xa32 ?");
        assert_eq!(width("$1.00", 1000), 556 * 4 + 278);
    }

    #[test]
    fn lines_are_broken_between_words_or_within_them() {
        assert_eq!(wrap("one two three", 1000, 3_900), ["one two", "three"]);
        assert_eq!(wrap("iiiiiiiiii x", 1000, 1_000), ["iiii", "iiii", "ii", "x"]);
        assert!(wrap("  ", 1000, 1_000).is_empty());
    }
}
