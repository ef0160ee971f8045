//! A host with the rogue plugins, and what the tests ask of it.

use async_trait::async_trait;
use serde_json::{Value, json};
use sinops_core::action::Planning;
use sinops_core::grants::Grants;
use sinops_core::limits::Limits;
use sinops_core::notification::{Delivery, Notification, Severity, Status};
use sinops_core::observed::Observed;
use sinops_core::stack::Stack;
use sinops_runtime::plugins::{
    HostOptions, MailRelay, NetworkOptions, Plugin, PluginError, PluginHost, PluginSpec, Resolver,
    SecretStore, Source,
};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Names that the tests use, and where they lead.
#[derive(Debug)]
struct Names(HashMap<&'static str, Vec<IpAddr>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        self.0
            .get(name)
            .cloned()
            .ok_or_else(|| std::io::Error::other("no such name"))
    }
}

/// One host for all tests, so that each of them sees what others do to it.
pub fn host() -> &'static PluginHost {
    static HOST: OnceLock<PluginHost> = OnceLock::new();
    HOST.get_or_init(|| {
        let address = |text: &str| text.parse().unwrap();
        let names = Names(HashMap::from([
            ("here.test", vec![address("127.0.0.1")]),
            ("metadata.test", vec![address("169.254.169.254")]),
            ("mapped.test", vec![address("::ffff:169.254.169.254")]),
            (
                "mixed.test",
                vec![address("93.184.216.34"), address("127.0.0.1")],
            ),
            ("private.test", vec![address("10.0.0.1")]),
        ]));
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let options = HostOptions {
            cache_dir: Some(cache),
            builtins: Vec::new(),
        };
        let network = NetworkOptions {
            resolver: Arc::new(names),
            extra_roots: None,
        };
        PluginHost::with_network(options, network).unwrap()
    })
}

/// A guest that `cargo xtask plugins` built.
pub fn built(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    let path = target.join(format!("plugins/hostile/{name}.wasm"));
    assert!(
        path.is_file(),
        "{} is missing: run `cargo xtask plugins` first",
        path.display()
    );
    path
}

/// A guest that the build script assembled, see `crafted.rs`.
pub fn crafted(name: &str) -> PathBuf {
    Path::new(env!("OUT_DIR")).join(format!("{name}.wasm"))
}

/// A plugin to be loaded, and what it is given.
pub struct Rogue {
    pub spec: PluginSpec,
}

impl Rogue {
    pub fn at(name: &str, path: PathBuf) -> Self {
        Self {
            spec: PluginSpec {
                name: name.to_owned(),
                source: Source::File(path),
                grants: Grants::default(),
                limits: Limits::default(),
                secrets: Arc::default(),
                mail: None,
            },
        }
    }

    pub fn notifier() -> Self {
        Self::at("rogue", built("rogue-notifier"))
    }

    pub fn step() -> Self {
        Self::at("rogue", built("rogue-step"))
    }

    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.spec.limits);
        self
    }

    pub fn grants(mut self, change: impl FnOnce(&mut Grants)) -> Self {
        change(&mut self.spec.grants);
        self
    }

    /// Grants an origin as it is.
    pub fn http(self, origin: &str) -> Self {
        self.grants(|grants| grants.http.push(origin.to_owned()))
    }

    pub fn secrets(mut self, secrets: SecretStore) -> Self {
        self.spec.secrets = Arc::new(secrets);
        self
    }

    pub fn relay(mut self, relay: MailRelay) -> Self {
        self.spec.mail = Some(Arc::new(relay));
        self
    }

    pub async fn load(self) -> Result<Plugin, PluginError> {
        host().load(self.spec).await
    }

    /// Loads the notifier and has it do something; what it says it got.
    pub async fn does(self, settings: Value) -> Result<String, PluginError> {
        let plugin = self.load().await?;
        match plugin.notify(&notification(), &settings).await? {
            Delivery::Sent(text) => Ok(text),
            Delivery::Permanent(reason) => Ok(format!("refused: {reason}")),
            Delivery::Retry { reason, .. } => Ok(format!("retry: {reason}")),
        }
    }
}

pub fn notification() -> Notification {
    Notification {
        id: "1".into(),
        status: Status::Failed,
        severity: Severity::Critical,
        title: "title".into(),
        body: "body".into(),
        fields: vec![],
        project: "project".into(),
        time: 0,
    }
}

pub fn planning() -> Planning {
    Planning {
        stack: Stack::default(),
        observed: Observed::default(),
        proposed: vec![],
        goal: sinops_core::action::Goal::Up,
        only: vec![],
    }
}

/// The same host still serves a plugin that behaves.
pub async fn assert_unharmed() {
    let text = Rogue::notifier()
        .does(json!({"do": "behave"}))
        .await
        .unwrap();
    assert_eq!(text, "done");
}

/// The error names plugin, operation, and the key of the limit with its value.
#[track_caller]
pub fn assert_names(error: &PluginError, parts: &[&str]) {
    let text = error.to_string();
    for part in ["rogue"].iter().chain(parts) {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}
