//! Each finding from the smallest text that has it, what mending makes of it,
//! and texts of which nothing is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use doctor_prometheus::Examination;
use sinops_config_check::testing::{findings, lines, mended, planning};
use sinops_sdk::deploy_step::{Planning, Problem};
use sinops_sdk::testing::check_deploy_step;

const PROMETHEUS: &str = r#"{"command":["--config.file=/etc/p/prometheus.yml"],"volumes":[{"type":"bind","source":"/srv/app/p","target":"/etc/p"}]}"#;

fn problems(planning: &Planning) -> Vec<Problem> {
    findings(&Examination::default(), planning)
}

fn of_text(text: &str) -> Vec<String> {
    let planning = planning(&[("prometheus.yml", text)], &[]);
    lines(&planning, &problems(&planning))
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Examination>(&serde_json::json!({}));
}

#[test]
fn good_texts_are_left_alone() {
    for text in [
        "global: { scrape_interval: 15s, external_labels: { a: b, c: '${HOSTNAME}' } }\nrule_files: ['*.yml']\nscrape_configs:\n  - job_name: a\n    scrape_timeout: 5s\n    basic_auth: { username: u, password_file: /p }\n    static_configs: [{ targets: ['a:1', 'b:2'], labels: { x: y } }]\n    relabel_configs:\n      - { source_labels: [__address__], regex: '(.+):\\d+', target_label: h, replacement: '$1' }\n      - { action: labeldrop, regex: x }\n",
        "scrape_configs:\n  - job_name: probe\n    metrics_path: /probe\n    static_configs: [{ targets: ['https://a.example/x'] }]\n    relabel_configs: [{ source_labels: [__address__], target_label: __param_target }]\n",
        "scrape_configs:\n  - job_name: k\n    kubernetes_sd_configs: [{ role: pod, namespaces: { names: [a] } }]\n    relabel_configs: [{ source_labels: [__meta_kubernetes_pod_name], target_label: pod }]\n",
        "remote_write: [{ url: 'http://x/api', queue_config: { max_shards: 5 }, sigv4: {} }]\nscrape_configs: []\n",
        "alerting: { alertmanagers: [{ scheme: http, api_version: v2, static_configs: [{ targets: ['a:9093'] }] }] }\n",
        "storage: { tsdb: { retention: { time: 30d, size: 10GB } } }\nscrape_configs: []\n",
        "groups:\n  - name: a\n    interval: 1m\n    rules:\n      - record: a:b\n        expr: sum by (x) (rate(y_total[5m]))\n      - alert: A\n        expr: |\n          a:b > 1 and on (x) up == 0\n        for: 5m\n        labels: { severity: warning }\n        annotations: { summary: '{{ $labels.x }}' }\n",
        "modules:\n  a: { prober: http, timeout: 5s, http: { valid_status_codes: [200], fail_if_body_not_matches_regexp: ['\"ok\"\\s*'], tls_config: { insecure_skip_verify: true } } }\n  b: { prober: tcp, tcp: { query_response: [{ expect: '^SSH-2.0-' }] } }\n",
        // Not ours.
        "apiVersion: 1\ngroups: [{ name: g, rules: [{ uid: x, data: [] }] }]\n",
        "server: { http_listen_port: 1 }\nclients: [{ url: http://l }]\nscrape_configs: [{ job_name: a, pipeline_stages: [] }]\n",
        "tests: []\nrule_files: [a.yml]\nevaluation_interval: 1m\n",
    ] {
        assert_eq!(of_text(text), [] as [&str; 0], "{text}");
    }
}

