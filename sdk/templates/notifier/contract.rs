//! The plugin against a double of the host.

use plugin_crate::PluginType;
use serde_json::json;
use sinops_sdk::notifier::{Notification, Notifier};
use sinops_sdk::testing::{Host, NotifierCase, check_notifier};
use sinops_sdk::{http, read_settings};

#[test]
fn keeps_the_contract() {
    check_notifier::<PluginType>(&NotifierCase {
        settings: json!({ "url": "https://example.org/hook" }),
        success: Some(http::Response::new(200, "")),
    });
}

#[test]
fn posts_the_title() {
    let host = Host::new();
    host.reply(http::Response::new(200, ""));
    let plugin: PluginType = read_settings(r#"{ "url": { "secret": "HOOK" } }"#).unwrap();
    let notification = Notification {
        title: "disk full".to_owned(),
        ..Notification::default()
    };
    plugin.notify(&notification).unwrap();
    assert_eq!(host.requests()[0].body, b"firing: disk full");
}
