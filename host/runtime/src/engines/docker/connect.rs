//! Finding the engine: its address, whether it may be reached, and which
//! version of its API is spoken.

use super::{DockerEngine, EngineError};
use bollard::{API_DEFAULT_VERSION, Docker};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
const DEFAULT_PORT: u16 = 2375;
/// An engine that does not even take the call within this is not there.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Engine 20.10.
const OLDEST: Api = Api(41);

/// Minor number of an API version 1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Api(pub(super) usize);

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

impl Api {
    fn parse(text: &str) -> Option<Self> {
        text.trim().strip_prefix("1.")?.parse().ok().map(Self)
    }
}

/// Where the engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Unix(PathBuf),
    Tcp { host: String, port: u16 },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

impl Endpoint {
    /// Reads what `DOCKER_HOST` holds.
    fn parse(text: Option<&str>) -> Result<Self, EngineError> {
        let unsupported = || EngineError::Unsupported {
            engine: "docker".to_owned(),
            feature: format!(
                "the endpoint `{}` (write unix:///path or tcp://host:port)",
                text.unwrap_or_default()
            ),
        };
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::Unix(PathBuf::from(DEFAULT_SOCKET)));
        };
        match text.split_once("://") {
            Some(("unix", path)) if Path::new(path).is_absolute() => Ok(Self::Unix(path.into())),
            Some(("tcp" | "http", address)) => {
                let address = address.trim_end_matches('/');
                let (host, port) = match address.rsplit_once(':') {
                    Some((host, port)) if !port.contains(']') => {
                        (host, port.parse().map_err(|_| unsupported())?)
                    }
                    _ => (address, DEFAULT_PORT),
                };
                if host.is_empty() || host.contains('/') {
                    return Err(unsupported());
                }
                Ok(Self::Tcp {
                    host: host.to_owned(),
                    port,
                })
            }
            None if text.starts_with('/') => Ok(Self::Unix(text.into())),
            _ => Err(unsupported()),
        }
    }

    /// It runs on this machine, as far as the endpoint tells.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    /// Name or address at which published ports are reached.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Unix(_) => "127.0.0.1",
            Self::Tcp { host, .. } => host,
        }
    }

    fn client(&self, patience: Duration) -> Result<Docker, bollard::errors::Error> {
        let seconds = patience.as_secs().max(1);
        match self {
            Self::Unix(path) => {
                Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION)
            }
            Self::Tcp { host, port } => Docker::connect_with_http(
                &format!("tcp://{host}:{port}"),
                seconds,
                API_DEFAULT_VERSION,
            ),
        }
    }

    /// Calls once, for the operating system's own words where it cannot.
    async fn try_call(&self) -> Result<(), EngineError> {
        let call = async {
            match self {
                Self::Unix(path) => UnixStream::connect(path).await.map(drop),
                Self::Tcp { host, port } => {
                    TcpStream::connect((host.trim_matches(['[', ']']), *port))
                        .await
                        .map(drop)
                }
            }
        };
        match tokio::time::timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.unreachable(&error)),
            Err(_) => Err(EngineError::Unreachable {
                endpoint: self.to_string(),
                reason: format!("no answer within {CALL_TIMEOUT:?}"),
            }),
        }
    }

    /// What the operating system said, told apart.
    pub(super) fn unreachable(&self, error: &std::io::Error) -> EngineError {
        let endpoint = self.to_string();
        match error.kind() {
            std::io::ErrorKind::PermissionDenied => EngineError::PermissionDenied { endpoint },
            std::io::ErrorKind::NotFound => EngineError::Unreachable {
                endpoint,
                reason: "there is no such socket".to_owned(),
            },
            std::io::ErrorKind::ConnectionRefused => EngineError::Unreachable {
                endpoint,
                reason: "connection refused, nothing listens there".to_owned(),
            },
            _ => EngineError::Unreachable {
                endpoint,
                reason: error.to_string(),
            },
        }
    }
}

