//! Secrets that no name tells: values of sinops.yaml's `secrets:`, and those of telling
//! variables where they stand in other places, such as the command of a health check.

use super::Setup;
use aho_corasick::AhoCorasick;
use sinops_core::secrecy::{HIDDEN, conceal};
use std::collections::BTreeSet;

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

/// Conceals them in what the stack's services are made from.
pub(super) fn complete(setup: &mut Setup) {
    let values: BTreeSet<String> = setup
        .stack
        .services
        .iter()
        .flat_map(|service| &service.concealed.0)
        .filter(|(place, text)| place.starts_with("environment.") && text.len() >= SHORTEST)
        .map(|(_, text)| text.clone())
        .collect();
    let search = (!values.is_empty())
        .then(|| AhoCorasick::new(&values).ok())
        .flatten();
    let with = vec![HIDDEN; values.len()];
    let secrets = &setup.secrets;
    let named = secrets.names().next().is_some();
    if search.is_none() && !named {
        return;
    }
    let known = |path: &[String], text: &str| {
        let here = path
            .first()
            .is_some_and(|section| SECTIONS.contains(&section.as_str()));
        let mut shown = match &search {
            Some(search) if here && search.is_match(text) => search.replace_all(text, &with),
            _ => text.to_owned(),
        };
        if named {
            shown = secrets.redact(&shown);
        }
        (shown != text).then_some(shown)
    };
    for service in &mut setup.stack.services {
        let more = conceal(&mut service.made_from, &known);
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
