//! The services, what changes of them, and what is not as compose makes it, with its reason.
//!
//! Left out, because this engine (20.10, cgroup v1, few capabilities) refuses it or machines
//! differ in it: `privileged` and `cpu_rt_*` (cannot be started here); devices of
//! `blkio_config` (block devices of a machine); `storage_opt` (of few storage drivers);
//! propagation other than `rprivate` (needs a shared mount); `gpus` and CDI devices (no
//! driver); `annotations`, `gw_priority`, `interface_name`, `mac_address` of a network,
//! `start_interval`, `subpath`, `recursive`, images as volumes (newer engines);
//! `credential_spec` and other words of Windows.

/// The services. `PROJECT` and `PLATFORM` are filled in.
pub(super) const COMPOSE: &str = include_str!("compose.yaml");

/// A change of a service.
pub(super) struct Change {
    pub(super) service: &'static str,
    from: &'static str,
    to: &'static str,
    /// What a plan says differs from the definition that a container was made from.
    pub(super) fields: Vec<&'static str>,
    /// What it says differs from a container that compose made.
    pub(super) live: Vec<&'static str>,
}

/// Every attribute with another value.
pub(super) fn changes() -> Vec<Change> {
    let lines = include_str!("changes.table").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [service, from, to, fields, live] = parts[..] else {
                panic!("five columns: {line}");
            };
            let fields: Vec<&str> = fields.split(", ").collect();
            let live = match live {
                "=" => fields.clone(),
                "-" => Vec::new(),
                live => live.split(", ").collect(),
            };
            Change {
                service,
                from,
                to,
                fields,
                live,
            }
        })
        .collect()
}

impl Change {
    /// The services with the change.
    pub(super) fn made_in(&self, compose: &str) -> String {
        let head = format!("\n  {}:\n", self.service);
        let begin = compose.find(&head).expect("the service is there") + head.len();
        let rest = &compose[begin..];
        // Up to the next word with less indentation.
        let mut lines = rest.match_indices('\n').map(|(at, _)| at + 1);
        let end = lines.find(|at| !rest[*at..].starts_with("    "));
        let end = begin + end.unwrap_or(rest.len());
        let body = &compose[begin..end];
        let count = body.matches(self.from).count();
        assert_eq!(count, 1, "`{}` in {}", self.from, self.service);
        let changed = body.replace(self.from, self.to);
        [&compose[..begin], &changed, &compose[end..]].concat()
    }
}

/// A file that services are filled in from.
pub(super) struct Filling {
    pub(super) file: &'static str,
    pub(super) text: &'static str,
    pub(super) changed: &'static str,
    /// Services, and the field of each that differs then.
    pub(super) differing: &'static [(&'static str, &'static str)],
}

/// All such files.
pub(super) const FILLINGS: [Filling; 3] = [
    Filling {
        file: "more.env",
        text: "OF_FILE=from-file\nDEMO_NAME=hidden\n",
        changed: "OF_FILE=changed\nDEMO_NAME=hidden\n",
        differing: &[
            ("process", "environment.OF_FILE"),
            ("texts", "environment.OF_FILE"),
        ],
    },
    Filling {
        file: "other.env",
        text: "RAW=$NOT_FILLED \"in\"\n",
        changed: "RAW=$NOT_FILLED \"in\"\nMORE=1\n",
        differing: &[("texts", "environment.MORE")],
    },
    Filling {
        file: "more.labels",
        text: "of.file=yes\nteam=hidden\n",
        changed: "of.file=no\nteam=hidden\n",
        differing: &[("process", "labels.of.file"), ("texts", "labels.of.file")],
    },
];

/// Services whose containers of compose are made anew, and what is said to differ.
pub(super) const ANEW: &[(&str, &[&str])] = &[
    // Compose leaves the `:ro` out.
    ("volumes-from-read-only", &["volumes_from"]),
    // Compose numbers the names of linked containers by the linking one.
    ("linked-to-many", &["networks (PROJECT_plain): links"]),
    // Compose cuts the half second off, and would kill at once.
    ("fraction", &["stop_grace_period"]),
    // Compose copies the credentials of its user into the container.
    ("api-socket", &["environment.DOCKER_CONFIG"]),
    // The engine does not tell what was copied into a container.
    ("copies", &["the content of configs and secrets"]),
    (
        "owned",
        &[
            "the content of configs and secrets",
            "volumes (/etc/owned.conf)",
            "volumes (/run/secrets/key)",
        ],
    ),
    // Compose does not tell the container, and so nobody who stops it later.
    ("hooks", &["post_start and pre_stop"]),
];

/// Where a container of sinops differs from one of compose, and why it has to.
pub(super) const DELIBERATE: &[(&str, &str)] = &[
    (
        "container volumes-from-read-only-1 /HostConfig/VolumesFrom",
        "compose leaves the `:ro` out",
    ),
    (
        "container volumes-from-read-only-1 /Mounts//shared/RW",
        "compose leaves the `:ro` out",
    ),
    (
        "container linked-to-many-1 /NetworkSettings/Networks/",
        "compose gives each of several linked containers the number of the linking one",
    ),
    (
        "container fraction-1 /Config/StopTimeout",
        "compose cuts off what is less than a second: the engine would kill at once",
    ),
    (
        "container api-socket-1 /Config/Env",
        "compose copies the credentials of its user into the container",
    ),
    (
        "container owned-1 /Mounts",
        "compose warns that it ignores owner and mode, and mounts the file; sinops copies it",
    ),
];

/// Services whose containers of sinops compose makes anew, and why.
pub(super) const ANEW_BY_COMPOSE: &[(&str, &str)] = &[
    ("api-socket", "the credentials of its user are missing"),
    // Its hash of these is another than the one that its own `config --hash` prints.
    ("process", "label_file"),
    ("texts", "label_file"),
];
