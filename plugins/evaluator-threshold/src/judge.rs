//! One rule over one batch of samples.

use crate::{Level, Operator, Rule};
use sinops_sdk::Severity;
use sinops_sdk::evaluator::Finding;
use sinops_sdk::types::{MetricFamily, Sample, label};

/// The findings of a rule: one for each series that violates it.
pub(crate) fn rule(rule: &Rule, families: &[MetricFamily]) -> Vec<Finding> {
    let mut series = families
        .iter()
        .flat_map(|family| &family.samples)
        .filter(|sample| sample.name == rule.metric && matches(rule, sample));
    let Some(limit) = rule.value else {
        return match series.next() {
            Some(_) => Vec::new(),
            None => vec![absent(rule)],
        };
    };
    series
        .filter(|sample| violates(rule.op, sample.value, limit))
        .map(|sample| Finding {
            rule: rule.name.clone(),
            severity: severity(rule.severity),
            labels: sample.labels.clone(),
            value: sample.value,
            summary: summary(rule, sample, limit),
        })
        .collect()
}

fn matches(rule: &Rule, sample: &Sample) -> bool {
    rule.labels.iter().all(|(key, value)| {
        sample
            .labels
            .iter()
            .any(|label| label.key == *key && label.value == *value)
    })
}

/// What is no number violates nothing.
fn violates(op: Operator, value: f64, limit: f64) -> bool {
    #[allow(clippy::float_cmp, reason = "the operator asked for it")]
    match op {
        Operator::Above => value > limit,
        Operator::AtLeast => value >= limit,
        Operator::Below => value < limit,
        Operator::AtMost => value <= limit,
        Operator::Equal => value == limit,
        Operator::Different => !value.is_nan() && value != limit,
        Operator::Absent => false,
    }
}

fn absent(rule: &Rule) -> Finding {
    let labels: Vec<_> = rule
        .labels
        .iter()
        .map(|(key, value)| label(key, value))
        .collect();
    Finding {
        rule: rule.name.clone(),
        severity: severity(rule.severity),
        summary: rule.summary.clone().map_or_else(
            || format!("there is no series {}", selector(rule, &labels)),
            |text| filled(text, &labels, 0.0),
        ),
        labels,
        value: 0.0,
    }
}

fn summary(rule: &Rule, sample: &Sample, limit: f64) -> String {
    match &rule.summary {
        Some(text) => filled(text.clone(), &sample.labels, sample.value),
        None => format!(
            "{} is {}, which is {} {limit}",
            selector(rule, &sample.labels),
            sample.value,
            words(rule.op)
        ),
    }
}

fn selector(rule: &Rule, labels: &[sinops_sdk::types::Label]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|label| format!("{}=\"{}\"", label.key, label.value))
        .collect();
    if labels.is_empty() {
        return rule.metric.clone();
    }
    format!("{}{{{}}}", rule.metric, labels.join(","))
}

fn filled(mut text: String, labels: &[sinops_sdk::types::Label], value: f64) -> String {
    for label in labels {
        text = text.replace(&format!("{{{}}}", label.key), &label.value);
    }
    text.replace("{value}", &value.to_string())
}

fn words(op: Operator) -> &'static str {
    match op {
        Operator::Above => "above",
        Operator::AtLeast => "at least",
        Operator::Below => "below",
        Operator::AtMost => "at most",
        Operator::Equal => "equal to",
        Operator::Different => "not",
        Operator::Absent => "absent",
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Info => Severity::Info,
        Level::Warning => Severity::Warning,
        Level::Critical => Severity::Critical,
    }
}
