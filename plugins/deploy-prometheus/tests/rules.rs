//! Each rule is written, fires when it should, and stays quiet when it should:
//! two unit tests for each, run by promtool. Each has a runbook.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test fails by it"
)]

#[path = "rules/cases.rs"]
mod cases;
#[path = "shop/mod.rs"]
mod shop;

use cases::{CASES, Case, Series};
use deploy_prometheus::rules::{self, Rule};
use deploy_prometheus::{Change, Prometheus, RULES};
use serde_json::{Value, json};
use shop::{Folder, everything, plan, promtools, settings, written};
use sinops_sdk::Error;
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::DeployStep;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn runbooks() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks")
}

#[test]
fn every_rule_has_both_tests_and_every_test_a_rule() {
    let rules: Vec<&str> = rules::all().map(|rule| rule.name).collect();
    let cases: Vec<&str> = CASES.iter().map(|case| case.rule).collect();
    let unique = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<&str>>();
    assert_eq!(unique(&rules), unique(&cases));
    assert_eq!(
        (rules.len(), cases.len()),
        (unique(&rules).len(), unique(&cases).len())
    );
    for case in CASES {
        assert!(
            case.fires != case.quiet || case.rule == "Watchdog",
            "{}",
            case.rule
        );
    }
}

#[test]
fn every_rule_is_written_with_all_that_a_reader_needs() {
    let text = written(
        &plan(&settings(), &everything("prom/prometheus:v3.5.0")),
        RULES,
    );
    for rule in rules::all() {
        assert!(
            text.contains(&format!("- alert: {}\n", rule.name)),
            "{}",
            rule.name
        );
        assert!(
            text.contains(&format!("docs/runbooks/{}.md", rule.name)),
            "{}",
            rule.name
        );
        assert!(
            !rule.summary.is_empty() && !rule.description.is_empty(),
            "{}",
            rule.name
        );
        let shown =
            rule.description.contains("{threshold}") || rule.expression.contains("{threshold}");
        assert_eq!(shown, rule.threshold.is_some(), "{}", rule.name);
        for metric in rule.metrics {
            assert!(rule.expression.contains(metric), "{}: {metric}", rule.name);
        }
    }
    assert!(!text.contains("{threshold}") && !text.contains("{service}"));
}

/// The matrix that users expect, each in both severities where both make sense.
#[test]
fn the_matrix_is_covered() {
    assert!(rules::all().count() >= 40);
    for severity in ["critical", "warning"] {
        for subject in [
            "service",
            "probe",
            "container",
            "host",
            "database",
            "cache",
            "application",
            "monitoring",
        ] {
            let found = rules::all()
                .any(|rule| rule.severity == severity && rule.subject.name() == subject);
            assert!(found, "{subject}: {severity}");
        }
    }
}

/// Names of the metrics that a story is about.
fn touches(case: &Case, series: &[Series]) -> BTreeSet<&'static str> {
    let name = |series: &'static str| series.split('{').next().unwrap_or(series);
    let rule = rules::named(case.rule).unwrap();
    series
        .iter()
        .map(|(series, _)| name(series))
        .chain(rule.metrics.iter().copied())
        .collect()
}

/// Stories that have no metric in common are told together: a start of
/// promtool's storage takes longer than all of them.
fn together(fires: bool) -> Vec<Vec<(&'static Case, &'static [Series])>> {
    let mut told: Vec<(BTreeSet<&str>, Vec<_>)> = Vec::new();
    for case in CASES {
        let series = if fires { case.fires } else { case.quiet };
        let metrics = touches(case, series);
        match told
            .iter_mut()
            .find(|(other, _)| other.is_disjoint(&metrics))
        {
            Some((other, cases)) => {
                other.extend(metrics);
                cases.push((case, series));
            }
            None => told.push((metrics, vec![(case, series)])),
        }
    }
    told.into_iter().map(|(_, cases)| cases).collect()
}

fn group(cases: &[(&Case, &[Series])], fires: bool) -> Value {
    let input: Vec<Value> = cases
        .iter()
        .flat_map(|(_, series)| series.iter())
        .map(|(series, values)| json!({ "series": series, "values": values }))
        .collect();
    let questions: Vec<Value> = cases
        .iter()
        .map(|(case, _)| question(case, fires))
        .collect();
    json!({ "interval": "1m", "input_series": input, "promql_expr_test": questions })
}

