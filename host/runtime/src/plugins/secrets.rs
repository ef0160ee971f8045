//! Secrets: a plugin knows their names, the host puts their values on the wire.
//!
//! A value leaves this module in two ways only: into a request whose
//! destination it is bound to, and into the login at the mail relay. What
//! comes back is searched for values before a guest or a log sees it.

use aho_corasick::{AhoCorasick, MatchKind};
use indexmap::IndexMap;
use sinops_core::grants::destination::Origin;
use std::fmt;
use std::sync::OnceLock;

/// Shorter values are looked for as they are only: their encodings would match
/// by chance.
const SHORT: usize = 6;

/// All secrets of a run, by name.
#[derive(Default)]
pub struct SecretStore {
    entries: IndexMap<String, Secret>,
    redactor: OnceLock<Option<Redactor>>,
}

pub(crate) struct Secret {
    value: String,
    destinations: Vec<Origin>,
}

struct Redactor {
    search: AhoCorasick,
    replacements: Vec<String>,
}

/// Why a secret is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing in it.
    #[error("secret `{0}` is empty")]
    Empty(String),
    /// A destination is not understood.
    #[error("secret `{name}`: `for: {value}`: {reason}")]
    Destination {
        /// Secret.
        name: String,
        /// As written.
        value: String,
        /// What is wrong and what to write.
        reason: String,
    },
}

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl SecretStore {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret and the origins that it may be sent to (`for:`). One line
    /// break at the end, as files have it, is not part of the value.
    ///
    /// # Errors
    /// If the value is empty or a destination is not understood.
    pub fn insert(
        &mut self,
        name: &str,
        value: &str,
        destinations: &[String],
    ) -> Result<(), SecretError> {
        let value = value.strip_suffix('\n').unwrap_or(value);
        let value = value.strip_suffix('\r').unwrap_or(value);
        if value.is_empty() {
            return Err(SecretError::Empty(name.to_owned()));
        }
        let destinations = destinations
            .iter()
            .map(|text| {
                Origin::parse(text).map_err(|reason| SecretError::Destination {
                    name: name.to_owned(),
                    value: text.clone(),
                    reason,
                })
            })
            .collect::<Result<_, _>>()?;
        self.entries.insert(
            name.to_owned(),
            Secret {
                value: value.to_owned(),
                destinations,
            },
        );
        self.redactor = OnceLock::new();
        Ok(())
    }

    /// Names, in the order in which they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The text with every value replaced by `[secret NAME]`, also where it is
    /// percent-encoded, base64-encoded or escaped for JSON.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        match self.redactor() {
            Some(redactor) if redactor.search.is_match(text) => {
                redactor.search.replace_all(text, &redactor.replacements)
            }
            _ => text.to_owned(),
        }
    }

    /// The same for bytes; none if there is nothing to replace.
    pub(crate) fn redact_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let redactor = self.redactor()?;
        redactor.search.is_match(bytes).then(|| {
            redactor
                .search
                .replace_all_bytes(bytes, &redactor.replacements)
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Secret> {
        self.entries.get(name)
    }

    fn redactor(&self) -> Option<&Redactor> {
        self.redactor
            .get_or_init(|| {
                let mut needles: Vec<String> = Vec::new();
                let mut replacements = Vec::new();
                for (name, secret) in &self.entries {
                    for needle in needles_of(&secret.value) {
                        needles.push(needle);
                        replacements.push(format!("[secret {name}]"));
                    }
                }
                if needles.is_empty() {
                    return None;
                }
                let search = AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostLongest)
                    .build(&needles)
                    .ok()?;
                Some(Redactor {
                    search,
                    replacements,
                })
            })
            .as_ref()
    }
}

impl Secret {
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn may_go_to(&self, origin: &Origin) -> bool {
        self.destinations
            .iter()
            .any(|destination| destination.covers(origin))
    }

    pub(crate) fn is_bound(&self) -> bool {
        !self.destinations.is_empty()
    }
}

/// How a value may look in what comes back.
fn needles_of(value: &str) -> Vec<String> {
    let mut plain = vec![value.to_owned()];
    // Of a URL the part behind the host is what is secret.
    if let Some((_, rest)) = value.split_once("://")
        && let Some(slash) = rest.find('/')
        && let Some(path) = rest.get(slash + 1..)
        && path.len() >= SHORT
    {
        plain.push(path.to_owned());
    }
    let mut needles = plain.clone();
    for text in plain.iter().filter(|text| text.len() >= SHORT) {
        needles.push(percent(text, true, false));
        needles.push(percent(text, false, false));
        needles.push(percent(text, true, true));
        needles.push(percent(text, false, true));
        let json = serde_json::Value::from(text.as_str()).to_string();
        let json = json.trim_matches('"');
        needles.push(json.to_owned());
        needles.push(json.replace('/', "\\/"));
        needles.extend(base64_cores(text.as_bytes(), b"+/"));
        needles.extend(base64_cores(text.as_bytes(), b"-_"));
        needles.push(hex(text, false));
        needles.push(hex(text, true));
        needles.push(text.chars().rev().collect());
    }
    needles.retain(|needle| !needle.is_empty());
    needles.sort();
    needles.dedup();
    needles
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes()
        .map(|b| {
            if upper {
                format!("{b:02X}")
            } else {
                format!("{b:02x}")
            }
        })
        .collect()
}

