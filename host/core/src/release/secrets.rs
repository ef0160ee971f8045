//! What looks like a secret is not written to disk: a reference stands in its place, and
//! the value is asked for again when the release is.

use serde_json::Value;
use std::collections::BTreeSet;

const OPEN: &str = "<sinops:secret:";
const CLOSE: char = '>';
/// Shorter values are only replaced where they are the whole value of their variable:
/// they would be found everywhere.
const LEAST: usize = 6;

/// Words in the names of variables that hold secrets.
const WORDS: [&str; 11] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "CREDENTIAL",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "AUTH",
];
/// Ends of such names.
const ENDS: [&str; 5] = ["_KEY", "_PASS", "_PWD", "_DSN", "_SALT"];
/// Ends of the names of variables that only say where a secret lies.
const PLACES: [&str; 3] = ["_FILE", "_PATH", "_DIR"];

/// Whether a variable of this name is taken to hold a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_uppercase();
    !PLACES.iter().any(|end| name.ends_with(end))
        && (WORDS.iter().any(|word| name.contains(word))
            || ENDS.iter().any(|end| name.ends_with(end)))
}

/// `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Secret values of a project with their references: variables of the files'
/// interpolation (`env:NAME`) and of services (`service:NAME:VARIABLE`).
#[must_use]
pub fn known(compose: &Value, variables: &[(String, String)]) -> Vec<(String, String)> {
    let mut known: Vec<(String, String)> = variables
        .iter()
        .filter(|(name, value)| is_secret_name(name) && !value.is_empty())
        .map(|(name, value)| (format!("env:{name}"), value.clone()))
        .collect();
    let services = compose.get("services").and_then(Value::as_object);
    for (service, definition) in services.into_iter().flatten() {
        let environment = definition.get("environment").and_then(Value::as_object);
        for (name, value) in environment.into_iter().flatten() {
            let Some(value) = value.as_str().filter(|value| !value.is_empty()) else {
                continue;
            };
            if (is_secret_name(name) || has_password(value))
                && !known.iter().any(|(_, other)| other == value)
            {
                known.push((format!("service:{service}:{name}"), value.to_owned()));
            }
        }
    }
    // What holds another is replaced first.
    known.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    known
}

/// Puts references in the place of values, and returns those that were needed.
pub fn withhold(compose: &mut Value, known: &[(String, String)]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let long: Vec<&(String, String)> = known.iter().filter(|it| it.1.len() >= LEAST).collect();
    each_string(compose, &mut |text| {
        for (reference, value) in &long {
            if text.contains(value.as_str()) {
                *text = text.replace(value.as_str(), &mark(reference));
                used.insert(reference.clone());
            }
        }
    });
    let services = compose.get_mut("services").and_then(Value::as_object_mut);
    for definition in services.into_iter().flat_map(serde_json::Map::values_mut) {
        let environment = definition.get_mut("environment");
        let environment = environment.and_then(Value::as_object_mut);
        for (name, value) in environment.into_iter().flatten() {
            let Value::String(text) = value else {
                continue;
            };
            let short = known.iter().find(|(_, secret)| secret == text);
            if let Some((reference, _)) = short.filter(|_| is_secret_name(name)) {
                used.insert(reference.clone());
                *text = mark(reference);
            }
        }
    }
    used
}

/// Puts values in the place of references.
///
/// # Errors
/// The references that have none.
pub fn fill(
    compose: &mut Value,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<(), BTreeSet<String>> {
    let mut missing = BTreeSet::new();
    each_string(compose, &mut |text| {
        let mut filled = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(OPEN) {
            filled.push_str(before);
            let Some((reference, after)) = after.split_once(CLOSE) else {
                filled.push_str(OPEN);
                rest = after;
                continue;
            };
            match value(reference) {
                Some(value) => filled.push_str(&value),
                None => {
                    missing.insert(reference.to_owned());
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        *text = filled;
    });
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing)
    }
}

fn mark(reference: &str) -> String {
    format!("{OPEN}{reference}{CLOSE}")
}

fn each_string(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_string(item, change)),
        Value::Object(fields) => {
            for field in fields.values_mut() {
                each_string(field, change);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names() {
        for name in [
            "DB_PASSWORD",
            "stripe_api_key",
            "JWT_SECRET",
            "ENCRYPTION_KEY",
            "SENTRY_DSN",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["DB_PASSWORD_FILE", "KEYBOARD", "MONKEY", "PORT", "TZ"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_go_and_come_back_wherever_they_stand() {
        let whole = json!({ "services": {
            "db": { "command": ["server", "--pass=correct horse"],
                    "environment": { "PASSWORD": "correct horse", "PIN_TOKEN": "12", "PORT": "12" } },
            "web": { "environment": { "URL": "http://u:hidden-word@db", "N": null } },
        }});
        let variables = [("DB_PASSWORD".to_owned(), "correct horse".to_owned())];
        let known = known(&whole, &variables);
        let mut held = whole.clone();
        let used = withhold(&mut held, &known);
        let text = held.to_string();
        assert!(
            !text.contains("horse") && !text.contains("hidden"),
            "{text}"
        );
        assert_eq!(held["services"]["db"]["environment"]["PORT"], "12");
        assert_eq!(
            used.into_iter().collect::<Vec<_>>(),
            ["env:DB_PASSWORD", "service:db:PIN_TOKEN", "service:web:URL"]
        );
        let value = |reference: &str| {
            let mut known = known.iter();
            known
                .find(|(name, _)| name == reference)
                .map(|(_, value)| value.clone())
        };
        let mut filled = held.clone();
        fill(&mut filled, &value).unwrap();
        assert_eq!(filled, whole);
        let missing = fill(&mut held, &|_| None).unwrap_err();
        assert_eq!(missing.len(), 3);
    }
}
