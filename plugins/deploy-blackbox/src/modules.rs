//! blackbox.yml: the modules that probes name.

use crate::{Blackbox, Http, MADE};
use serde_json::{Map, Value, json};
use sinops_sdk::yaml;

/// Name, what it is for, definition without its timeout.
fn always(settings: &Blackbox) -> Vec<(&'static str, &'static str, Value)> {
    let protocol = &settings.ip_protocol;
    let http = |more: Value| {
        let mut http = json!({
            "preferred_ip_protocol": protocol,
            "valid_http_versions": ["HTTP/1.1", "HTTP/2.0"],
        });
        merge(&mut http, more);
        json!({ "prober": "http", "http": http })
    };
    let tcp = |more: Value| {
        let mut tcp = json!({ "preferred_ip_protocol": protocol });
        merge(&mut tcp, more);
        json!({ "prober": "tcp", "tcp": tcp })
    };
    vec![
        (
            "http_2xx",
            "an answer of 200 to 299; redirects are followed",
            http(json!({})),
        ),
        (
            "http_2xx_insecure",
            "the same, with a certificate that nobody vouches for",
            http(json!({ "tls_config": { "insecure_skip_verify": true } })),
        ),
        (
            "http_post_2xx",
            "the same for POST",
            http(json!({ "method": "POST" })),
        ),
        ("tcp_connect", "a connection is accepted", tcp(json!({}))),
        (
            "tls_connect",
            "a connection with a valid certificate",
            tcp(json!({ "tls": true })),
        ),
        (
            "redis_connect",
            "Redis answers; one that wants a password lives as well",
            tcp(json!({
                "query_response": [
                    { "send": "PING\r" },
                    { "expect": "^(\\+PONG|-NOAUTH)" },
                ],
            })),
        ),
        (
            "ssh_banner",
            "an SSH server introduces itself",
            tcp(json!({ "query_response": [{ "expect": "^SSH-2.0-" }] })),
        ),
        (
            "smtp_starttls",
            "a mail server offers STARTTLS with a valid certificate",
            tcp(json!({
                "query_response": [
                    { "expect": "^220 " },
                    { "send": "EHLO prober\r" },
                    { "expect": "^250[- ]STARTTLS" },
                    { "send": "STARTTLS\r" },
                    { "expect": "^220" },
                    { "starttls": true },
                    { "send": "EHLO prober\r" },
                    { "expect": "^250" },
                    { "send": "QUIT\r" },
                ],
            })),
        ),
        (
            "icmp",
            "an echo comes back; needs NET_RAW or net.ipv4.ping_group_range",
            json!({ "prober": "icmp", "icmp": { "preferred_ip_protocol": protocol } }),
        ),
    ]
}

/// Names of the modules that are always there.
pub(crate) fn names(settings: &Blackbox) -> Vec<&'static str> {
    always(settings)
        .into_iter()
        .map(|(name, ..)| name)
        .collect()
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

fn own(settings: &Blackbox, module: &Http) -> Value {
    let mut http = Map::new();
    http.insert("preferred_ip_protocol".into(), json!(settings.ip_protocol));
    http.insert("method".into(), json!(module.method));
    if !module.status.is_empty() {
        http.insert("valid_status_codes".into(), json!(module.status));
    }
    if !module.body_matches.is_empty() {
        http.insert(
            "fail_if_body_not_matches_regexp".into(),
            json!(module.body_matches),
        );
    }
    if !module.headers.is_empty() {
        http.insert("headers".into(), json!(module.headers));
    }
    if let Some(file) = &module.bearer_token_file {
        http.insert(
            "authorization".into(),
            json!({ "type": "Bearer", "credentials_file": file }),
        );
    }
    if module.insecure {
        http.insert("tls_config".into(), json!({ "insecure_skip_verify": true }));
    }
    if !module.follow_redirects {
        http.insert("follow_redirects".into(), json!(false));
    }
    json!({ "prober": "http", "http": http })
}

/// The file.
pub(crate) fn file(settings: &Blackbox) -> String {
    let mut out = format!("# {MADE}\nmodules:\n");
    let mut add = |name: &str, comment: &str, definition: &Value| {
        out.push_str(&format!("  # {comment}\n"));
        let mut module = json!({ "timeout": settings.timeout });
        merge(&mut module, definition.clone());
        for line in yaml::document("", &json!({ name: module })).lines() {
            out.push_str(&format!("  {line}\n"));
        }
    };
    for (name, comment, definition) in always(settings) {
        add(name, comment, &definition);
    }
    for (name, module) in &settings.http {
        add(name, "settings.http", &own(settings, module));
    }
    out
}
