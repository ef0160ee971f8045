//! The pipelines that a project has without naming them, and what sinops.yaml
//! makes of them. Which ones there are is data that comes with the plugins.

use super::schema;
use super::{Config, ConfigError, DEPLOY, Pipeline};
use indexmap::IndexMap;

/// Pipelines by name, as they are shipped beside the plugins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shipped(IndexMap<String, Pipeline>);

impl Shipped {
    /// Reads them: `NAME: { steps: [PLUGIN, ...] }`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let read: IndexMap<String, schema::Pipeline> =
            serde_saphyr::from_str(text).map_err(|error| {
                let (message, hint) = schema::explain(&error);
                ConfigError {
                    message,
                    hint,
                    location: None,
                    path: Vec::new(),
                }
            })?;
        let mut pipelines = IndexMap::new();
        for (name, schema::Pipeline { steps, notify }) in read {
            if steps.is_empty() {
                return Err(without_steps(&name));
            }
            pipelines.insert(name, Pipeline { steps, notify });
        }
        Ok(Self(pipelines))
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Pipeline)> {
        self.0
            .iter()
            .map(|(name, pipeline)| (name.as_str(), pipeline))
    }
}

impl Config {
    /// Adds the shipped pipelines: whole where sinops.yaml has none of that name, their
    /// steps where it only says who is told.
    ///
    /// # Errors
    /// A pipeline of sinops.yaml that has no steps even then.
    pub fn with_pipelines(mut self, shipped: &Shipped) -> Result<Self, ConfigError> {
        for (name, pipeline) in shipped.iter() {
            let known = self.pipelines.entry(name.to_owned()).or_default();
            if known.steps.is_empty() {
                known.steps.clone_from(&pipeline.steps);
            }
        }
        let mut without = self
            .pipelines
            .iter()
            .filter(|(_, known)| known.steps.is_empty());
        match without.find(|(name, _)| *name != DEPLOY) {
            Some((name, _)) => Err(without_steps(name)),
            None => Ok(self),
        }
    }
}

fn without_steps(name: &str) -> ConfigError {
    ConfigError::new(
        &["pipelines", name],
        format!("pipeline `{name}` names no steps"),
    )
    .hint("name its plugins: `steps: [deploy-preflight, deploy-tiers]`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = "deploy: { steps: [check, act] }\nwatch: { steps: [look] }\n";

    fn completed(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text)?.with_pipelines(&Shipped::parse(SHIPPED)?)
    }

    #[test]
    fn sinops_yaml_replaces_steps_and_adds_notifiers() {
        let config = completed("").unwrap();
        assert_eq!(config.pipelines[DEPLOY].steps, ["check", "act"]);
        assert_eq!(config.pipelines["watch"].steps, ["look"]);
        let config = completed(
            "pipelines: { deploy: { notify: [chat] }, watch: { steps: [mine] }, x: { steps: [y] } }",
        )
        .unwrap();
        assert_eq!(config.pipelines[DEPLOY].steps, ["check", "act"]);
        assert_eq!(config.pipelines[DEPLOY].notify, ["chat"]);
        assert_eq!(config.pipelines["watch"].steps, ["mine"]);
        assert_eq!(config.pipelines["x"].steps, ["y"]);
    }

    #[test]
    fn steps_have_to_come_from_somewhere() {
        let error = completed("pipelines: { x: { notify: [chat] } }").unwrap_err();
        assert_eq!(error.message, "pipeline `x` names no steps");
        assert_eq!(error.path, ["pipelines", "x"]);
        assert!(Shipped::parse("x: {}").is_err());
        assert!(Shipped::parse("x: { step: [y] }").is_err());
    }
}
