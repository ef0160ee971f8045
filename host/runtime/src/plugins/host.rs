//! Loads plugins: source, compiling, linking, description, grants.

use super::bindings;
use super::call::{Call, Phase};
use super::compiled::{self, Cache};
use super::engine::{self, Ticker};
use super::error::PluginError;
use super::guest::Guest;
use super::mail::MailRelay;
use super::network::{Network, NetworkOptions};
use super::package;
use super::plugin::{Loaded, Plugin};
use super::secrets::SecretStore;
use sinops_core::grants::{Effective, Grants};
use sinops_core::limits::Limits;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker};

/// A plugin that is part of the program.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// `notifier-slack`.
    pub name: &'static str,
    /// The component.
    pub wasm: &'static [u8],
    /// What [`PluginHost::precompile`] made of it.
    pub precompiled: Option<&'static [u8]>,
}

/// What a host needs.
#[derive(Debug, Default)]
pub struct HostOptions {
    /// Where compiled plugins are kept; none: the disk is never written to.
    pub cache_dir: Option<PathBuf>,
    /// Plugins that are part of the program.
    pub builtins: Vec<Builtin>,
}

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// By name.
    Builtin(String),
    /// A component's file.
    File(PathBuf),
}

/// A plugin to be loaded.
#[derive(Debug, Clone)]
pub struct PluginSpec {
    /// Instance name, for messages.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// What the operator grants.
    pub grants: Grants,
    /// How much it may use per call.
    pub limits: Limits,
    /// Secrets of this run; only those granted are usable.
    pub secrets: Arc<SecretStore>,
    /// The operator's relay.
    pub mail: Option<Arc<MailRelay>>,
}

/// Loads and runs plugins.
#[derive(Debug, Clone)]
pub struct PluginHost {
    shared: Arc<Shared>,
    cache: Option<Cache>,
    builtins: Vec<Builtin>,
}

/// What plugins keep of their host.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) network: Arc<Network>,
    /// One per size of stack; all run the same compiled code.
    engines: Mutex<HashMap<usize, Arc<Linked>>>,
}

/// An engine and what its guests can import.
pub(crate) struct Linked {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
}

impl std::fmt::Debug for Linked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Linked")
    }
}

impl PluginHost {
    /// Starts a host with the system's resolver.
    ///
    /// # Errors
    /// If this machine cannot run WebAssembly.
    pub fn new(options: HostOptions) -> Result<Self, PluginError> {
        Self::with_network(options, NetworkOptions::default())
    }

    /// Starts a host.
    ///
    /// # Errors
    /// If this machine cannot run WebAssembly, or the extra certificate
    /// authorities cannot be read.
    pub fn with_network(
        options: HostOptions,
        network: NetworkOptions,
    ) -> Result<Self, PluginError> {
        Ok(Self {
            shared: Arc::new(Shared {
                ticker: Ticker::start()?,
                network: Arc::new(Network::new(network)?),
                engines: Mutex::default(),
            }),
            cache: options.cache_dir.as_deref().and_then(Cache::open),
            builtins: options.builtins,
        })
    }

