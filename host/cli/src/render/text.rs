//! Words, widths and amounts.

use console::measure_text_width;
use std::time::Duration;

/// Breaks text at spaces into lines of at most `width` columns. A word that is
/// longer than a line is cut: an overlong line would break the page.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let space = usize::from(!line.is_empty());
            if measure_text_width(&line) + space + measure_text_width(word) <= width {
                if space == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for character in word.chars() {
                if measure_text_width(&line) + measure_text_width(&character.to_string()) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(character);
            }
        }
        lines.push(line);
    }
    lines
}

/// Fills up with spaces to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Ids of containers are 64 digits long; twelve tell them apart.
pub(crate) fn short_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(|it: char| !it.is_ascii_hexdigit()) {
        let digits = piece.trim_end_matches(|it: char| !it.is_ascii_hexdigit());
        match digits.get(..12) {
            Some(short) if digits.len() == 64 => {
                out.push_str(short);
                out.push_str(piece.get(64..).unwrap_or_default());
            }
            _ => out.push_str(piece),
        }
    }
    out
}

/// `1 service`, `3 services`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{end}")
}

/// Time that something took: `0.4s`, `12s`, `2m 5s`, `1h 2m`.
pub(crate) fn took(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => two(seconds / 60, "m", seconds % 60, "s"),
        _ => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
    }
}

/// Time since something: `5s`, `3m`, `2h`, `4d`.
pub(crate) fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

fn two(big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{big}{big_unit}")
    } else {
        format!("{big}{big_unit} {small}{small_unit}")
    }
}

/// Bytes: `64 MiB`.
pub(crate) fn bytes(amount: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (size, unit) in UNITS {
        if amount >= size {
            let tenths = amount / (size / 10).max(1);
            return if amount.is_multiple_of(size) {
                format!("{} {unit}", amount / size)
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{amount} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_within_the_width() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\nb", 4), ["a", "b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("x", 0), ["x"]);
    }

    #[test]
    fn ids_are_cut_and_other_words_are_not() {
        let id = "0123456789ab".to_owned() + &"c".repeat(52);
        assert_eq!(
            short_ids(&format!("start {id}: failed")),
            "start 0123456789ab: failed"
        );
        assert_eq!(
            short_ids(&format!("{id}0 {}", "ab".repeat(6))),
            format!("{id}0 {}", "ab".repeat(6))
        );
        assert_eq!(short_ids(&id), "0123456789ab");
    }

    #[test]
    fn amounts_read_well() {
        assert_eq!(took(Duration::from_millis(440)), "0.4s");
        assert_eq!(took(Duration::from_secs(125)), "2m 5s");
        assert_eq!(age(Duration::from_secs(86_400 * 4)), "4d");
        assert_eq!(bytes(64 << 20), "64 MiB");
        assert_eq!(bytes(1_572_864), "1.5 MiB");
        assert_eq!(bytes(7), "7 B");
    }
}
