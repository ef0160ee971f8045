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
//! Forms of values: `string`, `bool`, `int`, `uint`, `number`, `duration`,
//! `go-duration`, `size`, `url`, `regex`, `label` (the name of one), `one|other`
//! (one of these words; `=one` if there is no other), `map` (of scalars), `any`.

mod check;
mod form;

use crate::Version;
use crate::text::Text;
use crate::yaml::Node;
use check::Check;
use form::Form;
use sinops_sdk::deploy_step::Problem;
use std::collections::HashMap;

/// The keys that a program knows.
#[derive(Debug, Default)]
pub struct Schema {
    blocks: HashMap<String, Block>,
    /// Lines of the tables that make no sense.
    unread: Vec<String>,
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
    /// The form of values is checked as well; without it, of durations and
    /// truth values only.
    pub forms: bool,
    /// Variables such as `${NAME}` are replaced before the file is read.
    pub expands: bool,
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
        let mut unread = Vec::new();
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
                    unread.push(line.to_owned());
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
        Self { blocks, unread }
    }

    /// Lines that make no sense, and blocks that are named and not there.
    #[must_use]
    pub fn flaws(&self) -> Vec<String> {
        let mut missing = self.unread.clone();
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

fn minor(text: &str) -> Version {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
