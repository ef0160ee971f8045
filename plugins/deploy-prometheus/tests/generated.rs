//! What is generated, and what promtool says of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test fails by it"
)]

#[path = "shop/mod.rs"]
mod shop;

use deploy_prometheus::{CONFIG, Prometheus, RECORDING, RULES, TARGETS};
use serde_json::json;
use shop::{Folder, everything, prometheus, promtools, service, settings, written};
use sinops_sdk::Severity::Info;
use sinops_sdk::deploy_step::{DeployStep, Goal, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{Container, GeneratedFile, label};
use sinops_sdk::{Error, read_settings};

fn stack(image: &str) -> Planning {
    let mut app = service(
        "app",
        "shop/app:1",
        json!({
            "ports": [{ "target": 8000 }],
            "healthcheck": { "test": ["CMD", "curl", "-f", "http://localhost:8000/health"] },
        }),
    );
    app.labels = vec![
        label("prometheus.io/scrape", "true"),
        label("prometheus.io/path", "/m"),
    ];
    shop::planning(vec![
        prometheus(image),
        service(
            "alerts",
            "quay.io/prometheus/alertmanager:v0.28.1",
            json!({}),
        ),
        service("node", "prom/node-exporter:v1.7.0", json!({})),
        service("cadvisor", "gcr.io/cadvisor/cadvisor:v0.47.2", json!({})),
        service(
            "push",
            "prom/pushgateway:v1.6.2",
            json!({ "command": ["--web.listen-address=:9999"] }),
        ),
        service("blackbox", "prom/blackbox-exporter:v0.24.0", json!({})),
        service(
            "db",
            "postgres:16",
            json!({ "ports": [{ "target": 5432 }] }),
        ),
        service(
            "db-exporter",
            "prometheuscommunity/postgres-exporter:v0.17.1",
            json!({ "environment": { "DATA_SOURCE_URI": "db:5432/postgres" } }),
        ),
        service("worker", "shop/worker:1", json!({})),
        app,
    ])
}

fn plan(planning: &Planning) -> Proposal {
    Prometheus::default().plan(planning).unwrap()
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Prometheus>(&json!({ "interval": "30s", "retention": "90d" }));
}

/// `SINOPS_WRITE_EXPECTED=1` writes what is expected anew.
#[test]
fn the_configuration_names_what_is_there() {
    let proposal = plan(&stack("prom/prometheus:v2.53.3"));
    assert_eq!(proposal.problems, []);
    let text = written(&proposal, CONFIG);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expected/prometheus.yml");
    if std::env::var_os("SINOPS_WRITE_EXPECTED").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap());
}

#[test]
fn version_3_gets_a_fallback_for_services_without_a_content_type() {
    let config = |image| written(&plan(&stack(image)), CONFIG);
    assert!(config("prom/prometheus:v3.5.0").contains("fallback_scrape_protocol"));
    assert!(!config("prom/prometheus:v2.53.3").contains("fallback_scrape_protocol"));
    assert!(config("prom/prometheus:latest").contains("fallback_scrape_protocol"));
    let older = Prometheus {
        version: Some("2.53".to_owned()),
        ..Prometheus::default()
    };
    let proposal = older.plan(&stack("prom/prometheus:latest")).unwrap();
    assert!(!written(&proposal, CONFIG).contains("fallback_scrape_protocol"));
}

#[test]
fn promtool_accepts_it() {
    for (program, image) in promtools() {
        for (name, settings, planning) in [
            ("small", Prometheus::default(), stack(image)),
            ("all", settings(), everything(image)),
        ] {
            let mut planning = planning;
            planning.stack.services[0].definition = json!({
                "volumes": [{ "source": "/var/run/docker.sock", "target": "/var/run/docker.sock" }],
            })
            .to_string();
            let proposal = settings.plan(&planning).unwrap();
            let folder = Folder::with(&format!("promtool-{name}"), &proposal);
            folder.run(&program, &["check", "config", CONFIG]);
            for rules in [RULES, RECORDING] {
                let lint = ["check", "rules", "--lint=all", "--lint-fatal", rules];
                folder.run(&program, &lint);
            }
        }
    }
}

#[test]
fn the_engine_is_asked_only_where_its_socket_is_mounted() {
    let mut planning = stack("prom/prometheus:v3.5.0");
    assert!(!written(&plan(&planning), CONFIG).contains("docker_sd_configs"));
    planning.stack.services[0].definition = json!({
        "volumes": [{ "source": "/run/docker.sock", "target": "/var/run/docker.sock" }],
    })
    .to_string();
    assert!(written(&plan(&planning), CONFIG).contains("docker_sd_configs"));
}

