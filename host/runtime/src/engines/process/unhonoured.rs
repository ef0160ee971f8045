//! Attributes of compose that a process cannot honour. They change what a service
//! may do or see, so they are refused by name and never passed over.

use sinops_compose::Service;

/// The first attribute of the service that cannot be honoured.
pub(super) fn attribute(service: &Service) -> Option<&'static str> {
    let network = |declared: fn(&sinops_compose::ServiceNetwork) -> bool| {
        service.networks.values().flatten().any(declared)
    };
    let generic = service
        .deploy
        .as_ref()
        .and_then(|deploy| deploy.resources.reservations.as_ref())
        .is_some_and(|amounts| amounts.generic_resources.is_some());
    [
        (!service.annotations.is_empty(), "annotations"),
        (service.blkio_config.is_some(), "blkio_config"),
        (service.cgroup.is_some(), "cgroup"),
        (service.cgroup_parent.is_some(), "cgroup_parent"),
        (service.cpu_count.is_some(), "cpu_count"),
        (service.cpu_percent.is_some(), "cpu_percent"),
        (service.cpu_period.is_some(), "cpu_period"),
        (service.cpu_quota.is_some(), "cpu_quota"),
        (service.cpu_rt_period.is_some(), "cpu_rt_period"),
        (service.cpu_rt_runtime.is_some(), "cpu_rt_runtime"),
        (service.cpu_shares.is_some(), "cpu_shares"),
        (service.cpus.is_some(), "cpus"),
        (service.cpuset.is_some(), "cpuset"),
        (service.credential_spec.is_some(), "credential_spec"),
        (
            !service.device_cgroup_rules.is_empty(),
            "device_cgroup_rules",
        ),
        (!service.dns_opt.is_empty(), "dns_opt"),
        (!service.dns_search.is_empty(), "dns_search"),
        (service.domainname.is_some(), "domainname"),
        (!service.external_links.is_empty(), "external_links"),
        (!service.gpus.is_empty(), "gpus"),
        (!service.group_add.is_empty(), "group_add"),
        (service.ipc.is_some(), "ipc"),
        (service.isolation.is_some(), "isolation"),
        (!service.links.is_empty(), "links"),
        (service.mac_address.is_some(), "mac_address"),
        (service.mem_reservation.is_some(), "mem_reservation"),
        (service.mem_swappiness.is_some(), "mem_swappiness"),
        (service.memswap_limit.is_some(), "memswap_limit"),
        (!service.models.is_empty(), "models"),
        (service.oom_kill_disable, "oom_kill_disable"),
        (service.oom_score_adj.is_some(), "oom_score_adj"),
        (service.pids_limit.is_some(), "pids_limit"),
        (service.platform.is_some(), "platform"),
        (!service.post_start.is_empty(), "post_start"),
        (!service.pre_stop.is_empty(), "pre_stop"),
        (service.provider.is_some(), "provider"),
        (service.runtime.is_some(), "runtime"),
        (!service.storage_opt.is_empty(), "storage_opt"),
        (service.use_api_socket, "use_api_socket"),
        (service.userns_mode.is_some(), "userns_mode"),
        (service.uts.is_some(), "uts"),
        (!service.volumes_from.is_empty(), "volumes_from"),
        (
            network(|it| it.gw_priority.is_some()),
            "networks.gw_priority",
        ),
        (
            network(|it| it.interface_name.is_some()),
            "networks.interface_name",
        ),
        (generic, "deploy.resources.reservations.generic_resources"),
    ]
    .into_iter()
    .find_map(|(declared, name)| declared.then_some(name))
}
