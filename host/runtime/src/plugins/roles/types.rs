//! The types that all roles share.

use super::tally::Tally;
use super::wit;
use crate::plugins::call::Call;
use crate::plugins::error::PluginError;
use sinops_core::change::{Change, Subject};
use sinops_core::grants::{Ask, Capability};
use sinops_core::monitor::{MetricFamily, MetricType, Sample};
use sinops_core::notification::Severity;
use sinops_core::observed::{self, Observed};
use sinops_core::plugin::{Description, Role};
use sinops_core::stack::{self, Stack};
use std::time::Duration;

pub(crate) fn description(
    call: &Call,
    role: Role,
    from: wit::Description,
) -> Result<Description, PluginError> {
    let nonsense = |reason: String| PluginError::Answer {
        plugin: call.plugin.to_string(),
        operation: call.operation,
        reason,
    };
    let mut tally = Tally::default();
    let schema = from.settings_schema;
    let description = Description {
        role,
        name: tally.text(from.name),
        version: tally.text(from.version),
        summary: tally.text(from.summary),
        settings_schema: tally
            .json(schema)
            .map_err(|reason| nonsense(format!("the settings schema is {reason}")))?,
        asks: tally.list(from.asks, |tally, ask| Ask {
            capability: capability(tally, ask.capability),
            reason: tally.text(ask.reason),
        }),
    };
    tally.finish(call, description)
}

