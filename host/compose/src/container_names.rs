//! Container names are unique on an engine. Looked at last, once it is known which
//! services there are.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Project;
use crate::origins::Origins;

/// A problem for each service whose container has the name of an earlier one's.
#[must_use]
pub fn shared_container_names(project: &Project, origins: &Origins) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut problems = Vec::new();
    for (name, service) in &project.services {
        let Some(container) = &service.container_name else {
            continue;
        };
        if let Some(other) = seen.insert(container, name) {
            problems.push(Diagnostic {
                severity: Severity::Error,
                code: "duplicate-container-name",
                message: format!(
                    "the services `{other}` and `{name}` have the same container name `{container}`"
                ),
                hint: Some("container names are unique on an engine: change one".to_owned()),
                location: origins.locate_value(&["services", name, "container_name"]),
            });
        }
    }
    problems
}
