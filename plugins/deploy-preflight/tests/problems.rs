//! Each problem from the smallest stack that has it, and a clean stack from
//! which nothing is said.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test fails by it"
)]

use deploy_preflight::Preflight;
use serde_json::{Value, json};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::{Action, DeployStep, File, Goal, Operation, Planning, Proposal};
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::{
    Container, Machine, ObservedImage, ObservedNetwork, PathFact, PathKind, PortUse, Resource,
    Service, label,
};

/// A stack with one service `web` on the network `net`, everything in place.
fn clean(definition: Value) -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    planning.stack.project_directory = "/srv/shop".to_owned();
    add(&mut planning, "web", definition);
    planning.stack.networks = vec![Resource {
        key: "net".to_owned(),
        name: "shop_net".to_owned(),
        definition: json!({ "ipam": { "config": [{ "subnet": "10.5.0.0/24" }] } }).to_string(),
        ..Resource::default()
    }];
    planning.observed.networks = vec![ObservedNetwork {
        name: "shop_net".to_owned(),
        subnets: vec!["10.5.0.0/24".to_owned()],
        project: Some("shop".to_owned()),
        ..ObservedNetwork::default()
    }];
    planning
}

fn add(planning: &mut Planning, name: &str, definition: Value) {
    planning.stack.services.push(Service {
        name: name.to_owned(),
        image: Some(format!("{name}:1")),
        container_names: vec![name.to_owned()],
        definition: definition.to_string(),
        ..Service::default()
    });
    planning.observed.images.push(ObservedImage {
        reference: format!("{name}:1"),
        ..ObservedImage::default()
    });
}

fn plan(planning: &Planning) -> Proposal {
    Preflight::default().plan(planning).unwrap()
}

/// The one problem: severity, message, path.
#[track_caller]
fn only_problem(planning: &Planning) -> (Severity, String, String) {
    let problems = plan(planning).problems;
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let problem = &problems[0];
    assert!(problem.hint.is_some(), "{problem:?} has no hint");
    (
        problem.severity,
        problem.message.clone(),
        problem.path.join("."),
    )
}

#[track_caller]
fn assert_critical(planning: &Planning, part: &str, path: &str) {
    let (severity, message, at) = only_problem(planning);
    assert_eq!(
        (severity, at.as_str()),
        (Severity::Critical, path),
        "{message}"
    );
    assert!(message.contains(part), "{message}");
}

fn container(name: &str, project: Option<&str>, service: Option<&str>) -> Container {
    Container {
        id: format!("id-{name}"),
        name: name.to_owned(),
        project: project.map(str::to_owned),
        service: service.map(str::to_owned),
        ..Container::default()
    }
}

#[test]
fn keeps_the_contract() {
    check_deploy_step::<Preflight>(&json!({}));
}

