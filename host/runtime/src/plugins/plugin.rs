//! A loaded plugin and its calls.

use super::call::{Call, Phase};
use super::containers::ContainerAccess;
use super::engine::Running;
use super::error::PluginError;
use super::guest::{self, Guest};
use super::host::{PluginSpec, Shared};
use super::mail::MailRelay;
use super::roles::Exports;
use super::secrets::SecretStore;
use super::settings::{Schema, SettingsProblem};
use futures::future::BoxFuture;
use serde_json::Value;
use sinops_core::grants::{Capability, Effective, Grants};
use sinops_core::limits::Limits;
use sinops_core::plugin::{Description, Role};
use std::sync::Arc;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store};

/// What is known of a component before it has run.
pub(crate) struct Loaded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) engine: Engine,
    pub(crate) pre: InstancePre<Guest>,
    pub(crate) exports: Exports,
    pub(crate) role: Role,
    pub(crate) digest: String,
}

/// A plugin that can be called. Every call has an instance of its own.
pub struct Plugin {
    loaded: Loaded,
    name: Arc<str>,
    description: Description,
    schema: Schema,
    grants: Arc<Effective>,
    asks: Arc<[Capability]>,
    limits: Limits,
    secrets: Arc<SecretStore>,
    mail: Option<Arc<MailRelay>>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("description", &self.description)
            .field("digest", &self.loaded.digest)
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// Asks a component what it is and settles what it is granted.
    pub(crate) async fn describe(loaded: Loaded, spec: PluginSpec) -> Result<Self, PluginError> {
        let call = Arc::new(spec.bare_call());
        let exports = loaded.exports.clone();
        let description = run(&loaded, Arc::clone(&call), None, None, |store, instance| {
            Box::pin(async move { exports.describe(store, &instance).await })
        })
        .await?;
        let description = super::roles::types::description(&call, loaded.role, description)?;
        let schema =
            Schema::new(&description.settings_schema).map_err(|reason| PluginError::Answer {
                plugin: spec.name.clone(),
                operation: "describe",
                reason,
            })?;
        let grants = spec
            .grants
            .effective(&description.asks)
            .map_err(|error| PluginError::grant(&spec.name, &error))?;
        Ok(Self {
            loaded,
            name: spec.name.into(),
            asks: description
                .asks
                .iter()
                .map(|ask| ask.capability.clone())
                .collect(),
            description,
            schema,
            grants: Arc::new(grants),
            limits: spec.limits,
            secrets: spec.secrets,
            mail: spec.mail,
        })
    }

    /// Asks it again what it is: a call that every role answers, on a fresh
    /// instance and without any grant.
    ///
    /// # Errors
    /// If it misbehaves.
    pub async fn ask(&self) -> Result<Description, PluginError> {
        let call = Arc::new(Call::new(
            Arc::clone(&self.name),
            "describe",
            Phase::Pure,
            Arc::default(),
            Arc::from([]),
            self.limits,
            Arc::clone(&self.secrets),
        ));
        let exports = self.loaded.exports.clone();
        let description = self
            .run(Arc::clone(&call), None, |store, instance| {
                Box::pin(async move { exports.describe(store, &instance).await })
            })
            .await?;
        super::roles::types::description(&call, self.loaded.role, description)
    }

    /// Instance name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Its role, by what it exports.
    #[must_use]
    pub fn role(&self) -> Role {
        self.loaded.role
    }

    /// Hexadecimal SHA-256 of the component.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.loaded.digest
    }

    /// What was granted and asked for: all that has an effect.
    #[must_use]
    pub fn granted(&self) -> Grants {
        self.grants.to_grants()
    }

    /// Checks settings against the plugin's schema.
    ///
    /// # Errors
    /// With every problem and its place.
    pub fn validate_settings(&self, settings: &Value) -> Result<(), Vec<SettingsProblem>> {
        self.schema.validate(settings)
    }

    pub(crate) fn call(
        &self,
        role: Role,
        operation: &'static str,
        phase: Phase,
    ) -> Result<Arc<Call>, PluginError> {
        if self.loaded.role != role {
            return Err(PluginError::WrongRole {
                plugin: self.name.to_string(),
                role: self.loaded.role,
                wanted: role,
            });
        }
        Ok(Arc::new(Call::new(
            Arc::clone(&self.name),
            operation,
            phase,
            Arc::clone(&self.grants),
            Arc::clone(&self.asks),
            self.limits,
            Arc::clone(&self.secrets),
        )))
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.loaded.exports
    }

    pub(crate) async fn run<R>(
        &self,
        call: Arc<Call>,
        containers: Option<Arc<dyn ContainerAccess>>,
        body: impl for<'a> FnOnce(&'a mut Store<Guest>, Instance) -> BoxFuture<'a, wasmtime::Result<R>>,
    ) -> Result<R, PluginError> {
        run(&self.loaded, call, self.mail.clone(), containers, body).await
    }
}

/// Runs one call on a fresh instance, within all of its limits.
async fn run<R>(
    loaded: &Loaded,
    call: Arc<Call>,
    mail: Option<Arc<MailRelay>>,
    containers: Option<Arc<dyn ContainerAccess>>,
    body: impl for<'a> FnOnce(&'a mut Store<Guest>, Instance) -> BoxFuture<'a, wasmtime::Result<R>>,
) -> Result<R, PluginError> {
    let _running: Running = loaded.shared.ticker.run();
    let network = Arc::clone(&loaded.shared.network);
    let mut store = guest::store(&loaded.engine, Arc::clone(&call), network, mail, containers)
        .map_err(|error| PluginError::grant_failed(&call, &error))?;
    // An epoch does not pass while the guest waits in the host: the clock on
    // the wall covers that as well.
    let result = tokio::time::timeout(call.limits.wall, async {
        let instance = loaded.pre.instantiate_async(&mut store).await?;
        body(&mut store, instance).await
    })
    .await;
    // Whatever the guest holds open ends here.
    drop(store);
    let dropped = call.log.dropped();
    if dropped > 0 {
        tracing::warn!(
            target: "sinops::plugin",
            plugin = &*call.plugin,
            "{dropped} bytes of log dropped; the limit is {} (`log` under `limits:` of this plugin in sinops.yaml)",
            call.limits.log
        );
    }
    match result {
        Err(_) => Err(PluginError::wall(&call)),
        Ok(Err(error)) => Err(PluginError::from_wasmtime(&call, &error)),
        Ok(Ok(value)) => match call.breach() {
            Some(breach) => Err(PluginError::breach(&call, &breach)),
            None => Ok(value),
        },
    }
}
