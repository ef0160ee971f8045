//! Alert rules: which of them fit what is scraped, and how they are written.
//!
//! The rules themselves are data, a file for each subject below this one. No
//! rule is written whose metrics nothing here serves.

mod applications;
mod containers;
mod data;
mod hosts;
mod monitoring;
mod recording;
mod services;
mod table;

pub(crate) use recording::recording;
pub use table::{Rule, Subject};

use crate::Prometheus;
use crate::config::part;
use crate::settings::Change;
use crate::targets::Target;
use containers::CONTAINER_ABSENT;
use serde_json::{Map, Value, json};
use services::SERVICE_ABSENT;
use sinops_programs::{Program, Provision, Version, provision};
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::Problem;

const TABLES: [&[Rule]; 6] = [
    services::RULES,
    containers::RULES,
    hosts::RULES,
    data::RULES,
    applications::RULES,
    monitoring::RULES,
];

/// All rules that there are.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The rule of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}

/// The rule whose name is most like this one.
pub(crate) fn nearest(name: &str) -> &'static str {
    let common = |rule: &&'static Rule| {
        let same = |(a, b): &(char, char)| a.eq_ignore_ascii_case(b);
        let begins = rule.name.chars().zip(name.chars()).take_while(same).count();
        let ends = rule
            .name
            .chars()
            .rev()
            .zip(name.chars().rev())
            .take_while(same)
            .count();
        begins + ends
    };
    all().max_by_key(common).map_or("", |rule| rule.name)
}

/// What rules are chosen by.
pub(crate) struct Scene<'s> {
    pub(crate) settings: &'s Prometheus,
    pub(crate) targets: &'s [Target],
    /// Services that are probed.
    pub(crate) probed: Vec<&'s str>,
    /// Services that are neither scraped nor probed, with their containers.
    pub(crate) containers: Vec<(&'s str, &'s str)>,
    pub(crate) programs: Vec<(&'static Program, Option<Version>)>,
}

