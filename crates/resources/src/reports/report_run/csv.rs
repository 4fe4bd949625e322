//! Comma-separated values (RFC 4180), and numbers and times as they stand in them.
use base::{Currency, Timestamp};

/// One value, in quotes where it needs them.
fn cell(text: &str, out: &mut String) {
    if !text.contains(['"', ',', '\n', '\r']) {
        return out.push_str(text);
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// One line.
pub(super) fn line<'t>(cells: impl IntoIterator<Item = &'t str>, out: &mut String) {
    for (at, text) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        cell(text, out);
    }
    out.push('\n');
}

/// An amount in major units: `-12.34`.
pub(super) fn amount(minor: i64, currency: Currency) -> String {
    let decimals = currency.decimals();
    let whole = 10u64.pow(decimals);
    let (sign, digits) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    if decimals == 0 {
        return format!("{sign}{digits}");
    }
    format!("{sign}{}.{:0width$}", digits / whole, digits % whole, width = decimals as usize)
}

/// A time in UTC: `2013-10-07 00:00:58`.
pub(super) fn time(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    let seconds = at.0.rem_euclid(Timestamp::DAY);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let mut out = String::new();
        line(["a", "b,c", "say \"no\"", "two\nlines", ""], &mut out);
        assert_eq!(out, "a,\"b,c\",\"say \"\"no\"\"\",\"two\nlines\",\n");
        assert_eq!(amount(-1_234, Currency::USD), "-12.34");
        assert_eq!(amount(-5, Currency::USD), "-0.05");
        assert_eq!(Currency::parse("jpy").map(|yen| amount(500, yen)).as_deref(), Some("500"));
        assert_eq!(Currency::parse("kwd").map(|dinar| amount(1_230, dinar)).as_deref(), Some("1.230"));
        assert_eq!(time(Timestamp(1_381_104_058)), "2013-10-07 00:00:58");
    }
}
