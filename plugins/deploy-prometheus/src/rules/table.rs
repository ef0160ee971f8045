//! What an alert rule is.
//!
//! In expressions `{threshold}` stands for the rule's threshold, and
//! `{requests}`, `{status}` and `{duration}` for the metrics that applications
//! serve.

use sinops_programs::Version;

/// What a rule is about: rules of what is not there are not generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Whether what is scraped answers.
    Service,
    /// Probes from outside.
    Probe,
    /// Containers.
    Container,
    /// Machines.
    Host,
    /// Databases.
    Database,
    /// Caches.
    Cache,
    /// Queues and proxies.
    Middleware,
    /// What serves users.
    Application,
    /// The monitoring itself.
    Monitoring,
    /// The path of logs.
    Logs,
}

impl Subject {
    /// The value of the label `subject`, and the name of the rule group.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Probe => "probe",
            Self::Container => "container",
            Self::Host => "host",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Middleware => "middleware",
            Self::Application => "application",
            Self::Monitoring => "monitoring",
            Self::Logs => "logs",
        }
    }
}

/// An alert rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, also of its runbook.
    pub name: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// The program that serves its metrics; empty: any scrape does.
    pub exporter: &'static str,
    /// From this version of the exporter on it means what it says.
    pub since: Option<Version>,
    /// The metrics that it cannot do without.
    pub metrics: &'static [&'static str],
    /// PromQL.
    pub expression: &'static str,
    /// What `{threshold}` is unless settings say otherwise.
    pub threshold: Option<f64>,
    /// How long it has to hold; empty: not at all.
    pub hold: &'static str,
    /// `critical`, `warning`, `info` or `none`.
    pub severity: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What was measured.
    pub description: &'static str,
}

/// A rule with the usual severity of its threshold.
pub(crate) const fn rule(
    name: &'static str,
    subject: Subject,
    exporter: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    Rule {
        name,
        subject,
        exporter,
        since: None,
        metrics,
        expression,
        threshold: None,
        hold: "",
        severity: "critical",
        summary: "",
        description: "",
    }
}

impl Rule {
    pub(crate) const fn over(mut self, threshold: f64) -> Self {
        self.threshold = Some(threshold);
        self
    }

    pub(crate) const fn for_(mut self, hold: &'static str) -> Self {
        self.hold = hold;
        self
    }

    pub(crate) const fn severity(mut self, severity: &'static str) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) const fn warning(self) -> Self {
        self.severity("warning")
    }

    pub(crate) const fn since(mut self, version: Version) -> Self {
        self.since = Some(version);
        self
    }

    pub(crate) const fn says(mut self, summary: &'static str, description: &'static str) -> Self {
        self.summary = summary;
        self.description = description;
        self
    }
}
