//! What the engine tells of the machine that it runs on.

use super::{DockerEngine, EngineError};
use bollard::models::{SystemInfo, SystemInfoCgroupVersionEnum};
use sinops_core::observed::Machine;

/// What the engine makes of containers by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Habits {
    /// The driver of containers that declare none.
    pub(super) log_driver: String,
    /// Fields of `HostConfig` that it warns of and drops: its kernel has no word for them.
    pub(super) dropped: Vec<&'static str>,
}

impl Habits {
    fn of(info: &SystemInfo) -> Self {
        let driver = info.logging_driver.clone();
        let driver = driver.filter(|driver| !driver.is_empty());
        let second = info.cgroup_version == Some(SystemInfoCgroupVersionEnum::_2);
        let fields: [(bool, &[&'static str]); 7] = [
            (
                info.memory_limit == Some(false),
                &["Memory", "MemoryReservation", "MemorySwap"],
            ),
            (info.swap_limit == Some(false), &["MemorySwap"]),
            (second, &["MemorySwappiness"]),
            (info.oom_kill_disable != Some(true), &["OomKillDisable"]),
            (info.pids_limit == Some(false), &["PidsLimit"]),
            (info.cpu_shares == Some(false), &["CpuShares"]),
            (info.cpu_set == Some(false), &["CpusetCpus"]),
        ];
        let dropped = fields.into_iter().filter(|(lacking, _)| *lacking);
        Self {
            log_driver: driver.unwrap_or_else(|| "json-file".to_owned()),
            dropped: dropped.flat_map(|(_, fields)| fields).copied().collect(),
        }
    }
}

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
        let _ = self.habits.set(Habits::of(&info));
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

    pub(super) async fn habits(&self) -> Result<Habits, EngineError> {
        if self.habits.get().is_none() {
            self.machine(true).await?;
        }
        Ok(self.habits.get().cloned().unwrap_or_default())
    }
}

/// Bytes that are free to others than root; none if the folder is not to be seen from here.
fn free(folder: String) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kernel_has_no_word_for_is_dropped() {
        let full = SystemInfo {
            oom_kill_disable: Some(true),
            cgroup_version: Some(SystemInfoCgroupVersionEnum::_1),
            ..SystemInfo::default()
        };
        let habits = Habits::of(&full);
        assert!(habits.dropped.is_empty(), "{habits:?}");
        assert_eq!(habits.log_driver, "json-file");
        let second = SystemInfo {
            oom_kill_disable: Some(false),
            swap_limit: Some(false),
            cgroup_version: Some(SystemInfoCgroupVersionEnum::_2),
            logging_driver: Some("journald".to_owned()),
            ..SystemInfo::default()
        };
        let habits = Habits::of(&second);
        assert_eq!(
            habits.dropped,
            ["MemorySwap", "MemorySwappiness", "OomKillDisable"]
        );
        assert_eq!(habits.log_driver, "journald");
    }
}
