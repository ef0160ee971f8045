//! Which tier a service probably belongs to, by the words of its image and
//! name. A guess for a file that a person reads before it is used.

use sinops_compose::{Project, Service};
use std::collections::BTreeMap;

/// The suggested tiers, first to start first.
pub(super) const TIERS: [&str; 3] = ["monitoring", "data", "applications"];
const MONITORING: usize = 0;
const DATA: usize = 1;
const APPLICATIONS: usize = 2;

const MONITORING_WORDS: [&str; 24] = [
    "alertmanager",
    "alloy",
    "blackbox",
    "cadvisor",
    "exporter",
    "fluentbit",
    "fluentd",
    "grafana",
    "jaeger",
    "loki",
    "netdata",
    "opentelemetry",
    "otel",
    "otelcol",
    "prometheus",
    "promtail",
    "pushgateway",
    "tempo",
    "telegraf",
    "thanos",
    "uptime",
    "vector",
    "victoriametrics",
    "zipkin",
];
const DATA_WORDS: [&str; 36] = [
    "cassandra",
    "chroma",
    "clickhouse",
    "cockroach",
    "cockroachdb",
    "consul",
    "couchdb",
    "elasticsearch",
    "etcd",
    "influxdb",
    "kafka",
    "keydb",
    "mariadb",
    "meilisearch",
    "memcached",
    "milvus",
    "minio",
    "mongo",
    "mongodb",
    "mosquitto",
    "mysql",
    "nats",
    "neo4j",
    "opensearch",
    "postgis",
    "postgres",
    "postgresql",
    "qdrant",
    "questdb",
    "rabbitmq",
    "redis",
    "redpanda",
    "timescaledb",
    "valkey",
    "weaviate",
    "zookeeper",
];
/// With one of these, the other words name what it is *for*.
const FRONT_WORDS: [&str; 8] = [
    "admin",
    "client",
    "commander",
    "dashboard",
    "express",
    "insight",
    "ui",
    "web",
];

/// Services by tier; tiers without services are left out.
pub(super) fn tiers(project: &Project) -> Vec<(&'static str, Vec<String>)> {
    let mut tier_of: BTreeMap<&str, usize> = project
        .services
        .iter()
        .map(|(name, service)| (name.as_str(), guess(name, service)))
        .collect();
    // A service never starts before what it depends on: it moves to the later
    // tier. Each round settles one more link of the longest chain.
    for _ in 0..project.services.len() {
        for (name, service) in &project.services {
            let latest = service
                .depends_on
                .keys()
                .filter_map(|other| tier_of.get(other.as_str()))
                .max();
            let latest = latest.copied().unwrap_or_default();
            if let Some(tier) = tier_of.get_mut(name.as_str()) {
                *tier = latest.max(*tier);
            }
        }
    }
    TIERS
        .iter()
        .enumerate()
        .map(|(index, title)| {
            let of_tier = |name: &&String| tier_of.get(name.as_str()) == Some(&index);
            (
                *title,
                project
                    .services
                    .keys()
                    .filter(of_tier)
                    .cloned()
                    .collect::<Vec<_>>(),
            )
        })
        .filter(|(_, services)| !services.is_empty())
        .collect()
}

fn guess(name: &str, service: &Service) -> usize {
    let image = service.image.as_deref().map(repository);
    let by_image = image.and_then(by_words);
    by_image.or_else(|| by_words(name)).unwrap_or(APPLICATIONS)
}

/// `ghcr.io/org/redis-exporter:1.2@sha256:…` is `redis-exporter`.
fn repository(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next().unwrap_or(last)
}

fn by_words(text: &str) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> = text.split(|it: char| !it.is_ascii_alphanumeric()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    if has(&MONITORING_WORDS) {
        Some(MONITORING)
    } else if has(&DATA_WORDS) {
        Some(if has(&FRONT_WORDS) {
            APPLICATIONS
        } else {
            DATA
        })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_compose::Dependency;

    fn service(image: &str, depends_on: &[&str]) -> Service {
        let on = Dependency {
            condition: "service_started".into(),
            restart: false,
            required: true,
        };
        Service {
            image: (!image.is_empty()).then(|| image.to_owned()),
            depends_on: depends_on
                .iter()
                .map(|&name| (name.to_owned(), on.clone()))
                .collect(),
            ..Service::default()
        }
    }

    fn suggested(services: &[(&str, &str, &[&str])]) -> Vec<(&'static str, Vec<String>)> {
        let services = services
            .iter()
            .map(|(name, image, depends_on)| ((*name).to_owned(), service(image, depends_on)))
            .collect();
        tiers(&Project {
            services,
            ..Project::default()
        })
    }

    #[test]
    fn images_and_names_tell_the_tier() {
        let found = suggested(&[
            ("web", "nginx:1", &[]),
            ("room-09-postgres", "", &[]),
            (
                "cache",
                "registry.example:5000/library/redis:7@sha256:00",
                &[],
            ),
            ("commander", "rediscommander/redis-commander", &[]),
            ("metrics", "prom/prometheus:v3", &[]),
        ]);
        assert_eq!(
            found,
            [
                ("monitoring", vec!["metrics".to_owned()]),
                (
                    "data",
                    vec!["room-09-postgres".to_owned(), "cache".to_owned()]
                ),
                (
                    "applications",
                    vec!["web".to_owned(), "commander".to_owned()]
                ),
            ]
        );
    }

    #[test]
    fn nothing_starts_before_what_it_depends_on() {
        let found = suggested(&[
            ("exporter", "postgres-exporter", &["db"]),
            ("db", "postgres", &["vault"]),
            ("vault", "company/vault", &[]),
        ]);
        assert_eq!(
            found,
            [(
                "applications",
                vec!["exporter".into(), "db".into(), "vault".into()]
            )]
        );
    }
}
