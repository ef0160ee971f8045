//! Where an entry begins: the regular expression by which a shipper puts the lines of a
//! stack trace together.
//!
//! Shippers know one pattern only, that of a first line, and their regular expressions
//! (RE2) have no look-ahead. So what begins an entry is said positively: time stamps,
//! levels, JSON, key=value, the first lines of traces, and plain sentences; the sentences
//! that stand inside of traces are taken out of the last, letter by letter.

use std::collections::BTreeMap;

/// Lines that begin an entry, by how they start.
const FIRST: [&str; 11] = [
    // Time stamps, addresses of access logs, and whatever else begins with a number.
    r"\d",
    // glog: I0102 15:04:05.
    r"[IWEF]\d{4} ",
    // JSON, syslog priorities, quotes, prompts, rules, paths.
    r#"[{<"'(*#=>|/]"#,
    // [server] started; Go's traces hold a line [signal SIGSEGV: ...].
    r"\[(?:[^s]|s[^i]|si[^g])",
    // level=info, time=...
    r"[A-Za-z_][\w.-]*=",
    // Levels. `Error:` with a capital is the middle of a trace of Node.
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b",
    r"(?:trace|debug|info|notice|warn|warning|error|fatal|critical)\b",
    // First lines of traces.
    r"(?:Traceback \(|Exception in thread|Unhandled |Uncaught )",
    r"(?:panic: |thread ')",
    // HTTP server listening
    r"[A-Z]{2,}[A-Z\d]*(?:[ ,:]|$)",
    // Emoji, and other scripts than ours.
    r"[^\x00-\x7F]",
];

/// Sentences inside of traces: they look like plain ones, and begin no entry.
const INSIDE: [&str; 22] = [
    // Java
    "Caused by:",
    "Suppressed:",
    "Wrapped by:",
    // Python
    "During handling of the above",
    "The above exception was",
    "Exception:",
    "Warning:",
    // Go
    "goroutine ",
    "created by ",
    "exit status ",
    // Node
    "Error:",
    "Emitted 'error' event",
    // Rust
    "note: ",
    "stack backtrace:",
    "called `",
    "index out of bounds",
    "attempt to ",
    "assertion ",
    "explicit panic",
    "not yet implemented",
    "not implemented",
    "internal error: entered unreachable",
];

/// Behind a word of any letters: a sentence goes on. A colon would be an exception's.
const AFTER_WORD: &str = r"[\w'-]*[ ,;!?]";
/// Behind a word without capitals inside.
const AFTER_PLAIN_WORD: &str = r"[a-z\d_'-]*(?::|\. |\.?$)";

#[derive(Default)]
struct Letters {
    next: BTreeMap<char, Letters>,
    /// A sentence ends here.
    whole: bool,
}

/// The pattern of a first line.
pub(crate) fn first_line() -> String {
    let mut letters = Letters::default();
    for sentence in INSIDE {
        let mut at = &mut letters;
        for letter in sentence.chars() {
            at = at.next.entry(letter).or_default();
        }
        at.whole = true;
    }
    format!("^(?:{}|{})", FIRST.join("|"), word(&letters, true))
}

/// A sentence that does not begin as one of those inside of traces, from a place in its
/// first word.
fn word(at: &Letters, first: bool) -> String {
    let free = |letters: &str| {
        let free = letters.chars().filter(|it| !at.next.contains_key(it));
        ranges(&free.collect::<String>())
    };
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let all = lower.to_ascii_uppercase() + lower;
    let plain = if first { all.as_str() } else { lower };
    let mut ways = vec![
        format!("[{}]{AFTER_WORD}", free(&all)),
        format!("[{}]{AFTER_PLAIN_WORD}", free(plain)),
    ];
    if !first {
        ways.push(format!("[{}]|$", free(" ,:;!?")));
    }
    for (letter, next) in at.next.iter().filter(|(_, next)| !next.whole) {
        if letter.is_ascii_alphabetic() {
            ways.push(format!("{letter}{}", word(next, false)));
        } else if *letter == ' ' {
            ways.push(format!(" {}", rest(next)));
        }
    }
    format!("(?:{})", ways.join("|"))
}

/// The same behind the first word, where anything may differ.
fn rest(at: &Letters) -> String {
    let known: String = at.next.keys().collect();
    let mut ways = vec![format!("[^{known}]|$")];
    for (letter, next) in at.next.iter().filter(|(_, next)| !next.whole) {
        ways.push(format!("{letter}{}", rest(next)));
    }
    format!("(?:{})", ways.join("|"))
}

/// `abcx` as `a-cx`.
fn ranges(letters: &str) -> String {
    let mut out = String::new();
    let mut letters = letters.chars().peekable();
    while let Some(first) = letters.next() {
        let mut last = first;
        while let Some(next) = letters.next_if(|next| u32::from(*next) == u32::from(last) + 1) {
            last = next;
        }
        out.push(first);
        match u32::from(last) - u32::from(first) {
            0 => {}
            1 => out.push(last),
            _ => {
                out.push('-');
                out.push(last);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_hold_only_what_needs_no_escape() {
        let plain = |letter: char| letter.is_ascii_alphabetic() || " :.`'".contains(letter);
        assert!(INSIDE.iter().all(|it| it.chars().all(plain)));
    }

    #[test]
    fn ranges_are_short() {
        assert_eq!(ranges("abcxz"), "a-cxz");
        assert_eq!(ranges("abde"), "abde");
        assert_eq!(ranges(" ,:;!?"), " ,:;!?");
    }
}
