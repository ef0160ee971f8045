//! config.alloy: the project's containers to Loki.

use crate::{Loki, MADE, level};

pub(crate) fn config(settings: &Loki, project: &str, url: &str) -> String {
    let filter = quoted(&format!("com.docker.compose.project={project}"));
    let project = quoted(project);
    let url = quoted(url);
    let first_line = quoted(&settings.first_line());
    let level: String = level::PATTERNS
        .iter()
        .map(|pattern| {
            let pattern = quoted(pattern);
            format!("  stage.regex {{\n    expression = {pattern}\n  }}\n\n")
        })
        .collect();
    let template = quoted(level::TEMPLATE);
    format!(
        r#"// {MADE}

// The containers of this project, as the engine knows them.
discovery.docker "containers" {{
  host             = "unix:///var/run/docker.sock"
  refresh_interval = "5s"

  filter {{
    name   = "label"
    values = [{filter}]
  }}
}}

// Labels of their streams. Few, with few values: everything else is in the lines.
discovery.relabel "containers" {{
  targets = discovery.docker.containers.targets

  rule {{
    source_labels = ["__meta_docker_container_label_com_docker_compose_service"]
    target_label  = "service"
  }}

  rule {{
    source_labels = ["__meta_docker_container_name"]
    regex         = "/(.*)"
    target_label  = "container"
  }}

  rule {{
    source_labels = ["__meta_docker_container_log_stream"]
    target_label  = "stream"
  }}
}}

loki.source.docker "containers" {{
  host       = "unix:///var/run/docker.sock"
  targets    = discovery.relabel.containers.output
  forward_to = [loki.process.lines.receiver]
}}

loki.process "lines" {{
  // Lines of a stack trace (Java, Python, Go, Node, Rust) belong to the entry before.
  stage.multiline {{
    firstline     = {first_line}
    max_wait_time = "3s"
    max_lines     = 500
  }}

  // The level, from the words of the line, its key, or the trace in it.
{level}  stage.template {{
    source   = "level"
    template = {template}
  }}

  stage.labels {{
    values = {{ level = "" }}
  }}

  forward_to = [loki.write.loki.receiver]
}}

loki.write "loki" {{
  endpoint {{
    url = {url}
  }}

  external_labels = {{
    project = {project},
  }}
}}
"#
    )
}

/// A string of Alloy's language; it escapes as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
