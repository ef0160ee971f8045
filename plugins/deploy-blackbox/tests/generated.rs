//! What is generated, and what the blackbox exporter says of it; it comes from
//! the folder `SINOPS_TOOLS`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test fails by it"
)]

use deploy_blackbox::{Blackbox, CONFIG};
use serde_json::{Value, json};
use sinops_sdk::deploy_step::{DeployStep, Goal, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{Container, Service};
use sinops_sdk::{Error, read_settings};
use std::process::Command;

fn planning(definition: Value) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.project_directory = "/srv/shop".to_owned();
    planning.stack.output_directory = "/srv/shop/.sinops/generated".to_owned();
    planning.stack.services = vec![Service {
        name: "probe".to_owned(),
        image: Some("prom/blackbox-exporter:v0.25.0".to_owned()),
        config_hash: "hash".to_owned(),
        definition: definition.to_string(),
        ..Service::default()
    }];
    planning
}

fn mounted() -> Planning {
    planning(json!({
        "command": ["--config.file=/etc/blackbox_exporter/blackbox.yml"],
        "volumes": [{
            "source": "/srv/shop/.sinops/generated/blackbox",
            "target": "/etc/blackbox_exporter",
        }],
    }))
}

fn settings(text: Value) -> Blackbox {
    read_settings(&text.to_string()).unwrap()
}

fn own_module() -> Value {
    json!({ "http": { "api_health": {
        "status": [200, 204],
        "body-matches": ["\"status\": *\"(healthy|ready)\""],
        "headers": { "Accept": "application/json" },
        "bearer-token-file": "/run/secrets/api",
        "insecure": true,
        "follow-redirects": false,
        "method": "POST",
    } } })
}

fn written(proposal: &Proposal) -> &str {
    match &proposal.actions[0].operation {
        Operation::WriteFile(file) if file.path == CONFIG => &file.content,
        other => panic!("{other:?}"),
    }
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Blackbox>(&own_module());
}

#[test]
fn the_exporter_accepts_it() {
    let tools = std::path::PathBuf::from(std::env::var_os("SINOPS_TOOLS").unwrap_or_default());
    let program = tools.join("blackbox_exporter");
    if !program.is_file() {
        eprintln!("skipped: SINOPS_TOOLS has no blackbox_exporter");
        return;
    }
    let file = std::env::temp_dir().join(format!("sinops-blackbox-{}.yml", std::process::id()));
    for text in [
        json!({}),
        own_module(),
        json!({ "ip-protocol": "ip6", "timeout": "9s" }),
    ] {
        let proposal = settings(text).plan(&mounted()).unwrap();
        std::fs::write(&file, written(&proposal)).unwrap();
        let output = Command::new(&program)
            .arg("--config.check")
            .arg(format!("--config.file={}", file.display()))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    std::fs::remove_file(file).unwrap();
}

/// deploy-prometheus names them in its probes.
#[test]
fn the_modules_that_probes_name_are_there() {
    let proposal = Blackbox::default().plan(&mounted()).unwrap();
    assert_eq!(proposal.problems, []);
    for module in [
        "http_2xx",
        "http_2xx_insecure",
        "tcp_connect",
        "tls_connect",
        "redis_connect",
        "icmp",
    ] {
        assert!(
            written(&proposal).contains(&format!("\n  {module}:\n")),
            "{module}"
        );
    }
}

#[test]
fn a_running_exporter_reads_it_again() {
    let mut planning = mounted();
    planning.observed.containers.push(Container {
        id: "1".to_owned(),
        name: "probe".to_owned(),
        service: Some("probe".to_owned()),
        project: Some("shop".to_owned()),
        config_hash: Some("hash".to_owned()),
        ..Container::default()
    });
    let ids: Vec<String> = Blackbox::default()
        .plan(&planning)
        .unwrap()
        .actions
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(ids, [format!("write:{CONFIG}"), "reload:probe".to_owned()]);
}

#[test]
fn what_has_no_effect_is_said() {
    let said = |planning: &Planning| {
        let problems = Blackbox::default().plan(planning).unwrap().problems;
        problems.first().map(|it| it.path.join("."))
    };
    assert_eq!(
        said(&planning(json!({}))).as_deref(),
        Some("services.probe.volumes")
    );
    let mut folder = mounted();
    folder.stack.services[0].definition = json!({
        "volumes": [{ "source": "/srv/shop/.sinops/generated/blackbox", "target": "/etc/blackbox_exporter" }],
    })
    .to_string();
    assert_eq!(said(&folder).as_deref(), Some("services.probe.command"));
    folder.goal = Goal::Down;
    assert_eq!(Blackbox::default().plan(&folder), Ok(Proposal::default()));
}

#[test]
fn wrong_settings_name_the_key() {
    for (text, key) in [
        (json!({ "timeout": "soon" }), "settings.timeout: "),
        (json!({ "ip-protocol": "ip5" }), "settings.ip-protocol: "),
        (json!({ "http": { "icmp": {} } }), "settings.http.icmp: "),
        (
            json!({ "http": { "a": { "method": "PUT" } } }),
            "settings.http.a.method: ",
        ),
        (
            json!({ "http": { "a": { "status": [99] } } }),
            "settings.http.a.status: ",
        ),
        (
            json!({ "http": { "a": { "headers": { "Cookie": "x" } } } }),
            "settings.http.a.headers.Cookie: ",
        ),
    ] {
        let Err(Error::Settings(said)) = settings(text).plan(&mounted()) else {
            panic!("{key} is accepted");
        };
        assert!(said.starts_with(key), "{said}");
    }
}
