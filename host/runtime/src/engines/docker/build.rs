//! Building the image of a service: the context is sent to the engine's own
//! builder, BuildKit, as one archive.
//!
//! The call is the plain one (`/build?version=2`): it needs no session, which is
//! a protocol of its own in the other direction. What only a session can bring
//! (secrets, SSH agents, further contexts) is refused by name; credentials of
//! private base images are used to pull these before.

mod bases;
mod context;
mod ignore;
mod trace;

use super::super::{BuildSpec, Progress, ProgressSink, PullSpec, amounts, limits as shared, tail};
use super::connect::Api;
use super::converse::{Call, query};
use super::{DockerEngine, Effect, EngineError};
use context::Context;
use http::{HeaderName, Method, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use trace::Trace;

/// A step of a build may compile for long without a word.
const SILENCE: Duration = Duration::from_secs(3600);
const JSON_NETWORKS: [&str; 3] = ["default", "host", "none"];

impl DockerEngine {
    pub(super) async fn build(&self, spec: &BuildSpec) -> Result<Effect, EngineError> {
        let operation = format!("build image {} of {}", spec.reference, spec.service_name);
        refuse(spec)?;
        let context = Context::of(spec)?;
        let pull = self.bases(spec, &context).await?;
        let path = format!(
            "/build{}",
            query(&parameters(spec, &context, pull, self.api)?)
        );
        let mut headers: Vec<(HeaderName, String)> = Vec::new();
        let (body, sending) = context.send()?;
        if sending.is_some() {
            headers.push((header::CONTENT_TYPE, "application/x-tar".to_owned()));
        }
        let before = self.docker.inspect_image(&spec.reference).await;
        let before = before.ok().and_then(|found| found.id);
        let mut heard = Heard::new(&spec.progress);
        let call = Call {
            method: Method::POST,
            operation: operation.clone(),
            path,
            headers,
            body,
            silence: SILENCE,
        };
        let outcome = self.converse(call, &mut |line| heard.line(&line)).await;
        // An archive that could not be read tells more than the engine about its end.
        if let Some(sending) = sending
            && let Ok(Err(error)) = sending.await
        {
            return Err(EngineError::Other {
                operation,
                message: format!("the context {}: {error}", context.shown()),
            });
        }
        outcome.map_err(|error| heard.explain(error))?;
        let found = self
            .docker
            .inspect_image(&spec.reference)
            .await
            .map_err(|error| self.fault(&operation, error))?;
        self.remember(&spec.reference, found.id.as_deref());
        Ok(Effect {
            changed: found.id != before,
            id: found.id,
        })
    }

    /// Pulls the base images that need a name; says whether the builder is to
    /// look for newer ones itself.
    async fn bases(&self, spec: &BuildSpec, context: &Context) -> Result<bool, EngineError> {
        let bases = bases::of(context.dockerfile(), &spec.build.args);
        let mut private = Vec::new();
        for base in &bases {
            match self.credentials.of_image(base).await {
                Ok(Some(_)) => private.push(base),
                Ok(None) => {}
                Err(trouble) => tracing::warn!(service = spec.service_name, "{trouble}"),
            }
        }
        for base in &bases {
            let wanted = spec.build.pull && !private.is_empty();
            let missing = private.contains(&base) && self.docker.inspect_image(base).await.is_err();
            if wanted || missing {
                let pull = PullSpec {
                    reference: base.clone(),
                    platform: platform(spec),
                    progress: spec.progress.clone(),
                };
                self.pull(&pull).await?;
            }
        }
        Ok(spec.build.pull && private.is_empty())
    }
}

fn unsupported(spec: &BuildSpec, what: &str) -> EngineError {
    EngineError::Unsupported {
        engine: "docker".to_owned(),
        feature: format!("services.{}.build.{what}", spec.service_name),
    }
}

/// What the builder cannot be told without a session, or at all.
fn refuse(spec: &BuildSpec) -> Result<(), EngineError> {
    let build = &spec.build;
    for (declared, what) in [
        (!build.secrets.is_empty(), "secrets"),
        (!build.ssh.is_empty(), "ssh"),
        (!build.additional_contexts.is_empty(), "additional_contexts"),
        (!build.entitlements.is_empty(), "entitlements"),
        (build.privileged, "privileged"),
        (build.isolation.is_some(), "isolation"),
    ] {
        if declared {
            return Err(unsupported(
                spec,
                &format!(
                    "{what} (build it with `docker buildx build -t {} …`; the image is then used as it is)",
                    spec.reference
                ),
            ));
        }
    }
    let off = |text: &Option<String>| text.as_deref().is_none_or(|text| text == "false");
    for (declared, what) in [
        (!build.cache_to.is_empty(), "cache_to"),
        (!off(&build.provenance), "provenance"),
        (!off(&build.sbom), "sbom"),
    ] {
        if declared {
            tracing::warn!(
                service = spec.service_name,
                "build.{what} has no effect: the engine's own builder neither exports its cache nor attests"
            );
        }
    }
    Ok(())
}

fn platform(spec: &BuildSpec) -> Option<String> {
    spec.platform.clone().or_else(|| {
        let only = spec.build.platforms.first();
        only.filter(|_| spec.build.platforms.len() == 1).cloned()
    })
}

/// The query of the call.
fn parameters(
    spec: &BuildSpec,
    context: &Context,
    pull: bool,
    api: Api,
) -> Result<Vec<(&'static str, String)>, EngineError> {
    let build = &spec.build;
    let network = build.network.as_deref().filter(|name| !name.is_empty());
    // BuildKit knows no networks of users; the builder before it does.
    let classic = network.is_some_and(|name| !JSON_NETWORKS.contains(&name));
    let yes = || "1".to_owned();
    let mut all = vec![
        ("version", if classic { "1" } else { "2" }.to_owned()),
        ("t", spec.reference.clone()),
        ("rm", yes()),
        ("forcerm", yes()),
    ];
    all.extend(build.tags.iter().map(|tag| ("t", tag.clone())));
    all.extend(context.dockerfile_name().map(|name| ("dockerfile", name)));
    all.extend(context.remote().map(|url| ("remote", url)));
    if build.no_cache {
        all.push(("nocache", yes()));
    }
    if pull {
        all.push(("pull", yes()));
    }
    if let Some(target) = &build.target {
        all.push(("target", target.clone()));
    }
    if let Some(platform) = platform(spec) {
        all.push(("platform", platform));
    }
    if let Some(network) = network {
        all.push(("networkmode", network.to_owned()));
    }
    for host in &build.extra_hosts {
        all.push(("extrahosts", super::body::extra_host(host)));
    }
    let arguments: BTreeMap<&String, &String> = build
        .args
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)))
        .collect();
    if !arguments.is_empty() {
        all.push(("buildargs", json!(arguments).to_string()));
    }
    if !build.cache_from.is_empty() {
        all.push(("cachefrom", json!(build.cache_from).to_string()));
    }
    all.push(("labels", json!(labels(spec)).to_string()));
    let ulimits: Vec<Value> = shared::ulimits(&build.ulimits)
        .map_err(|what| unsupported(spec, &format!("ulimits.{what}")))?
        .into_iter()
        .map(|(name, soft, hard)| json!({"Name": name, "Soft": soft, "Hard": hard}))
        .collect();
    if !ulimits.is_empty() {
        all.push(("ulimits", json!(ulimits).to_string()));
    }
    if let Some(size) = &build.shm_size {
        let bytes = amounts::Amounts::named(&spec.service_name).bytes("build.shm_size", size)?;
        all.push(("shmsize", bytes.to_string()));
    }
    if !classic && api < Api(42) && (!ulimits.is_empty() || build.shm_size.is_some()) {
        tracing::warn!(
            service = spec.service_name,
            "build.ulimits and build.shm_size have no effect: BuildKit of this engine does not know them (API 1.42)"
        );
    }
    Ok(all)
}

