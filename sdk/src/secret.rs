//! Secrets by name. Their values never enter a plugin: the host puts them on
//! the wire where these placeholders stand.

use schemars::JsonSchema;
use serde::Deserialize;

/// A setting of the form `{ secret: NAME }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// Name of the secret in `secrets:` of sinops.yaml.
    pub secret: String,
}

impl SecretRef {
    /// Stands for a URL whose value is the secret.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}.secret.invalid/", self.secret)
    }

    /// Stands for the secret in the value of a header.
    #[must_use]
    pub fn placeholder(&self) -> String {
        format!("{{{{secret:{}}}}}", self.secret)
    }
}

/// A setting that is either plain text or `{ secret: NAME }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a text, or { secret: NAME }")]
pub enum MaybeSecret {
    /// Nothing to hide.
    Plain(String),
    /// Known to the host alone.
    Secret(SecretRef),
}

impl MaybeSecret {
    /// The URL to send to.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(secret) => secret.url(),
        }
    }

    /// The text to put into the value of a header.
    #[must_use]
    pub fn header(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(secret) => secret.placeholder(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let secret: MaybeSecret = serde_json::from_str(r#"{"secret":"HOOK"}"#).unwrap();
        assert_eq!(secret.url(), "https://HOOK.secret.invalid/");
        assert_eq!(secret.header(), "{{secret:HOOK}}");
        let plain: MaybeSecret = serde_json::from_str(r#""https://example.org""#).unwrap();
        assert_eq!(plain.url(), "https://example.org");
    }

    #[test]
    fn another_shape_is_refused_in_words() {
        let error = serde_json::from_str::<MaybeSecret>("3").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected a text, or { secret: NAME }"),
            "{error}"
        );
    }
}
