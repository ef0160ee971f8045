//! The services by tier: state, health, age, ports.

use crate::problem::printable;
use crate::render::table::Table;
use crate::render::text::age;
use crate::terminal::{Page, Paint};
use serde::Serialize;
use sinops_core::config::EngineKind;
use sinops_core::observed::{Container, ContainerStatus, Health, Observed};
use sinops_core::stack::{Service, Stack};
use std::time::Duration;

/// The whole picture; also the JSON document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Picture {
    project: String,
    engine: String,
    tiers: Vec<TierPicture>,
    /// Containers of the project that no compose file wants any more.
    orphans: Vec<Row>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct TierPicture {
    tier: String,
    containers: Vec<Row>,
}

/// One container, or the lack of one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    service: String,
    container: String,
    /// None: it is wanted, but not there.
    state: Option<ContainerStatus>,
    health: Health,
    exit_code: Option<i32>,
    age_seconds: Option<u64>,
    ports: Vec<String>,
    /// The container was made from another definition than the files have now.
    outdated: bool,
}

impl Picture {
    /// From one look; `now` in milliseconds since the epoch.
    pub(crate) fn new(stack: &Stack, observed: &Observed, now: u64) -> Self {
        let mine = |container: &&Container| container.project.as_ref() == Some(&stack.project);
        let containers: Vec<&Container> = observed.containers.iter().filter(mine).collect();
        // An engine that does not probe by itself knows nothing of health.
        let probes = stack.engine != EngineKind::Process.to_string();
        let row = |container: &Container, service: Option<&Service>| Row {
            service: container.service.clone().unwrap_or_default(),
            container: container.name.clone(),
            state: Some(container.status),
            health: if probes {
                container.health
            } else {
                Health::None
            },
            exit_code: container.exit_code,
            age_seconds: Some(now.saturating_sub(container.created) / 1000),
            ports: ports(container, observed),
            outdated: service.is_some_and(|service| {
                container
                    .config_hash
                    .as_ref()
                    .is_some_and(|hash| *hash != service.config_hash)
            }),
        };
        let of_service = |service: &Service| -> Vec<Row> {
            let there: Vec<&&Container> = containers
                .iter()
                .filter(|it| it.service.as_deref() == Some(service.name.as_str()))
                .collect();
            let missing = service
                .container_names
                .iter()
                .filter(|name| {
                    there.len() < service.container_names.len()
                        && !there.iter().any(|it| it.name == **name)
                })
                .map(|name| Row::missing(&service.name, name));
            there
                .iter()
                .map(|container| row(container, Some(service)))
                .chain(missing)
                .collect()
        };
        let tiers = stack
            .tiers
            .iter()
            .map(|tier| TierPicture {
                tier: tier.name.clone(),
                containers: tier
                    .services
                    .iter()
                    .filter_map(|name| stack.service(name))
                    .flat_map(of_service)
                    .collect(),
            })
            .collect();
        let wanted = |container: &Container| {
            container
                .service
                .as_deref()
                .is_some_and(|name| stack.service(name).is_some())
        };
        Self {
            project: stack.project.clone(),
            engine: observed.engine_version.clone(),
            tiers,
            orphans: containers
                .iter()
                .filter(|it| !wanted(it))
                .map(|it| row(it, None))
                .collect(),
        }
    }
}

impl Row {
    fn missing(service: &str, container: &str) -> Self {
        Self {
            service: service.to_owned(),
            container: container.to_owned(),
            state: None,
            health: Health::None,
            exit_code: None,
            age_seconds: None,
            ports: Vec::new(),
            outdated: false,
        }
    }

    fn is_up(&self) -> bool {
        self.state == Some(ContainerStatus::Running)
            && matches!(self.health, Health::None | Health::Healthy)
    }

    fn cells(&self, paint: Paint) -> [String; 5] {
        let state = match (self.state, self.exit_code) {
            (None, _) => paint.bad("missing"),
            (Some(ContainerStatus::Running), _) => paint.good("running"),
            (Some(ContainerStatus::Exited), Some(0)) => paint.quiet("exited (0)"),
            (Some(ContainerStatus::Exited), Some(code)) => paint.bad(&format!("exited ({code})")),
            (Some(ContainerStatus::Exited), None) => paint.bad("exited"),
            (Some(ContainerStatus::Created), _) => paint.notable("created"),
            (Some(ContainerStatus::Paused), _) => paint.notable("paused"),
            (Some(ContainerStatus::Restarting), _) => paint.bad("restarting"),
            (Some(ContainerStatus::Dead), _) => paint.bad("dead"),
        };
        let health = match self.health {
            Health::None => paint.quiet("-"),
            Health::Starting => paint.notable("starting"),
            Health::Healthy => paint.good("healthy"),
            Health::Unhealthy => paint.bad("unhealthy"),
        };
        let mut ports = self.ports.join(", ");
        if self.outdated {
            ports = format!("{ports} {}", paint.notable("(files changed since)"))
                .trim()
                .to_owned();
        }
        [
            printable(&self.service),
            state,
            health,
            self.age_seconds
                .map_or_else(String::new, |it| age(Duration::from_secs(it))),
            ports,
        ]
    }
}