#[test]
fn a_database_without_an_exporter_gets_the_fragment_that_adds_it() {
    let mut planning = stack("prom/prometheus:v3.5.0");
    planning
        .stack
        .services
        .retain(|it| it.name != "db-exporter");
    let problems = plan(&planning).problems;
    let said: Vec<_> = problems.iter().filter(|it| it.severity == Info).collect();
    assert_eq!(said.len(), 1, "{problems:?}");
    assert!(said[0].message.contains("`db` runs PostgreSQL"), "{said:?}");
    let hint = said[0].hint.as_deref().unwrap();
    for part in [
        "  db-exporter:\n",
        "DATA_SOURCE_URI=db:5432/postgres?sslmode=disable",
    ] {
        assert!(hint.contains(part), "{hint}");
    }
    assert!(!written(&plan(&planning), CONFIG).contains("postgres-exporter"));
}

#[test]
fn every_job_has_its_own_name() {
    let mut planning = everything("prom/prometheus:v3.5.0");
    let mut app = service(
        "file",
        "shop/file:1",
        json!({ "ports": [{ "target": 80 }] }),
    );
    app.labels = vec![label("prometheus.io/scrape", "true")];
    planning.stack.services.push(app);
    let mut settings = settings();
    settings.targets = serde_json::from_value(json!([
        { "job": "node-exporter", "addresses": ["192.0.2.7:9100"] },
    ]))
    .unwrap();
    let text = written(&settings.plan(&planning).unwrap(), CONFIG);
    assert!(text.contains("outside: \"true\""), "{text}");
    let jobs: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- job_name: "))
        .collect();
    let unique: std::collections::BTreeSet<&&str> = jobs.iter().collect();
    assert_eq!(unique.len(), jobs.len(), "{jobs:?}");
    assert!(jobs.len() >= 15, "{jobs:?}");
}

#[test]
fn an_unchanged_file_is_left_alone_and_a_changed_one_is_read_again() {
    let mut planning = stack("prom/prometheus:v2.53.3");
    let first = plan(&planning);
    for path in [CONFIG, RULES, RECORDING, TARGETS] {
        planning.observed.files.push(GeneratedFile {
            path: path.to_owned(),
            content: written(&first, path),
        });
    }
    planning.observed.containers.push(Container {
        id: "1".to_owned(),
        name: "prom".to_owned(),
        service: Some("prom".to_owned()),
        project: Some("shop".to_owned()),
        config_hash: Some("hash".to_owned()),
        ..Container::default()
    });
    assert_eq!(plan(&planning), Proposal::default());

    planning.observed.files[0]
        .content
        .push_str("# changed by hand\n");
    let ids: Vec<(String, Vec<String>)> = plan(&planning)
        .actions
        .into_iter()
        .map(|it| (it.id, it.after))
        .collect();
    let write = format!("write:{CONFIG}");
    assert_eq!(
        ids,
        [
            (write.clone(), vec![]),
            ("reload:prom".to_owned(), vec![write])
        ]
    );

    planning.observed.containers[0].config_hash = Some("about to be replaced".to_owned());
    assert_eq!(plan(&planning).actions.len(), 1);
}

#[test]
fn what_has_no_effect_is_said() {
    let mut planning = stack("prom/prometheus:v2.53.3");
    planning.stack.services[0].definition =
        json!({ "command": ["--web.enable-lifecycle"] }).to_string();
    planning.stack.services[2].networks = vec!["other".to_owned()];
    planning.stack.services[9].definition = "{}".to_owned();
    let said: Vec<(String, String)> = plan(&planning)
        .problems
        .into_iter()
        .map(|it| (it.path.join("."), it.hint.unwrap()))
        .collect();
    assert_eq!(
        said.iter()
            .map(|(path, _)| path.as_str())
            .collect::<Vec<_>>(),
        [
            "services.node",
            "services.app.labels",
            "services.prom.command",
            "services.prom.volumes"
        ]
    );
    assert!(
        said[2].1.contains("--storage.tsdb.retention.time=30d"),
        "{said:?}"
    );
    assert!(
        said[3]
            .1
            .contains("`./.sinops/generated/prometheus:/etc/prometheus:ro`"),
        "{said:?}"
    );
    assert!(!written(&plan(&planning), CONFIG).contains("node:9100"));
}

#[test]
fn without_a_prometheus_there_is_nothing_to_do() {
    let mut planning = stack("prom/prometheus:v2.53.3");
    planning.stack.services.remove(0);
    assert_eq!(plan(&planning), Proposal::default());
    let mut planning = stack("prom/prometheus:v2.53.3");
    planning.goal = Goal::Down;
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn a_wrong_duration_names_the_key() {
    let settings: Prometheus = read_settings(r#"{"interval":"often"}"#).unwrap();
    let Err(Error::Settings(text)) = settings.plan(&Planning::default()) else {
        panic!("it is accepted");
    };
    assert!(text.starts_with("settings.interval: "), "{text}");
}
