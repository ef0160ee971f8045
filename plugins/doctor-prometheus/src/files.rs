//! Which text is what, by its keys: names of files say little.

use sinops_config_check::{Node, Set, Text};

/// What a text is for Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// prometheus.yml.
    Config,
    /// Groups of rules.
    Rules,
    /// Targets for `file_sd_configs`.
    Targets,
    /// Modules of the blackbox exporter.
    Blackbox,
}

/// The kinds of all texts.
#[derive(Debug)]
pub(crate) struct Files {
    kinds: Vec<Option<Kind>>,
}

/// Whether a file may be one of these.
pub(crate) fn readable(path: &str) -> bool {
    matches!(
        path.rsplit('.').next(),
        Some("yml" | "yaml" | "json" | "rules" | "rule")
    )
}

impl Files {
    pub(crate) fn new(set: &Set<'_>) -> Self {
        let mut kinds: Vec<Option<Kind>> = set.texts.iter().map(|text| kind(set, text)).collect();
        // What a configuration names as rules is some, whatever it holds.
        let named: Vec<&str> = set
            .texts
            .iter()
            .zip(&kinds)
            .filter(|(_, kind)| **kind == Some(Kind::Config))
            .filter_map(|(text, _)| text.root.as_ref().ok())
            .flat_map(|root| root.list("rule_files").filter_map(Node::text))
            .map(|path| path.rsplit('/').next().unwrap_or(path))
            .filter(|name| !name.contains('*') && !name.is_empty())
            .collect();
        for (text, kind) in set.texts.iter().zip(&mut kinds) {
            if kind.is_none() && named.contains(&text.name()) {
                *kind = Some(Kind::Rules);
            }
        }
        Self { kinds }
    }

    pub(crate) fn kind(&self, index: usize) -> Option<Kind> {
        self.kinds.get(index).copied().flatten()
    }

    /// The texts of a kind.
    pub(crate) fn of<'s, 'p>(
        &'s self,
        set: &'s Set<'p>,
        kind: Kind,
    ) -> impl Iterator<Item = &'s Text<'p>> {
        set.texts
            .iter()
            .zip(&self.kinds)
            .filter(move |(_, found)| **found == Some(kind))
            .map(|(text, _)| text)
    }
}

fn kind(set: &Set<'_>, text: &Text<'_>) -> Option<Kind> {
    let Ok(root) = &text.root else {
        return broken(set, text);
    };
    let has = |key: &str| root.get(key).is_some();
    // Unit tests of promtool, files of Promtail and of the agents that grew from it.
    if has("tests") || has("clients") || has("positions") || has("services") {
        return None;
    }
    let items_have = |node: Option<&Node>, key: &str| {
        node.is_some_and(|node| node.items().iter().any(|item| item.get(key).is_some()))
    };
    let global = root.get("global");
    let own = [
        "scrape_configs",
        "rule_files",
        "alerting",
        "remote_write",
        "remote_read",
        "scrape_config_files",
    ];
    // Misspelt, it is the file all the same.
    let nearly = |key: &str| {
        let mut entries = root.entries().iter();
        entries.any(|it| sinops_config_check::nearest(&it.name, [key]).is_some())
    };
    if own.iter().any(|key| has(key))
        || nearly("scrape_configs") && text.content.contains("job_name")
    {
        return Some(Kind::Config);
    }
    let named_so = matches!(text.name(), "prometheus.yml" | "prometheus.yaml");
    let sections = ["global", "storage", "otlp", "tracing", "runtime"];
    let foreign = has("groups") || has("apiVersion") || has("modules");
    // Others call their own files so as well.
    if named_so
        && !foreign
        && (sections.iter().any(|it| has(it)) || mounted_by_prometheus(set, text))
    {
        return Some(Kind::Config);
    }
    let other = has("route") || has("receivers") || has("apiVersion") || has("exporters");
    let named = text.name().starts_with("prometheus") || mounted_by_prometheus(set, text);
    let only_global = global.is_some_and(|it| {
        it.get("scrape_interval").is_some()
            || it.get("evaluation_interval").is_some()
            || it.get("external_labels").is_some()
            || named
    });
    if !other
        && (only_global
            || named
                && ["storage", "otlp", "tracing", "runtime"]
                    .iter()
                    .any(|it| has(it)))
    {
        return Some(Kind::Config);
    }
    let about_rules = ["rule", "alert"].iter().any(|it| text.name().contains(it));
    if items_have(root.get("groups"), "rules")
        || about_rules && items_have(root.get("groups"), "name")
        || (nearly("groups") || root.get("groups").is_some_and(misspelt)) && holds_rules(text)
    {
        let foreign = set
            .mounts(text.path)
            .any(|mount| mount.service.program().contains("loki"));
        let loki = text.path.split('/').any(|part| part.contains("loki"));
        // Grafana's own alert rules have groups as well.
        let grafana = has("apiVersion");
        return (!foreign && !loki && !grafana && !queries_logs(text)).then_some(Kind::Rules);
    }
    if items_have(Some(root), "targets") && !root.items().is_empty() {
        return Some(Kind::Targets);
    }
    let modules = root.get("modules").map(Node::entries).unwrap_or_default();
    let probes = modules
        .iter()
        .any(|module| module.node.get("prober").is_some());
    probes.then_some(Kind::Blackbox)
}

