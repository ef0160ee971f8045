//! Tables of the keys that a program knows, and the check of a text against
//! one.
//!
//! A table is text, a block for each mapping:
//!
//! ```text
//! [global]
//! scrape_interval duration
//! url! string                           it has to be there
//! rule_query_offset duration >=2.53     only from this version on
//! max_look_back duration <=2.9          only up to this version
//! http_config {http}                    the mapping of this block
//! jobs [{job}]                          a list of them
//! + http                                all keys of that block as well
//! * any                                 any other key
//! ```
//!
//! Forms of values: `string`, `bool`, `int`, `number`, `duration`,
//! `go-duration`, `size`, `url`, `regex`, `map` (of scalars), `any`.

use crate::text::Text;
use crate::value::{host_port, is_duration, is_go_duration, is_size, regex_error};
use crate::yaml::{Entry, Node, Value};
use crate::{Version, nearest};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::HashMap;

/// The keys that a program knows.
#[derive(Debug, Default)]
pub struct Schema {
    blocks: HashMap<String, Block>,
}

#[derive(Debug, Default)]
struct Block {
    keys: Vec<Key>,
    includes: Vec<String>,
    /// Of keys that are not listed.
    others: Option<Form>,
}

#[derive(Debug)]
struct Key {
    name: String,
    form: Form,
    since: Version,
    until: Version,
    required: bool,
}

#[derive(Debug, Clone)]
enum Form {
    String,
    Bool,
    Int,
    Number,
    Duration,
    GoDuration,
    Size,
    Url,
    Regex,
    Map,
    Any,
    Block(String),
    List(Box<Form>),
}

/// How findings of a check are told.
#[derive(Debug)]
pub struct Rules<'r> {
    /// Begins the codes: `prometheus` of `prometheus/unknown-field`.
    pub area: &'r str,
    /// The program, as a person writes it.
    pub program: &'r str,
    /// Its version; none is the newest.
    pub version: Version,
    /// What became of a key: block (or `*`), key, advice.
    pub moved: &'r [(&'r str, &'r str, &'r str)],
    /// Keys that are taken wherever they stand.
    pub hidden: &'r [&'r str],
    /// The form of values is checked as well.
    pub forms: bool,
    /// The table is known to have gaps: a key that it names anywhere is taken
    /// everywhere, and versions count for `moved` keys only.
    pub gaps: bool,
}

impl Rules<'_> {
    /// The program with its version, for messages.
    #[must_use]
    pub fn who(&self) -> String {
        match self.version {
            Some((major, minor)) => format!("{} {major}.{minor}", self.program),
            None => self.program.to_owned(),
        }
    }
}

