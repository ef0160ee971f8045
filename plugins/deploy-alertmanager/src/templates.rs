//! The texts of notifications, in Go's template language.

use crate::MADE;

const TEXTS: &str = r#"
{{ define "sinops.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }} {{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }}{{ with .CommonLabels.service }}: {{ . }}{{ end }}{{ with .CommonLabels.severity }} ({{ . }}){{ end }}
{{- end }}

{{ define "sinops.text" -}}
{{ range .Alerts -}}
{{ if eq .Status "resolved" }}Resolved: {{ end }}{{ .Annotations.summary }}
{{ with .Annotations.description }}{{ . }}
{{ end }}{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end }}
{{ end }}
{{- end }}
"#;

pub(crate) fn file() -> String {
    format!("{{{{/* {MADE} */}}}}{TEXTS}")
}
