//! Empty values of the larger records, so that tests and plugins name only the
//! fields that matter to them.

use crate::collector::{Reading, Target};
use crate::deploy_step::{Goal, Planning, Proposal};
use crate::notifier::{Notification, Status};
use crate::types::{
    Container, ContainerStatus, Health, Machine, MetricFamily, MetricType, Observed, ObservedImage,
    ObservedNetwork, ObservedVolume, Resource, Service, Severity, Stack, Tier,
};

macro_rules! empty {
    ($($type:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        $(impl Default for $type {
            fn default() -> Self {
                Self { $($field: $value),* }
            }
        })*
    };
}

fn no<T: Default>() -> T {
    T::default()
}

empty! {
    Service {
        name: no(), tier: no(), image: None, replicas: 1, container_names: no(), depends_on: no(),
        networks: no(), volumes: no(), labels: no(), has_health_check: false, config_hash: no(),
        reload: None, definition: "{}".to_owned(),
    }
    Tier { name: no(), services: no(), gate_timeout: 60_000 }
    Stack {
        project: no(), project_directory: no(), output_directory: no(), engine: "docker".to_owned(), tiers: no(),
        services: no(), networks: no(), volumes: no(),
    }
    Resource {
        key: no(), name: no(), external: false, create_external: false,
        definition: "{}".to_owned(),
    }
    Observed {
        engine_version: no(), containers: no(), networks: no(), volumes: no(), images: no(),
        ports: no(), paths: no(), files: no(), texts: no(), machine: no(),
    }
    Machine { memory: None, cpus: None, disk_free: None }
    Container {
        id: no(), name: no(), service: None, number: 1, project: None,
        status: ContainerStatus::Running, health: Health::None, exit_code: None, image: no(),
        image_id: no(), config_hash: None, differences: no(), addresses: no(), created: 0,
    }
    ObservedNetwork {
        name: no(), driver: "bridge".to_owned(), subnets: no(), project: None, addresses: no(),
        differences: no(),
    }
    ObservedVolume { name: no(), differences: no() }
    ObservedImage { reference: no(), id: no(), exposed_ports: no(), has_health_check: false, age: None }
    Planning { stack: no(), observed: no(), proposed: no(), goal: Goal::Up, only: no() }
    Proposal { actions: no(), problems: no() }
    Notification {
        id: no(), status: Status::Firing, severity: Severity::Info, title: no(), body: no(),
        fields: no(), project: no(), time: 0,
    }
    Target { name: no(), container: None, endpoints: no(), definition: "{}".to_owned() }
    Reading { families: no(), checks: no() }
    MetricFamily {
        name: no(), help: no(), unit: no(), metric_type: MetricType::Unknown, samples: no(),
    }
}
