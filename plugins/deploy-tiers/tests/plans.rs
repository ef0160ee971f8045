//! Whole plans as text: one line per action, `id <- what it waits for`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by it"
)]

use deploy_tiers::Tiers;
use serde_json::json;
use sinops_sdk::deploy_step::{DeployStep, Goal, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{
    Condition, Container, ContainerStatus, Dependency, Health, ObservedNetwork, Resource, Service,
    Stack, Tier,
};

fn service(name: &str, tier: &str, depends_on: &[(&str, Condition)]) -> Service {
    Service {
        name: name.to_owned(),
        tier: tier.to_owned(),
        image: Some(format!("{name}:1")),
        container_names: vec![name.to_owned()],
        config_hash: format!("{name}-hash"),
        depends_on: depends_on
            .iter()
            .map(|(service, condition)| Dependency {
                service: (*service).to_owned(),
                condition: *condition,
                required: true,
                restart: false,
            })
            .collect(),
        ..Service::default()
    }
}

fn running(name: &str) -> Container {
    Container {
        id: format!("id-{name}"),
        name: name.to_owned(),
        service: Some(name.to_owned()),
        project: Some("shop".to_owned()),
        config_hash: Some(format!("{name}-hash")),
        image: format!("{name}:1"),
        health: Health::Healthy,
        ..Container::default()
    }
}

fn planning(services: Vec<Service>, containers: Vec<Container>) -> Planning {
    let mut tiers: Vec<Tier> = Vec::new();
    for service in &services {
        match tiers.iter_mut().find(|tier| tier.name == service.tier) {
            Some(tier) => tier.services.push(service.name.clone()),
            None => tiers.push(Tier {
                name: service.tier.clone(),
                services: vec![service.name.clone()],
                ..Tier::default()
            }),
        }
    }
    let mut planning = Planning {
        stack: Stack {
            project: "shop".to_owned(),
            tiers,
            services,
            ..Stack::default()
        },
        ..Planning::default()
    };
    planning.observed.containers = containers;
    planning
}

fn shop() -> Vec<Service> {
    vec![
        service("db", "data", &[]),
        service("migrate", "app", &[("db", Condition::Healthy)]),
        service(
            "web",
            "app",
            &[
                ("migrate", Condition::Completed),
                ("db", Condition::Started),
            ],
        ),
    ]
}

fn up(planning: &Planning) -> Proposal {
    Tiers::default().plan(planning).unwrap()
}

fn lines(proposal: &Proposal) -> Vec<String> {
    proposal
        .actions
        .iter()
        .map(|action| {
            if action.after.is_empty() {
                action.id.clone()
            } else {
                format!("{} <- {}", action.id, action.after.join(" "))
            }
        })
        .collect()
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Tiers>(&json!({ "remove-orphans": true }));
}

#[test]
fn from_nothing_creates_do_not_wait_and_starts_do() {
    let proposal = up(&planning(shop(), Vec::new()));
    assert_eq!(
        lines(&proposal),
        [
            "create:db:1",
            "start:db:1 <- create:db:1",
            "gate:data <- start:db:1",
            "create:migrate:1",
            "create:web:1",
            "start:migrate:1 <- create:migrate:1",
            "gate:app:migrate <- start:migrate:1",
            "start:web:1 <- create:web:1 gate:app:migrate",
            "gate:app <- start:migrate:1 start:web:1 gate:app:migrate",
        ]
    );
    assert!(
        proposal
            .actions
            .iter()
            .all(|action| !action.cause.is_empty())
    );
}

#[test]
fn nothing_to_do_is_no_action_at_all() {
    let mut migrated = running("migrate");
    migrated.status = ContainerStatus::Exited;
    migrated.exit_code = Some(0);
    let proposal = up(&planning(
        shop(),
        vec![running("db"), migrated, running("web")],
    ));
    assert_eq!(proposal, Proposal::default());
}

#[test]
fn an_unhealthy_service_has_its_tier_gated() {
    let mut db = running("db");
    db.health = Health::Unhealthy;
    let mut migrated = running("migrate");
    migrated.status = ContainerStatus::Exited;
    migrated.exit_code = Some(0);
    let proposal = up(&planning(shop(), vec![db, migrated, running("web")]));
    assert_eq!(lines(&proposal), ["gate:data"]);
    assert_eq!(proposal.actions[0].cause, "`db` runs but is unhealthy");
}

#[test]
fn a_changed_service_keeps_its_old_container_until_all_gates() {
    let mut old = running("db");
    old.config_hash = Some("other".to_owned());
    let mut migrated = running("migrate");
    migrated.status = ContainerStatus::Exited;
    migrated.exit_code = Some(3);
    let mut services = shop();
    let containers = vec![old, migrated, running("web")];
    let db = services.iter_mut().find(|it| it.name == "db").unwrap();
    db.definition = json!({ "ports": [{ "target": 5432, "published": "5432" }] }).to_string();
    let proposal = up(&planning(services, containers.clone()));
    assert_eq!(
        lines(&proposal),
        [
            "rename:db:1",
            "create:db:1 <- rename:db:1",
            "stop:db:1 <- create:db:1",
            "start:db:1 <- create:db:1 stop:db:1",
            "gate:data <- start:db:1",
            "start:migrate:1",
            "gate:app <- start:migrate:1",
            "remove:db.previous <- gate:data gate:app",
        ]
    );
    let Operation::RenameContainer(rename) = &proposal.actions[0].operation else {
        panic!("{:?}", proposal.actions[0]);
    };
    assert_eq!(rename.name, "db.previous");
    let remove = proposal.actions.last().unwrap();
    assert_eq!(
        (remove.tier.as_deref(), remove.cause.as_str()),
        (None, "its successor is healthy")
    );
    assert_eq!(
        proposal.actions[0].cause,
        "configuration changed; stop-first: it publishes the host port 5432"
    );

    // Where nothing is in the way, the old one serves until all is healthy.
    let proposal = up(&planning(shop(), containers));
    assert_eq!(
        lines(&proposal),
        [
            "rename:db:1",
            "create:db:1 <- rename:db:1",
            "start:db:1 <- create:db:1",
            "gate:data <- start:db:1",
            "start:migrate:1",
            "gate:app <- start:migrate:1",
            "stop:db.previous <- gate:data gate:app",
            "remove:db.previous <- stop:db.previous",
        ]
    );
}

#[test]
fn a_leftover_is_adopted_or_removed() {
    let mut aside = running("db");
    aside.id = "id-old".to_owned();
    aside.name = "db.previous".to_owned();
    aside.status = ContainerStatus::Exited;
    let one = || vec![service("db", "data", &[])];

    let back = up(&planning(one(), vec![aside.clone()]));
    assert_eq!(
        lines(&back),
        [
            "rename:db:1",
            "start:db:1 <- rename:db:1",
            "gate:data <- start:db:1"
        ]
    );

    aside.config_hash = Some("older".to_owned());
    let gone = up(&planning(one(), vec![running("db"), aside.clone()]));
    assert_eq!(lines(&gone), ["remove:db.previous"]);

    let mut unfinished = running("db");
    unfinished.config_hash = Some("middle".to_owned());
    let replaced = up(&planning(one(), vec![unfinished, aside]));
    assert_eq!(
        lines(&replaced),
        [
            "remove-unfinished:db:1",
            "create:db:1 <- remove-unfinished:db:1",
            "start:db:1 <- remove-unfinished:db:1 create:db:1",
            "gate:data <- start:db:1",
            "remove:db.previous <- gate:data",
        ]
    );
}

#[test]
fn surplus_replicas_go_and_orphans_only_on_request() {
    let mut second = running("db");
    second.id = "id-db-2".to_owned();
    second.name = "shop-db-2".to_owned();
    second.number = 2;
    let planning = planning(
        vec![service("db", "data", &[])],
        vec![running("db"), second, running("cron")],
    );
    let proposal = up(&planning);
    assert_eq!(
        lines(&proposal),
        ["stop:shop-db-2", "remove:shop-db-2 <- stop:shop-db-2"]
    );
    assert!(proposal.problems[0].message.ends_with("declared: cron"));

    let proposal = Tiers {
        remove_orphans: true,
    }
    .plan(&planning)
    .unwrap();
    assert!(lines(&proposal).contains(&"remove:cron <- stop:cron".to_owned()));
    assert!(proposal.problems.is_empty());
}

#[test]
fn only_named_services_and_what_they_need() {
    let mut planning = planning(
        vec![
            service("db", "data", &[]),
            service("web", "app", &[("db", Condition::Started)]),
            service("mail", "app", &[]),
        ],
        vec![running("cron")],
    );
    planning.only = vec!["web".to_owned()];
    let proposal = up(&planning);
    assert!(proposal.problems.is_empty());
    assert!(lines(&proposal).iter().all(|line| !line.contains("mail")));
    assert!(lines(&proposal).contains(&"create:db:1".to_owned()));
}

#[test]
fn other_projects_are_left_alone() {
    let mut foreign = running("db");
    foreign.project = Some("other".to_owned());
    let proposal = up(&planning(vec![service("db", "data", &[])], vec![foreign]));
    assert_eq!(lines(&proposal)[0], "create:db:1");
    assert_eq!(proposal.actions.len(), 3);
}

#[test]
fn down_goes_the_other_way_and_keeps_volumes_and_external_networks() {
    let mut planning = planning(
        shop(),
        vec![
            running("db"),
            running("migrate"),
            running("web"),
            running("cron"),
        ],
    );
    planning.goal = Goal::Down;
    for (key, external) in [("default", false), ("shared", true)] {
        planning.stack.networks.push(Resource {
            key: key.to_owned(),
            name: format!("shop_{key}"),
            external,
            ..Resource::default()
        });
        planning.observed.networks.push(ObservedNetwork {
            name: format!("shop_{key}"),
            project: Some("shop".to_owned()),
            ..ObservedNetwork::default()
        });
    }
    let proposal = up(&planning);
    assert_eq!(
        lines(&proposal),
        [
            "stop:web",
            "remove:web <- stop:web",
            "stop:migrate <- stop:web",
            "remove:migrate <- stop:migrate",
            "stop:db <- stop:migrate stop:web",
            "remove:db <- stop:db",
            "remove-network:default <- stop:web remove:web stop:migrate remove:migrate stop:db remove:db",
        ]
    );
    assert_eq!(proposal.problems.len(), 1, "{:?}", proposal.problems);
}

/// `app` runs beside `db` and depends on it in a way that a test chooses.
fn with_db_changed(app: impl FnOnce(&mut Service)) -> Planning {
    let mut services = vec![
        service("db", "data", &[]),
        service("app", "data", &[("db", Condition::Healthy)]),
    ];
    app(&mut services[1]);
    let mut db = running("db");
    db.config_hash = Some("other".to_owned());
    planning(services, vec![db, running("app")])
}

#[test]
fn restart_true_starts_dependents_again_once_the_new_one_is_ready() {
    let plain = up(&with_db_changed(|_| {}));
    let touched = |proposal: &Proposal| {
        let mut actions = proposal.actions.iter();
        actions.any(|it| it.service.as_deref() == Some("app"))
    };
    assert!(!touched(&plain), "{:?}", lines(&plain));

    let proposal = up(&with_db_changed(|app| app.depends_on[0].restart = true));
    let lines = lines(&proposal);
    for expected in [
        // Started again anyway: nothing is won by old and new at once.
        "stop:db:1 <- create:db:1",
        "gate:data:db <- start:db:1",
        "stop:app:1 <- gate:data:db",
        "start:app:1 <- stop:app:1 gate:data:db",
    ] {
        assert!(
            lines.iter().any(|it| it == expected),
            "{expected}: {lines:#?}"
        );
    }
    let stop = proposal.actions.iter().find(|it| it.id == "stop:app:1");
    assert_eq!(
        stop.unwrap().cause,
        "`db`, which it depends on with `restart: true`, gets another container"
    );
}

#[test]
fn what_lives_in_another_container_follows_it() {
    let sharing = |definition: serde_json::Value| {
        up(&with_db_changed(|app| {
            app.definition = definition.to_string();
            app.depends_on[0].restart = true;
        }))
    };
    let first = "start-first: the old one serves meanwhile";
    for (definition, what, order) in [
        (
            json!({ "network_mode": "service:db" }),
            "network",
            "stop-first: it shares the network of another container",
        ),
        (json!({ "ipc": "service:db" }), "shared memory", first),
        (json!({ "pid": "service:db" }), "processes", first),
        (json!({ "volumes_from": ["db:ro"] }), "volumes", first),
    ] {
        let proposal = sharing(definition);
        let create = proposal.actions.iter().find(|it| it.id == "create:app:1");
        assert_eq!(
            create.unwrap().cause,
            format!("`db`, whose {what} it shares, gets another container; {order}")
        );
    }
}

#[test]
fn a_restarted_owner_of_a_network_has_its_sharers_started_again() {
    let mut planning = with_db_changed(|app| {
        app.definition = json!({ "network_mode": "service:db" }).to_string();
        app.depends_on[0].restart = true;
    });
    let db = &mut planning.observed.containers[0];
    db.config_hash = Some("db-hash".to_owned());
    db.status = ContainerStatus::Exited;
    let lines = lines(&up(&planning));
    assert!(lines.iter().any(|it| it == "start:db:1"), "{lines:#?}");
    assert!(
        lines
            .iter()
            .any(|it| it.starts_with("start:app:1 <- stop:app:1")),
        "{lines:#?}"
    );
}
