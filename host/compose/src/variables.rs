//! The variables that the values of a tree name: `config --variables`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A variable as docker compose tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What stands for it when it has no value.
    pub default_value: String,
    /// What stands for it when it has one.
    pub presence_value: String,
    /// It has to have one.
    pub required: bool,
}

/// All variables below `value`, by name; of several uses the last one counts.
#[must_use]
pub fn variables(value: &Value) -> BTreeMap<String, Variable> {
    let mut found = BTreeMap::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeMap<String, Variable>) {
    match value {
        Value::String(text) => {
            let mut here = Vec::new();
            of_text(text, &mut here, 0);
            found.extend(here.into_iter().map(|it| (it.name.clone(), it)));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// How deep words are looked into.
const MAX_NESTING: usize = 50;

fn of_text(text: &str, found: &mut Vec<Variable>, nesting: usize) {
    if nesting > MAX_NESTING {
        return;
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(tail) = after.strip_prefix('$') {
            rest = tail;
        } else if let Some(body) = after.strip_prefix('{') {
            let Some(end) = crate::template::end_of_expression(body) else {
                return;
            };
            let (expression, tail) = body.split_at(end);
            braced(expression, found, nesting);
            rest = tail.get(1..).unwrap_or("");
        } else {
            let (name, tail) = crate::template::split_name(after);
            if !name.is_empty() {
                let name = name.to_owned();
                found.push(Variable {
                    name,
                    ..Variable::default()
                });
            }
            rest = tail;
        }
    }
}

fn braced(expression: &str, found: &mut Vec<Variable>, nesting: usize) {
    let (name, operation) = crate::template::split_name(expression);
    if name.is_empty() {
        return;
    }
    let mut variable = Variable {
        name: name.to_owned(),
        ..Variable::default()
    };
    let operation = operation.strip_prefix(':').unwrap_or(operation);
    let word = operation.get(1..).unwrap_or_default();
    match operation.chars().next() {
        Some('?') => variable.required = true,
        Some('-') => word.clone_into(&mut variable.default_value),
        Some('+') => word.clone_into(&mut variable.presence_value),
        _ => {}
    }
    let words = [
        variable.default_value.clone(),
        variable.presence_value.clone(),
    ];
    found.push(variable);
    for word in words {
        of_text(&word, found, nesting + 1);
    }
}
