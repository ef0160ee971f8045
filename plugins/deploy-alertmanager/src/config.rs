//! alertmanager.yml: routes, receivers, times and inhibition.

use crate::check::seconds;
use crate::settings::{Alertmanager, Receiver, Slack, Time};
use crate::{MADE, TEMPLATE_GLOB};
use serde_json::{Map, Value, json};
use sinops_programs::{Version, version::has};
use sinops_sdk::yaml;

/// The receiver that tells nobody.
pub(crate) const NOBODY: &str = "nobody";

/// What came with which version.
const APP_TOKEN_FILE: Version = Version::new(0, 30);
const UPDATE_MESSAGE: Version = Version::new(0, 32);

/// Where the Web API of Slack takes messages.
const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

pub(crate) fn file(settings: &Alertmanager, version: Option<Version>) -> String {
    let mut out = format!("# {MADE}\n");
    let mut part = |comment: &str, key: &str, value: Value| {
        if !comment.is_empty() {
            out.push_str(&format!("# {comment}\n"));
        }
        out.push_str(&yaml::document("", &json!({ key: value })));
    };
    if let Some(smtp) = &settings.smtp {
        let mut global = Map::new();
        global.insert("smtp_smarthost".into(), json!(smtp.smarthost));
        global.insert("smtp_from".into(), json!(smtp.from));
        if let Some(username) = &smtp.username {
            global.insert("smtp_auth_username".into(), json!(username));
        }
        if let Some(path) = &smtp.password_file {
            global.insert("smtp_auth_password_file".into(), json!(path));
        }
        global.insert("smtp_require_tls".into(), json!(smtp.require_tls));
        part("settings.smtp", "global", Value::Object(global));
    }
    part("", "templates", json!([TEMPLATE_GLOB]));
    part(
        "settings.receivers, in this order",
        "route",
        route(settings),
    );
    let receivers: Vec<Value> = std::iter::once(json!({ "name": NOBODY }))
        .chain(settings.receivers.iter().map(|it| receiver(it, version)))
        .collect();
    part("", "receivers", json!(receivers));
    if !settings.times.is_empty() {
        let times: Vec<Value> = settings
            .times
            .iter()
            .map(|(name, it)| json!({ "name": name, "time_intervals": [time(it)] }))
            .collect();
        part("settings.times", "time_intervals", json!(times));
    }
    out.push_str(INHIBITION);
    out
}

fn route(settings: &Alertmanager) -> Value {
    let first = settings.receivers.first().map_or(NOBODY, |it| &it.name);
    let mut routes = vec![json!({
        "receiver": settings.watchdog.as_deref().unwrap_or(NOBODY),
        "matchers": ["alertname=\"Watchdog\""],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "5m",
    })];
    routes.extend(settings.receivers.iter().map(|it| child(settings, it)));
    json!({
        "receiver": first,
        "group_by": settings.group_by,
        "group_wait": settings.group_wait,
        "group_interval": settings.group_interval,
        "repeat_interval": settings.repeat_interval,
        "routes": routes,
    })
}

/// Everyone who asks for an alert gets it: each route goes on to the next.
fn child(settings: &Alertmanager, receiver: &Receiver) -> Value {
    let mut matchers = Vec::new();
    if !receiver.severities.is_empty() {
        matchers.push(format!("severity=~\"{}\"", receiver.severities.join("|")));
    }
    matchers.extend(receiver.matchers.iter().cloned());
    let mut route = Map::new();
    route.insert("receiver".into(), json!(receiver.name));
    if !matchers.is_empty() {
        route.insert("matchers".into(), json!(matchers));
    }
    if receiver.severities == ["critical"] {
        let repeat = seconds(&settings.repeat_interval).unwrap_or(14_400) / 4;
        let group = seconds(&settings.group_interval).unwrap_or(300);
        route.insert("group_wait".into(), json!("10s"));
        route.insert(
            "repeat_interval".into(),
            json!(format!("{}s", repeat.max(group))),
        );
    }
    for (key, times) in [
        ("active_time_intervals", &receiver.active),
        ("mute_time_intervals", &receiver.mute),
    ] {
        if !times.is_empty() {
            route.insert(key.into(), json!(times));
        }
    }
    route.insert("continue".into(), json!(true));
    Value::Object(route)
}

