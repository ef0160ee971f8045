//! What every role needs: identity, settings, description.

use crate::types::{Ask, Description};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// Identity of a plugin, from its `Cargo.toml`; implemented by the macros.
pub trait Package {
    /// Package name: `notifier-slack`.
    const NAME: &'static str;
    /// Package version.
    const VERSION: &'static str;
    /// Package description: one line.
    const SUMMARY: &'static str;
}

/// What the plugin says of itself.
#[must_use]
pub fn describe<P: Package + JsonSchema>(asks: Vec<Ask>) -> Description {
    Description {
        name: P::NAME.to_owned(),
        version: P::VERSION.to_owned(),
        summary: P::SUMMARY.to_owned(),
        settings_schema: schemars::schema_for!(P).to_value().to_string(),
        asks,
    }
}

/// Settings from their JSON text; nothing and `null` are an empty object.
///
/// # Errors
/// A line that names the key.
pub fn read_settings<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let json = match json.trim() {
        "" | "null" => "{}",
        text => text,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(text, _)| text);
        if path == "." {
            format!("settings: {message}")
        } else {
            format!("settings.{path}: {message}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(default)]
        port: u16,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[test]
    fn an_error_names_the_key() {
        for (json, expected) in [
            (
                r#"{"list":[{"port":1},{"port":"x"}]}"#,
                "settings.list[1].port: invalid type: string \"x\", expected u16",
            ),
            (
                r#"{"lost":1}"#,
                "settings.lost: unknown field `lost`, expected `list`",
            ),
            (
                "[1]",
                "settings.list: invalid type: integer `1`, expected a sequence",
            ),
        ] {
            let error = read_settings::<Settings>(json).unwrap_err();
            if json == "[1]" {
                assert!(error.starts_with("settings"), "{error}");
            } else {
                assert_eq!(error, expected);
            }
        }
    }

    #[test]
    fn nothing_is_an_empty_object() {
        for json in ["", "null", " {} "] {
            assert_eq!(
                read_settings::<Settings>(json),
                Ok(Settings { list: Vec::new() })
            );
        }
    }
}
