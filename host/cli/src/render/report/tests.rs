use super::*;
use sinops_core::action::{Action, Existing};
use sinops_core::plan::PlannedAction;
use sinops_runtime::run::TierTime;

fn report(result: RunResult) -> Report {
    Report {
        run: "20261123-130000".into(),
        project: "shop".into(),
        pipeline: "deploy".into(),
        result,
        changed: Vec::new(),
        tiers: vec![TierTime {
            tier: "data".into(),
            took_ms: 3_240,
        }],
        took: Duration::from_millis(5_150),
        failure: None,
        undone: Vec::new(),
        left: Vec::new(),
        answers: vec![("web".into(), "http://127.0.0.1:8080".into())],
        journal: ".sinops/runs/20261123-130000.jsonl".into(),
    }
}

fn plan(actions: Vec<(Operation, Option<&str>)>) -> Plan {
    let actions = actions
        .into_iter()
        .enumerate()
        .map(|(index, (operation, service))| PlannedAction {
            step: "deploy-tiers".into(),
            action: Action {
                id: index.to_string(),
                operation,
                service: service.map(str::to_owned),
                tier: None,
                cause: String::new(),
                changes: Vec::new(),
                after: Vec::new(),
            },
            waits_for: Vec::new(),
            undo: "",
        })
        .collect();
    Plan {
        project: "shop".into(),
        goal: Goal::Up,
        tiers: vec!["data".into()],
        actions,
        problems: Vec::new(),
    }
}

fn create(service: &str) -> (Operation, Option<&str>) {
    (
        Operation::CreateContainer {
            service: service.into(),
            number: 1,
        },
        Some(service),
    )
}

#[test]
fn a_success_says_what_changed_how_long_and_where() {
    let old = Existing {
        id: "1".into(),
        name: "shop-web-1".into(),
    };
    let plan = plan(vec![
        (
            Operation::EnsureNetwork {
                key: "default".into(),
            },
            None,
        ),
        create("db"),
        create("web"),
        (Operation::RemoveContainer { container: old }, Some("web")),
    ]);
    let changed = HashSet::from([0, 1, 2, 3]);
    assert_eq!(
        summary(
            &report(RunResult::Succeeded),
            &plan,
            &changed,
            &[],
            Page::plain()
        ),
        "\
✓ shop is up after 5.2s

what changed
  created   network default, db
  replaced  web

how long each tier took
  data  3.2s

where it answers
  web  http://127.0.0.1:8080"
    );
}

#[test]
fn a_failed_gate_shows_check_output_logs_and_undo() {
    let mut report = report(RunResult::Failed);
    report.failure = Some(Failure {
        what: "gate".into(),
        service: None,
        tier: Some("apps".into()),
        message: "1 service is not healthy".into(),
        gates: vec![GateFailure {
            service: "api".into(),
            check: "command".into(),
            asked: "curl -f http://localhost:80/health".into(),
            output: "curl: (7) Failed to connect to localhost port 80\n".into(),
            reason: "not healthy within 2m".into(),
            logs: vec!["listening on 8000".into(), "\u{1b}[31mred\u{1b}[0m".into()],
        }],
        ..Failure::default()
    });
    report.undone = vec!["remove container shop-api-1".into()];
    assert_eq!(
        failure(&report, Goal::Up, Page::plain()),
        "\
✗ deploy of shop failed after 5.2s

  tier apps, 1 service did not become healthy

  api
    why     not healthy within 2m
    check   command: curl -f http://localhost:80/health
    output  curl: (7) Failed to connect to localhost port 80
    last 2 log lines
    │ listening on 8000
    │ \\u{1b}[31mred\\u{1b}[0m

  undone: remove container shop-api-1
  journal: .sinops/runs/20261123-130000.jsonl"
    );
}

#[test]
fn a_run_that_was_stopped_at_once_says_how_to_go_on() {
    let down = failure(&report(RunResult::Failed), Goal::Down, Page::plain());
    assert!(down.starts_with("✗ down of shop failed"), "{down}");
    let shown = failure(&report(RunResult::Aborted), Goal::Up, Page::plain());
    assert!(shown.contains("was stopped at once"), "{shown}");
    assert!(shown.contains("run the same command again"), "{shown}");
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
}
