//! Keeping a plan, and holding a later one against it.

use super::journal::now;
use super::planner::{Planned, Planner};
use aho_corasick::AhoCorasick;
use serde_json::Value;
use sinops_core::plan::{Moved, SavedPlan};
use sinops_core::secrecy::HIDDEN;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Shorter texts would be found by chance.
const SHORTEST: usize = 8;

impl Planner {
    /// The plan as it may be kept and shown: no secret is in it.
    ///
    /// # Errors
    /// Never for what a planner makes; the words are those of the serialiser.
    pub fn keep(
        &self,
        planned: &Planned,
        pipeline: &str,
        only: &[String],
        adjustments: Value,
    ) -> Result<SavedPlan, String> {
        Ok(SavedPlan {
            made_at: now(),
            project: planned.plan.project.clone(),
            pipeline: pipeline.to_owned(),
            goal: planned.plan.goal,
            services: only.to_vec(),
            adjustments,
            salt: planned.salt.clone(),
            facts: planned.facts.clone(),
            plan: self.shown(planned)?,
        })
    }

    /// What moved since a plan was kept; `planned` must be made under its salt.
    ///
    /// # Errors
    /// As [`Planner::keep`].
    pub fn moved(&self, saved: &SavedPlan, planned: &Planned) -> Result<Vec<Moved>, String> {
        Ok(saved.moved(&planned.facts, &self.shown(planned)?))
    }

    fn shown(&self, planned: &Planned) -> Result<Value, String> {
        let mut plan = serde_json::to_value(&planned.plan).map_err(|error| error.to_string())?;
        let setup = self.setup();
        let values: BTreeSet<&str> = setup
            .stack
            .services
            .iter()
            .flat_map(|service| service.concealed.0.values())
            .map(String::as_str)
            .filter(|text| text.len() >= SHORTEST)
            .collect();
        let search = AhoCorasick::new(&values).map_err(|error| error.to_string())?;
        let with = vec![HIDDEN; values.len()];
        walk(&mut plan, &|text| {
            let text = setup.secrets.redact(text);
            if search.is_match(&text) {
                search.replace_all(&text, &with)
            } else {
                text
            }
        });
        Ok(plan)
    }
}

/// Writes a plan's document, whole or not at all; only its owner may read it.
///
/// # Errors
/// Of the disk.
pub fn write_plan(path: &Path, document: &Value) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{document:#}")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn walk(value: &mut Value, shown: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = shown(text),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, shown)),
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, shown)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
