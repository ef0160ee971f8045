//! What is generated, by version and shipper.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test fails by it"
)]

use deploy_loki::{ALLOY, LOKI, Loki, PROMTAIL};
use serde_json::{Value, json};
use sinops_sdk::deploy_step::{DeployStep, Goal, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{Container, GeneratedFile, Service};
use sinops_sdk::{Error, Severity, read_settings};

fn service(name: &str, image: &str, folder: &str, command: &str) -> Service {
    let mount = |source: String, target: String| json!({ "type": "bind", "source": source, "target": target });
    Service {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        container_names: vec![name.to_owned()],
        networks: vec!["logs".to_owned()],
        config_hash: "hash".to_owned(),
        definition: json!({
            "command": command.split(' ').collect::<Vec<_>>(),
            "volumes": [
                mount(format!("/srv/out/{folder}"), format!("/etc/{folder}")),
                mount("/var/run/docker.sock".to_owned(), "/var/run/docker.sock".to_owned()),
            ],
        })
        .to_string(),
        ..Service::default()
    }
}

fn stack(loki: &str, shipper: Option<Service>) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.output_directory = "/srv/out".to_owned();
    planning.stack.services = vec![service(
        "logs",
        loki,
        "loki",
        "-config.file=/etc/loki/loki.yaml",
    )];
    planning.stack.services.extend(shipper);
    planning
}

fn alloy() -> Service {
    service(
        "ship",
        "grafana/alloy:v1.5.1",
        "alloy",
        "run /etc/alloy/config.alloy",
    )
}

fn promtail() -> Service {
    service(
        "ship",
        "grafana/promtail:2.9.3",
        "promtail",
        "-config.file=/etc/promtail/config.yml",
    )
}

fn plan(planning: &Planning) -> Proposal {
    Loki::default().plan(planning).unwrap()
}

fn written(proposal: &Proposal, path: &str) -> Option<String> {
    proposal
        .actions
        .iter()
        .find_map(|action| match &action.operation {
            Operation::WriteFile(file) if file.path == path => Some(file.content.clone()),
            _ => None,
        })
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Loki>(&json!({ "retention": "14d" }));
}

#[test]
fn retention_really_deletes_in_either_version() {
    let config = |image: &str| written(&plan(&stack(image, None)), LOKI).unwrap();
    for line in [
        "  max_query_lookback: \"72h\"\n",
        "  reporting_enabled: false\n",
    ] {
        assert!(config("grafana/loki:3.3.2").contains(line), "{line}");
    }
    for image in ["grafana/loki:3.3.2", "grafana/loki:latest", "grafana/loki"] {
        let config = config(image);
        assert!(
            config.contains("  delete_request_store: filesystem\n"),
            "{config}"
        );
        assert!(!config.contains("shared_store"), "version 3 refuses it");
    }
    let old = config("grafana/loki:2.9.3");
    assert!(old.contains("  shared_store: filesystem\n"), "{old}");
    assert!(!old.contains("delete_request_store"));
    assert!(old.contains("  allow_structured_metadata: false\n"));
    let settings = Loki {
        version: Some("2.9".to_owned()),
        ..Loki::default()
    };
    let untagged = settings.plan(&stack("grafana/loki", None)).unwrap();
    assert_eq!(written(&untagged, LOKI), Some(old.clone()));
    let ancient = plan(&stack("grafana/loki:2.8.4", None));
    assert!(ancient.actions.is_empty());
    assert_eq!(ancient.problems[0].severity, Severity::Critical);
    for line in [
        "  retention_enabled: true\n",
        "  retention_period: \"72h\"\n",
        "      store: tsdb\n",
        "      schema: v13\n",
        "        period: \"24h\"\n",
    ] {
        assert!(old.contains(line), "{line} is missing in\n{old}");
    }
}

