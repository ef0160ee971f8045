//! What is generated, and what amtool says of it; it comes from the folder
//! `SINOPS_TOOLS`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test fails by it"
)]

use deploy_alertmanager::{Alertmanager, CONFIG, TEMPLATES};
use serde_json::{Value, json};
use sinops_sdk::deploy_step::{DeployStep, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{Container, Service};
use sinops_sdk::{Error, read_settings};
use std::path::PathBuf;
use std::process::Command;

fn planning(image: &str) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.project_directory = "/srv/shop".to_owned();
    planning.stack.output_directory = "/srv/shop/.sinops/generated".to_owned();
    planning.stack.services = vec![Service {
        name: "alerts".to_owned(),
        image: Some(image.to_owned()),
        config_hash: "hash".to_owned(),
        definition: json!({
            "volumes": [{
                "source": "/srv/shop/.sinops/generated/alertmanager",
                "target": "/etc/alertmanager",
            }],
            "secrets": [{ "source": "slack" }, { "source": "pagerduty" }, { "source": "smtp" }],
        })
        .to_string(),
        ..Service::default()
    }];
    planning
}

fn everything() -> Value {
    json!({
        "receivers": [
            {
                "name": "on-call",
                "severities": ["critical"],
                "pagerduty": { "routing-key-file": "/run/secrets/pagerduty" },
            },
            {
                "name": "team",
                "severities": ["critical", "warning"],
                "slack": { "channel": "#alerts", "app-token-file": "/run/secrets/slack", "update-message": true },
            },
            {
                "name": "data",
                "matchers": ["subject=~\"database|cache\""],
                "mute": ["weekend"],
                "slack": { "channel": "#data", "api-url-file": "/run/secrets/slack" },
            },
            {
                "name": "mail",
                "severities": ["warning", "info"],
                "active": ["office"],
                "email": { "to": "ops@example.com" },
            },
            { "name": "heartbeat", "matchers": ["alertname=\"Nothing\""], "email": { "to": "beat@example.com" } },
        ],
        "watchdog": "heartbeat",
        "smtp": {
            "smarthost": "mail.example.com:587",
            "from": "alerts@example.com",
            "username": "alerts",
            "password-file": "/run/secrets/smtp",
        },
        "times": {
            "office": { "weekdays": ["monday:friday"], "from": "08:00", "to": "18:00", "location": "Europe/Berlin" },
            "weekend": { "weekdays": ["saturday", "sunday"] },
        },
    })
}

