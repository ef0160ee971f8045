//! PromQL: what an expression is about, and why Prometheus would refuse it.

mod functions;
mod lexer;
mod parser;

use std::ops::Range;

/// A metric with its matchers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Empty if only matchers choose.
    pub(crate) name: String,
    /// Bytes of the name.
    pub(crate) span: Range<usize>,
    /// Names of labels, and the bytes of each.
    pub(crate) labels: Vec<(String, Range<usize>)>,
}

/// What an expression is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expression {
    /// Metrics.
    pub(crate) selectors: Vec<Selector>,
    /// Labels of `by (…)` and the like.
    pub(crate) grouping: Vec<(String, Range<usize>)>,
    /// Functions, without aggregations.
    pub(crate) functions: Vec<(String, Range<usize>)>,
}

/// Why it is refused, and where.
pub(crate) type SyntaxError = (Range<usize>, String);

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let tokens = lexer::tokens(text)?;
    if tokens.is_empty() {
        return Err((0..text.len(), "it is empty".to_owned()));
    }
    parser::parse(&tokens, text.len())
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn names(text: &str) -> Vec<String> {
        let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        parsed.selectors.into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn metrics_are_named() {
        assert_eq!(
            names(
                r#"histogram_quantile(0.95, sum(rate(a_bucket{x=~"5..",y!="z"}[5m])) by (le)) > 2 * b:c offset 1h"#
            ),
            ["a_bucket", "b:c"]
        );
        assert_eq!(
            names("100 - (avg by(instance) (irate(n{mode=\"idle\"}[5m])) * 100) > 80"),
            ["n"]
        );
        assert_eq!(names("up == 0"), ["up"]);
        assert_eq!(names("absent(up{job='x'}) or vector(1)"), ["up"]);
        assert_eq!(
            names("max_over_time(x[1h:5m]) * on (a, b) group_left (c) y @ end()"),
            ["x", "y"]
        );
        assert_eq!(names(r#"{__name__="q"} / {"r", a="b"}"#), ["q", "r"]);
        assert_eq!(names("a # comment (\n+ on(x) b"), ["a", "b"]);
        assert_eq!(names("sum by (job) (rate(x[5m])) > bool 1e3"), ["x"]);
        assert_eq!(names("-x ^ 2 >= Inf and y != 0x1F"), ["x", "y"]);
        assert_eq!(names("count without (a) (x) > 0"), ["x"]);
        assert_eq!(names("sum(x) by (job)"), ["x"]);
    }

    #[test]
    fn what_cannot_be_parsed_is_refused() {
        for bad in [
            "",
            "sum(x",
            "sum(x))",
            "rat(x[5m])",
            "x{a=b}",
            "x{a}b",
            "x >",
            "x{a=\"b}",
            "* x",
            "x ? y",
            "x{a=\"b\"",
            "[5m",
            "rate(x)",
            "sum(rate(x[5m]) by (job)",
            "sum(x[5m])",
            "rate(sum(x)[5m])",
            "x{a=~\"\\d\"}",
            "x{a=~\"(\"}",
            "x{a==\"b\"}",
            "x = 1",
            "1 > 2",
            "x and 1",
            "x group_left (a) y",
            "topk(x)",
            "histogram_quantile(x[5m])",
            "rate(x[$__rate_interval])",
            "rate(x[5])[5m]",
            "rate(x[5 m])",
            "x[5min]",
            "{}",
            "{a=~\".*\"}",
            "absent(x, y)",
            "x y",
            "rate(x[5m] offset)",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
