//! Programs that serve metrics, known by the name of their image.

use sinops_sdk::image;
use sinops_sdk::types::Service;

/// A known program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Program {
    /// Name of its scrape job.
    pub(crate) job: &'static str,
    /// Port on which it serves metrics unless told otherwise.
    pub(crate) port: u16,
}

const PROGRAMS: [(&str, &str, u16); 22] = [
    ("prometheus", "prometheus", 9090),
    ("alertmanager", "alertmanager", 9093),
    ("node-exporter", "node-exporter", 9100),
    ("node_exporter", "node-exporter", 9100),
    ("cadvisor", "cadvisor", 8080),
    ("blackbox-exporter", "blackbox-exporter", 9115),
    ("blackbox_exporter", "blackbox-exporter", 9115),
    ("pushgateway", "pushgateway", 9091),
    ("statsd-exporter", "statsd-exporter", 9102),
    ("statsd_exporter", "statsd-exporter", 9102),
    ("postgres-exporter", "postgres-exporter", 9187),
    ("postgres_exporter", "postgres-exporter", 9187),
    ("redis-exporter", "redis-exporter", 9121),
    ("redis_exporter", "redis-exporter", 9121),
    ("mysqld-exporter", "mysqld-exporter", 9104),
    ("mysqld_exporter", "mysqld-exporter", 9104),
    ("loki", "loki", 3100),
    ("promtail", "promtail", 9080),
    ("alloy", "alloy", 12345),
    ("grafana", "grafana", 3000),
    ("grafana-oss", "grafana", 3000),
    ("grafana-enterprise", "grafana", 3000),
];

/// The program that a service runs, if its image is known.
pub(crate) fn of(service: &Service) -> Option<Program> {
    let name = image::program(service.image.as_deref()?);
    PROGRAMS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|&(_, job, port)| Program { job, port })
}

/// The port that `--web.listen-address` names, for programs that have it.
pub(crate) fn listen_port(definition: &serde_json::Value) -> Option<u16> {
    let command = definition.get("command")?.as_array()?;
    let words: Vec<&str> = command.iter().filter_map(|word| word.as_str()).collect();
    words.iter().enumerate().find_map(|(index, word)| {
        let rest = word
            .trim_start_matches('-')
            .strip_prefix("web.listen-address")?;
        let address = match rest.strip_prefix('=') {
            Some(address) => address,
            None => words.get(index + 1)?,
        };
        address.rsplit_once(':')?.1.parse().ok()
    })
}