/// Where the container is reached from outside.
fn ports(container: &Container, observed: &Observed) -> Vec<String> {
    let mut ports: Vec<String> = observed
        .ports
        .iter()
        .filter(|port| {
            port.container
                .as_ref()
                .is_some_and(|it| *it == container.name || *it == container.id)
        })
        .map(|port| {
            let address = match port.address.as_str() {
                "" | "0.0.0.0" | "::" => String::new(),
                address => format!("{address}:"),
            };
            let protocol = if port.protocol == "tcp" { "" } else { "/udp" };
            format!("{address}{}{protocol}", port.port)
        })
        .collect();
    ports.sort();
    ports.dedup();
    ports
}

/// The picture as text.
pub(crate) fn text(picture: &Picture, page: Page) -> String {
    let paint = page.paint;
    let head = ["service", "state", "health", "age", "ports"];
    let mut tables: Vec<(String, Table)> = Vec::new();
    let number = picture.tiers.len();
    let sections = picture
        .tiers
        .iter()
        .enumerate()
        .map(|(index, tier)| {
            let title = format!("tier {} of {number}: {}", index + 1, printable(&tier.tier));
            (title, &tier.containers)
        })
        .chain(Some((
            "not in the compose files".to_owned(),
            &picture.orphans,
        )))
        .filter(|(_, rows)| !rows.is_empty());
    for (title, rows) in sections {
        let mut table = Table::default();
        table.row(head.map(|it| paint.quiet(it)));
        for row in rows {
            table.row(row.cells(paint));
        }
        tables.push((title, table));
    }
    let mut widths: Vec<usize> = Vec::new();
    for (_, table) in &tables {
        for (index, width) in table.widths().into_iter().enumerate() {
            match widths.get_mut(index) {
                Some(known) => *known = width.max(*known),
                None => widths.push(width),
            }
        }
    }
    let mut out = vec![format!(
        "{} on {}",
        paint.strong(&printable(&picture.project)),
        printable(&picture.engine)
    )];
    for (title, table) in &tables {
        out.push(String::new());
        out.push(paint.strong(title));
        out.extend(table.lines_with(&widths, 2, page.width));
    }
    let rows: Vec<&Row> = picture
        .tiers
        .iter()
        .flat_map(|tier| &tier.containers)
        .collect();
    let up = rows.iter().filter(|row| row.is_up()).count();
    out.push(String::new());
    out.push(format!("{up} of {} up", rows.len()));
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_core::observed::PortUse;
    use sinops_core::stack::Tier;

    fn service(name: &str) -> Service {
        Service {
            name: name.into(),
            container_names: vec![format!("shop-{name}-1")],
            config_hash: "now".into(),
            ..Service::default()
        }
    }

    fn container(name: &str, status: ContainerStatus, health: Health) -> Container {
        Container {
            id: format!("id-{name}"),
            name: format!("shop-{name}-1"),
            service: Some(name.into()),
            number: 1,
            project: Some("shop".into()),
            status,
            health,
            config_hash: Some("now".into()),
            created: 1_000_000,
            ..Container::default()
        }
    }

    #[test]
    fn services_stand_by_tier_with_what_is_missing_or_left_over() {
        let tier = |name: &str, services: &[&str]| Tier {
            name: name.into(),
            services: services.iter().map(|&service| service.into()).collect(),
            gate_timeout: Duration::ZERO,
        };
        let stack = Stack {
            project: "shop".into(),
            tiers: vec![tier("data", &["db"]), tier("apps", &["web", "api"])],
            services: vec![service("db"), service("web"), service("api")],
            ..Stack::default()
        };
        let mut old = container("web", ContainerStatus::Running, Health::Starting);
        old.config_hash = Some("before".into());
        let observed = Observed {
            engine_version: "docker 20.10.24 (API 1.41)".into(),
            containers: vec![
                container("db", ContainerStatus::Running, Health::Healthy),
                old,
                container("worker", ContainerStatus::Exited, Health::None),
            ],
            ports: vec![PortUse {
                port: 5432,
                protocol: "tcp".into(),
                address: "127.0.0.1".into(),
                container: Some("shop-db-1".into()),
            }],
            ..Observed::default()
        };
        let picture = Picture::new(&stack, &observed, 181_000_000);
        assert_eq!(
            text(&picture, Page::plain()),
            "\
shop on docker 20.10.24 (API 1.41)

tier 1 of 2: data
  service  state    health    age    ports
  db       running  healthy   2d 2h  127.0.0.1:5432

tier 2 of 2: apps
  service  state    health    age    ports
  web      running  starting  2d 2h  (files changed since)
  api      missing  -

not in the compose files
  service  state    health    age    ports
  worker   exited   -         2d 2h

1 of 3 up"
        );
    }
}
