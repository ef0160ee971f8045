//! What the engine tells of the machine that it runs on.

use super::{DockerEngine, EngineError};
use sinops_core::observed::Machine;

impl DockerEngine {
    /// Nothing is asked where it does not matter.
    pub(super) async fn machine(&self, wanted: bool) -> Result<Machine, EngineError> {
        if !wanted {
            return Ok(Machine::default());
        }
        let info = self
            .docker
            .info()
            .await
            .map_err(|error| self.fault("ask for the engine's machine", error))?;
        let driver = info.logging_driver.unwrap_or_default();
        let _ = self.log_driver.set(driver);
        let local = self.endpoint.is_local();
        Ok(Machine {
            memory: info
                .mem_total
                .and_then(|bytes| u64::try_from(bytes).ok())
                .filter(|bytes| *bytes > 0),
            cpus: info
                .ncpu
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| *number > 0),
            disk_free: info.docker_root_dir.filter(|_| local).and_then(free),
        })
    }

    /// The driver of containers that declare none.
    pub(super) async fn log_driver(&self) -> Result<String, EngineError> {
        if self.log_driver.get().is_none() {
            self.machine(true).await?;
        }
        let known = self.log_driver.get().cloned().unwrap_or_default();
        Ok(Some(known)
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| "json-file".to_owned()))
    }
}

/// Bytes that are free to others than root; none if the folder is not to be seen from here.
fn free(folder: String) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
