//! The wasmtime engine: its settings, and the thread that raises its epoch.

use super::error::PluginError;
use super::guest::TICK;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use wasmtime::{Config, Engine};

/// Address space reserved per linear memory; memories that grow beyond it move.
const MEMORY_RESERVATION: u64 = 64 << 20;
const MEMORY_GUARD: u64 = 64 << 10;
/// What host functions need on the stack of a guest's fiber.
const HOST_STACK: usize = 1 << 20;

/// Makes an engine. Everything but the size of the stack is the same for all,
/// so that compiled artifacts fit each of them, on every machine of this kind.
pub(crate) fn make(stack: usize) -> Result<Engine, PluginError> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(stack)
        .async_stack_size(stack.saturating_add(HOST_STACK))
        .memory_reservation(MEMORY_RESERVATION)
        .memory_reservation_for_growth(1 << 20)
        .memory_guard_size(MEMORY_GUARD)
        .memory_may_move(true);
    if let Some(triple) = baseline() {
        // Naming the target keeps features of this very CPU out of the code.
        config.target(&triple).map_err(PluginError::host)?;
    }
    Engine::new(&config).map_err(|error| PluginError::host(format!("{error:#}")))
}

fn baseline() -> Option<String> {
    let arch = std::env::consts::ARCH;
    match std::env::consts::OS {
        "linux" if matches!(arch, "x86_64" | "aarch64") => {
            let libc = if cfg!(target_env = "musl") {
                "musl"
            } else {
                "gnu"
            };
            Some(format!("{arch}-unknown-linux-{libc}"))
        }
        "macos" if matches!(arch, "x86_64" | "aarch64") => Some(format!("{arch}-apple-darwin")),
        _ => None,
    }
}

/// Raises the epoch of all engines while calls are running; sleeps otherwise.
#[derive(Debug, Default)]
pub(crate) struct Ticker {
    engines: Mutex<Vec<EngineRef>>,
    running: AtomicUsize,
    awake: Mutex<bool>,
    wake: Condvar,
}

struct EngineRef(wasmtime::EngineWeak);

impl std::fmt::Debug for EngineRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Ticker {
    /// Starts the thread; it ends when the ticker is dropped.
    pub(crate) fn start() -> Result<Arc<Self>, PluginError> {
        let ticker = Arc::new(Self::default());
        let weak = Arc::downgrade(&ticker);
        std::thread::Builder::new()
            .name("plugin-epoch".into())
            .spawn(move || tick(&weak))
            .map_err(PluginError::host)?;
        Ok(ticker)
    }

    pub(crate) fn add(&self, engine: &Engine) {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        engines.push(EngineRef(engine.weak()));
    }

    /// The epoch is raised for as long as the returned value lives.
    pub(crate) fn run(self: &Arc<Self>) -> Running {
        if self.running.fetch_add(1, Ordering::SeqCst) == 0 {
            *self.awake.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.wake.notify_one();
        }
        Running(Arc::clone(self))
    }
}

/// A call is running.
#[derive(Debug)]
pub(crate) struct Running(Arc<Ticker>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(ticker: &Weak<Ticker>) {
    loop {
        std::thread::sleep(TICK);
        let Some(ticker) = ticker.upgrade() else {
            return;
        };
        if ticker.running.load(Ordering::SeqCst) > 0 {
            let engines = ticker
                .engines
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for engine in engines.iter().filter_map(|engine| engine.0.upgrade()) {
                engine.increment_epoch();
            }
            continue;
        }
        let mut awake = ticker.awake.lock().unwrap_or_else(PoisonError::into_inner);
        *awake = ticker.running.load(Ordering::SeqCst) > 0;
        if !*awake {
            // Bounded, so that a dropped host is noticed.
            drop(ticker.wake.wait_timeout(awake, TICK * 100));
        }
    }
}