impl Schema {
    /// Reads tables; lines that make no sense are left out, which the tests
    /// of each table exclude by [`Schema::flaws`].
    #[must_use]
    pub fn new(tables: &[&str]) -> Self {
        let mut blocks: HashMap<String, Block> = HashMap::new();
        for table in tables {
            let mut name = String::new();
            for line in table.lines() {
                let line = line.split('#').next().unwrap_or(line).trim();
                if let Some(header) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']'))
                    && !header.contains(' ')
                {
                    name = header.to_owned();
                    blocks.entry(name.clone()).or_default();
                    continue;
                }
                let mut words = line.split_whitespace();
                let (Some(key), Some(form)) = (words.next(), words.next()) else {
                    continue;
                };
                let block = blocks.entry(name.clone()).or_default();
                if key == "+" {
                    block.includes.push(form.to_owned());
                    continue;
                }
                let Some(form) = Form::parse(form) else {
                    continue;
                };
                if key == "*" {
                    block.others = Some(form);
                    continue;
                }
                let (mut since, mut until) = (None, None);
                for word in words {
                    if let Some(version) = word.strip_prefix(">=") {
                        since = minor(version);
                    } else if let Some(version) = word.strip_prefix("<=") {
                        until = minor(version);
                    }
                }
                let (key, required) = match key.strip_suffix('!') {
                    Some(key) => (key, true),
                    None => (key, false),
                };
                block.keys.push(Key {
                    required,
                    name: key.to_owned(),
                    form,
                    since,
                    until,
                });
            }
        }
        Self { blocks }
    }

    /// Blocks that are named and not there.
    #[must_use]
    pub fn flaws(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (name, block) in &self.blocks {
            let mut wanted: Vec<&str> = block.includes.iter().map(String::as_str).collect();
            wanted.extend(block.keys.iter().filter_map(|key| key.form.block()));
            wanted.extend(block.others.as_ref().and_then(Form::block));
            missing.extend(
                wanted
                    .into_iter()
                    .filter(|it| !self.blocks.contains_key(*it))
                    .map(|it| format!("[{name}] names [{it}]")),
            );
        }
        missing
    }

    /// Any block has a key of this name.
    fn anywhere(&self, name: &str) -> bool {
        let mut blocks = self.blocks.values();
        blocks.any(|block| block.keys.iter().any(|key| key.name == name))
    }

    /// The keys of a block, with those that it includes.
    fn keys<'s>(&'s self, block: &str, depth: usize, into: &mut Vec<&'s Key>) -> Option<&'s Form> {
        let block = self.blocks.get(block)?;
        into.extend(&block.keys);
        let mut others = block.others.as_ref();
        for include in block.includes.iter().filter(|_| depth < 8) {
            others = others.or(self.keys(include, depth + 1, into));
        }
        others
    }

    /// Checks a mapping and all below it against a block.
    pub fn check(
        &self,
        text: &Text<'_>,
        node: &Node,
        block: &str,
        rules: &Rules<'_>,
        problems: &mut Vec<Problem>,
    ) {
        let check = Check {
            schema: self,
            text,
            rules,
        };
        check.mapping(node, block, None, problems);
    }
}

/// Ways to log in, of which a client takes one.
const LOGINS: &[&str] = &[
    "basic_auth",
    "authorization",
    "oauth2",
    "bearer_token",
    "bearer_token_file",
    "sigv4",
    "azuread",
    "google_iam",
];

struct Check<'c> {
    schema: &'c Schema,
    text: &'c Text<'c>,
    rules: &'c Rules<'c>,
}

