//! Networks and volumes that are not as declared: what is proposed, and who is in the way.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by it"
)]

use deploy_preflight::Preflight;
use serde_json::json;
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::{DeployStep, Planning, Proposal};
use sinops_sdk::types::{
    Change, ChangeSubject, Condition, Container, ContainerStatus, Dependency, ObservedImage,
    ObservedNetwork, ObservedVolume, Resource, Service, label,
};

fn change(path: &str) -> Change {
    Change {
        subject: ChangeSubject::Field,
        path: path.to_owned(),
        old: None,
        new: Some("true".to_owned()),
    }
}

/// `web` depends on `db`, both run in the network, which is not as declared.
fn planning() -> Planning {
    let mut planning = Planning::default();
    planning.stack.project = "shop".to_owned();
    for name in ["db", "web"] {
        planning.stack.services.push(Service {
            name: name.to_owned(),
            image: Some("demo:1".to_owned()),
            container_names: vec![format!("shop-{name}-1")],
            ..Service::default()
        });
        planning.observed.containers.push(Container {
            id: format!("id-{name}"),
            name: format!("shop-{name}-1"),
            service: Some(name.to_owned()),
            project: Some("shop".to_owned()),
            addresses: vec![label("shop_net", "10.5.0.2")],
            ..Container::default()
        });
    }
    planning.stack.services[1].depends_on = vec![Dependency {
        service: "db".to_owned(),
        condition: Condition::Started,
        required: true,
        restart: false,
    }];
    planning.observed.images = vec![ObservedImage {
        reference: "demo:1".to_owned(),
        ..ObservedImage::default()
    }];
    planning.stack.networks = vec![Resource {
        key: "net".to_owned(),
        name: "shop_net".to_owned(),
        definition: json!({ "internal": true, "ipam": {} }).to_string(),
        ..Resource::default()
    }];
    planning.observed.networks = vec![ObservedNetwork {
        name: "shop_net".to_owned(),
        project: Some("shop".to_owned()),
        addresses: vec![
            label("shop-db-1", "10.5.0.2"),
            label("shop-web-1", "10.5.0.2"),
        ],
        differences: vec![change("internal")],
        ..ObservedNetwork::default()
    }];
    planning
}

fn plan(planning: &Planning) -> Proposal {
    Preflight::default().plan(planning).unwrap()
}

fn actions(planning: &Planning) -> Vec<String> {
    let actions = plan(planning).actions.into_iter();
    actions
        .map(|action| format!("{} after {}", action.id, action.after.join(",")))
        .collect()
}

#[test]
fn all_stop_dependents_first_before_it_is_made_anew() {
    let planning = planning();
    assert_eq!(
        actions(&planning),
        [
            "stop:shop-db-1 after stop:shop-web-1",
            "stop:shop-web-1 after ",
            "remove-network:net after stop:shop-db-1,stop:shop-web-1",
            "network:net after remove-network:net",
        ]
    );
    assert_eq!(plan(&planning).problems, []);
}

#[test]
fn what_is_as_declared_or_does_not_run_is_left_alone() {
    let mut right = planning();
    right.observed.networks[0].differences.clear();
    assert_eq!(plan(&right), Proposal::default());

    let mut stopped = planning();
    for container in &mut stopped.observed.containers {
        container.status = ContainerStatus::Exited;
    }
    assert_eq!(
        actions(&stopped),
        [
            "remove-network:net after ",
            "network:net after remove-network:net"
        ]
    );
}

#[test]
fn whoever_would_be_cut_off_is_named_and_nothing_is_done() {
    let mut stranger = planning();
    stranger.observed.networks[0]
        .addresses
        .push(label("proxy", "10.5.0.7"));
    let mut partly = planning();
    partly.only = vec!["db".to_owned()];
    let mut orphan = planning();
    orphan.observed.containers[1].service = Some("old".to_owned());
    for (planning, name) in [
        (stranger, "`proxy`"),
        (partly, "`shop-web-1`"),
        (orphan, "`shop-web-1`"),
    ] {
        let proposal = plan(&planning);
        assert_eq!(proposal.actions, []);
        let [problem] = proposal.problems.as_slice() else {
            unreachable!("one problem: {:?}", proposal.problems)
        };
        assert_eq!(problem.severity, Severity::Critical);
        assert!(problem.message.contains(name), "{}", problem.message);
        assert!(problem.hint.is_some());
    }
}

#[test]
fn what_is_somebody_elses_or_holds_data_is_only_told() {
    let mut foreign = planning();
    foreign.observed.networks[0].project = None;
    let mut volume = planning();
    volume.observed.networks[0].differences.clear();
    volume.stack.volumes = vec![Resource {
        key: "data".to_owned(),
        name: "shop_data".to_owned(),
        ..Resource::default()
    }];
    volume.observed.volumes = vec![ObservedVolume {
        name: "shop_data".to_owned(),
        differences: vec![change("driver_opts.o")],
    }];
    for (planning, words) in [
        (foreign, "was not made by sinops"),
        (volume, "stays as it is"),
    ] {
        let proposal = plan(&planning);
        assert_eq!(proposal.actions, []);
        assert_eq!(proposal.problems.len(), 1, "{:?}", proposal.problems);
        assert_eq!(proposal.problems[0].severity, Severity::Warning);
        assert!(proposal.problems[0].message.contains(words));
    }
}
