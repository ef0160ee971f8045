//! The level of an entry, as label `level`: trace, debug, info, warn or error.
//!
//! Each pattern is tried, and a later one that matches counts more: words anywhere near
//! the beginning, then a key `level`, then what only a stack trace holds.

/// Patterns with the group `level`; the last has the group `trace`.
pub(crate) const PATTERNS: [&str; 3] = [
    r"^.{0,120}?\b(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|FATAL|CRITICAL|SEVERE|PANIC|trace|debug|info|notice|warn|warning|error|fatal|critical|panic)\b",
    r#"(?i)\b(?:level|lvl|severity|loglevel)"?\s*[=:]\s*"?(?P<level>[a-z]+)"#,
    r"(?m)^(?:.*\s)?(?P<trace>panic|panicked at|Traceback|Caused by|[\w.$]*(?:Error|Exception))\b.*\n",
];

/// From what is found to the five levels. What is none of them is no label.
pub(crate) const TEMPLATE: &str = concat!(
    "{{ $it := ToLower .Value }}",
    r#"{{ if .trace }}error"#,
    r#"{{ else if eq $it "trace" "debug" "info" "warn" "error" }}{{ $it }}"#,
    r#"{{ else if eq $it "notice" "information" }}info"#,
    r#"{{ else if eq $it "warning" }}warn"#,
    r#"{{ else if eq $it "err" "fatal" "critical" "severe" "panic" "emerg" "alert" }}error"#,
    "{{ end }}",
);
