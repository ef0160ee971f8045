//! What is generated, and what promtool says of it. `SINOPS_PROMTOOL` names
//! one or several programs, separated by `:`; without it they come from the
//! folder `SINOPS_TOOLS`, and at last from PATH.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test fails by it"
)]

use deploy_prometheus::{CONFIG, Prometheus, RULES};
use serde_json::{Value, json};
use sinops_sdk::deploy_step::{DeployStep, Goal, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{Container, GeneratedFile, Service, label};
use sinops_sdk::{Error, read_settings};
use std::process::Command;

fn service(name: &str, image: &str, definition: Value) -> Service {
    Service {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        container_names: vec![name.to_owned()],
        networks: vec!["shop_default".to_owned()],
        config_hash: "hash".to_owned(),
        definition: definition.to_string(),
        ..Service::default()
    }
}

fn stack(image: &str) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.project_directory = "/srv/shop".to_owned();
    planning.stack.output_directory = "/srv/shop/.sinops/generated".to_owned();
    let mut app = service(
        "app",
        "shop/app:1",
        json!({ "ports": [{ "target": 8000 }] }),
    );
    app.labels = vec![
        label("prometheus.io/scrape", "true"),
        label("prometheus.io/path", "/m"),
    ];
    planning.stack.services = vec![
        service(
            "prom",
            image,
            json!({
                "command": ["--storage.tsdb.retention.time=30d"],
                "volumes": [{
                    "type": "bind",
                    "source": "/srv/shop/.sinops/generated/prometheus",
                    "target": "/etc/prometheus",
                }],
            }),
        ),
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
        service(
            "db",
            "postgres:16",
            json!({ "ports": [{ "target": 5432 }] }),
        ),
        app,
    ];
    planning
}

fn plan(planning: &Planning) -> Proposal {
    Prometheus::default().plan(planning).unwrap()
}

fn written(proposal: &Proposal, path: &str) -> String {
    proposal
        .actions
        .iter()
        .find_map(|action| match &action.operation {
            Operation::WriteFile(file) if file.path == path => Some(file.content.clone()),
            _ => None,
        })
        .unwrap_or_else(|| panic!("{path} is not written"))
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Prometheus>(&json!({ "interval": "30s", "retention": "90d" }));
}

#[test]
fn the_configuration_names_what_is_there() {
    let proposal = plan(&stack("prom/prometheus:v2.53.3"));
    assert_eq!(proposal.problems, []);
    assert_eq!(
        written(&proposal, CONFIG),
        r#"# Written by sinops (deploy-prometheus); changes here are lost.
global:
  scrape_interval: "15s"
  evaluation_interval: "15s"
  external_labels:
    project: shop
rule_files:
  - "rules/*.yml"
alerting:
  alertmanagers:
    - static_configs:
        - targets:
            - "alerts:9093"
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets:
          - "localhost:9090"
        labels:
          service: prom
  - job_name: alertmanager
    static_configs:
      - targets:
          - "alerts:9093"
        labels:
          service: alerts
  - job_name: node-exporter
    static_configs:
      - targets:
          - "node:9100"
        labels:
          service: node
  - job_name: cadvisor
    static_configs:
      - targets:
          - "cadvisor:8080"
        labels:
          service: cadvisor
  - job_name: pushgateway
    honor_labels: true
    static_configs:
      - targets:
          - "push:9999"
        labels:
          service: push
  - job_name: app/m
    metrics_path: /m
    static_configs:
      - targets:
          - "app:8000"
        labels:
          service: app
"#
    );
}

#[test]
fn version_3_gets_a_fallback_for_services_without_a_content_type() {
    let config = |image| written(&plan(&stack(image)), CONFIG);
    assert!(config("prom/prometheus:v3.5.0").contains("fallback_scrape_protocol"));
    assert!(!config("prom/prometheus:v2.53.3").contains("fallback_scrape_protocol"));
    assert!(!config("prom/prometheus:latest").contains("fallback_scrape_protocol"));
}

fn promtools() -> Vec<String> {
    let named = std::env::var("SINOPS_PROMTOOL").unwrap_or_default();
    let mut programs: Vec<String> = named
        .split(':')
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    if programs.is_empty() {
        let tools = std::path::PathBuf::from(std::env::var_os("SINOPS_TOOLS").unwrap_or_default());
        programs = ["promtool", "promtool-2"]
            .iter()
            .map(|name| tools.join(name))
            .filter(|program| program.is_file())
            .map(|program| program.display().to_string())
            .collect();
    }
    if programs.is_empty() && Command::new("promtool").arg("--version").output().is_ok() {
        programs.push("promtool".to_owned());
    }
    programs
}

#[test]
fn promtool_accepts_it() {
    let programs = promtools();
    if programs.is_empty() {
        eprintln!("skipped: neither SINOPS_PROMTOOL nor SINOPS_TOOLS nor PATH has a promtool");
        return;
    }
    for program in programs {
        let version = Command::new(&program).arg("--version").output().unwrap();
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let image = if version.contains("version 3") {
            "prom/prometheus:v3.5.0"
        } else {
            "prom/prometheus:v2.53.3"
        };
        let proposal = plan(&stack(image));
        let folder = std::env::temp_dir().join(format!("sinops-promtool-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("prometheus/rules")).unwrap();
        for path in [CONFIG, RULES] {
            std::fs::write(folder.join(path), written(&proposal, path)).unwrap();
        }
        for arguments in [
            vec!["check", "config", CONFIG],
            vec!["check", "rules", "--lint=all", "--lint-fatal", RULES],
        ] {
            let output = Command::new(&program)
                .current_dir(&folder)
                .args(&arguments)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{program} {arguments:?}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn an_unchanged_file_is_left_alone_and_a_changed_one_is_read_again() {
    let mut planning = stack("prom/prometheus:v2.53.3");
    let first = plan(&planning);
    for path in [CONFIG, RULES] {
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
    planning.stack.services[6].definition = "{}".to_owned();
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
