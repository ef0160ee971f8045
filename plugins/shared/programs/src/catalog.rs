//! The programs, one table per subject. A program that is missing is one more
//! entry.

mod applications;
mod data;
mod exporters;
mod monitoring;

use crate::{Metrics, Program, Version};

pub(crate) const TABLES: [&[Program]; 4] = [
    monitoring::PROGRAMS,
    exporters::PROGRAMS,
    data::PROGRAMS,
    applications::PROGRAMS,
];

/// What Prometheus itself adds for every target.
pub(crate) const OF_EVERY_SCRAPE: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// Metrics that came later: metric, program, version.
pub(crate) const SINCE: &[(&str, &str, Version)] = &[
    ("container_health_state", "cadvisor", Version::new(0, 54)),
    (
        "container_oom_events_total",
        "cadvisor",
        Version::new(0, 40),
    ),
    (
        "pg_stat_activity_count",
        "postgres-exporter",
        Version::new(0, 3),
    ),
    (
        "pg_replication_lag_seconds",
        "postgres-exporter",
        Version::new(0, 12),
    ),
];

pub(crate) const fn served(port: u16) -> Metrics {
    Metrics::Served {
        port,
        path: "/metrics",
    }
}
