//! A panel as a row of a table, and as Grafana's JSON.

use crate::sources::{LOKI, PROMETHEUS};
use serde_json::{Map, Value, json};

/// What a panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One number.
    Stat,
    /// A number that is bad when it is not zero.
    Count,
    /// A part of a whole, between 0 and 1.
    Gauge,
    /// Lines over time.
    Lines,
    /// States over time: 1 is well, 0 is not.
    States,
    /// What is the case now, a row for each series.
    Table,
    /// Lines of logs.
    Logs,
}

/// A query and the name of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) expression: &'static str,
    pub(crate) legend: &'static str,
}

/// A panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    /// Grafana's name of the unit.
    pub(crate) unit: &'static str,
    /// The program that provides the metrics, as in the catalog; `""`: Prometheus itself
    /// makes them.
    pub(crate) from: &'static str,
    pub(crate) queries: &'static [Query],
}

/// A query.
pub(crate) const fn query(expression: &'static str, legend: &'static str) -> Query {
    Query { expression, legend }
}

/// A panel.
pub(crate) const fn panel(
    kind: Kind,
    title: &'static str,
    unit: &'static str,
    from: &'static str,
    queries: &'static [Query],
) -> Panel {
    Panel {
        title,
        kind,
        unit,
        from,
        queries,
    }
}

impl Panel {
    /// Columns of twenty-four, and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        match self.kind {
            Kind::Stat | Kind::Count | Kind::Gauge => (6, 4),
            Kind::Lines => (12, 8),
            Kind::States | Kind::Table => (24, 10),
            Kind::Logs => (24, 16),
        }
    }

    /// It asks Loki, and not Prometheus.
    pub(crate) fn asks_loki(&self) -> bool {
        self.from == "loki-logs"
    }

    /// At a place of the page.
    pub(crate) fn json(&self, id: usize, x: u16, y: u16) -> Value {
        let (width, height) = self.size();
        let source = if self.asks_loki() {
            json!({ "type": "loki", "uid": LOKI })
        } else {
            json!({ "type": "prometheus", "uid": PROMETHEUS })
        };
        let targets: Vec<Value> = self
            .queries
            .iter()
            .zip('A'..='Z')
            .map(|(query, letter)| self.target(query, letter, &source))
            .collect();
        let mut panel = Map::new();
        panel.insert("id".into(), json!(id));
        panel.insert("type".into(), json!(self.kind.name()));
        panel.insert("title".into(), json!(self.title));
        panel.insert("datasource".into(), source);
        panel.insert(
            "gridPos".into(),
            json!({ "x": x, "y": y, "w": width, "h": height }),
        );
        panel.insert("targets".into(), json!(targets));
        panel.insert("options".into(), self.kind.options());
        if self.kind != Kind::Logs {
            let config = json!({ "defaults": self.field(), "overrides": [] });
            panel.insert("fieldConfig".into(), config);
        }
        if self.kind == Kind::Table {
            let hide = json!({ "excludeByName": { "Time": true, "__name__": true } });
            let sorted = json!([{ "id": "organize", "options": hide }]);
            panel.insert("transformations".into(), sorted);
        }
        Value::Object(panel)
    }

    fn target(&self, query: &Query, letter: char, source: &Value) -> Value {
        let mut target = Map::new();
        target.insert("refId".into(), json!(letter.to_string()));
        target.insert("datasource".into(), source.clone());
        target.insert("expr".into(), json!(query.expression));
        if !query.legend.is_empty() {
            target.insert("legendFormat".into(), json!(query.legend));
        }
        if self.asks_loki() {
            target.insert("queryType".into(), json!("range"));
        } else if self.kind == Kind::Table {
            target.insert("instant".into(), json!(true));
            target.insert("format".into(), json!("table"));
        }
        Value::Object(target)
    }

    fn field(&self) -> Value {
        let mut field = Map::new();
        field.insert("unit".into(), json!(self.unit));
        if self.unit == "percentunit" {
            field.insert("min".into(), json!(0));
            if self.kind == Kind::Gauge {
                field.insert("max".into(), json!(1));
            }
        }
        let steps = |steps: &[(Option<f64>, &str)]| {
            let steps: Vec<Value> = steps
                .iter()
                .map(|(value, color)| json!({ "value": value, "color": color }))
                .collect();
            json!({ "mode": "absolute", "steps": steps })
        };
        match self.kind {
            Kind::Count => {
                let steps = steps(&[(None, "green"), (Some(1.0), "red")]);
                field.insert("thresholds".into(), steps);
            }
            Kind::Gauge => {
                let marks = [(None, "green"), (Some(0.8), "orange"), (Some(0.9), "red")];
                field.insert("thresholds".into(), steps(&marks));
            }
            Kind::States => {
                let mapping = json!([{ "type": "value", "options": {
                    "0": { "text": "down", "color": "red" },
                    "1": { "text": "up", "color": "green" },
                } }]);
                field.insert("mappings".into(), mapping);
            }
            Kind::Lines => {
                let custom = json!({ "fillOpacity": 10, "showPoints": "never" });
                field.insert("custom".into(), custom);
            }
            Kind::Stat | Kind::Table | Kind::Logs => {}
        }
        Value::Object(field)
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Stat | Self::Count => "stat",
            Self::Gauge => "gauge",
            Self::Lines => "timeseries",
            Self::States => "state-timeline",
            Self::Table => "table",
            Self::Logs => "logs",
        }
    }

    fn options(self) -> Value {
        match self {
            Self::Stat | Self::Count | Self::Gauge => json!({
                "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
            }),
            Self::Lines => json!({
                "legend": { "displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"] },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Self::States => json!({ "mergeValues": true, "showValue": "never", "rowHeight": 0.9 }),
            Self::Table => json!({ "showHeader": true }),
            Self::Logs => json!({
                "showTime": true,
                "wrapLogMessage": true,
                "enableLogDetails": true,
                "sortOrder": "Descending",
                "dedupStrategy": "none",
            }),
        }
    }
}
