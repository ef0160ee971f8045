//! Tokens to what an expression is about, with the types of its parts.
//!
//! What only a feature flag allows is taken as if the flag were set.

mod primary;

use super::functions::Kind;
use super::lexer::{Spanned, Token};
use super::{Expression, SyntaxError};
use std::ops::Range;

/// How deep brackets may nest.
const DEEPEST: usize = 100;

const COMPARISONS: &[&str] = &["==", "!=", "<", ">", "<=", ">="];
const SETS: &[&str] = &["and", "or", "unless"];

/// What a part of the expression is.
struct Part {
    kind: Kind,
    span: Range<usize>,
    /// What may still stand behind it: a range, an offset, a time.
    open: Open,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A metric: `[5m]`, `offset` and `@` may follow.
    Selector,
    /// A range or a subquery: `offset` and `@` may follow.
    Range,
    /// Anything else.
    Other,
}

struct Parser<'t> {
    tokens: &'t [Spanned],
    at: usize,
    end: usize,
    depth: usize,
    found: Expression,
}

pub(super) fn parse(tokens: &[Spanned], end: usize) -> Result<Expression, SyntaxError> {
    let mut parser = Parser {
        tokens,
        at: 0,
        end,
        depth: 0,
        found: Expression::default(),
    };
    parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(parser.found),
        Some((Token::Symbol(symbol @ (")" | "]" | "}")), span)) => {
            Err((span.clone(), format!("`{symbol}` closes nothing")))
        }
        Some((_, span)) => Err((span.clone(), "this is not expected here".to_owned())),
    }
}

