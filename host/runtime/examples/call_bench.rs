//! What a plugin call costs: one JSON line per measure, medians in microseconds.
//!
//! `cargo run --release -p sinops-runtime --example call_bench -- NOTIFIER.wasm [ROUNDS]`
//!
//! * `call`: `describe` through the host, on a fresh instance, all limits on
//! * `bare-fresh`: the same on a fresh instance with wasmtime alone and no limits
//! * `bare-warm`: the same on an instance that is kept
//! * `fork-exec`: a program that does nothing: `SINOPS_STATIC_PROGRAM true`, or
//!   busybox, or `true`
//! * `first-call`: from the start of a process to its first answer, with the
//!   component compiled ahead
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use sinops_runtime::plugins::{Builtin, HostOptions, Plugin, PluginHost, PluginSpec, Source};
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

#[allow(
    unsafe_code,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package bench:bench; world bench { export sinops:plugin/notifier@0.1.0; }",
        world: "bench:bench/bench",
        exports: { default: async },
        require_store_data_send: true,
    });
}

use bindings::exports::sinops::plugin::notifier::GuestIndices;

type Anyhow<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Anyhow<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--first", wasm, compiled] => first(wasm, compiled).await,
        [wasm] => measure(wasm, 300).await,
        [wasm, rounds] => measure(wasm, rounds.parse()?).await,
        _ => Err("usage: call_bench NOTIFIER.wasm [ROUNDS]".into()),
    }
}

/// Leaks: a built-in lives as long as the program.
fn builtin(wasm: &str, compiled: &str) -> Anyhow<Builtin> {
    Ok(Builtin {
        name: "measured",
        wasm: Box::leak(std::fs::read(wasm)?.into_boxed_slice()),
        precompiled: Some(Box::leak(std::fs::read(compiled)?.into_boxed_slice())),
    })
}

async fn load(builtin: Builtin) -> Anyhow<Plugin> {
    let host = PluginHost::new(HostOptions {
        cache_dir: None,
        builtins: vec![builtin],
    })?;
    let spec = PluginSpec {
        name: "measured".into(),
        source: Source::Builtin("measured".into()),
        grants: Default::default(),
        limits: Default::default(),
        secrets: Arc::default(),
        mail: None,
    };
    Ok(host.load(spec).await?)
}

async fn first(wasm: &str, compiled: &str) -> Anyhow<()> {
    let plugin = load(builtin(wasm, compiled)?).await?;
    plugin.ask().await?;
    Ok(())
}

async fn measure(wasm: &str, rounds: usize) -> Anyhow<()> {
    let bytes = std::fs::read(wasm)?;
    let folder = tempfile::tempdir()?;
    let compiled = folder.path().join("measured.bin");
    std::fs::write(
        &compiled,
        PluginHost::new(HostOptions::default())?.precompile(&bytes)?,
    )?;
    let compiled = compiled.display().to_string();
    let plugin = load(builtin(wasm, &compiled)?).await?;
    let bare = Bare::new(&bytes)?;
    let mut kept = bare.instance().await?;

    let program = std::env::var("SINOPS_STATIC_PROGRAM")
        .ok()
        .or_else(|| {
            let usual = ["/bin/busybox", "/bin/true"].into_iter();
            usual
                .map(str::to_owned)
                .find(|path| Path::new(path).exists())
        })
        .unwrap_or_else(|| "true".to_owned());

    let mut samples: [Vec<Duration>; 5] = Default::default();
    // Interleaved, so that what else the machine does hits all of them.
    for round in 0..rounds {
        let [call, fresh, warm, fork, start] = &mut samples;
        let begin = Instant::now();
        plugin.ask().await?;
        call.push(begin.elapsed());

        let begin = Instant::now();
        let mut instance = bare.instance().await?;
        instance.describe().await?;
        drop(instance);
        fresh.push(begin.elapsed());

        let begin = Instant::now();
        kept.describe().await?;
        warm.push(begin.elapsed());

        if round % 10 == 0 {
            let begin = Instant::now();
            Command::new(&program).arg("true").output()?;
            fork.push(begin.elapsed());

            let begin = Instant::now();
            let status = Command::new(std::env::current_exe()?)
                .args(["--first", wasm, &compiled])
                .status()?;
            start.push(begin.elapsed());
            if !status.success() {
                return Err("the first call failed".into());
            }
        }
    }
    let names = ["call", "bare-fresh", "bare-warm", "fork-exec", "first-call"];
    for (name, mut samples) in names.into_iter().zip(samples) {
        samples.sort();
        let median = samples.get(samples.len() / 2).copied().unwrap_or_default();
        let line = serde_json::json!({
            "measure": name,
            "median-us": median.as_secs_f64() * 1e6,
            "samples": samples.len(),
        });
        println!("{line}");
    }
    Ok(())
}

/// wasmtime with nothing around it.
struct Bare {
    engine: Engine,
    pre: InstancePre<State>,
    exports: GuestIndices,
}

struct BareInstance {
    store: Store<State>,
    guest: bindings::exports::sinops::plugin::notifier::Guest,
}

impl Bare {
    fn new(wasm: &[u8]) -> Anyhow<Self> {
        let engine = Engine::new(&Config::new())?;
        let component = Component::new(&engine, wasm)?;
        let mut linker = Linker::<State>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        // Our own imports are not called by `describe`.
        for (name, item) in component.component_type().imports(&engine) {
            let ComponentItem::ComponentInstance(interface) = item.ty else {
                continue;
            };
            if !name.starts_with("sinops:host/") {
                continue;
            }
            let mut instance = linker.instance(name)?;
            for (function, item) in interface.exports(&engine) {
                if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                    instance.func_new(function, |_, _, _, _| {
                        Err(wasmtime::Error::msg("not called"))
                    })?;
                }
            }
        }
        let pre = linker.instantiate_pre(&component)?;
        let exports = GuestIndices::new(&pre)?;
        Ok(Self {
            engine,
            pre,
            exports,
        })
    }

    async fn instance(&self) -> Anyhow<BareInstance> {
        let state = State {
            wasi: WasiCtx::builder().build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, state);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let guest = self.exports.load(&mut store, &instance)?;
        Ok(BareInstance { store, guest })
    }
}

impl BareInstance {
    async fn describe(&mut self) -> Anyhow<()> {
        self.guest.call_describe(&mut self.store).await?;
        Ok(())
    }
}

struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: Box::leak(Box::new(NoHttp)),
        }
    }
}

struct NoHttp;

impl WasiHttpHooks for NoHttp {
    fn send_request(
        &mut self,
        _: http::Request<wasmtime_wasi_http::WasiBody>,
        _: Option<wasmtime_wasi_http::RequestOptions>,
        _: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Box<
        dyn Future<
                Output = wasmtime_wasi_http::Result<(
                    http::Response<wasmtime_wasi_http::WasiBody>,
                    Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
                )>,
            > + Send,
    > {
        Box::new(async { Err(wasmtime_wasi_http::Error::HttpRequestDenied) })
    }
}