/// What compose gives an image that it builds. Not its version: the same
/// sources are to make the same image whatever builds them.
fn labels(spec: &BuildSpec) -> BTreeMap<&str, &str> {
    let mut all: BTreeMap<&str, &str> = spec
        .build
        .labels
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    all.insert(super::super::labels::PROJECT, &spec.project);
    all.insert(super::super::labels::SERVICE, &spec.service_name);
    all
}

/// What the builder says, and the end of what its steps print.
struct Heard<'a> {
    progress: &'a ProgressSink,
    trace: Trace,
    output: tail::Tail,
}

impl<'a> Heard<'a> {
    fn new(progress: &'a ProgressSink) -> Self {
        Self {
            progress,
            trace: Trace::default(),
            output: tail::Tail::default(),
        }
    }

    fn line(&mut self, line: &Value) {
        let say = |text: String| {
            self.progress.say(Progress {
                text,
                percent: None,
                lasting: true,
            });
        };
        match (
            line.get("id").and_then(Value::as_str),
            line.get("aux"),
            line.get("stream").and_then(Value::as_str),
        ) {
            (Some("moby.buildkit.trace"), Some(Value::String(text)), _) => {
                let heard = self.trace.read(text);
                self.output.push(&heard.output);
                heard.steps.into_iter().for_each(say);
            }
            (_, _, Some(text)) if text.starts_with("Step ") => say(text.trim().to_owned()),
            (_, _, Some(text)) => self.output.push(text.as_bytes()),
            _ => {}
        }
    }

