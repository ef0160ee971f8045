//! The value of a secret is nowhere but on the wire.

use sinops_tests::{Folder, http, ran};

const VALUE: &str = "tr3s-secret-value-4711";

#[test]
fn not_in_logs_journal_json_or_files() {
    // A server that answers with what it was sent: the value must not come back either.
    let sink = http::Sink::start(vec![(
        "400 Bad Request",
        "",
        "you sent Bearer tr3s-secret-value-4711",
    )]);
    let origin = sink.origin();
    let folder = Folder::with_one_service(&format!(
        r#"
secrets:
  token: {{ env: HOOK_TOKEN, for: ["{origin}"] }}
pipelines:
  deploy: {{ notify: [notifier-webhook] }}
plugins:
  notifier-webhook:
    grants: {{ http: ["{origin}"], secrets: [token], private-addresses: true }}
    settings: {{ url: "{origin}/hook", bearer: {{ secret: token }} }}
"#
    ));
    let mut printed = String::new();
    for arguments in [
        vec!["-v", "run", "deploy", "--format", "json"],
        vec!["-vv", "run", "deploy"],
        vec!["run", "deploy", "--dry-run", "--format", "json"],
        vec!["plugin", "inspect", "notifier-webhook"],
        vec!["config"],
        vec!["-v", "down"],
    ] {
        let mut command = folder.command(&arguments);
        printed.push_str(&ran(command.env("HOOK_TOKEN", VALUE)).text());
    }
    let header = Some(format!("Bearer {VALUE}"));
    let sent = sink.requests();
    assert!(!sent.is_empty(), "{printed}");
    assert!(
        sent.iter()
            .all(|it| it.header("authorization").map(str::to_owned) == header),
        "{sent:#?}"
    );
    assert!(!printed.contains(VALUE), "{printed}");
    for (path, content) in folder.listing() {
        assert!(
            !String::from_utf8_lossy(&content).contains(VALUE),
            "{} holds it",
            path.display()
        );
    }
}
