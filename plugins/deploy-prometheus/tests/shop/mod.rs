//! A stack with everything that rules are about, and the tools that judge what
//! is generated for it. `SINOPS_PROMTOOL` names one or several promtools,
//! separated by `:`; without it they come from the folder `SINOPS_TOOLS`, and
//! at last from PATH.

#![allow(dead_code, reason = "each test uses a part")]

use deploy_prometheus::{CONFIG, Prometheus, RECORDING, RULES, TARGETS};
use serde_json::{Value, json};
use sinops_sdk::deploy_step::{DeployStep, Operation, Planning, Proposal};
use sinops_sdk::types::{Service, label};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn service(name: &str, image: &str, definition: Value) -> Service {
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

pub(crate) fn planning(services: Vec<Service>) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.project_directory = "/srv/shop".to_owned();
    planning.stack.output_directory = "/srv/shop/.sinops/generated".to_owned();
    planning.stack.services = services;
    planning
}

pub(crate) fn prometheus(image: &str) -> Service {
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
    )
}

/// One of each that a rule asks.
pub(crate) fn everything(image: &str) -> Planning {
    let mut services = vec![prometheus(image)];
    for (name, image) in [
        ("alerts", "prom/alertmanager"),
        ("node", "prom/node-exporter"),
        ("cadvisor", "ghcr.io/google/cadvisor"),
        ("push", "prom/pushgateway"),
        ("statsd", "prom/statsd-exporter"),
        ("blackbox", "prom/blackbox-exporter"),
        ("loki", "grafana/loki"),
        ("alloy", "grafana/alloy"),
        ("promtail", "grafana/promtail:2.9.3"),
        ("grafana", "grafana/grafana"),
        ("pg-exporter", "prometheuscommunity/postgres-exporter"),
        ("mysql-exporter", "prom/mysqld-exporter"),
        ("mongo-exporter", "percona/mongodb_exporter"),
        ("redis-exporter", "oliver006/redis_exporter"),
        ("memcached-exporter", "prom/memcached-exporter"),
        (
            "elastic-exporter",
            "prometheuscommunity/elasticsearch-exporter",
        ),
        ("nginx-exporter", "nginx/nginx-prometheus-exporter"),
        ("rabbit", "rabbitmq:4"),
    ] {
        services.push(service(name, image, json!({})));
    }
    services.push(service(
        "traefik",
        "traefik:3",
        json!({ "command": ["--metrics.prometheus=true"] }),
    ));
    let mut app = service(
        "app",
        "shop/app:1",
        json!({
            "ports": [{ "target": 8000 }],
            "healthcheck": { "test": ["CMD", "curl", "-f", "http://localhost:8000/health"] },
        }),
    );
    app.labels = vec![label("prometheus.io/scrape", "true")];
    services.push(app);
    let mut worker = service("worker", "shop/worker:1", json!({}));
    worker.networks = vec!["elsewhere".to_owned()];
    services.push(worker);
    planning(services)
}

/// Settings under which every rule has what it needs.
pub(crate) fn settings() -> Prometheus {
    Prometheus {
        engine: Some("host.docker.internal:9323".to_owned()),
        sinops: Some("host.docker.internal:9464".to_owned()),
        endpoints: vec![
            "https://shop.example/".to_owned(),
            "tls://shop.example:443".to_owned(),
            "icmp://192.0.2.1".to_owned(),
        ],
        ..Prometheus::default()
    }
}

pub(crate) fn plan(settings: &Prometheus, planning: &Planning) -> Proposal {
    settings.plan(planning).unwrap()
}

pub(crate) fn written(proposal: &Proposal, path: &str) -> String {
    proposal
        .actions
        .iter()
        .find_map(|action| match &action.operation {
            Operation::WriteFile(file) if file.path == path => Some(file.content.clone()),
            _ => None,
        })
        .unwrap_or_else(|| panic!("{path} is not written"))
}

/// A promtool and the image of a Prometheus of its generation.
pub(crate) fn promtools() -> Vec<(PathBuf, &'static str)> {
    let named = std::env::var("SINOPS_PROMTOOL").unwrap_or_default();
    let mut programs: Vec<PathBuf> = named
        .split(':')
        .filter(|it| !it.is_empty())
        .map(PathBuf::from)
        .collect();
    if programs.is_empty() {
        let tools = PathBuf::from(std::env::var_os("SINOPS_TOOLS").unwrap_or_default());
        programs = ["promtool", "promtool-2"]
            .iter()
            .map(|name| tools.join(name))
            .filter(|program| program.is_file())
            .collect();
    }
    if programs.is_empty() && Command::new("promtool").arg("--version").output().is_ok() {
        programs.push("promtool".into());
    }
    if programs.is_empty() {
        eprintln!("skipped: neither SINOPS_PROMTOOL nor SINOPS_TOOLS nor PATH has a promtool");
    }
    programs
        .into_iter()
        .map(|program| {
            let version = Command::new(&program).arg("--version").output().unwrap();
            let version = String::from_utf8_lossy(&version.stdout).into_owned();
            let image = if version.contains("version 3") {
                "prom/prometheus:v3.5.0"
            } else {
                "prom/prometheus:v2.53.3"
            };
            (program, image)
        })
        .collect()
}

/// A folder with what was generated, gone afterwards.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn with(name: &str, proposal: &Proposal) -> Self {
        let path = std::env::temp_dir().join(format!("sinops-{name}-{}", std::process::id()));
        for folder in ["prometheus/rules", "prometheus/targets"] {
            std::fs::create_dir_all(path.join(folder)).unwrap();
        }
        for file in [CONFIG, RULES, RECORDING, TARGETS] {
            std::fs::write(path.join(file), written(proposal, file)).unwrap();
        }
        Self(path)
    }

    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) {
        let output = Command::new(program)
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.status.success() && !said.contains("WARNING"),
            "{} {arguments:?}: {said}",
            program.display(),
        );
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
