//! The plugin against a double of the host.

use notifier_slack::Slack;
use serde_json::{Value, json};
use sinops_sdk::notifier::{Notification, Notifier};
use sinops_sdk::testing::{Host, NotifierCase, check_notifier};
use sinops_sdk::{http, read_settings};

#[test]
fn keeps_the_contract() {
    check_notifier::<Slack>(&NotifierCase {
        settings: json!({ "url": { "secret": "SLACK_WEBHOOK" }, "mention": "<!channel>" }),
        success: Some(http::Response::new(200, "ok")),
    });
}

#[test]
fn the_url_is_never_plain_text() {
    let error =
        read_settings::<Slack>(r#"{"url":"https://hooks.slack.com/services/T/B/x"}"#).unwrap_err();
    assert!(error.starts_with("settings.url: "), "{error}");
    assert!(
        !error.contains("services/T/B/x") || error.contains("invalid type"),
        "{error}"
    );

    let host = Host::new();
    host.reply(http::Response::new(200, "ok"));
    let slack: Slack = read_settings(r#"{"url":{"secret":"SLACK_WEBHOOK"}}"#).unwrap();
    slack.notify(&Notification::default()).unwrap();
    let requests = host.requests();
    assert_eq!(requests[0].url, "https://SLACK_WEBHOOK.secret.invalid/");
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert!(
        body["text"].is_string() && body["attachments"].is_array(),
        "{body}"
    );
}
