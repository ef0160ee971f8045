//! Regular expressions as Go reads them.

use std::iter::Peekable;
use std::str::Chars;

/// How often Go lets something be repeated.
const MOST_REPEATS: u32 = 1000;

/// Why Go would not take a regular expression.
///
/// Only what is certain: what this lets pass may still be refused.
#[must_use]
pub fn regex_error(pattern: &str) -> Option<&'static str> {
    read(pattern).err()
}

fn read(pattern: &str) -> Result<(), &'static str> {
    let mut groups = 0_usize;
    // Something that `*` may repeat stands before.
    let mut repeatable = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                escape(&mut characters, false)?;
                repeatable = true;
            }
            '[' => {
                class(&mut characters)?;
                repeatable = true;
            }
            '(' => {
                groups += 1;
                repeatable = false;
                if characters.next_if_eq(&'?').is_some() && group(&mut characters)? {
                    // `(?i)` stands for nothing and is closed already.
                    groups -= 1;
                }
            }
            ')' => {
                groups = groups
                    .checked_sub(1)
                    .ok_or("it closes a bracket that was not opened")?;
                repeatable = true;
            }
            '*' | '+' | '?' => {
                if !repeatable {
                    return Err("nothing stands before the repetition");
                }
                characters.next_if_eq(&'?');
                twice(&characters)?;
            }
            '{' => {
                if let Some(length) = counted(&characters)? {
                    if !repeatable {
                        return Err("nothing stands before the repetition");
                    }
                    characters.by_ref().take(length).for_each(drop);
                    characters.next_if_eq(&'?');
                    twice(&characters)?;
                } else {
                    repeatable = true;
                }
            }
            '|' => repeatable = false,
            _ => repeatable = true,
        }
    }
    if groups > 0 {
        return Err("a `(` is not closed");
    }
    Ok(())
}

fn twice(characters: &Peekable<Chars<'_>>) -> Result<(), &'static str> {
    let mut rest = characters.clone();
    let repeated = match rest.next() {
        Some('*' | '+' | '?') => true,
        Some('{') => counted(&rest)?.is_some(),
        _ => false,
    };
    if repeated {
        return Err("a repetition is repeated");
    }
    Ok(())
}

/// The length of `2,5}` behind a `{`; none if it is no repetition and the
/// bracket stands for itself.
fn counted(characters: &Peekable<Chars<'_>>) -> Result<Option<usize>, &'static str> {
    let inner: String = characters.clone().take_while(|it| *it != '}').collect();
    let length = inner.chars().count();
    if characters.clone().nth(length) != Some('}') {
        return Ok(None);
    }
    let (least, most) = inner.split_once(',').unwrap_or((&inner, &inner));
    let digits = |it: &str| it.chars().all(|it| it.is_ascii_digit());
    if least.is_empty() || !digits(least) || !digits(most) {
        return Ok(None);
    }
    let number = |it: &str| it.parse::<u32>().unwrap_or(u32::MAX);
    let (from, to) = (number(least), number(most));
    if from > MOST_REPEATS || !most.is_empty() && (to > MOST_REPEATS || from > to) {
        return Err("a repetition has no such count");
    }
    Ok(Some(length + 1))
}

/// Behind `(?`: whether the group is closed at once.
fn group(characters: &mut Peekable<Chars<'_>>) -> Result<bool, &'static str> {
    match characters.peek() {
        Some('=' | '!') => return Err("Go knows no look-around"),
        Some('P' | '<') => {
            if characters.next_if_eq(&'P').is_some() && characters.peek() != Some(&'<') {
                return Err("Go knows no such group");
            }
            characters.next();
            if matches!(characters.peek(), Some('=' | '!')) {
                return Err("Go knows no look-around");
            }
            let mut name = String::new();
            for next in characters.by_ref() {
                if next == '>' {
                    let fits = |it: char| it.is_alphanumeric() || it == '_';
                    return if name.is_empty() || !name.chars().all(fits) {
                        Err("a group has no name")
                    } else {
                        Ok(false)
                    };
                }
                name.push(next);
            }
            return Err("a group has no name");
        }
        _ => {}
    }
    for next in characters.by_ref() {
        match next {
            ')' => return Ok(true),
            ':' => return Ok(false),
            'i' | 'm' | 's' | 'U' | '-' => {}
            _ => return Err("Go knows no such group"),
        }
    }
    Err("a `(` is not closed")
}

/// Behind a backslash.
fn escape(characters: &mut Peekable<Chars<'_>>, class: bool) -> Result<(), &'static str> {
    match characters.next() {
        None => Err("a backslash ends it"),
        Some('p' | 'P') => {
            match characters.next() {
                Some('{') => {
                    if !characters.by_ref().any(|it| it == '}') {
                        return Err("a `{` is not closed");
                    }
                }
                Some(_) => {}
                None => return Err("a backslash ends it"),
            }
            Ok(())
        }
        Some('Q') if !class => {
            // Up to `\E`, or to the end.
            let mut before = ' ';
            for next in characters.by_ref() {
                if before == '\\' && next == 'E' {
                    break;
                }
                before = next;
            }
            Ok(())
        }
        Some('A' | 'b' | 'B' | 'z' | 'C') if !class => Ok(()),
        Some(
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | '0' | 'E',
        ) => Ok(()),
        Some('1'..='7') => match characters.peek() {
            Some('0'..='7') => Ok(()),
            _ => Err("Go knows no references to groups"),
        },
        Some(other) if other.is_ascii_alphanumeric() => Err("there is no such escape"),
        Some(_) => Ok(()),
    }
}

/// Behind `[`, to its `]`.
fn class(characters: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    characters.next_if_eq(&'^');
    let mut first = true;
    // What a range may begin with.
    let mut low: Option<char> = None;
    let mut range = false;
    while let Some(character) = characters.next() {
        let single = match character {
            ']' if !first => return Ok(()),
            '\\' => {
                escape(characters, true)?;
                None
            }
            '[' if characters.peek() == Some(&':') => {
                let mut rest = characters.clone();
                let name: String = rest.by_ref().skip(1).take_while(|it| *it != ':').collect();
                if rest.next() == Some(']') && name.chars().all(|it| it.is_ascii_alphabetic()) {
                    *characters = rest;
                    None
                } else {
                    Some('[')
                }
            }
            '-' if low.is_some() && !range && characters.peek() != Some(&']') => {
                range = true;
                continue;
            }
            other => Some(other),
        };
        if range
            && let (Some(low), Some(high)) = (low, single)
            && low > high
        {
            return Err("a range goes backwards");
        }
        low = if range { None } else { single };
        range = false;
        first = false;
    }
    Err("a `[` is not closed")
}

#[cfg(test)]
mod tests {
    use super::regex_error;

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
            r"a{2,3}?",
            "a{,2}",
            "{x}",
            r"\Qa(b\E+",
            "(?i)(?:a|b)",
            "(?i:a)+",
            r"[\w.-]+",
            "[a-z-]",
            r"[^[:space:]]",
            r"\pL\p{Greek}",
            r"\.\_\-",
        ] {
            assert_eq!(regex_error(good), None, "{good}");
        }
        for bad in [
            "+PONG", "*.js", "(", ")", "[a", "a\\", "(?=x)", "a**", "(?<!x)y", "(+a)", "a{2}{3}",
            "a{3,2}", r"\y", r"\1", "[z-a]", "(?P<>a)", "(?x)a", "(?i", "x{1001}",
        ] {
            assert!(regex_error(bad).is_some(), "{bad}");
        }
    }
}