#[test]
fn what_prometheus_refuses_is_found() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        (
            "scrape_configs:\n  - job_name: a\n    metric_path: /x\n",
            "critical prometheus.yml:3 prometheus/unknown-field",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    scrape_interval: 15\n",
            "critical prometheus.yml:3 prometheus/wrong-value",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    honor_labels: maybe\n",
            "critical prometheus.yml:3 prometheus/wrong-value",
        ),
        (
            "scrape_configs:\n  -\n",
            "critical prometheus.yml:2 prometheus/wrong-value",
        ),
        (
            "scrape_configs:\n  - static_configs: []\n",
            "critical prometheus.yml:2 prometheus/no-job-name",
        ),
        (
            "scrape_configs:\n  - job_name: a\n  - job_name: a\n",
            "critical prometheus.yml:3 prometheus/duplicate-job",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    scrape_timeout: 2m\n",
            "critical prometheus.yml:3 prometheus/timeout",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    static_configs: [{ targets: ['http://a:1/x'] }]\n",
            "critical prometheus.yml:3 prometheus/target",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    relabel_configs: [{ action: remove }]\n",
            "critical prometheus.yml:3 prometheus/relabel",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    relabel_configs: [{ source_labels: [b] }]\n",
            "critical prometheus.yml:3 prometheus/relabel",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    relabel_configs: [{ target_label: b, regex: '*' }]\n",
            "critical prometheus.yml:3 prometheus/regex",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    relabel_configs: [{ action: labeldrop, regex: a, target_label: b }]\n",
            "critical prometheus.yml:3 prometheus/relabel",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    bearer_token: x\n    basic_auth: { username: u }\n",
            "critical prometheus.yml:4 prometheus/two-logins",
        ),
        (
            "remote_write:\n  - name: a\nscrape_configs: []\n",
            "critical prometheus.yml:2 prometheus/missing-field",
        ),
        (
            "alerting:\n  alertmanagers:\n    - api_version: v1\n",
            "critical prometheus.yml:3 prometheus/api-version",
        ),
        (
            "scrape_configs: [\n",
            "critical prometheus.yml:1 prometheus/syntax",
        ),
        (
            "scrape_configs: []\nscrape_configs: []\n",
            "critical prometheus.yml:2 prometheus/syntax",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: rate(x[5m]\n",
            "critical prometheus.yml:5 prometheus/promql",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: |\n          x > 1\n          and ratee(y[5m])\n",
            "critical prometheus.yml:7 prometheus/promql",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n",
            "critical prometheus.yml:4 prometheus/rule",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - expr: x\n",
            "critical prometheus.yml:4 prometheus/rule",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - record: a:b\n        expr: x\n        for: 1m\n",
            "critical prometheus.yml:6 prometheus/rule",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: x\n        annotations: { s: '{{ $value ' }\n",
            "critical prometheus.yml:6 prometheus/template",
        ),
        (
            "groups:\n  - name: a\n    rules: []\n  - name: a\n    rules: []\n",
            "critical prometheus.yml:4 prometheus/duplicate-group",
        ),
        (
            "modules:\n  a:\n    prober: tcp\n    tcp: { query_response: [{ expect: '+PONG' }] }\n",
            "critical prometheus.yml:4 blackbox/regex",
        ),
        (
            "modules:\n  a:\n    prober: dns\n    dns: { query_type: A }\n",
            "critical prometheus.yml:4 blackbox/missing-field",
        ),
        (
            "modules:\n  a:\n    prober: http\n    http: { valid_codes: [1] }\n",
            "critical prometheus.yml:4 blackbox/unknown-field",
        ),
        (
            "scrape_configs:\n  - job_name: ''\n",
            "critical prometheus.yml:2 prometheus/no-job-name",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    params: { module: http_2xx }\n",
            "critical prometheus.yml:3 prometheus/wrong-value",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    file_sd_configs: [{ files: [targets.txt] }]\n",
            "critical prometheus.yml:3 prometheus/discovery",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    dns_sd_configs: [{ names: [x], type: A }]\n",
            "critical prometheus.yml:3 prometheus/discovery",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    kubernetes_sd_configs: [{ role: pods }]\n",
            "critical prometheus.yml:3 prometheus/wrong-value",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    kubernetes_sd_configs: [{ role: node, selectors: [{ role: pod }] }]\n",
            "critical prometheus.yml:3 prometheus/discovery",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    scrape_protocols: [PrometheusProto, PrometheusProto]\n",
            "critical prometheus.yml:3 prometheus/wrong-value",
        ),
        (
            "scrape_configs:\n  - job_name: a\n    sample_limit: -1\n",
            "critical prometheus.yml:3 prometheus/wrong-value",
        ),
        (
            "remote_write:\n  - url: http://x/y\n    headers: { Authorization: x }\n",
            "critical prometheus.yml:3 prometheus/remote",
        ),
        (
            "remote_write:\n  - url: http://x/y\n    queue_config: { max_shards: 0 }\n",
            "critical prometheus.yml:3 prometheus/remote",
        ),
        (
            "rule_files: ['/etc/*/rules.yml']\n",
            "critical prometheus.yml:1 prometheus/file-pattern",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: x\n        labels: { __name__: b }\n",
            "critical prometheus.yml:6 prometheus/label",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: holt_winters(x[1h], 0.5, 0.5)\n",
            "critical prometheus.yml:5 prometheus/promql",
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: x\n        annotations: { s: '{{ $value | humanise }}' }\n",
            "critical prometheus.yml:6 prometheus/template",
        ),
        (
            "modules:\n  a:\n    prober: http\n    http: { body: x, body_file: y }\n",
            "critical prometheus.yml:4 blackbox/wrong-value",
        ),
    ] {
        let found = of_text(text);
        if found != [expected] {
            wrong.push((text, expected, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_stack_without_prometheus_says_nothing_of_targets() {
    let config = "scrape_configs:\n  - job_name: a\n    static_configs: [{ targets: ['pushgateway:9091'] }]\n";
    let rules = "groups:\n  - name: a\n    rules: [{ alert: A, expr: redis_up == 0 }]\n";
    let texts = [("prometheus.yml", config), ("rules.yml", rules)];
    let exporter = ("node", "prom/node-exporter:v1.8.0", "{}");
    let alone = planning(&texts, &[exporter]);
    assert_eq!(problems(&alone), Vec::new());
    let whole = planning(
        &texts,
        &[exporter, ("prom", "prom/prometheus:v3.5.0", "{}")],
    );
    assert_eq!(
        lines(&whole, &problems(&whole)),
        [
            "warning prometheus.yml:3 prometheus/unknown-host",
            "warning rules.yml:3 prometheus/metric-without-exporter",
        ]
    );
}

#[test]
fn what_prometheus_takes_is_left_alone() {
    for good in [
        "scrape_configs:\n  - job_name: a\n    metric_relabel_configs:\n      - { action: labeldrop, regex: x, replacement: $1, separator: ; }\n",
        "scrape_configs:\n  - job_name: a\n    honor_labels: y\n    params: { module: [http_2xx] }\n",
        "scrape_configs:\n  - job_name: a\n    file_sd_configs: [{ files: ['/t/*.yml'] }]\n",
        "groups:\n  - name: a\n    rules:\n      - { record: 'a:b', expr: x, for: 0s, annotations: {} }\n",
        "groups:\n  - name: a\n    rules:\n      - { record: a, expr: x, labels: { s: '{{ x' } }\n",
        "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: sum by (job) (rate(x{a=~\"5..\"}[5m])) / on (job) group_left () y > bool 1\n        labels: { s: '{{ $labels.job | toUpper }}' }\n",
        "groups:\n  - name: a\n    rules:\n      - { alert: A, expr: 'sum(rate({app=\"a\"} |= \"x\" [1m])) > 1' }\n",
        "- hosts: all\n  tasks: []\n",
        "prometheus_version: 3.5.0\nprometheus_targets: {}\n",
        "{{ if .Values.x }}\ngroups:\n  - expr: x\n{{ end }}\n",
    ] {
        assert_eq!(of_text(good), Vec::<String>::new(), "{good}");
    }
    assert_eq!(
        of_text(" rule_files: []\nscrape_configs: [{}]\n"),
        ["warning prometheus.yml:2 prometheus/unread"]
    );
    assert_eq!(
        of_text("modules:\n  a:\n    prober: htttp\n"),
        ["warning prometheus.yml:3 blackbox/prober"]
    );
}

#[test]
fn keys_come_and_go_with_versions() {
    let text = "global: { scrape_interval: 15s }\nscrape_configs:\n  - job_name: a\n    fallback_scrape_protocol: PrometheusText0.0.4\n    scrape_classic_histograms: true\n";
    for (image, expected) in [
        (
            "prom/prometheus:v2.53.1",
            vec!["critical p/prometheus.yml:4 prometheus/unknown-field"],
        ),
        (
            "prom/prometheus:v3.5.0",
            vec!["critical p/prometheus.yml:5 prometheus/unknown-field"],
        ),
    ] {
        let planning = planning(
            &[("p/prometheus.yml", text)],
            &[("prom", image, PROMETHEUS)],
        );
        assert_eq!(lines(&planning, &problems(&planning)), expected, "{image}");
    }
}

#[test]
fn targets_are_held_against_the_stack() {
    let text = "scrape_configs:\n  - job_name: a\n    static_configs:\n      - targets:\n          - localhost:9090\n          - db:5432\n          - dbx:5432\n          - 10.5.0.9:80\n          - 192.0.2.1:80\n          - metrics.example.org:80\n          - node:9101\n          - app:8080\n";
    let stack = [
        ("prom", "prom/prometheus:v3.5.0", PROMETHEUS),
        (
            "db",
            "postgres:17",
            r#"{"networks":{"n":{"ipv4_address":"10.5.0.2"}}}"#,
        ),
        ("node", "prom/node-exporter:v1.9.0", "{}"),
        (
            "app",
            "app:1",
            r#"{"ports":[{"target":8000,"published":"8000"}]}"#,
        ),
    ];
    let planning = planning(&[("p/prometheus.yml", text)], &stack);
    assert_eq!(
        lines(&planning, &problems(&planning)),
        [
            "warning p/prometheus.yml:6 prometheus/no-metrics",
            "warning p/prometheus.yml:7 prometheus/unknown-host",
            "warning p/prometheus.yml:7 prometheus/no-metrics",
            "warning p/prometheus.yml:8 prometheus/address",
            "warning p/prometheus.yml:11 prometheus/no-metrics",
            "info p/prometheus.yml:12 prometheus/undeclared-port",
        ]
    );
}

#[test]
fn rules_are_held_against_what_the_stack_exports() {
    let config = "scrape_configs: [{ job_name: prom, static_configs: [{ targets: ['localhost:9090'] }] }]\nrule_files: [rules.yml, gone.yml]\n";
    let rules = "groups:\n  - name: a\n    rules:\n      - { alert: A, expr: 'redis_up == 0' }\n      - { alert: B, expr: 'up == 0' }\n      - { alert: C, expr: 'shop_orders_total > 1' }\n      - { alert: D, expr: 'sum by (pod) (container_memory_usage_bytes) > 1' }\n";
    let texts = [("p/prometheus.yml", config), ("p/rules.yml", rules)];
    let stack = [
        ("prom", "prom/prometheus:v3.5.0", PROMETHEUS),
        ("cadvisor", "ghcr.io/google/cadvisor:0.54.0", "{}"),
    ];
    let planning = planning(&texts, &stack);
    assert_eq!(
        lines(&planning, &problems(&planning)),
        [
            "warning p/prometheus.yml:2 prometheus/rule-file-missing",
            "warning p/rules.yml:4 prometheus/metric-without-exporter",
            "warning p/rules.yml:7 prometheus/kubernetes-label",
        ]
    );
}

#[test]
fn mends_are_what_was_meant() {
    for (text, expected) in [
        (
            "scrape_configs:\n  - job_name: a\n    metric_path: /x\nstorage:\n  tsdb:\n    retention.time: 30d # long\n",
            "scrape_configs:\n  - job_name: a\n    metrics_path: /x\nstorage:\n  tsdb:\n",
        ),
        (
            "scrape_configs:\n  - nonsense: 1\n    job_name: a\n",
            "scrape_configs:\n  - job_name: a\n",
        ),
        (
            "modules:\n  a:\n    prober: tcp\n    tcp:\n      query_response:\n        - expect: \"+PONG\"\n",
            "modules:\n  a:\n    prober: tcp\n    tcp:\n      query_response:\n        - expect: '\\+PONG'\n",
        ),
    ] {
        let planning = planning(&[("a.yml", text)], &[]);
        assert_eq!(mended(&planning, &problems(&planning), "a.yml"), expected);
    }
}
