//! What of a definition must not be shown: found by name, by form and by value, replaced by
//! a mark, and kept apart for whoever has to notice that it changed.

use serde_json::Value;
use std::collections::BTreeMap;

/// Stands where a secret was.
pub const HIDDEN: &str = "(hidden)";

/// Words in the name of a variable whose value is taken for a secret.
const TELLING: [&str; 14] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "KEY",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "AUTH",
    "DSN",
];
/// Last words that say that the value only points to the secret, or says how it is used.
const POINTERS: [&str; 9] = [
    "FILE", "PATH", "URL", "NAME", "ID", "LENGTH", "TTL", "EXPIRY", "ENABLED",
];

/// Recognises a secret in a text at a path, and returns the text without it.
pub type Known<'a> = &'a dyn Fn(&[String], &str) -> Option<String>;

/// Texts that were taken out of a definition, by their place in it.
#[derive(Clone, Default, PartialEq)]
pub struct Concealed(pub BTreeMap<String, String>);

impl std::fmt::Debug for Concealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Whether a variable of this name holds a secret, going by its words: `DB_PASSWORD` and
/// `apiKey` do, `KEYCLOAK_URL` and `PASSWORD_FILE` do not.
#[must_use]
pub fn is_telling(name: &str) -> bool {
    let words = words(name);
    let telling = |word: &String| {
        TELLING.contains(&word.as_str())
            // POSTGRESPASSWORD, MYTOKEN
            || ["PASSWORD", "SECRET", "TOKEN", "APIKEY"]
                .iter()
                .any(|end| word.ends_with(end))
    };
    words.iter().any(telling)
        && words
            .last()
            .is_none_or(|last| !POINTERS.contains(&last.as_str()))
}

/// `apiKey_v2` as API, KEY, V2.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            words.push(String::new());
            lower = false;
            continue;
        }
        if c.is_ascii_uppercase() && lower {
            words.push(String::new());
        }
        lower = c.is_ascii_lowercase();
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The password of a URL, as `postgres://user:PASSWORD@host/db` has it.
fn password_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

/// Takes the secrets out of a definition: values of telling variables, passwords in URLs,
/// and whatever `known` recognises at a path (it returns the text without the secret).
#[must_use]
pub fn conceal(definition: &mut Value, known: Known<'_>) -> Concealed {
    let mut concealed = Concealed::default();
    walk(&mut Vec::new(), definition, known, &mut concealed);
    concealed
}

fn walk(path: &mut Vec<String>, value: &mut Value, known: Known<'_>, concealed: &mut Concealed) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(key.clone());
                walk(path, value, known, concealed);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                path.push(index.to_string());
                walk(path, value, known, concealed);
                path.pop();
            }
        }
        Value::String(text) => {
            let variable = match path.as_slice() {
                [section, name] if section == "environment" => Some(name),
                _ => None,
            };
            let hidden = if variable.is_some_and(|name| is_telling(name)) && !text.is_empty() {
                Some(HIDDEN.to_owned())
            } else {
                known(path, text).or_else(|| {
                    let password = password_of(text)?;
                    Some(text.replacen(&format!(":{password}@"), &format!(":{HIDDEN}@"), 1))
                })
            };
            if let Some(hidden) = hidden {
                let original = std::mem::replace(text, hidden);
                concealed.0.insert(path.join("."), original);
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
    fn names_tell() {
        for name in [
            "DB_PASSWORD",
            "POSTGRES_PASSWORD",
            "apiKey",
            "API_KEY_V2",
            "GITHUB_TOKEN",
            "SECRET",
            "JWT_SECRET_2",
            "MYSQL_PWD",
            "MINIO_ROOT_PASSWORD",
            "SENTRY_DSN",
            "smtp-passwd",
            "POSTGRESPASSWORD",
        ] {
            assert!(is_telling(name), "{name}");
        }
        for name in [
            "KEYCLOAK_URL",
            "PASSWORD_FILE",
            "SECRET_NAME",
            "TOKEN_TTL",
            "MONKEY",
            "LOG_LEVEL",
            "COMPASS",
            "AUTHOR",
            "",
        ] {
            assert!(!is_telling(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_taken_out_and_kept_apart() {
        let mut definition = json!({
            "environment": {
                "DB_PASSWORD": "hunter2", "EMPTY_TOKEN": "", "UNSET_KEY": null,
                "DATABASE_URL": "postgres://app:pa:ss@db:5432/app?x=1",
            },
            "command": ["serve", "--secret", "known-secret"],
            "labels": { "a": "b" },
        });
        let known = |_: &[String], text: &str| {
            text.contains("known-secret")
                .then(|| "[secret x]".to_owned())
        };
        let concealed = conceal(&mut definition, &known);
        assert_eq!(
            definition,
            json!({
                "environment": {
                    "DB_PASSWORD": HIDDEN, "EMPTY_TOKEN": "", "UNSET_KEY": null,
                    "DATABASE_URL": "postgres://app:(hidden)@db:5432/app?x=1",
                },
                "command": ["serve", "--secret", "[secret x]"],
                "labels": { "a": "b" },
            })
        );
        let kept: Vec<(&str, &str)> = concealed
            .0
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        assert_eq!(
            kept,
            [
                ("command.2", "known-secret"),
                (
                    "environment.DATABASE_URL",
                    "postgres://app:pa:ss@db:5432/app?x=1"
                ),
                ("environment.DB_PASSWORD", "hunter2"),
            ]
        );
        assert!(!format!("{concealed:?}").contains("hunter2"));
    }
}
