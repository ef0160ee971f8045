//! Values of a certain form: durations, sizes, addresses, regular expressions.

/// A duration as Prometheus and Alertmanager write it: `1h30m`, `15s`, `0`.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    if text == "0" {
        return true;
    }
    // Largest unit first, each at most once.
    let mut rest = text;
    for unit in ["y", "w", "d", "h", "m", "s", "ms"] {
        let digits = rest
            .find(|it: char| !it.is_ascii_digit())
            .unwrap_or(rest.len());
        if digits == 0 {
            break;
        }
        let Some(tail) = rest.get(digits..).and_then(|it| it.strip_prefix(unit)) else {
            continue;
        };
        if unit == "m" && tail.starts_with('s') {
            continue;
        }
        rest = tail;
    }
    rest.is_empty() && !text.is_empty()
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

/// Why a text is no regular expression; only what every engine refuses.
#[must_use]
pub fn regex_error(pattern: &str) -> Option<&'static str> {
    let mut groups = 0_usize;
    let mut class = false;
    // Something that `*` may repeat stands before.
    let mut repeatable = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        if class {
            match character {
                '\\' => {
                    characters.next()?;
                }
                ']' => {
                    class = false;
                    repeatable = true;
                }
                '[' if characters.peek() == Some(&':') => {
                    characters.by_ref().find(|&it| it == ']');
                }
                _ => {}
            }
            continue;
        }
        match character {
            '\\' => {
                if characters.next().is_none() {
                    return Some("a backslash ends it");
                }
                repeatable = true;
            }
            '[' => {
                class = true;
                if characters.peek() == Some(&'^') {
                    characters.next();
                }
                if characters.peek() == Some(&']') {
                    characters.next();
                }
            }
            '(' => {
                groups += 1;
                repeatable = false;
                if characters.peek() == Some(&'?') {
                    characters.next();
                    match characters.peek() {
                        Some('=' | '!') => return Some("Go knows no look-around"),
                        Some('<') => {
                            characters.next();
                            if matches!(characters.peek(), Some('=' | '!')) {
                                return Some("Go knows no look-around");
                            }
                        }
                        _ => {}
                    }
                    // Flags and names up to the colon or bracket stand for nothing.
                    while let Some(&next) = characters.peek() {
                        if next == ')' {
                            break;
                        }
                        characters.next();
                        if matches!(next, ':' | '>') {
                            break;
                        }
                    }
                }
            }
            ')' => {
                groups = match groups.checked_sub(1) {
                    Some(groups) => groups,
                    None => return Some("it closes a bracket that was not opened"),
                };
                repeatable = true;
            }
            '*' | '+' | '?' => {
                if !repeatable {
                    return Some("nothing stands before the repetition");
                }
                if characters.peek() == Some(&'?') {
                    characters.next();
                }
                if matches!(characters.peek(), Some('*' | '+' | '?')) {
                    return Some("a repetition is repeated");
                }
            }
            '|' => repeatable = false,
            '^' => repeatable = true,
            _ => repeatable = true,
        }
    }
    if class {
        return Some("a `[` is not closed");
    }
    (groups > 0).then_some("a `(` is not closed")
}

#[cfg(test)]
mod tests {
    use super::{host_port, is_duration, is_go_duration, is_size, regex_error};

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

    #[test]
    fn regular_expressions_of_go() {
        for good in [
            "a+",
            "^.*",
            "(?i)x*",
            "[+*]",
            r"\+PONG",
            "(?P<n>a)?",
            "a??",
            "[^]]",
            "(a|b*)",
            "x{1,2}",
            "[[:alpha:]]+",
            "^*",
            ".*|",
            r"^(sys|proc)($|/)",
            "(?:a)+",
            "",
        ] {
            assert_eq!(regex_error(good), None, "{good}");
        }
        for bad in [
            "+PONG", "*.js", "(", ")", "[a", "a\\", "(?=x)", "a**", "(?<!x)y", "(+a)",
        ] {
            assert!(regex_error(bad).is_some(), "{bad}");
        }
    }
}