fn percent(text: &str, upper: bool, path: bool) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) || (path && b == b'/') {
                char::from(b).to_string()
            } else if upper {
                format!("%{b:02X}")
            } else {
                format!("%{b:02x}")
            }
        })
        .collect()
}

/// The characters that are the same wherever the value stands in a text that
/// is base64-encoded as a whole: one form per offset, without the edges.
fn base64_cores(bytes: &[u8], extra: &[u8; 2]) -> Vec<String> {
    (0..3usize)
        .filter_map(|offset| {
            let mut shifted = vec![0; offset];
            shifted.extend_from_slice(bytes);
            let whole = shifted.len() / 3 * 3;
            let encoded = base64(shifted.get(..whole)?, extra);
            // Characters that hold a bit of what stands before are not ours.
            let core = encoded.get((offset * 8).div_ceil(6)..)?;
            (core.len() >= SHORT).then(|| core.to_owned())
        })
        .collect()
}

fn base64(bytes: &[u8], extra: &[u8; 2]) -> String {
    let letter = |index: u32| -> char {
        let index = u8::try_from(index & 63).unwrap_or_default();
        let [plus, slash] = *extra;
        char::from(match index {
            0..=25 => b'A' + index,
            26..=51 => b'a' + index - 26,
            52..=61 => b'0' + index - 52,
            62 => plus,
            _ => slash,
        })
    };
    let mut out = String::new();
    for chunk in bytes.chunks_exact(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| (word << 8) | u32::from(*byte));
        for shift in [18, 12, 6, 0] {
            out.push(letter(word >> shift));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> SecretStore {
        let mut store = SecretStore::new();
        store
            .insert("token", "s3cr3t/t0ken+x", &["https://a.org".into()])
            .unwrap();
        store
            .insert("hook", "https://hooks.org/services/T0/B0/abcdef", &[])
            .unwrap();
        store
    }

    #[test]
    fn values_are_found_in_their_usual_encodings() {
        let store = store();
        for text in [
            "x s3cr3t/t0ken+x y",
            "s3cr3t%2Ft0ken%2Bx",
            "s3cr3t%2ft0ken%2bx",
            r"s3cr3t\/t0ken+x",
            "x+nek0t/t3rc3s",
            "https://hooks.org/services/T0/B0/abcdef",
            "POST /services/T0/B0/abcdef",
        ] {
            let redacted = store.redact(text);
            assert!(redacted.contains("[secret "), "{text} -> {redacted}");
            assert!(
                !redacted.contains("t0ken") && !redacted.contains("abcdef"),
                "{redacted}"
            );
        }
        assert_eq!(store.redact("nothing here"), "nothing here");
    }

    #[test]
    fn base64_is_found_at_every_offset() {
        let store = store();
        for front in ["", "u", "us", "use", "user"] {
            let mut text = format!("{front}s3cr3t/t0ken+x");
            while text.len() % 3 != 0 {
                text.push('!');
            }
            for extra in [b"+/", b"-_"] {
                let encoded = base64(text.as_bytes(), extra);
                assert!(
                    store.redact(&encoded).contains("[secret token]"),
                    "{front:?} {encoded}"
                );
            }
        }
    }

    #[test]
    fn nothing_prints_a_value() {
        let store = store();
        assert_eq!(format!("{store:?}"), r#"{"token", "hook"}"#);
        assert_eq!(format!("{:?}", store.get("token")), "Some([secret])");
    }

    #[test]
    fn a_secret_is_bound_to_its_destinations() {
        let store = store();
        let token = store.get("token").unwrap();
        assert!(token.may_go_to(&Origin::parse("https://a.org").unwrap()));
        assert!(!token.may_go_to(&Origin::parse("http://a.org").unwrap()));
        assert!(!store.get("hook").unwrap().is_bound());
    }

    #[test]
    fn an_empty_value_is_refused() {
        assert_eq!(
            SecretStore::new().insert("x", "\n", &[]),
            Err(SecretError::Empty("x".into()))
        );
    }
}
