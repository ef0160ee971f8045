//! Notifiers tell how a deploy ended: webhook, Slack, e-mail, and one of a third party.

use sinops_tests::{Folder, component, http, mail};

/// One process service, and a pipeline that tells these notifiers.
fn stack(settings: &str, notify: &str) -> Folder {
    Folder::with_one_service(&format!(
        "pipelines: {{ deploy: {{ notify: [{notify}] }} }}\n{settings}"
    ))
}

/// Deploys, then takes down.
fn deployed(folder: &Folder, environment: &[(&str, &str)], code: i32) -> sinops_tests::Ran {
    let mut command = folder.command(&["run", "deploy"]);
    let ran = sinops_tests::ran(command.envs(environment.iter().copied())).expect(code);
    let _ = folder.sinops(&["down"]);
    ran
}

#[test]
fn webhook_with_a_secret_in_a_header() {
    let sink = http::Sink::start(vec![("200 OK", "", "")]);
    let origin = sink.origin();
    let folder = stack(
        &format!(
            r#"
secrets:
  token: {{ env: HOOK_TOKEN, for: ["{origin}"] }}
plugins:
  notifier-webhook:
    grants: {{ http: ["{origin}"], secrets: [token], private-addresses: true }}
    settings: {{ url: "{origin}/hook", bearer: {{ secret: token }} }}
"#
        ),
        "notifier-webhook",
    );
    deployed(&folder, &[("HOOK_TOKEN", "s3cret-value")], 0);
    deployed(
        &folder,
        &[("HOOK_TOKEN", "s3cret-value"), ("FAIL", "health")],
        1,
    );
    let requests = sink.requests();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    assert_eq!(requests[0].line, "POST /hook");
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer s3cret-value")
    );
    assert!(
        requests[0].body.contains("succeeded"),
        "{}",
        requests[0].body
    );
    assert!(
        requests[1].body.contains("failed") && requests[1].body.contains("web"),
        "{}",
        requests[1].body
    );
}

#[test]
fn slack_whose_whole_address_is_a_secret() {
    let sink = http::Sink::start(vec![
        ("429 Too Many Requests", "retry-after: 1\r\n", ""),
        ("200 OK", "", "ok"),
    ]);
    let origin = sink.origin();
    let folder = stack(
        &format!(
            r#"
secrets:
  slack: {{ env: SLACK_URL, for: ["{origin}"] }}
plugins:
  notifier-slack:
    grants: {{ http: ["{origin}"], secrets: [slack], private-addresses: true }}
    settings: {{ url: {{ secret: slack }} }}
"#
        ),
        "notifier-slack",
    );
    deployed(
        &folder,
        &[("SLACK_URL", &format!("{origin}/services/T0/B0/secretpath"))],
        0,
    );
    let requests = sink.requests();
    assert_eq!(requests.len(), 2, "retried after 429: {requests:#?}");
    assert_eq!(requests[1].line, "POST /services/T0/B0/secretpath");
    let body: serde_json::Value = serde_json::from_str(&requests[1].body).unwrap();
    assert!(body["attachments"][0]["blocks"].is_array(), "{body}");
}

#[test]
fn mail_goes_through_the_relay() {
    let Some(sink) = mail::Sink::start() else {
        return;
    };
    let folder = stack(
        &format!(
            r#"
mail: {{ relay: "127.0.0.1:{}", from: sinops@example.org, security: none }}
plugins:
  notifier-email:
    grants: {{ mail: [example.com] }}
    settings: {{ to: [ops@example.com] }}
"#,
            sink.port()
        ),
        "notifier-email",
    );
    deployed(&folder, &[], 0);
    let messages = sink.messages();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    assert_eq!(messages[0]["from"], "sinops@example.org");
    assert_eq!(messages[0]["to"], serde_json::json!(["ops@example.com"]));
}

#[test]
fn mail_without_starttls_is_refused_unless_told_otherwise() {
    let Some(sink) = mail::Sink::start() else {
        return;
    };
    let folder = stack(
        &format!(
            "mail: {{ relay: \"127.0.0.1:{}\", from: sinops@example.org }}\nplugins:\n  notifier-email:\n    grants: {{ mail: [example.com] }}\n    settings: {{ to: [ops@example.com] }}\n",
            sink.port()
        ),
        "notifier-email",
    );
    deployed(&folder, &[], 0).says(&["notifier-email", "STARTTLS"]);
    assert!(sink.messages().is_empty());
}

#[test]
fn a_notifier_of_a_third_party_through_source() {
    let file = component("examples/notifier-ntfy");
    assert!(
        file.is_file(),
        "{} is not built: run `cargo xtask test`",
        file.display()
    );
    let sink = http::Sink::start(vec![("200 OK", "", "{\"id\":\"x\"}")]);
    let origin = sink.origin();
    let plugin = |grants: &str| {
        format!(
            "plugins:\n  phone:\n    source: {}\n    grants: {grants}\n    settings: {{ server: \"{origin}\", topic: deploys }}\n",
            file.display()
        )
    };
    let granted = format!("{{ http: [\"{origin}\"], private-addresses: true }}");
    deployed(&stack(&plugin(&granted), "phone"), &[], 0);
    assert_eq!(sink.requests().len(), 1, "{:#?}", sink.requests());
    // The same without the grant: nothing is sent, and the line to add is named.
    deployed(&stack(&plugin("{}"), "phone"), &[], 0).says(&["phone", "http", &origin]);
    assert_eq!(sink.requests().len(), 1);
}
