//! The network: only to what was granted, only to where it may lead.

use crate::sandbox::{Rogue, assert_names, assert_unharmed, planning};
use crate::servers::Server;
use serde_json::json;
use sinops_runtime::plugins::PluginError;

#[tokio::test]
async fn a_granted_origin_is_reached() {
    let server = Server::echo();
    let text = Rogue::notifier()
        .http(&server.origin())
        .does(json!({"do": "get", "url": server.url("/path?x=1")}))
        .await
        .unwrap();
    assert!(
        text.starts_with("200") && text.contains("GET /path?x=1 HTTP/1.1"),
        "{text}"
    );
    assert!(
        text.contains(&format!("host: {}", server.address)),
        "{text}"
    );
}

#[tokio::test]
async fn an_origin_that_was_not_granted_is_refused_with_the_line_to_add() {
    let server = Server::echo();
    let error = Rogue::notifier()
        .does(json!({"do": "get", "url": server.url("/")}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(
        &error,
        &["notify", &format!("add `http: [\"{}\"]`", server.origin())],
    );
    assert_eq!(server.hits(), 0);
    assert_unharmed().await;
}

#[tokio::test]
async fn another_port_or_user_is_another_origin() {
    let server = Server::echo();
    for url in [
        format!("http://here.test:{}/", server.address.port()),
        format!("http://{}@{}/", "127.0.0.1:1", server.address),
    ] {
        let error = Rogue::notifier()
            .http("http://127.0.0.1:1")
            .does(json!({"do": "get", "url": url}))
            .await
            .unwrap_err();
        assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    }
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn a_redirect_to_what_was_not_granted_is_refused() {
    let secret_place = Server::echo();
    let server = Server::redirect(secret_place.url("/"));
    let error = Rogue::notifier()
        .http(&server.origin())
        .does(json!({"do": "follow", "url": server.url("/")}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(&error, &[&secret_place.origin()]);
    assert_eq!((server.hits(), secret_place.hits()), (1, 0));
    assert_unharmed().await;
}

#[tokio::test]
async fn a_redirect_to_what_was_granted_is_the_guests_to_follow() {
    let place = Server::echo();
    let server = Server::redirect(place.url("/"));
    let text = Rogue::notifier()
        .http(&server.origin())
        .http(&place.origin())
        .does(json!({"do": "follow", "url": server.url("/")}))
        .await
        .unwrap();
    assert_eq!(text, "302 then 200");
}

#[tokio::test]
async fn a_granted_name_that_leads_to_this_machine_is_refused() {
    let server = Server::echo();
    for (name, says) in [
        ("here.test", "loopback"),
        ("mixed.test", "loopback"),
        ("metadata.test", "metadata"),
        ("mapped.test", "metadata"),
        ("private.test", "private"),
    ] {
        let origin = server.named(name);
        let error = Rogue::notifier()
            .http(&origin)
            .does(json!({"do": "get", "url": origin}))
            .await
            .unwrap_err();
        assert!(
            matches!(error, PluginError::Denied { .. }),
            "{name}: {error:?}"
        );
        assert_names(&error, &[name, says]);
    }
    assert_eq!(server.hits(), 0);
    assert_unharmed().await;
}

#[tokio::test]
async fn private_addresses_need_the_operators_word_and_metadata_more_than_that() {
    let server = Server::echo();
    let origin = server.named("here.test");
    let open = |origin: &str| {
        Rogue::notifier()
            .http(origin)
            .grants(|grants| grants.private_addresses = true)
    };
    let text = open(&origin)
        .does(json!({"do": "get", "url": origin}))
        .await
        .unwrap();
    assert!(text.starts_with("200"), "{text}");
    let metadata = server.named("metadata.test");
    let error = open(&metadata)
        .does(json!({"do": "get", "url": metadata}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
}

#[tokio::test]
async fn an_http_flood_is_ended() {
    let server = Server::echo();
    let error = Rogue::notifier()
        .http(&server.origin())
        .limits(|limits| limits.connections = 5)
        .does(json!({"do": "flood", "url": server.url("/"), "times": 100}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "connections",
                limit: 5,
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`connections`", "5"]);
    assert_eq!(server.hits(), 5);
    assert_unharmed().await;
}

#[tokio::test]
async fn an_endless_response_is_ended() {
    let server = Server::flood();
    let error = Rogue::notifier()
        .http(&server.origin())
        .limits(|limits| limits.response = 1 << 20)
        .does(json!({"do": "get", "url": server.url("/")}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "response",
                limit: 1_048_576,
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(&error, &["notify", "`response`", "1048576"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn planning_reaches_no_network_even_if_granted() {
    let server = Server::echo();
    let plugin = Rogue::step()
        .http(&server.origin())
        .grants(|grants| grants.tcp.push(server.address.to_string()))
        .load()
        .await
        .unwrap();
    for settings in [
        json!({"do": "http", "url": server.url("/")}),
        json!({"do": "connect", "to": server.address.to_string()}),
    ] {
        let error = plugin.plan(&planning(), &settings).await.unwrap_err();
        assert!(
            matches!(
                error,
                PluginError::Denied { .. } | PluginError::Failed { .. }
            ),
            "{error:?}"
        );
    }
    assert_eq!(server.hits(), 0);
    assert_unharmed().await;
}

#[tokio::test]
async fn sockets_are_closed_without_a_grant() {
    let server = Server::plain();
    let to = server.address.to_string();
    for settings in [
        json!({"do": "connect", "to": to}),
        json!({"do": "listen", "on": "127.0.0.1:0"}),
        // Where an ordinary connection binds by itself.
        json!({"do": "listen", "on": "0.0.0.0:0"}),
        json!({"do": "datagram", "to": to}),
    ] {
        let result = Rogue::notifier().does(settings.clone()).await;
        let refused = match &result {
            Ok(text) => text.starts_with("refused: "),
            Err(error) => matches!(error, PluginError::Denied { .. }),
        };
        assert!(refused, "{settings}: {result:?}");
    }
    assert_eq!(server.hits(), 0);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_tcp_grant_opens_that_destination_and_no_other() {
    let (granted, other) = (Server::plain(), Server::plain());
    let rogue = || Rogue::notifier().grants(|grants| grants.tcp.push(granted.address.to_string()));
    let text = rogue()
        .does(json!({"do": "connect", "to": granted.address.to_string()}))
        .await
        .unwrap();
    assert_eq!(text, "hello");
    for settings in [
        json!({"do": "connect", "to": other.address.to_string()}),
        json!({"do": "listen", "on": "127.0.0.1:0"}),
        // Where an ordinary connection binds by itself.
        json!({"do": "listen", "on": "0.0.0.0:0"}),
        json!({"do": "datagram", "to": granted.address.to_string()}),
    ] {
        let result = rogue().does(settings.clone()).await;
        let refused = match &result {
            Ok(text) => text.starts_with("refused: "),
            Err(error) => matches!(error, PluginError::Denied { .. }),
        };
        assert!(refused, "{settings}: {result:?}");
    }
    assert_eq!((granted.hits(), other.hits()), (1, 0));
}

#[tokio::test]
async fn a_tcp_grant_of_a_name_opens_the_addresses_that_it_may_lead_to() {
    let server = Server::plain();
    let port = server.address.port();
    let to = format!("here.test:{port}");
    let rogue = || Rogue::notifier().grants(|grants| grants.tcp.push(to.clone()));
    let error = rogue()
        .does(json!({"do": "connect", "to": to}))
        .await
        .unwrap_err();
    assert_names(&error, &["loopback"]);
    let open = rogue().grants(|grants| grants.private_addresses = true);
    assert_eq!(
        open.does(json!({"do": "connect", "to": to})).await.unwrap(),
        "hello"
    );
}

#[tokio::test]
async fn names_are_not_looked_up_without_a_grant() {
    for rogue in [
        Rogue::notifier(),
        Rogue::notifier().http("http://here.test"),
        Rogue::notifier().grants(|grants| grants.tcp.push("other.test:80".into())),
    ] {
        let error = rogue
            .does(json!({"do": "lookup", "name": "data.here.test"}))
            .await
            .unwrap_err();
        assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
        assert_names(&error, &["notify", "data.here.test"]);
    }
    assert_unharmed().await;
}

#[tokio::test]
async fn containers_are_refused_without_a_grant() {
    let error = Rogue::notifier()
        .does(json!({"do": "containers"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Denied { .. }), "{error:?}");
    assert_names(&error, &["notify", "`containers: true`"]);
}
