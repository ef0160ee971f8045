//! What the values of one discovery say together.

use crate::config::refused;
use sinops_config_check::{Node, Rules, Text};
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;
use std::ops::Range;

/// The objects that a role of Kubernetes selects by.
const SELECTORS: &[(&str, &[&str])] = &[
    ("pod", &["pod", "node"]),
    ("service", &["service"]),
    ("endpointslice", &["pod", "service", "endpointslice"]),
    ("endpoints", &["pod", "service", "endpoints"]),
    ("node", &["node"]),
    ("ingress", &["ingress"]),
];

/// Keys that make a client of HTTP other than the usual one.
const CLIENT: &[&str] = &[
    "basic_auth",
    "authorization",
    "oauth2",
    "bearer_token",
    "bearer_token_file",
    "tls_config",
    "proxy_url",
    "http_headers",
];

/// Keys of which one discovery takes one.
const EXCLUSIVE: &[(&str, &[&str])] = &[
    (
        "marathon_sd_configs",
        &[
            "auth_token",
            "auth_token_file",
            "basic_auth",
            "bearer_token",
            "bearer_token_file",
            "authorization",
        ],
    ),
    (
        "consul_sd_configs",
        &["token", "authorization", "oauth2", "basic_auth"],
    ),
    ("scaleway_sd_configs", &["secret_key", "secret_key_file"]),
    ("outscale_sd_configs", &["secret_key", "secret_key_file"]),
];

struct Look<'l> {
    text: &'l Text<'l>,
    rules: &'l Rules<'l>,
}

impl Look<'_> {
    fn refused(&self, at: &Range<usize>, reason: &str, hint: &str) -> Problem {
        refused(
            self.text,
            self.rules,
            at.clone(),
            "prometheus/discovery",
            reason,
            hint,
        )
    }
}

/// Checks all discoveries of a job, or of an entry of `alertmanagers`.
pub(crate) fn check(text: &Text<'_>, job: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let look = Look { text, rules };
    for kind in job.entries() {
        for one in kind.node.items() {
            match kind.name.as_str() {
                "file_sd_configs" => files(&look, one, problems),
                "kubernetes_sd_configs" => kubernetes(&look, one, problems),
                "azure_sd_configs" => azure(&look, one, problems),
                "dns_sd_configs" => dns(&look, one, problems),
                _ => {}
            }
            for (name, keys) in EXCLUSIVE {
                if *name == kind.name {
                    exclusive(&look, one, keys, problems);
                }
            }
            let secret = kind.name == "scaleway_sd_configs" || kind.name == "outscale_sd_configs";
            if secret && one.get("secret_key").is_none() && one.get("secret_key_file").is_none() {
                problems.push(look.refused(
                    &one.span,
                    "neither `secret_key` nor `secret_key_file` is there",
                    "add `secret_key_file`",
                ));
            }
        }
    }
}

fn given<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|it| !it.is_null())
}

fn exclusive(look: &Look<'_>, one: &Node, keys: &[&str], problems: &mut Vec<Problem>) {
    let mut found = keys.iter().filter_map(|key| one.entry(key));
    if let (Some(first), Some(second)) = (found.next(), found.next()) {
        problems.push(look.refused(
            &second.key,
            &format!("`{}` and `{}` exclude each other", first.name, second.name),
            "keep one of them",
        ));
    }
}

/// Files of targets end with what tells their form.
fn files(look: &Look<'_>, one: &Node, problems: &mut Vec<Problem>) {
    for file in one.list("files") {
        let path = file.text().unwrap_or_default();
        let ending = path.rsplit('.').next().unwrap_or_default();
        let known = path.contains('.')
            && matches!(ending, "json" | "yml" | "yaml" | "JSON" | "YML" | "YAML");
        let stars = path.find('*').and_then(|at| path.get(at..));
        let reason = if !known {
            format!("`{path}` ends with neither `.json` nor `.yml`")
        } else if stars.is_some_and(|rest| rest.contains('/') || rest.matches('*').count() > 1) {
            format!("`{path}`: one `*` may stand in the last part of a path")
        } else {
            continue;
        };
        problems.push(look.refused(
            &file.span,
            &reason,
            "name files as in `/etc/prometheus/targets/*.yml`",
        ));
    }
}

fn dns(look: &Look<'_>, one: &Node, problems: &mut Vec<Problem>) {
    let kind = one.text_of("type").unwrap_or("SRV").to_uppercase();
    if kind != "SRV" && given(one, "port").is_none() {
        problems.push(look.refused(
            &one.span,
            &format!("records of the type {kind} hold no port, and there is no `port`"),
            "add `port`",
        ));
    }
}

fn azure(look: &Look<'_>, one: &Node, problems: &mut Vec<Problem>) {
    if one.text_of("authentication_method").unwrap_or("OAuth") != "OAuth" {
        return;
    }
    for key in ["tenant_id", "client_id", "client_secret"] {
        if one.text_of(key).is_none_or(str::is_empty) {
            problems.push(look.refused(
                &one.span,
                &format!("there is no `{key}`"),
                &format!("add `{key}`, or choose another `authentication_method`"),
            ));
        }
    }
}

fn kubernetes(look: &Look<'_>, one: &Node, problems: &mut Vec<Problem>) {
    let server = one.text_of("api_server").is_some_and(|it| !it.is_empty());
    let file = one
        .text_of("kubeconfig_file")
        .is_some_and(|it| !it.is_empty());
    let client = CLIENT.iter().find_map(|key| {
        let entry = one.entry(key)?;
        let there = !entry.node.entries().is_empty() || entry.node.text().is_some();
        there.then_some(entry)
    });
    let own = one
        .get("namespaces")
        .and_then(|it| it.get("own_namespace"))
        .filter(|it| it.truth() == Some(true));
    let reason = match (client, own) {
        _ if server && file => Some("`api_server` and `kubeconfig_file` exclude each other".into()),
        (Some(client), _) if file => Some(format!(
            "`{}` does not go with `kubeconfig_file`",
            client.name
        )),
        (Some(client), _) if !server => {
            Some(format!("`{}` needs an `api_server` to be for", client.name))
        }
        (_, Some(_)) if server => Some("`own_namespace` does not go with `api_server`".into()),
        (_, Some(_)) if file => Some("`own_namespace` does not go with `kubeconfig_file`".into()),
        _ => None,
    };
    if let Some(reason) = reason {
        let at = client.map_or(&one.span, |it| &it.key);
        problems.push(look.refused(at, &reason, "keep one of them"));
    }
    let role = one.text_of("role").unwrap_or_default();
    let Some((_, known)) = SELECTORS.iter().find(|(name, _)| *name == role) else {
        return;
    };
    let mut seen = BTreeSet::new();
    for selector in one.list("selectors") {
        let name = selector.text_of("role").unwrap_or_default();
        let field = selector.text_of("field").unwrap_or_default();
        let reason = if !known.contains(&name) {
            format!("the role `{role}` takes no selector for `{name}`")
        } else if !seen.insert(name) {
            format!("there are two selectors for `{name}`")
        } else if field
            .split(',')
            .any(|it| !it.trim().is_empty() && !it.contains('='))
        {
            format!("`{field}` is no selector of a field")
        } else {
            continue;
        };
        problems.push(look.refused(
            &selector.span,
            &reason,
            &format!(
                "selectors are for {}, as in `metadata.name=value`",
                known.join(", ")
            ),
        ));
    }
}
