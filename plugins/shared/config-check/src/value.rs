//! Values of a certain form: durations, sizes, addresses, regular expressions.

/// A duration as Prometheus and Alertmanager write it: `1h30m`, `15s`, `0`.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    milliseconds(text).is_some()
}

/// Such a duration: the largest unit first, each at most once.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let units: [(&str, u64); 7] = [
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let mut sum: u64 = 0;
    let mut rest = text;
    for (unit, factor) in units {
        let digits = rest
            .find(|it: char| !it.is_ascii_digit())
            .unwrap_or(rest.len());
        let Some(tail) = rest.get(digits..).and_then(|it| it.strip_prefix(unit)) else {
            continue;
        };
        if digits == 0 || unit == "m" && tail.starts_with('s') {
            continue;
        }
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        sum = sum.checked_add(number.checked_mul(factor)?)?;
        rest = tail;
    }
    // Go counts nanoseconds in 63 bits.
    let most = i64::MAX.unsigned_abs() / 1_000_000;
    (rest.is_empty() && !text.is_empty() && sum <= most).then_some(sum)
}

/// A duration as Go writes it: `1.5h`, `500ms`, `-3s`.
#[must_use]
pub fn is_go_duration(text: &str) -> bool {
    let mut rest = text.trim_start_matches(['-', '+']);
    if rest == "0" {
        return true;
    }
    let whole = !rest.is_empty();
    while !rest.is_empty() {
        let digits = rest
            .find(|it: char| !(it.is_ascii_digit() || it == '.'))
            .unwrap_or(rest.len());
        let unit = rest.get(digits..).and_then(|tail| {
            ["ns", "us", "µs", "ms", "s", "m", "h"]
                .into_iter()
                .find_map(|unit| tail.strip_prefix(unit))
        });
        match unit {
            Some(tail) if digits > 0 => rest = tail,
            Some(_) | None => return false,
        }
    }
    whole
}

/// A size: `50GB`, `1MiB`, `0`.
#[must_use]
pub fn is_size(text: &str) -> bool {
    let digits = text
        .find(|it: char| !(it.is_ascii_digit() || it == '.'))
        .unwrap_or(text.len());
    let unit = text.get(digits..).unwrap_or_default();
    text == "0"
        || digits > 0
            && matches!(
                unit,
                "B" | "KB"
                    | "MB"
                    | "GB"
                    | "TB"
                    | "PB"
                    | "EB"
                    | "KiB"
                    | "MiB"
                    | "GiB"
                    | "TiB"
                    | "PiB"
                    | "EiB"
            )
}

/// Host and port of `host:port`, `http://host:port/path`, `[::1]:9090`.
#[must_use]
pub fn host_port(target: &str) -> (Option<&str>, &str, Option<u16>) {
    let (scheme, rest) = match target.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, target),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') || host.starts_with('[') => {
            (scheme, host.trim_matches(['[', ']']), port.parse().ok())
        }
        _ => (scheme, authority, None),
    }
}

pub use crate::regex::regex_error;

#[cfg(test)]
mod tests {
    use super::{host_port, is_duration, is_go_duration, is_size};

    #[test]
    fn durations_and_sizes() {
        for good in ["15s", "1h30m", "0", "100ms", "1m", "1d12h", "2w"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "15", "1.5h", "s", "30m1h", "1 h", "-1s", "1s1s"] {
            assert!(!is_duration(bad), "{bad}");
        }
        for good in ["1.5h", "300ms", "0", "1h3m"] {
            assert!(is_go_duration(good), "{good}");
        }
        for bad in ["1d", "", "10"] {
            assert!(!is_go_duration(bad), "{bad}");
        }
        assert!(is_size("50GB") && is_size("0") && is_size("1.5MiB"));
        assert!(!is_size("50") && !is_size("GB") && !is_size("5 GB"));
    }

    #[test]
    fn addresses() {
        assert_eq!(host_port("a:9090"), (None, "a", Some(9090)));
        assert_eq!(host_port("http://a/x:1"), (Some("http"), "a", None));
        assert_eq!(
            host_port("https://u@b:8443/x"),
            (Some("https"), "b", Some(8443))
        );
        assert_eq!(host_port("[::1]:80"), (None, "::1", Some(80)));
        assert_eq!(host_port("::1"), (None, "::1", None));
    }
}
