//! Values of the secrets that sinops.yaml names.

use crate::commands::Context;
use crate::problem::{Problem, convert};
use crate::project::ConfigFile;
use sinops_core::config::schema::Secret;
use sinops_core::config::{Config, MONITOR};
use sinops_runtime::plugins::SecretStore;
use std::collections::HashSet;

/// Reads them. One without a value is no reason to refuse a plan: whatever
/// needs it is refused when it is needed. It is worth a warning where the
/// pipeline has a plugin that needs it.
pub(super) fn store(
    context: &Context<'_>,
    file: &ConfigFile,
    pipeline: Option<&str>,
) -> SecretStore {
    let needed = pipeline
        .map(|name| needed(&file.config, name))
        .unwrap_or_default();
    let mut store = SecretStore::new();
    let mut problems = Vec::new();
    for (name, secret) in &file.config.secrets {
        let added = value(context, file, secret).and_then(|value| {
            store
                .insert(name, &value, &secret.destinations)
                .map_err(|error| error.to_string())
        });
        let Err(reason) = added else { continue };
        if !needed.contains(name) {
            tracing::info!("secret `{name}` has no value: {reason}");
            continue;
        }
        let key = if secret.env.is_some() { "env" } else { "file" };
        let path = ["secrets".to_owned(), name.clone(), key.to_owned()];
        let problem = Problem::warning(format!("secret `{name}` has no value: {reason}"))
            .help("plugins that need it are refused until it has one");
        problems.push(match &file.source {
            Some(source) => convert::at_path(problem, source, &path),
            None => problem,
        });
    }
    context.warn(problems);
    store
}

/// Names of the secrets that plugins of this pipeline may use.
fn needed(config: &Config, pipeline: &str) -> HashSet<String> {
    let mut plugins: Vec<&str> = vec![&config.gate_collector];
    if pipeline == MONITOR {
        let monitor = &config.monitor;
        plugins.extend(
            monitor
                .collectors
                .iter()
                .chain(&monitor.notify)
                .map(String::as_str),
        );
        plugins.extend(monitor.evaluators.iter().map(|it| it.plugin.as_str()));
    }
    if let Some(pipeline) = config.pipelines.get(pipeline) {
        plugins.extend(
            pipeline
                .steps
                .iter()
                .chain(&pipeline.notify)
                .map(String::as_str),
        );
    }
    let mut needed = HashSet::new();
    for name in plugins {
        let grants = config.plugin(name).grants;
        if !grants.mail.is_empty() {
            needed.extend(config.mail.as_ref().and_then(|mail| mail.password.clone()));
        }
        needed.extend(grants.secrets);
    }
    needed
}

fn value(context: &Context<'_>, file: &ConfigFile, secret: &Secret) -> Result<String, String> {
    if let Some(variable) = &secret.env {
        return context
            .surroundings
            .environment
            .get(variable)
            .cloned()
            .ok_or_else(|| format!("the environment variable {variable} is not set"));
    }
    let path = file
        .directory
        .join(secret.file.as_deref().unwrap_or_default());
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_needs_the_secrets_of_its_plugins_only() {
        let config = Config::parse(
            "secrets: { a: { env: A }, b: { env: B }, smtp: { env: C } }\n\
             mail: { relay: mail, from: x@example.org, password: smtp }\n\
             plugins:\n\
             \u{20} chat: { source: notifier-slack, grants: { secrets: [a] } }\n\
             \u{20} post: { source: notifier-email, grants: { mail: [example.org] } }\n\
             \u{20} idle: { source: notifier-slack, grants: { secrets: [b] } }\n\
             pipelines: { deploy: { notify: [chat] } }\n\
             monitor: { notify: [post] }\n",
        )
        .unwrap();
        assert_eq!(needed(&config, "deploy"), HashSet::from(["a".to_owned()]));
        assert_eq!(needed(&config, MONITOR), HashSet::from(["smtp".to_owned()]));
        assert!(needed(&config, "other").is_empty());
    }
}
