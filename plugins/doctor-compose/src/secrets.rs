//! Passwords that stand in the files.

use sinops_config_check::{Node, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::ops::Range;

const TELLING: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "CREDENTIALS",
];
const POINTERS: &[&str] = &[
    "FILE", "PATH", "URL", "NAME", "ID", "LENGTH", "TTL", "EXPIRY", "ENABLED", "HEADER", "POLICY",
];

pub(crate) fn check(text: &Text<'_>, problems: &mut Vec<Problem>) {
    let Ok(root) = &text.root else { return };
    for service in root.get("services").map(Node::entries).unwrap_or_default() {
        let Some(environment) = service.node.get("environment") else {
            continue;
        };
        for entry in environment.entries() {
            one(
                text,
                &service.name,
                &entry.name,
                entry.node.text().unwrap_or_default(),
                entry.key.clone(),
                problems,
            );
        }
        for item in environment.items() {
            let Some((name, value)) = item.text().and_then(|it| it.split_once('=')) else {
                continue;
            };
            let source = text.content.get(item.span.clone()).unwrap_or_default();
            let start = item.span.start + source.find(name).unwrap_or(0);
            let key = start..start + name.len();
            one(text, &service.name, name, value, key, problems);
        }
    }
}

fn one(
    text: &Text<'_>,
    service: &str,
    name: &str,
    value: &str,
    key: Range<usize>,
    problems: &mut Vec<Problem>,
) {
    if !is_telling(name) {
        return;
    }
    let (code, what) = match value.strip_prefix("${").and_then(|it| it.strip_suffix('}')) {
        Some(reference) => match reference
            .split_once(":-")
            .or_else(|| reference.split_once('-'))
        {
            Some((_, usual)) if !usual.is_empty() && !usual.starts_with('$') => (
                "compose/default-password",
                "is a known one where the variable is not set",
            ),
            _ => return,
        },
        None if value.is_empty() || value.contains('$') => return,
        None => ("compose/plaintext-password", "stands in the file"),
    };
    problems.push(
        text.problem(
            Severity::Warning,
            code,
            key,
            format!("{service}: the value of `{name}` {what}: whoever reads the repository has it"),
        )
        .hint(format!(
            "change it, and write `{name}: ${{{name}:?}}` with the value in the environment or an .env file that is not committed; or use a compose secret where the image takes `{name}_FILE`"
        )),
    );
}

fn is_telling(name: &str) -> bool {
    let upper = name.to_uppercase();
    let words: Vec<&str> = upper.split(['_', '-', '.']).collect();
    let last = words.last().copied().unwrap_or_default();
    !POINTERS.contains(&last)
        && (words
            .iter()
            .any(|word| TELLING.iter().any(|it| word.ends_with(it)))
            || upper.ends_with("API_KEY")
            || upper.ends_with("ACCESS_KEY"))
}

#[cfg(test)]
mod tests {
    use super::is_telling;

    #[test]
    fn names_tell_of_secrets() {
        for name in [
            "DB_PASSWORD",
            "GF_SECURITY_ADMIN_PASSWORD",
            "OPENAI_API_KEY",
            "POSTGRESPASSWORD",
            "token",
        ] {
            assert!(is_telling(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "KEYCLOAK_URL",
            "TOKEN_TTL",
            "MONKEY",
            "USER",
        ] {
            assert!(!is_telling(name), "{name}");
        }
    }
}
