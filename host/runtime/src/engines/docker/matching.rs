//! Whether a container is what we would make: the body that we would send, with what image
//! and engine add to it, against what the engine inspects. Plain functions over both as
//! JSON; they err on the side of a difference. One module for each part of the body.

mod container;
mod host;
mod mounts;
mod networks;

use super::super::{ContainerSpec, Difference};
use super::body;
use super::machine::Habits;
use super::{DockerEngine, EngineError, files};
use bollard::query_parameters as query;
use serde_json::Value;
use std::collections::BTreeMap;

/// Namespaces that may be another container's.
const MODES: [&str; 3] = ["NetworkMode", "PidMode", "IpcMode"];

impl DockerEngine {
    pub(super) async fn compare(
        &self,
        container: &str,
        spec: &ContainerSpec,
    ) -> Result<Vec<Difference>, EngineError> {
        let service = &spec.service;
        let mut all = Vec::new();
        if !files::copies(spec)?.is_empty() {
            all.push(Difference::unknown("the content of configs and secrets"));
        }
        if !service.post_start.is_empty() || !service.pre_stop.is_empty() {
            all.push(Difference::unknown("post_start and pre_stop"));
        }
        let operation = format!("look at container {container}");
        let found = self
            .docker
            .inspect_container(container, None::<query::InspectContainerOptions>)
            .await
            .map_err(|error| self.fault(&operation, error))?;
        let lookups = self.lookups(spec).await?;
        let plan = body::plan(spec, &lookups, self.api)?;
        let image = body::image(spec)?;
        let image = self
            .docker
            .inspect_image(&image)
            .await
            .map_err(|error| self.fault(&format!("look at image {image}"), error))?;
        let value = |value: Result<Value, serde_json::Error>| {
            value.map_err(|error| EngineError::Other {
                operation: operation.clone(),
                message: error.to_string(),
            })
        };
        let image_id = image.id.clone().unwrap_or_default();
        let mut wanted = value(serde_json::to_value(&plan.body))?;
        let connect = plan.connect.into_iter();
        for (network, endpoint) in connect {
            let endpoint = value(serde_json::to_value(endpoint))?;
            if let Some(all) = wanted
                .pointer_mut("/NetworkingConfig/EndpointsConfig")
                .and_then(Value::as_object_mut)
            {
                all.insert(network, endpoint);
            }
        }
        let found = value(serde_json::to_value(found))?;
        let image = value(serde_json::to_value(image.config.unwrap_or_default()))?;
        if let (Some(address), Value::Object(fields)) = (plan.mac_address, &mut wanted) {
            fields.insert("MacAddress".to_owned(), address.into());
        }
        self.by_their_ids(&mut wanted, &found).await;
        all.extend(compare(&wanted, &found, &image, &self.habits().await?));
        let made_from = found.get("Image").and_then(Value::as_str);
        if made_from != Some(image_id.as_str()) {
            all.push(Difference {
                path: "image (its content)".to_owned(),
                old: made_from.map(str::to_owned),
                new: Some(image_id),
                ..Difference::default()
            });
        }
        Ok(all)
    }

    /// Containers whose namespaces are shared are declared by their names; the engine keeps
    /// their ids.
    async fn by_their_ids(&self, wanted: &mut Value, found: &Value) {
        for mode in MODES {
            let at = format!("/HostConfig/{mode}");
            let Some(declared) = wanted.pointer_mut(&at) else {
                continue;
            };
            let name = declared
                .as_str()
                .and_then(|it| it.strip_prefix("container:"));
            let Some(name) = name.filter(|_| found.pointer(&at) != Some(&*declared)) else {
                continue;
            };
            let options = None::<query::InspectContainerOptions>;
            // One that is gone is a difference.
            if let Ok(other) = self.docker.inspect_container(name, options).await {
                *declared = Value::from(format!("container:{}", other.id.unwrap_or_default()));
            }
        }
    }
}

/// `wanted` is a create body, `found` an inspected container, `image` the configuration of
/// the image.
fn compare(wanted: &Value, found: &Value, image: &Value, habits: &Habits) -> Vec<Difference> {
    let mut all = Differences(Vec::new());
    container::compare(&mut all, wanted, found, image);
    host::compare(&mut all, wanted, found, habits);
    mounts::compare(&mut all, wanted, found, image);
    networks::compare(&mut all, wanted, found);
    all.0
}

struct Differences(Vec<Difference>);

impl Differences {
    fn field(&mut self, path: &str, is: Option<&Value>, want: Option<&Value>) {
        if is_empty(is) && is_empty(want) {
            return;
        }
        if is.map(canonical) != want.map(canonical) {
            self.note(path, is.map(word), want.map(word));
        }
    }

    /// Numbers of which none is another than zero.
    fn count(&mut self, path: &str, is: Option<&Value>, want: Option<&Value>) {
        let told = |value: Option<&Value>| value.and_then(Value::as_i64).filter(|it| *it != -1);
        let (is, want) = (told(is), told(want));
        if is != want {
            let word = |number: Option<i64>| number.map(|it| it.to_string());
            self.note(path, word(is), word(want));
        }
    }

    /// Names with values: one without a value is there as well.
    fn pairs(&mut self, path: &str, is: Option<&Value>, want: Option<&Value>) {
        let all = |value| fields(value).map(|(name, value)| (name, word(value)));
        if !all(is).collect::<BTreeMap<_, _>>().eq(&all(want).collect()) {
            self.note(path, is.map(word), want.map(word));
        }
    }

    fn note(&mut self, path: &str, old: Option<String>, new: Option<String>) {
        self.0.push(Difference {
            path: path.to_owned(),
            old: old.filter(|text| !text.is_empty()),
            new: new.filter(|text| !text.is_empty()),
            ..Difference::default()
        });
    }
}

fn set(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// Nothing declared, in any of the engine's words for it.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::Bool(true)) => false,
    }
}

/// Without fields that say nothing.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(_, value)| !is_empty(Some(value)))
                .map(|(key, value)| (key.clone(), canonical(value)))
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

/// As a person would write it.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str)
}

fn fields(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests;
