//! Mail: to granted domains, through the operator's relay, in his name.

use crate::sandbox::{Rogue, assert_names, assert_unharmed};
use serde_json::json;
use sinops_runtime::plugins::{MailRelay, PluginError, RelaySecurity, SecretStore};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A relay that takes one message after the other and keeps all that it hears.
fn relay() -> (MailRelay, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let mut data = false;
            stream.write_all(b"220 relay ESMTP\r\n").unwrap();
            while let Some(Ok(line)) = lines.next() {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
                let answer = match line.as_str() {
                    "." => {
                        data = false;
                        "250 queued as 42"
                    }
                    _ if data => continue,
                    "DATA" => {
                        data = true;
                        "354 go on"
                    }
                    "QUIT" => "221 bye",
                    line if line.starts_with("EHLO") => "250-relay\r\n250 AUTH PLAIN",
                    line if line.starts_with("AUTH") => "235 welcome",
                    _ => "250 ok",
                };
                if stream
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .is_err()
                {
                    break;
                }
            }
        }
    });
    let relay = MailRelay {
        host: "127.0.0.1".into(),
        port,
        security: RelaySecurity::None,
        from: "Ops <ops@example.org>".into(),
        username: Some("ops".into()),
        password_secret: Some("smtp".into()),
    };
    (relay, heard)
}

fn rogue(relay: MailRelay) -> Rogue {
    let mut secrets = SecretStore::new();
    secrets.insert("smtp", "p4ssw0rd-of-smtp", &[]).unwrap();
    Rogue::notifier()
        .relay(relay)
        .secrets(secrets)
        .grants(|grants| grants.mail.push("example.org".into()))
}

#[tokio::test]
async fn mail_to_a_granted_domain_is_delivered() {
    let (relay, heard) = relay();
    let text = rogue(relay)
        .does(json!({"do": "mail", "to": "team@example.org", "subject": "hello"}))
        .await
        .unwrap();
    assert!(text.contains("queued as 42"), "{text}");
    let heard = heard.lock().unwrap();
    for part in [
        "AUTH PLAIN",
        "MAIL FROM:<ops@example.org>",
        "RCPT TO:<team@example.org>",
        "Subject: hello",
    ] {
        assert!(heard.contains(part), "{part} is not in: {heard}");
    }
}

#[tokio::test]
async fn mail_to_another_domain_is_refused() {
    for to in [
        "x@elsewhere.org",
        "x@example.org.elsewhere.org",
        "x@sub.example.org",
    ] {
        let (relay, heard) = relay();
        let error = rogue(relay)
            .does(json!({"do": "mail", "to": to, "subject": "s"}))
            .await
            .unwrap_err();
        assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
        assert_names(&error, &["notify", "is not granted"]);
        assert_eq!(*heard.lock().unwrap(), "");
    }
    assert_unharmed().await;
}

#[tokio::test]
async fn headers_cannot_be_injected() {
    for (to, subject) in [
        ("team@example.org", "s\r\nBcc: x@elsewhere.org"),
        ("team@example.org\r\nRCPT TO:<x@elsewhere.org>", "s"),
        ("team@example.org, x@elsewhere.org", "s"),
        ("<x@elsewhere.org>@example.org", "s"),
    ] {
        let (relay, heard) = relay();
        let result = rogue(relay)
            .does(json!({"do": "mail", "to": to, "subject": subject}))
            .await;
        let refused =
            matches!(&result, Ok(text) if text.starts_with("refused: ")) || result.is_err();
        assert!(refused, "{to:?} {subject:?}: {result:?}");
        assert_eq!(*heard.lock().unwrap(), "");
    }
}

#[tokio::test]
async fn starttls_is_required_unless_told_otherwise() {
    let (mut relay, heard) = relay();
    relay.security = RelaySecurity::StartTls;
    let text = rogue(relay)
        .does(json!({"do": "mail", "to": "team@example.org", "subject": "s"}))
        .await
        .unwrap();
    assert!(text.starts_with("refused: "), "{text}");
    let heard = heard.lock().unwrap();
    assert!(
        heard.contains("EHLO") && !heard.contains("AUTH") && !heard.contains("MAIL"),
        "{heard}"
    );
}

#[tokio::test]
async fn without_a_relay_mail_is_refused() {
    let error = Rogue::notifier()
        .grants(|grants| grants.mail.push("example.org".into()))
        .does(json!({"do": "mail", "to": "team@example.org", "subject": "s"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(&error, &["no mail relay"]);
}
