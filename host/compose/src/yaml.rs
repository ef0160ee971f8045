//! YAML text to [`Node`] trees: anchors, merge keys, duplicate keys, tags.
//!
//! Scalars resolve as docker compose resolves them: YAML 1.2 booleans, and the
//! integers of YAML 1.1 (`0777` is octal, `1_000` a thousand). Nothing here
//! knows compose.

mod hint;
mod scalar;
mod time;

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};

use self::scalar::{plain_scalar, tagged_scalar};
use crate::report::Report;
use crate::tree::{Fields, Mark, Node, Tag, Value};

/// How long a file may be: the longest in use have a hundredth of it.
const MAX_BYTES: usize = 8 << 20;
/// How many documents a file may hold.
const MAX_DOCUMENTS: usize = 1_000;
/// How many comments may lack the space in front of them.
const MAX_SPACES: usize = 20;
/// How many bytes of text weigh as much as a node.
const NODE_BYTES: usize = 64;
/// How many nodes the aliases of one file may come to. What is written out is
/// bounded by the size of the file.
const MAX_ALIASED: usize = 500_000;
/// How deep one file may nest when its aliases are expanded.
const MAX_DEPTH: usize = 100;

/// The documents of a file; problems go to the report.
pub(crate) fn parse(file: u32, text: &str, report: &mut Report) -> Vec<Node> {
    if text.len() > MAX_BYTES {
        let start = Mark {
            file,
            line: 1,
            column: 1,
            offset: 0,
            length: 0,
        };
        report.error(
            "yaml-too-large",
            start,
            format!(
                "the file has {} MB; more than {} MB are not read",
                text.len() >> 20,
                MAX_BYTES >> 20
            ),
            Some("is it a compose file? if so, split it with `include`".to_owned()),
        );
        return Vec::new();
    }
    read(file, text, report, 0)
}

