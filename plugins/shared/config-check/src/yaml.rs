//! YAML text to trees in which every key and value knows its bytes.
//!
//! Only what configuration of Go programs needs: anchors, aliases and merge
//! keys are resolved, scalars stay text together with whether they were
//! quoted. Bounded, so that aliases of aliases cannot fill the memory.

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput};
use std::collections::HashMap;
use std::ops::Range;

/// How many nodes a file may expand to.
const MOST_NODES: usize = 500_000;
/// How deep it may nest.
const DEEPEST: usize = 100;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes, to the end of the last value in it.
    pub span: Range<usize>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, number, truth value or nothing.
    Scalar {
        /// Without quotes.
        text: String,
        /// Neither quoted nor a block: YAML decides what it is.
        plain: bool,
    },
    /// Items.
    List(Vec<Node>),
    /// Keys and values, in the order of the file.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// Its bytes.
    pub key: Range<usize>,
    /// What it holds.
    pub node: Node,
}

impl Entry {
    /// Key and value.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.key.start..self.node.span.end.max(self.key.end)
    }
}

/// Why a text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Offset of the byte at which it shows.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// A key with its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.name == key)
    }

    /// Keys and values; none of a value that is no mapping.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar { .. } | Value::List(_) => &[],
        }
    }

    /// Items; none of a value that is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// The items of the list below a key.
    pub fn list(&self, key: &str) -> impl Iterator<Item = &Self> {
        self.get(key).into_iter().flat_map(Self::items)
    }

    /// The text of a scalar that is not nothing.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The text of the scalar below a key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// Nothing, as YAML writes it.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A scalar without quotes.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(&self.value, Value::Scalar { plain: true, .. })
    }

    /// The truth value of a plain scalar.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } => match text.as_str() {
                "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
                "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
                    Some(false)
                }
                _ => None,
            },
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// What it is, in the words of a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            _ if self.is_null() => "nothing",
            _ if self.truth().is_some() => "a truth value",
            Value::Scalar { text, plain: true } if text.parse::<f64>().is_ok() => "a number",
            Value::Scalar { .. } => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Calls for this node and all below it.
    pub fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Self)) {
        visit(self);
        for item in self.items() {
            item.walk(visit);
        }
        for entry in self.entries() {
            entry.node.walk(visit);
        }
    }
}

/// The first document of a text, which is all that programs in Go read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its value; none of a text without any.
    pub root: Option<Node>,
    /// Where something stands behind it, YAML or not.
    pub behind: Option<usize>,
}

