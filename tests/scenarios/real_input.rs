//! The first user's own files: 23 services of two compose files.
//!
//! As they stand they must not deploy; mended by a small override they must.

use sinops_tests::engine::{self, Project};
use sinops_tests::http::{get, until};
use sinops_tests::{Folder, alone, real_input};

const FILES: [&str; 4] = [
    "-f",
    "docker-compose.enterprise.yml",
    "-f",
    "docker-compose.monitoring.yml",
];

const SETTINGS: &str = r#"
project: sin-real
gate: { timeout: 45s }
networks:
  sin-solver-network: { create: true, subnet: 172.20.0.0/16 }
tiers:
  - name: monitoring
    services: [room-25-*, room-26-*, room-27-*, room-28-*, room-29-*, room-30-node-exporter, room-31-*, room-32-*, room-33-*, room-34-*]
  - name: data
    services: [room-02-*, room-03-*, room-04-*]
  - name: applications
    services: ["*"]
pipelines:
  deploy: { steps: [deploy-prometheus, deploy-preflight, deploy-tiers] }
"#;

/// Mends what pre-flight and the gate name, and lets Prometheus read what is generated.
/// The stand-in of cAdvisor needs no privileges, and not every machine may give them. Promtail
/// mounts a folder below another mount that is read-only, where no engine can make it. Four
/// CPUs for one service are more than a small machine has.
const MENDED: &str = r#"
services:
  room-31-cadvisor:
    privileged: false
  room-28-promtail:
    volumes: !override
      - /var/log:/var/log:ro
      - ./monitoring/loki/promtail-config.yml:/etc/promtail/config.yml:ro
  room-13-api-brain:
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
    deploy: { resources: { limits: { cpus: '1' }, reservations: { cpus: '0.5' } } }
  room-25-prometheus:
    command:
      - --config.file=/etc/prometheus/generated/prometheus.yml
      - --storage.tsdb.path=/prometheus
      - --storage.tsdb.retention.time=30d
      - --web.enable-lifecycle
    volumes:
      - ./.sinops/generated/prometheus:/etc/prometheus/generated:ro
"#;

/// Configurations that the servers take: Alertmanager refuses the first user's own for a URL
/// that it does not expand, the blackbox exporter for the regular expression `+PONG`.
const CONFIGURATIONS: [(&str, &str); 2] = [
    (
        "monitoring/alertmanager/alertmanager.yml",
        "route: { receiver: none }\nreceivers: [{ name: none }]\n",
    ),
    (
        "monitoring/prometheus/blackbox.yml",
        "modules: { http_2xx: { prober: http } }\n",
    ),
];

fn prepared() -> Option<(Folder, Project)> {
    let source = real_input()?;
    if !engine::answers() {
        return None;
    }
    let folder = Folder::copy_of(&source);
    folder.write("sinops.yaml", SETTINGS);
    Some((folder, Project::guard("sin-real", &["sin-solver-network"])))
}

fn mend(folder: &Folder) {
    folder.write("init.sql", "select 1;\n");
    folder.write("override.yml", MENDED);
    for (name, text) in CONFIGURATIONS {
        folder.write(name, text);
    }
}

fn with_files<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    FILES.iter().copied().chain(rest.iter().copied()).collect()
}

#[test]
fn preflight_refuses_it_as_it_stands() {
    let _alone = alone();
    let Some((folder, project)) = prepared() else {
        return;
    };
    let refused = folder.sinops(&with_files(&["run", "deploy"])).expect(1);
    refused.says(&[
        "init.sql",
        "room-03-postgres-master",
        "room-13-api-brain",
        "port 80",
        "8000",
    ]);
    assert!(
        project.containers().is_empty(),
        "{:?}",
        project.containers()
    );
    assert!(project.networks().is_empty(), "{:?}", project.networks());
    assert!(
        !folder.path().join("init.sql").exists(),
        "the engine made a folder of that name"
    );
}

#[test]
fn the_gate_names_the_check_on_the_wrong_port_and_everything_is_undone() {
    let _alone = alone();
    let Some((folder, project)) = prepared() else {
        return;
    };
    mend(&folder);
    folder.write(
        "wrong.yml",
        "services: { room-13-api-brain: { healthcheck: { test: [CMD, curl, -f, 'http://localhost:80/health'] } } }\n",
    );
    let failed = folder
        .sinops(&with_files(&[
            "-f",
            "override.yml",
            "-f",
            "wrong.yml",
            "run",
            "deploy",
        ]))
        .expect(1);
    failed.says(&[
        "room-13-api-brain",
        "curl -f http://localhost:80/health",
        "refused",
        "undone",
    ]);
    assert!(
        project.containers().is_empty(),
        "{:?}",
        project.containers()
    );
    assert!(project.networks().is_empty(), "{:?}", project.networks());
    assert!(project.volumes().is_empty(), "{:?}", project.volumes());
}

#[test]
fn mended_all_23_come_up_with_our_prometheus_configuration_and_go_down() {
    let _alone = alone();
    let Some((folder, project)) = prepared() else {
        return;
    };
    mend(&folder);
    let files = ["-f", "override.yml", "run", "deploy"];
    folder.sinops(&with_files(&files)).expect(0);
    assert_eq!(project.running().len(), 23, "{:#?}", project.running());

    let generated = std::fs::read_to_string(
        folder
            .path()
            .join(".sinops/generated/prometheus/prometheus.yml"),
    )
    .unwrap();
    assert!(
        generated.contains("scrape_interval: \"15s\""),
        "{generated}"
    );
    let targets = until("Prometheus has loaded the generated configuration", || {
        let (status, body) = get("localhost:9090", "/api/v1/targets")?;
        let jobs = body.matches("\"scrapePool\"").count();
        (status == 200 && jobs >= 4).then_some(body)
    });
    for job in ["room-30-node-exporter", "room-27-alertmanager"] {
        assert!(targets.contains(job), "{job} is not a target: {targets}");
    }
    let before = project.running();
    folder
        .sinops(&with_files(&files))
        .expect(0)
        .says(&["nothing to do"]);
    assert_eq!(project.running(), before, "a second run touched containers");

    folder
        .sinops(&with_files(&["-f", "override.yml", "down"]))
        .expect(0);
    assert!(
        project.containers().is_empty(),
        "{:?}",
        project.containers()
    );
}