/// Reads `text`, in which `spaces` have been put in front of comments so far.
fn read(file: u32, text: &str, report: &mut Report, spaces: usize) -> Vec<Node> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    // The last line of a block need not end: then neither does the value.
    options.block_scalar_eof_without_line_feed = true;
    let mut builder = Builder {
        parser: Parser::new_from_str_with_options(text, options),
        file,
        text,
        anchors: HashMap::new(),
        nodes: 0,
        aliased: 0,
        report,
    };
    let mut documents = Vec::new();
    match builder.documents(&mut documents) {
        Ok(()) | Err(Stop::Reported) => documents,
        Err(Stop::Syntax(error)) => {
            let marker = error.marker();
            if matches!(error.kind(), ErrorKind::CommentNotSeparated)
                && spaces < MAX_SPACES
                && let Some((before, after)) = marker
                    .byte_offset()
                    .and_then(|at| text.split_at_checked(at))
                && after.starts_with('#')
            {
                // Compose takes `"a"#b` for a value and a comment.
                return read(file, &format!("{before} {after}"), report, spaces + 1);
            }
            let mark = Mark {
                file,
                line: small(marker.line()),
                column: small(marker.col() + 1),
                offset: small(marker.byte_offset().unwrap_or(0)),
                length: u32::from(marker.byte_offset().is_some_and(|at| at < text.len())),
            };
            report.error(
                "yaml-syntax",
                mark,
                format!("invalid YAML: {}", error.info()),
                hint::syntax_hint(&error.info()),
            );
            Vec::new()
        }
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

enum Stop {
    Syntax(ScanError),
    /// The report already says why.
    Reported,
}

/// A finished anchored node, and what an alias to it costs.
struct Anchor {
    node: Node,
    nodes: usize,
    depth: usize,
}

struct Builder<'a, 'r> {
    parser: Parser<'a, StrInput<'a>>,
    file: u32,
    text: &'a str,
    anchors: HashMap<usize, Anchor>,
    nodes: usize,
    /// How many of these came from aliases.
    aliased: usize,
    report: &'r mut Report,
}

/// A built node with the depth of the tree below it.
struct Built {
    node: Node,
    depth: usize,
}

impl<'a> Builder<'a, '_> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Stop::Syntax(error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn mark(&self, span: &Span) -> Mark {
        let range = span.byte_range().unwrap_or(0..0);
        // A collection's span would cover what follows it: one line is enough to point at.
        let source = self.text.get(range.clone()).unwrap_or("");
        let first_line = source.split('\n').next().unwrap_or("").trim_end();
        Mark {
            file: self.file,
            line: small(span.start.line()),
            column: small(span.start.col() + 1),
            offset: small(range.start),
            length: small(first_line.len()),
        }
    }

    fn documents(&mut self, documents: &mut Vec<Node>) -> Result<(), Stop> {
        loop {
            let (event, _) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(..) => {
                    self.anchors.clear();
                    let (event, span) = self.next()?;
                    if !matches!(event, Event::DocumentEnd) {
                        let built = self.node(event, &span, 0)?;
                        if documents.len() == MAX_DOCUMENTS {
                            self.report.error(
                                "yaml-too-large",
                                built.node.mark,
                                format!("the file holds more than {MAX_DOCUMENTS} documents"),
                                Some("join them into one".to_owned()),
                            );
                            return Err(Stop::Reported);
                        }
                        documents.push(built.node);
                    }
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: &Span, level: usize) -> Result<Built, Stop> {
        let mark = self.mark(span);
        let before = self.nodes;
        self.count(1, level, mark)?;
        if let Event::Scalar(text, ..) = &event {
            self.nodes += text.len() / NODE_BYTES;
        }
        let (anchor, built) = match event {
            Event::Alias(id) => return self.alias(id, level, mark),
            Event::Scalar(text, style, anchor, tag) => {
                let (tag, core) = self.tag(tag.as_deref(), mark);
                let value = match core {
                    Some(core) => tagged_scalar(&text, core),
                    None if style == ScalarStyle::Plain => Some(plain_scalar(&text)),
                    None => Some(Value::Text(text.into_owned())),
                };
                let value = value.unwrap_or_else(|| {
                    self.report.error(
                        "yaml-tag",
                        mark,
                        "the value does not fit the YAML tag in front of it",
                        Some("remove the tag, or write a value of its kind".to_owned()),
                    );
                    Value::Null
                });
                (
                    anchor,
                    Built {
                        node: Node {
                            tag,
                            ..Node::new(value, mark)
                        },
                        depth: 0,
                    },
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                let (tag, _) = self.tag(tag.as_deref(), mark);
                let built = self.sequence(mark, level)?;
                (
                    anchor,
                    Built {
                        node: Node { tag, ..built.node },
                        depth: built.depth,
                    },
                )
            }
            Event::MappingStart(_, anchor, tag) => {
                let (tag, _) = self.tag(tag.as_deref(), mark);
                let built = self.mapping(mark, level)?;
                (
                    anchor,
                    Built {
                        node: Node { tag, ..built.node },
                        depth: built.depth,
                    },
                )
            }
            _ => {
                self.report.error(
                    "yaml-syntax",
                    mark,
                    "invalid YAML: a value is missing",
                    Some("give it a value, or remove the key".to_owned()),
                );
                return Err(Stop::Reported);
            }
        };
        if anchor != 0 {
            let nodes = self.nodes - before;
            let depth = built.depth;
            self.anchors.insert(
                anchor,
                Anchor {
                    node: built.node.clone(),
                    nodes,
                    depth,
                },
            );
        }
        Ok(built)
    }

    /// `!reset` and `!override`, or the name of a core tag.
    fn tag<'t>(
        &mut self,
        tag: Option<&'t granit_parser::Tag>,
        mark: Mark,
    ) -> (Tag, Option<&'t str>) {
        let Some(tag) = tag else {
            return (Tag::None, None);
        };
        if let Some(core) = tag.core_suffix() {
            return (Tag::None, Some(core));
        }
        match (tag.handle(), tag.suffix()) {
            ("!", "reset") => (Tag::Reset, None),
            ("!", "override") => (Tag::Override, None),
            ("!" | "", "") => (Tag::None, Some("str")),
            _ => {
                self.report.warning(
                    "yaml-tag",
                    mark,
                    format!("unknown YAML tag `{}`", tag.original()),
                    Some("only `!reset` and `!override` mean something here".to_owned()),
                );
                // What it stands in front of is text, if it is a scalar.
                (Tag::None, Some("str"))
            }
        }
    }

    fn count(&mut self, nodes: usize, level: usize, mark: Mark) -> Result<(), Stop> {
        self.nodes += nodes;
        if nodes > 1 {
            self.aliased += nodes;
        }
        if self.aliased > MAX_ALIASED || level > MAX_DEPTH {
            self.report.error(
                "yaml-too-large",
                mark,
                format!(
                    "the file expands to more than {MAX_ALIASED} values or {MAX_DEPTH} levels here"
                ),
                Some("aliases of aliases multiply: write the values out instead".to_owned()),
            );
            return Err(Stop::Reported);
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, level: usize, mark: Mark) -> Result<Built, Stop> {
        let Some(anchor) = self.anchors.get(&id) else {
            self.report.error(
                "yaml-alias-cycle",
                mark,
                "an alias cannot stand inside the value that it refers to",
                Some("name another anchor".to_owned()),
            );
            return Err(Stop::Reported);
        };
        let (nodes, depth) = (anchor.nodes, anchor.depth);
        self.count(nodes, level + depth, mark)?;
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(Stop::Reported);
        };
        Ok(Built {
            node: anchor.node.clone(),
            depth,
        })
    }

    fn sequence(&mut self, mark: Mark, level: usize) -> Result<Built, Stop> {
        let mut items = Vec::new();
        let mut depth = 0;
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            let built = self.node(event, &span, level + 1)?;
            depth = depth.max(built.depth + 1);
            // A reset item is as good as not written.
            if built.node.tag != Tag::Reset {
                items.push(built.node);
            }
        }
        Ok(Built {
            node: Node::new(Value::List(items), mark),
            depth,
        })
    }

    fn mapping(&mut self, mark: Mark, level: usize) -> Result<Built, Stop> {
        let mut own = Fields::new();
        let mut merged: Option<Node> = None;
        let mut depth = 0;
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let plain = matches!(&event, Event::Scalar(_, ScalarStyle::Plain, _, _));
            let key = self.node(event, &span, level + 1)?.node;
            let (event, span) = self.next()?;
            let built = self.node(event, &span, level + 1)?;
            depth = depth.max(built.depth + 1);
            let mut node = built.node;
            node.key = key.mark;
            let Some(name) = key.as_text() else {
                self.invalid_key(&key);
                continue;
            };
            if plain && name == "<<" {
                if merged.is_some() {
                    self.duplicate("<<", key.mark, mark);
                }
                merged = Some(node);
            } else if let Some(first) = own.get(name) {
                self.duplicate(name, key.mark, first.key);
            } else {
                own.insert(name.to_owned(), node);
            }
        }
        if let Some(merged) = merged {
            own = self.apply_merge(own, merged);
        }
        Ok(Built {
            node: Node::new(Value::Map(own), mark),
            depth,
        })
    }

    fn invalid_key(&mut self, key: &Node) {
        let hint = key
            .scalar_text()
            .map(|text| format!("quote it: `\"{text}\"`"));
        self.report.error(
            "yaml-key",
            key.mark,
            format!("a key must be a string, this one is {}", key.kind()),
            hint,
        );
    }

    fn duplicate(&mut self, name: &str, mark: Mark, first: Mark) {
        self.report.error(
            "duplicate-key",
            mark,
            format!("the key `{name}` is already set on line {}", first.line),
            Some("remove one of the two".to_owned()),
        );
    }

    /// Own keys win over merged ones, earlier merged maps over later ones.
    fn apply_merge(&mut self, own: Fields, merged: Node) -> Fields {
        let mark = merged.mark;
        let sources = match merged.value {
            Value::List(items) => items,
            value => vec![Node::new(value, mark)],
        };
        let mut result = own;
        for source in sources {
            let Value::Map(fields) = source.value else {
                self.report.error(
                    "yaml-merge",
                    source.mark,
                    format!(
                        "`<<` takes a mapping or a list of mappings, not {}",
                        source.kind()
                    ),
                    Some("name an anchor of a mapping: `<<: *name`".to_owned()),
                );
                continue;
            };
            for (name, node) in fields {
                result.entry(name).or_insert(node);
            }
        }
        result
    }
}

#[cfg(test)]
mod tests;
