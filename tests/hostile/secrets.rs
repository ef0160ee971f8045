//! Secrets: on the wire where they belong, nowhere else.

use crate::sandbox::{Rogue, assert_names, assert_unharmed};
use crate::servers::Server;
use serde_json::{Value, json};
use sinops_runtime::plugins::{PluginError, SecretStore};

const VALUE: &str = "s3cr3t-t0ken-0123456789";

fn store(destination: &str) -> SecretStore {
    let mut store = SecretStore::new();
    store
        .insert("token", VALUE, &[destination.to_owned()])
        .unwrap();
    store
}

fn rogue(server: &Server) -> Rogue {
    Rogue::notifier()
        .http(&server.origin())
        .secrets(store(&server.origin()))
        .grants(|grants| grants.secrets.push("token".into()))
}

fn with_token(url: &str) -> Value {
    json!({"do": "get", "url": url, "headers": {"authorization": "Bearer {{secret:token}}"}})
}

#[tokio::test]
async fn a_secret_reaches_its_destination_and_not_the_guest() {
    let server = Server::echo();
    let disguised: Vec<u8> = VALUE.bytes().map(|byte| byte ^ 0x55).collect();
    let mut settings = with_token(&server.url("/"));
    settings["do"] = json!("scan");
    settings["disguised"] = json!(disguised);
    let text = rogue(&server).does(settings).await.unwrap();
    assert!(
        server.requests()[0].contains(&format!("Bearer {VALUE}")),
        "it has to be on the wire"
    );
    // The server sent it back; the guest got it redacted, and searched all of
    // its own memory for it.
    assert!(text.starts_with("found 0 times"), "{text}");
    assert!(text.contains("Bearer [secret token]"), "{text}");
    assert!(!text.contains(VALUE));
}

#[tokio::test]
async fn the_search_of_the_guests_memory_finds_what_is_there() {
    let server = Server::echo();
    let disguised: Vec<u8> = b"title-in-the-open"
        .iter()
        .map(|byte| byte ^ 0x55)
        .collect();
    let url = server.url("/title-in-the-open");
    let text = rogue(&server)
        .does(json!({"do": "scan", "url": url, "disguised": disguised}))
        .await
        .unwrap();
    assert!(!text.starts_with("found 0 times"), "{text}");
}

#[tokio::test]
async fn a_secret_goes_nowhere_else() {
    let (mine, other) = (Server::echo(), Server::echo());
    let error = Rogue::notifier()
        .http(&other.origin())
        .secrets(store(&mine.origin()))
        .grants(|grants| grants.secrets.push("token".into()))
        .does(with_token(&other.url("/")))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(
        &error,
        &["secret `token`", "must not go to", &other.origin()],
    );
    assert_eq!(other.hits(), 0);
    assert!(!format!("{error:?}").contains(VALUE));
    assert_unharmed().await;
}

#[tokio::test]
async fn a_secret_that_was_not_granted_is_refused() {
    let server = Server::echo();
    let error = Rogue::notifier()
        .http(&server.origin())
        .secrets(store(&server.origin()))
        .does(with_token(&server.url("/")))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(
        &error,
        &["secret `token` is not granted", "secrets: [\"token\"]"],
    );
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn a_secret_url_is_used_without_being_seen() {
    let server = Server::echo();
    let url = server.url("/services/T000/B000/abcdefgh");
    let mut secrets = SecretStore::new();
    secrets.insert("hook", &url, &[]).unwrap();
    let text = Rogue::notifier()
        .http(&server.origin())
        .secrets(secrets)
        .grants(|grants| grants.secrets.push("hook".into()))
        .does(json!({"do": "get", "url": "https://hook.secret.invalid/", "body": "{}"}))
        .await
        .unwrap();
    assert!(server.requests()[0].starts_with("POST /services/T000/B000/abcdefgh HTTP/1.1"));
    assert!(
        text.starts_with("200") && !text.contains("abcdefgh"),
        "{text}"
    );
}

#[tokio::test]
async fn a_secret_url_needs_its_origin_granted() {
    let server = Server::echo();
    let mut secrets = SecretStore::new();
    secrets
        .insert("hook", &server.url("/services/abcdefgh"), &[])
        .unwrap();
    let error = Rogue::notifier()
        .http("https://elsewhere.test")
        .secrets(secrets)
        .grants(|grants| grants.secrets.push("hook".into()))
        .does(json!({"do": "get", "url": "https://hook.secret.invalid/"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(&error, &["`hook`", "not granted"]);
    assert!(!format!("{error:?}").contains("abcdefgh"));
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn an_encoded_echo_is_redacted() {
    // Base64 of `user:` and the value, as a login header has it.
    let server = Server::fixed(
        &[
            ("x-token", "s3cr3t-t0ken-0123456789"),
            ("x-basic", "dXNlcjpzM2NyM3QtdDBrZW4tMDEyMzQ1Njc4OQ=="),
        ],
        b"{\"raw\": \"s3cr3t-t0ken-0123456789\", \"encoded\": \"s3cr3t%2Dt0ken%2D0123456789\"}",
    );
    let text = rogue(&server)
        .does(json!({"do": "get", "url": server.url("/")}))
        .await
        .unwrap();
    assert!(!text.contains(VALUE), "{text}");
    assert!(
        !text.contains("c2VjcmV0") && !text.contains("zM2NyM3QtdDBrZW4tMDEyMzQ1Njc4"),
        "{text}"
    );
    assert!(text.matches("[secret token]").count() >= 3, "{text}");
}

#[tokio::test]
async fn a_compressed_echo_is_refused_and_not_asked_for() {
    let server = Server::fixed(&[("content-encoding", "gzip")], b"\x1f\x8bwhatever");
    let mut settings = json!({"do": "get", "url": server.url("/")});
    settings["headers"] = json!({"accept-encoding": "gzip", "range": "bytes=0-3"});
    let error = rogue(&server).does(settings).await.unwrap_err();
    assert_names(&error, &["compressed"]);
    let request = server.requests()[0].to_ascii_lowercase();
    assert!(request.contains("accept-encoding: identity"), "{request}");
    assert!(
        !request.contains("gzip") && !request.contains("range:"),
        "{request}"
    );
}

#[tokio::test]
async fn a_header_cannot_be_broken_out_of() {
    let server = Server::echo();
    let mut secrets = SecretStore::new();
    secrets
        .insert("token", "a\r\nx-injected: 1", &[server.origin()])
        .unwrap();
    let error = Rogue::notifier()
        .http(&server.origin())
        .secrets(secrets)
        .grants(|grants| grants.secrets.push("token".into()))
        .does(with_token(&server.url("/")))
        .await
        .unwrap_err();
    assert_names(&error, &["characters that a header cannot"]);
    assert_eq!(server.hits(), 0);
}
