//! What registries are told about who asks: read from the Docker config, as
//! `docker login` leaves it (`auths`, `credsStore`, `credHelpers`).
//!
//! Read anew for each use: a login between two runs counts, and no secret is
//! kept longer than its call. A crate for this exists (`docker_credential`), but
//! it waits without end for a helper program and blocks while it does.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A helper may ask a keychain, which may ask a person; a deploy cannot wait for that.
const HELPER: Duration = Duration::from_secs(30);
/// The key of Docker Hub, which is historical.
const HUB: &str = "https://index.docker.io/v1/";

/// Where the Docker config lies.
#[derive(Debug, Clone, Default)]
pub(super) struct Credentials {
    /// `config.json`; none: registries are asked without a name.
    pub(super) file: Option<PathBuf>,
}

/// Who asks.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Auth {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) identity_token: String,
    pub(super) server: String,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({} at {})", self.username, self.server)
    }
}

impl Auth {
    /// The header `X-Registry-Auth`.
    pub(super) fn header(&self) -> String {
        let document = if self.identity_token.is_empty() {
            json!({
                "username": self.username, "password": self.password,
                "serveraddress": self.server,
            })
        } else {
            json!({ "identitytoken": self.identity_token, "serveraddress": self.server })
        };
        URL_SAFE.encode(document.to_string())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Entry>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

/// What a helper program prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

impl Credentials {
    /// Who asks at the registry of an image; none where nobody has logged in.
    ///
    /// # Errors
    /// In words: a config that cannot be read, a helper that fails.
    pub(super) async fn of_image(&self, reference: &str) -> Result<Option<Auth>, String> {
        self.of(server(reference)).await
    }

    async fn of(&self, server: &str) -> Result<Option<Auth>, String> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let text = match tokio::fs::read(file).await {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{} cannot be read: {error}", file.display())),
        };
        let config: Config = serde_json::from_slice(&text)
            .map_err(|error| format!("{} is not a Docker config: {error}", file.display()))?;
        if let Some(helper) = config.cred_helpers.get(server).filter(|it| !it.is_empty()) {
            return ask(helper, server).await;
        }
        if !config.creds_store.is_empty()
            && let Some(found) = ask(&config.creds_store, server).await?
        {
            return Ok(Some(found));
        }
        let entry = config.auths.get(server).or_else(|| {
            let mut others = config.auths.iter();
            others
                .find(|(key, _)| host(key) == host(server))
                .map(|(_, entry)| entry)
        });
        match entry {
            None => Ok(None),
            Some(entry) => entry
                .read(server)
                .map_err(|why| format!("{}: auths.{server}.auth {why}", file.display())),
        }
    }
}

impl Entry {
    fn read(&self, server: &str) -> Result<Option<Auth>, &'static str> {
        let mut found = Auth {
            username: self.username.clone(),
            password: self.password.clone(),
            identity_token: self.identitytoken.clone(),
            server: server.to_owned(),
        };
        if !self.auth.is_empty() {
            let bytes = STANDARD
                .decode(&self.auth)
                .or_else(|_| STANDARD_NO_PAD.decode(&self.auth))
                .map_err(|_| "is not base64")?;
            let text = String::from_utf8(bytes).map_err(|_| "is not text")?;
            let (name, password) = text.split_once(':').ok_or("is not `name:password`")?;
            found.username = name.to_owned();
            found.password = password.trim_end_matches('\0').to_owned();
        }
        let nothing = found.username.is_empty() && found.identity_token.is_empty();
        Ok((!nothing).then_some(found))
    }
}

/// The key under which the registry of an image is kept.
fn server(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "docker.io" | "index.docker.io" => HUB,
            registry => registry,
        },
        _ => HUB,
    }
}

/// `https://registry.example/v1/` is `registry.example`.
fn host(key: &str) -> &str {
    let bare = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    bare.split('/').next().unwrap_or(bare)
}

async fn ask(helper: &str, server: &str) -> Result<Option<Auth>, String> {
    let program = format!("docker-credential-{helper}");
    let failed = |why: String| {
        format!(
            "the credential helper `{program}`, which the Docker config names for {server}, {why}"
        )
    };
    if helper.contains('/') {
        return Err(failed("is not the name of a program on PATH".to_owned()));
    }
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    let talk = async {
        if let Some(mut input) = child.stdin.take() {
            // One that has answered already need not read.
            drop(input.write_all(server.as_bytes()).await);
        }
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(HELPER, talk)
        .await
        .map_err(|_| failed(format!("did not answer within {HELPER:?}")))?
        .map_err(|error| failed(error.to_string()))?;
    let words = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        if words.contains("credentials not found") {
            return Ok(None);
        }
        return Err(failed(format!("says: {}", words.trim())));
    }
    // The answer itself never goes into an error.
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed("did not answer with Username and Secret".to_owned()))?;
    let server = server.to_owned();
    Ok(Some(if answer.username == "<token>" {
        Auth {
            identity_token: answer.secret,
            server,
            ..Auth::default()
        }
    } else {
        Auth {
            username: answer.username,
            password: answer.secret,
            server,
            ..Auth::default()
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(config: &str) -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, config).unwrap();
        (folder, Credentials { file: Some(file) })
    }

    #[test]
    fn registries_are_told_from_references() {
        for (reference, expected) in [
            ("redis", HUB),
            ("redis:7", HUB),
            ("shop/api", HUB),
            ("docker.io/shop/api", HUB),
            ("localhost/api", "localhost"),
            ("localhost:5000/api:1", "localhost:5000"),
            ("ghcr.io/a/b@sha256:0", "ghcr.io"),
        ] {
            assert_eq!(server(reference), expected, "{reference}");
        }
    }

    #[tokio::test]
    async fn a_login_in_the_file_is_found_by_its_registry() {
        let (_folder, credentials) = with(
            r#"{"auths": {
                "https://reg.example/v1/": {"auth": "bWU6cDpzcw=="},
                "token.example": {"identitytoken": "t"},
                "empty.example": {},
                "broken.example": {"auth": "%"}
            }, "HttpHeaders": {"a": "b"}}"#,
        );
        let found = credentials
            .of_image("reg.example/a:1")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.username.as_str(), found.password.as_str()),
            ("me", "p:ss")
        );
        assert!(!format!("{found:?}").contains("p:ss"));
        let found = credentials
            .of_image("token.example/a")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.identity_token, "t");
        for nothing in ["redis", "empty.example/a", "other.example/a"] {
            assert_eq!(
                credentials.of_image(nothing).await.unwrap(),
                None,
                "{nothing}"
            );
        }
        let error = credentials.of_image("broken.example/a").await.unwrap_err();
        assert!(
            error.contains("config.json") && error.contains("base64"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_config_that_is_not_there_is_no_error_and_one_that_is_broken_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("config.json"));
        assert_eq!(Credentials { file }.of_image("redis").await.unwrap(), None);
        let (_folder, credentials) = with("{");
        assert!(credentials.of_image("redis").await.is_err());
    }

    #[tokio::test]
    async fn a_helper_that_is_missing_is_named() {
        let (_folder, credentials) = with(r#"{"credsStore": "sinops-no-such-helper"}"#);
        let error = credentials.of_image("redis").await.unwrap_err();
        assert!(
            error.contains("docker-credential-sinops-no-such-helper"),
            "{error}"
        );
    }
}
