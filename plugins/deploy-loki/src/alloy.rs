//! config.alloy: the project's containers to Loki.

use crate::{Loki, MADE};

pub(crate) fn config(settings: &Loki, project: &str, url: &str) -> String {
    let filter = quoted(&format!("com.docker.compose.project={project}"));
    let project = quoted(project);
    let url = quoted(url);
    let first_line = quoted(&settings.first_line);
    format!(
        r#"// {MADE}

discovery.docker "containers" {{
  host             = "unix:///var/run/docker.sock"
  refresh_interval = "5s"

  filter {{
    name   = "label"
    values = [{filter}]
  }}
}}

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
  stage.multiline {{
    firstline     = {first_line}
    max_wait_time = "3s"
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
