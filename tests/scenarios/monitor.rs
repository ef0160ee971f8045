//! `run monitor`: collect, judge, tell.

use sinops_tests::{Folder, Running, http, ran};
use std::process::Stdio;

fn stack(origin: &str) -> Folder {
    Folder::with_one_service(&format!(
        r#"
plugins:
  notifier-webhook:
    grants: {{ http: ["{origin}"], private-addresses: true }}
    settings: {{ url: "{origin}/hook" }}
monitor:
  interval: 1s
  evaluators:
    - plugin: evaluator-threshold
      rules:
        - {{ name: ServiceDown, metric: sinops_service_up, op: "<", value: 1, severity: critical, summary: "a service is down" }}
  notify: [notifier-webhook]
"#
    ))
}

#[test]
fn once_tells_of_what_is_down() {
    let sink = http::Sink::start(vec![("200 OK", "", "")]);
    let folder = stack(&sink.origin());
    folder
        .sinops(&["run", "monitor", "--once"])
        .says(&["ServiceDown"]);
    let requests = sink.requests();
    assert_eq!(requests.len(), 1, "{requests:#?}");
    assert!(requests[0].body.contains("firing"), "{}", requests[0].body);
}

#[test]
fn tells_when_it_begins_and_when_it_ends() {
    let sink = http::Sink::start(vec![("200 OK", "", "")]);
    let folder = stack(&sink.origin());
    let mut command = folder.command(&["run", "monitor"]);
    let monitor = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let told = |word: &'static str| {
        http::until(word, || {
            sink.requests()
                .iter()
                .any(|it| it.body.contains(word))
                .then_some(())
        });
    };
    told("firing");
    ran(&mut folder.command(&["run", "deploy"])).expect(0);
    told("resolved");
    assert_eq!(
        sink.requests().len(),
        2,
        "told once each: {:#?}",
        sink.requests()
    );
    let ended = monitor.interrupt();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    folder.sinops(&["down"]).expect(0);
}
