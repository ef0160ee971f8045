//! Each finding from the smallest text that has it, and texts of which nothing
//! is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use doctor_grafana::Examination;
use sinops_config_check::testing::{findings, lines, mended, planning};
use sinops_sdk::deploy_step::{Planning, Problem};
use sinops_sdk::testing::check_deploy_step;

const SOURCES: &str = "apiVersion: 1\ndatasources:\n  - { name: P, uid: prom, type: prometheus, url: 'http://p', isDefault: true, jsonData: { alertmanagerUid: am } }\n  - { name: A, uid: am, type: alertmanager, url: 'http://a' }\n";

fn problems(planning: &Planning) -> Vec<Problem> {
    findings(&Examination::default(), planning)
}

fn of(texts: &[(&str, &str)]) -> Vec<String> {
    let planning = planning(texts, &[]);
    lines(&planning, &problems(&planning))
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Examination>(&serde_json::json!({}));
}

#[test]
fn good_texts_are_left_alone() {
    let dashboard = r#"{"title":"t","uid":"u","panels":[{"datasource":{"type":"prometheus","uid":"prom"}},{"datasource":{"uid":"${datasource}"}},{"datasource":{"uid":"-- Mixed --"}}]}"#;
    let providers = "apiVersion: 1\nproviders:\n  - { name: a, folder: A, type: file, options: { path: /d/a } }\n  - { name: b, type: file, options: { path: /d/b, foldersFromFilesStructure: true } }\n";
    assert_eq!(
        of(&[
            ("d.json", dashboard),
            ("p.yml", providers),
            ("s.yml", SOURCES)
        ]),
        [] as [&str; 0]
    );
}

#[test]
fn each_finding_has_its_line() {
    for (old, new, expected) in [
        ("uid: am, ", "", "warning s.yml:4 grafana/no-uid"),
        (
            "alertmanagerUid: am",
            "alertmanagerUid: an",
            "warning s.yml:3 grafana/unknown-uid",
        ),
        (
            "url: 'http://a'",
            "isDefault: true",
            "critical s.yml:4 grafana/two-defaults",
        ),
        (
            "name: A",
            "name: P",
            "critical s.yml:4 grafana/duplicate-datasource",
        ),
        (
            "type: alertmanager, ",
            "",
            "critical s.yml:4 grafana/datasource",
        ),
    ] {
        let text = SOURCES.replacen(old, new, 1);
        let found = of(&[("s.yml", &text)]);
        assert!(found.iter().any(|it| it == expected), "{text}\n{found:#?}");
    }
    let providers = "apiVersion: 1\nproviders:\n  - name: a\n    folder: A\n    options: { path: /d, foldersFromFilesStructure: true }\n  - { name: b, options: { path: /d/b } }\n";
    assert_eq!(
        of(&[("p.yml", providers)]),
        [
            "critical p.yml:4 grafana/folder",
            "warning p.yml:6 grafana/overlapping-providers"
        ]
    );
    let dashboard = "{\"title\":\"t\",\n\"panels\":[{\"datasource\":\"${DS_PROMETHEUS}\"},\n{\"datasource\":{\"uid\":\"other\"}}]}";
    assert_eq!(
        of(&[("d.json", dashboard), ("s.yml", SOURCES)]),
        [
            "warning d.json:2 grafana/placeholder",
            "info d.json:1 grafana/dashboard-uid",
            "warning d.json:3 grafana/unknown-uid"
        ]
    );
}

#[test]
fn a_uid_is_added_below_the_name() {
    let text = "apiVersion: 1\ndatasources:\n  - name: My Loki\n    type: loki\n";
    let planning = planning(&[("s.yml", text)], &[]);
    assert_eq!(
        mended(&planning, &problems(&planning), "s.yml"),
        "apiVersion: 1\ndatasources:\n  - name: My Loki\n    uid: my-loki\n    type: loki\n"
    );
}