fn capability(tally: &mut Tally, from: wit::Capability) -> Capability {
    match from {
        wit::Capability::Http(text) => Capability::Http(tally.text(text)),
        wit::Capability::Tcp(text) => Capability::Tcp(tally.text(text)),
        wit::Capability::Secret(text) => Capability::Secret(tally.text(text)),
        wit::Capability::Mail(text) => Capability::Mail(tally.text(text)),
        wit::Capability::Directory(text) => Capability::Directory(tally.text(text)),
        wit::Capability::Containers => Capability::Containers,
        wit::Capability::HealthCheck => Capability::HealthCheck,
        wit::Capability::Exec => Capability::Exec,
        wit::Capability::Other(text) => Capability::Other(tally.text(text)),
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn severity(from: wit::Severity) -> Severity {
    match from {
        wit::Severity::Info => Severity::Info,
        wit::Severity::Warning => Severity::Warning,
        wit::Severity::Critical => Severity::Critical,
    }
}

pub(crate) fn to_severity(from: Severity) -> wit::Severity {
    match from {
        Severity::Info => wit::Severity::Info,
        Severity::Warning => wit::Severity::Warning,
        Severity::Critical => wit::Severity::Critical,
    }
}

pub(crate) fn labels(tally: &mut Tally, from: Vec<wit::Label>) -> Vec<(String, String)> {
    tally.list(from, |tally, label| {
        (tally.text(label.key), tally.text(label.value))
    })
}

pub(crate) fn to_labels(from: &[(String, String)]) -> Vec<wit::Label> {
    from.iter()
        .map(|(key, value)| wit::Label {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
}

pub(crate) fn to_stack(from: &Stack) -> wit::Stack {
    wit::Stack {
        project: from.project.clone(),
        project_directory: from.project_directory.clone(),
        output_directory: from.output_directory.clone(),
        engine: from.engine.clone(),
        tiers: from
            .tiers
            .iter()
            .map(|tier| wit::Tier {
                name: tier.name.clone(),
                services: tier.services.clone(),
                gate_timeout: milliseconds(tier.gate_timeout),
            })
            .collect(),
        services: from.services.iter().map(to_service).collect(),
        networks: from.networks.iter().map(to_resource).collect(),
        volumes: from.volumes.iter().map(to_resource).collect(),
    }
}

fn to_service(from: &stack::Service) -> wit::Service {
    wit::Service {
        name: from.name.clone(),
        tier: from.tier.clone(),
        image: from.image.clone(),
        replicas: from.replicas,
        container_names: from.container_names.clone(),
        depends_on: from
            .depends_on
            .iter()
            .map(|dependency| wit::Dependency {
                service: dependency.service.clone(),
                condition: match dependency.condition {
                    stack::Condition::Started => wit::Condition::Started,
                    stack::Condition::Healthy => wit::Condition::Healthy,
                    stack::Condition::Completed => wit::Condition::Completed,
                },
                required: dependency.required,
                restart: dependency.restart,
            })
            .collect(),
        networks: from.networks.clone(),
        volumes: from.volumes.clone(),
        labels: to_labels(&from.labels),
        has_health_check: from.has_health_check,
        config_hash: from.config_hash.clone(),
        reload: from.reload.clone(),
        definition: from.definition.to_string(),
    }
}

fn to_resource(from: &stack::Resource) -> wit::Resource {
    wit::Resource {
        key: from.key.clone(),
        name: from.name.clone(),
        external: from.external,
        create_external: from.create_external,
        definition: from.definition.to_string(),
    }
}

pub(crate) fn to_observed(from: &Observed) -> wit::Observed {
    wit::Observed {
        engine_version: from.engine_version.clone(),
        containers: from.containers.iter().map(to_container).collect(),
        networks: from
            .networks
            .iter()
            .map(|network| wit::ObservedNetwork {
                name: network.name.clone(),
                driver: network.driver.clone(),
                subnets: network.subnets.clone(),
                project: network.project.clone(),
                addresses: to_labels(&network.addresses),
                differences: network.differences.iter().map(to_change).collect(),
            })
            .collect(),
        volumes: from
            .volumes
            .iter()
            .map(|volume| wit::ObservedVolume {
                name: volume.name.clone(),
                differences: volume.differences.iter().map(to_change).collect(),
            })
            .collect(),
        images: from
            .images
            .iter()
            .map(|image| wit::ObservedImage {
                reference: image.reference.clone(),
                id: image.id.clone(),
                exposed_ports: image.exposed_ports.clone(),
                has_health_check: image.has_health_check,
                age: image.age.map(milliseconds),
            })
            .collect(),
        ports: from
            .ports
            .iter()
            .map(|port| wit::PortUse {
                port: port.port,
                protocol: port.protocol.clone(),
                address: port.address.clone(),
                container: port.container.clone(),
            })
            .collect(),
        paths: from
            .paths
            .iter()
            .map(|fact| wit::PathFact {
                path: fact.path.clone(),
                kind: match fact.kind {
                    observed::PathKind::Missing => wit::PathKind::Missing,
                    observed::PathKind::File => wit::PathKind::File,
                    observed::PathKind::Directory => wit::PathKind::Directory,
                    observed::PathKind::Special => wit::PathKind::Special,
                },
            })
            .collect(),
        files: from
            .files
            .iter()
            .map(|file| wit::GeneratedFile {
                path: file.path.clone(),
                content: file.content.clone(),
            })
            .collect(),
        texts: from
            .texts
            .iter()
            .map(|text| wit::TextFile {
                path: text.path.clone(),
                content: text.content.clone(),
            })
            .collect(),
        machine: wit::Machine {
            memory: from.machine.memory,
            cpus: from.machine.cpus,
            disk_free: from.machine.disk_free,
        },
    }
}

pub(crate) fn to_change(from: &Change) -> wit::Change {
    use wit::ChangeSubject as To;
    wit::Change {
        subject: match from.subject {
            Subject::Field => To::Field,
            Subject::Image => To::Image,
            Subject::File => To::File,
            Subject::ReplacedFile => To::ReplacedFile,
            Subject::Config => To::Config,
            Subject::Secret => To::Secret,
        },
        path: from.path.clone(),
        old: from.old.clone(),
        new: from.new.clone(),
    }
}

pub(crate) fn change(tally: &mut Tally, from: wit::Change) -> Change {
    use wit::ChangeSubject as From;
    Change {
        subject: match from.subject {
            From::Field => Subject::Field,
            From::Image => Subject::Image,
            From::File => Subject::File,
            From::ReplacedFile => Subject::ReplacedFile,
            From::Config => Subject::Config,
            From::Secret => Subject::Secret,
        },
        path: tally.text(from.path),
        old: tally.option(from.old),
        new: tally.option(from.new),
    }
}

fn to_container(from: &observed::Container) -> wit::Container {
    wit::Container {
        id: from.id.clone(),
        name: from.name.clone(),
        service: from.service.clone(),
        number: from.number,
        project: from.project.clone(),
        status: match from.status {
            observed::ContainerStatus::Created => wit::ContainerStatus::Created,
            observed::ContainerStatus::Running => wit::ContainerStatus::Running,
            observed::ContainerStatus::Paused => wit::ContainerStatus::Paused,
            observed::ContainerStatus::Restarting => wit::ContainerStatus::Restarting,
            observed::ContainerStatus::Exited => wit::ContainerStatus::Exited,
            observed::ContainerStatus::Dead => wit::ContainerStatus::Dead,
        },
        health: match from.health {
            observed::Health::None => wit::Health::None,
            observed::Health::Starting => wit::Health::Starting,
            observed::Health::Healthy => wit::Health::Healthy,
            observed::Health::Unhealthy => wit::Health::Unhealthy,
        },
        exit_code: from.exit_code,
        image: from.image.clone(),
        image_id: from.image_id.clone(),
        config_hash: from.config_hash.clone(),
        differences: from.differences.iter().map(to_change).collect(),
        addresses: to_labels(&from.addresses),
        created: from.created,
    }
}

pub(crate) fn family(tally: &mut Tally, from: wit::MetricFamily) -> MetricFamily {
    MetricFamily {
        name: tally.text(from.name),
        help: tally.text(from.help),
        unit: tally.text(from.unit),
        metric_type: match from.metric_type {
            wit::MetricType::Unknown => MetricType::Unknown,
            wit::MetricType::Gauge => MetricType::Gauge,
            wit::MetricType::Counter => MetricType::Counter,
            wit::MetricType::Histogram => MetricType::Histogram,
            wit::MetricType::Summary => MetricType::Summary,
            wit::MetricType::Info => MetricType::Info,
            wit::MetricType::Stateset => MetricType::Stateset,
        },
        samples: tally.list(from.samples, |tally, sample| Sample {
            name: tally.text(sample.name),
            labels: labels(tally, sample.labels),
            value: sample.value,
            time: sample.time,
        }),
    }
}

pub(crate) fn to_family(from: &MetricFamily) -> wit::MetricFamily {
    wit::MetricFamily {
        name: from.name.clone(),
        help: from.help.clone(),
        unit: from.unit.clone(),
        metric_type: match from.metric_type {
            MetricType::Unknown => wit::MetricType::Unknown,
            MetricType::Gauge => wit::MetricType::Gauge,
            MetricType::Counter => wit::MetricType::Counter,
            MetricType::Histogram => wit::MetricType::Histogram,
            MetricType::Summary => wit::MetricType::Summary,
            MetricType::Info => wit::MetricType::Info,
            MetricType::Stateset => wit::MetricType::Stateset,
        },
        samples: from
            .samples
            .iter()
            .map(|sample| wit::Sample {
                name: sample.name.clone(),
                labels: to_labels(&sample.labels),
                value: sample.value,
                time: sample.time,
            })
            .collect(),
    }
}