/// How tightly an operator binds; `^` most.
fn strength(operator: &str) -> Option<usize> {
    Some(match operator {
        "or" => 1,
        "and" | "unless" => 2,
        "==" | "!=" | "<" | ">" | "<=" | ">=" | "</" | ">/" => 3,
        "+" | "-" => 4,
        "*" | "/" | "%" | "atan2" => 5,
        "^" => 6,
        _ => return None,
    })
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|it| &it.0)
    }

    fn symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(it)) if *it == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let there = self.symbol(symbol);
        self.at += usize::from(there);
        there
    }

    /// A keyword, in whatever case.
    fn keyword(&self, words: &[&str]) -> Option<String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                Some(word.to_ascii_lowercase()).filter(|lower| words.contains(&lower.as_str()))
            }
            _ => None,
        }
    }

    fn take_keyword(&mut self, words: &[&str]) -> Option<String> {
        let word = self.keyword(words)?;
        self.at += 1;
        Some(word)
    }

    /// Where the next token stands, or the end.
    fn here(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end.saturating_sub(1)..self.end, |it| it.1.clone())
    }

    fn before(&self) -> usize {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0, |it| it.1.end)
    }

    fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, SyntaxError> {
        Err((self.here(), reason.into()))
    }

    fn need(&mut self, symbol: &str, reason: &str) -> Result<(), SyntaxError> {
        if self.take(symbol) {
            Ok(())
        } else {
            self.refuse(reason)
        }
    }

    fn binary(&mut self, weakest: usize) -> Result<Part, SyntaxError> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Symbol(symbol)) => (*symbol).to_owned(),
                Some(Token::Word(word)) => word.to_ascii_lowercase(),
                _ => return Ok(left),
            };
            if operator == "=" || operator == "=~" || operator == "!~" {
                return self.refuse(format!(
                    "`{operator}` compares labels within `{{…}}` only; values are compared with `==`"
                ));
            }
            let Some(strength) = strength(&operator).filter(|it| *it > weakest) else {
                return Ok(left);
            };
            let place = self.here();
            self.at += 1;
            let matching = self.matching(&operator, &place)?;
            if self.peek().is_none() {
                return Err((place, "nothing stands behind the operator".to_owned()));
            }
            // `^` binds to the right.
            let right = self.binary(strength - usize::from(operator == "^"))?;
            left = operation(&left, &right, &operator, &place, &matching)?;
        }
    }

    /// `bool`, `on (…)`, `group_left (…)`, `fill (…)`.
    fn matching(&mut self, operator: &str, place: &Range<usize>) -> Result<Matching, SyntaxError> {
        let mut matching = Matching::default();
        if self.take_keyword(&["bool"]).is_some() {
            if !COMPARISONS.contains(&operator) {
                return Err((place.clone(), "`bool` belongs to comparisons".to_owned()));
            }
            matching.bool = true;
        }
        if let Some(word) = self.take_keyword(&["on", "ignoring"]) {
            matching.on = word == "on";
            let labels = self.labels()?;
            matching.labels = !labels.is_empty();
            if let Some(word) = self.keyword(&["group_left", "group_right"]) {
                if SETS.contains(&operator) {
                    return self.refuse(format!("`{operator}` knows no `{word}`"));
                }
                self.at += 1;
                if self.symbol("(") {
                    let place = self.here();
                    let many = self.labels()?;
                    if matching.on
                        && let Some(twice) = many.iter().find(|it| labels.contains(it))
                    {
                        return Err((
                            place,
                            format!("`{twice}` stands in `on` and in `{word}` at once"),
                        ));
                    }
                }
            }
        } else if let Some(word) = self.keyword(&["group_left", "group_right"]) {
            return self.refuse(format!(
                "`{word}` needs `on (…)` or `ignoring (…)` before it"
            ));
        }
        while self.keyword(&["fill", "fill_left", "fill_right"]).is_some()
            && matches!(self.tokens.get(self.at + 1), Some((Token::Symbol("("), _)))
        {
            self.at += 1;
            self.skip_brackets()?;
        }
        Ok(matching)
    }

    fn skip_brackets(&mut self) -> Result<(), SyntaxError> {
        let place = self.here();
        let mut open = 0_usize;
        while let Some(token) = self.peek() {
            match token {
                Token::Symbol("(") => open += 1,
                Token::Symbol(")") => open = open.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
        Err((place, "`(` is not closed".to_owned()))
    }

    /// `(a, b)`
    fn labels(&mut self) -> Result<Vec<String>, SyntaxError> {
        let place = self.here();
        self.need("(", "labels in brackets are expected here")?;
        let mut labels = Vec::new();
        loop {
            if self.take(")") {
                return Ok(labels);
            }
            match self.tokens.get(self.at) {
                Some((Token::Word(label) | Token::Text(label), span)) => {
                    labels.push(label.clone());
                    self.found.grouping.push((label.clone(), span.clone()));
                    self.at += 1;
                }
                None => return Err((place, "`(` is not closed".to_owned())),
                Some(_) => return self.refuse("the name of a label is expected here"),
            }
            if !self.symbol(")") {
                self.need(",", "a comma or `)` is expected here")?;
            }
        }
    }

    fn unary(&mut self) -> Result<Part, SyntaxError> {
        let place = self.here();
        if self.take("-") || self.take("+") {
            self.deeper()?;
            // It binds as tightly as `*`: `-x ^ 2` is `-(x ^ 2)`.
            let part = self.binary(5)?;
            self.depth -= 1;
            if !matches!(part.kind, Kind::Scalar | Kind::Vector) {
                return Err((place, format!("{} has no sign", part.kind.words())));
            }
            return Ok(Part {
                open: Open::Other,
                span: place.start..part.span.end,
                ..part
            });
        }
        let mut part = self.primary()?;
        loop {
            if self.symbol("[") {
                part = self.range(part)?;
            } else if self.take_keyword(&["offset"]).is_some() {
                self.movable(&part, "offset")?;
                self.length()?;
            } else if self.take("@") {
                self.movable(&part, "@")?;
                if self.take_keyword(&["start", "end"]).is_some() {
                    self.need("(", "`(` is expected here")?;
                    self.need(")", "`)` is expected here")?;
                } else {
                    self.length()?;
                }
            } else if self.take_keyword(&["anchored", "smoothed"]).is_some() {
                // Of ranges and selectors, behind a feature flag.
            } else {
                part.span.end = self.before();
                return Ok(part);
            }
        }
    }

    fn deeper(&mut self) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.refuse("it nests too deep");
        }
        Ok(())
    }

    fn movable(&self, part: &Part, word: &str) -> Result<(), SyntaxError> {
        if part.open == Open::Other {
            return Err((
                part.span.clone(),
                format!("`{word}` stands behind a metric, a range or a subquery only"),
            ));
        }
        Ok(())
    }

    /// Of an offset or a time: a signed number, or an expression in brackets.
    fn length(&mut self) -> Result<(), SyntaxError> {
        if !self.take("-") {
            self.take("+");
        }
        if matches!(self.peek(), Some(Token::Number(_))) {
            self.at += 1;
            return Ok(());
        }
        if self
            .take_keyword(&[
                "step", "range", "min", "max", "min_of", "max_of", "inf", "nan",
            ])
            .is_some()
        {
            if self.symbol("(") {
                self.skip_brackets()?;
            }
            return Ok(());
        }
        if self.symbol("(") {
            return self.skip_brackets();
        }
        self.refuse("a duration such as `5m` is expected here")
    }

    /// `[5m]` or `[1h:5m]`.
    fn range(&mut self, part: Part) -> Result<Part, SyntaxError> {
        let place = self.here();
        self.at += 1;
        let mut subquery = false;
        let mut empty = true;
        loop {
            match self.peek() {
                None => return Err((place, "`[` is not closed".to_owned())),
                Some(Token::Symbol("]")) => break,
                Some(Token::Symbol(":")) if !subquery && !empty => subquery = true,
                Some(Token::Number(length)) => {
                    if *length <= 0.0 && empty {
                        return self.refuse("a range is longer than nothing");
                    }
                }
                Some(Token::Word(word))
                    if matches!(
                        word.as_str(),
                        "step" | "range" | "min" | "max" | "min_of" | "max_of"
                    ) => {}
                Some(Token::Symbol("(" | ")" | "," | "+" | "-" | "*" | "/" | "%" | "^")) => {}
                Some(_) => return self.refuse("a duration such as `5m` is expected here"),
            }
            empty = false;
            self.at += 1;
        }
        if empty {
            return self.refuse("a duration such as `5m` is expected here");
        }
        self.at += 1;
        let whole = part.span.start..self.before();
        if subquery {
            if part.kind != Kind::Vector {
                return Err((
                    part.span,
                    format!(
                        "a subquery is of an instant vector, this is {}",
                        part.kind.words()
                    ),
                ));
            }
        } else if part.open != Open::Selector || self.moved_before(&place) {
            return Err((
                place,
                "a range such as `[5m]` stands directly behind a metric; of anything else a subquery is made, `[5m:]`".to_owned(),
            ));
        }
        Ok(Part {
            kind: Kind::Matrix,
            span: whole,
            open: Open::Range,
        })
    }

    /// The token before a range ends an offset.
    fn moved_before(&self, range: &Range<usize>) -> bool {
        let before = self.tokens.iter().take_while(|it| it.1.end <= range.start);
        matches!(before.last(), Some((Token::Number(_), _)))
    }
}

