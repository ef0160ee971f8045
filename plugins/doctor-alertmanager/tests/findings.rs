//! Each finding from the smallest text that has it, what mending makes of it,
//! and texts of which nothing is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use doctor_alertmanager::Examination;
use sinops_config_check::testing::{findings, lines, mended, planning};
use sinops_sdk::deploy_step::{Planning, Problem};
use sinops_sdk::testing::check_deploy_step;

fn problems(planning: &Planning) -> Vec<Problem> {
    findings(&Examination::default(), planning)
}

fn of_text(text: &str) -> Vec<String> {
    let planning = planning(&[("a.yml", text)], &[]);
    lines(&planning, &problems(&planning))
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Examination>(&serde_json::json!({}));
}

#[test]
fn good_texts_are_left_alone() {
    for text in [
        "route: { receiver: a }\nreceivers: [{ name: a }]\n",
        "global: { slack_api_url_file: /s, smtp_smarthost: 'm:25', smtp_from: a@b.c }\nroute:\n  receiver: a\n  group_by: [alertname]\n  group_wait: 30s\n  routes:\n    - matchers: ['severity=\"critical\"', 'team=~\"a|b\"']\n      receiver: a\n      mute_time_intervals: [night]\nreceivers:\n  - name: a\n    slack_configs: [{ channel: '#a', title: '{{ .Status }}', send_resolved: true }]\n    email_configs: [{ to: x@y.z, headers: { Subject: s } }]\n    webhook_configs: [{ url: 'http://x/y' }]\ninhibit_rules: [{ source_matchers: [a=b], target_matchers: [c!=d], equal: [e] }]\ntime_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }], weekdays: ['monday:friday'], location: Europe/Berlin }] }]\ntemplates: ['*.tmpl']\n",
        // Not ours.
        "receivers: { otlp: {} }\nexporters: {}\nservice: {}\n",
        "apiVersion: 1\ncontactPoints: []\n",
    ] {
        assert_eq!(of_text(text), [] as [&str; 0], "{text}");
    }
}

#[test]
fn each_finding_has_its_line() {
    let with =
        |receiver: &str| format!("route: {{ receiver: a }}\nreceivers:\n  - name: a\n{receiver}");
    for (text, expected) in [
        ("route: { receiver: a }\nreceivers: [{ name: a }]\nglobals: {}\n".to_owned(), "critical a.yml:3 alertmanager/unknown-field"),
        ("route: { receiver: b }\nreceivers:\n  - name: a\n  - name: b\n  - name: b\n".to_owned(), "info a.yml:3 alertmanager/unused-receiver"),
        ("route: { receiver: a, group_wait: 30 }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:1 alertmanager/wrong-value"),
        ("route:\n  receiver: a\n  match: { a: b }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:3 alertmanager/route"),
        ("route: { receiver: z }\nreceivers: [{ name: zz }]\n".to_owned(), "critical a.yml:1 alertmanager/undefined"),
        (with("    webhook_configs: [{ max_alerts: 1 }]\n"), "critical a.yml:4 alertmanager/incomplete-receiver"),
        (with("    webhook_configs: [{ url: '${HOOK_URL}' }]\n"), "critical a.yml:4 alertmanager/unexpanded-variable"),
        (with("    pagerduty_configs: [{ routing_key: '$PD_KEY' }]\n"), "warning a.yml:4 alertmanager/unexpanded-variable"),
        (with("    pagerduty_configs: [{ routing_key: abc }]\n"), "warning a.yml:4 alertmanager/plaintext-secret"),
        (with("    pagerduty_configs: [{ routing_key_file: /a, description: '{% raw %}{{ .X }}{% endraw %}' }]\n"), "warning a.yml:4 alertmanager/jinja"),
        (with("    pagerduty_configs: [{ routing_key_file: /a, description: '{{ .X ' }]\n"), "warning a.yml:4 alertmanager/template"),
        (with("    email_configs: [{ to: a@b.c, from: a@b.c, smarthost: mail }]\n"), "critical a.yml:4 alertmanager/wrong-value"),
        (with("    sns_configs: [{ subject: x }]\n"), "critical a.yml:4 alertmanager/incomplete-receiver"),
        (with("    slack_configs: [{ api_url: 'https://a.b/c', app_token_file: /a }]\n"), "critical a.yml:4 alertmanager/two-secrets"),
        ("route: { receiver: a, group_by: [x, x] }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:1 alertmanager/route"),
        ("route: { receiver: a, repeat_interval: 0s }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:1 alertmanager/route"),
        ("route: { receiver: a, group_by: job }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:1 alertmanager/wrong-value"),
        ("route: { receiver: a }\nreceivers: [{ name: a }]\ntime_intervals: [{ name: n, time_intervals: [{ weekdays: ['mon:fri'] }] }]\n".to_owned(), "critical a.yml:3 alertmanager/interval"),
        ("route: { receiver: a, routes: [{ matchers: [abc] }] }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:1 alertmanager/matcher"),
        ("route: { receiver: a, routes: [{ matchers: ['a=~\"(\"'] }] }\nreceivers: [{ name: a }]\n".to_owned(), "critical a.yml:1 alertmanager/regex"),
        ("route: { receiver: a }\nreceivers: [{ name: a }]\nmute_time_intervals: []\n".to_owned(), "warning a.yml:3 alertmanager/deprecated-intervals"),
        ("route: { receiver: a }\nreceivers: [{ name: a }]\ninhibit_rules:\n  - source_match: { a: b }\n".to_owned(), "warning a.yml:4 alertmanager/deprecated-matchers"),
    ] {
        let found = of_text(&text);
        assert!(found.iter().any(|it| it == expected), "{text}\n{found:#?}");
    }
}

#[test]
fn keys_come_with_versions() {
    let text = "route: { receiver: a }\nreceivers:\n  - name: a\n    jira_configs: [{ project: p, issue_type: t, api_url: 'https://a.b' }]\n";
    let stack = r#"{"volumes":[{"type":"bind","source":"/srv/app/a.yml","target":"/etc/a.yml"}]}"#;
    for (image, expected) in [
        ("prom/alertmanager:v0.26.0", 1),
        ("prom/alertmanager:v0.28.0", 0),
    ] {
        let planning = planning(&[("a.yml", text)], &[("am", image, stack)]);
        assert_eq!(problems(&planning).len(), expected, "{image}");
    }
}

#[test]
fn mends_are_what_was_meant() {
    let text = "global:\n  slack_api_url: '${SLACK_URL}'\nroute:\n  receiver: a\n  routes:\n    - match:\n        severity: critical\n        team: it's\n      receiver: a\n    - match_re: { a: 'b|c' }\nreceivers:\n  - name: a\n    slack_configs: [{ text: '{% raw %}{{ .X }}{% endraw %}' }]\n";
    let planning = planning(&[("a.yml", text)], &[]);
    assert_eq!(
        mended(&planning, &problems(&planning), "a.yml"),
        "global:\n  slack_api_url_file: '/run/secrets/slack_url'\nroute:\n  receiver: a\n  routes:\n    - matchers: ['severity=\"critical\"', 'team=\"it''s\"']\n      receiver: a\n    - matchers: ['a=~\"b|c\"']\nreceivers:\n  - name: a\n    slack_configs: [{ text: '{{ .X }}' }]\n"
    );
}
