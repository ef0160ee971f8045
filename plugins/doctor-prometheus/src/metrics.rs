//! Metrics that nobody exports, and labels that they do not have.

use crate::Look;
use crate::files::Kind;
use crate::promql::Expression;
use crate::rules::within;
use sinops_config_check::{Node, Text};
use sinops_programs::{Provision, provider_names, provision, version};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

/// What Kubernetes adds to the metrics of cAdvisor, and nobody else does.
const KUBERNETES: &[&str] = &[
    "pod",
    "pod_name",
    "namespace",
    "container",
    "container_name",
];

pub(crate) fn check(
    look: &Look<'_>,
    text: &Text<'_>,
    expr: &Node,
    query: &str,
    expression: &Expression,
    problems: &mut Vec<Problem>,
) {
    let services = &look.set.planning.stack.services;
    // Without a stack, or with targets that come from elsewhere, anyone may export it.
    if !look.has_prometheus() || discovers_elsewhere(look) {
        return;
    }
    let mut named: Vec<&str> = Vec::new();
    for selector in &expression.selectors {
        let name = selector.name.as_str();
        let place = within(text, expr, query, &selector.span);
        if name.starts_with("container_") {
            kubernetes(text, expr, query, expression, &selector.labels, problems);
        }
        if name.is_empty() || named.contains(&name) || recorded(look, name) {
            continue;
        }
        named.push(name);
        let providers = provider_names(name);
        let programs = services.iter().filter_map(|service| {
            let image = service.image.as_deref()?;
            Some((sinops_programs::by_image(image)?, version::of(image)))
        });
        if providers.is_empty() {
            continue;
        }
        match provision(name, programs) {
            Provision::Known | Provision::Plausible => {}
            Provision::Since(version) => problems.push(
                text.problem(
                    Severity::Warning,
                    "prometheus/metric-version",
                    place,
                    format!("`{name}` comes with {version} of its exporter, the stack runs an older one: the rule never fires"),
                )
                .hint("use a newer image"),
            ),
            Provision::No => problems.push(
                text.problem(
                    Severity::Warning,
                    "prometheus/metric-without-exporter",
                    place,
                    format!("nothing in the stack exports `{name}`: the rule never fires"),
                )
                .hint(format!("it comes from {}: add it and scrape it, or take the rule out", providers.join(" or "))),
            ),
        }
    }
}

fn kubernetes(
    text: &Text<'_>,
    expr: &Node,
    query: &str,
    expression: &Expression,
    labels: &[(String, std::ops::Range<usize>)],
    problems: &mut Vec<Problem>,
) {
    let foreign = labels
        .iter()
        .chain(&expression.grouping)
        .find(|(label, _)| KUBERNETES.contains(&label.as_str()));
    if let Some((label, span)) = foreign {
        problems.push(
            text.problem(
                Severity::Warning,
                "prometheus/kubernetes-label",
                within(text, expr, query, span),
                format!(
                    "cAdvisor without Kubernetes sets no label `{label}`: the rule never fires here"
                ),
            )
            .hint("its labels on plain Docker are `id`, `name` and `image`: use `name`"),
        );
    }
}

/// A rule of this set writes it, or Prometheus itself does.
fn recorded(look: &Look<'_>, name: &str) -> bool {
    if matches!(name, "ALERTS" | "ALERTS_FOR_STATE" | "up") || name.starts_with("scrape_") {
        return true;
    }
    look.files.of(&look.set, Kind::Rules).any(|text| {
        text.root.as_ref().is_ok_and(|root| {
            root.list("groups")
                .flat_map(|group| group.list("rules"))
                .any(|rule| rule.text_of("record") == Some(name))
        })
    })
}

/// A job finds targets by something else than this stack.
fn discovers_elsewhere(look: &Look<'_>) -> bool {
    const OWN: &[&str] = &[
        "static_configs",
        "file_sd_configs",
        "docker_sd_configs",
        "dockerswarm_sd_configs",
        "relabel_configs",
        "metric_relabel_configs",
    ];
    look.files.of(&look.set, Kind::Config).any(|text| {
        text.root.as_ref().is_ok_and(|root| {
            root.list("scrape_configs").any(|job| {
                job.entries().iter().any(|entry| {
                    entry.name.ends_with("_sd_configs") && !OWN.contains(&entry.name.as_str())
                })
            })
        })
    })
}
