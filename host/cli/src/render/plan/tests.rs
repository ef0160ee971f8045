use super::*;
use sinops_core::action::Existing;
use sinops_core::stack::Tier;
use std::time::Duration;

fn action(operation: Operation, service: Option<&str>, tier: Option<&str>, cause: &str) -> Action {
    Action {
        id: cause.to_owned(),
        operation,
        service: service.map(str::to_owned),
        tier: tier.map(str::to_owned),
        cause: cause.to_owned(),
        changes: Vec::new(),
        after: Vec::new(),
    }
}

fn create(service: &str, tier: &str, cause: &str) -> Action {
    let operation = Operation::CreateContainer {
        service: service.into(),
        number: 1,
    };
    action(operation, Some(service), Some(tier), cause)
}

fn start(service: &str, tier: &str, cause: &str) -> Action {
    let operation = Operation::StartContainer {
        service: service.into(),
        number: 1,
    };
    action(operation, Some(service), Some(tier), cause)
}

fn gate(tier: &str, services: &[&str]) -> Action {
    let services = services.iter().map(|&service| service.to_owned()).collect();
    let operation = Operation::Gate {
        services,
        timeout: Duration::from_secs(120),
    };
    action(
        operation,
        None,
        Some(tier),
        "the tier is healthy before the next one starts",
    )
}

fn stack() -> Stack {
    let tier = |name: &str, services: &[&str]| Tier {
        name: name.into(),
        services: services.iter().map(|&service| service.to_owned()).collect(),
        gate_timeout: Duration::from_secs(120),
    };
    Stack {
        tiers: vec![tier("data", &["db"]), tier("apps", &["web", "api"])],
        ..Stack::default()
    }
}

fn rendered(actions: &[Action], page: Page) -> String {
    tree(&actions.iter().collect::<Vec<_>>(), &stack(), page)
}

#[test]
fn a_first_deploy() {
    let actions = [
        action(
            Operation::EnsureNetwork {
                key: "default".into(),
            },
            None,
            None,
            "not there yet",
        ),
        create("db", "data", "no container yet"),
        start("db", "data", "no container yet"),
        gate("data", &["db"]),
        create("web", "apps", "no container yet"),
        create("api", "apps", "no container yet"),
        start("web", "apps", "no container yet"),
        start("api", "apps", "no container yet"),
        gate("apps", &["web", "api"]),
    ];
    assert_eq!(
        rendered(&actions, Page::plain()),
        "\
before the tiers
└─ + network default  create  not there yet

tier 1 of 2: data (1 service)
├─ + db    create, start  no container yet
└─ ? gate  wait           1 service within 2m: the tier is healthy before the
                          next one starts

tier 2 of 2: apps (2 services)
├─ + web   create, start  no container yet
├─ + api   create, start  no container yet
└─ ? gate  wait           2 services within 2m: the tier is healthy before the
                          next one starts"
    );
}

#[test]
fn a_changed_service_is_set_aside_and_made_anew() {
    let old = || Existing {
        id: "1".into(),
        name: "p-web-1".into(),
    };
    let cause = "image changed: web:1 -> web:2";
    let actions = [
        action(
            Operation::RenameContainer {
                container: old(),
                name: "p-web-1-old".into(),
            },
            Some("web"),
            Some("apps"),
            cause,
        ),
        create("web", "apps", cause),
        start("web", "apps", cause),
        action(
            Operation::RemoveContainer { container: old() },
            Some("web"),
            Some("apps"),
            "its successor is healthy",
        ),
    ];
    assert_eq!(
        rendered(&actions, Page::plain()),
        "\
tier 2 of 2: apps (2 services)
├─ ~ web  set aside, create, start  image changed: web:1 -> web:2
└─ -      remove                    its successor is healthy"
    );
}

#[test]
fn a_long_cause_keeps_within_the_page() {
    let cause = "environment.DATABASE_URL changed, environment.LOG_LEVEL is new, \
                 command changed: [serve] -> [serve --workers 4]";
    for width in [40, 60, 80] {
        let page = Page {
            width,
            ..Page::plain()
        };
        let shown = rendered(
            &[create("api", "apps", cause), gate("apps", &["api"])],
            page,
        );
        assert!(
            shown.lines().all(|line| line.chars().count() <= width),
            "{width}:\n{shown}"
        );
        let words: Vec<&str> = shown
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        assert!(words.join(" ").contains(cause), "{shown}");
    }
}

#[test]
fn escape_sequences_of_a_plugin_are_not_obeyed() {
    let shown = rendered(&[create("web", "apps", "\u{1b}[2Jgone")], Page::plain());
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn what_differs_stands_under_the_action() {
    use sinops_core::change::{Change, Subject};
    let cause = "configuration changed";
    let mut both = [create("web", "apps", cause), start("web", "apps", cause)];
    let text = |text: &str| Some(text.to_owned());
    for action in &mut both {
        action.changes = vec![
            Change::new(Subject::Field, "ports", text("8080:80"), text("8081:80")),
            Change::new(
                Subject::Field,
                "environment.DB_PASSWORD",
                text("(hidden)"),
                text("(hidden)"),
            ),
            Change::new(Subject::File, "/srv/shop/nginx.conf", text("a"), text("b")),
        ];
    }
    let stack = Stack {
        project_directory: "/srv/shop".into(),
        ..stack()
    };
    let shown = tree(&both.iter().collect::<Vec<_>>(), &stack, Page::plain());
    assert_eq!(
        shown,
        "\
tier 2 of 2: apps (2 services)
└─ + web  create, start  configuration changed
       ports: 8080:80 -> 8081:80
       environment.DB_PASSWORD changed (hidden)
       file ./nginx.conf changed"
    );
}
