//! The images that a Dockerfile starts from.

use sinops_compose::Map;
use std::collections::{BTreeMap, BTreeSet};

/// Base images in their order, stages of the file itself and `scratch` left out.
/// A name that no argument completes is left out too: the builder will say so.
pub(super) fn of(dockerfile: &str, arguments: &Map<Option<String>>) -> Vec<String> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut stages: BTreeSet<String> = BTreeSet::new();
    let mut found: Vec<String> = Vec::new();
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        let Some(instruction) = words.next() else {
            continue;
        };
        if instruction.eq_ignore_ascii_case("ARG") && stages.is_empty() && found.is_empty() {
            for word in words {
                let (name, default) = word.split_once('=').unwrap_or((word, ""));
                let given = arguments.get(name).and_then(Option::as_deref);
                let value = given.unwrap_or(default).trim_matches(['"', '\'']);
                values.insert(name.to_owned(), value.to_owned());
            }
        } else if instruction.eq_ignore_ascii_case("FROM") {
            let mut words = words.filter(|word| !word.starts_with("--"));
            let Some(image) = words.next().and_then(|image| fill(image, &values)) else {
                continue;
            };
            let mut rest = words;
            let known = stages.contains(&image.to_lowercase());
            if let (Some(_), Some(stage)) = (rest.next(), rest.next()) {
                stages.insert(stage.to_lowercase());
            }
            if !known && image != "scratch" && !found.contains(&image) {
                found.push(image);
            }
        }
    }
    found
}

/// `$NAME`, `${NAME}` and `${NAME:-default}`.
fn fill(text: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let value = |name: &str| values.get(name).filter(|value| !value.is_empty());
        if let Some(braced) = after.strip_prefix('{') {
            let (inside, more) = braced.split_once('}')?;
            let (name, default) = match inside.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (inside, None),
            };
            out.push_str(value(name).map(String::as_str).or(default)?);
            rest = more;
        } else {
            let end = after
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(after.len());
            let (name, more) = after.split_at(end);
            out.push_str(value(name)?);
            rest = more;
        }
    }
    out.push_str(rest);
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_found_with_their_arguments() {
        let file = "# syntax=docker/dockerfile:1\nARG TAG=1\nARG BASE\n\
            FROM --platform=linux/amd64 reg.example/base:${TAG} AS build\nRUN x\n\
            from $BASE as second\nFROM build\nFROM scratch\nFROM ${NONE:-alpine}\nFROM ${NONE}\n\
            FROM reg.example/base:1\n";
        let arguments = [("BASE".to_owned(), Some("other:2".to_owned()))]
            .into_iter()
            .collect();
        assert_eq!(
            of(file, &arguments),
            ["reg.example/base:1", "other:2", "alpine"]
        );
    }
}
