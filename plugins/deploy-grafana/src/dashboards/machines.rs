//! The machine and its containers.
//!
//! Series of cAdvisor outside of Kubernetes are told by `name`, the container's; those
//! without one are control groups that are no containers.

use crate::panel::Kind::{Count, Gauge, Lines, Stat, Table};
use crate::panel::{Panel, panel, query};

const NODE: &str = "node-exporter";
const CADVISOR: &str = "cadvisor";

pub(super) const SUMS: &[Panel] = &[
    panel(
        Gauge,
        "CPU",
        "percentunit",
        NODE,
        &[query(
            "1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[$__rate_interval]))",
            "busy",
        )],
    ),
    panel(
        Gauge,
        "Memory",
        "percentunit",
        NODE,
        &[query(
            "max(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
            "used",
        )],
    ),
    panel(
        Gauge,
        "Fullest file system",
        "percentunit",
        NODE,
        &[query(
            "max(1 - node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs\"} / node_filesystem_size_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs\"})",
            "used",
        )],
    ),
    panel(
        Stat,
        "Running since",
        "s",
        NODE,
        &[query("time() - min(node_boot_time_seconds)", "up")],
    ),
];

pub(super) const LOADS: &[Panel] = &[
    panel(
        Lines,
        "CPU by container",
        "percentunit",
        CADVISOR,
        &[query(
            "topk(10, sum by (name) (rate(container_cpu_usage_seconds_total{name!=\"\"}[$__rate_interval])))",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Memory by container",
        "bytes",
        CADVISOR,
        &[query(
            "topk(10, sum by (name) (container_memory_working_set_bytes{name!=\"\"}))",
            "{{name}}",
        )],
    ),
];

pub(super) const HOST: &[Panel] = &[
    panel(
        Lines,
        "CPU by mode",
        "percentunit",
        NODE,
        &[query(
            "avg by (mode) (rate(node_cpu_seconds_total{instance=~\"$instance\", mode!=\"idle\"}[$__rate_interval]))",
            "{{mode}}",
        )],
    ),
    panel(
        Lines,
        "Load",
        "short",
        NODE,
        &[
            query("node_load1{instance=~\"$instance\"}", "1 minute"),
            query("node_load5{instance=~\"$instance\"}", "5 minutes"),
            query("node_load15{instance=~\"$instance\"}", "15 minutes"),
        ],
    ),
    panel(
        Lines,
        "Memory",
        "bytes",
        NODE,
        &[
            query(
                "node_memory_MemTotal_bytes{instance=~\"$instance\"} - node_memory_MemAvailable_bytes{instance=~\"$instance\"}",
                "used",
            ),
            query(
                "node_memory_Cached_bytes{instance=~\"$instance\"}",
                "cached",
            ),
            query("node_memory_MemFree_bytes{instance=~\"$instance\"}", "free"),
        ],
    ),
    panel(
        Lines,
        "File systems",
        "percentunit",
        NODE,
        &[query(
            "1 - node_filesystem_avail_bytes{instance=~\"$instance\", fstype!~\"tmpfs|overlay|squashfs|ramfs\"} / node_filesystem_size_bytes{instance=~\"$instance\", fstype!~\"tmpfs|overlay|squashfs|ramfs\"}",
            "{{mountpoint}}",
        )],
    ),
    panel(
        Lines,
        "Disks",
        "Bps",
        NODE,
        &[
            query(
                "sum by (device) (rate(node_disk_read_bytes_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{device}} read",
            ),
            query(
                "sum by (device) (rate(node_disk_written_bytes_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{device}} written",
            ),
        ],
    ),
    panel(
        Lines,
        "Network",
        "Bps",
        NODE,
        &[
            query(
                "sum by (device) (rate(node_network_receive_bytes_total{instance=~\"$instance\", device!~\"lo|veth.*|br-.*\"}[$__rate_interval]))",
                "{{device}} in",
            ),
            query(
                "sum by (device) (rate(node_network_transmit_bytes_total{instance=~\"$instance\", device!~\"lo|veth.*|br-.*\"}[$__rate_interval]))",
                "{{device}} out",
            ),
        ],
    ),
    panel(
        Lines,
        "Network errors",
        "pps",
        NODE,
        &[query(
            "sum by (device) (rate(node_network_receive_errs_total{instance=~\"$instance\"}[$__rate_interval]) + rate(node_network_transmit_errs_total{instance=~\"$instance\"}[$__rate_interval]))",
            "{{device}}",
        )],
    ),
    panel(
        Lines,
        "Time spent waiting",
        "percentunit",
        NODE,
        &[
            query(
                "rate(node_pressure_cpu_waiting_seconds_total{instance=~\"$instance\"}[$__rate_interval])",
                "for a CPU",
            ),
            query(
                "rate(node_pressure_io_waiting_seconds_total{instance=~\"$instance\"}[$__rate_interval])",
                "for a disk",
            ),
            query(
                "rate(node_pressure_memory_waiting_seconds_total{instance=~\"$instance\"}[$__rate_interval])",
                "for memory",
            ),
        ],
    ),
];

pub(super) const CONTAINERS: &[Panel] = &[
    panel(
        Stat,
        "Containers",
        "short",
        CADVISOR,
        &[query(
            "count(time() - container_last_seen{name!=\"\"} < 60)",
            "running",
        )],
    ),
    panel(
        Count,
        "Killed for memory, last hour",
        "short",
        CADVISOR,
        &[query(
            "sum(increase(container_oom_events_total{name!=\"\"}[1h])) or vector(0)",
            "killed",
        )],
    ),
    panel(
        Lines,
        "CPU",
        "percentunit",
        CADVISOR,
        &[query(
            "sum by (name) (rate(container_cpu_usage_seconds_total{name=~\"$name\"}[$__rate_interval]))",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Time slowed down by the CPU limit",
        "percentunit",
        CADVISOR,
        &[query(
            "sum by (name) (rate(container_cpu_cfs_throttled_seconds_total{name=~\"$name\"}[$__rate_interval]))",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Memory",
        "bytes",
        CADVISOR,
        &[query(
            "sum by (name) (container_memory_working_set_bytes{name=~\"$name\"})",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Memory of the limit",
        "percentunit",
        CADVISOR,
        &[query(
            "sum by (name) (container_memory_working_set_bytes{name=~\"$name\"}) / sum by (name) (container_spec_memory_limit_bytes{name=~\"$name\"} > 0)",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Network in",
        "Bps",
        CADVISOR,
        &[query(
            "sum by (name) (rate(container_network_receive_bytes_total{name=~\"$name\"}[$__rate_interval]))",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Network out",
        "Bps",
        CADVISOR,
        &[query(
            "sum by (name) (rate(container_network_transmit_bytes_total{name=~\"$name\"}[$__rate_interval]))",
            "{{name}}",
        )],
    ),
    panel(
        Table,
        "Started within a day",
        "s",
        CADVISOR,
        &[query(
            "sort(time() - max by (name) (container_start_time_seconds{name=~\"$name\"}) < 86400)",
            "",
        )],
    ),
];
