//! Each finding from the smallest text that has it, and texts of which nothing
//! is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use doctor_logs::Examination;
use sinops_config_check::testing::{findings, lines, mended, planning};
use sinops_sdk::deploy_step::{Planning, Problem};
use sinops_sdk::testing::check_deploy_step;

const GOOD: &str = "auth_enabled: false\nserver: { http_listen_port: 3100 }\ncommon: { path_prefix: /loki, replication_factor: 1, ring: { kvstore: { store: inmemory } }, storage: { filesystem: { chunks_directory: /c, rules_directory: /r } } }\nschema_config:\n  configs:\n    - { from: 2025-01-01, store: tsdb, object_store: filesystem, schema: v13, index: { prefix: index_, period: 24h } }\nlimits_config: { retention_period: 72h, per_stream_rate_limit: 3MB }\ncompactor: { retention_enabled: true, delete_request_store: filesystem, working_directory: /w }\n";

fn problems(planning: &Planning) -> Vec<Problem> {
    findings(&Examination::default(), planning)
}

fn of_text(name: &str, text: &str) -> Vec<String> {
    let planning = planning(&[(name, text)], &[]);
    lines(&planning, &problems(&planning))
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Examination>(&serde_json::json!({}));
}

#[test]
fn good_texts_are_left_alone() {
    assert_eq!(of_text("l.yml", GOOD), [] as [&str; 0]);
    let alloy = "// a comment with \"a quote\ndiscovery.docker \"d\" {\n  host = \"unix:///s\"\n}\nloki.source.docker \"s\" {\n  targets    = discovery.docker.d.targets\n  forward_to = [loki.process.p.receiver]\n}\nloki.process \"p\" {\n  stage.regex { expression = `(?P<a>\\{)` }\n  forward_to = [loki.write.w.receiver]\n}\nloki.write \"w\" {\n  endpoint { url = \"http://l/push\" }\n}\n";
    assert_eq!(of_text("a.alloy", alloy), [] as [&str; 0]);
    assert_eq!(of_text("x.yml", "groups: []\n"), [] as [&str; 0]);
}

#[test]
fn each_finding_has_its_line() {
    for (old, new, expected) in [
        (
            "store: tsdb",
            "store: boltdb-shipper",
            "critical l.yml:6 loki/old-store",
        ),
        (
            "schema: v13",
            "schema: v11",
            "critical l.yml:6 loki/old-schema",
        ),
        (
            "period: 24h",
            "period: 168h",
            "critical l.yml:6 loki/index-period",
        ),
        (
            "retention_enabled: true, ",
            "",
            "warning l.yml:7 loki/retention-off",
        ),
        (
            "delete_request_store: filesystem, ",
            "",
            "critical l.yml:8 loki/delete-request-store",
        ),
        (
            "delete_request_store",
            "shared_store",
            "critical l.yml:8 loki/unknown-field",
        ),
        (
            "working_directory",
            "workin_directory",
            "critical l.yml:8 loki/unknown-field",
        ),
        (
            "auth_enabled: false",
            "table_manager: { retention_deletes_enabled: true }",
            "warning l.yml:1 loki/table-manager",
        ),
    ] {
        let text = GOOD.replacen(old, new, 1);
        let found = of_text("l.yml", &text);
        assert!(found.iter().any(|it| it == expected), "{text}\n{found:#?}");
    }
    let promtail = "positions: { filename: /p }\nclients: [{ url: http://l }]\nscrape_configs:\n  - job_name: a\n    pipeline_stages: [{ jsn: {} }]\n    foo: 1\n";
    assert_eq!(
        of_text("p.yml", promtail),
        [
            "warning p.yml:3 promtail/end-of-life",
            "critical p.yml:6 promtail/unknown-field",
            "critical p.yml:5 promtail/stage",
        ]
    );
    for (stages, expected) in [
        ("[{ json: {} }]", "critical p.yml:5 promtail/stage"),
        (
            "[{ regex: { expression: '(' } }]",
            "critical p.yml:5 promtail/stage",
        ),
        (
            "[{ json: , expressions: { a: b } }]",
            "critical p.yml:5 promtail/stage",
        ),
    ] {
        let text = promtail
            .replace("[{ jsn: {} }]", stages)
            .replace("    foo: 1\n", "");
        assert_eq!(
            of_text("p.yml", &text),
            ["warning p.yml:3 promtail/end-of-life", expected]
        );
    }
    for (alloy, expected) in [
        (
            "a.b \"c\" {\n  x = [1\n}\n",
            "critical a.alloy:3 alloy/syntax",
        ),
        ("a.b \"c\" {\n", "critical a.alloy:1 alloy/syntax"),
        (
            "a.b \"c\" {\n  x = \"y\n}\n",
            "critical a.alloy:2 alloy/syntax",
        ),
        (
            "a.b \"c\" {\n}\na.b \"c\" {\n}\n",
            "critical a.alloy:3 alloy/duplicate",
        ),
        (
            "a.b \"c\" {\n  forward_to = [loki.write.x.receiver]\n}\n",
            "critical a.alloy:2 alloy/undefined",
        ),
    ] {
        assert_eq!(of_text("a.alloy", alloy), [expected], "{alloy}");
    }
}

#[test]
fn what_an_old_version_takes_is_told_before_the_upgrade() {
    let text = GOOD.replace(
        "working_directory",
        "shared_store: filesystem, working_directory",
    );
    let stack = r#"{"volumes":[{"type":"bind","source":"/srv/app/l.yml","target":"/etc/l.yml"}]}"#;
    let planning = planning(
        &[("l.yml", &text)],
        &[("loki", "grafana/loki:2.9.3", stack)],
    );
    assert_eq!(
        lines(&planning, &problems(&planning)),
        ["warning l.yml:8 loki/gone-in-3"]
    );
}

#[test]
fn mends_are_what_was_meant() {
    let text = "schema_config:\n  configs: [{ from: 2025-01-01, store: tsdb, object_store: s3, schema: v13, index: { period: 24h } }]\ncompactor:\n  shared_store: filesystem\n  retention_enabled: true\nquerier:\n  max_concurrent: 4\ntable_manager:\n  retention_deletes_enabled: true\n  retention_period: 1h\n";
    let planning = planning(&[("l.yml", text)], &[]);
    assert_eq!(
        mended(&planning, &problems(&planning), "l.yml"),
        "schema_config:\n  configs: [{ from: 2025-01-01, store: tsdb, object_store: s3, schema: v13, index: { period: 24h } }]\ncompactor:\n  delete_request_store: s3\n  retention_enabled: true\nquerier:\n  max_concurrent: 4\n"
    );
}