impl DockerEngine {
    /// Connects to what `DOCKER_HOST` names, or to the usual socket, and agrees
    /// on an API version. An engine that does not answer a call within `patience`
    /// counts as hung.
    ///
    /// # Errors
    /// No socket, refused and permission denied are told apart; an engine older
    /// than 20.10 is refused.
    pub async fn connect(endpoint: Option<&str>, patience: Duration) -> Result<Self, EngineError> {
        let endpoint = Endpoint::parse(endpoint)?;
        endpoint.try_call().await?;
        let fault =
            |error| super::fault::fault(&endpoint, "ask the engine's version", patience, error);
        let docker = endpoint.client(patience).map_err(fault)?;
        // `/version` without a version of its own: every engine answers it.
        let asking = docker.clone().with_request_modifier(|mut request| {
            *request.uri_mut() = with_version(request.uri(), None);
            request
        });
        let answer = asking.version().await.map_err(fault)?;
        let engine = answer.version.unwrap_or_else(|| "unknown".to_owned());
        let newest = answer.api_version.as_deref().and_then(Api::parse);
        let oldest = answer.min_api_version.as_deref().and_then(Api::parse);
        let api = agree(&engine, newest, oldest)?;
        let docker = docker.with_request_modifier(move |mut request| {
            *request.uri_mut() = with_version(request.uri(), Some(api));
            request
        });
        Ok(Self {
            docker,
            api,
            version: format!("docker {engine} (API {api})"),
            endpoint,
            patience,
            making_network: tokio::sync::Mutex::new(()),
            image_ids: Mutex::default(),
            credentials: super::Credentials::default(),
            habits: std::sync::OnceLock::new(),
            hooks: Mutex::default(),
        })
    }
}

/// The version to speak: the engine's newest, as far as bollard knows it.
fn agree(engine: &str, newest: Option<Api>, oldest: Option<Api>) -> Result<Api, EngineError> {
    let known = Api(API_DEFAULT_VERSION.minor_version);
    let newest = newest.unwrap_or(OLDEST);
    let refused = |feature: String| EngineError::Unsupported {
        engine: format!("docker {engine} (API {newest})"),
        feature,
    };
    if newest < OLDEST {
        return Err(refused(format!(
            "API {OLDEST} (Docker Engine 20.10 or newer)"
        )));
    }
    if oldest.is_some_and(|oldest| oldest > known) {
        return Err(refused(format!(
            "API {known}, the newest that sinops knows,"
        )));
    }
    Ok(newest.min(known))
}

/// Sets the version in the path of a request.
///
/// bollard 0.21 sends every request without one, whatever was negotiated: an
/// engine newer than bollard would then answer in shapes that it cannot read.
fn with_version(uri: &http::Uri, api: Option<Api>) -> http::Uri {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let bare = match path
        .strip_prefix("/v1.")
        .and_then(|rest| rest.find('/').map(|at| (rest, at)))
    {
        Some((rest, at)) => rest.get(at..).unwrap_or(path),
        None => path,
    };
    let path = api.map_or_else(|| bare.to_owned(), |api| format!("/v{api}{bare}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.parse().ok();
    http::Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let tcp = |host: &str, port| Endpoint::Tcp {
            host: host.to_owned(),
            port,
        };
        for (text, expected) in [
            (None, Endpoint::Unix(DEFAULT_SOCKET.into())),
            (Some(""), Endpoint::Unix(DEFAULT_SOCKET.into())),
            (Some("unix:///a/b"), Endpoint::Unix("/a/b".into())),
            (Some("tcp://10.0.0.1:99"), tcp("10.0.0.1", 99)),
            (Some("tcp://builder/"), tcp("builder", 2375)),
            (Some("tcp://[::1]:99"), tcp("[::1]", 99)),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap(), expected, "{text:?}");
        }
        for text in [
            "ssh://host",
            "npipe:////./pipe/x",
            "tcp://h:port",
            "unix://a",
        ] {
            let error = Endpoint::parse(Some(text)).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn the_api_version_lies_between_what_both_sides_know() {
        let agreed = |newest, oldest| agree("x", Some(Api(newest)), Some(Api(oldest)));
        assert_eq!(agreed(41, 12).unwrap(), Api(41));
        assert_eq!(agreed(52, 44).unwrap(), Api(52));
        let known = API_DEFAULT_VERSION.minor_version;
        assert_eq!(agreed(known + 9, 44).unwrap(), Api(known));
        assert!(agreed(40, 12).unwrap_err().to_string().contains("20.10"));
        assert!(agreed(known + 9, known + 1).is_err());
    }

    #[test]
    fn the_path_carries_the_version_once() {
        let path = |uri: &str, api| {
            with_version(&uri.parse().unwrap(), api)
                .path_and_query()
                .unwrap()
                .to_string()
        };
        for uri in [
            "unix://2f61/containers/json?all=1",
            "unix://2f61/v1.53/containers/json?all=1",
        ] {
            assert_eq!(path(uri, Some(Api(41))), "/v1.41/containers/json?all=1");
            assert_eq!(path(uri, None), "/containers/json?all=1");
        }
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_told_apart_from_one_that_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let address = format!("unix://{}", socket.display());
        let error = DockerEngine::connect(Some(&address), CALL_TIMEOUT)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("no such socket"), "{error}");

        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let error = DockerEngine::connect(Some(&address), CALL_TIMEOUT)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");

        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert!(matches!(
            Endpoint::Unix(socket).unreachable(&denied),
            EngineError::PermissionDenied { .. }
        ));
    }
}
