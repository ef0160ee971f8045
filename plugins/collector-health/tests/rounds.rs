//! Rounds over targets against a double of the host, and TCP for real.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test fails by it"
)]

use collector_health::Health;
use serde_json::{Value, json};
use sinops_sdk::collector::{Collector, Reading, Target, Verdict};
use sinops_sdk::containers::{self, Output, State};
use sinops_sdk::testing::{Host, check_collector};
use sinops_sdk::{Error, http, read_settings};

fn target(name: &str, endpoints: &[&str]) -> Target {
    Target {
        name: name.to_owned(),
        container: Some(format!("id-{name}")),
        endpoints: endpoints.iter().map(|it| (*it).to_owned()).collect(),
        ..Target::default()
    }
}

fn state(running: bool, health: &str) -> State {
    State {
        running,
        health: health.to_owned(),
        health_output: String::new(),
        restarts: 2,
        exit_code: (!running).then_some(1),
    }
}

fn round(settings: Value, targets: &[Target]) -> Result<Reading, Error> {
    read_settings::<Health>(&settings.to_string())
        .map_err(Error::Settings)?
        .collect(targets, 0)
}

/// Name, verdict and output of the one check.
fn only(settings: Value, target: Target) -> (String, Verdict, String) {
    let reading = round(settings, &[target]).unwrap();
    assert_eq!(reading.checks.len(), 1);
    let check = &reading.checks[0];
    (check.name.clone(), check.verdict, check.output.clone())
}

#[test]
fn keeps_the_contract() {
    check_collector::<Health>(&json!({ "services": { "web": { "http": "/health", "port": 80 } } }));
}

#[test]
fn the_declared_check_is_run() {
    let host = Host::new();
    host.container("id-web", state(true, "unhealthy"));
    host.health(
        "id-web",
        Ok(Output {
            exit_code: 0,
            text: "ok\n".to_owned(),
        }),
    );
    assert_eq!(
        only(json!({}), target("web", &[])),
        ("command".into(), Verdict::Pass, "ok".into())
    );

    host.health("id-web", Err(containers::Error::Timeout));
    let (_, verdict, output) = only(json!({}), target("web", &[]));
    assert_eq!(
        (verdict, output.as_str()),
        (Verdict::Fail, "the check did not end in time")
    );
}

#[test]
fn without_a_check_the_engine_decides() {
    let host = Host::new();
    host.container("id-web", state(true, "none"));
    let (name, verdict, _) = only(json!({}), target("web", &[]));
    assert_eq!((name.as_str(), verdict), ("engine", Verdict::Pass));

    host.container("id-web", state(false, "none"));
    let (_, verdict, output) = only(json!({}), target("web", &[]));
    assert_eq!(verdict, Verdict::Fail);
    assert_eq!(
        output,
        "the container has ended with exit code 1 after 2 restarts"
    );
}

#[test]
fn a_service_without_a_container_fails() {
    let mut gone = target("web", &[]);
    gone.container = None;
    assert_eq!(
        only(json!({}), gone),
        (
            "engine".into(),
            Verdict::Fail,
            "there is no container".into()
        )
    );
    let _host = Host::new();
    assert_eq!(only(json!({}), target("web", &[])).1, Verdict::Fail);
}

#[test]
fn http_asks_where_the_host_reaches_the_port() {
    let host = Host::new();
    host.container("id-web", state(true, "none"));
    let settings = json!({ "services": { "web": { "http": "/health", "port": 80 } } });
    let web = || target("web", &["443=127.0.0.1:8443", "80/tcp=127.0.0.1:8080"]);
    host.reply(http::Response::new(200, "fine"));
    assert_eq!(
        only(settings.clone(), web()),
        (
            "http".into(),
            Verdict::Pass,
            "HTTP 200 from http://127.0.0.1:8080/health: fine".into()
        )
    );
    host.reply(http::Response::new(503, "busy"));
    assert_eq!(only(settings.clone(), web()).1, Verdict::Fail);
    assert_eq!(host.requests().len(), 2);

    let (_, verdict, output) = only(settings.clone(), target("web", &[]));
    assert_eq!(verdict, Verdict::Fail);
    assert!(
        output.contains("port 80 of the container is not published"),
        "{output}"
    );

    host.fail(http::Error::Denied("not granted".to_owned()));
    assert_eq!(
        round(settings, &[web()]),
        Err(Error::Denied("not granted".to_owned()))
    );
}

#[test]
fn tcp_connects_for_real() {
    let host = Host::new();
    host.container("id-db", state(true, "none"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let settings = json!({ "services": { "db": { "tcp": 5432 } } });
    let db = target("db", &[&format!("5432={address}")]);
    let (name, verdict, _) = only(settings.clone(), db.clone());
    assert_eq!((name.as_str(), verdict), ("tcp", Verdict::Pass));
    drop(listener);
    assert_eq!(only(settings, db).1, Verdict::Fail);
}

#[test]
fn a_command_of_the_settings_is_run_in_the_container() {
    let host = Host::new();
    host.container("id-db", state(true, "starting"));
    host.exec(
        "id-db",
        Ok(Output {
            exit_code: 2,
            text: "no".to_owned(),
        }),
    );
    let settings = json!({ "services": { "db": { "command": ["pg_isready", "-q"] } } });
    assert_eq!(
        only(settings, target("db", &[])),
        ("command".into(), Verdict::Pending, "exit code 2: no".into())
    );
    assert_eq!(
        host.commands(),
        [(
            "id-db".to_owned(),
            vec!["pg_isready".to_owned(), "-q".to_owned()]
        )]
    );
}

#[test]
fn a_missing_grant_ends_the_round_in_words() {
    let host = Host::new();
    host.container("id-web", state(true, "starting"));
    host.health(
        "id-web",
        Err(containers::Error::Denied("grant `health-check`".to_owned())),
    );
    assert_eq!(
        round(json!({}), &[target("web", &[])]),
        Err(Error::Denied("grant `health-check`".to_owned()))
    );
}

#[test]
fn one_failing_target_does_not_hide_the_others() {
    let host = Host::new();
    host.container("id-a", state(false, "none"));
    host.container("id-b", state(true, "healthy"));
    let reading = round(json!({}), &[target("a", &[]), target("b", &[])]).unwrap();
    let up = reading
        .families
        .iter()
        .find(|it| it.name == "sinops_service_up")
        .unwrap();
    let values: Vec<(&str, f64)> = up
        .samples
        .iter()
        .map(|it| (it.labels[0].value.as_str(), it.value))
        .collect();
    assert_eq!(values, [("a", 0.0), ("b", 1.0)]);
    let codes = reading
        .families
        .iter()
        .find(|it| it.name == "sinops_container_exit_code")
        .unwrap();
    assert_eq!(codes.samples.len(), 1);
}

#[test]
fn contradictory_settings_name_the_key() {
    let _host = Host::new();
    for (probe, part) in [
        (json!({}), "name one of"),
        (json!({ "tcp": 1, "http": "/" }), "only one of"),
        (json!({ "http": "/" }), "needs `port`"),
        (json!({ "http": "x", "port": 1 }), "starts with `/`"),
        (json!({ "tcp": 1, "port": 1 }), "`port` belongs to `http`"),
        (json!({ "command": [] }), "`command` is empty"),
    ] {
        let Err(Error::Settings(text)) = round(json!({ "services": { "web": probe } }), &[]) else {
            unreachable!("{probe} is accepted");
        };
        assert!(
            text.starts_with("settings.services.web: ") && text.contains(part),
            "{text}"
        );
    }
}
