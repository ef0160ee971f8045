//! Splits a command line into words, as a shell would without expanding anything.

/// A command line in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// The operator at which docker compose stops reading, dropping the rest.
    pub(crate) cut_at: Option<char>,
}

/// Which quotes are open.
#[derive(Default)]
struct Quotes {
    single: bool,
    double: bool,
    back: bool,
    /// `$(…)`, which is kept as it is.
    dollar: bool,
}

impl Quotes {
    fn any(&self) -> bool {
        self.single || self.double || self.back || self.dollar
    }
}

/// Splits `line`; none when a quote, a backtick or a parenthesis is left open.
pub(crate) fn split(line: &str) -> Option<Words> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut open = Quotes::default();
    let mut escaped = false;
    let mut cut_at = None;
    for c in line.chars() {
        if escaped {
            word.push(c);
            in_word = true;
            escaped = false;
            continue;
        }
        match c {
            '\\' if !open.single => {
                escaped = true;
                continue;
            }
            ' ' | '\t' | '\r' | '\n' if !open.any() => {
                if in_word {
                    words.push(std::mem::take(&mut word));
                    in_word = false;
                }
                continue;
            }
            ' ' | '\t' | '\r' | '\n' => {
                word.push(c);
                continue;
            }
            '`' if !open.single && !open.double && !open.dollar => open.back = !open.back,
            ')' if !open.single && !open.double && !open.back => open.dollar = !open.dollar,
            '(' if !open.single && !open.double && !open.back => {
                if open.dollar || !word.ends_with('$') {
                    return None;
                }
                open.dollar = true;
                word.push(c);
                continue;
            }
            '"' if !open.single && !open.dollar => {
                in_word |= open.double;
                open.double = !open.double;
                continue;
            }
            '\'' if !open.double && !open.dollar => {
                in_word |= open.single;
                open.single = !open.single;
                continue;
            }
            ';' | '&' | '|' | '<' | '>' if !open.any() => {
                // The number in front of `2>` names a file.
                if c == '>' && word.starts_with(|c: char| c.is_ascii_digit()) {
                    in_word = false;
                }
                cut_at = Some(c);
                break;
            }
            _ => {}
        }
        word.push(c);
        in_word = true;
    }
    if open.any() || escaped {
        return None;
    }
    if in_word {
        words.push(word);
    }
    Some(Words { words, cut_at })
}

#[cfg(test)]
mod tests {
    use super::split;

    fn words(line: &str) -> Vec<String> {
        split(line).expect("splits").words
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(
            words("redis-server --appendonly yes"),
            ["redis-server", "--appendonly", "yes"]
        );
        assert_eq!(
            words("sh -c 'a && b'  \"c \\\"d\""),
            ["sh", "-c", "a && b", "c \"d"]
        );
        assert_eq!(words("a\\ b '' \"\" 'x\\y'"), ["a b", "", "", "x\\y"]);
        assert!(words("").is_empty());
        assert_eq!(words("echo $(a b) x"), ["echo", "$(a b)", "x"]);
    }

    #[test]
    fn stops_at_operators_and_says_so() {
        let split = split("a && b").expect("splits");
        assert_eq!(
            (split.words, split.cut_at),
            (vec!["a".to_owned()], Some('&'))
        );
    }

    #[test]
    fn open_quotes() {
        for line in ["'a", "\"a", "a\\", "`a", "a (b)"] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}
