//! What a store holds for its guest, and how a store is made.

use super::bindings::sinops::host::log::Level;
use super::call::{Call, Phase};
use super::containers::ContainerAccess;
use super::limiter::{Breach, Limiter};
use super::log::Lines;
use super::mail::MailRelay;
use super::network::http::Http;
use super::network::{Network, sockets};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// How often the epoch is raised, see `engine`.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// One request for random bytes; key material is far smaller.
const RANDOM: u64 = 64 << 10;

/// The data of a store.
pub(crate) struct Guest {
    pub(crate) call: Arc<Call>,
    pub(crate) network: Arc<Network>,
    pub(crate) mail: Option<Arc<MailRelay>>,
    pub(crate) containers: Option<Arc<dyn ContainerAccess>>,
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    http_context: WasiHttpCtx,
    http: Http,
    limiter: Limiter,
    ticks: u64,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guest")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http_context,
            table: &mut self.table,
            hooks: &mut self.http,
        }
    }
}

/// A store in which one call runs, with every limit on.
pub(crate) fn store(
    engine: &Engine,
    call: Arc<Call>,
    network: Arc<Network>,
    mail: Option<Arc<MailRelay>>,
    containers: Option<Arc<dyn ContainerAccess>>,
) -> wasmtime::Result<Store<Guest>> {
    let limits = call.limits;
    let mut wasi = WasiCtx::builder();
    wasi.stdout(Lines::new(Arc::clone(&call), Level::Info))
        .stderr(Lines::new(Arc::clone(&call), Level::Warn))
        .max_random_size(RANDOM)
        .allow_udp(false)
        // Name lookups go through our own implementation, see `network::names`.
        .allow_ip_name_lookup(false);
    sockets::allow(&mut wasi, &call);
    if call.phase == Phase::Effects {
        for (name, path) in &call.grants.directories {
            wasi.preopened_dir(path, name, FsPerms::ReadOnly)
                .map_err(|error| {
                    error.context(format!("the granted folder `{path}` cannot be opened"))
                })?;
        }
    }
    let mut table = ResourceTable::new();
    table.set_max_capacity(usize::try_from(limits.handles).unwrap_or(usize::MAX));
    let mut store = Store::new(
        engine,
        Guest {
            http: Http::new(Arc::clone(&call), Arc::clone(&network)),
            limiter: Limiter::new(&limits),
            call,
            network,
            mail,
            containers,
            table,
            wasi: wasi.build(),
            http_context: WasiHttpCtx::new(),
            ticks: 0,
        },
    );
    store.limiter(|guest| &mut guest.limiter);
    store.set_hostcall_fuel(usize::try_from(limits.copied).unwrap_or(usize::MAX));
    store.set_max_component_handles(usize::try_from(limits.handles).unwrap_or(usize::MAX));

    // Each tick the guest lets others run; when its ticks are used up it ends.
    // The first tick may come at once, so one is added for the partial one.
    let tick = TICK.as_millis().max(1);
    let budget = u64::try_from(limits.cpu.as_millis().div_ceil(tick))
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut context| {
        let guest = context.data_mut();
        guest.ticks += 1;
        if guest.ticks > budget {
            return Err(Breach::Cpu.into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
    Ok(store)
}
