//! A plan that was kept, to be executed later as it is or not at all.
//!
//! What is executed is never read from the file: the plan is made again, and has to come
//! out the same from the same facts. So a file that somebody else wrote can name nothing
//! that would not be done anyway.

use crate::action::Goal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The form of the file. One that this version does not know is refused.
const FORMAT: u64 = 1;
const FORMAT_KEY: &str = "sinops-plan";
const DIGEST_KEY: &str = "digest";

/// What a plan was made from: `container shop-web-1` to `1f2e3d4c5b6a running`. Values are
/// for people and hold no secrets.
pub type Facts = BTreeMap<String, String>;

/// A plan with what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SavedPlan {
    /// RFC 3339.
    pub made_at: String,
    /// Compose project.
    pub project: String,
    /// Pipeline of sinops.yaml.
    pub pipeline: String,
    /// Up or down.
    pub goal: Goal,
    /// Services that the user named; empty means all.
    pub services: Vec<String>,
    /// What the command line changed of the compose files.
    pub adjustments: Value,
    /// Under which contents are hashed in `facts`.
    pub salt: String,
    /// What it was made from.
    pub facts: Facts,
    /// As printed by a dry run.
    pub plan: Value,
}

/// Why a file is not taken for a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedPlanError {
    /// Not even JSON, or something else.
    #[error("it is no plan of sinops: {0}")]
    NoPlan(String),
    /// Made by another version.
    #[error("it has the format {found}; this version of sinops knows {FORMAT}")]
    Format {
        /// As written.
        found: String,
    },
    /// Somebody changed it.
    #[error("it was changed after it was written: its digest does not fit its content")]
    Changed,
}

/// A fact that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Moved {
    /// `container shop-web-1`.
    pub what: String,
    /// None: it was not there.
    pub old: Option<String>,
    /// None: it is gone.
    pub new: Option<String>,
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |value: &Option<String>, none: &str| match value {
            Some(value) => value.clone(),
            None => none.to_owned(),
        };
        let (old, new) = (word(&self.old, "not there"), word(&self.new, "gone"));
        write!(f, "{}: {old} -> {new}", self.what)
    }
}

