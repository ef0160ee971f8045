//! Durations, sizes and project names in the notations of compose files.

use std::time::Duration;

/// Why a value is not in the expected notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a duration.
    #[error("`{0}` is not a duration; write for example `30s`, `1m30s` or `500ms`")]
    Duration(String),
    /// Not a size.
    #[error("`{0}` is not a size; write for example `512m`, `2g` or a number of bytes")]
    Bytes(String),
}

const NANOS: [(&str, u128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Reads a duration such as `1m30s`, `1.5h` or `500ms`.
///
/// # Errors
/// When the text has no unit, an unknown unit, is negative, or is too large.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let error = || UnitError::Duration(text.to_owned());
    let mut rest = text;
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(error());
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter(|end| *end > 0)
            .ok_or_else(error)?;
        let (number, tail) = rest.split_at(end);
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, scale) = NANOS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(error)?;
        nanos = scaled(number, *scale)
            .and_then(|amount| nanos.checked_add(amount))
            .ok_or_else(error)?;
        rest = tail;
    }
    let nanos = u64::try_from(nanos)
        .ok()
        .filter(|nanos| i64::try_from(*nanos).is_ok());
    nanos.map(Duration::from_nanos).ok_or_else(error)
}

/// `number × scale` with the fraction cut off, in whole numbers.
fn scaled(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut amount = whole.checked_mul(scale)?;
    let mut place = scale;
    for digit in fraction.chars() {
        place /= 10;
        amount = amount.checked_add(u128::from(digit.to_digit(10)?).checked_mul(place)?)?;
    }
    Some(amount)
}

/// The canonical text of a duration: `1m30s`, `1h0m0s`, `500ms`, `0s`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let with_fraction = |scale: u128, unit: &str| {
        let (whole, part) = (nanos / scale, nanos % scale);
        if part == 0 {
            return format!("{whole}{unit}");
        }
        let width = scale.ilog10() as usize;
        let digits = format!("{part:0width$}");
        format!("{whole}.{}{unit}", digits.trim_end_matches('0'))
    };
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => with_fraction(1_000, "µs"),
        1_000_000..1_000_000_000 => with_fraction(1_000_000, "ms"),
        _ => {
            let minutes = nanos / 60_000_000_000;
            let seconds = nanos % 60_000_000_000;
            let mut text = String::new();
            if minutes >= 60 {
                text.push_str(&format!("{}h", minutes / 60));
            }
            if minutes > 0 {
                text.push_str(&format!("{}m", minutes % 60));
            }
            let (whole, part) = (seconds / 1_000_000_000, seconds % 1_000_000_000);
            text.push_str(&whole.to_string());
            if part > 0 {
                text.push('.');
                text.push_str(format!("{part:09}").trim_end_matches('0'));
            }
            text.push('s');
            text
        }
    }
}

/// Reads a size such as `512m`, `1.5g` or `1024`; units are powers of 1024.
///
/// # Errors
/// When the text is not a number with at most one of the units `b k m g t p`,
/// or negative.
pub fn parse_bytes(text: &str) -> Result<i64, UnitError> {
    let error = || UnitError::Bytes(text.to_owned());
    // As compose reads it: up to the last digit, dot or blank it is a number.
    let end = text
        .rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))
        .ok_or_else(error)?;
    let blank = text.get(end..).is_some_and(|rest| rest.starts_with(' '));
    let number = text
        .get(..if blank { end } else { end + 1 })
        .unwrap_or_default();
    let unit = text.get(end + 1..).unwrap_or_default().to_ascii_lowercase();
    let number: f64 = plain_number(number).ok_or_else(error)?;
    let scale = match unit.as_str() {
        "" | "b" => 1_u64,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        "p" | "pb" | "pib" => 1 << 50,
        _ => return Err(error()),
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "powers of two up to 2^50 are exact"
    )]
    let bytes = number * scale as f64;
    // The text of a whole float has no exponent, so it reads as an integer.
    format!("{:.0}", bytes.trunc()).parse().map_err(|_| error())
}

/// A number that is not negative; an underscore may stand between digits.
fn plain_number(text: &str) -> Option<f64> {
    let digits = |c: char| c.is_ascii_digit();
    let fits = text
        .split('_')
        .all(|part| part.starts_with(|c| digits(c) || "+.".contains(c)) && !part.ends_with('+'));
    let value: f64 = text.replace('_', "").parse().ok()?;
    (fits && value.is_finite() && value >= 0.0).then_some(value)
}

/// A project name from any text: lower case, only `[a-z0-9_-]`, leading `_-` cut.
#[must_use]
pub fn normalize_project_name(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, canonical) in [
            ("30s", "30s"),
            ("90s", "1m30s"),
            ("1m30s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1.5h", "1h30m0s"),
            ("500ms", "500ms"),
            ("1500ms", "1.5s"),
            ("1d", "24h0m0s"),
            ("10us", "10µs"),
            ("1500us", "1.5ms"),
            ("0", "0s"),
            ("0s", "0s"),
        ] {
            assert_eq!(
                parse_duration(text).map(format_duration),
                Ok(canonical.to_owned())
            );
        }
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1x",
            "1.2.3s",
            "1s2",
            "99999999999999999w",
            "٣s",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("1024", 1024),
            ("2gb", 2 << 30),
            ("1.5g", 1_610_612_736),
            ("512M", 512 << 20),
            ("1KiB", 1024),
            ("10 mb", 10 << 20),
            ("5b", 5),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in [
            "", "x", "1x", "1mm", "1bb", "1ib", "1.2.3m", "-5", "-1", "9999999p",
        ] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn project_names() {
        for (text, name) in [
            ("My App", "myapp"),
            ("_-x_Y-1", "x_y-1"),
            ("Ünï", "n"),
            ("...", ""),
            ("a.b", "ab"),
        ] {
            assert_eq!(normalize_project_name(text), name);
        }
    }
}