fn plan(text: &Value, image: &str) -> Proposal {
    let settings: Alertmanager = read_settings(&text.to_string()).unwrap();
    settings.plan(&planning(image)).unwrap()
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

/// A folder with what was generated, and amtool to ask about it.
struct Amtool {
    program: PathBuf,
    folder: PathBuf,
}

impl Amtool {
    fn with(name: &str, proposal: &Proposal) -> Option<Self> {
        let tools = PathBuf::from(std::env::var_os("SINOPS_TOOLS").unwrap_or_default());
        let program = tools.join("amtool");
        if !program.is_file() {
            eprintln!("skipped: SINOPS_TOOLS has no amtool");
            return None;
        }
        let folder =
            std::env::temp_dir().join(format!("sinops-amtool-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("alertmanager/templates")).unwrap();
        for path in [CONFIG, TEMPLATES] {
            std::fs::write(folder.join(path), written(proposal, path)).unwrap();
        }
        Some(Self { program, folder })
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.program)
            .current_dir(&self.folder)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{complained}");
        said
    }

    fn receivers(&self, labels: &[&str]) -> String {
        let config = format!("--config.file={CONFIG}");
        let mut arguments = vec!["config", "routes", "test", config.as_str()];
        arguments.extend(labels);
        self.run(&arguments).trim().to_owned()
    }
}

impl Drop for Amtool {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Alertmanager>(&everything());
}

#[test]
fn amtool_accepts_it_and_sends_alerts_where_they_belong() {
    let proposal = plan(&everything(), "prom/alertmanager:v0.33.0");
    assert_eq!(proposal.problems, []);
    let Some(amtool) = Amtool::with("all", &proposal) else {
        return;
    };
    let said = amtool.run(&["check-config", CONFIG]);
    for part in ["SUCCESS", "6 receivers", "6 inhibit rules", "1 templates"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    for (labels, receivers) in [
        (vec!["alertname=X", "severity=critical"], "on-call,team"),
        (vec!["alertname=X", "severity=warning"], "team,mail"),
        (vec!["alertname=X", "severity=info"], "mail"),
        (
            vec!["alertname=RedisDown", "severity=critical", "subject=cache"],
            "on-call,team,data",
        ),
        (vec!["alertname=Watchdog", "severity=none"], "heartbeat"),
        // What nobody asks for is not lost.
        (vec!["alertname=X", "severity=other"], "on-call"),
    ] {
        assert_eq!(amtool.receivers(&labels), receivers, "{labels:?}");
    }
}

#[test]
fn without_receivers_it_is_valid_and_says_so() {
    let proposal = plan(&json!({}), "prom/alertmanager");
    assert!(
        proposal.problems[0].message.contains("tells nobody"),
        "{proposal:?}"
    );
    if let Some(amtool) = Amtool::with("none", &proposal) {
        amtool.run(&["check-config", CONFIG]);
        assert_eq!(
            amtool.receivers(&["alertname=X", "severity=critical"]),
            "nobody"
        );
    }
}

#[test]
fn each_version_gets_what_it_knows() {
    let config = |image: &str| written(&plan(&everything(), image), CONFIG);
    let (old, middle, new) = (
        config("prom/alertmanager:v0.26.0"),
        config("prom/alertmanager:v0.31.1"),
        config("prom/alertmanager:latest"),
    );
    let call = "api_url: \"https://slack.com/api/chat.postMessage\"";
    assert!(
        !old.contains("app_token_file") && old.contains(call),
        "{old}"
    );
    assert!(
        middle.contains("app_token_file") && !middle.contains("update_message"),
        "{middle}"
    );
    // With an app_token_file, Alertmanager crashes on update_message.
    assert!(
        new.contains("update_message: true") && new.contains(call),
        "{new}"
    );
    let said = plan(&everything(), "prom/alertmanager:v0.28.1").problems;
    assert!(
        said.iter()
            .any(|it| it.message.contains("too old for update-message")),
        "{said:?}"
    );
    for (name, image) in [
        ("old", "prom/alertmanager:v0.26.0"),
        ("middle", "prom/alertmanager:v0.31.1"),
    ] {
        if let Some(amtool) = Amtool::with(name, &plan(&everything(), image)) {
            amtool.run(&["check-config", CONFIG]);
        }
    }
}

/// Debian's amtool takes the old form silently; nothing generated has it, nor
/// a secret, nor a variable that Alertmanager would not fill in.
#[test]
fn nothing_deprecated_and_no_secret_is_written() {
    let config = written(&plan(&everything(), "prom/alertmanager:v0.28.1"), CONFIG);
    for wrong in [
        "match:",
        "match_re:",
        "source_match:",
        "target_match:",
        "${",
        "password:",
        "api_url: \"https://hooks",
        "routing_key:",
        "app_token:",
    ] {
        assert!(!config.contains(wrong), "{wrong} in {config}");
    }
}

#[test]
fn a_missing_secret_and_a_missing_mount_are_said() {
    let mut planning = planning("prom/alertmanager:v0.33.0");
    planning.stack.services[0].definition = "{}".to_owned();
    let settings: Alertmanager = read_settings(&everything().to_string()).unwrap();
    let said: Vec<String> = settings
        .plan(&planning)
        .unwrap()
        .problems
        .into_iter()
        .map(|it| it.message)
        .collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].contains("does not mount"), "{said:?}");
    for (said, path) in said[1..].iter().zip(["pagerduty", "slack", "smtp"]) {
        assert!(said.contains(&format!("/run/secrets/{path}")), "{said}");
    }
}

#[test]
fn a_running_one_reads_it_again() {
    let mut planning = planning("prom/alertmanager:v0.33.0");
    planning.observed.containers.push(Container {
        id: "1".to_owned(),
        name: "alerts".to_owned(),
        service: Some("alerts".to_owned()),
        project: Some("shop".to_owned()),
        config_hash: Some("hash".to_owned()),
        ..Container::default()
    });
    let proposal = Alertmanager::default().plan(&planning).unwrap();
    let reload = proposal.actions.last().unwrap();
    assert_eq!(reload.id, "reload:alerts");
    assert_eq!(
        reload.after,
        [format!("write:{CONFIG}"), format!("write:{TEMPLATES}")]
    );
}

#[test]
fn wrong_settings_name_the_key() {
    let slack = json!({ "channel": "#a", "api-url-file": "/s" });
    for (text, key) in [
        (json!({ "group-wait": "soon" }), "settings.group-wait: "),
        (json!({ "version": "new" }), "settings.version: "),
        (json!({ "watchdog": "x" }), "settings.watchdog: "),
        (
            json!({ "receivers": [{ "name": "a" }] }),
            "settings.receivers[0]: `a` tells nobody",
        ),
        (
            json!({ "receivers": [{ "name": "a", "slack": slack }, { "name": "a", "slack": slack }] }),
            "settings.receivers[1].name: ",
        ),
        (
            json!({ "receivers": [{ "name": "a", "slack": { "channel": "#a" } }] }),
            "settings.receivers[0].slack: ",
        ),
        (
            json!({ "receivers": [{ "name": "a", "slack": { "channel": "#a", "api-url-file": "https://x" } }] }),
            "settings.receivers[0].slack.api-url-file: ",
        ),
        (
            json!({ "receivers": [{ "name": "a", "slack": slack, "severities": ["bad"] }] }),
            "settings.receivers[0].severities: ",
        ),
        (
            json!({ "receivers": [{ "name": "a", "slack": slack, "matchers": ["a: b"] }] }),
            "settings.receivers[0].matchers: ",
        ),
        (
            json!({ "receivers": [{ "name": "a", "slack": slack, "active": ["x"] }] }),
            "settings.receivers[0]: there is no `x`",
        ),
        (
            json!({ "receivers": [{ "name": "a", "email": { "to": "a@b" } }] }),
            "settings.receivers[0].email: ",
        ),
        (
            json!({ "times": { "t": { "weekdays": ["friday:monday"] } } }),
            "settings.times.t.weekdays: ",
        ),
        (
            json!({ "times": { "t": { "from": "18:00", "to": "08:00" } } }),
            "settings.times.t: ",
        ),
        (
            json!({ "times": { "t": { "from": "8", "to": "09:00" } } }),
            "settings.times.t: ",
        ),
        (
            json!({ "smtp": { "smarthost": "x", "from": "a@b" } }),
            "settings.smtp.smarthost: ",
        ),
    ] {
        let settings: Alertmanager = read_settings(&text.to_string()).unwrap();
        let Err(Error::Settings(said)) = settings.plan(&planning("prom/alertmanager")) else {
            panic!("{key} is accepted");
        };
        assert!(said.starts_with(key), "{said}");
    }
}
