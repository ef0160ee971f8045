//! A release: what a deploy put there, written down so that it can come back.
//!
//! Pure data and decisions; the runtime reads and writes it. Values that look like
//! secrets are held by reference only ([`secrets`]).

pub mod secrets;

use crate::config::TierRule;
use crate::observed::{Image, Observed};
use crate::stack::{Service, Stack};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sinops_compose::Project;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The form of the document; another one is refused.
pub const FORM: u32 = 1;

/// A release, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Release {
    /// [`FORM`].
    pub form: u32,
    /// From 1, without gaps but for those that were pruned.
    pub number: u64,
    /// RFC 3339.
    pub at: String,
    /// Compose project.
    pub project: String,
    /// Pipeline that deployed it.
    pub pipeline: String,
    /// User and host: `deploy@build-7`.
    pub by: String,
    /// The release whose contents this one brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<u64>,
    /// Tiers in their order, as sinops.yaml had them.
    #[serde(default)]
    pub tiers: Vec<TierRule>,
    /// By name.
    pub services: IndexMap<String, Released>,
    /// Files that services mount or get as secret or config: path and SHA-256.
    #[serde(default)]
    pub files: IndexMap<String, String>,
    /// What `compose` refers to without holding it.
    #[serde(default)]
    pub secrets: BTreeSet<String>,
    /// Canonical project, with references in the place of secrets.
    pub compose: Value,
}

/// A service of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Released {
    /// Name of its tier.
    pub tier: String,
    /// As the files name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What that was: the engine's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// What registries call it: `redis@sha256:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// Hash under which its containers were made.
    pub config_hash: String,
    /// How many containers.
    pub replicas: u32,
}

/// All that a release is made from.
#[derive(Debug, Clone, Copy)]
pub struct Deployed<'a> {
    /// Canonical project, as deployed.
    pub project: &'a Project,
    /// The stack that it came to.
    pub stack: &'a Stack,
    /// Tiers of sinops.yaml.
    pub tiers: &'a [TierRule],
    /// What is there now.
    pub observed: &'a Observed,
    /// Secret values that must not be written, with the names of their variables.
    pub variables: &'a [(String, String)],
    /// The newest release before.
    pub before: Option<&'a Release>,
    /// The release that was brought back.
    pub source: Option<&'a Release>,
}

impl Release {
    /// What is there now, if it differs from the release before. Services whose containers
    /// are not as declared (they were not selected) stay as they were released before.
    #[must_use]
    pub fn of(deployed: Deployed<'_>) -> Option<Self> {
        let mut compose = serde_json::to_value(deployed.project).ok()?;
        without_content(&mut compose);
        let known = secrets::known(&compose, deployed.variables);
        let referred = secrets::withhold(&mut compose, &known);
        let mut release = Self {
            form: FORM,
            number: deployed.before.map_or(1, |before| before.number + 1),
            project: deployed.stack.project.clone(),
            rollback_of: deployed.source.map(|source| source.number),
            tiers: deployed.tiers.to_vec(),
            secrets: referred,
            compose,
            ..Self::default()
        };
        let declared = as_declared(deployed.stack, deployed.observed);
        let images = deployed.observed.images.iter();
        let images: HashMap<&str, &Image> = images
            .map(|image| (image.reference.as_str(), image))
            .collect();
        for service in &deployed.stack.services {
            if declared.contains(service.name.as_str()) {
                let image = service.image.as_deref().and_then(|it| images.get(it));
                let released = released(service, image.copied(), deployed.source);
                release.services.insert(service.name.clone(), released);
            } else {
                change(&mut release.compose, "services", |services| {
                    services.remove(&service.name);
                });
                if let Some(before) = deployed.before {
                    release.keep(&service.name, before);
                }
            }
        }
        let differs = deployed
            .before
            .is_none_or(|before| before.services != release.services);
        (differs && !release.services.is_empty()).then_some(release)
    }

    /// Takes a service over from the release before.
    fn keep(&mut self, name: &str, before: &Self) {
        let Some(released) = before.services.get(name) else {
            return;
        };
        self.services.insert(name.to_owned(), released.clone());
        let old = before.compose.as_object();
        if let Some(service) = old.and_then(|old| old.get("services")?.get(name)) {
            change(&mut self.compose, "services", |services| {
                services.insert(name.to_owned(), service.clone());
            });
        }
        for kind in ["networks", "volumes", "secrets", "configs"] {
            let old = old.and_then(|old| old.get(kind)?.as_object());
            for (key, value) in old.into_iter().flatten() {
                change(&mut self.compose, kind, |map| {
                    map.entry(key.clone()).or_insert_with(|| value.clone());
                });
            }
        }
        self.secrets.extend(before.secrets.iter().cloned());
    }

