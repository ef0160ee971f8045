//! What stands between operators: metrics, functions, aggregations, numbers.

use super::super::functions::{self, Kind};
use super::super::lexer::Token;
use super::super::{Selector, SyntaxError};
use super::{Open, Parser, Part};
use sinops_config_check::value::regex_error;
use std::ops::Range;

/// Aggregations, and whether they take a parameter.
const AGGREGATIONS: &[(&str, Option<Kind>)] = &[
    ("avg", None),
    ("bottomk", Some(Kind::Scalar)),
    ("count", None),
    ("count_values", Some(Kind::Text)),
    ("group", None),
    ("limit_ratio", Some(Kind::Scalar)),
    ("limitk", Some(Kind::Scalar)),
    ("max", None),
    ("min", None),
    ("quantile", Some(Kind::Scalar)),
    ("stddev", None),
    ("stdvar", None),
    ("sum", None),
    ("topk", Some(Kind::Scalar)),
];

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Result<Part, SyntaxError> {
        let place = self.here();
        let Some(token) = self.peek().cloned() else {
            return self.refuse("it ends too early");
        };
        let plain = |kind| Part {
            kind,
            span: place.clone(),
            open: Open::Other,
        };
        match token {
            Token::Number(_) => {
                self.at += 1;
                Ok(plain(Kind::Scalar))
            }
            Token::Text(_) => {
                self.at += 1;
                Ok(plain(Kind::Text))
            }
            Token::Symbol("(") => {
                self.at += 1;
                self.deeper()?;
                let part = self.binary(0)?;
                self.depth -= 1;
                if !self.take(")") {
                    return if self.peek().is_none() {
                        Err((place, "`(` is not closed".to_owned()))
                    } else {
                        self.refuse("an operator or `)` is expected here")
                    };
                }
                Ok(Part {
                    span: place.start..self.before(),
                    // Neither a range nor an offset may follow.
                    open: Open::Other,
                    kind: part.kind,
                })
            }
            Token::Symbol("{") => {
                let selector = Selector {
                    name: String::new(),
                    span: place.clone(),
                    labels: Vec::new(),
                };
                self.selector(selector, place)
            }
            Token::Symbol(symbol) => self.refuse(format!("`{symbol}` is not expected here")),
            Token::Word(word) => {
                self.at += 1;
                self.word(&word, place)
            }
        }
    }

    fn word(&mut self, word: &str, place: Range<usize>) -> Result<Part, SyntaxError> {
        let lower = word.to_ascii_lowercase();
        let aggregation = AGGREGATIONS.iter().find(|(name, _)| *name == lower);
        if let Some((_, parameter)) = aggregation
            && (self.symbol("(") || self.keyword(&["by", "without"]).is_some())
        {
            return self.aggregation(&lower, *parameter, place);
        }
        if self.symbol("(") {
            return self.call(word, place);
        }
        if matches!(lower.as_str(), "inf" | "nan") {
            return Ok(Part {
                kind: Kind::Scalar,
                span: place,
                open: Open::Other,
            });
        }
        if matches!(
            lower.as_str(),
            "bool" | "on" | "ignoring" | "group_left" | "group_right" | "atan2"
        ) {
            return Err((place, format!("`{word}` is not expected here")));
        }
        let selector = Selector {
            name: word.to_owned(),
            span: place.clone(),
            labels: Vec::new(),
        };
        self.selector(selector, place)
    }

    fn aggregation(
        &mut self,
        name: &str,
        parameter: Option<Kind>,
        place: Range<usize>,
    ) -> Result<Part, SyntaxError> {
        let before = self.take_keyword(&["by", "without"]).is_some();
        if before {
            self.labels()?;
        }
        let arguments = self.arguments()?;
        if !before && self.take_keyword(&["by", "without"]).is_some() {
            self.labels()?;
        }
        let wanted = 1 + usize::from(parameter.is_some());
        if arguments.len() != wanted {
            return Err((
                place,
                format!("`{name}` takes {wanted}, this gives it {}", arguments.len()),
            ));
        }
        for (argument, kind) in arguments.iter().rev().zip([Some(Kind::Vector), parameter]) {
            fits(name, argument, kind)?;
        }
        Ok(Part {
            kind: Kind::Vector,
            span: place.start..self.before(),
            open: Open::Other,
        })
    }

    fn call(&mut self, name: &str, place: Range<usize>) -> Result<Part, SyntaxError> {
        let Some(function) = functions::find(name) else {
            let near = sinops_config_check::nearest(name, functions::names());
            let near = near.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            return Err((place, format!("there is no function `{name}`{near}")));
        };
        self.found.functions.push((name.to_owned(), place.clone()));
        let arguments = self.arguments()?;
        if arguments.len() < function.least || arguments.len() > function.most {
            let wanted = if function.least == function.most {
                function.least.to_string()
            } else if arguments.len() < function.least {
                format!("at least {}", function.least)
            } else {
                format!("at most {}", function.most)
            };
            return Err((
                place,
                format!("`{name}` takes {wanted}, this gives it {}", arguments.len()),
            ));
        }
        for (number, argument) in arguments.iter().enumerate() {
            let kind = function.takes.get(number).or(function.takes.last());
            fits(name, argument, kind.copied())?;
        }
        Ok(Part {
            kind: function.gives,
            span: place.start..self.before(),
            open: Open::Other,
        })
    }

    fn arguments(&mut self) -> Result<Vec<Part>, SyntaxError> {
        let place = self.here();
        self.need("(", "`(` is expected here")?;
        self.deeper()?;
        let mut arguments = Vec::new();
        while !self.take(")") {
            if self.peek().is_none() {
                return Err((place, "`(` is not closed".to_owned()));
            }
            arguments.push(self.binary(0)?);
            if self.peek().is_none() {
                return Err((place, "`(` is not closed".to_owned()));
            }
            if self.take(",") {
                if self.symbol(")") {
                    return self.refuse("nothing stands behind the comma");
                }
            } else if !self.symbol(")") {
                return self.refuse("an operator, a comma or `)` is expected here");
            }
        }
        self.depth -= 1;
        Ok(arguments)
    }

    /// What stands in braces behind a name, or alone.
    fn selector(
        &mut self,
        mut selector: Selector,
        place: Range<usize>,
    ) -> Result<Part, SyntaxError> {
        let named = !selector.name.is_empty();
        let mut chooses = named;
        if self.take("{") {
            loop {
                if self.take("}") {
                    break;
                }
                chooses |= self.matcher(&mut selector, named, &place)?;
                if !self.symbol("}") {
                    if self.peek().is_none() {
                        return Err((place, "`{` is not closed".to_owned()));
                    }
                    self.need(",", "a comma or `}` is expected here")?;
                }
            }
        }
        let span = place.start..self.before();
        if !chooses {
            return Err((
                span,
                "a selector without a name needs a matcher that does not match the empty text"
                    .to_owned(),
            ));
        }
        self.found.selectors.push(selector);
        Ok(Part {
            kind: Kind::Vector,
            span,
            open: Open::Selector,
        })
    }

    /// `name="value"`; gives whether it may exclude the empty text.
    fn matcher(
        &mut self,
        selector: &mut Selector,
        named: bool,
        braces: &Range<usize>,
    ) -> Result<bool, SyntaxError> {
        let (name, span, quoted) = match self.tokens.get(self.at) {
            Some((Token::Word(name), span)) => (name.clone(), span.clone(), false),
            Some((Token::Text(name), span)) => (name.clone(), span.clone(), true),
            None => return Err((braces.clone(), "`{` is not closed".to_owned())),
            Some(_) => return self.refuse("a label was expected here"),
        };
        self.at += 1;
        let operator = match self.peek() {
            Some(Token::Symbol(symbol @ ("=" | "!=" | "=~" | "!~"))) => *symbol,
            Some(Token::Symbol("," | "}")) if quoted => {
                if named {
                    return Err((span, "the name of the metric stands here twice".to_owned()));
                }
                selector.name = name;
                selector.span = span;
                return Ok(true);
            }
            Some(Token::Symbol("==")) => {
                return self.refuse("labels are compared with `=`, not with `==`");
            }
            _ => return Err((span, format!("no `=` stands behind `{name}`"))),
        };
        self.at += 1;
        let Some((Token::Text(value), place)) = self.tokens.get(self.at) else {
            return Err((span, format!("the value of `{name}` has no quotes")));
        };
        let (value, place) = (value.clone(), place.clone());
        self.at += 1;
        if operator.ends_with('~')
            && let Some(reason) = regex_error(&value)
        {
            return Err((
                place,
                format!("`{value}` is no regular expression, {reason}"),
            ));
        }
        if name == "__name__" {
            if named {
                return Err((span, "the name of the metric stands here twice".to_owned()));
            }
            if operator == "=" {
                selector.name.clone_from(&value);
                selector.span = place;
            }
        } else {
            selector.labels.push((name, span));
        }
        Ok(match operator {
            "=" => !value.is_empty(),
            "=~" => !matches!(value.as_str(), "" | ".*"),
            "!=" => value.is_empty(),
            _ => value != ".+",
        })
    }
}

fn fits(name: &str, argument: &Part, wanted: Option<Kind>) -> Result<(), SyntaxError> {
    match wanted {
        Some(wanted) if wanted != argument.kind => Err((
            argument.span.clone(),
            format!(
                "`{name}` takes {} here, this is {}",
                wanted.words(),
                argument.kind.words()
            ),
        )),
        _ => Ok(()),
    }
}
