//! What is generated, and that Prometheus takes every expression of it.
//!
//! promtool comes from the folder `SINOPS_TOOLS`, or else from PATH; where there is none,
//! the test says that it is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by it"
)]

use deploy_grafana::{ALERTMANAGER, DASHBOARDS, Grafana, LOKI, PROMETHEUS, PROVIDER, SOURCES};
use serde_json::{Value, json};
use sinops_programs::Provision;
use sinops_sdk::deploy_step::{DeployStep, Goal, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{Container, GeneratedFile, Service};
use sinops_sdk::{Error, Severity};
use std::collections::BTreeSet;

fn service(name: &str, image: &str) -> Service {
    Service {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        networks: vec!["back".to_owned()],
        config_hash: "hash".to_owned(),
        definition: json!({ "volumes": [{
            "type": "bind",
            "source": "/srv/out/grafana/provisioning",
            "target": "/etc/grafana/provisioning",
        }] })
        .to_string(),
        ..Service::default()
    }
}

fn stack(services: &[(&str, &str)]) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.output_directory = "/srv/out".to_owned();
    planning.stack.services = services
        .iter()
        .map(|(name, image)| service(name, image))
        .collect();
    planning
}

const ALL: [(&str, &str); 18] = [
    ("charts", "grafana/grafana:12.2.1"),
    ("metrics", "prom/prometheus:v3.5.0"),
    ("alerts", "prom/alertmanager:v0.28.1"),
    ("lines", "grafana/loki:3.5.7"),
    ("traces", "jaegertracing/all-in-one:1.50.0"),
    ("node", "prom/node-exporter:v1.10.2"),
    ("containers", "ghcr.io/google/cadvisor:0.56.1"),
    ("probes", "prom/blackbox-exporter:v0.27.0"),
    ("pushes", "prom/pushgateway:v1.11.2"),
    ("events", "prom/statsd-exporter:v0.28.0"),
    (
        "pg",
        "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
    ),
    ("my", "prom/mysqld-exporter:v0.16.0"),
    (
        "es",
        "quay.io/prometheuscommunity/elasticsearch-exporter:v1.8.0",
    ),
    ("mongo", "percona/mongodb_exporter:0.43.1"),
    ("cache", "oliver006/redis_exporter:v1.67.0"),
    ("mem", "quay.io/prometheus/memcached-exporter:v0.15.0"),
    ("queue", "rabbitmq:4-management"),
    ("web", "shop/web:1"),
];

fn plan(planning: &Planning) -> Proposal {
    Grafana::default().plan(planning).unwrap()
}

fn files(proposal: &Proposal) -> Vec<(String, String)> {
    let files = proposal.actions.iter();
    files
        .filter_map(|action| match &action.operation {
            Operation::WriteFile(file) => Some((file.path.clone(), file.content.clone())),
            _ => None,
        })
        .collect()
}

fn dashboards(planning: &Planning) -> Vec<(String, Value)> {
    let files = files(&plan(planning)).into_iter();
    files
        .filter_map(|(path, content)| {
            let name = path.strip_prefix(DASHBOARDS)?.strip_prefix('/')?;
            let name = name.strip_suffix(".json").unwrap();
            Some((name.to_owned(), serde_json::from_str(&content).unwrap()))
        })
        .collect()
}

/// Every value of a key, wherever it stands.
fn found<'v>(value: &'v Value, key: &str, into: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get(key));
            fields.values().for_each(|field| found(field, key, into));
        }
        Value::Array(items) => items.iter().for_each(|item| found(item, key, into)),
        _ => {}
    }
}

