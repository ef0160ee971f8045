//! The settings of the plugin, as users write them.

use crate::rules;
use schemars::JsonSchema;
use serde::Deserialize;
use sinops_programs::Version;
use sinops_sdk::Error;
use std::collections::BTreeMap;

/// Settings of the plugin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prometheus {
    /// Time between scrapes and between evaluations of the rules.
    pub interval: String,
    /// How long samples should be kept; the flag is checked, not written: it
    /// belongs on the command line.
    pub retention: String,
    /// Version of Prometheus to write for; without it the tag of its image
    /// says, and a tag without a version is the newest.
    pub version: Option<String>,
    /// Write alert rules.
    pub alerts: bool,
    /// Changes to single alert rules, by name.
    pub rules: BTreeMap<String, Change>,
    /// What the links to runbooks begin with; the name of the alert and `.md`
    /// follow.
    pub runbooks: String,
    /// Names of the metrics that applications serve.
    pub application: Application,
    /// Probe services and endpoints through the blackbox exporter, if there is one.
    pub probes: bool,
    /// What to probe outside of the stack: `https://…`, `http://…`,
    /// `tcp://host:port`, `tls://host:port` or `icmp://host`.
    pub endpoints: Vec<String>,
    /// Where the engine serves its metrics (its `metrics-addr`): `host:9323`.
    pub engine: Option<String>,
    /// Where sinops serves its own metrics: `host:port`.
    pub sinops: Option<String>,
    /// What to scrape outside of the stack.
    pub targets: Vec<Outside>,
}

/// What is different about an alert rule.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Change {
    /// `false`: leave it out. `true`: it has to be there, and it is an error
    /// when nothing serves its metrics.
    pub enabled: Option<bool>,
    /// The value that it compares with.
    pub threshold: Option<f64>,
    /// How long it has to hold before it fires.
    #[serde(rename = "for")]
    pub hold: Option<String>,
    /// `critical`, `warning` or `info`.
    pub severity: Option<String>,
}

/// Names of the metrics that applications serve.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Application {
    /// The counter of requests.
    pub requests: String,
    /// Its label that holds the HTTP status.
    pub status_label: String,
    /// The histogram of how long requests take, in seconds.
    pub duration: String,
}

/// Something to scrape outside of the stack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Outside {
    /// Name of its job; of a known program like `node-exporter` its rules come
    /// with it.
    pub job: String,
    /// `host:port`, any number.
    pub addresses: Vec<String>,
    /// Where it serves metrics; `/metrics` if not said.
    pub path: Option<String>,
}

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            interval: "15s".to_owned(),
            retention: "30d".to_owned(),
            version: None,
            alerts: true,
            rules: BTreeMap::new(),
            runbooks: "docs/runbooks/".to_owned(),
            application: Application::default(),
            probes: true,
            endpoints: Vec::new(),
            engine: None,
            sinops: None,
            targets: Vec::new(),
        }
    }
}

impl Default for Application {
    fn default() -> Self {
        Self {
            requests: "http_requests_total".to_owned(),
            status_label: "code".to_owned(),
            duration: "http_request_duration_seconds".to_owned(),
        }
    }
}

impl Prometheus {
    /// What the schema cannot check.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (key, value) in [("interval", &self.interval), ("retention", &self.retention)] {
            duration(&format!("settings.{key}"), value)?;
        }
        if let Some(version) = &self.version
            && Version::parse(version).is_none()
        {
            return wrong(format!(
                "settings.version: `{version}` is no version like 2.53 or 3.5.0"
            ));
        }
        let names = &self.application;
        for (key, value) in [
            ("requests", &names.requests),
            ("status-label", &names.status_label),
            ("duration", &names.duration),
        ] {
            if !is_name(value) {
                return wrong(format!(
                    "settings.application.{key}: `{value}` is no name of a metric or label"
                ));
            }
        }
        for (name, change) in &self.rules {
            self.check_rule(name, change)?;
        }
        let mut jobs: Vec<&str> = Vec::new();
        for outside in &self.targets {
            let job = outside.job.as_str();
            if job.is_empty() || jobs.contains(&job) || crate::targets::OTHER_JOBS.contains(&job) {
                return wrong(format!(
                    "settings.targets: `{job}` is no name for a job, is there twice, or is taken"
                ));
            }
            jobs.push(&outside.job);
        }
        let addresses = self.targets.iter().flat_map(|it| &it.addresses);
        for address in addresses.chain(&self.engine).chain(&self.sinops) {
            let port = address
                .rsplit_once(':')
                .map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) || address.contains('/') {
                return wrong(format!("settings: `{address}` is no `host:port`"));
            }
        }
        for endpoint in &self.endpoints {
            crate::probes::endpoint(endpoint).map_err(Error::Settings)?;
        }
        Ok(())
    }

    fn check_rule(&self, name: &str, change: &Change) -> Result<(), Error> {
        let key = format!("settings.rules.{name}");
        let Some(rule) = rules::named(name) else {
            let nearest = rules::nearest(name);
            return wrong(format!(
                "{key}: there is no such rule; do you mean `{nearest}`?"
            ));
        };
        if change.threshold.is_some() && rule.threshold.is_none() {
            return wrong(format!("{key}.threshold: this rule compares with nothing"));
        }
        if change.threshold.is_some_and(|it| !it.is_finite()) {
            return wrong(format!("{key}.threshold: this is no number"));
        }
        if let Some(hold) = &change.hold {
            duration(&format!("{key}.for"), hold)?;
        }
        match change.severity.as_deref() {
            None | Some("critical" | "warning" | "info") => Ok(()),
            Some(other) => wrong(format!(
                "{key}.severity: `{other}` is none of critical, warning and info"
            )),
        }
    }
}

fn wrong<T>(text: String) -> Result<T, Error> {
    Err(Error::Settings(text))
}

fn duration(key: &str, value: &str) -> Result<(), Error> {
    if is_duration(value) {
        return Ok(());
    }
    wrong(format!(
        "{key}: `{value}` is no duration like 15s, 5m or 30d"
    ))
}

/// Whether Prometheus takes it for the name of a metric or label.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// Whether Prometheus takes it for a duration: `15s`, `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some((number, unit)) = rest.split_at_checked(digits) else {
            return false;
        };
        let Some(unit) = ["ms", "s", "m", "h", "d", "w", "y"]
            .iter()
            .find(|it| unit.starts_with(**it))
        else {
            return false;
        };
        if number.is_empty() {
            return false;
        }
        rest = rest.get(digits + unit.len()..).unwrap_or_default();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_are_those_of_prometheus() {
        for right in ["15s", "1h30m", "30d", "500ms", "1y"] {
            assert!(is_duration(right), "{right}");
        }
        for wrong in ["", "15", "s", "15 s", "1.5h", "-1s", "15x"] {
            assert!(!is_duration(wrong), "{wrong}");
        }
    }
}