/// How two vectors are matched.
#[derive(Default)]
struct Matching {
    bool: bool,
    on: bool,
    labels: bool,
}

fn operation(
    left: &Part,
    right: &Part,
    operator: &str,
    place: &Range<usize>,
    matching: &Matching,
) -> Result<Part, SyntaxError> {
    for part in [left, right] {
        if !matches!(part.kind, Kind::Scalar | Kind::Vector) {
            return Err((
                part.span.clone(),
                format!(
                    "`{operator}` takes numbers and instant vectors, this is {}",
                    part.kind.words()
                ),
            ));
        }
    }
    let scalars = [left, right]
        .iter()
        .filter(|it| it.kind == Kind::Scalar)
        .count();
    let reason = if scalars == 2 && COMPARISONS.contains(&operator) && !matching.bool {
        "two numbers are compared with `bool` only, as in `1 == bool 1`"
    } else if scalars > 0 && SETS.contains(&operator) {
        "`and`, `or` and `unless` stand between vectors, not beside a number: write `vector(1)`"
    } else if scalars > 0 && matching.labels {
        "`on` and `ignoring` stand between two vectors, not beside a number"
    } else {
        return Ok(Part {
            kind: if scalars == 2 {
                Kind::Scalar
            } else {
                Kind::Vector
            },
            span: left.span.start..right.span.end,
            open: Open::Other,
        });
    };
    Err((place.clone(), reason.to_owned()))
}
