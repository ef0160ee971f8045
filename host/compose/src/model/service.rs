//! A service in long form.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    BlkioConfig, Build, CredentialSpec, Dependency, Deploy, Device, DeviceRequest, EnvFile,
    FileReference, HealthCheck, Hook, Logging, Map, Mount, Port, Provider, ServiceModel,
    ServiceNetwork,
};

/// A service in long form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Compose's `annotations`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String>,
    /// Whether `up` shows its log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attach: Option<bool>,
    /// Compose's `blkio_config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blkio_config: Option<BlkioConfig>,
    /// Compose's `build`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// Compose's `cap_add`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_add: Vec<String>,
    /// Compose's `cap_drop`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// `host` or `private`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
    /// Compose's `cgroup_parent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup_parent: Option<String>,
    /// Always there in the canonical form; `None` means the image's.
    pub command: Option<Vec<String>>,
    /// Compose's `configs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configs: Vec<FileReference>,
    /// Compose's `container_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_name: Option<String>,
    /// Compose's `cpu_count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_count: Option<i64>,
    /// Compose's `cpu_percent`.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::number"
    )]
    pub cpu_percent: Option<f64>,
    /// In microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_period: Option<i64>,
    /// In microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_quota: Option<i64>,
    /// In microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_rt_period: Option<i64>,
    /// In microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_rt_runtime: Option<i64>,
    /// Compose's `cpu_shares`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<i64>,
    /// In CPUs.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::number"
    )]
    pub cpus: Option<f64>,
    /// Compose's `cpuset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Compose's `credential_spec`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_spec: Option<CredentialSpec>,
    /// Compose's `depends_on`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub depends_on: Map<Dependency>,
    /// Compose's `deploy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,
    /// For tools that watch sources; containers see nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub develop: Option<Value>,
    /// Compose's `device_cgroup_rules`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_cgroup_rules: Vec<String>,
    /// Compose's `devices`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// Compose's `dns`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<String>,
    /// Compose's `dns_opt`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_opt: Vec<String>,
    /// Compose's `dns_search`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_search: Vec<String>,
    /// Compose's `domainname`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domainname: Option<String>,
    /// `None`: the image's.
    pub entrypoint: Option<Vec<String>>,
    /// `None` as value: unset in the container.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub environment: Map<Option<String>>,
    /// Files of variables; read and gone, unless the load left them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_file: Vec<EnvFile>,
    /// Compose's `expose`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expose: Vec<String>,
    /// Containers of other projects: `name` or `name:alias`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external_links: Vec<String>,
    /// `host=ip`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<String>,
    /// Compose's `gpus`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<DeviceRequest>,
    /// Compose's `group_add`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_add: Vec<String>,
    /// Compose's `healthcheck`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthCheck>,
    /// Compose's `hostname`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Compose's `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Compose's `init`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// Compose's `ipc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc: Option<String>,
    /// Compose's `isolation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// `service` or `service:alias`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Compose's `logging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Compose's `mac_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem_limit: Option<String>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem_reservation: Option<String>,
    /// Per cent as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem_swappiness: Option<String>,
    /// Bytes as decimal text, `-1` for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memswap_limit: Option<String>,
    /// Compose's `models`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub models: Map<Option<ServiceModel>>,
    /// Compose's `network_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<String>,
    /// Compose's `networks`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub networks: Map<Option<ServiceNetwork>>,
    /// Compose's `oom_kill_disable`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub oom_kill_disable: bool,
    /// Compose's `oom_score_adj`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i64>,
    /// Compose's `pid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<String>,
    /// Compose's `pids_limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_limit: Option<i64>,
    /// `os[/architecture[/variant]]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Compose's `ports`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// Run in the container after it started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_start: Vec<Hook>,
    /// Run in the container before it is stopped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_stop: Vec<Hook>,
    /// Compose's `privileged`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Compose's `profiles`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// A program that provides the service instead of a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Compose's `pull_policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<String>,
    /// Compose's `read_only`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Compose's `restart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<String>,
    /// Compose's `runtime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Compose's `scale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Compose's `secrets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<FileReference>,
    /// Compose's `security_opt`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_opt: Vec<String>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<String>,
    /// Compose's `stdin_open`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stdin_open: bool,
    /// Go duration text, `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<String>,
    /// Compose's `stop_signal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Compose's `storage_opt`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub storage_opt: Map<String>,
    /// Compose's `sysctls`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub sysctls: Map<String>,
    /// Compose's `tmpfs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<String>,
    /// Compose's `tty`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tty: bool,
    /// A number, or `soft` and `hard`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub ulimits: Map<Value>,
    /// Compose's `use_api_socket`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub use_api_socket: bool,
    /// Compose's `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Compose's `userns_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userns_mode: Option<String>,
    /// Compose's `uts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uts: Option<String>,
    /// Compose's `volumes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Mount>,
    /// `service[:mode]` or `container:name[:mode]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes_from: Vec<String>,
    /// Compose's `working_dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// `x-…`; everything else that is unknown is refused while loading.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
