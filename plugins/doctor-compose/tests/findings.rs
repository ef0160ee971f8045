//! Each finding from the smallest stack that has it, what mending makes of it,
//! and a stack of which nothing is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use doctor_compose::Examination;
use sinops_config_check::testing::{findings, lines, mended, planning};
use sinops_sdk::deploy_step::{Planning, Problem};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{PathFact, PathKind};

fn problems(planning: &Planning) -> Vec<Problem> {
    findings(&Examination::default(), planning)
}

/// One service `web` as it is written, and canonical.
fn web(written: &str, image: &str, canonical: &str) -> Planning {
    let text = format!("services:\n  web:\n    image: {image}\n{written}");
    planning(&[("compose.yaml", &text)], &[("web", image, canonical)])
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Examination>(&serde_json::json!({}));
}

#[test]
fn a_good_stack_is_left_alone() {
    let planning = web(
        "    ports: ['127.0.0.1:80:80', '443:443']\n    environment: { DB_PASSWORD: '${DB_PASSWORD:?}', TOKEN_FILE: /t, API_KEY: }\n    healthcheck: { test: [CMD, curl, 'http://localhost:443/'] }\n",
        "nginx:1.29",
        r#"{"ports":[{"target":80,"published":"80","host_ip":"127.0.0.1"},{"target":443,"published":"443"}]}"#,
    );
    assert_eq!(lines(&planning, &problems(&planning)), [] as [&str; 0]);
}

#[test]
fn each_finding_has_its_line() {
    for (written, image, canonical, expected) in [
        ("", "nginx", "{}", "warning compose.yaml:3 compose/latest"),
        (
            "",
            "postgres:12",
            "{}",
            "warning compose.yaml:3 compose/end-of-life",
        ),
        (
            "",
            "gcr.io/cadvisor/cadvisor:v0.47.2",
            "{}",
            "warning compose.yaml:3 compose/moved-image",
        ),
        (
            "    environment:\n      - A=1\n      - DB_PASSWORD=abc\n",
            "a:1",
            "{}",
            "warning compose.yaml:6 compose/plaintext-password",
        ),
        (
            "    environment:\n      DB_PASSWORD: ${X:-abc}\n",
            "a:1",
            "{}",
            "warning compose.yaml:5 compose/default-password",
        ),
        (
            "    ports:\n      - 5432:5432\n",
            "postgres:17",
            r#"{"ports":[{"target":5432,"published":"5432"}]}"#,
            "warning compose.yaml:5 compose/published-database",
        ),
        (
            "    ports:\n      - 9090:9090\n",
            "prom/prometheus:v3.5.0",
            r#"{"ports":[{"target":9090,"published":"9090"}]}"#,
            "warning compose.yaml:5 compose/published-admin",
        ),
        (
            "    ports:\n      - 2375:2375\n",
            "a:1",
            r#"{"ports":[{"target":2375,"published":"2375"}]}"#,
            "warning compose.yaml:5 compose/published-admin",
        ),
        (
            "    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock:ro\n",
            "a:1",
            r#"{"volumes":[{"type":"bind","source":"/var/run/docker.sock","target":"/var/run/docker.sock","read_only":true}]}"#,
            "warning compose.yaml:5 compose/docker-socket",
        ),
        (
            "    privileged: true\n",
            "a:1",
            r#"{"privileged":true}"#,
            "warning compose/privileged",
        ),
        (
            "    ports: ['80:80']\n    healthcheck:\n      test: curl http://localhost:8080/\n",
            "a:1",
            r#"{"ports":[{"target":80,"published":"80"}]}"#,
            "warning compose.yaml:6 compose/health-port",
        ),
        (
            "    environment: [VAULT_DEV_ROOT_TOKEN_ID=$$x]\n",
            "a:1",
            r#"{"environment":{"VAULT_DEV_ROOT_TOKEN_ID":"x"}}"#,
            "warning compose.yaml:4 compose/development-mode",
        ),
    ] {
        let planning = web(written, image, canonical);
        let found = lines(&planning, &problems(&planning));
        assert!(
            found.iter().any(|it| it == expected),
            "{written}\n{found:#?}"
        );
    }
}

#[test]
fn paths_of_the_machine_count() {
    let mut planning = web(
        "    volumes:\n      - /var/log:/var/log:ro\n      - ./logs:/var/log/app\n      - ./app.conf:/etc/app.conf\n",
        "a:1",
        r#"{"volumes":[{"type":"bind","source":"/var/log","target":"/var/log","read_only":true},{"type":"bind","source":"/srv/app/logs","target":"/var/log/app"},{"type":"bind","source":"/srv/app/app.conf","target":"/etc/app.conf"}]}"#,
    );
    for path in ["/srv/app/logs", "/var/log/app", "/srv/app/app.conf"] {
        planning.observed.paths.push(PathFact {
            path: path.to_owned(),
            kind: PathKind::Missing,
        });
    }
    assert_eq!(
        lines(&planning, &problems(&planning)),
        [
            "info compose.yaml:6 compose/missing-source",
            "critical compose.yaml:6 compose/mount-below-read-only",
            "warning compose.yaml:7 compose/missing-source",
        ]
    );
}

#[test]
fn more_cpus_than_there_are() {
    let mut planning = web(
        "",
        "a:1",
        r#"{"deploy":{"resources":{"limits":{"cpus":"4"}}}}"#,
    );
    planning.observed.machine.cpus = Some(4);
    assert_eq!(lines(&planning, &problems(&planning)), [] as [&str; 0]);
    planning.observed.machine.cpus = Some(2);
    assert_eq!(
        lines(&planning, &problems(&planning)),
        ["warning compose/cpus"]
    );
}

#[test]
fn mends_are_what_was_meant() {
    let planning = web(
        "    ports:\n      - \"8080:6379\"\n    healthcheck:\n      test: [\"CMD\", \"curl\", \"http://localhost:80/\"]\n",
        "redis:8",
        r#"{"ports":[{"target":6379,"published":"8080"}]}"#,
    );
    assert_eq!(
        mended(&planning, &problems(&planning), "compose.yaml"),
        "services:\n  web:\n    image: redis:8\n    ports:\n      - \"127.0.0.1:8080:6379\"\n    healthcheck:\n      test: [\"CMD\", \"curl\", \"http://localhost:6379/\"]\n"
    );
}
