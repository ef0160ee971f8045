//! Runs plugins. Only the shape stands yet; every call answers with an error.
#![allow(
    missing_docs,
    unused,
    clippy::all,
    reason = "replaced by the real module in the next change"
)]
use crate::engines::{ExecOutput, State};
use async_trait::async_trait;
use serde_json::Value;
use sinops_core::{
    action::*, grants::Grants, limits::Limits, monitor::*, notification::*, plugin::*,
};
use std::{path::PathBuf, sync::Arc, time::Duration};
#[derive(Debug)]
pub struct PluginHost;
#[derive(Debug)]
pub struct SecretStore;
impl SecretStore {
    pub fn redact(&self, s: &str) -> String {
        s.into()
    }
}
#[derive(Debug)]
pub struct MailRelay;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct PluginError;
#[derive(Debug)]
pub enum Source {
    Builtin(String),
    File(PathBuf),
}
#[derive(Debug)]
pub struct PluginSpec {
    pub name: String,
    pub source: Source,
    pub grants: Grants,
    pub limits: Limits,
    pub secrets: Arc<SecretStore>,
    pub mail: Option<Arc<MailRelay>>,
}
#[derive(Debug)]
pub struct SettingsProblem {
    pub path: Vec<String>,
    pub message: String,
}
#[derive(Debug)]
pub struct Plugin;
impl PluginHost {
    pub async fn load(&self, s: PluginSpec) -> Result<Plugin, PluginError> {
        Err(PluginError)
    }
}
impl Plugin {
    pub fn description(&self) -> &Description {
        loop {}
    }
    pub fn validate_settings(&self, v: &Value) -> Result<(), Vec<SettingsProblem>> {
        Ok(())
    }
    pub async fn plan(&self, p: &Planning, s: &Value) -> Result<Proposal, PluginError> {
        Err(PluginError)
    }
    pub async fn apply(&self, t: &str, p: &Value, s: &Value) -> Result<Outcome, PluginError> {
        Err(PluginError)
    }
    pub async fn collect(
        &self,
        t: &[Target],
        n: u64,
        s: &Value,
        a: Arc<dyn ContainerAccess>,
    ) -> Result<Reading, PluginError> {
        Err(PluginError)
    }
    pub async fn evaluate(
        &self,
        r: &Value,
        f: &[MetricFamily],
        n: u64,
    ) -> Result<Vec<Finding>, PluginError> {
        Err(PluginError)
    }
    pub async fn notify(&self, n: &Notification, s: &Value) -> Result<Delivery, PluginError> {
        Err(PluginError)
    }
}
#[derive(Debug)]
pub enum ContainerError {
    Denied(String),
    NotFound(String),
    NoCheck,
    Timeout,
    Other(String),
}
#[async_trait]
pub trait ContainerAccess: Send + Sync + std::fmt::Debug {
    async fn inspect(&self, c: &str) -> Result<State, ContainerError>;
    async fn health_check(&self, c: &str) -> Result<ExecOutput, ContainerError>;
    async fn exec(
        &self,
        c: &str,
        cmd: &[String],
        t: Duration,
    ) -> Result<ExecOutput, ContainerError>;
}
