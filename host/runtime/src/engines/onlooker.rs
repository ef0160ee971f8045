//! An engine that may be missing and is never changed: for generating files, which goes
//! without one.

use super::{
    ContainerSpec, Difference, Effect, Engine, EngineError, EngineOperation, ExecOutput, Scope,
    State, View,
};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Looks through another engine, if there is one and it answers; does nothing.
#[derive(Debug)]
pub struct Onlooker(Option<Arc<dyn Engine>>);

impl Onlooker {
    /// At what this engine shows.
    #[must_use]
    pub fn new(engine: Option<Arc<dyn Engine>>) -> Self {
        Self(engine)
    }
}

fn refused(operation: &str) -> EngineError {
    EngineError::Unsupported {
        engine: "onlooking".to_owned(),
        feature: operation.to_owned(),
    }
}

#[async_trait]
impl Engine for Onlooker {
    async fn observe(&self, scope: &Scope) -> Result<View, EngineError> {
        let Some(engine) = &self.0 else {
            return Ok(View::default());
        };
        Ok(engine.observe(scope).await.unwrap_or_else(|error| {
            tracing::info!("the engine is not looked at: {error}");
            View::default()
        }))
    }

    async fn execute(&self, _: &EngineOperation) -> Result<Effect, EngineError> {
        Err(refused("any change"))
    }

    async fn inspect(&self, container: &str) -> Result<State, EngineError> {
        match &self.0 {
            Some(engine) => engine.inspect(container).await,
            None => Err(refused("inspecting a container")),
        }
    }

    async fn exec(&self, _: &str, _: &[String], _: Duration) -> Result<ExecOutput, EngineError> {
        Err(refused("running a command"))
    }

    async fn differences(
        &self,
        _: &str,
        _: &ContainerSpec,
    ) -> Result<Vec<Difference>, EngineError> {
        Err(refused("comparing a container"))
    }

    async fn logs(&self, container: &str, lines: usize) -> Result<Vec<String>, EngineError> {
        match &self.0 {
            Some(engine) => engine.logs(container, lines).await,
            None => Err(refused("reading a log")),
        }
    }
}
