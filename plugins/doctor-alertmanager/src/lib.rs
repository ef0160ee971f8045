//! Examines files of Alertmanager: what it would refuse, what it sends letter by
//! letter, and forms that go.
//!
//! One module per question. None proposes an action.

mod intervals;
mod matchers;
mod receivers;
mod references;
mod routes;
mod templates;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_config_check::{Node, Rules, Schema, Set, Text};
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Planning, Problem, Proposal};

/// Settings of the plugin: there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {}

impl DeployStep for Examination {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let set = Set::of(planning, |path| {
            path.ends_with(".yml") || path.ends_with(".yaml") || path.ends_with(".tmpl")
        });
        let schema = schema();
        let mut problems = Vec::new();
        for text in &set.texts {
            if text.path.ends_with(".tmpl") {
                templates::file(text, &mut problems);
            } else if is_ours(&set, text) {
                check(&set, &schema, text, &mut problems);
            }
        }
        Ok(Proposal {
            actions: Vec::new(),
            problems,
        })
    }
}

fn schema() -> Schema {
    Schema::new(&[
        sinops_config_check::HTTP,
        include_str!("alertmanager.table"),
    ])
}

/// A file with a routing tree or receivers; Grafana's have a version of their own.
fn is_ours(set: &Set<'_>, text: &Text<'_>) -> bool {
    let named = matches!(text.name(), "alertmanager.yml" | "alertmanager.yaml");
    match &text.root {
        Ok(root) => {
            let has = |key| root.get(key).is_some();
            let other = ["apiVersion", "exporters", "services", "service"]
                .into_iter()
                .any(has);
            let sections = [
                "global",
                "templates",
                "inhibit_rules",
                "time_intervals",
                "mute_time_intervals",
            ];
            let looks_so = named && sections.into_iter().any(has) && !is_config_of_prometheus(root);
            !other && (has("route") || has("receivers") || looks_so)
        }
        Err(_) => {
            let begins = |word: &str| text.content.lines().any(|it| it.starts_with(word));
            let mut mounts = set.mounts(text.path);
            mounts.any(|it| it.service.program() == "alertmanager" && it.target.ends_with("ml"))
                || (named || begins("route:") || begins("receivers:"))
                    && (text.content.contains("receiver:") || text.content.contains("_configs:"))
                    && !["apiVersion:", "exporters:", "service:", "services:"]
                        .into_iter()
                        .any(begins)
                    && !sinops_config_check::jinja::makes_yaml(text.content)
        }
    }
}

/// Some call the part of Prometheus's file so that names Alertmanager.
fn is_config_of_prometheus(root: &Node) -> bool {
    ["scrape_configs", "alerting", "groups", "rule_files"]
        .iter()
        .any(|key| root.get(key).is_some())
}

fn check(set: &Set<'_>, schema: &Schema, text: &Text<'_>, problems: &mut Vec<Problem>) {
    let root = match &text.root {
        Ok(root) => root,
        Err(error) => {
            problems.push(text.not_yaml(
                "alertmanager/syntax",
                error.at..error.at + 1,
                &error.message,
            ));
            return;
        }
    };
    let rules = Rules {
        area: "alertmanager",
        program: "Alertmanager",
        version: set.version(text.path, &["alertmanager"]),
        moved: &[
            ("email_config", "body", "mail has `text` and `html` instead"),
            (
                "email_config",
                "subject",
                "write it below `headers:` as `Subject: …`",
            ),
            ("global", "hipchat_api_url", "HipChat is gone"),
            ("global", "hipchat_auth_token", "HipChat is gone"),
            ("receiver", "hipchat_configs", "HipChat is gone"),
        ],
        hidden: &[],
        forms: true,
        expands: false,
        gaps: false,
    };
    let mut found = Vec::new();
    found.extend(text.unread("alertmanager/unread", "Alertmanager"));
    schema.check(text, root, "alertmanager", &rules, &mut found);
    receivers::secrets(text, root, &mut found);
    receivers::check(text, root, &mut found);
    references::check(text, root, &mut found);
    routes::check(text, root, &mut found);
    intervals::check(text, root, &mut found);
    matchers::check(text, root, &mut found);
    templates::values(text, root, &mut found);
    problems.extend(found);
}

sinops_sdk::deploy_step!(Examination);

#[cfg(test)]
mod tests {
    #[test]
    fn tables_name_only_blocks_that_are_there() {
        assert_eq!(super::schema().flaws(), Vec::<String>::new());
    }
}
