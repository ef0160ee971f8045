//! The text of a new sinops.yaml. Every setting that is not suggested stands
//! in it as a comment with its default: `#key: value` is a line to be
//! uncommented, `#   key:` an example, `# words` explains.

use std::fmt::Write;

/// Writes the file. `compose` is empty where the usual names are found anyway.
pub(super) fn text(compose: &[String], tiers: &[(&str, Vec<String>)]) -> String {
    let mut out = String::from(HEAD);
    if compose.is_empty() {
        out.push_str("#compose: [compose.yaml]\n");
    } else {
        out.push_str("compose:\n");
        for file in compose {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "  - {}", scalar(file));
        }
    }
    out.push_str(TIERS);
    if tiers.is_empty() {
        out.push_str("#tiers: []\n");
    } else {
        out.push_str("tiers:\n");
        for (name, services) in tiers {
            let _ = writeln!(out, "  - name: {name}\n    services:");
            for service in services {
                let _ = writeln!(out, "      - {}", scalar(service));
            }
        }
    }
    out.push_str(REST);
    out
}

/// Quotes what YAML could take for something else than these words.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "._-/".contains(it))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

const HEAD: &str = "\
# Configuration of sinops. Everything is optional: a line that is commented out
# shows what happens without it. Check it with `sinops run deploy --dry-run`.

# Where containers run: docker, or process (services with `x-sinops.process`
# as supervised local processes).
#engine: docker

# Compose files, merged in this order; without this the usual names are
# searched. `-f` on the command line and COMPOSE_FILE win.
";

const TIERS: &str = "
# Services of a tier start together; all of them have to be healthy before the
# next tier starts. Names may hold wildcards (`agent-*`); the first tier that
# matches takes a service, what no tier matches comes last. Without tiers the
# order comes from depends_on. This is a suggestion from images and names:
";

const REST: &str = "
# How long the services of a tier may take to become healthy, and the plugin
# that judges it. A tier may have its own `gate: 2m`.
#gate: { timeout: 5m, collector: collector-health }

# Actions under way at once, and how long the engine may be silent in one call
# before it counts as hung.
#parallel: 4
#engine-timeout: 2m

# How services are updated; a tier may have its own `update:`, a service
# `x-sinops: { update: … }` or compose's `deploy.update_config`.
# max-parallel and canary count containers of a service; order: auto starts the
# new one first where nothing is in its way.
#   update:
#     max-parallel: 1
#     canary: 1
#     min-healthy-time: 10s
#     healthy-deadline: 5m
#     auto-revert: true
#     order: auto

# How many releases `sinops history` keeps.
#releases: { keep: 20 }

# Folder for the journal and the lock, and the one for generated files.
#state: .sinops
#output: .sinops/generated

# What sinops adds to networks of the compose files: `create: true` lets
# pre-flight make an external one that is missing.
#   networks:
#     shared:
#       create: true
#       subnet: 172.20.0.0/16

# Values that plugins may use without ever seeing them: the host puts them on
# the wire, and only towards the destinations named here.
#   secrets:
#     slack-webhook:
#       env: SLACK_WEBHOOK_URL
#       for: [https://hooks.slack.com]

# Plugins with their settings, and what they are granted. `source:` replaces
# a built-in plugin by a component of yours. `sinops plugin inspect NAME`
# shows the settings of a plugin and what it asks for.
#   plugins:
#     team-slack:
#       source: notifier-slack
#       grants:
#         http: [https://hooks.slack.com]
#         secrets: [slack-webhook]

# Steps of `sinops run NAME`, and the notifiers that are told how it ended.
#pipelines: { deploy: { steps: [deploy-preflight, deploy-tiers], notify: [] } }

# What `sinops run monitor` does.
#monitor: { interval: 15s, collectors: [collector-health], notify: [] }
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtins::configured;

    fn tiers() -> Vec<(&'static str, Vec<String>)> {
        vec![
            ("data", vec!["db".into(), "no".into()]),
            ("applications", vec!["1.1-api".into()]),
        ]
    }

    #[test]
    fn it_says_what_happens_without_it() {
        let mut config = configured(&text(&[], &tiers())).unwrap();
        assert_eq!(config.tiers.len(), 2);
        assert_eq!(config.tiers[0].services, ["db", "no"]);
        assert_eq!(config.tiers[1].services, ["1.1-api"]);
        config.tiers.clear();
        assert_eq!(config, configured("").unwrap());
    }

    /// `#key: value` lines, uncommented.
    fn uncommented(text: &str) -> String {
        let line = |line: &str| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|it: char| it.is_ascii_lowercase()) => rest.to_owned(),
            _ => line.to_owned(),
        };
        text.lines().map(|it| line(it) + "\n").collect()
    }

    #[test]
    fn the_defaults_in_comments_are_the_defaults() {
        let all = uncommented(&text(&[], &[]));
        assert!(all.contains("\nparallel: 4\n"), "{all}");
        let mut config = configured(&all).unwrap();
        assert_eq!(config.compose, ["compose.yaml"]);
        config.compose.clear();
        let default = configured("").unwrap();
        assert_eq!(
            config.engine.map(|it| it.to_string()).as_deref(),
            Some("docker")
        );
        config.engine = None;
        assert_eq!(config, default);
    }

    #[test]
    fn the_examples_in_comments_load() {
        let examples: String = text(&[], &[])
            .lines()
            .filter_map(|line| line.strip_prefix("#   "))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = configured(&examples).unwrap();
        assert_eq!(config.plugins().count(), 1, "{examples}");
        assert!(config.networks["shared"].create);
    }
}
