//! As much of PromQL as it takes to name the metrics of an expression and to
//! see that it cannot be parsed.

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
}

/// Why it cannot be parsed, and where.
pub(crate) type SyntaxError = (Range<usize>, String);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Number,
    Text(String),
    Symbol(char),
}

const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "unless",
    "atan2",
    "bool",
    "offset",
    "group_left",
    "group_right",
    "on",
    "ignoring",
    "by",
    "without",
    "start",
    "end",
    "inf",
    "nan",
    "smoothed",
    "anchored",
];

const FUNCTIONS: &[&str] = &[
    "abs",
    "absent",
    "absent_over_time",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "avg",
    "avg_over_time",
    "bottomk",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cos",
    "cosh",
    "count",
    "count_over_time",
    "count_values",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "delta",
    "deriv",
    "double_exponential_smoothing",
    "end",
    "exp",
    "first_over_time",
    "floor",
    "group",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_quantiles",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "holt_winters",
    "hour",
    "idelta",
    "increase",
    "info",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "limit_ratio",
    "limitk",
    "ln",
    "log10",
    "log2",
    "mad_over_time",
    "max",
    "max_of",
    "max_over_time",
    "min",
    "min_of",
    "min_over_time",
    "minute",
    "month",
    "pi",
    "predict_linear",
    "present_over_time",
    "quantile",
    "quantile_over_time",
    "rad",
    "range",
    "rate",
    "resets",
    "round",
    "scalar",
    "sgn",
    "sin",
    "sinh",
    "sort",
    "sort_by_label",
    "sort_by_label_desc",
    "sort_desc",
    "sqrt",
    "start",
    "stddev",
    "stddev_over_time",
    "stdvar",
    "stdvar_over_time",
    "step",
    "sum",
    "sum_over_time",
    "tan",
    "tanh",
    "time",
    "timestamp",
    "topk",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "vector",
    "year",
];

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err((0..text.len(), "it is empty".to_owned()));
    }
    balanced(&tokens)?;
    let symbol = |at: usize| match tokens.get(at) {
        Some((Token::Symbol(symbol), _)) => Some(*symbol),
        _ => None,
    };
    let mut found = Expression::default();
    let mut at = 0;
    while let Some((token, span)) = tokens.get(at) {
        match token {
            Token::Word(word) => {
                let lower = word.to_ascii_lowercase();
                let lists_labels = matches!(
                    lower.as_str(),
                    "by" | "without" | "on" | "ignoring" | "group_left" | "group_right"
                );
                if lists_labels && symbol(at + 1) == Some('(') {
                    at += 2;
                    while let Some((token, span)) = tokens.get(at) {
                        match token {
                            Token::Word(label) | Token::Text(label) => {
                                found.grouping.push((label.clone(), span.clone()));
                            }
                            Token::Symbol(')') => break,
                            Token::Symbol(_) | Token::Number => {}
                        }
                        at += 1;
                    }
                } else if symbol(at + 1) == Some('(') && !KEYWORDS.contains(&lower.as_str()) {
                    if !FUNCTIONS.contains(&word.as_str()) && !FUNCTIONS.contains(&lower.as_str()) {
                        return Err((span.clone(), format!("there is no function `{word}`")));
                    }
                } else if FUNCTIONS.contains(&lower.as_str())
                    && matches!(tokens.get(at + 1), Some((Token::Word(next), _)) if matches!(next.as_str(), "by" | "without"))
                {
                    // `sum by (…) (…)`.
                } else if !KEYWORDS.contains(&lower.as_str()) {
                    let mut selector = Selector {
                        name: word.clone(),
                        span: span.clone(),
                        labels: Vec::new(),
                    };
                    if symbol(at + 1) == Some('{') {
                        at = matchers(&tokens, at + 2, &mut selector)?;
                    }
                    found.selectors.push(selector);
                }
            }
            Token::Symbol('{') => {
                let mut selector = Selector {
                    name: String::new(),
                    span: span.clone(),
                    labels: Vec::new(),
                };
                at = matchers(&tokens, at + 1, &mut selector)?;
                found.selectors.push(selector);
            }
            Token::Number | Token::Text(_) | Token::Symbol(_) => {}
        }
        at += 1;
    }
    dangling(&tokens)?;
    Ok(found)
}

/// Reads `name="value", …}`; gives the position of the bracket.
fn matchers(
    tokens: &[(Token, Range<usize>)],
    mut at: usize,
    selector: &mut Selector,
) -> Result<usize, SyntaxError> {
    while let Some((token, span)) = tokens.get(at) {
        match token {
            Token::Symbol('}') => return Ok(at),
            Token::Symbol(',') => at += 1,
            Token::Word(name) | Token::Text(name) => {
                let operator = tokens.get(at + 1).map(|it| &it.0);
                if matches!(token, Token::Text(_))
                    && matches!(operator, Some(Token::Symbol(',' | '}')))
                {
                    // A quoted metric name.
                    selector.name.clone_from(name);
                    selector.span = span.clone();
                    at += 1;
                    continue;
                }
                let Some(Token::Symbol('=' | '~' | '!')) = operator else {
                    return Err((span.clone(), format!("no `=` stands behind `{name}`")));
                };
                let Some((Token::Text(value), place)) = tokens.get(at + 2) else {
                    return Err((span.clone(), format!("the value of `{name}` has no quotes")));
                };
                if name == "__name__" {
                    if operator == Some(&Token::Symbol('=')) {
                        selector.name.clone_from(value);
                        selector.span = place.clone();
                    }
                } else {
                    selector.labels.push((name.clone(), span.clone()));
                }
                at += 3;
            }
            Token::Number | Token::Symbol(_) => {
                return Err((span.clone(), "a label was expected here".to_owned()));
            }
        }
    }
    Ok(at)
}