#[test]
fn the_shipper_that_is_there_is_configured() {
    let proposal = plan(&stack("grafana/loki:3.3.2", Some(alloy())));
    assert_eq!(proposal.problems, []);
    let config = written(&proposal, ALLOY).unwrap();
    for part in [
        "values = [\"com.docker.compose.project=shop\"]",
        "url = \"http://logs:3100/loki/api/v1/push\"",
        "firstline     = \"^(?:\\\\d|",
        "values = { level = \"\" }",
        "project = \"shop\",",
    ] {
        assert!(config.contains(part), "{part} is missing in\n{config}");
    }
    let strings = regex::Regex::new(r#""(?:[^"\\]|\\.)*""#).unwrap();
    let bare = strings.replace_all(&config, "");
    assert_eq!(bare.matches('{').count(), bare.matches('}').count());
    assert_eq!(written(&proposal, PROMTAIL), None);

    let proposal = plan(&stack("grafana/loki:2.9.3", Some(promtail())));
    let config = written(&proposal, PROMTAIL).unwrap();
    assert!(
        config.contains("  - url: \"http://logs:3100/loki/api/v1/push\"\n"),
        "{config}"
    );
    assert!(
        config.contains("        firstline: \"^(?:\\\\d|"),
        "{config}"
    );
    assert_eq!(written(&proposal, ALLOY), None);
    assert!(
        proposal.problems[0].message.contains("end of life"),
        "{:?}",
        proposal.problems
    );
}

#[test]
fn a_changed_configuration_reaches_what_runs() {
    let mut planning = stack("grafana/loki:3.3.2", Some(alloy()));
    for name in ["logs", "ship"] {
        planning.observed.containers.push(Container {
            id: format!("id-{name}"),
            name: name.to_owned(),
            service: Some(name.to_owned()),
            project: Some("shop".to_owned()),
            config_hash: Some("hash".to_owned()),
            ..Container::default()
        });
    }
    let first = plan(&planning);
    let ids: Vec<&str> = first
        .actions
        .iter()
        .map(|action| action.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "write:loki/loki.yaml",
            "stop:logs",
            "start:logs",
            "gate:logs",
            "write:alloy/config.alloy",
            "reload:ship"
        ]
    );
    for path in [LOKI, ALLOY] {
        let content = written(&first, path).unwrap();
        planning.observed.files.push(GeneratedFile {
            path: path.to_owned(),
            content,
        });
    }
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn what_has_no_effect_is_said() {
    let said = |planning: &Planning| -> Vec<(Severity, String)> {
        plan(planning)
            .problems
            .into_iter()
            .map(|it| (it.severity, it.path.join(".")))
            .collect()
    };
    assert_eq!(
        said(&stack("grafana/loki:3.3.2", None)),
        [(Severity::Info, "services.logs".to_owned())]
    );

    let mut planning = stack("grafana/loki:3.3.2", Some(alloy()));
    planning.stack.services[0].definition = "{}".to_owned();
    planning.stack.services[1].definition = "{}".to_owned();
    planning.stack.services[1].networks.clear();
    let at = |path: &str| (Severity::Warning, path.to_owned());
    assert_eq!(
        said(&planning),
        [
            at("services.logs.volumes"),
            at("services.ship.volumes"),
            at("services.ship.volumes"),
            at("services.ship.networks"),
        ]
    );

    let mut planning = stack("grafana/loki:3.3.2", Some(alloy()));
    planning.stack.services[0] = service(
        "logs",
        "grafana/loki:3.3.2",
        "loki",
        "-config.file=/etc/loki/local-config.yaml",
    );
    assert_eq!(said(&planning), [at("services.logs.command")]);
}

#[test]
fn without_a_loki_there_is_nothing_to_do() {
    let mut planning = stack("grafana/loki:3.3.2", Some(alloy()));
    planning.goal = Goal::Down;
    assert_eq!(plan(&planning), Proposal::default());
    planning.goal = Goal::Up;
    planning.stack.services.remove(0);
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn wrong_settings_name_the_key() {
    for (settings, key) in [
        (json!({ "retention": "3" }), "settings.retention: "),
        (json!({ "retention": "12h" }), "settings.retention: "),
        (json!({ "version": "new" }), "settings.version: "),
        (json!({ "schema-from": "today" }), "settings.schema-from: "),
    ] {
        let loki: Loki = read_settings(&Value::to_string(&settings)).unwrap();
        let Err(Error::Settings(text)) = loki.plan(&Planning::default()) else {
            panic!("{settings} is accepted");
        };
        assert!(text.starts_with(key), "{text}");
    }
}