    /// The project to deploy again; `value` gives a secret by its reference.
    ///
    /// # Errors
    /// References without a value.
    pub fn project(&self, value: &dyn Fn(&str) -> Option<String>) -> Result<Project, Unrestored> {
        let mut compose = self.compose.clone();
        secrets::fill(&mut compose, value).map_err(Unrestored::Missing)?;
        serde_json::from_value(compose).map_err(|error| Unrestored::Damaged(error.to_string()))
    }

    /// The release whose contents this one has: itself, or the one that it brought back.
    #[must_use]
    pub fn contents(&self) -> u64 {
        self.rollback_of.unwrap_or(self.number)
    }
}

/// Which release `rollback` means when none is named: the newest that came before the
/// contents of the current one. Going back twice so goes back two releases.
#[must_use]
pub fn before_current(releases: &[Release]) -> Option<&Release> {
    let current = releases.iter().max_by_key(|it| it.number)?;
    let mut contents = current.contents();
    // A rollback to a release that was itself a rollback.
    while let Some(of) = releases
        .iter()
        .find(|it| it.number == contents)
        .and_then(|it| it.rollback_of)
        .filter(|&of| of < contents)
    {
        contents = of;
    }
    releases
        .iter()
        .filter(|it| it.number < contents)
        .max_by_key(|it| it.number)
}

/// Why a release cannot be deployed again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrestored {
    /// Secrets that neither the environment nor the compose files hold any more.
    #[error("it needs values that are not there any more: {}", .0.iter().cloned().collect::<Vec<_>>().join(", "))]
    Missing(BTreeSet<String>),
    /// The document is not what was written.
    #[error("its compose project cannot be read: {0}")]
    Damaged(String),
}

/// Services all of whose containers are the declared ones.
fn as_declared<'a>(stack: &'a Stack, observed: &Observed) -> HashSet<&'a str> {
    let mut right: HashMap<(&str, &str), BTreeSet<u32>> = HashMap::new();
    for container in &observed.containers {
        if let (Some(service), Some(hash)) = (&container.service, &container.config_hash)
            && container.project.as_ref() == Some(&stack.project)
        {
            let numbers = right.entry((service, hash)).or_default();
            numbers.insert(container.number);
        }
    }
    let complete = stack.services.iter().filter(|service| {
        let numbers = right.get(&(service.name.as_str(), service.config_hash.as_str()));
        (1..=service.replicas).all(|number| numbers.is_some_and(|it| it.contains(&number)))
    });
    complete.map(|service| service.name.as_str()).collect()
}

fn released(service: &Service, found: Option<&Image>, source: Option<&Release>) -> Released {
    let image_id = found.map(|image| image.id.clone());
    // What was brought back by id keeps the name that people know.
    let source = source.and_then(|it| it.services.get(&service.name));
    let source = source.filter(|source| source.image_id == image_id);
    Released {
        tier: service.tier.clone(),
        image: source.map_or_else(|| service.image.clone(), |source| source.image.clone()),
        image_id,
        digests: found.map(|image| image.digests.clone()).unwrap_or_default(),
        config_hash: service.config_hash.clone(),
        replicas: service.replicas,
    }
}

/// Secrets and configs of the environment are never held: they come from there again.
fn without_content(compose: &mut Value) {
    for kind in ["secrets", "configs"] {
        let objects = compose.get_mut(kind).and_then(Value::as_object_mut);
        for object in objects.into_iter().flat_map(Map::values_mut) {
            if let Some(fields) = object.as_object_mut()
                && fields.contains_key("environment")
            {
                fields.remove("content");
            }
        }
    }
}

/// Changes one of the maps of a project, making it if need be.
fn change(compose: &mut Value, kind: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    let Some(fields) = compose.as_object_mut() else {
        return;
    };
    let part = fields
        .entry(kind)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(map) = part.as_object_mut() {
        change(map);
    }
}

#[cfg(test)]
mod tests;
