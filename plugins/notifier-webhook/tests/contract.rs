//! The plugin against a double of the host.

use notifier_webhook::Webhook;
use serde_json::{Value, json};
use sinops_sdk::notifier::{Notification, Notifier, Status};
use sinops_sdk::testing::{Host, NotifierCase, check_notifier};
use sinops_sdk::{http, read_settings, types};

#[test]
fn keeps_the_contract() {
    check_notifier::<Webhook>(&NotifierCase {
        settings: json!({ "url": "https://example.org/hook" }),
        success: Some(http::Response::new(204, "")),
    });
}

#[test]
fn secrets_are_named_and_never_held() {
    let host = Host::new();
    host.reply(http::Response::new(200, "ok"));
    let settings = json!({
        "url": { "secret": "HOOK" },
        "bearer": { "secret": "TOKEN" },
        "headers": { "x-team": "ops", "x-key": { "secret": "KEY" } },
    });
    let webhook: Webhook = read_settings(&settings.to_string()).unwrap();
    webhook
        .notify(&Notification {
            id: "7".to_owned(),
            status: Status::Failed,
            severity: types::Severity::Critical,
            title: "deploy of shop failed".to_owned(),
            body: "gate of tier data".to_owned(),
            fields: vec![types::label("tier", "data")],
            project: "shop".to_owned(),
            time: 1_700_000_000_000,
        })
        .unwrap();

    let requests = host.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", "https://HOOK.secret.invalid/")
    );
    for (name, value) in [
        ("authorization", "Bearer {{secret:TOKEN}}"),
        ("x-team", "ops"),
        ("x-key", "{{secret:KEY}}"),
    ] {
        assert!(
            request
                .headers
                .contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        json!({
            "version": 1, "id": "7", "status": "failed", "severity": "critical",
            "project": "shop", "title": "deploy of shop failed", "body": "gate of tier data",
            "fields": { "tier": "data" }, "time": "2023-11-14T22:13:20Z",
        })
    );
}
