//! The floor that a deploy is measured against: the networks and containers of
//! a canonical project, created and started over the engine's API four at a
//! time, without any waiting, planning or checking.
//!
//! `floor up|down < project.json`, where the project has the shape of
//! `docker compose config --format json`. `cargo xtask bench` runs it.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]
#![allow(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

use bollard::Docker;
use bollard::models::{ContainerCreateBody, NetworkCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Map, Value, json};
use std::error::Error;
use std::io::Read as _;
use std::time::Instant;

const AT_ONCE: usize = 4;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let project: Value = serde_json::from_str(&text)?;
    let docker = Docker::connect_with_local_defaults()?
        .negotiate_version()
        .await?;
    match std::env::args().nth(1).as_deref() {
        Some("up") => {
            let begun = Instant::now();
            up(&docker, &project).await?;
            println!("{}", begun.elapsed().as_secs_f64());
            Ok(())
        }
        Some("down") => down(&docker, &project).await,
        _ => Err("usage: floor up|down < project.json".into()),
    }
}

async fn up(docker: &Docker, project: &Value) -> Outcome<()> {
    for network in entries(project, "networks").map(|(_, network)| network) {
        let request: NetworkCreateRequest = serde_json::from_value(json!({
            "Name": network["name"],
            "Driver": "bridge",
            "IPAM": { "Config": pools(network) },
        }))?;
        docker.create_network(request).await?;
    }
    stream::iter(entries(project, "services"))
        .map(|(name, service)| async move {
            let name = container_name(project, name, service);
            let options = CreateContainerOptionsBuilder::default().name(&name).build();
            docker
                .create_container(Some(options), body(project, service)?)
                .await?;
            docker
                .start_container(&name, None::<StartContainerOptions>)
                .await?;
            Ok::<(), Box<dyn Error>>(())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn down(docker: &Docker, project: &Value) -> Outcome<()> {
    let removed: Vec<_> = stream::iter(entries(project, "services"))
        .map(|(name, service)| async move {
            let options = RemoveContainerOptionsBuilder::default()
                .force(true)
                .v(true)
                .build();
            docker
                .remove_container(&container_name(project, name, service), Some(options))
                .await
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    removed.into_iter().collect::<Result<(), _>>()?;
    for network in entries(project, "networks").map(|(_, network)| network) {
        docker.remove_network(text(&network["name"])).await?;
    }
    for volume in entries(project, "volumes").map(|(_, volume)| volume) {
        let name = text(&volume["name"]);
        docker
            .remove_volume(name, None::<bollard::query_parameters::RemoveVolumeOptions>)
            .await?;
    }
    Ok(())
}

/// The engine's form of a service, as far as the example's services go.
fn body(project: &Value, service: &Value) -> Outcome<ContainerCreateBody> {
    let environment: Vec<String> = entries(service, "environment")
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect();
    let mut exposed = Map::new();
    let mut bindings = Map::new();
    for port in list(service, "ports") {
        let protocol = port["protocol"].as_str().unwrap_or("tcp");
        let target = format!("{}/{protocol}", port["target"]);
        exposed.insert(target.clone(), json!({}));
        bindings.insert(
            target,
            json!([{ "HostIp": port["host_ip"], "HostPort": port["published"] }]),
        );
    }
    let binds: Vec<String> = list(service, "volumes")
        .map(|mount| {
            let source = match mount["type"].as_str() {
                Some("volume") => text(&project["volumes"][text(&mount["source"])]["name"]),
                _ => text(&mount["source"]),
            };
            let mode = if mount["read_only"] == true {
                "ro"
            } else {
                "rw"
            };
            format!("{source}:{}:{mode}", text(&mount["target"]))
        })
        .collect();
    let endpoints: Map<String, Value> = entries(service, "networks")
        .map(|(key, network)| {
            let address = json!({ "IPv4Address": network["ipv4_address"] });
            (
                text(&project["networks"][key]["name"]).to_owned(),
                json!({ "IPAMConfig": address }),
            )
        })
        .collect();
    let first_network = endpoints.keys().next().cloned();
    let body = json!({
        "Image": service["image"],
        "Cmd": service["command"],
        "Env": environment,
        "ExposedPorts": exposed,
        "Healthcheck": health(&service["healthcheck"])?,
        "HostConfig": {
            "Binds": binds,
            "PortBindings": bindings,
            "NetworkMode": first_network,
            "CapAdd": service["cap_add"],
        },
        "NetworkingConfig": { "EndpointsConfig": endpoints },
    });
    Ok(serde_json::from_value(without_nulls(body))?)
}

fn health(check: &Value) -> Outcome<Value> {
    let nanoseconds = |key: &str| -> Outcome<Value> {
        match check[key].as_str() {
            None => Ok(Value::Null),
            Some(span) => Ok(json!(humantime::parse_duration(span)?.as_nanos() as u64)),
        }
    };
    Ok(json!({
        "Test": check["test"],
        "Interval": nanoseconds("interval")?,
        "Timeout": nanoseconds("timeout")?,
        "Retries": check["retries"],
    }))
}

fn pools(network: &Value) -> Vec<Value> {
    list(&network["ipam"], "config")
        .map(|pool| without_nulls(json!({ "Subnet": pool["subnet"], "Gateway": pool["gateway"] })))
        .collect()
}

fn container_name(project: &Value, service: &str, definition: &Value) -> String {
    definition["container_name"].as_str().map_or_else(
        || format!("{}-{service}-1", text(&project["name"])),
        ToOwned::to_owned,
    )
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let fields = value.get(key).and_then(Value::as_object);
    fields
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        other => other,
    }
}
