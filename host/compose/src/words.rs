//! Splits a command line into words, as a shell would without expanding anything.

/// A command line in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// The operator at which docker compose stops reading, dropping the rest.
    pub(crate) cut_at: Option<char>,
}

/// Splits `line`; none when a quote, a backtick or a parenthesis is left open.
pub(crate) fn split(line: &str) -> Option<Words> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut cut_at = None;
    for c in line.chars() {
        if escaped {
            word.push(c);
            in_word = true;
            escaped = false;
            continue;
        }
        match (quote, c) {
            (Some('\''), '\\') => word.push(c),
            (_, '\\') => escaped = true,
            (Some(open), _) if open == c => {
                quote = None;
                if c == '`' {
                    word.push(c);
                }
            }
            (Some(_), _) => word.push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                in_word = true;
            }
            (None, '`') => {
                quote = Some(c);
                in_word = true;
                word.push(c);
            }
            (None, '(') => return None,
            (None, ';' | '&' | '|' | '<' | '>') => {
                cut_at = Some(c);
                break;
            }
            (None, ' ' | '\t' | '\r' | '\n') => {
                if in_word {
                    words.push(std::mem::take(&mut word));
                    in_word = false;
                }
            }
            (None, _) => {
                word.push(c);
                in_word = true;
            }
        }
    }
    if quote.is_some() || escaped {
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