/// Reads the first document of a text.
///
/// # Errors
/// Where and why it is not YAML.
pub fn parse(text: &str) -> Result<Document, SyntaxError> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut builder = Builder {
        parser: Parser::new_from_str_with_options(text, options),
        text,
        anchors: HashMap::new(),
        nodes: 0,
        last: 0,
    };
    let mut root = None;
    loop {
        match builder.next() {
            Err(error) if root.is_some() => {
                let behind = Some(error.at);
                return Ok(Document { root, behind });
            }
            Err(error) => return Err(error),
            Ok((Event::StreamEnd, _)) => return Ok(Document { root, behind: None }),
            Ok((Event::DocumentStart(..), _)) if root.is_some() => {
                let behind = Some(builder.last);
                return Ok(Document { root, behind });
            }
            Ok((Event::DocumentStart(..), _)) => {
                let (event, span) = builder.next()?;
                if !matches!(event, Event::DocumentEnd) {
                    root = Some(builder.node(event, &span, 0)?);
                }
            }
            Ok(_) => {}
        }
    }
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    /// Where the last event began.
    last: usize,
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.last = span.byte_range().map_or(self.last, |it| it.start);
                Ok((event, span))
            }
            Some(Err(error)) => Err(SyntaxError {
                at: error.marker().byte_offset().unwrap_or(self.last),
                message: error.info().to_owned(),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn refuse<T>(&self, message: &str) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            at: self.last,
            message: message.to_owned(),
        })
    }

    fn count(&mut self, nodes: usize, depth: usize) -> Result<(), SyntaxError> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES || depth > DEEPEST {
            return self.refuse("it expands to too many values or nests too deep");
        }
        Ok(())
    }

    /// Bytes of a scalar, without the line break behind a block.
    fn bytes(&self, span: &Span) -> Range<usize> {
        let range = span.byte_range().unwrap_or(0..0);
        let source = self.text.get(range.clone()).unwrap_or_default();
        range.start..range.start + source.trim_end().len()
    }

    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node, SyntaxError> {
        self.count(1, depth)?;
        let before = self.nodes;
        let bytes = self.bytes(span);
        let (anchor, node) = match event {
            Event::Alias(id) => {
                let Some((node, nodes)) = self.anchors.get(&id).cloned() else {
                    return self.refuse("an alias stands inside the value that it refers to");
                };
                self.count(nodes, depth)?;
                return Ok(Node {
                    span: bytes,
                    ..node
                });
            }
            Event::Scalar(text, style, anchor, _) => (
                anchor,
                Node {
                    value: Value::Scalar {
                        text: text.into_owned(),
                        plain: style == ScalarStyle::Plain,
                    },
                    span: bytes,
                },
            ),
            Event::SequenceStart(_, anchor, _) => (anchor, self.list(bytes.start, depth)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map(bytes.start, depth)?),
            _ => return self.refuse("a value is missing"),
        };
        if anchor != 0 {
            self.anchors
                .insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self, start: usize, depth: usize) -> Result<Node, SyntaxError> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let end = self.end(&span, items.last().map(|it| it.span.end), start);
                return Ok(Node {
                    value: Value::List(items),
                    span: start..end,
                });
            }
            items.push(self.node(event, &span, depth + 1)?);
        }
    }

    /// Where a collection ends: at its bracket, or with the last value in it.
    fn end(&self, span: &Span, last: Option<usize>, start: usize) -> usize {
        let bytes = span.byte_range().unwrap_or(start..start);
        let source = self.text.get(bytes.clone()).unwrap_or_default();
        if matches!(source, "]" | "}") {
            bytes.end
        } else {
            last.unwrap_or(start).max(start)
        }
    }

    fn map(&mut self, start: usize, depth: usize) -> Result<Node, SyntaxError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        let mut last = start;
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                for source in merged {
                    for entry in source.entries() {
                        if entries.iter().all(|own| own.name != entry.name) {
                            entries.push(entry.clone());
                        }
                    }
                }
                let end = self.end(&span, Some(last), start);
                return Ok(Node {
                    value: Value::Map(entries),
                    span: start..end,
                });
            }
            let key = self.node(event, &span, depth + 1)?;
            let Value::Scalar { text: name, plain } = key.value else {
                return self.refuse("a key must be text");
            };
            let (event, span) = self.next()?;
            let node = self.node(event, &span, depth + 1)?;
            last = last.max(key.span.end).max(node.span.end);
            if plain && name == "<<" {
                match node.value {
                    Value::List(items) => merged.extend(items),
                    Value::Map(_) | Value::Scalar { .. } => merged.push(node),
                }
                continue;
            }
            if entries.iter().any(|entry| entry.name == name) {
                return Err(SyntaxError {
                    at: key.span.start,
                    message: format!("the key `{name}` stands here for the second time"),
                });
            }
            entries.push(Entry {
                name,
                key: key.span,
                node,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, parse};

    fn one(text: &str) -> Node {
        parse(text).unwrap().root.unwrap()
    }

    #[test]
    fn every_value_knows_its_bytes() {
        let text = "a:\n  - b: 'x y'\n    c: |\n      one\n      two\n  - {d: [1, 2]}\n# end\n";
        let root = one(text);
        let first = &root.get("a").unwrap().items()[0];
        let cut = |node: &Node| &text[node.span.clone()];
        assert_eq!(cut(first.get("b").unwrap()), "'x y'");
        assert_eq!(first.text_of("c"), Some("one\ntwo\n"));
        assert!(cut(first.get("c").unwrap()).ends_with("two"));
        let second = &root.get("a").unwrap().items()[1];
        assert_eq!(cut(second), "{d: [1, 2]}");
        assert_eq!(cut(&root), text.strip_suffix("\n# end\n").unwrap());
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let root = one("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n");
        assert_eq!(root.get("y").unwrap().text_of("a"), Some("1"));
        assert_eq!(root.get("y").unwrap().text_of("b"), Some("3"));
    }

    #[test]
    fn only_the_first_document_counts() {
        assert_eq!(parse("a: 1\n").unwrap().behind, None);
        assert_eq!(parse("# x\n---\na: 1\n...\n").unwrap().behind, None);
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap().behind, Some(5));
        assert_eq!(parse(" a: 1\nb: 2\n").unwrap().behind, Some(6));
        assert_eq!(parse("").unwrap().root, None);
    }

    #[test]
    fn what_is_no_yaml_is_an_error_with_a_place() {
        assert_eq!(parse("a: 1\nb: 2\na: 3\n").unwrap_err().at, 10);
        assert!(parse("a: [1,\n").is_err());
        assert!(parse("a: b: c\n").is_err());
        let bomb = format!(
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n{}",
            ('b'..='z')
                .map(|it| {
                    let before = char::from(it as u8 - 1);
                    format!("{it}: &{it} [{}]\n", format!("*{before},").repeat(9))
                })
                .collect::<String>()
        );
        assert!(parse(&bomb).is_err());
        assert!(parse(&"[".repeat(5000)).is_err());
    }
}
