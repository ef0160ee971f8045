//! Examines files of Loki, Promtail and Alloy: what is refused, what has no
//! effect, and what has reached its end.
//!
//! One module per program. None proposes an action.

mod alloy;
mod loki;
mod promtail;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_config_check::{Schema, Set, Text};
use sinops_sdk::deploy_step::{DeployStep, Planning, Problem, Proposal};
use sinops_sdk::{Error, Severity};

/// Settings of the plugin: there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {}

impl DeployStep for Examination {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let set = Set::of(planning, |path| {
            [".yml", ".yaml", ".alloy", ".river"]
                .iter()
                .any(|end| path.ends_with(end))
        });
        let schema = schema();
        let mut problems = Vec::new();
        for text in &set.texts {
            if text.path.ends_with(".alloy") || text.path.ends_with(".river") {
                alloy::check(text, &mut problems);
                continue;
            }
            match &text.root {
                Ok(root) if loki::is_loki(root) => {
                    loki::check(&set, &schema, text, root, &mut problems);
                }
                Ok(root) if promtail::is_promtail(root) => {
                    promtail::check(&set, &schema, text, root, &mut problems);
                }
                Ok(_) => {}
                Err(error) if mounted_by_us(&set, text) => problems.push(text.not_yaml(
                    "logs/syntax",
                    error.at..error.at + 1,
                    &error.message,
                )),
                Err(_) => {}
            }
        }
        Ok(Proposal {
            actions: Vec::new(),
            problems,
        })
    }
}

fn schema() -> Schema {
    Schema::new(&[
        sinops_config_check::HTTP,
        include_str!("loki.table"),
        include_str!("promtail.table"),
    ])
}

fn mounted_by_us(set: &Set<'_>, text: &Text<'_>) -> bool {
    set.mounts(text.path)
        .any(|mount| matches!(mount.service.program(), "loki" | "promtail"))
}

/// Something that a program refuses, or that has no effect.
fn found(
    text: &Text<'_>,
    severity: Severity,
    code: &str,
    bytes: std::ops::Range<usize>,
    message: impl Into<String>,
    hint: &str,
) -> Problem {
    text.problem(severity, code, bytes, message).hint(hint)
}

sinops_sdk::deploy_step!(Examination);

#[cfg(test)]
mod tests {
    #[test]
    fn tables_name_only_blocks_that_are_there() {
        assert_eq!(super::schema().flaws(), Vec::<String>::new());
    }
}