#[test]
fn a_clean_stack_needs_nothing() {
    let planning = clean(json!({
        "ports": [{ "target": 80, "published": "8080", "protocol": "tcp" }],
        "networks": { "net": { "ipv4_address": "10.5.0.9" } },
        "healthcheck": { "test": ["CMD", "curl", "-f", "http://localhost:80/health"] },
    }));
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn down_needs_nothing() {
    let mut planning = clean(json!({}));
    planning.observed.images.clear();
    planning.goal = Goal::Down;
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn what_is_missing_is_made() {
    let mut planning = clean(json!({}));
    add(&mut planning, "api", json!({}));
    planning.observed = Default::default();
    planning.stack.volumes = vec![Resource {
        key: "data".to_owned(),
        name: "shop_data".to_owned(),
        ..Resource::default()
    }];
    planning.stack.services[1].image = Some("web:1".to_owned());
    let ids: Vec<(String, String)> = plan(&planning)
        .actions
        .into_iter()
        .map(|action| (action.id, action.cause))
        .collect();
    assert_eq!(
        ids,
        [
            (
                "network:net".to_owned(),
                "there is no such network yet".to_owned()
            ),
            (
                "volume:data".to_owned(),
                "there is no such volume yet".to_owned()
            ),
            (
                "pull:web:1".to_owned(),
                "not on the engine; used by web, api".to_owned()
            ),
        ]
    );
}

#[test]
fn an_external_network_is_made_only_where_it_is_allowed() {
    let mut planning = clean(json!({}));
    planning.observed.networks.clear();
    planning.stack.networks[0].external = true;
    assert_critical(
        &planning,
        "the external network `shop_net` does not exist",
        "networks.net",
    );
    planning.stack.networks[0].create_external = true;
    let proposal = plan(&planning);
    assert!(proposal.problems.is_empty());
    assert_eq!(
        proposal.actions[0].operation,
        Operation::EnsureNetwork("net".to_owned())
    );
}

#[test]
fn an_external_volume_is_never_made() {
    let mut planning = clean(json!({}));
    planning.stack.volumes = vec![Resource {
        key: "data".to_owned(),
        name: "data".to_owned(),
        external: true,
        ..Resource::default()
    }];
    assert_critical(
        &planning,
        "the external volume `data` does not exist",
        "volumes.data",
    );
}

#[test]
fn images_that_cannot_be_pulled_are_named() {
    let mut planning = clean(json!({ "pull_policy": "never" }));
    planning.observed.images.clear();
    assert_critical(
        &planning,
        "`pull_policy: never`",
        "services.web.pull_policy",
    );

    let mut planning = clean(json!({}));
    planning.stack.services[0].image = None;
    assert_critical(&planning, "names no image", "services.web");

    let planning = clean(json!({ "pull_policy": "sometimes" }));
    assert_critical(&planning, "`sometimes`", "services.web.pull_policy");
}

#[test]
fn images_are_pulled_or_built_as_their_policies_say() {
    let build = json!({ "context": "/srv/shop/web" });
    let day = 24 * 60 * 60 * 1000;
    for (definition, here, expected) in [
        (json!({}), true, None),
        (
            json!({}),
            false,
            Some("pull:web:1 not on the engine; used by web"),
        ),
        (
            json!({ "pull_policy": "always" }),
            true,
            Some("pull:web:1 pull_policy: always; used by web"),
        ),
        (json!({ "pull_policy": "weekly" }), true, None),
        (
            json!({ "pull_policy": "every_12h" }),
            true,
            Some("pull:web:1 pull_policy: every_12h, and it is older than that; used by web"),
        ),
        (json!({ "build": build }), true, None),
        (
            json!({ "build": build }),
            false,
            Some("build:web not on the engine"),
        ),
        (
            json!({ "build": build, "pull_policy": "build" }),
            true,
            Some("build:web to be built anew"),
        ),
        (
            json!({ "build": build, "pull_policy": "never" }),
            false,
            Some("build:web not on the engine"),
        ),
    ] {
        let mut planning = clean(definition.clone());
        if here {
            planning.observed.images[0].age = Some(day);
        } else {
            planning.observed.images.clear();
        }
        let actions: Vec<String> = plan(&planning)
            .actions
            .into_iter()
            .map(|action| format!("{} {}", action.id, action.cause))
            .collect();
        assert_eq!(
            actions.first().map(String::as_str),
            expected,
            "{definition}"
        );
        assert!(actions.len() < 2, "{actions:?}");
    }
}

#[test]
fn an_image_that_another_service_builds_is_not_pulled() {
    let mut planning = clean(json!({ "build": { "context": "/srv/shop/web" } }));
    add(&mut planning, "worker", json!({}));
    planning.stack.services[1].image = Some("web:1".to_owned());
    planning.observed.images.clear();
    let ids: Vec<String> = plan(&planning)
        .actions
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(ids, ["build:web"]);
}

#[test]
fn mounts_that_are_missing() {
    let mount = |source: &str, target: &str, create: bool| {
        let mut planning = clean(json!({ "volumes": [
            { "type": "volume", "source": "data", "target": "/data" },
            { "type": "bind", "source": source, "target": target, "bind": { "create_host_path": create } },
        ] }));
        planning.observed.paths = vec![PathFact {
            path: source.to_owned(),
            kind: PathKind::Missing,
        }];
        planning
    };
    let mut planning = mount(
        "/srv/shop/init.sql",
        "/docker-entrypoint-initdb.d/init.sql",
        true,
    );
    assert_critical(
        &planning,
        "`./init.sql` is mounted",
        "services.web.volumes.1",
    );
    assert!(
        plan(&planning).problems[0]
            .message
            .contains("the engine would silently make a folder of that name")
    );
    planning.observed.paths[0].kind = PathKind::File;
    assert_eq!(plan(&planning), Proposal::default());
    planning.observed.paths[0].kind = PathKind::Directory;
    assert_eq!(only_problem(&planning).0, Severity::Warning);

    assert_critical(
        &mount("/srv/shop/data", "/data", false),
        "create_host_path",
        "services.web.volumes.1",
    );
    assert_eq!(
        only_problem(&mount("/srv/shop/data", "/data", true)).0,
        Severity::Info
    );
    let mut without_options = mount("/srv/shop/data", "/data", false);
    let definition = json!({ "volumes": [
        { "type": "bind", "source": "/srv/shop/data", "target": "/data" },
    ] });
    without_options.stack.services[0].definition = definition.to_string();
    assert_eq!(only_problem(&without_options).0, Severity::Info);

    for source in [
        "/srv/shop/.sinops/generated/prometheus/prometheus.yml",
        "/srv/shop/.sinops/generated/prometheus",
    ] {
        let mut planning = mount(source, "/etc/prometheus/prometheus.yml", true);
        planning.stack.output_directory = "/srv/shop/.sinops/generated".to_owned();
        planning.proposed = vec![Action::new(
            "write",
            Operation::WriteFile(File {
                path: "prometheus/prometheus.yml".to_owned(),
                content: String::new(),
            }),
            "new",
        )];
        assert_eq!(plan(&planning), Proposal::default(), "{source}");
    }
}

#[test]
fn a_mount_below_a_read_only_one_needs_its_place() {
    let mut planning = clean(json!({ "volumes": [
        { "type": "bind", "source": "/srv/shop/conf", "target": "/etc/app", "read_only": true },
        { "type": "bind", "source": "/srv/shop/tls", "target": "/etc/app/tls" },
        { "type": "tmpfs", "target": "/etc/app/tls/cache" },
    ] }));
    let fact = |path: &str, kind| PathFact {
        path: path.to_owned(),
        kind,
    };
    planning.observed.paths = vec![
        fact("/srv/shop/conf", PathKind::Directory),
        fact("/srv/shop/tls", PathKind::Directory),
        fact("/srv/shop/conf/tls", PathKind::Missing),
        // Inside of what can be written to: the engine makes it.
        fact("/srv/shop/tls/cache", PathKind::Missing),
    ];
    assert_critical(
        &planning,
        "`./conf/tls` does not exist",
        "services.web.volumes.1",
    );
    planning.observed.paths[2].kind = PathKind::Directory;
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn a_machine_that_is_too_small() {
    let machine = Machine {
        memory: Some(4 << 30),
        cpus: Some(2),
        disk_free: Some(1 << 40),
    };
    let on_machine = |definition: Value| {
        let mut planning = clean(definition);
        planning.observed.machine = machine;
        planning
    };
    for (definition, path) in [
        (
            json!({ "deploy": { "resources": { "limits": { "cpus": 2.5 } } } }),
            "services.web.deploy.resources.limits.cpus",
        ),
        (json!({ "cpus": "3" }), "services.web.cpus"),
    ] {
        assert_critical(&on_machine(definition), "the machine has 2", path);
    }
    let limit = |memory: &str| json!({ "deploy": { "resources": { "limits": { "cpus": 2, "memory": memory } } } });
    let mut planning = on_machine(limit("1073741824"));
    assert_eq!(plan(&planning), Proposal::default());
    planning.stack.services[0].replicas = 4;
    planning.stack.services[0].container_names = (1..5).map(|it| format!("web-{it}")).collect();
    assert_eq!(plan(&planning), Proposal::default());
    add(&mut planning, "db", json!({ "mem_limit": "536870912" }));
    let (severity, message, path) = only_problem(&planning);
    assert_eq!(
        (severity, path.as_str()),
        (Severity::Warning, "services.web")
    );
    assert!(
        message.contains("limits of the stack add up to 4.5 GiB, but the machine has 4 GiB"),
        "{message}"
    );
    planning.observed.machine.memory = None;
    assert_eq!(plan(&planning), Proposal::default());

    let mut planning = on_machine(json!({ "mem_reservation": "8589934592" }));
    assert_eq!(only_problem(&planning).0, Severity::Warning);

    planning = on_machine(json!({}));
    planning.observed.machine.disk_free = Some(10 << 20);
    assert_eq!(plan(&planning), Proposal::default(), "nothing is pulled");
    planning.observed.images.clear();
    let (severity, message, _) = only_problem(&planning);
    assert_eq!(severity, Severity::Critical, "{message}");
    assert!(message.contains("only 10 MiB left"), "{message}");
    planning.observed.machine.disk_free = Some(512 << 20);
    assert_eq!(only_problem(&planning).0, Severity::Warning);
}

#[test]
fn ports_that_are_taken() {
    let ports = json!({ "ports": [{ "target": 80, "published": "8080", "protocol": "tcp" }] });
    let used = |container: Option<&str>, address: &str| PortUse {
        port: 8080,
        protocol: "tcp".to_owned(),
        address: address.to_owned(),
        container: container.map(str::to_owned),
    };
    let mut planning = clean(ports.clone());
    planning.observed.ports = vec![used(None, "0.0.0.0")];
    assert_critical(
        &planning,
        "8080/tcp, which is taken by another program",
        "services.web.ports.0",
    );
    planning.observed.ports = vec![used(None, "0.0.0.0"), used(Some("other-web"), "0.0.0.0")];
    assert_critical(
        &planning,
        "taken by the container `other-web`",
        "services.web.ports.0",
    );

    planning.observed.containers = vec![container("web", Some("shop"), Some("web"))];
    planning.observed.ports = vec![used(None, "0.0.0.0"), used(Some("web"), "0.0.0.0")];
    assert_eq!(plan(&planning), Proposal::default());

    add(&mut planning, "api", ports.clone());
    assert_critical(
        &planning,
        "published by both `web` and `api`",
        "services.api.ports.0",
    );

    let mut planning = clean(ports);
    planning.stack.services[0].replicas = 2;
    planning.stack.services[0].container_names =
        vec!["shop-web-1".to_owned(), "shop-web-2".to_owned()];
    assert_critical(&planning, "only one can publish", "services.web.ports.0");

    let bound = json!({ "ports": [{ "target": 80, "published": "8080", "protocol": "tcp", "host_ip": "127.0.0.1" }] });
    let mut planning = clean(bound);
    planning.observed.ports = vec![used(None, "10.0.0.1")];
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn networks_that_overlap() {
    let mut planning = clean(json!({}));
    planning.observed.networks[0].name = "other".to_owned();
    planning.observed.networks[0].subnets = vec!["10.0.0.0/8".to_owned()];
    assert_critical(
        &planning,
        "overlaps with 10.0.0.0/8 of the network `other`",
        "networks.net.ipam",
    );

    planning.observed.networks[0].name = "shop_net".to_owned();
    planning.stack.networks[0].external = true;
    assert_eq!(only_problem(&planning).0, Severity::Warning);
}

#[test]
fn addresses_that_cannot_be_had() {
    let address = |ip: &str| clean(json!({ "networks": { "net": { "ipv4_address": ip } } }));
    let path = "services.web.networks.net.ipv4_address";
    assert_critical(&address("10.6.0.9"), "outside the subnet 10.5.0.0/24", path);
    assert_critical(&address("10.5.0.1"), "is the gateway", path);
    assert_critical(&address("10.5.0"), "is no address", path);

    let mut planning = address("10.5.0.9");
    planning.observed.networks[0].addresses = vec![label("other", "10.5.0.9")];
    assert_critical(&planning, "held by the container `other`", path);
    planning.observed.networks[0].addresses = vec![label("web", "10.5.0.9")];
    planning.observed.containers = vec![container("web", Some("shop"), Some("web"))];
    assert_eq!(plan(&planning), Proposal::default());

    add(
        &mut planning,
        "api",
        json!({ "networks": { "net": { "ipv4_address": "10.5.0.9" } } }),
    );
    let problems = plan(&planning).problems;
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0]
            .message
            .contains("given to both `web` and `api`"),
        "{problems:?}"
    );

    let mut planning = address("10.5.0.9");
    planning.observed.networks.clear();
    planning.stack.networks[0].definition = "{}".to_owned();
    assert_critical(&planning, "has no subnet of its own", path);
}

#[test]
fn names_that_are_held() {
    let mut planning = clean(json!({}));
    planning.observed.containers = vec![container("web", Some("other"), Some("web"))];
    assert_critical(
        &planning,
        "held by a container of the project `other`",
        "services.web.container_name",
    );
    planning.observed.containers = vec![container("web", None, None)];
    assert_critical(
        &planning,
        "held by a container of no project",
        "services.web.container_name",
    );
    planning.observed.containers = vec![container("web", Some("shop"), Some("web"))];
    assert_eq!(plan(&planning), Proposal::default());

    add(&mut planning, "api", json!({}));
    planning.stack.services[1].container_names = vec!["web".to_owned()];
    assert_critical(
        &planning,
        "`web` and `api` have the same container name",
        "services.api.container_name",
    );

    let mut planning = clean(json!({}));
    planning.stack.services[0].replicas = 2;
    planning.stack.services[0].container_names = vec!["web".to_owned(); 2];
    assert_critical(
        &planning,
        "cannot share the container name",
        "services.web.container_name",
    );
}

#[test]
fn health_checks_that_ask_the_wrong_port() {
    let check = |definition: Value| {
        let mut definition = definition;
        definition["healthcheck"] =
            json!({ "test": ["CMD", "curl", "-f", "http://localhost:80/health"] });
        clean(definition)
    };
    let ports = json!({ "ports": [{ "target": 8000, "published": "8000", "protocol": "tcp" }] });
    let (severity, message, path) = only_problem(&check(ports.clone()));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(
        message,
        "health check asks port 80, but the service publishes 8000"
    );
    assert_eq!(path, "services.web.healthcheck.test");

    for right in [
        json!({}),
        json!({ "ports": [{ "target": 80, "published": "8050" }] }),
        json!({ "ports": [{ "target": 8000 }], "expose": ["80"] }),
        json!({ "ports": [{ "target": 8000 }], "environment": { "LISTEN": "0.0.0.0:80" } }),
        json!({ "ports": [{ "target": 8000 }], "command": ["serve", "--port=80"] }),
    ] {
        assert_eq!(plan(&check(right.clone())), Proposal::default(), "{right}");
    }
    let mut planning = check(ports);
    planning.observed.images[0].exposed_ports = vec!["80/tcp".to_owned()];
    assert_eq!(plan(&planning), Proposal::default());
}

#[test]
fn the_process_engine_needs_neither_images_nor_networks() {
    let mut planning = clean(json!({ "ports": [{ "target": 80, "published": "8080" }] }));
    planning.stack.engine = "process".to_owned();
    planning.observed = Default::default();
    assert_eq!(plan(&planning), Proposal::default());
}
