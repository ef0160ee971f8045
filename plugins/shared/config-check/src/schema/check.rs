//! The check of a mapping against a block.

use super::form::Form;
use super::{Key, Rules, Schema};
use crate::nearest;
use crate::text::Text;
use crate::yaml::{Entry, Node, Value};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

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

pub(super) struct Check<'c> {
    pub(super) schema: &'c Schema,
    pub(super) text: &'c Text<'c>,
    pub(super) rules: &'c Rules<'c>,
}

impl Check<'_> {
    fn code(&self, kind: &str) -> String {
        format!("{}/{kind}", self.rules.area)
    }

    pub(super) fn mapping(
        &self,
        node: &Node,
        block: &str,
        key: Option<&str>,
        problems: &mut Vec<Problem>,
    ) {
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
            if node.get(&key.name).is_none_or(nothing) {
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
        self.halves(node, keys, problems);
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

    /// A certificate needs its key, and the other way round.
    fn halves(&self, node: &Node, keys: &[&Key], problems: &mut Vec<Problem>) {
        if !keys.iter().any(|key| key.name == "cert_file") {
            return;
        }
        let given = |names: [&str; 3]| {
            let mut filled = names.into_iter().filter_map(|name| node.entry(name));
            filled.find(|entry| !nothing(&entry.node))
        };
        let certificate = given(["cert", "cert_file", "cert_ref"]);
        let key = given(["key", "key_file", "key_ref"]);
        let (half, missing) = match (certificate, key) {
            (Some(certificate), None) => (certificate, "key_file"),
            (None, Some(key)) => (key, "cert_file"),
            _ => return,
        };
        problems.push(
            self.text
                .problem(
                    Severity::Critical,
                    &self.code("missing-field"),
                    half.key.clone(),
                    format!(
                        "`{}` needs `{missing}` beside it: {} refuses the file",
                        half.name,
                        self.rules.who()
                    ),
                )
                .hint(format!("add `{missing}`")),
        );
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

    /// A value where a list belongs: a list of it, if it is one value.
    fn no_list(&self, node: &Node, key: &str) -> Problem {
        let problem = self.wrong(node, key, "a list");
        match &node.value {
            Value::Scalar { text, plain } if !text.contains(['\n', '\'']) => {
                let item = if *plain && !text.contains([',', '[', ']', '{', '}', '#']) {
                    text.clone()
                } else {
                    format!("'{text}'")
                };
                problem
                    .hint(format!("write `[{item}]`"))
                    .edit(self.text.place(node.span.clone()), format!("[{item}]"))
            }
            Value::Scalar { .. } | Value::Map(_) | Value::List(_) => problem,
        }
    }

    /// Names of labels are of letters, digits and `_` only.
    fn legacy(&self) -> bool {
        self.rules.area == "prometheus" && self.rules.version.is_some_and(|it| it < (3, 0))
    }

    fn value(&self, node: &Node, form: &Form, key: &str, problems: &mut Vec<Problem>) {
        if node.is_null() || matches!(form, Form::Any) {
            return;
        }
        match form {
            Form::Block(block) => return self.mapping(node, block, Some(key), problems),
            Form::List(of) => {
                if let Value::List(items) = &node.value {
                    for item in items {
                        // The blackbox exporter takes such entries.
                        let refused = item.is_null() && self.rules.area != "blackbox";
                        let refused = refused && self.rules.forms;
                        if refused && matches!(**of, Form::Block(_)) {
                            problems.push(self.wrong(item, key, "entries that are not empty"));
                        }
                        self.value(item, of, key, problems);
                    }
                } else if self.rules.forms {
                    problems.push(self.no_list(node, key));
                }
                return;
            }
            Form::Map => {
                if self.rules.forms && !matches!(node.value, Value::Map(_)) {
                    problems.push(self.wrong(node, key, "a mapping"));
                }
                for entry in node.entries() {
                    self.value(&entry.node, &Form::String, &entry.name, problems);
                }
                return;
            }
            _ => {}
        }
        if !self.rules.forms && !form.is_certain() {
            return;
        }
        let Value::Scalar { text, .. } = &node.value else {
            if self.rules.forms {
                problems.push(self.wrong(node, key, &form.words()));
            }
            return;
        };
        if self.rules.expands && text.contains("${") {
            return;
        }
        // Where forms are loose, a number of nanoseconds is a duration as well.
        if !self.rules.forms && node.is_plain() && text.parse::<f64>().is_ok() {
            return;
        }
        if let Some(reason) = form.refuses(node, text, self.legacy()) {
            let mut problem = self.wrong(node, key, &form.words());
            problem.message = format!(
                "`{key}: {text}`: {reason}; {} refuses the file",
                self.rules.who()
            );
            problems.push(problem);
        }
    }
}

/// Nothing that a server would take for a value.
fn nothing(node: &Node) -> bool {
    let empty = match &node.value {
        Value::Scalar { text, .. } => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(_) => false,
    };
    empty || node.is_null()
}