/// Expressions with the uid of who is asked.
fn expressions(dashboard: &Value) -> Vec<(String, String)> {
    let mut lists = Vec::new();
    found(dashboard, "targets", &mut lists);
    let targets = lists.into_iter().flat_map(|list| list.as_array().unwrap());
    let annotations = dashboard["annotations"]["list"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    targets
        .chain(annotations)
        .map(|it| (text(&it["datasource"]["uid"]), text(&it["expr"])))
        .collect()
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Grafana>(&json!({ "folder": "Shop", "without": ["host"] }));
}

#[test]
fn dashboards_are_sound() {
    let planning = stack(&ALL);
    let sources = files(&plan(&planning));
    let (_, sources) = sources.iter().find(|(path, _)| path == SOURCES).unwrap();
    let all = dashboards(&planning);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "stack",
            "applications",
            "databases",
            "caches",
            "host",
            "containers",
            "monitoring",
            "alerts",
            "logs"
        ]
    );
    let mut uids = BTreeSet::new();
    for (name, dashboard) in &all {
        let uid = dashboard["uid"].as_str().unwrap();
        assert!(uid.len() <= 40 && uids.insert(uid), "{uid}");
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<u64> = panels.iter().map(|it| it["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}: ids of panels");
        let places: BTreeSet<String> = panels.iter().map(|it| it["gridPos"].to_string()).collect();
        assert_eq!(places.len(), panels.len(), "{name}: panels on one another");
        for panel in panels {
            let place = &panel["gridPos"];
            assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24);
        }
        let mut asked = Vec::new();
        found(dashboard, "datasource", &mut asked);
        assert!(!asked.is_empty());
        for source in asked {
            let uid = source["uid"].as_str().unwrap();
            assert!(sources.contains(&format!("uid: {uid}\n")), "{name}: {uid}");
        }
        assert!(!dashboard.to_string().contains("${DS_"), "{name}");
    }
}

#[test]
fn data_sources_have_fixed_uids_and_ports_that_answer() {
    let all = files(&plan(&stack(&ALL)));
    let (_, sources) = all.iter().find(|(path, _)| path == SOURCES).unwrap();
    for (uid, url) in [
        (PROMETHEUS, "http://metrics:9090"),
        (LOKI, "http://lines:3100"),
        (ALERTMANAGER, "http://alerts:9093"),
        ("sinops-jaeger", "http://traces:16686"),
    ] {
        assert!(sources.contains(&format!("uid: {uid}\n")), "{sources}");
        assert!(sources.contains(&format!("url: \"{url}\"\n")), "{sources}");
    }
    let (_, provider) = all.iter().find(|(path, _)| path == PROVIDER).unwrap();
    assert!(provider.contains("folder: shop\n"), "{provider}");
    assert!(provider.contains("path: /etc/grafana/provisioning/dashboards/sinops\n"));
}

/// Words that PromQL itself knows.
fn is_own(word: &str) -> bool {
    const OWN: [&str; 34] = [
        "sum",
        "min",
        "max",
        "avg",
        "count",
        "by",
        "rate",
        "increase",
        "changes",
        "topk",
        "time",
        "vector",
        "or",
        "sort",
        "sort_desc",
        "name",
        "service",
        "instance",
        "job",
        "mode",
        "state",
        "device",
        "datname",
        "area",
        "integration",
        "reason",
        "type",
        "rule_group",
        "alertname",
        "severity",
        "alertstate",
        "project",
        "fstype",
        "on",
    ];
    OWN.contains(&word)
}