impl SavedPlan {
    /// The document to be kept.
    ///
    /// # Errors
    /// Never for what a planner makes; the words are those of the serialiser.
    pub fn document(&self) -> Result<Value, String> {
        let mut document = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let fields = document.as_object_mut().ok_or("it is no object")?;
        fields.insert(FORMAT_KEY.to_owned(), FORMAT.into());
        let digest = sinops_compose::definition_hash(&document);
        let fields = document.as_object_mut().ok_or("it is no object")?;
        fields.insert(DIGEST_KEY.to_owned(), digest.into());
        Ok(document)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// If it is something else, of another format, or changed by hand.
    pub fn parse(text: &str) -> Result<Self, SavedPlanError> {
        let no_plan = |reason: &dyn std::fmt::Display| SavedPlanError::NoPlan(reason.to_string());
        let mut document: Value = serde_json::from_str(text).map_err(|error| no_plan(&error))?;
        let fields = document
            .as_object_mut()
            .ok_or_else(|| no_plan(&"it is no JSON object"))?;
        match fields.get(FORMAT_KEY) {
            None => return Err(no_plan(&format!("there is no key `{FORMAT_KEY}`"))),
            Some(found) if found.as_u64() != Some(FORMAT) => {
                return Err(SavedPlanError::Format {
                    found: found.to_string(),
                });
            }
            Some(_) => {}
        }
        let digest = fields.remove(DIGEST_KEY);
        if digest.as_ref().and_then(Value::as_str)
            != Some(sinops_compose::definition_hash(&document).as_str())
        {
            return Err(SavedPlanError::Changed);
        }
        if let Some(fields) = document.as_object_mut() {
            fields.remove(FORMAT_KEY);
        }
        serde_json::from_value(document).map_err(|error| no_plan(&error))
    }

    /// What moved since: facts first; where none did, the actions that would be others now.
    #[must_use]
    pub fn moved(&self, facts: &Facts, plan: &Value) -> Vec<Moved> {
        let moved = moved(&self.facts, facts);
        if !moved.is_empty() || self.plan == *plan {
            return moved;
        }
        let (old, new) = (actions(&self.plan), actions(plan));
        let mut moved = self::moved(&old, &new);
        if moved.is_empty() {
            moved.push(Moved {
                what: "plan".to_owned(),
                old: Some("as kept".to_owned()),
                new: Some("other problems or another order".to_owned()),
            });
        }
        moved
    }
}

fn moved(before: &Facts, now: &Facts) -> Vec<Moved> {
    let gone = before
        .iter()
        .filter(|(what, old)| now.get(*what) != Some(*old));
    let came = now.iter().filter(|(what, _)| !before.contains_key(*what));
    let mut all: Vec<Moved> = gone
        .map(|(what, old)| Moved {
            what: what.clone(),
            old: Some(old.clone()),
            new: now.get(what).cloned(),
        })
        .chain(came.map(|(what, new)| Moved {
            what: what.clone(),
            old: None,
            new: Some(new.clone()),
        }))
        .collect();
    all.sort_by(|a, b| a.what.cmp(&b.what));
    all
}

/// Actions by step and id, with their causes.
fn actions(plan: &Value) -> Facts {
    let list = plan.get("actions").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|action| {
            let text = |key: &str| action.get(key).and_then(Value::as_str).unwrap_or_default();
            (
                format!("action {} of {}", text("id"), text("step")),
                text("cause").to_owned(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn saved() -> SavedPlan {
        SavedPlan {
            made_at: "2026-11-25T05:00:00Z".into(),
            project: "shop".into(),
            pipeline: "deploy".into(),
            goal: Goal::Up,
            services: vec![],
            adjustments: json!({}),
            salt: "01".into(),
            facts: [("container web".to_owned(), "1 running".to_owned())].into(),
            plan: json!({ "actions": [{ "id": "stop:web", "step": "deploy-tiers", "cause": "x" }] }),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let text = saved().document().unwrap().to_string();
        assert_eq!(SavedPlan::parse(&text), Ok(saved()));
    }

    #[test]
    fn another_format_a_change_and_nonsense_are_told_apart() {
        let mut document = saved().document().unwrap();
        document["plan"]["actions"][0]["id"] = "stop:db".into();
        assert_eq!(
            SavedPlan::parse(&document.to_string()),
            Err(SavedPlanError::Changed)
        );
        document["sinops-plan"] = 2.into();
        assert_eq!(
            SavedPlan::parse(&document.to_string()),
            Err(SavedPlanError::Format { found: "2".into() })
        );
        for nonsense in ["", "[]", "{}", "{\"actions\": []}", "services: {}"] {
            let error = SavedPlan::parse(nonsense).unwrap_err();
            assert!(matches!(error, SavedPlanError::NoPlan(_)), "{nonsense}");
        }
    }

    #[test]
    fn what_moved_is_named() {
        let saved = saved();
        assert!(saved.moved(&saved.facts, &saved.plan).is_empty());
        let facts: Facts = [
            ("container web".to_owned(), "2 running".to_owned()),
            ("image a:1".to_owned(), "sha256:1".to_owned()),
        ]
        .into();
        let words = |moved: Vec<Moved>| moved.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            words(saved.moved(&facts, &saved.plan)),
            [
                "container web: 1 running -> 2 running",
                "image a:1: not there -> sha256:1"
            ]
        );
        assert_eq!(
            words(saved.moved(&Facts::new(), &json!({}))),
            ["container web: 1 running -> gone"]
        );
        assert_eq!(
            words(saved.moved(&saved.facts, &json!({ "actions": [] }))),
            ["action stop:web of deploy-tiers: x -> gone"]
        );
        let other = json!({ "actions": saved.plan["actions"], "tiers": ["x"] });
        assert_eq!(saved.moved(&saved.facts, &other).len(), 1);
    }
}
