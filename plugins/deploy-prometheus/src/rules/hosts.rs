//! Machines, as the node exporter tells of them.

use super::table::{Rule, Subject, rule};

const fn host(
    name: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Host, "node-exporter", metrics, expression)
}

const CPU: &[&str] = &["node_cpu_seconds_total"];
const CPU_USE: &str = "1 - sum by (instance, service) (rate(node_cpu_seconds_total{mode=~\"idle|iowait\"}[5m])) / count by (instance, service) (node_cpu_seconds_total{mode=\"idle\"}) > {threshold}";
const MEMORY: &[&str] = &[
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
];
const MEMORY_USE: &str =
    "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > {threshold}";
const DISK: &[&str] = &[
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_filesystem_readonly",
];

/// File systems that can fill up: `$` stands for the selector in expressions.
const DISKS: &str = "{fstype!~\"tmpfs|ramfs|overlay|squashfs|fuse.*|nfs.*|cifs\", mountpoint!~\"/(run|var/lib/docker|var/lib/containerd)/.+\"}";
const DISK_USE: &str = "1 - node_filesystem_avail_bytes$ / node_filesystem_size_bytes$ > {threshold} and node_filesystem_readonly$ == 0";

/// The expression with its shorthand written out.
pub(crate) fn written_out(expression: &str) -> String {
    expression.replace('$', DISKS)
}

pub(crate) const RULES: &[Rule] = &[
    host("HostDown", &["up"], "up{job=\"node-exporter\"} == 0").for_("1m").says(
        "{{ $labels.instance }} is down",
        "The node exporter of the machine does not answer: the machine, its network or the exporter is down.",
    ),
    host("HostRebooted", &["node_boot_time_seconds", "node_time_seconds"], "node_time_seconds - node_boot_time_seconds < {threshold}")
        .over(600.0)
        .severity("info")
        .says(
            "{{ $labels.instance }} has been rebooted",
            "It has been up for {{ $value | humanizeDuration }}.",
        ),
    host("HostCpuHigh", CPU, CPU_USE).over(0.8).for_("15m").warning().says(
        "The CPU of {{ $labels.instance }} is busy",
        "{{ $value | humanizePercentage }} of the CPU time is in use.",
    ),
    host("HostCpuCritical", CPU, CPU_USE).over(0.95).for_("5m").says(
        "The CPU of {{ $labels.instance }} is exhausted",
        "{{ $value | humanizePercentage }} of the CPU time is in use.",
    ),
    host("HostMemoryHigh", MEMORY, MEMORY_USE).over(0.8).for_("10m").warning().says(
        "{{ $labels.instance }} is short of memory",
        "{{ $value | humanizePercentage }} of the memory is in use.",
    ),
    host("HostMemoryCritical", MEMORY, MEMORY_USE).over(0.95).for_("5m").says(
        "{{ $labels.instance }} is almost out of memory",
        "{{ $value | humanizePercentage }} of the memory is in use.",
    ),
    host("HostDiskHigh", DISK, DISK_USE).over(0.8).for_("15m").warning().says(
        "{{ $labels.mountpoint }} of {{ $labels.instance }} is filling up",
        "{{ $value | humanizePercentage }} of {{ $labels.device }} is in use.",
    ),
    host("HostDiskCritical", DISK, DISK_USE).over(0.9).for_("5m").says(
        "{{ $labels.mountpoint }} of {{ $labels.instance }} is almost full",
        "{{ $value | humanizePercentage }} of {{ $labels.device }} is in use.",
    ),
    host(
        "HostDiskFullSoon",
        DISK,
        "predict_linear(node_filesystem_avail_bytes$[6h], {threshold} * 3600) < 0 and node_filesystem_avail_bytes$ / node_filesystem_size_bytes$ < 0.4 and node_filesystem_readonly$ == 0",
    )
    .over(24.0)
    .for_("1h")
    .warning()
    .says(
        "{{ $labels.mountpoint }} of {{ $labels.instance }} will be full within a day",
        "If it goes on filling as in the last six hours.",
    ),
    host(
        "HostInodesCritical",
        &["node_filesystem_files_free", "node_filesystem_files"],
        "node_filesystem_files_free$ / (node_filesystem_files$ > 0) < {threshold}",
    )
    .over(0.05)
    .for_("15m")
    .says(
        "{{ $labels.mountpoint }} of {{ $labels.instance }} runs out of inodes",
        "{{ $value | humanizePercentage }} of its inodes are free: soon no file can be made, whatever space is left.",
    ),
    host("HostOomKill", &["node_vmstat_oom_kill"], "increase(node_vmstat_oom_kill[15m]) > {threshold}")
        .over(0.0)
        .says(
            "The kernel of {{ $labels.instance }} kills processes",
            "{{ $value }} processes were killed within 15 minutes for want of memory.",
        ),
    host(
        "HostNetworkErrors",
        &[
            "node_network_receive_errs_total",
            "node_network_receive_packets_total",
            "node_network_transmit_errs_total",
            "node_network_transmit_packets_total",
        ],
        "(rate(node_network_receive_errs_total[5m]) + rate(node_network_transmit_errs_total[5m])) / (rate(node_network_receive_packets_total[5m]) + rate(node_network_transmit_packets_total[5m]) > 0) > {threshold}",
    )
    .over(0.01)
    .for_("15m")
    .warning()
    .says(
        "{{ $labels.device }} of {{ $labels.instance }} has errors",
        "{{ $value | humanizePercentage }} of its packets are errors.",
    ),
    host(
        "HostLoadHigh",
        &["node_load5", "node_cpu_seconds_total"],
        "node_load5 / on (instance) group_left () count by (instance) (node_cpu_seconds_total{mode=\"idle\"}) > {threshold}",
    )
    .over(2.0)
    .for_("15m")
    .warning()
    .says(
        "{{ $labels.instance }} has more work than it can do",
        "{{ $value }} tasks a CPU run or wait.",
    ),
    host(
        "HostClockSkew",
        &["node_timex_offset_seconds"],
        "abs(node_timex_offset_seconds) > {threshold}",
    )
    .over(0.05)
    .for_("10m")
    .warning()
    .says(
        "The clock of {{ $labels.instance }} is wrong",
        "It is off by {{ $value | humanizeDuration }}.",
    ),
];