impl Check<'_> {
    fn code(&self, kind: &str) -> String {
        format!("{}/{kind}", self.rules.area)
    }

    fn mapping(&self, node: &Node, block: &str, key: Option<&str>, problems: &mut Vec<Problem>) {
        if node.is_null() {
            return;
        }
        if !matches!(node.value, Value::Map(_)) {
            problems.push(self.wrong(node, key.unwrap_or("the file"), "a mapping"));
            return;
        }
        let mut keys = Vec::new();
        let others = self.schema.keys(block, 0, &mut keys);
        self.whole(node, key.unwrap_or("the file"), &keys, problems);
        for entry in node.entries() {
            let known = keys.iter().find(|key| key.name == entry.name);
            match (known, others) {
                (Some(key), _) => {
                    if let Some(problem) = self.of_version(node, entry, key, block) {
                        problems.push(problem);
                    } else {
                        self.value(&entry.node, &key.form, &entry.name, problems);
                    }
                }
                (None, Some(form)) => self.value(&entry.node, form, &entry.name, problems),
                (None, None) if self.rules.gaps && self.schema.anywhere(&entry.name) => {}
                (None, None) if self.rules.hidden.contains(&entry.name.as_str()) => {}
                (None, None) => problems.push(self.unknown(node, entry, block, &keys)),
            }
        }
    }

    fn moved(&self, block: &str, key: &str) -> Option<&str> {
        let moved = self.rules.moved.iter();
        moved
            .filter(|(place, name, _)| (*place == "*" || *place == block) && *name == key)
            .map(|(.., advice)| *advice)
            .next()
    }

    /// Keys that have to be there, and such that exclude each other.
    fn whole(&self, node: &Node, own: &str, keys: &[&Key], problems: &mut Vec<Problem>) {
        if !self.rules.forms {
            return;
        }
        for key in keys.iter().filter(|key| key.required) {
            if node.get(&key.name).is_none_or(Node::is_null) {
                problems.push(
                    self.text
                        .problem(
                            Severity::Critical,
                            &self.code("missing-field"),
                            node.span.clone(),
                            format!(
                                "`{own}` needs `{}`: {} refuses the file",
                                key.name,
                                self.rules.who()
                            ),
                        )
                        .hint(format!("add `{}`", key.name)),
                );
            }
        }
        let mut logins = node.entries().iter().filter(|entry| {
            LOGINS.contains(&entry.name.as_str())
                && !entry.node.is_null()
                && keys.iter().any(|key| key.name == entry.name)
        });
        if let (Some(first), Some(second)) = (logins.next(), logins.next()) {
            problems.push(
                self.text
                    .problem(
                        Severity::Critical,
                        &self.code("two-logins"),
                        second.key.clone(),
                        format!(
                            "`{}` and `{}` exclude each other: {} refuses the file",
                            first.name,
                            second.name,
                            self.rules.who()
                        ),
                    )
                    .hint("keep one of them"),
            );
        }
    }

    fn of_version(&self, node: &Node, entry: &Entry, key: &Key, block: &str) -> Option<Problem> {
        if self.rules.gaps && self.moved(block, &key.name).is_none() {
            return None;
        }
        let version = self.rules.version;
        let early = key
            .since
            .filter(|since| version.is_some_and(|it| it < *since));
        let late = key
            .until
            .filter(|until| version.is_none_or(|it| it > *until));
        let (message, usual) = match (early, late) {
            (Some((major, minor)), _) => (
                format!(
                    "{} does not know `{}`: it came with {major}.{minor}, and the file is refused",
                    self.rules.who(),
                    entry.name
                ),
                format!(
                    "run {} {major}.{minor} or newer, or take it out",
                    self.rules.program
                ),
            ),
            (None, Some((major, minor))) => (
                format!(
                    "{} does not know `{}` any more: {major}.{minor} was the last, and the file is refused",
                    self.rules.who(),
                    entry.name
                ),
                "take it out".to_owned(),
            ),
            (None, None) => return None,
        };
        let problem = self
            .text
            .problem(
                Severity::Critical,
                &self.code("unknown-field"),
                entry.key.clone(),
                message,
            )
            .hint(self.moved(block, &entry.name).unwrap_or(&usual));
        Some(self.text.remove(problem, node, entry))
    }

    fn unknown(&self, node: &Node, entry: &Entry, block: &str, keys: &[&Key]) -> Problem {
        let near = nearest(&entry.name, keys.iter().map(|key| key.name.as_str()));
        let advice = self.moved(block, &entry.name);
        let problem = self.text.problem(
            Severity::Critical,
            &self.code("unknown-field"),
            entry.key.clone(),
            format!(
                "{} knows no `{}` here: the file is refused",
                self.rules.who(),
                entry.name
            ),
        );
        match (advice, near) {
            (Some(advice), _) => self.text.remove(problem.hint(advice), node, entry),
            (None, Some(near)) if node.get(near).is_none() => problem
                .hint(format!("did you mean `{near}`?"))
                .edit(self.text.place(entry.key.clone()), near),
            (None, _) => {
                let mut known: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
                known.sort_unstable();
                let list = if known.len() > 12 {
                    String::new()
                } else {
                    format!("; known here: {}", known.join(", "))
                };
                let problem = problem.hint(format!("take it out{list}"));
                self.text.remove(problem, node, entry)
            }
        }
    }

    fn wrong(&self, node: &Node, key: &str, wanted: &str) -> Problem {
        self.text
            .problem(
                Severity::Critical,
                &self.code("wrong-value"),
                node.span.clone(),
                format!(
                    "`{key}` takes {wanted}, this is {}: {} refuses the file",
                    node.kind(),
                    self.rules.who()
                ),
            )
            .hint(format!("write {wanted}"))
    }

    fn value(&self, node: &Node, form: &Form, key: &str, problems: &mut Vec<Problem>) {
        if node.is_null() || matches!(form, Form::Any) {
            return;
        }
        match form {
            Form::Block(block) => return self.mapping(node, block, Some(key), problems),
            Form::List(of) => {
                // One value stands for a list of one in several programs.
                if let Value::List(items) = &node.value {
                    for item in items {
                        if self.rules.forms && item.is_null() && matches!(**of, Form::Block(_)) {
                            problems.push(self.wrong(item, key, "entries that are not empty"));
                        }
                        self.value(item, of, key, problems);
                    }
                } else if self.rules.forms
                    && (matches!(node.value, Value::Map(_)) || matches!(**of, Form::Block(_)))
                {
                    problems.push(self.wrong(node, key, "a list"));
                }
                return;
            }
            Form::Map => {
                if self.rules.forms && !matches!(node.value, Value::Map(_)) {
                    problems.push(self.wrong(node, key, "a mapping"));
                }
                return;
            }
            _ => {}
        }
        if !self.rules.forms {
            return;
        }
        let Value::Scalar { text, .. } = &node.value else {
            problems.push(self.wrong(node, key, form.words()));
            return;
        };
        if let Some(reason) = form.refuses(node, text) {
            let mut problem = self.wrong(node, key, form.words());
            problem.message = format!(
                "`{key}: {text}`: {reason}; {} refuses the file",
                self.rules.who()
            );
            problems.push(problem);
        }
    }
}

