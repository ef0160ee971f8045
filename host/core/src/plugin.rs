//! What a plugin says of itself.

use crate::grants::Ask;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The four contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is documented in wit/")]
pub enum Role {
    DeployStep,
    Collector,
    Evaluator,
    Notifier,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DeployStep => "deploy-step",
            Self::Collector => "collector",
            Self::Evaluator => "evaluator",
            Self::Notifier => "notifier",
        })
    }
}

/// A plugin's self-description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Description {
    /// Found by what it exports.
    pub role: Role,
    /// `notifier-slack`.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// JSON Schema of the settings.
    pub settings_schema: Value,
    /// What it would like to use.
    pub asks: Vec<Ask>,
}