/// Names of metrics in an expression: words outside of strings and ranges.
fn metrics(expression: &str) -> BTreeSet<String> {
    let outside: String = expression.split('"').step_by(2).collect();
    let mut depth = 0;
    let bare: String = outside
        .chars()
        .map(|letter| {
            match letter {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            if depth > 0 { ' ' } else { letter }
        })
        .collect();
    bare.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_' || it == ':'))
        .filter(|word| word.starts_with(|it: char| it.is_ascii_alphabetic()) && !is_own(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_is_served_by_a_program_of_the_stack() {
    let planning = stack(&ALL);
    let programs: Vec<_> = planning
        .stack
        .services
        .iter()
        .filter_map(sinops_programs::of)
        // It runs beside the stack.
        .chain(sinops_programs::named("sinops"))
        .collect();
    let mut seen = 0;
    for (name, dashboard) in dashboards(&planning) {
        for (uid, expression) in expressions(&dashboard) {
            if uid != PROMETHEUS {
                continue;
            }
            for metric in metrics(&expression) {
                seen += 1;
                let of_prometheus = metric == "ALERTS" || metric == "ALERTS_FOR_STATE";
                let known = programs.iter().map(|program| (*program, None));
                let provision = sinops_programs::provision(&metric, known);
                assert!(
                    of_prometheus || matches!(provision, Provision::Known | Provision::Plausible),
                    "{name}: `{metric}` of `{expression}` is served by nobody"
                );
            }
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn prometheus_takes_every_expression() {
    let mut rules = String::from("groups:\n- name: panels\n  rules:\n");
    let mut count = 0;
    for (_, dashboard) in dashboards(&stack(&ALL)) {
        for (uid, expression) in expressions(&dashboard) {
            if uid == PROMETHEUS {
                count += 1;
                let expression = expression.replace("$__rate_interval", "5m");
                rules.push_str(&format!(
                    "  - record: panel:{count}\n    expr: {}\n",
                    Value::String(expression)
                ));
            }
        }
    }
    assert!(count > 60, "{count}");
    let mut ran = 0;
    for name in ["promtool", "promtool-2"] {
        let tool = std::env::var_os("SINOPS_TOOLS").map_or_else(
            || name.into(),
            |folder| std::path::PathBuf::from(folder).join(name),
        );
        let file = std::env::temp_dir().join(format!("sinops-panels-{}.yml", std::process::id()));
        std::fs::write(&file, &rules).unwrap();
        let output = std::process::Command::new(tool)
            .args(["check", "rules", "--lint=none"])
            .arg(&file)
            .output();
        let Ok(output) = output else { continue };
        ran += 1;
        std::fs::remove_file(&file).unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains(&format!("{count} rules found")), "{said}");
    }
    if ran == 0 {
        println!("skipped: there is no promtool in SINOPS_TOOLS or PATH");
    }
}

#[test]
fn only_what_is_provided_is_shown() {
    let small = stack(&[
        ("charts", "grafana/grafana:12.2.1"),
        ("metrics", "prom/prometheus:v3.5.0"),
    ]);
    let all = dashboards(&small);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["stack", "applications", "monitoring", "alerts"]);
    for (name, dashboard) in &all {
        for (_, expression) in expressions(dashboard) {
            for foreign in ["node_", "container_", "probe_", "alertmanager_", "loki_"] {
                assert!(!expression.contains(foreign), "{name}: {expression}");
            }
        }
    }
    let settings = Grafana {
        without: vec!["alerts".to_owned()],
        ..Grafana::default()
    };
    let without = files(&settings.plan(&small).unwrap());
    assert!(
        without
            .iter()
            .all(|(path, _)| !path.ends_with("alerts.json"))
    );
}

#[test]
fn changed_data_sources_restart_it_and_dashboards_do_not() {
    let mut planning = stack(&ALL);
    planning.observed.containers.push(Container {
        id: "id".to_owned(),
        name: "charts".to_owned(),
        service: Some("charts".to_owned()),
        project: Some("shop".to_owned()),
        config_hash: Some("hash".to_owned()),
        ..Container::default()
    });
    let ids = |proposal: &Proposal| -> Vec<String> {
        proposal.actions.iter().map(|it| it.id.clone()).collect()
    };
    let first = plan(&planning);
    assert!(ids(&first).contains(&"stop:charts".to_owned()));
    assert!(ids(&first).contains(&"gate:charts".to_owned()));
    for (path, content) in files(&first) {
        let content = if path.ends_with("host.json") {
            String::new()
        } else {
            content
        };
        planning
            .observed
            .files
            .push(GeneratedFile { path, content });
    }
    assert_eq!(
        ids(&plan(&planning)),
        [format!("write:{DASHBOARDS}/host.json")]
    );
}

#[test]
fn what_has_no_effect_is_said() {
    assert_eq!(plan(&stack(&ALL)).problems, []);
    let mut planning = stack(&ALL);
    planning.stack.services[0].definition = "{}".to_owned();
    planning.stack.services[1].networks = vec!["other".to_owned()];
    let problems = plan(&planning).problems;
    let said: Vec<(Severity, String)> = problems
        .into_iter()
        .map(|it| (it.severity, it.path.join(".")))
        .collect();
    assert_eq!(
        said,
        [
            (Severity::Warning, "services.charts.volumes".to_owned()),
            (Severity::Warning, "services.charts.networks".to_owned()),
        ]
    );
}

#[test]
fn without_a_grafana_there_is_nothing_to_do() {
    let mut planning = stack(&ALL);
    planning.goal = Goal::Down;
    assert_eq!(plan(&planning), Proposal::default());
    planning.goal = Goal::Up;
    planning.stack.services.remove(0);
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn a_wrong_setting_names_the_key() {
    let settings = Grafana {
        without: vec!["hosts".to_owned()],
        ..Grafana::default()
    };
    let Err(Error::Settings(text)) = settings.plan(&Planning::default()) else {
        panic!("it is accepted");
    };
    assert!(text.starts_with("settings.without: "), "{text}");
}
