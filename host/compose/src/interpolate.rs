//! Fills in the `${…}` of every value of a tree. Keys are left alone.

use indexmap::IndexMap;

use crate::report::Report;
use crate::template::{MAX_BYTES, TemplateError, Variables, substitute};
use crate::tree::{Mark, Node, Value};

/// What all filled templates of a project may come to.
const MAX_FILLED_BYTES: usize = 64 << 20;

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
                Ok(filled) => {
                    report.filled_bytes += filled.len();
                    if report.filled_bytes > MAX_FILLED_BYTES {
                        too_large(mark, MAX_FILLED_BYTES, report);
                    } else {
                        *text = filled;
                    }
                }
                Err(TemplateError::TooLarge) => too_large(mark, MAX_BYTES, report),
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

fn too_large(mark: Mark, most: usize, report: &mut Report) {
    report.error(
        "template-too-large",
        mark,
        format!("with its variables filled in, this comes to more than {most} bytes"),
        Some("use shorter values, or mount a file".to_owned()),
    );
}
