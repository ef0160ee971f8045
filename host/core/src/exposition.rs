//! Metric families as text, in version 0.0.4 of the exposition format of Prometheus:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>. What collectors bring
//! is not trusted: a series that would spoil the page for all others is left out.

use crate::monitor::{MetricFamily, MetricType, Sample};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What the page is served as.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page, and how many samples had no place on it: those without a valid name, of a
/// family of another type under the same name, or with name and labels of an earlier one.
#[must_use]
pub fn page<'a>(families: impl IntoIterator<Item = &'a MetricFamily>) -> (String, usize) {
    // One family may come in parts, from several collectors; on the page it is one block.
    let mut blocks: BTreeMap<String, Block<'a>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut left_out = 0;
    for family in families {
        let (name, word) = (block_name(family), word(family.metric_type));
        let block = blocks.entry(name).or_insert_with(|| Block {
            word,
            help: &family.help,
            lines: String::new(),
        });
        for sample in &family.samples {
            let line = (block.word == word)
                .then(|| series(family, sample))
                .flatten()
                .filter(|series| seen.insert(series.clone()));
            match line {
                Some(series) => block.add(&series, sample),
                None => left_out += 1,
            }
        }
    }
    let mut text = String::new();
    for (name, block) in blocks.iter().filter(|(_, block)| !block.lines.is_empty()) {
        if !block.help.is_empty() {
            let help = block.help.replace('\\', r"\\").replace('\n', r"\n");
            let _ = writeln!(text, "# HELP {name} {help}");
        }
        let _ = writeln!(text, "# TYPE {name} {}", block.word);
        text.push_str(&block.lines);
    }
    (text, left_out)
}

struct Block<'a> {
    word: &'static str,
    help: &'a str,
    lines: String,
}

impl Block<'_> {
    fn add(&mut self, series: &str, sample: &Sample) {
        let value = match sample.value {
            value if value.is_nan() => "NaN".to_owned(),
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            value => value.to_string(),
        };
        let _ = match sample.time {
            Some(time) => writeln!(self.lines, "{series} {value} {time}"),
            None => writeln!(self.lines, "{series} {value}"),
        };
    }
}

/// In this format a counter is named like its series.
fn block_name(family: &MetricFamily) -> String {
    let suffix = match family.metric_type {
        MetricType::Counter => "_total",
        MetricType::Info => "_info",
        _ => "",
    };
    let name = &family.name;
    if name.ends_with(suffix) {
        name.clone()
    } else {
        format!("{name}{suffix}")
    }
}

fn word(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::Counter => "counter",
        MetricType::Gauge | MetricType::Info | MetricType::Stateset => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::Summary => "summary",
        MetricType::Unknown => "untyped",
    }
}

/// `name{label="value"}`, labels in order; none if it is no series of this family.
fn series(family: &MetricFamily, sample: &Sample) -> Option<String> {
    let suffixes: &[&str] = match family.metric_type {
        MetricType::Histogram => &["_bucket", "_sum", "_count"],
        MetricType::Summary => &["", "_sum", "_count"],
        _ => &[""],
    };
    let block = block_name(family);
    let fits = suffixes
        .iter()
        .any(|suffix| sample.name.strip_suffix(suffix) == Some(block.as_str()))
        || (block != family.name && sample.name == family.name);
    if !fits || !is_name(&sample.name, true) {
        return None;
    }
    let name = if suffixes == [""] {
        &block
    } else {
        &sample.name
    };
    let labels: BTreeMap<&str, &str> = sample
        .labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let are_good = labels
        .keys()
        .all(|label| is_name(label, false) && !label.starts_with("__"));
    if !are_good || labels.len() != sample.labels.len() {
        return None;
    }
    if labels.is_empty() {
        return Some(name.clone());
    }
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    Some(format!("{name}{{{}}}", labels.join(",")))
}

fn is_name(text: &str, may_have_colons: bool) -> bool {
    let is_good = |index: usize, byte: u8| {
        byte.is_ascii_alphabetic()
            || byte == b'_'
            || (byte == b':' && may_have_colons)
            || (byte.is_ascii_digit() && index > 0)
    };
    !text.is_empty()
        && text
            .bytes()
            .enumerate()
            .all(|(index, byte)| is_good(index, byte))
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, labels, value.
    type Point<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

    fn family(name: &str, metric_type: MetricType, samples: &[Point<'_>]) -> MetricFamily {
        MetricFamily {
            name: name.into(),
            help: format!("{name}.\nOn \\two lines"),
            metric_type,
            samples: samples
                .iter()
                .map(|(name, labels, value)| Sample {
                    name: (*name).into(),
                    labels: labels
                        .iter()
                        .map(|(name, value)| ((*name).into(), (*value).into()))
                        .collect(),
                    value: *value,
                    time: None,
                })
                .collect(),
            ..MetricFamily::default()
        }
    }

    #[test]
    fn one_block_for_each_family_in_the_order_of_names() {
        let families = [
            family(
                "up",
                MetricType::Gauge,
                &[("up", &[("z", "a\"b\\c\nd"), ("a", "1")], 1.0)],
            ),
            family(
                "jobs",
                MetricType::Counter,
                &[("jobs_total", &[], f64::INFINITY)],
            ),
            family("up", MetricType::Gauge, &[("up", &[("a", "2")], f64::NAN)]),
            family(
                "took",
                MetricType::Histogram,
                &[
                    ("took_bucket", &[("le", "+Inf")], 2.0),
                    ("took_sum", &[], 0.5),
                    ("took_count", &[], 2.0),
                ],
            ),
        ];
        let (text, left_out) = page(&families);
        assert_eq!(left_out, 0);
        assert_eq!(
            text,
            "# HELP jobs_total jobs.\\nOn \\\\two lines\n# TYPE jobs_total counter\njobs_total +Inf\n\
             # HELP took took.\\nOn \\\\two lines\n# TYPE took histogram\n\
             took_bucket{le=\"+Inf\"} 2\ntook_sum 0.5\ntook_count 2\n\
             # HELP up up.\\nOn \\\\two lines\n# TYPE up gauge\n\
             up{a=\"1\",z=\"a\\\"b\\\\c\\nd\"} 1\nup{a=\"2\"} NaN\n"
        );
    }

    #[test]
    fn what_would_spoil_the_page_is_left_out() {
        let gauge = MetricType::Gauge;
        let families = [
            family(
                "up",
                gauge,
                &[("up", &[("a", "1")], 1.0), ("up", &[("a", "1")], 2.0)],
            ),
            family("up", MetricType::Counter, &[("up", &[], 1.0)]),
            family("up", MetricType::Unknown, &[("up", &[], 1.0)]),
            family("bad name", gauge, &[("bad name", &[], 1.0)]),
            family("1st", gauge, &[("1st", &[], 1.0)]),
            family("x", gauge, &[("y", &[], 1.0)]),
            family(
                "l",
                gauge,
                &[
                    ("l", &[("__name__", "evil")], 1.0),
                    ("l", &[("a b", "")], 1.0),
                ],
            ),
            family("d", gauge, &[("d", &[("a", "1"), ("a", "2")], 1.0)]),
            family("", gauge, &[("", &[], 1.0)]),
        ];
        let (text, left_out) = page(&families);
        assert_eq!(left_out, 9);
        assert_eq!(
            text,
            "# HELP up up.\\nOn \\\\two lines\n# TYPE up gauge\nup{a=\"1\"} 1\n\
             # HELP up_total up.\\nOn \\\\two lines\n# TYPE up_total counter\nup_total 1\n"
        );
    }
}