    /// Names of the plugins that are part of the program.
    pub fn builtins(&self) -> impl Iterator<Item = &'static str> {
        self.builtins.iter().map(|builtin| builtin.name)
    }

    /// Compiles a component for every machine of this kind.
    ///
    /// # Errors
    /// If it is no component.
    pub fn precompile(&self, wasm: &[u8]) -> Result<Vec<u8>, PluginError> {
        package::check_magic("precompile", "the input", wasm)?;
        let linked = self.shared.linked(&Limits::default())?;
        linked
            .engine
            .precompile_component(wasm)
            .map_err(|error| package::damaged("precompile", "the input", &error))
    }

    /// Loads a plugin and asks it what it is.
    ///
    /// # Errors
    /// If it is no plugin, cannot be linked, misbehaves in `describe`, or its
    /// grants are not understood.
    pub async fn load(&self, spec: PluginSpec) -> Result<Plugin, PluginError> {
        // On a task of its own: what is loaded side by side shares the processors.
        let host = self.clone();
        let loading = tokio::spawn(async move { host.load_here(spec).await });
        loading.await.map_err(PluginError::host)?
    }

    async fn load_here(&self, spec: PluginSpec) -> Result<Plugin, PluginError> {
        let linked = self.shared.linked(&spec.limits)?;
        let (file, component, digest) = self.component(&spec, &linked.engine).await?;
        let role = package::role(&spec.name, &file, &linked.engine, &component)?;
        let pre = linked.linker.instantiate_pre(&component).map_err(|error| {
            package::unlinked(&spec.name, &file, &linked.engine, &component, &error)
        })?;
        let exports =
            super::roles::Exports::find(role, &pre).map_err(|error| PluginError::Link {
                plugin: spec.name.clone(),
                file: file.clone(),
                reason: format!("its {role} interface does not fit: {error:#}"),
            })?;
        let loaded = Loaded {
            shared: Arc::clone(&self.shared),
            engine: linked.engine.clone(),
            pre,
            exports,
            role,
            digest,
        };
        Plugin::describe(loaded, spec).await
    }

    async fn component(
        &self,
        spec: &PluginSpec,
        engine: &Engine,
    ) -> Result<(String, Component, String), PluginError> {
        match &spec.source {
            Source::Builtin(name) => {
                let builtin = self
                    .builtins
                    .iter()
                    .find(|builtin| builtin.name == name)
                    .ok_or_else(|| {
                        let known: Vec<&str> = self.builtins().collect();
                        PluginError::Unreadable {
                            plugin: spec.name.clone(),
                            file: format!("the built-in `{name}`"),
                            reason: format!(
                                "there is none of this name; known are {}",
                                known.join(", ")
                            ),
                        }
                    })?;
                let file = format!("the built-in `{name}`");
                let digest = compiled::digest(builtin.wasm);
                let ready = builtin
                    .precompiled
                    .and_then(|precompiled| compiled::deserialize(engine, precompiled));
                let component = match ready {
                    Some(component) => component,
                    None => {
                        self.compile(spec, &file, engine, builtin.wasm.to_vec(), &digest)
                            .await?
                    }
                };
                Ok((file, component, digest))
            }
            Source::File(path) => {
                let file = path.display().to_string();
                let (name, limit, path) = (spec.name.clone(), spec.limits.component, path.clone());
                let bytes = blocking(move || package::read(&name, &path, limit)).await??;
                package::check_magic(&spec.name, &file, &bytes)?;
                let digest = compiled::digest(&bytes);
                let component = self.compile(spec, &file, engine, bytes, &digest).await?;
                Ok((file, component, digest))
            }
        }
    }

    async fn compile(
        &self,
        spec: &PluginSpec,
        file: &str,
        engine: &Engine,
        bytes: Vec<u8>,
        digest: &str,
    ) -> Result<Component, PluginError> {
        if let Some(component) = self
            .cache
            .as_ref()
            .and_then(|cache| cache.load(engine, digest))
        {
            return Ok(component);
        }
        let compiler = engine.clone();
        let component = blocking(move || Component::new(&compiler, &bytes))
            .await?
            .map_err(|error| package::damaged(&spec.name, file, &error))?;
        if let Some(cache) = &self.cache
            && let Ok(compiled) = component.serialize()
        {
            cache.keep(engine, digest, &compiled);
        }
        Ok(component)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PluginError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(PluginError::host)
}

impl Shared {
    fn linked(&self, limits: &Limits) -> Result<Arc<Linked>, PluginError> {
        let stack = usize::try_from(limits.stack).unwrap_or(usize::MAX);
        if !(16 << 10..=64 << 20).contains(&stack) {
            return Err(PluginError::host(format!(
                "`stack` under `limits:` is {stack}; it has to be between 16 KiB and 64 MiB"
            )));
        }
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(linked) = engines.get(&stack) {
            return Ok(Arc::clone(linked));
        }
        let engine = engine::make(stack)?;
        let linker = linker(&engine).map_err(|error| PluginError::host(format!("{error:#}")))?;
        self.ticker.add(&engine);
        let linked = Arc::new(Linked { engine, linker });
        engines.insert(stack, Arc::clone(&linked));
        Ok(linked)
    }
}

/// All that a guest can import. Whether it does anything is decided per call.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    bindings::sinops::host::log::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| {
        guest
    })?;
    bindings::sinops::host::containers::add_to_linker::<Guest, HasSelf<Guest>>(
        &mut linker,
        |guest| guest,
    )?;
    bindings::sinops::host::mail::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| {
        guest
    })?;
    // Ours instead of the one that looks up any name.
    linker.allow_shadowing(true);
    bindings::wasi::sockets::ip_name_lookup::add_to_linker::<Guest, HasSelf<Guest>>(
        &mut linker,
        |guest| guest,
    )?;
    linker.allow_shadowing(false);
    Ok(linker)
}

impl PluginSpec {
    /// A call before anything is known of the plugin: nothing is granted.
    pub(crate) fn bare_call(&self) -> Call {
        Call::new(
            self.name.as_str().into(),
            "describe",
            Phase::Pure,
            Arc::new(Effective::default()),
            Arc::from([]),
            self.limits,
            Arc::clone(&self.secrets),
        )
    }
}
