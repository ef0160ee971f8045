//! A dashboard as rows of tables, and as Grafana's JSON.
//!
//! Only panels whose metrics somebody in the stack provides are shown; a dashboard without
//! any is not made.

use crate::panel::Panel;
use crate::sources::{LOKI, PROMETHEUS};
use serde_json::{Map, Value, json};
use sinops_sdk::types::Stack;

/// Columns of a page.
const WIDTH: u16 = 24;

/// A dashboard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dashboard {
    /// Name of the file; the uid is `sinops-<file>`.
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) variables: &'static [Variable],
    pub(crate) panels: &'static [&'static [Panel]],
}

/// Something that the reader chooses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The label whose values there are.
    pub(crate) label: &'static str,
    /// The series that have it; none: streams of Loki.
    pub(crate) series: Option<&'static str>,
}

/// The JSON, or none where nothing in the stack provides for it.
pub(crate) fn of(dashboard: &Dashboard, stack: &Stack) -> Option<Value> {
    let shown: Vec<&Panel> = dashboard
        .panels
        .iter()
        .flat_map(|panels| panels.iter())
        .filter(|panel| provided(panel, stack))
        .collect();
    if shown.is_empty() {
        return None;
    }
    let variables: Vec<Value> = dashboard
        .variables
        .iter()
        .filter(|variable| variable.series.is_some() || there(stack, "loki"))
        .map(variable)
        .collect();
    Some(json!({
        "uid": format!("sinops-{}", dashboard.file),
        "title": dashboard.title,
        "description": "Written by sinops (deploy-grafana).",
        "tags": ["sinops"],
        "schemaVersion": 39,
        "version": 1,
        "editable": false,
        "refresh": "30s",
        "timezone": "browser",
        "time": { "from": "now-3h", "to": "now" },
        "graphTooltip": 1,
        "links": [{
            "type": "dashboards",
            "title": "sinops",
            "tags": ["sinops"],
            "asDropdown": true,
            "keepTime": true,
        }],
        "annotations": { "list": annotations(stack) },
        "templating": { "list": variables },
        "panels": placed(&shown),
    }))
}

fn there(stack: &Stack, program: &str) -> bool {
    sinops_programs::running(&stack.services, program)
        .next()
        .is_some()
}

fn provided(panel: &Panel, stack: &Stack) -> bool {
    match panel.from {
        "" => there(stack, "prometheus"),
        "loki-logs" => there(stack, "loki"),
        program => there(stack, "prometheus") && there(stack, program),
    }
}

/// From left to right, and below each other.
fn placed(panels: &[&Panel]) -> Vec<Value> {
    let (mut x, mut y, mut row) = (0, 0, 0);
    let mut placed = Vec::with_capacity(panels.len());
    for (id, panel) in panels.iter().enumerate() {
        let (width, height) = panel.size();
        if x + width > WIDTH {
            (x, y, row) = (0, y + row, 0);
        }
        placed.push(panel.json(id + 1, x, y));
        x += width;
        row = row.max(height);
    }
    placed
}

/// Marks where a release was deployed (as `sinops run monitor` serves it), and where a
/// container (or, without cAdvisor, a process) started: a deploy, or a restart.
fn annotations(stack: &Stack) -> Vec<Value> {
    if !there(stack, "prometheus") {
        return Vec::new();
    }
    let (expression, title) = if there(stack, "cadvisor") {
        (
            "max by (name) (container_start_time_seconds{name!=\"\"}) * 1000",
            "{{name}} started",
        )
    } else {
        (
            "max by (service) (process_start_time_seconds) * 1000",
            "{{service}} started",
        )
    };
    let deploys = "max by (project) (sinops_release_timestamp_seconds) * 1000";
    [
        ("Deploys", "green", deploys, "{{project}} deployed"),
        ("Starts", "blue", expression, title),
    ]
    .map(|(name, color, expression, title)| {
        json!({
            "name": name,
            "enable": true,
            "iconColor": color,
            "datasource": { "type": "prometheus", "uid": PROMETHEUS },
            "expr": expression,
            "titleFormat": title,
            "step": "60s",
            "useValueForTime": true,
        })
    })
    .to_vec()
}

fn variable(variable: &Variable) -> Value {
    let Variable {
        name,
        title,
        label,
        series,
    } = variable;
    let mut entry = Map::new();
    entry.insert("name".into(), json!(name));
    entry.insert("label".into(), json!(title));
    entry.insert("type".into(), json!("query"));
    let (source, query) = match series {
        Some(series) => (
            json!({ "type": "prometheus", "uid": PROMETHEUS }),
            json!({ "query": format!("label_values({series}, {label})"), "refId": name }),
        ),
        None => (
            json!({ "type": "loki", "uid": LOKI }),
            json!({ "type": 1, "label": label, "stream": "", "refId": name }),
        ),
    };
    entry.insert("datasource".into(), source);
    entry.insert("query".into(), query);
    entry.insert("includeAll".into(), json!(true));
    entry.insert("allValue".into(), json!(".+"));
    entry.insert("multi".into(), json!(true));
    entry.insert("refresh".into(), json!(2));
    entry.insert("sort".into(), json!(1));
    let all = json!({ "text": ["All"], "value": ["$__all"] });
    entry.insert("current".into(), all);
    Value::Object(entry)
}
