use super::*;
use crate::action::Existing;
use crate::observed::Container;
use crate::stack::{Service, Tier};
use std::time::Duration;

fn stack() -> Stack {
    let service = |name: &str, tier: &str| Service {
        name: name.into(),
        tier: tier.into(),
        replicas: 1,
        container_names: vec![format!("p-{name}-1")],
        ..Default::default()
    };
    let tier = |name: &str, service: &str| Tier {
        name: name.into(),
        services: vec![service.into()],
        gate_timeout: Duration::from_secs(1),
    };
    Stack {
        project: "p".into(),
        services: vec![service("db", "data"), service("web", "apps")],
        tiers: vec![tier("data", "db"), tier("apps", "web")],
        ..Default::default()
    }
}

fn action(id: &str, operation: Operation, tier: &str, after: &[&str]) -> Action {
    Action {
        id: id.into(),
        operation,
        service: None,
        tier: (!tier.is_empty()).then(|| tier.into()),
        changes: Vec::new(),
        cause: String::new(),
        after: after.iter().map(|&id| id.into()).collect(),
    }
}

fn create(service: &str) -> Operation {
    Operation::CreateContainer {
        service: service.into(),
        number: 1,
    }
}

fn start(service: &str) -> Operation {
    Operation::StartContainer {
        service: service.into(),
        number: 1,
    }
}

fn gate(service: &str) -> Operation {
    Operation::Gate {
        services: vec![service.into()],
        timeout: Duration::from_secs(1),
    }
}

fn assembled(goal: Goal, actions: Vec<Action>) -> Result<Plan, Vec<Refusal>> {
    let proposal = Proposal {
        actions,
        problems: vec![],
    };
    assemble(
        &stack(),
        &Observed::default(),
        goal,
        vec![("step".into(), proposal)],
    )
}

fn text(plan: &Plan) -> Vec<String> {
    plan.actions
        .iter()
        .map(|it| format!("{} <- {:?}", it.action.id, it.waits_for))
        .collect()
}

#[test]
fn a_tier_starts_after_the_gate_of_the_one_before_but_is_created_at_once() {
    let plan = assembled(
        Goal::Up,
        vec![
            action("s2", start("web"), "apps", &["c2"]),
            action("c2", create("web"), "apps", &[]),
            action("c1", create("db"), "data", &[]),
            action("s1", start("db"), "data", &["c1"]),
            action("g1", gate("db"), "data", &["s1"]),
        ],
    )
    .unwrap();
    assert_eq!(
        text(&plan),
        [
            "c2 <- []",
            "c1 <- []",
            "s1 <- [1]",
            "g1 <- [2]",
            "s2 <- [0, 3]"
        ],
        "{plan:#?}"
    );
}

#[test]
fn down_turns_the_tiers_round() {
    let mut observed = Observed::default();
    let mut take_down = |id: &str, tier: &str| {
        observed.containers.push(Container {
            id: id.into(),
            project: Some("p".into()),
            ..Default::default()
        });
        let container = Existing {
            id: id.into(),
            name: id.into(),
        };
        let stop = Operation::StopContainer {
            container: container.clone(),
            grace: None,
        };
        let remove = Operation::RemoveContainer { container };
        let stopped = format!("stop-{id}");
        [
            action(&stopped, stop, tier, &[]),
            action(id, remove, tier, &[&stopped]),
        ]
    };
    let actions = [take_down("db", "data"), take_down("web", "apps")].concat();
    let proposal = Proposal {
        actions,
        problems: vec![],
    };
    let plan = assemble(
        &stack(),
        &observed,
        Goal::Down,
        vec![("s".into(), proposal)],
    )
    .unwrap();
    // What has stopped may be removed whenever it suits.
    assert_eq!(
        text(&plan),
        [
            "stop-web <- []",
            "stop-db <- [0]",
            "db <- [1]",
            "web <- [0]"
        ]
    );
}

#[test]
fn refused() {
    let foreign = Existing {
        id: "x".into(),
        name: "x".into(),
    };
    let file = |path: &str| Operation::WriteFile {
        path: path.into(),
        content: String::new(),
    };
    for (case, part) in [
        (
            vec![action("a", create("nope"), "", &[])],
            "no service `nope`",
        ),
        (
            vec![action("a", create("db"), "nope", &[])],
            "no tier `nope`",
        ),
        (vec![action("a", create("db"), "", &["b"])], "not proposed"),
        (
            vec![
                action("a", create("db"), "", &[]),
                action("a", create("web"), "", &[]),
            ],
            "this id",
        ),
        (
            vec![
                action("a", create("db"), "", &["b"]),
                action("b", create("web"), "", &["a"]),
            ],
            "for itself",
        ),
        (
            vec![action(
                "a",
                Operation::RemoveContainer { container: foreign },
                "",
                &[],
            )],
            "no container",
        ),
        (vec![action("a", file("../x"), "", &[])], "relative path"),
        (vec![action("a", file("/etc/x"), "", &[])], "relative path"),
        (vec![action("a", file(""), "", &[])], "relative path"),
        (
            vec![action(
                "a",
                Operation::EnsureNetwork { key: "n".into() },
                "",
                &[],
            )],
            "declares the network",
        ),
        (
            vec![action(
                "a",
                Operation::RemoveNetwork { name: "n".into() },
                "",
                &[],
            )],
            "does not belong",
        ),
    ] {
        let refusals = assembled(Goal::Up, case).unwrap_err();
        assert!(refusals[0].reason.contains(part), "{refusals:?}");
    }
}

#[test]
fn a_container_of_another_project_is_never_touched() {
    let mut observed = Observed::default();
    observed.containers.push(Container {
        id: "x".into(),
        project: Some("q".into()),
        ..Default::default()
    });
    let container = Existing {
        id: "x".into(),
        name: "x".into(),
    };
    let actions = vec![action(
        "a",
        Operation::StopContainer {
            container,
            grace: None,
        },
        "",
        &[],
    )];
    let proposal = Proposal {
        actions,
        problems: vec![],
    };
    let refusals =
        assemble(&stack(), &observed, Goal::Up, vec![("s".into(), proposal)]).unwrap_err();
    assert!(refusals[0].reason.contains("does not belong"));
}

#[test]
fn ten_thousand_actions_are_ordered() {
    let actions = (0..10_000)
        .map(|n| {
            let after: Vec<String> = (n > 0).then(|| format!("{}", n - 1)).into_iter().collect();
            let after: Vec<&str> = after.iter().map(String::as_str).collect();
            action(&n.to_string(), create("db"), "", &after)
        })
        .collect();
    assert_eq!(assembled(Goal::Up, actions).unwrap().actions.len(), 10_000);
}
