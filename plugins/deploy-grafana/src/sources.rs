//! Data sources and the dashboard provider, as Grafana provisions them.

use serde_json::{Map, Value, json};
use sinops_programs::{Program, scrape};
use sinops_sdk::types::{Service, Stack};

/// Uid of Prometheus.
pub const PROMETHEUS: &str = "sinops-prometheus";
/// Uid of Loki.
pub const LOKI: &str = "sinops-loki";
/// Uid of the Alertmanager.
pub const ALERTMANAGER: &str = "sinops-alertmanager";

/// A program that Grafana can ask.
#[derive(Debug, Clone, Copy)]
struct Kind {
    program: &'static str,
    name: &'static str,
    uid: &'static str,
    /// Grafana's name of the kind.
    kind: &'static str,
    /// Port of its API, where it is not the one of its metrics.
    port: Option<u16>,
}

const KINDS: [Kind; 5] = [
    Kind {
        program: "prometheus",
        name: "Prometheus",
        uid: PROMETHEUS,
        kind: "prometheus",
        port: None,
    },
    Kind {
        program: "loki",
        name: "Loki",
        uid: LOKI,
        kind: "loki",
        port: Some(3100),
    },
    Kind {
        program: "alertmanager",
        name: "Alertmanager",
        uid: ALERTMANAGER,
        kind: "alertmanager",
        port: None,
    },
    Kind {
        program: "jaeger",
        name: "Jaeger",
        uid: "sinops-jaeger",
        kind: "jaeger",
        port: Some(16686),
    },
    Kind {
        program: "tempo",
        name: "Tempo",
        uid: "sinops-tempo",
        kind: "tempo",
        port: Some(3200),
    },
];

/// A data source of this stack.
#[derive(Debug, Clone)]
pub(crate) struct Source<'s> {
    kind: Kind,
    /// The service that answers.
    pub(crate) service: &'s Service,
    url: String,
}

/// What there is to ask, of each kind the first.
pub(crate) fn of<'s>(stack: &'s Stack, grafana: &Service) -> Vec<Source<'s>> {
    let on_host = stack.engine == "process" || uses_host_network(grafana);
    let found = KINDS.into_iter().filter_map(|kind| {
        let service = running(&stack.services, kind.program)?;
        let host = if on_host { "localhost" } else { &service.name };
        let port = kind.port.or_else(|| {
            let program: &Program = sinops_programs::named(kind.program)?;
            Some(scrape(program, &service.compose()).ok()?.port)
        })?;
        Some(Source {
            kind,
            service,
            url: format!("http://{host}:{port}"),
        })
    });
    found.collect()
}

/// Jaeger comes in an image that is named otherwise.
fn running<'s>(services: &'s [Service], program: &str) -> Option<&'s Service> {
    services.iter().find(|service| {
        let image = service.program();
        sinops_programs::of(service).is_some_and(|it| it.name == program)
            || image == program
            || (program == "jaeger"
                && image == "all-in-one"
                && service
                    .image
                    .as_deref()
                    .is_some_and(|it| it.contains("jaegertracing/")))
    })
}

fn uses_host_network(service: &Service) -> bool {
    let definition = service.compose();
    definition.get("network_mode").and_then(Value::as_str) == Some("host")
}

/// The provisioning file.
pub(crate) fn document(sources: &[Source<'_>]) -> Value {
    let sources: Vec<Value> = sources.iter().map(source).collect();
    json!({ "apiVersion": 1, "datasources": sources })
}

fn source(source: &Source<'_>) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), json!(source.kind.name));
    entry.insert("uid".into(), json!(source.kind.uid));
    entry.insert("type".into(), json!(source.kind.kind));
    entry.insert("access".into(), json!("proxy"));
    entry.insert("url".into(), json!(source.url));
    entry.insert("isDefault".into(), json!(source.kind.uid == PROMETHEUS));
    entry.insert("editable".into(), json!(false));
    let data = match source.kind.kind {
        "prometheus" => Some(json!({ "httpMethod": "POST", "timeInterval": "15s" })),
        "loki" => Some(json!({ "maxLines": 1000 })),
        "alertmanager" => Some(json!({
            "implementation": "prometheus",
            "handleGrafanaManagedAlerts": false,
        })),
        _ => None,
    };
    if let Some(data) = data {
        entry.insert("jsonData".into(), data);
    }
    Value::Object(entry)
}

/// The file that says where the dashboards are, inside the container.
pub(crate) fn provider(folder: &str) -> Value {
    json!({
        "apiVersion": 1,
        "providers": [{
            "name": "sinops",
            "type": "file",
            "folder": folder,
            "allowUiUpdates": false,
            "updateIntervalSeconds": 30,
            "options": { "path": "/etc/grafana/provisioning/dashboards/sinops" },
        }],
    })
}
