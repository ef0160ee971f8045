//! From a canonical compose project and the configuration to the desired stack.

use super::{Config, ConfigError, EngineKind, TierRule};
use crate::secrecy::conceal;
use crate::stack::{Condition, Dependency, Resource, Service, Stack, Tier};
use crate::update::{Changes, Update};
use globset::Glob;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sinops_compose::Project;

/// The one tier of a project for which sinops.yaml names none.
const ONLY_TIER: &str = "services";

/// Builds the stack.
///
/// # Errors
/// Tiers that contradict `depends_on`, patterns that match nothing, networks that are not declared.
pub fn build(
    project: &Project,
    config: &Config,
    engine: EngineKind,
    project_directory: &str,
) -> Result<Stack, Vec<ConfigError>> {
    let mut errors = Vec::new();
    let tiers = if config.tiers.is_empty() {
        only_tier(project, config)
    } else {
        rule_tiers(project, &config.tiers, config, &mut errors)
    };
    let tier_of: IndexMap<&str, (usize, &str)> = tiers
        .iter()
        .enumerate()
        .flat_map(|(index, tier)| {
            tier.services
                .iter()
                .map(move |service| (service.as_str(), (index, tier.name.as_str())))
        })
        .collect();
    check_tier_order(project, &tier_of, &mut errors);
    for key in config.networks.keys() {
        if !project.networks.contains_key(key) {
            errors.push(
                ConfigError::new(
                    &["networks", key],
                    format!("no compose file declares the network `{key}`"),
                )
                .hint(nearest(key, project.networks.keys())),
            );
        }
    }
    let mut services = Vec::with_capacity(project.services.len());
    for (name, service) in &project.services {
        let tier = tier_of
            .get(name.as_str())
            .map_or_else(String::new, |(_, tier)| (*tier).to_owned());
        let update = update(name, service, &tier, config);
        match build_service(project, name, service, tier) {
            Ok(service) => match update {
                Ok(update) => services.push(Service { update, ..service }),
                Err(error) => errors.push(error),
            },
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for service in &mut services {
        let update = service.update.for_steps();
        if let Some(fields) = service.definition.as_object_mut() {
            let ours = fields
                .entry("x-sinops")
                .or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Some(ours) = ours.as_object_mut() {
                ours.insert("update".to_owned(), update);
            }
        }
    }
    Ok(Stack {
        project: project.name.clone(),
        project_directory: project_directory.to_owned(),
        output_directory: std::path::Path::new(project_directory)
            .join(config.output.strip_prefix("./").unwrap_or(&config.output))
            .to_string_lossy()
            .into_owned(),
        engine: engine.to_string(),
        services,
        networks: networks(project, config),
        volumes: project
            .volumes
            .iter()
            .map(|(key, volume)| Resource {
                key: key.clone(),
                name: volume.name.clone(),
                external: volume.external,
                create_external: false,
                definition: serde_json::to_value(volume).unwrap_or(Value::Null),
            })
            .collect(),
        tiers,
    })
}

/// How a service is updated: its own word, compose's, its tier's, the file's.
fn update(
    name: &str,
    service: &sinops_compose::Service,
    tier: &str,
    config: &Config,
) -> Result<Update, ConfigError> {
    let of_tier = config.tiers.iter().find(|rule| rule.name == tier);
    let mut update = of_tier.map_or_else(|| config.update.clone(), |rule| rule.update.clone());
    let refused = |path: [&str; 4], reason: String| {
        let whole = path.join(".");
        ConfigError::new(&path, format!("{whole}: {reason}"))
    };
    let deploy = service.deploy.as_ref();
    if let Some(compose) = deploy.and_then(|deploy| deploy.update_config.as_ref()) {
        update = Changes::from_compose(compose)
            .map_err(|reason| refused(["services", name, "deploy", "update_config"], reason))?
            .applied(&update);
    }
    let ours = service.extensions.get("x-sinops");
    if let Some(ours) = ours.and_then(|ours| ours.get("update")) {
        update = Changes::deserialize(ours)
            .map_err(|error| refused(["services", name, "x-sinops", "update"], error.to_string()))?
            .applied(&update);
    }
    Ok(update)
}

fn build_service(
    project: &Project,
    name: &str,
    service: &sinops_compose::Service,
    tier: String,
) -> Result<Service, ConfigError> {
    let own = Own::of(name, service)?;
    let mut made_from = sinops_compose::container_definition(service, project);
    let concealed = conceal(&mut made_from, &|_, _| None);
    let replicas = service
        .scale
        .or_else(|| service.deploy.as_ref().and_then(|deploy| deploy.replicas))
        .unwrap_or(1);
    let container_names = (1..=replicas)
        .map(|number| match &service.container_name {
            Some(name) => name.clone(),
            None => format!("{}-{name}-{number}", project.name),
        })
        .collect();
    Ok(Service {
        name: name.to_owned(),
        tier,
        image: image_reference(&project.name, name, service),
        replicas,
        container_names,
        depends_on: service
            .depends_on
            .iter()
            .map(|(service, dependency)| Dependency {
                service: service.clone(),
                condition: match dependency.condition.as_str() {
                    "service_healthy" => Condition::Healthy,
                    "service_completed_successfully" => Condition::Completed,
                    _ => Condition::Started,
                },
                required: dependency.required,
                restart: dependency.restart,
            })
            .collect(),
        networks: service
            .networks
            .keys()
            .filter_map(|key| project.networks.get(key))
            .map(|network| network.name.clone())
            .collect(),
        volumes: service
            .volumes
            .iter()
            .filter(|mount| mount.kind == "volume")
            .filter_map(|mount| project.volumes.get(mount.source.as_deref()?))
            .map(|volume| volume.name.clone())
            .collect(),
        labels: service
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        has_health_check: service.healthcheck.as_ref().is_some_and(|check| {
            !check.disable && check.test.first().is_some_and(|word| word != "NONE")
        }),
        config_hash: sinops_compose::definition_hash(&made_from),
        made_from,
        concealed,
        reload: own.reload,
        ignored: own.ignore,
        update: Update::default(),
        definition: serde_json::to_value(service).unwrap_or(Value::Null),
    })
}

/// `x-sinops` of a service: what compose has no word for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Own {
    /// For the process engine, which reads it.
    #[serde(rename = "process")]
    _process: IgnoredAny,
    /// Read by [`update`].
    #[serde(rename = "update")]
    _update: IgnoredAny,
    reload: Option<String>,
    ignore: Vec<String>,
}

impl Own {
    fn of(name: &str, service: &sinops_compose::Service) -> Result<Self, ConfigError> {
        let Some(written) = service.extensions.get("x-sinops") else {
            return Ok(Self::default());
        };
        let wrong = |reason: &dyn std::fmt::Display| {
            ConfigError::new(&[], format!("services.{name}.x-sinops: {reason}"))
                .hint("known here: `process`, `update`, `reload: SIGHUP`, `ignore: [/path/in/the/container]`")
        };
        let own = Self::deserialize(written).map_err(|error| wrong(&error))?;
        match own.reload.as_deref() {
            Some(signal) if !is_signal(signal) => Err(wrong(&format!(
                "`reload: {signal}` is no signal that a program can live on: SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH"
            ))),
            _ => Ok(own),
        }
    }
}

/// The image of a service; of one that is only built, the name that compose gives it.
#[must_use]
pub fn image_reference(
    project: &str,
    name: &str,
    service: &sinops_compose::Service,
) -> Option<String> {
    service
        .image
        .clone()
        .or_else(|| service.build.as_ref().map(|_| format!("{project}-{name}")))
}

/// Signals by which programs are told to read their configuration again.
fn is_signal(text: &str) -> bool {
    ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"].contains(&text)
}

fn networks(project: &Project, config: &Config) -> Vec<Resource> {
    project
        .networks
        .iter()
        .map(|(key, network)| {
            let mut network = network.clone();
            let extra = config.networks.get(key);
            if let Some(subnet) = extra.and_then(|extra| extra.subnet.clone()) {
                network.ipam.config = vec![sinops_compose::IpamPool {
                    subnet: Some(subnet),
                    gateway: extra.and_then(|extra| extra.gateway.clone()),
                    ..Default::default()
                }];
            }
            Resource {
                key: key.clone(),
                name: network.name.clone(),
                external: network.external,
                create_external: extra.is_some_and(|extra| extra.create),
                definition: serde_json::to_value(&network).unwrap_or(Value::Null),
            }
        })
        .collect()
}

/// All services together: what waits for what is left to `depends_on` alone, as in
/// compose.
fn only_tier(project: &Project, config: &Config) -> Vec<Tier> {
    let services: Vec<String> = project.services.keys().cloned().collect();
    let tier = (!services.is_empty()).then(|| Tier {
        name: ONLY_TIER.to_owned(),
        services,
        gate_timeout: config.gate_timeout,
    });
    tier.into_iter().collect()
}

fn rule_tiers(
    project: &Project,
    rules: &[TierRule],
    config: &Config,
    errors: &mut Vec<ConfigError>,
) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = rules
        .iter()
        .map(|rule| Tier {
            name: rule.name.clone(),
            services: Vec::new(),
            gate_timeout: rule.gate_timeout,
        })
        .collect();
    let matchers: Vec<Vec<globset::GlobMatcher>> = rules
        .iter()
        .map(|rule| {
            rule.services
                .iter()
                .filter_map(|glob| Glob::new(glob).ok())
                .map(|glob| glob.compile_matcher())
                .collect()
        })
        .collect();
    let mut rest = Tier {
        name: "others".into(),
        services: Vec::new(),
        gate_timeout: config.gate_timeout,
    };
    for name in project.services.keys() {
        let home = matchers
            .iter()
            .position(|globs| globs.iter().any(|glob| glob.is_match(name)));
        match home.and_then(|index| tiers.get_mut(index)) {
            Some(tier) => tier.services.push(name.clone()),
            None => rest.services.push(name.clone()),
        }
    }
    for (rule, globs) in rules.iter().zip(&matchers) {
        for (text, glob) in rule.services.iter().zip(globs) {
            if !project.services.keys().any(|name| glob.is_match(name)) {
                errors.push(
                    ConfigError::new(
                        &["tiers"],
                        format!("tier `{}`: `{text}` matches no service", rule.name),
                    )
                    .hint(nearest(text, project.services.keys())),
                );
            }
        }
    }
    if !rest.services.is_empty() {
        tiers.push(rest);
    }
    tiers.retain(|tier| !tier.services.is_empty());
    tiers
}

fn check_tier_order(
    project: &Project,
    tier_of: &IndexMap<&str, (usize, &str)>,
    errors: &mut Vec<ConfigError>,
) {
    for (name, service) in &project.services {
        let Some((tier, tier_name)) = tier_of.get(name.as_str()) else {
            continue;
        };
        for dependency in service.depends_on.keys() {
            if let Some((other, other_name)) = tier_of.get(dependency.as_str())
                && other > tier
            {
                errors.push(
                    ConfigError::new(
                        &["tiers"],
                        format!(
                            "`{name}` is in tier `{tier_name}` but depends on `{dependency}`, which is in the later tier `{other_name}`"
                        ),
                    )
                    .hint(format!("put `{dependency}` into `{tier_name}` or an earlier tier")),
                );
            }
        }
    }
}

fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a String>) -> String {
    known
        .max_by(|a, b| strsim::jaro_winkler(wrong, a).total_cmp(&strsim::jaro_winkler(wrong, b)))
        .map_or_else(
            || "there is none".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )
}