/// Each bracket is closed by its own.
fn balanced(tokens: &[(Token, Range<usize>)]) -> Result<(), SyntaxError> {
    let mut open = Vec::new();
    for (token, span) in tokens {
        let Token::Symbol(symbol) = token else {
            continue;
        };
        let partner = match symbol {
            '(' | '[' | '{' => {
                open.push((*symbol, span.clone()));
                continue;
            }
            ')' => '(',
            ']' => '[',
            '}' => '{',
            _ => continue,
        };
        if open.pop().is_none_or(|(symbol, _)| symbol != partner) {
            return Err((span.clone(), format!("`{symbol}` closes nothing")));
        }
    }
    match open.pop() {
        Some((symbol, span)) => Err((span, format!("`{symbol}` is not closed"))),
        None => Ok(()),
    }
}

/// An operator has something on both sides.
fn dangling(tokens: &[(Token, Range<usize>)]) -> Result<(), SyntaxError> {
    let operator =
        |token: &Token| matches!(token, Token::Symbol('*' | '/' | '%' | '^' | '>' | '<'));
    if let Some((token, span)) = tokens.first()
        && operator(token)
    {
        return Err((
            span.clone(),
            "nothing stands before the operator".to_owned(),
        ));
    }
    if let Some((token, span)) = tokens.last()
        && (operator(token) || matches!(token, Token::Symbol('+' | '-' | '=' | '!' | ',')))
    {
        return Err((
            span.clone(),
            "nothing stands behind the operator".to_owned(),
        ));
    }
    Ok(())
}

fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, SyntaxError> {
    let mut found = Vec::new();
    let mut characters = text.char_indices().peekable();
    let word = |it: char| it.is_alphanumeric() || matches!(it, '_' | ':');
    while let Some((start, character)) = characters.next() {
        let mut end = start + character.len_utf8();
        let token = match character {
            _ if character.is_whitespace() => continue,
            '#' => {
                while characters.next_if(|(_, it)| *it != '\n').is_some() {}
                continue;
            }
            '"' | '\'' | '`' => {
                let mut value = String::new();
                let mut closed = false;
                while let Some((at, next)) = characters.next() {
                    end = at + next.len_utf8();
                    if next == character {
                        closed = true;
                        break;
                    }
                    if next == '\\' && character != '`' {
                        if let Some((_, escaped)) = characters.next() {
                            value.push(escaped);
                        }
                    } else {
                        value.push(next);
                    }
                }
                if !closed {
                    return Err((start..end, "a quote is not closed".to_owned()));
                }
                Token::Text(value)
            }
            _ if character.is_ascii_digit() || character == '.' => {
                while let Some((at, next)) = characters.next_if(|(_, it)| word(*it) || *it == '.') {
                    end = at + next.len_utf8();
                }
                Token::Number
            }
            _ if character.is_alphabetic() || matches!(character, '_' | ':') => {
                // In `[5m:1m]` the colon is a token of its own.
                if character == ':' && found.last().is_some_and(|(it, _)| *it == Token::Number) {
                    found.push((Token::Symbol(':'), start..end));
                    continue;
                }
                while let Some((at, next)) = characters.next_if(|(_, it)| word(*it)) {
                    end = at + next.len_utf8();
                }
                Token::Word(text.get(start..end).unwrap_or_default().to_owned())
            }
            '=' | '!' | '>' | '<' => {
                // The last character of the operator tells it from assignment.
                let mut symbol = character;
                if let Some((at, next)) = characters.next_if(|(_, it)| matches!(it, '=' | '~')) {
                    end = at + 1;
                    symbol = if next == '~' {
                        '~'
                    } else if character == '!' {
                        '!'
                    } else {
                        '>'
                    };
                }
                Token::Symbol(symbol)
            }
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | '+' | '-' | '*' | '/' | '%' | '^' | '@' => {
                Token::Symbol(character)
            }
            other => {
                return Err((start..end, format!("`{other}` has no meaning here")));
            }
        };
        found.push((token, start..end));
    }
    Ok(found)
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
            names("max_over_time(x[1h:5m]) unless on (a, b) group_left (c) y @ end()"),
            ["x", "y"]
        );
        assert_eq!(names(r#"{__name__="q"} / {"r", a="b"}"#), ["q", "r"]);
        assert_eq!(names("a # comment (\n+ on(x) b"), ["a", "b"]);
        assert_eq!(names("sum by (job) (rate(x[5m])) > bool 1e3"), ["x"]);
        assert_eq!(names("-x ^ 2 >= Inf and NaN != 0x1F"), ["x"]);
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
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
