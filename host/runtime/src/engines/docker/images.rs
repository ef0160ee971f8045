//! Images: fetched with the credentials of the Docker config, and looked at.

use super::super::{Progress, ProgressSink, PullSpec};
use super::converse::{Call, empty, query};
use super::credentials::Auth;
use super::{DockerEngine, Effect, EngineError};
use http::{HeaderName, Method};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// A pull says something each second while it works.
const SILENCE: Duration = Duration::from_secs(300);
/// A registry that does not tell within this is not asked any longer.
const MANIFEST: Duration = Duration::from_secs(20);
/// Header of the one who asks.
pub(super) const AUTH: HeaderName = HeaderName::from_static("x-registry-auth");

impl DockerEngine {
    pub(super) async fn pull(&self, spec: &PullSpec) -> Result<Effect, EngineError> {
        let reference = spec.reference.as_str();
        let before = match self.docker.inspect_image(reference).await {
            Ok(found) => found.id,
            Err(_) => None,
        };
        let (auth, trouble) = match self.credentials.of_image(reference).await {
            Ok(auth) => (auth, None),
            // Many images need no name: only a refusal makes it matter.
            Err(trouble) => (None, Some(trouble)),
        };
        if let Some(trouble) = &trouble {
            tracing::warn!("{trouble}; {reference} is pulled without a name");
        }
        self.fetch(spec, auth.as_ref())
            .await
            .map_err(|error| not_pulled(reference, auth.as_ref(), trouble.as_deref(), error))?;
        let found = self
            .docker
            .inspect_image(reference)
            .await
            .map_err(|error| self.fault(&format!("pull image {reference}"), error))?;
        self.remember(reference, found.id.as_deref());
        Ok(Effect {
            changed: found.id != before,
            id: found.id,
        })
    }