impl<'s> Scene<'s> {
    fn change(&self, rule: &Rule) -> Option<&'s Change> {
        self.settings.rules.get(rule.name)
    }

    fn runs(&self, program: &str) -> Option<Option<Version>> {
        self.programs
            .iter()
            .find(|(known, _)| known.name == program)
            .map(|(_, version)| *version)
    }

    /// Why a rule cannot work: the metric that it lacks, and in words.
    fn lacks(&self, rule: &Rule) -> Option<(String, String)> {
        if rule.subject == Subject::Application {
            let there = self.targets.iter().any(|it| it.class() == "application");
            let metric = self.written(rule.metrics.first().unwrap_or(&"up"), rule);
            return (!there).then(|| (metric, "no application is scraped".to_owned()));
        }
        for metric in rule.metrics {
            match provision(metric, self.programs.iter().copied()) {
                Provision::Known | Provision::Plausible => {}
                Provision::Since(version) => {
                    let text = format!("only {} {version} and later serve it", rule.exporter);
                    return Some(((*metric).to_owned(), text));
                }
                Provision::No => {
                    let names = sinops_programs::provider_names(metric).join(", ");
                    let text = format!("no configured exporter serves it; {names} does");
                    return Some(((*metric).to_owned(), text));
                }
            }
        }
        let metric = rule.metrics.first().unwrap_or(&"up");
        let lacks = |text| Some(((*metric).to_owned(), text));
        match (self.runs(rule.exporter), rule.since) {
            _ if rule.exporter.is_empty() => None,
            (None, _) => lacks(format!("there is no {}", rule.exporter)),
            (Some(Some(version)), Some(since)) if version < since => lacks(format!(
                "{} {version} serves it with another meaning, from {since} on it is right",
                rule.exporter
            )),
            _ => None,
        }
    }

    /// Whether the rule is to be written.
    fn wants(&self, rule: &Rule, problems: &mut Vec<Problem>) -> bool {
        let asked = self.change(rule).and_then(|change| change.enabled);
        if asked == Some(false) {
            return false;
        }
        let Some((metric, why)) = self.lacks(rule) else {
            return true;
        };
        if asked == Some(true) {
            let text = format!("rule {} needs the metric `{metric}`: {why}", rule.name);
            let hint = format!(
                "add the exporter, or remove `enabled: true` from settings.rules.{}",
                rule.name
            );
            problems.push(Problem::new(Critical, text).hint(hint));
        }
        false
    }

    /// An expression or annotation with its parameters filled in.
    fn written(&self, text: &str, rule: &Rule) -> String {
        let names = &self.settings.application;
        let threshold = self.change(rule).and_then(|it| it.threshold);
        let threshold = threshold.or(rule.threshold).unwrap_or_default();
        text.replace("{threshold}", &threshold.to_string())
            .replace("{requests}", &names.requests)
            .replace("{duration}", &names.duration)
            .replace("{status}", &names.status_label)
    }

    fn entry(&self, rule: &Rule, of: Option<(&str, &str)>) -> Value {
        let change = self.change(rule);
        let filled = |text: &str, quote: fn(&str) -> String| match of {
            Some((service, container)) => text
                .replace("{service}", &quote(service))
                .replace("{name}", &quote(container)),
            None => text.to_owned(),
        };
        let expression = self.written(&hosts::written_out(rule.expression), rule);
        let mut entry = Map::new();
        entry.insert("alert".into(), json!(rule.name));
        entry.insert("expr".into(), json!(filled(&expression, quoted)));
        let hold = change
            .and_then(|it| it.hold.as_deref())
            .unwrap_or(rule.hold);
        if !hold.is_empty() {
            entry.insert("for".into(), json!(hold));
        }
        let severity = change.and_then(|it| it.severity.as_deref());
        let mut labels = Map::new();
        labels.insert("severity".into(), json!(severity.unwrap_or(rule.severity)));
        labels.insert("subject".into(), json!(rule.subject.name()));
        if let Some((service, _)) = of {
            labels.insert("service".into(), json!(service));
        }
        entry.insert("labels".into(), Value::Object(labels));
        let plain = |text: &str| filled(&self.written(text, rule), str::to_owned);
        entry.insert(
            "annotations".into(),
            json!({
                "summary": plain(rule.summary),
                "description": plain(rule.description),
                "runbook_url": format!("{}{}.md", self.settings.runbooks, rule.name),
            }),
        );
        Value::Object(entry)
    }
}

/// A string of PromQL.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The file of alert rules.
pub(crate) fn alerts(scene: &Scene<'_>, problems: &mut Vec<Problem>) -> String {
    let mut out = format!("# {}\ngroups:\n", crate::MADE);
    for table in TABLES {
        let mut last = None;
        for rule in table.iter().filter(|rule| scene.wants(rule, problems)) {
            let entries = entries(scene, rule);
            if entries.is_empty() {
                continue;
            }
            if last != Some(rule.subject) {
                last = Some(rule.subject);
                let name = format!("sinops-{}", rule.subject.name());
                out.push_str(&format!("  - name: {name}\n    rules:\n"));
            }
            if !rule.exporter.is_empty() {
                out.push_str(&format!("      # needs {}\n", rule.exporter));
            }
            for (source, entry) in entries {
                if let Some(service) = source {
                    out.push_str(&format!("      # services.{service}\n"));
                }
                part(&json!([entry]), 6, &mut out);
            }
        }
    }
    out
}

/// A rule as often as it is needed, with the service that it is of.
fn entries<'s>(scene: &Scene<'s>, rule: &Rule) -> Vec<(Option<&'s str>, Value)> {
    let each = |services: Vec<(&'s str, &'s str)>| {
        services
            .into_iter()
            .map(|of| (Some(of.0), scene.entry(rule, Some(of))))
            .collect()
    };
    match rule.name {
        SERVICE_ABSENT => {
            let scraped = scene.targets.iter().map(|it| it.service.as_str());
            let mut seen = std::collections::BTreeSet::new();
            let names = scraped.chain(scene.probed.iter().copied());
            each(
                names
                    .filter(|name| !name.is_empty() && seen.insert(*name))
                    .map(|name| (name, name))
                    .collect(),
            )
        }
        CONTAINER_ABSENT => each(scene.containers.clone()),
        _ => vec![(None, scene.entry(rule, None))],
    }
}