fn question(case: &Case, fires: bool) -> Value {
    let mut matchers = case.matchers;
    if case.rule == "Watchdog" && !fires {
        matchers = "severity!~\"none|info\"";
    }
    let rule = rules::named(case.rule).unwrap();
    let labels = format!(
        "{{alertname=\"{}\",severity=\"{}\"}}",
        rule.name, rule.severity
    );
    let expected = if fires {
        json!([{ "labels": labels, "value": 1 }])
    } else {
        json!([])
    };
    json!({
        "expr": format!(
            "group by (alertname, severity) (ALERTS{{alertname=\"{}\",alertstate=\"firing\",{matchers}}})",
            rule.name
        ),
        "eval_time": format!("{}m", case.at),
        "exp_samples": expected,
    })
}

#[test]
fn promtool_sees_every_rule_fire_and_be_quiet() {
    for (program, image) in promtools() {
        let folder = Folder::with("units", &plan(&settings(), &everything(image)));
        let groups: Vec<Value> = [true, false]
            .into_iter()
            .flat_map(|fires| {
                together(fires)
                    .into_iter()
                    .map(move |cases| group(&cases, fires))
            })
            .collect();
        let tests = json!({
            "rule_files": [RULES],
            "evaluation_interval": "1m",
            "tests": groups,
        });
        std::fs::write(folder.0.join("tests.yml"), tests.to_string()).unwrap();
        folder.run(&program, &["test", "rules", "tests.yml"]);
    }
}

