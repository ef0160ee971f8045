//! The dashboards: which there are, and what each shows in which order.

mod data;
mod machines;
mod services;
mod watchers;

use crate::dashboard::{Dashboard, Variable};

const SERVICE: Variable = Variable {
    name: "service",
    title: "Service",
    label: "service",
    series: Some("up"),
};

const CONTAINER: Variable = Variable {
    name: "name",
    title: "Container",
    label: "name",
    series: Some("container_last_seen"),
};

const INSTANCE: Variable = Variable {
    name: "instance",
    title: "Machine",
    label: "instance",
    series: Some("node_uname_info"),
};

const LOGS: [Variable; 2] = [
    Variable {
        name: "service",
        title: "Service",
        label: "service",
        series: None,
    },
    Variable {
        name: "level",
        title: "Level",
        label: "level",
        series: None,
    },
];

/// All that there are.
pub(crate) const ALL: &[Dashboard] = &[
    Dashboard {
        file: "stack",
        title: "Stack",
        variables: &[],
        panels: &[
            services::SUMS,
            machines::SUMS,
            services::STATES,
            machines::LOADS,
            watchers::ERRORS,
        ],
    },
    Dashboard {
        file: "applications",
        title: "Applications",
        variables: &[SERVICE],
        panels: &[services::PROBES, services::PROCESSES],
    },
    Dashboard {
        file: "databases",
        title: "Databases",
        variables: &[],
        panels: &[
            data::POSTGRES,
            data::MYSQL,
            data::ELASTICSEARCH,
            data::MONGODB,
        ],
    },
    Dashboard {
        file: "caches",
        title: "Caches and queues",
        variables: &[],
        panels: &[data::REDIS, data::MEMCACHED, data::RABBITMQ],
    },
    Dashboard {
        file: "host",
        title: "Host",
        variables: &[INSTANCE],
        panels: &[machines::SUMS, machines::HOST],
    },
    Dashboard {
        file: "containers",
        title: "Containers",
        variables: &[CONTAINER],
        panels: &[machines::CONTAINERS],
    },
    Dashboard {
        file: "monitoring",
        title: "Monitoring",
        variables: &[],
        panels: &[
            watchers::PROMETHEUS,
            watchers::ALERTMANAGER,
            watchers::LOKI,
            watchers::OTHERS,
        ],
    },
    Dashboard {
        file: "alerts",
        title: "Alerts",
        variables: &[],
        panels: &[watchers::ALERTS],
    },
    Dashboard {
        file: "logs",
        title: "Logs",
        variables: &LOGS,
        panels: &[watchers::LOGS],
    },
];