    /// The builder names the step that failed, and not what it printed.
    fn explain(&self, error: EngineError) -> EngineError {
        match error {
            EngineError::Other { operation, message } => {
                let output = self.output.text();
                let message = if output.trim().is_empty() {
                    message
                } else {
                    format!("{message}\n{}", output.trim())
                };
                EngineError::Other { operation, message }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_compose::Build;

    fn spec(build: Value) -> BuildSpec {
        BuildSpec {
            project: "shop".to_owned(),
            service_name: "api".to_owned(),
            reference: "shop-api".to_owned(),
            build: serde_json::from_value::<Build>(build).unwrap(),
            ..BuildSpec::default()
        }
    }

    fn query_of(build: Value, api: usize) -> Vec<(&'static str, String)> {
        let spec = spec(build);
        let context = Context::of(&spec).unwrap();
        parameters(&spec, &context, false, Api(api)).unwrap()
    }

    #[test]
    fn every_attribute_reaches_the_builder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
        let found = query_of(
            json!({
                "context": folder.path(), "args": {"A": "1", "B": null}, "target": "prod",
                "labels": {"team": "web"}, "network": "host", "extra_hosts": ["db=10.0.0.1"],
                "shm_size": "1024", "no_cache": true, "tags": ["api:dev"],
                "platforms": ["linux/arm64"], "ulimits": {"nofile": {"soft": 1, "hard": 2}},
                "cache_from": ["api:cache"],
            }),
            44,
        );
        for expected in [
            ("version", "2"),
            ("t", "shop-api"),
            ("t", "api:dev"),
            ("dockerfile", "Dockerfile"),
            ("nocache", "1"),
            ("target", "prod"),
            ("platform", "linux/arm64"),
            ("networkmode", "host"),
            ("extrahosts", "db:10.0.0.1"),
            ("buildargs", r#"{"A":"1"}"#),
            ("cachefrom", r#"["api:cache"]"#),
            (
                "labels",
                r#"{"com.docker.compose.project":"shop","com.docker.compose.service":"api","team":"web"}"#,
            ),
            ("ulimits", r#"[{"Name":"nofile","Soft":1,"Hard":2}]"#),
            ("shmsize", "1024"),
        ] {
            assert!(
                found
                    .iter()
                    .any(|(name, value)| (*name, value.as_str()) == expected),
                "{expected:?} is not in {found:?}"
            );
        }
    }

    #[test]
    fn a_network_of_users_takes_the_builder_that_knows_it() {
        let found = query_of(
            json!({"context": "https://x.example/a.git", "network": "back"}),
            41,
        );
        assert!(found.contains(&("version", "1".to_owned())));
        assert!(found.contains(&("remote", "https://x.example/a.git".to_owned())));
    }

    #[test]
    fn what_needs_a_session_is_refused_by_name() {
        for (build, named) in [
            (json!({"secrets": [{"source": "key"}]}), "build.secrets"),
            (json!({"ssh": ["default"]}), "build.ssh"),
            (
                json!({"additional_contexts": {"a": "/b"}}),
                "build.additional_contexts",
            ),
            (json!({"privileged": true}), "build.privileged"),
        ] {
            let error = refuse(&spec(build)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
