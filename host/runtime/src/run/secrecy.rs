//! Secrets that no name tells: values of sinops.yaml's `secrets:`, and those of telling
//! variables where they stand in other places, such as the command of a health check.

use super::Setup;
use crate::plugins::SecretStore;
use aho_corasick::AhoCorasick;
use serde_json::{Value, json};
use sinops_core::secrecy::{HIDDEN, conceal};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Shorter values would be found by chance.
const SHORTEST: usize = 8;
/// Where a value of a telling variable is looked for: elsewhere it names things.
const SECTIONS: [&str; 7] = [
    "command",
    "entrypoint",
    "environment",
    "healthcheck",
    "labels",
    "post_start",
    "pre_stop",
];

/// What is known to be secret.
#[derive(Debug)]
pub(super) struct Known {
    /// Values of telling variables.
    values: Option<AhoCorasick>,
    marks: Vec<&'static str>,
    /// Of sinops.yaml.
    named: Option<Arc<SecretStore>>,
}

impl Known {
    pub(super) fn of(setup: &Setup) -> Self {
        let values: BTreeSet<&str> = setup
            .stack
            .services
            .iter()
            .flat_map(|service| &service.concealed.0)
            .filter(|(place, text)| place.starts_with("environment.") && text.len() >= SHORTEST)
            .map(|(_, text)| text.as_str())
            .collect();
        let named = setup.secrets.names().next().is_some();
        Self {
            marks: vec![HIDDEN; values.len()],
            values: (!values.is_empty())
                .then(|| AhoCorasick::new(&values).ok())
                .flatten(),
            named: named.then(|| Arc::clone(&setup.secrets)),
        }
    }

    fn is_empty(&self) -> bool {
        self.values.is_none() && self.named.is_none()
    }

    /// The text without what is secret in it, if anything is.
    fn recognise(&self, path: &[String], text: &str) -> Option<String> {
        let here = path
            .first()
            .is_some_and(|section| SECTIONS.contains(&section.as_str()));
        let mut shown = match &self.values {
            Some(values) if here && values.is_match(text) => values.replace_all(text, &self.marks),
            _ => text.to_owned(),
        };
        if let Some(named) = &self.named {
            shown = named.redact(&shown);
        }
        (shown != text).then_some(shown)
    }

    /// The value of one field, `environment.DB_PASSWORD`, as it may be printed.
    pub(super) fn conceal(&self, path: &str, text: &str) -> String {
        let (section, name) = path.split_once('.').unwrap_or((path, ""));
        let mut field = json!({ section: { name: text } });
        let _ = conceal(&mut field, &|path, text| self.recognise(path, text));
        let shown = field.get_mut(section).and_then(|it| it.get_mut(name));
        match shown.map(Value::take) {
            Some(Value::String(shown)) => shown,
            _ => HIDDEN.to_owned(),
        }
    }
}

/// Conceals them in what the stack's services are made from.
pub(super) fn complete(setup: &mut Setup) {
    let known = Known::of(setup);
    if known.is_empty() {
        return;
    }
    for service in &mut setup.stack.services {
        let recognise = |path: &[String], text: &str| known.recognise(path, text);
        let more = conceal(&mut service.made_from, &recognise);
        // Variables that were concealed by name are found again under their mark.
        let more = more.0.into_iter().filter(|(_, text)| text != HIDDEN);
        let before = service.concealed.0.len();
        for (place, text) in more {
            service.concealed.0.entry(place).or_insert(text);
        }
        if service.concealed.0.len() > before {
            service.config_hash = sinops_compose::definition_hash(&service.made_from);
        }
    }
}