impl Form {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::String,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "number" => Self::Number,
            "duration" => Self::Duration,
            "go-duration" => Self::GoDuration,
            "size" => Self::Size,
            "url" => Self::Url,
            "regex" => Self::Regex,
            "map" => Self::Map,
            "any" => Self::Any,
            _ => {
                if let Some(block) = word.strip_prefix('{') {
                    Self::Block(block.strip_suffix('}')?.to_owned())
                } else {
                    let of = word.strip_prefix('[')?.strip_suffix(']')?;
                    Self::List(Box::new(Self::parse(of)?))
                }
            }
        })
    }

    fn block(&self) -> Option<&str> {
        match self {
            Self::Block(block) => Some(block),
            Self::List(of) => of.block(),
            _ => None,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Bool => "`true` or `false`",
            Self::Int => "a whole number",
            Self::Number => "a number",
            Self::Duration | Self::GoDuration => "a duration such as `30s`",
            Self::Size => "a size such as `10MB`",
            Self::Url => "an address such as `http://host:port/path`",
            Self::Regex => "a regular expression",
            Self::Map | Self::Block(_) => "a mapping",
            Self::Any => "any value",
            Self::List(_) => "a list",
        }
    }

    /// Why a scalar is not of this form.
    fn refuses(&self, node: &Node, text: &str) -> Option<String> {
        let fits = match self {
            Self::Bool => node.truth().is_some(),
            Self::Int => text.parse::<i64>().is_ok() || text.starts_with("0x"),
            Self::Number => text.parse::<f64>().is_ok(),
            Self::Duration => is_duration(text),
            Self::GoDuration => is_go_duration(text),
            Self::Size => is_size(text),
            Self::Regex => {
                return regex_error(text)
                    .map(|reason| format!("this is no regular expression, {reason}"));
            }
            Self::Url => {
                if matches!(host_port(text).0, Some("http" | "https")) || text.contains("{{") {
                    return None;
                }
                return Some("an address begins with `http://` or `https://`".to_owned());
            }
            Self::String | Self::Map | Self::Any | Self::Block(_) | Self::List(_) => true,
        };
        (!fits).then(|| format!("this is not {}", self.words()))
    }
}

fn minor(text: &str) -> Version {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
