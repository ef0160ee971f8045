//! Claims on a project, kept as volumes: making one is atomic, and who comes second gets
//! the labels of who came first. They belong to no compose project, so that neither
//! `down` nor `docker compose down --volumes` takes them.

use super::super::{EngineError, LeaseBook};
use super::DockerEngine;
use async_trait::async_trait;
use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters as query;
use sinops_core::lease::{Claim, Owner};
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// Its value is the project.
pub(super) const LEASE: &str = "sinops.lease";
const GENERATION: &str = "sinops.lease.generation";
const TOKEN: &str = "sinops.lease.token";
const WHO: &str = "sinops.lease.who";
const PID: &str = "sinops.lease.pid";
const MACHINE: &str = "sinops.lease.machine";
const STARTED: &str = "sinops.lease.started";
const SINCE: &str = "sinops.lease.since";

#[async_trait]
impl LeaseBook for DockerEngine {
    async fn claims(&self, project: &str) -> Result<Vec<Claim>, EngineError> {
        let label = format!("{LEASE}={project}");
        let options = query::ListVolumesOptions {
            filters: Some(HashMap::from([("label".to_owned(), vec![label])])),
        };
        let found = self
            .docker
            .list_volumes(Some(options))
            .await
            .map_err(|error| self.fault("look for a lease", error))?;
        let volumes = found.volumes.unwrap_or_default();
        Ok(volumes.iter().filter_map(claim).collect())
    }

    async fn claim(
        &self,
        project: &str,
        generation: u64,
        owner: &Owner,
    ) -> Result<Claim, EngineError> {
        let labels = HashMap::from([
            (LEASE.to_owned(), project.to_owned()),
            (GENERATION.to_owned(), generation.to_string()),
            (TOKEN.to_owned(), owner.token.clone()),
            (WHO.to_owned(), owner.who.clone()),
            (PID.to_owned(), owner.pid.to_string()),
            (MACHINE.to_owned(), owner.machine.clone()),
            (STARTED.to_owned(), owner.started.clone()),
            (SINCE.to_owned(), owner.since.clone()),
        ]);
        let request = VolumeCreateRequest {
            name: Some(format!("{project}_sinops-lease-{generation}")),
            labels: Some(labels),
            ..VolumeCreateRequest::default()
        };
        let volume = self
            .docker
            .create_volume(request)
            .await
            .map_err(|error| self.fault("take the lease", error))?;
        claim(&volume).ok_or_else(|| EngineError::Other {
            operation: "take the lease".to_owned(),
            message: format!(
                "the volume {} is not a lease; remove it if nothing needs it",
                volume.name
            ),
        })
    }

    async fn drop_claim(&self, name: &str) -> Result<(), EngineError> {
        self.remove_volume(name).await.map(drop)
    }

    async fn time(&self) -> Result<u64, EngineError> {
        let info = self
            .docker
            .info()
            .await
            .map_err(|error| self.fault("ask the engine's time", error))?;
        let text = info.system_time.unwrap_or_default();
        seconds(&text).ok_or_else(|| EngineError::Other {
            operation: "ask the engine's time".to_owned(),
            message: format!("`{text}` is not a time"),
        })
    }
}

fn claim(volume: &Volume) -> Option<Claim> {
    let label = |name: &str| volume.labels.get(name).cloned();
    label(LEASE)?;
    Some(Claim {
        name: volume.name.clone(),
        generation: label(GENERATION)?.parse().ok()?,
        owner: Owner {
            token: label(TOKEN)?,
            who: label(WHO).unwrap_or_default(),
            pid: label(PID)?.parse().ok()?,
            machine: label(MACHINE).unwrap_or_default(),
            started: label(STARTED).unwrap_or_default(),
            since: label(SINCE).unwrap_or_default(),
        },
        made: seconds(volume.created_at.as_deref()?)?,
    })
}

/// Seconds since the epoch of RFC 3339 with any offset.
fn seconds(text: &str) -> Option<u64> {
    let (local, offset) = match text.strip_suffix('Z') {
        Some(local) => (local, 0),
        None => {
            let at = text.len().checked_sub(6)?;
            let (local, offset) = (text.get(..at)?, text.get(at..)?);
            let minutes = |text: &str| -> Option<i64> {
                let (hours, minutes) = text.split_once(':')?;
                Some(hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)
            };
            let offset = match offset.split_at_checked(1)? {
                ("+", rest) => minutes(rest)?,
                ("-", rest) => -minutes(rest)?,
                _ => return None,
            };
            (local, offset * 60)
        }
    };
    let time = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let since: Duration = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs())
        .ok()?
        .checked_sub(offset)?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_of_engines_everywhere() {
        for (text, expected) in [
            ("1970-01-01T00:01:00Z", Some(60)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1969-12-31T22:00:30-02:00", None),
            ("1970-01-01T00:00:00.123456789Z", Some(0)),
            ("1970-01-01T00:00:30-02:00", Some(7230)),
            ("", None),
            ("now", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
