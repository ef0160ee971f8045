//! What is not known when the file is written: target files, and containers of
//! other projects; and which service a container is of.

use crate::config::part;
use serde_json::{Value, json};

/// Whatever lies in the folder `targets` beside prometheus.yml.
pub(crate) fn files(out: &mut String) {
    out.push_str("  # target files that a team or a program puts beside this file\n");
    let entry = json!([{
        "job_name": "file",
        "file_sd_configs": [{ "files": ["targets/*.yml"] }],
    }]);
    part(&entry, 2, out);
}

/// A first file for them: without any the pattern would fit nothing, which
/// promtool complains of.
pub(crate) fn no_targets() -> String {
    format!(
        "# {}\n# Target files beside this one are read without a reload, as\n# - targets: [\"10.0.0.5:9100\"]\n#   labels: {{ service: example }}\n[]\n",
        crate::MADE
    )
}

/// Containers of other projects that ask to be scraped by their labels; those
/// of this project are listed above.
pub(crate) fn docker(project: &str, out: &mut String) {
    out.push_str("  # containers of other projects with the label prometheus.io/scrape\n");
    let label = |name: &str| format!("__meta_docker_container_label_{name}");
    let entry = json!([{
        "job_name": "docker",
        "docker_sd_configs": [{
            "host": "unix:///var/run/docker.sock",
            "filters": [{ "name": "label", "values": ["prometheus.io/scrape=true"] }],
        }],
        "relabel_configs": [
            {
                "source_labels": [label("com_docker_compose_project")],
                "regex": project,
                "action": "drop",
            },
            // There is a target for each port; they become one.
            {
                "source_labels": ["__meta_docker_network_ip", label("prometheus_io_port")],
                "regex": "(.+);([0-9]+)",
                "target_label": "__address__",
                "replacement": "$1:$2",
            },
            {
                "source_labels": [label("prometheus_io_path")],
                "regex": "(.+)",
                "target_label": "__metrics_path__",
            },
            {
                "source_labels": [label("com_docker_compose_service")],
                "target_label": "service",
            },
        ],
    }]);
    part(&entry, 2, out);
}

/// Labels that say which service a container of cAdvisor is of: the compose
/// label, or else the name of the container.
pub(crate) fn container_services() -> Value {
    json!([
        { "source_labels": ["name"], "regex": "(.+)", "target_label": "service" },
        {
            "source_labels": ["container_label_com_docker_compose_service"],
            "regex": "(.+)",
            "target_label": "service",
        },
        // Labels of images and containers make a series of every release.
        { "regex": "container_label_.*", "action": "labeldrop" },
    ])
}