/// What is expected of each story is not what comes of the other one.
#[test]
fn promtool_refuses_the_stories_told_the_other_way_round() {
    let Some((program, image)) = promtools().into_iter().next() else {
        return;
    };
    let folder = Folder::with("swapped", &plan(&settings(), &everything(image)));
    let swapped: Vec<Value> = together(false)
        .into_iter()
        .map(|cases| group(&cases, true))
        .collect();
    let asked: usize = together(false).iter().map(Vec::len).sum();
    let tests = json!({
        "rule_files": [RULES],
        "evaluation_interval": "1m",
        "tests": swapped,
    });
    std::fs::write(folder.0.join("tests.yml"), tests.to_string()).unwrap();
    let output = std::process::Command::new(program)
        .current_dir(&folder.0)
        .args(["test", "rules", "tests.yml"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let failed = said.matches("expr: \"group by (alertname").count();
    // Watchdog always fires, whoever asks.
    assert_eq!(failed, asked - 1, "{said}");
}

#[test]
fn rules_of_what_is_not_there_are_left_out_unless_they_are_asked_for() {
    let planning = shop::planning(vec![shop::prometheus("prom/prometheus:v3.5.0")]);
    let text = written(&plan(&Prometheus::default(), &planning), RULES);
    for absent in [
        "RedisDown",
        "HostCpuHigh",
        "ProbeFailed",
        "HttpErrorRateHigh",
    ] {
        assert!(!text.contains(absent), "{absent}");
    }
    let mut asked = Prometheus::default();
    let on = Change {
        enabled: Some(true),
        ..Change::default()
    };
    asked.rules.insert("RedisDown".to_owned(), on.clone());
    let problems = plan(&asked, &planning).problems;
    let said: Vec<_> = problems
        .iter()
        .filter(|it| it.severity == Critical)
        .collect();
    assert_eq!(said.len(), 1, "{problems:?}");
    assert_eq!(
        said[0].message,
        "rule RedisDown needs the metric `redis_up`: no configured exporter serves it; redis-exporter does"
    );

    // A metric that came later.
    let mut planning = everything("prom/prometheus:v3.5.0");
    let cadvisor = planning
        .stack
        .services
        .iter_mut()
        .find(|it| it.name == "cadvisor");
    cadvisor.unwrap().image = Some("gcr.io/cadvisor/cadvisor:v0.47.2".to_owned());
    let mut asked = settings();
    asked
        .rules
        .insert("ContainerUnhealthy".to_owned(), on.clone());
    asked.rules.insert("ContainerRestarting".to_owned(), on);
    let said: Vec<String> = plan(&asked, &planning)
        .problems
        .into_iter()
        .filter(|it| it.severity == Critical)
        .map(|it| it.message)
        .collect();
    assert_eq!(
        said,
        [
            "rule ContainerUnhealthy needs the metric `container_health_state`: only cadvisor 0.54.0 and later serve it",
            "rule ContainerRestarting needs the metric `container_start_time_seconds`: cadvisor 0.47.2 serves it with another meaning, from 0.57.0 on it is right",
        ]
    );
}

#[test]
fn settings_change_single_rules() {
    let mut changed = settings();
    for (name, change) in [
        (
            "HostCpuHigh",
            json!({ "threshold": 0.7, "for": "1h", "severity": "critical" }),
        ),
        ("HostCpuCritical", json!({ "enabled": false })),
    ] {
        let change: Change = serde_json::from_value(change).unwrap();
        changed.rules.insert(name.to_owned(), change);
    }
    let text = written(
        &plan(&changed, &everything("prom/prometheus:v3.5.0")),
        RULES,
    );
    assert!(!text.contains("HostCpuCritical"));
    let rule = text.split("- alert: HostCpuHigh\n").nth(1).unwrap();
    let rule = rule.split("- alert:").next().unwrap();
    for part in ["> 0.7\"", "for: \"1h\"", "severity: critical"] {
        assert!(rule.contains(part), "{part} in {rule}");
    }
}

#[test]
fn wrong_settings_of_rules_name_the_key() {
    for (name, change, text) in [
        (
            "RediDown",
            json!({}),
            "settings.rules.RediDown: there is no such rule; do you mean `RedisDown`?",
        ),
        (
            "RedisDown",
            json!({ "threshold": 1.0 }),
            "settings.rules.RedisDown.threshold: this rule compares with nothing",
        ),
        (
            "RedisDown",
            json!({ "for": "soon" }),
            "settings.rules.RedisDown.for: `soon` is no duration like 15s, 5m or 30d",
        ),
        (
            "RedisDown",
            json!({ "severity": "bad" }),
            "settings.rules.RedisDown.severity: `bad` is none of critical, warning and info",
        ),
    ] {
        let mut settings = Prometheus::default();
        settings
            .rules
            .insert(name.to_owned(), serde_json::from_value(change).unwrap());
        let said = settings.plan(&shop::planning(Vec::new()));
        assert_eq!(said.err(), Some(Error::Settings(text.to_owned())));
    }
}

fn index() -> String {
    let mut out = String::from(
        "# Runbooks\n\nOne for each alert that sinops can write: what it means, where to look first, how\nto mend it, and when it is a false alarm.\n",
    );
    let mut last = None;
    for rule in rules::all() {
        if last != Some(rule.subject) {
            last = Some(rule.subject);
            out.push_str(&format!(
                "\n## {}\n\n| alert | severity | needs |\n|---|---|---|\n",
                rule.subject.name()
            ));
        }
        let Rule {
            name,
            severity,
            exporter,
            ..
        } = rule;
        let needs = if exporter.is_empty() {
            "any scrape"
        } else {
            exporter
        };
        out.push_str(&format!("| [{name}]({name}.md) | {severity} | {needs} |\n"));
    }
    out
}

/// `SINOPS_WRITE_INDEX=1` writes the index anew.
#[test]
fn every_rule_has_a_runbook_and_the_index_is_current() {
    let folder = runbooks();
    if std::env::var_os("SINOPS_WRITE_INDEX").is_some() {
        std::fs::write(folder.join("README.md"), index()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(folder.join("README.md")).unwrap(),
        index()
    );
    let mut there: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    there.remove("README.md");
    let expected: BTreeSet<String> = rules::all().map(|it| format!("{}.md", it.name)).collect();
    assert_eq!(there, expected);
    for rule in rules::all() {
        let text = std::fs::read_to_string(folder.join(format!("{}.md", rule.name))).unwrap();
        assert!(
            text.starts_with(&format!("# {}\n", rule.name)),
            "{}",
            rule.name
        );
        for part in [
            "\n## What it means\n",
            "\n## Look first\n",
            "\n## Mend\n",
            "\n## False alarm\n",
        ] {
            assert!(text.contains(part), "{}: {part}", rule.name);
        }
        assert!(text.lines().count() >= 15, "{} is short", rule.name);
    }
}
