//! Rules over samples.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test fails by it"
)]

use evaluator_threshold::Thresholds;
use serde_json::{Value, json};
use sinops_sdk::evaluator::{Evaluator, Finding};
use sinops_sdk::testing::check_evaluator;
use sinops_sdk::types::{MetricFamily, Sample, label};
use sinops_sdk::{Error, Severity, read_settings};

fn up(values: &[(&str, f64)]) -> Vec<MetricFamily> {
    vec![MetricFamily {
        name: "up".to_owned(),
        samples: values
            .iter()
            .map(|(service, value)| Sample {
                name: "up".to_owned(),
                labels: vec![label("service", *service)],
                value: *value,
                time: None,
            })
            .collect(),
        ..MetricFamily::default()
    }]
}

fn judge(rule: Value, samples: &[MetricFamily]) -> Result<Vec<Finding>, Error> {
    read_settings::<Thresholds>(&json!([rule]).to_string())
        .map_err(Error::Settings)?
        .evaluate(samples, 0)
}

#[test]
fn keeps_the_contract() {
    check_evaluator::<Thresholds>(&json!([
        { "name": "Down", "metric": "up", "op": "<", "value": 1, "severity": "critical" },
    ]));
}

#[test]
fn each_operator_compares() {
    let samples = up(&[("a", 0.0), ("b", 1.0), ("c", 2.0), ("d", f64::NAN)]);
    for (op, expected) in [
        (">", "c"),
        (">=", "bc"),
        ("<", "a"),
        ("<=", "ab"),
        ("==", "b"),
        ("!=", "ac"),
    ] {
        let rule = json!({ "name": "R", "metric": "up", "op": op, "value": 1 });
        let found: String = judge(rule, &samples)
            .unwrap()
            .into_iter()
            .flat_map(|finding| finding.labels)
            .map(|label| label.value)
            .collect();
        assert_eq!(found, expected, "{op}");
    }
}

#[test]
fn a_finding_says_what_and_how_much() {
    let samples = up(&[("a", 0.5)]);
    let mut rule =
        json!({ "name": "R", "metric": "up", "op": "<", "value": 1, "severity": "critical" });
    let finding = judge(rule.clone(), &samples).unwrap().remove(0);
    assert_eq!(
        (
            finding.rule.as_str(),
            finding.severity,
            finding.summary.as_str()
        ),
        (
            "R",
            Severity::Critical,
            "up{service=\"a\"} is 0.5, which is below 1"
        )
    );
    rule["summary"] = json!("{service} is at {value}");
    assert_eq!(
        judge(rule, &samples).unwrap().remove(0).summary,
        "a is at 0.5"
    );
}

#[test]
fn labels_select() {
    let samples = up(&[("a", 0.0), ("b", 0.0)]);
    let rule =
        json!({ "name": "R", "metric": "up", "labels": { "service": "b" }, "op": "<", "value": 1 });
    let found = judge(rule, &samples).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found.first().map(|it| it.severity), Some(Severity::Warning));
}

#[test]
fn absence_is_found() {
    let rule = |service: &str| json!({ "name": "Gone", "metric": "up", "labels": { "service": service }, "op": "absent" });
    assert_eq!(judge(rule("a"), &up(&[("a", 0.0)])).unwrap(), []);
    let found = judge(rule("z"), &up(&[("a", 0.0)])).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found.first().map(|it| it.summary.as_str()),
        Some("there is no series up{service=\"z\"}")
    );
}

#[test]
fn contradictions_are_named() {
    for (rule, part) in [
        (
            json!({ "name": "R", "metric": "up", "op": "<" }),
            "`value` is missing",
        ),
        (
            json!({ "name": "R", "metric": "up", "op": "absent", "value": 1 }),
            "no `value`",
        ),
        (
            json!({ "name": "R", "metric": "up", "op": "~", "value": 1 }),
            "op",
        ),
    ] {
        let Err(Error::Settings(text)) = judge(rule.clone(), &[]) else {
            unreachable!("{rule} is accepted");
        };
        assert!(text.contains(part), "{text}");
    }
}