    /// Asks the registry for the manifest, by the engine and with the same credentials as
    /// a pull.
    pub(super) async fn manifest(&self, reference: &str) -> Result<(), EngineError> {
        let (auth, trouble) = match self.credentials.of_image(reference).await {
            Ok(auth) => (auth, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let call = Call {
            method: Method::GET,
            operation: format!("ask the registry for {reference}"),
            path: format!("/distribution/{reference}/json"),
            headers: auth.iter().map(|auth| (AUTH, auth.header())).collect(),
            body: empty(),
            silence: MANIFEST,
        };
        self.converse(call, &mut |_| ())
            .await
            .map_err(|error| not_pulled(reference, auth.as_ref(), trouble.as_deref(), error))
    }

    async fn fetch(&self, spec: &PullSpec, auth: Option<&Auth>) -> Result<(), EngineError> {
        let reference = &spec.reference;
        let mut parameters = vec![("fromImage", reference.clone())];
        // Without a tag the engine would fetch them all.
        let tail = reference.rsplit('/').next().unwrap_or(reference);
        if !tail.contains([':', '@']) {
            parameters.push(("tag", "latest".to_owned()));
        }
        if let Some(platform) = &spec.platform {
            parameters.push(("platform", platform.clone()));
        }
        let mut layers = Layers::default();
        let call = Call {
            method: Method::POST,
            operation: format!("pull image {reference}"),
            path: format!("/images/create{}", query(&parameters)),
            headers: auth.map(|auth| (AUTH, auth.header())).into_iter().collect(),
            body: empty(),
            silence: SILENCE,
        };
        self.converse(call, &mut |line| layers.see(&line, &spec.progress))
            .await
    }

    /// Id of an image that is here.
    pub(super) async fn image_id(&self, reference: &str) -> Result<String, EngineError> {
        let known = self
            .image_ids
            .lock()
            .ok()
            .and_then(|ids| ids.get(reference).cloned());
        if let Some(id) = known {
            return Ok(id);
        }
        let found = self
            .docker
            .inspect_image(reference)
            .await
            .map_err(|error| self.fault(&format!("look at image {reference}"), error))?;
        self.remember(reference, found.id.as_deref());
        Ok(found.id.unwrap_or_default())
    }

    /// What this run got or made is known without a further look.
    pub(super) fn remember(&self, reference: &str, id: Option<&str>) {
        if let (Ok(mut ids), Some(id)) = (self.image_ids.lock(), id) {
            ids.insert(reference.to_owned(), id.to_owned());
        }
    }
}

/// How far the layers of an image are.
#[derive(Debug, Default)]
struct Layers {
    /// Bytes here, and bytes in all where they are known.
    bytes: BTreeMap<String, (u64, u64)>,
    done: usize,
    said: Progress,
}

impl Layers {
    fn see(&mut self, line: &Value, progress: &ProgressSink) {
        let (Some(id), Some(status)) = (
            line.get("id").and_then(Value::as_str),
            line.get("status").and_then(Value::as_str),
        ) else {
            return;
        };
        let number = |path: &str| line.pointer(path).and_then(Value::as_u64);
        match status {
            "Pulling fs layer" | "Waiting" => {
                self.bytes.entry(id.to_owned()).or_default();
            }
            "Downloading" => {
                let entry = self.bytes.entry(id.to_owned()).or_default();
                entry.0 = number("/progressDetail/current").unwrap_or(entry.0);
                entry.1 = number("/progressDetail/total").unwrap_or(entry.1);
            }
            "Download complete" => {
                let entry = self.bytes.entry(id.to_owned()).or_default();
                entry.0 = entry.1;
            }
            "Pull complete" | "Already exists" => {
                self.bytes.entry(id.to_owned()).or_default();
                self.done += 1;
            }
            _ => return,
        }
        let (here, all) = self
            .bytes
            .values()
            .fold((0_u64, 0_u64), |(here, all), (some, of)| {
                (here.saturating_add(*some), all.saturating_add(*of))
            });
        let now = Progress {
            text: format!(
                "{} of {} layers, {} of {} MB",
                self.done,
                self.bytes.len(),
                here / 1_000_000,
                all / 1_000_000
            ),
            percent: (all > 0)
                .then(|| here.saturating_mul(100) / all)
                .and_then(|percent| u8::try_from(percent.min(100)).ok()),
            lasting: false,
        };
        if now != self.said {
            progress.say(now.clone());
            self.said = now;
        }
    }
}

/// A registry's refusal names neither the image nor what to do.
fn not_pulled(
    reference: &str,
    auth: Option<&Auth>,
    trouble: Option<&str>,
    error: EngineError,
) -> EngineError {
    let words = match &error {
        EngineError::NotFound { what } => what.clone(),
        EngineError::Other { message, .. } => message.clone(),
        EngineError::Unreachable { .. }
        | EngineError::PermissionDenied { .. }
        | EngineError::Conflict { .. }
        | EngineError::Timeout { .. }
        | EngineError::Unsupported { .. } => return error,
    };
    let lower = words.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let who = match (auth, trouble) {
        (_, Some(trouble)) => format!("asked without a name, because {trouble}"),
        (Some(auth), None) if auth.username.is_empty() => {
            format!(
                "asked with the token of the Docker config for {}",
                auth.server
            )
        }
        (Some(auth), None) => format!("asked as {} of the Docker config", auth.username),
        (None, None) => {
            "asked without a name: the Docker config has none; `docker login` makes one".to_owned()
        }
    };
    let denied = [
        "denied",
        "unauthorized",
        "authentication required",
        "no basic auth credentials",
        "repository does not exist",
    ];
    let absent = [
        "manifest unknown",
        "manifest for",
        "name unknown",
        "not found",
    ];
    if says(&denied) {
        return EngineError::NotFound {
            what: format!("image {reference} (the registry says: {words}; {who})"),
        };
    }
    if matches!(error, EngineError::NotFound { .. }) || says(&absent) {
        return EngineError::NotFound {
            what: format!("image {reference} (the registry says: {words})"),
        };
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_refused_pull_names_the_image_and_who_asked() {
        let denied = || EngineError::NotFound {
            what: "pull access denied for shop/api, repository does not exist".to_owned(),
        };
        let text = not_pulled("shop/api:1", None, None, denied()).to_string();
        assert!(
            text.starts_with("image shop/api:1 (the registry says: pull access denied"),
            "{text}"
        );
        assert!(text.contains("docker login"), "{text}");
        let auth = Auth {
            username: "me".to_owned(),
            ..Auth::default()
        };
        let text = not_pulled("shop/api:1", Some(&auth), None, denied()).to_string();
        assert!(text.contains("asked as me"), "{text}");
        let text = not_pulled("shop/api:1", None, Some("the helper hangs"), denied()).to_string();
        assert!(text.contains("because the helper hangs"), "{text}");
        let offline = not_pulled(
            "shop/api:1",
            None,
            None,
            EngineError::Other {
                operation: "pull image shop/api:1".to_owned(),
                message: "dial tcp: no such host".to_owned(),
            },
        );
        assert!(matches!(offline, EngineError::Other { .. }));
    }

    #[test]
    fn layers_add_up() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let sink = ProgressSink::new(move |progress| ear.lock().unwrap().push(progress));
        let mut layers = Layers::default();
        for line in [
            r#"{"status":"Pulling from library/a","id":"1"}"#,
            r#"{"status":"Pulling fs layer","id":"a","progressDetail":{}}"#,
            r#"{"status":"Already exists","id":"b","progressDetail":{}}"#,
            r#"{"status":"Downloading","id":"a","progressDetail":{"current":1000000,"total":4000000}}"#,
            r#"{"status":"Pull complete","id":"a","progressDetail":{}}"#,
        ] {
            layers.see(&serde_json::from_str(line).unwrap(), &sink);
        }
        let heard = heard.lock().unwrap();
        assert_eq!(heard[2].text, "1 of 2 layers, 1 of 4 MB");
        assert_eq!(heard[2].percent, Some(25));
        assert_eq!(heard.last().unwrap().text, "2 of 2 layers, 1 of 4 MB");
    }
}
