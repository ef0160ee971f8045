//! Promtail's config.yml, for those who still run it.

use crate::{Loki, level};
use serde_json::{Value, json};

pub(crate) fn config(settings: &Loki, project: &str, url: &str) -> Value {
    let first_line = settings.first_line();
    let mut stages = vec![json!({
        "multiline": { "firstline": first_line, "max_wait_time": "3s", "max_lines": 500 },
    })];
    stages.extend(
        level::PATTERNS
            .iter()
            .map(|pattern| json!({ "regex": { "expression": pattern } })),
    );
    stages.push(json!({ "template": { "source": "level", "template": level::TEMPLATE } }));
    stages.push(json!({ "labels": { "level": null } }));
    json!({
        "server": { "http_listen_port": 9080, "grpc_listen_port": 0 },
        "positions": { "filename": "/tmp/positions.yaml" },
        "clients": [{ "url": url, "external_labels": { "project": project } }],
        "scrape_configs": [{
            "job_name": "containers",
            "docker_sd_configs": [{
                "host": "unix:///var/run/docker.sock",
                "refresh_interval": "5s",
                "filters": [{
                    "name": "label",
                    "values": [format!("com.docker.compose.project={project}")],
                }],
            }],
            "relabel_configs": [
                {
                    "source_labels": ["__meta_docker_container_label_com_docker_compose_service"],
                    "target_label": "service",
                },
                {
                    "source_labels": ["__meta_docker_container_name"],
                    "regex": "/(.*)",
                    "target_label": "container",
                },
                {
                    "source_labels": ["__meta_docker_container_log_stream"],
                    "target_label": "stream",
                },
            ],
            "pipeline_stages": stages,
        }],
    })
}
