//! Modules of the blackbox exporter.

use crate::Look;
use crate::config::refused;
use sinops_config_check::value::regex_error;
use sinops_config_check::{Entry, Node, Rules, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

const DNS_CLASSES: &[&str] = &["IN", "CS", "CH", "HS", "NONE", "ANY"];
const DNS_TYPES: &[&str] = &[
    "A", "AAAA", "ANY", "NS", "SOA", "MX", "TXT", "SRV", "CNAME", "PTR",
];

const PROBERS: &[&str] = &["http", "tcp", "icmp", "dns", "grpc", "unix", "websocket"];

pub(crate) fn check(look: &Look<'_>, text: &Text<'_>, problems: &mut Vec<Problem>) {
    let root = match &text.root {
        Ok(root) => root,
        Err(error) => {
            problems.push(crate::config::syntax(text, error.at, &error.message));
            return;
        }
    };
    let rules = Rules {
        area: "blackbox",
        program: "the blackbox exporter",
        version: None,
        moved: &[(
            "http_probe",
            "fail_if_matches_regexp",
            "it is called `fail_if_body_matches_regexp`",
        )],
        hidden: &[],
        forms: true,
        expands: false,
        gaps: false,
    };
    let mut found = Vec::new();
    look.schema
        .check(text, root, "blackbox", &rules, &mut found);
    // Regular expressions get a better answer below.
    found.retain(|problem| !problem.message.contains("no regular expression"));
    problems.append(&mut found);
    for module in root.get("modules").map(Node::entries).unwrap_or_default() {
        prober(text, module, problems);
        probes(text, &module.node, &rules, problems);
        module.node.walk(&mut |node| {
            for entry in node.entries() {
                let many = entry.name.ends_with("_regexp") && entry.name.starts_with("fail_if");
                if many {
                    for item in entry.node.items() {
                        expression(text, item, problems);
                    }
                }
                if matches!(entry.name.as_str(), "expect" | "regexp") || many {
                    expression(text, &entry.node, problems);
                }
            }
        });
    }
}

/// The exporter takes an unknown prober before 0.29, and every probe fails.
fn prober(text: &Text<'_>, module: &Entry, problems: &mut Vec<Problem>) {
    let (at, what) = match module.node.get("prober") {
        Some(prober) if prober.text().is_some_and(|it| PROBERS.contains(&it)) => return,
        Some(prober) => (&prober.span, "an unknown prober"),
        None => (&module.key, "no prober"),
    };
    problems.push(
        text.problem(
            Severity::Warning,
            "blackbox/prober",
            at.clone(),
            format!(
                "the module `{}` has {what}: every probe of it fails",
                module.name
            ),
        )
        .hint(format!("one of: {}", PROBERS.join(", "))),
    );
}

/// What the values of one probe say together.
fn probes(text: &Text<'_>, module: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let empty = |node: &Node, key: &str| node.text_of(key).is_none_or(str::is_empty);
    let mut refuse = |at: &std::ops::Range<usize>, code: &str, reason: &str, hint: &str| {
        problems.push(refused(text, rules, at.clone(), code, reason, hint));
    };
    if let Some(dns) = module.get("dns").filter(|it| !it.is_null()) {
        if empty(dns, "query_name") {
            refuse(
                &dns.span,
                "blackbox/missing-field",
                "a probe of DNS has no `query_name`",
                "add the name that is asked for",
            );
        }
        for (key, known) in [("query_class", DNS_CLASSES), ("query_type", DNS_TYPES)] {
            if let Some(value) = dns.get(key)
                && let Some(word) = value.text().filter(|it| !it.is_empty())
                && !known.contains(&word)
                && !(key == "query_type" && unusual_type(word))
            {
                refuse(
                    &value.span,
                    "blackbox/wrong-value",
                    &format!("`{key}: {word}`: there is no such one"),
                    "such as `A`, `AAAA`, `SOA`, `MX`; of the class `IN`",
                );
            }
        }
    }
    if let Some(ttl) = module.get("icmp").and_then(|it| it.get("ttl"))
        && let Some(Ok(number)) = ttl.text().map(str::parse::<i64>)
        && !(0..=255).contains(&number)
    {
        refuse(
            &ttl.span,
            "blackbox/wrong-value",
            "`ttl` is from 0 to 255",
            "write a smaller number",
        );
    }
    let Some(http) = module.get("http") else {
        return;
    };
    if let Some(file) = http.entry("body_file")
        && !empty(http, "body")
        && !empty(http, "body_file")
    {
        refuse(
            &file.key,
            "blackbox/wrong-value",
            "`body` and `body_file` exclude each other",
            "keep one of them",
        );
    }
    for key in ["fail_if_header_matches", "fail_if_header_not_matches"] {
        for matcher in http.list(key).filter(|it| !it.is_null()) {
            for needed in ["header", "regexp"] {
                if empty(matcher, needed) {
                    refuse(
                        &matcher.span,
                        "blackbox/missing-field",
                        &format!("`{key}` needs a `{needed}`"),
                        &format!("add `{needed}`"),
                    );
                }
            }
        }
    }
    let versions: Vec<&str> = http
        .list("valid_http_versions")
        .filter_map(Node::text)
        .collect();
    if let Some(third) = http
        .get("enable_http3")
        .filter(|it| it.truth() == Some(true))
    {
        let second = http.get("enable_http2").and_then(Node::truth) != Some(false);
        if second
            || versions
                .iter()
                .any(|it| matches!(*it, "HTTP/2.0" | "HTTP/1.1"))
        {
            refuse(
                &third.span,
                "blackbox/wrong-value",
                "HTTP/3 goes alone",
                "write `enable_http2: false`, and `HTTP/3.0` only below `valid_http_versions`",
            );
        }
    }
    let compression = http.text_of("compression").unwrap_or_default();
    for header in http.get("headers").map(Node::entries).unwrap_or_default() {
        let value = header.node.text().unwrap_or_default();
        if header.name.eq_ignore_ascii_case("accept-encoding")
            && !compression.is_empty()
            && !value.is_empty()
            && !value.contains(';')
            && !value
                .split(',')
                .any(|it| matches!(it.trim(), "*") || it.trim() == compression)
        {
            refuse(
                &header.node.span,
                "blackbox/wrong-value",
                &format!(
                    "`{}: {value}` does not allow `compression: {compression}`",
                    header.name
                ),
                "make both the same",
            );
        }
    }
}

/// A type of records by its form, beyond the usual ones.
fn unusual_type(word: &str) -> bool {
    let letters = word
        .chars()
        .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '-');
    letters && word.len() > 1 && word.starts_with(|it: char| it.is_ascii_uppercase())
}

fn expression(text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let Some(pattern) = node.text() else { return };
    let Some(reason) = regex_error(pattern) else {
        return;
    };
    let mut problem = text.problem(
        Severity::Critical,
        "blackbox/regex",
        node.span.clone(),
        format!("`{pattern}` is no regular expression ({reason}): the exporter refuses the file"),
    );
    problem = if let Some(rest) = pattern.strip_prefix(['+', '*', '?']) {
        let first = pattern.chars().next().unwrap_or('+');
        let mended = format!("\\{first}{rest}");
        problem
            .hint(format!("write `{mended}` for the character itself"))
            .edit(
                text.place(node.span.clone()),
                format!("'{}'", mended.replace('\'', "''")),
            )
    } else {
        problem.hint("escape characters that stand for themselves with a backslash")
    };
    problems.push(problem);
}
