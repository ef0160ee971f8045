//! Fills in the `${…}` of every value of a tree. Keys are left alone.

use indexmap::IndexMap;

use crate::report::Report;
use crate::template::{TemplateError, Variables, substitute};
use crate::tree::{Mark, Node, Value};

/// The environment as templates see it, telling the report of what is missing.
struct Scope<'a> {
    environment: &'a IndexMap<String, String>,
    unset: &'a mut IndexMap<String, Mark>,
    mark: Mark,
}

impl Variables for Scope<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    fn unset(&mut self, name: &str) {
        self.unset.entry(name.to_owned()).or_insert(self.mark);
    }
}

/// Interpolates every string below `node`.
pub(crate) fn interpolate(
    node: &mut Node,
    environment: &IndexMap<String, String>,
    report: &mut Report,
) {
    match &mut node.value {
        Value::Text(text) if text.contains('$') => {
            let mark = node.mark;
            let mut scope = Scope {
                environment,
                unset: &mut report.unset,
                mark,
            };
            match substitute(text, &mut scope) {
                Ok(filled) => *text = filled,
                Err(TemplateError::Required { name, reason }) => {
                    let reason = if reason.is_empty() {
                        String::new()
                    } else {
                        format!(": {reason}")
                    };
                    report.error(
                        "required-variable",
                        mark,
                        format!("the variable `{name}` is required and has no value{reason}"),
                        Some(format!("set `{name}` in the environment or in `.env`")),
                    );
                }
                Err(TemplateError::Invalid) => report.error(
                    "invalid-template",
                    mark,
                    "the `${…}` in this value cannot be read",
                    Some("close it with `}`, or write `$$` for a dollar sign".to_owned()),
                ),
            }
        }
        Value::List(items) => {
            for item in items {
                interpolate(item, environment, report);
            }
        }
        Value::Map(fields) => {
            for field in fields.values_mut() {
                interpolate(field, environment, report);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Time(_) => {}
    }
}