/// Groups of rules, but for a typo.
fn misspelt(groups: &Node) -> bool {
    let rules = |group: &Node| {
        let mut entries = group.entries().iter();
        entries.any(|it| sinops_config_check::nearest(&it.name, ["rules"]).is_some())
    };
    groups.items().is_empty() || groups.items().iter().any(rules)
}

/// The language of Loki, which pipes lines.
fn queries_logs(text: &Text<'_>) -> bool {
    ["|=", "|~", "| json", "| logfmt"]
        .iter()
        .any(|it| text.content.contains(it))
}

/// Lines of alerting or recording rules.
fn holds_rules(text: &Text<'_>) -> bool {
    let line = |words: [&str; 2]| {
        let mut lines = text
            .content
            .lines()
            .map(|it| it.trim_start_matches([' ', '-']));
        lines.any(|it| words.iter().any(|word| it.starts_with(word)))
    };
    line(["expr:", "expr :"]) && line(["alert:", "record:"])
}

/// Prometheus is started with it.
fn mounted_by_prometheus(set: &Set<'_>, text: &Text<'_>) -> bool {
    set.mounts(text.path).any(|mount| {
        let definition = mount.service.compose().to_string();
        crate::PROMETHEUS.contains(&mount.service.program())
            && definition.contains(&format!("config.file={}", mount.target))
    })
}

/// A text that is no YAML is ours if Prometheus or the exporter mounts it.
fn broken(set: &Set<'_>, text: &Text<'_>) -> Option<Kind> {
    if sinops_config_check::jinja::makes_yaml(text.content)
        && set.mounts(text.path).next().is_none()
    {
        return None;
    }
    if matches!(text.name(), "prometheus.yml" | "prometheus.yaml") {
        return Some(Kind::Config);
    }
    let mounted = set.mounts(text.path).find_map(|mount| {
        let yaml = mount.target.ends_with("ml");
        match mount.service.program() {
            "prometheus" if yaml && mount.target.ends_with("prometheus.yml") => Some(Kind::Config),
            "prometheus" if yaml => Some(Kind::Rules),
            "blackbox-exporter" if yaml => Some(Kind::Blackbox),
            _ => None,
        }
    });
    // By its lines, if it is not something that is yet to become YAML.
    mounted.or_else(|| {
        let begins = |word: &str| text.content.lines().any(|line| line.starts_with(word));
        let holds = |word: &str| {
            let item = format!("- {word}");
            let mut lines = text.content.lines().map(str::trim_start);
            lines.any(|line| line.starts_with(word) || line.starts_with(&item))
        };
        let other = [
            "clients:",
            "positions:",
            "apiVersion:",
            "services:",
            "tests:",
            "receivers:",
        ]
        .iter()
        .any(|it| begins(it));
        let loki = text.path.split('/').any(|part| part.contains("loki"));
        if other {
            None
        } else if begins("scrape_configs:") && holds("job_name:") {
            Some(Kind::Config)
        } else if holds_rules(text) && !loki {
            Some(Kind::Rules)
        } else {
            (begins("modules:") && holds("prober:")).then_some(Kind::Blackbox)
        }
    })
}