fn receiver(receiver: &Receiver, version: Option<Version>) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), json!(receiver.name));
    if let Some(it) = &receiver.slack {
        entry.insert("slack_configs".into(), json!([slack(it, version)]));
    }
    if let Some(email) = &receiver.email {
        entry.insert(
            "email_configs".into(),
            json!([{
                "to": email.to,
                "send_resolved": true,
                "headers": { "Subject": "{{ template \"sinops.title\" . }}" },
                "html": "",
                "text": "{{ template \"sinops.text\" . }}",
            }]),
        );
    }
    if let Some(pagerduty) = &receiver.pagerduty {
        entry.insert(
            "pagerduty_configs".into(),
            json!([{
                "routing_key_file": pagerduty.routing_key_file,
                "send_resolved": true,
                "severity": "{{ if eq .CommonLabels.severity \"critical\" }}critical{{ else if eq .CommonLabels.severity \"info\" }}info{{ else }}warning{{ end }}",
                "description": "{{ template \"sinops.title\" . }}",
                "details": { "alerts": "{{ template \"sinops.text\" . }}" },
            }]),
        );
    }
    Value::Object(entry)
}

fn slack(slack: &Slack, version: Option<Version>) -> Value {
    let mut entry = Map::new();
    if let Some(path) = &slack.api_url_file {
        entry.insert("api_url_file".into(), json!(path));
    }
    if let Some(path) = &slack.app_token_file {
        let updates = slack.update_message && has(version, UPDATE_MESSAGE);
        if has(version, APP_TOKEN_FILE) && !updates {
            entry.insert("app_token_file".into(), json!(path));
        } else {
            // The same call, as it had to be written before; and as it still
            // has to be for updates: without `api_url` they crash it.
            entry.insert("api_url".into(), json!(POST_MESSAGE));
            entry.insert(
                "http_config".into(),
                json!({ "authorization": { "credentials_file": path } }),
            );
        }
        if updates {
            entry.insert("update_message".into(), json!(true));
        }
    }
    for (key, value) in [
        ("channel", json!(slack.channel)),
        ("send_resolved", json!(true)),
        (
            "color",
            json!(
                "{{ if eq .Status \"resolved\" }}good{{ else if eq .CommonLabels.severity \"critical\" }}danger{{ else }}warning{{ end }}"
            ),
        ),
        ("title", json!("{{ template \"sinops.title\" . }}")),
        ("title_link", json!("{{ .ExternalURL }}")),
        ("text", json!("{{ template \"sinops.text\" . }}")),
    ] {
        entry.insert(key.into(), value);
    }
    Value::Object(entry)
}

/// Whether something in the settings needs a later version.
pub(crate) fn too_old(settings: &Alertmanager, version: Option<Version>) -> bool {
    let updates = settings
        .receivers
        .iter()
        .filter_map(|it| it.slack.as_ref())
        .any(|slack| slack.update_message);
    updates && !has(version, UPDATE_MESSAGE)
}

fn time(time: &Time) -> Value {
    let mut entry = Map::new();
    if !time.weekdays.is_empty() {
        entry.insert("weekdays".into(), json!(time.weekdays));
    }
    if let (Some(from), Some(to)) = (&time.from, &time.to) {
        entry.insert(
            "times".into(),
            json!([{ "start_time": from, "end_time": to }]),
        );
    }
    if let Some(location) = &time.location {
        entry.insert("location".into(), json!(location));
    }
    Value::Object(entry)
}

const INHIBITION: &str = r#"inhibit_rules:
  # what is critical of a service mutes what is less of it
  - source_matchers: ["severity=\"critical\"", "service=~\".+\"", "subject!=\"host\""]
    target_matchers: ["severity=~\"warning|info\"", "subject!=\"host\""]
    equal: [project, service]
  # of a machine only the same resource: its disk says nothing of its memory
  - source_matchers: ["alertname=\"HostCpuCritical\""]
    target_matchers: ["alertname=\"HostCpuHigh\""]
    equal: [project, instance]
  - source_matchers: ["alertname=\"HostMemoryCritical\""]
    target_matchers: ["alertname=\"HostMemoryHigh\""]
    equal: [project, instance]
  - source_matchers: ["alertname=\"HostDiskCritical\""]
    target_matchers: ["alertname=~\"HostDiskHigh|HostDiskFullSoon\""]
    equal: [project, instance, mountpoint]
  # the machine of the stack is down, and its containers with it
  - source_matchers: ["alertname=\"HostDown\"", "outside=\"\""]
    target_matchers: ["subject=\"container\""]
    equal: [project]
  # what a deploy does on purpose
  - source_matchers: ["alertname=\"DeployInProgress\""]
    target_matchers:
      - "alertname=~\"ContainerRestarting|ContainerGone|ContainerAbsent|ContainerUnhealthy|ServiceFlapping|TraefikServerDown|EngineContainersStopped\""
    equal: [project]
"#;
