//! The plugin against a double of the host.

use notifier_ntfy::Ntfy;
use serde_json::{Value, json};
use sinops_sdk::notifier::{Notification, Notifier, Status};
use sinops_sdk::testing::{Host, NotifierCase, check_notifier};
use sinops_sdk::{Severity, http, read_settings};

#[test]
fn keeps_the_contract() {
    check_notifier::<Ntfy>(&NotifierCase {
        settings: json!({ "server": "https://ntfy.sh", "topic": "ops" }),
        success: Some(http::Response::new(200, r#"{"id":"x","event":"message"}"#)),
    });
}

#[test]
fn bad_news_is_loud_and_good_news_is_not() {
    for (status, severity, priority) in [
        (Status::Failed, Severity::Critical, 5),
        (Status::Firing, Severity::Warning, 3),
        (Status::Resolved, Severity::Critical, 3),
    ] {
        let host = Host::new();
        host.reply(http::Response::new(200, "{}"));
        let settings = json!({
            "server": "https://ntfy.example.org",
            "topic": "ops",
            "token": { "secret": "NTFY_TOKEN" },
        });
        let ntfy: Ntfy = read_settings(&settings.to_string()).unwrap();
        ntfy.notify(&Notification {
            status,
            severity,
            title: "gate failed".to_owned(),
            project: "shop".to_owned(),
            ..Notification::default()
        })
        .unwrap();
        let request = host.requests().remove(0);
        assert_eq!(request.url, "https://ntfy.example.org");
        assert!(request.headers.contains(&(
            "authorization".to_owned(),
            "Bearer {{secret:NTFY_TOKEN}}".to_owned()
        )));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["title"], "shop: gate failed");
        assert_eq!(body["priority"], priority);
    }
}
