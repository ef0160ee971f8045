//! Receivers: secrets that nothing expands or that stand in the file, and what
//! each kind of receiver needs.

use crate::references::refused;
use sinops_config_check::{Entry, Node, Text, jinja};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

/// Keys that hold a secret or an address, and the key that names a file instead.
const FILES: &[(&str, &str)] = &[
    ("smtp_auth_password", "smtp_auth_password_file"),
    ("smtp_auth_secret", "smtp_auth_secret_file"),
    ("auth_password", "auth_password_file"),
    ("auth_secret", "auth_secret_file"),
    ("slack_api_url", "slack_api_url_file"),
    ("slack_app_token", "slack_app_token_file"),
    ("api_url", "api_url_file"),
    ("app_token", "app_token_file"),
    ("service_key", "service_key_file"),
    ("routing_key", "routing_key_file"),
    ("opsgenie_api_key", "opsgenie_api_key_file"),
    ("victorops_api_key", "victorops_api_key_file"),
    ("wechat_api_secret", "wechat_api_secret_file"),
    ("rocketchat_token", "rocketchat_token_file"),
    ("rocketchat_token_id", "rocketchat_token_id_file"),
    ("mattermost_webhook_url", "mattermost_webhook_url_file"),
    ("token_id", "token_id_file"),
    ("api_key", "api_key_file"),
    ("api_secret", "api_secret_file"),
    ("bot_token", "bot_token_file"),
    ("telegram_bot_token", "telegram_bot_token_file"),
    ("webhook_url", "webhook_url_file"),
    ("user_key", "user_key_file"),
    ("token", "token_file"),
    ("password", "password_file"),
    ("credentials", "credentials_file"),
    ("client_secret", "client_secret_file"),
    ("url", "url_file"),
];

/// Values that are addresses, which are refused if they are none.
const ADDRESSES: &[&str] = &[
    "slack_api_url",
    "api_url",
    "webhook_url",
    "url",
    "pagerduty_url",
    "opsgenie_api_url",
    "victorops_api_url",
    "wechat_api_url",
    "webex_api_url",
    "telegram_api_url",
    "jira_api_url",
    "rocketchat_api_url",
    "mattermost_webhook_url",
];

pub(crate) fn secrets(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let mut visit = |entry: &Entry, receiver: &str| {
        let Some(value) = entry.node.text() else {
            return;
        };
        let file = FILES
            .iter()
            .find(|(key, _)| *key == entry.name)
            .map(|it| it.1)
            // Only Slack's has one.
            .filter(|it| *it != "api_url_file" || receiver == "slack_configs");
        if let Some((_, name)) = jinja::variables(value).next() {
            let address = ADDRESSES.contains(&entry.name.as_str());
            // The table says it as well, with less to go on.
            problems.retain(|it| {
                it.place.as_ref().is_none_or(|place| {
                    usize::try_from(place.start).ok() != Some(entry.node.span.start)
                })
            });
            let problem = text.problem(
                if address {
                    Severity::Critical
                } else {
                    Severity::Warning
                },
                "alertmanager/unexpanded-variable",
                entry.node.span.clone(),
                if address {
                    format!("Alertmanager expands no variables: `${{{name}}}` is no address, and the file is refused")
                } else {
                    format!("Alertmanager expands no variables: it uses `${{{name}}}` letter by letter, and every login with it fails")
                },
            );
            problems.push(match file {
                Some(file) => {
                    let path = format!("/run/secrets/{}", name.to_lowercase());
                    problem
                        .hint(format!(
                            "write `{file}: {path}` and give the container a secret `{}`",
                            name.to_lowercase()
                        ))
                        .edit(text.place(entry.span()), format!("{file}: '{path}'"))
                }
                None => problem.hint(
                    "write the value, or have something expand the file before it is mounted",
                ),
            });
            return;
        }
        let secret = file.is_some() && !ADDRESSES.contains(&entry.name.as_str())
            || matches!(entry.name.as_str(), "slack_api_url" | "webhook_url");
        if secret && !is_placeholder(value) {
            let file = file.unwrap_or_default();
            problems.push(
                text.problem(
                    Severity::Warning,
                    "alertmanager/plaintext-secret",
                    entry.key.clone(),
                    format!(
                        "a secret stands in the file (`{}`): whoever reads the repository has it",
                        entry.name
                    ),
                )
                .hint(format!(
                    "put it into a file, mount that as a secret, and write `{file}: /run/secrets/…`"
                )),
            );
        }
    };
    if let Some(global) = root.get("global") {
        deep(global, "global", &mut visit);
    }
    for receiver in root.list("receivers") {
        for kind in receiver.entries() {
            for config in kind.node.items() {
                deep(config, &kind.name, &mut visit);
            }
        }
    }
}

/// What stands where a secret is to be written.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    value.is_empty()
        || value.starts_with('<')
        || [
            "{{",
            "xxx",
            "your",
            "example",
            "changeme",
            "change_me",
            "replace",
            "todo",
            "...",
        ]
        .iter()
        .any(|it| lower.contains(it))
}

fn deep(node: &Node, receiver: &str, visit: &mut impl FnMut(&Entry, &str)) {
    for entry in node.entries() {
        visit(entry, receiver);
        deep(&entry.node, receiver, visit);
        for item in entry.node.items() {
            deep(item, receiver, visit);
        }
    }
}

/// What a receiver of a kind cannot do without: its keys, or global ones.
const NEEDS: &[(&str, &[&str], &[&str])] = &[
    (
        "slack_configs",
        &["api_url", "api_url_file", "app_token", "app_token_file"],
        &[
            "slack_api_url",
            "slack_api_url_file",
            "slack_app_token",
            "slack_app_token_file",
        ],
    ),
    (
        "pagerduty_configs",
        &[
            "service_key",
            "service_key_file",
            "routing_key",
            "routing_key_file",
        ],
        &[],
    ),
    ("email_configs", &["to"], &[]),
    ("email_configs", &["smarthost"], &["smtp_smarthost"]),
    ("email_configs", &["from"], &["smtp_from"]),
    ("webhook_configs", &["url", "url_file"], &[]),
    (
        "opsgenie_configs",
        &["api_key", "api_key_file"],
        &["opsgenie_api_key", "opsgenie_api_key_file"],
    ),
    (
        "victorops_configs",
        &["api_key", "api_key_file"],
        &["victorops_api_key", "victorops_api_key_file"],
    ),
    ("pushover_configs", &["user_key", "user_key_file"], &[]),
    ("pushover_configs", &["token", "token_file"], &[]),
    (
        "telegram_configs",
        &["bot_token", "bot_token_file"],
        &["telegram_bot_token", "telegram_bot_token_file"],
    ),
    ("telegram_configs", &["chat_id", "chat_id_file"], &[]),
    ("victorops_configs", &["routing_key"], &[]),
    (
        "sns_configs",
        &["topic_arn", "target_arn", "phone_number"],
        &[],
    ),
    (
        "wechat_configs",
        &["api_secret", "api_secret_file"],
        &["wechat_api_secret", "wechat_api_secret_file"],
    ),
    ("wechat_configs", &["corp_id"], &["wechat_api_corp_id"]),
    (
        "rocketchat_configs",
        &["token", "token_file"],
        &["rocketchat_token", "rocketchat_token_file"],
    ),
    (
        "rocketchat_configs",
        &["token_id", "token_id_file"],
        &["rocketchat_token_id", "rocketchat_token_id_file"],
    ),
    (
        "mattermost_configs",
        &["webhook_url", "webhook_url_file"],
        &["mattermost_webhook_url", "mattermost_webhook_url_file"],
    ),
    ("jira_configs", &["project"], &[]),
    ("jira_configs", &["issue_type"], &[]),
    ("jira_configs", &["api_url"], &["jira_api_url"]),
    ("incidentio_configs", &["url", "url_file"], &[]),
    ("discord_configs", &["webhook_url", "webhook_url_file"], &[]),
    ("msteams_configs", &["webhook_url", "webhook_url_file"], &[]),
    (
        "msteamsv2_configs",
        &["webhook_url", "webhook_url_file"],
        &[],
    ),
    ("webex_configs", &["room_id"], &[]),
];

pub(crate) fn check(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let global = root.get("global");
    for (key, file) in FILES {
        for node in global.into_iter() {
            both(text, node, key, file, problems);
        }
    }
    let nodes = root
        .list("receivers")
        .flat_map(|it| it.list("slack_configs"));
    for slack in nodes.chain(global) {
        slack_ways(text, slack, problems);
    }
    let mails = root
        .list("receivers")
        .flat_map(|it| it.list("email_configs"));
    for (mail, key) in mails
        .map(|it| (it, "smarthost"))
        .chain(global.map(|it| (it, "smtp_smarthost")))
    {
        smarthost(text, mail, key, problems);
        headers(text, mail, problems);
    }
    for receiver in root.list("receivers") {
        for (kind, keys, globals) in NEEDS {
            for config in receiver.list(kind) {
                if config.is_null() {
                    // That it is empty is told already.
                    continue;
                }
                let filled = |node: &Node, key: &str| {
                    let value = node.get(key).and_then(Node::text);
                    value.is_some_and(|it| !it.is_empty())
                };
                let has = keys.iter().any(|key| filled(config, key))
                    || globals
                        .iter()
                        .any(|key| global.is_some_and(|it| filled(it, key)));
                if !has {
                    let wanted = keys.join("` or `");
                    problems.push(
                        text.problem(
                            Severity::Critical,
                            "alertmanager/incomplete-receiver",
                            config.span.clone(),
                            format!("an entry of `{kind}` has no `{wanted}`: Alertmanager refuses the file"),
                        )
                        .hint(match globals.first() {
                            Some(global) => format!("add it here, or `{global}` below `global:`"),
                            None => "add it".to_owned(),
                        }),
                    );
                }
            }
        }
        for kind in receiver.entries() {
            for config in kind.node.items() {
                for (key, file) in FILES {
                    both(text, config, key, file, problems);
                }
            }
        }
    }
}

/// A webhook and a token are two ways, of which Slack goes one.
fn slack_ways(text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let find = |names: [&str; 4]| names.into_iter().find_map(|name| node.entry(name));
    let webhook = find([
        "api_url",
        "api_url_file",
        "slack_api_url",
        "slack_api_url_file",
    ]);
    let token = find([
        "app_token",
        "app_token_file",
        "slack_app_token",
        "slack_app_token_file",
    ]);
    // The API of tokens, which `api_url` may name as well.
    let api = "https://slack.com/api/chat.postMessage";
    if let (Some(webhook), Some(token)) = (webhook, token)
        // Below `global:` such an address is no webhook.
        && !(webhook.name == "slack_api_url" && webhook.node.text() == Some(api))
    {
        problems.push(refused(
            text,
            &token.node,
            "alertmanager/two-secrets",
            &format!("`{}` and `{}` exclude each other", webhook.name, token.name),
            "keep the token, or the address of the webhook",
        ));
    }
    if let Some(update) = node.get("update_message")
        && update.truth() == Some(true)
        && let Some(webhook) = webhook
        && webhook.name == "api_url"
        && webhook.node.text() != Some(api)
    {
        problems.push(refused(
            text,
            update,
            "alertmanager/incomplete-receiver",
            "a webhook cannot update messages, `update_message` needs a token",
            "write `app_token_file` instead of `api_url`",
        ));
    }
}

/// The mail server is `host:port`.
fn smarthost(text: &Text<'_>, node: &Node, key: &str, problems: &mut Vec<Problem>) {
    if let Some(host) = node.get(key)
        && let Some(address) = host.text().filter(|it| !it.is_empty())
        && address.rsplit_once(':').is_none_or(|it| it.1.is_empty())
    {
        problems.push(refused(
            text,
            host,
            "alertmanager/wrong-value",
            &format!("`{address}` has no port"),
            "write `host:587`, or whichever port it is",
        ));
    }
}

/// Headers of mail differ in more than case.
fn headers(text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let mut seen = Vec::new();
    for entry in node.get("headers").map(Node::entries).unwrap_or_default() {
        let name = entry.name.to_lowercase();
        if seen.contains(&name) {
            problems.push(refused(
                text,
                &entry.node,
                "alertmanager/wrong-value",
                &format!("the header `{}` stands here twice", entry.name),
                "take one of them out",
            ));
        }
        seen.push(name);
    }
}

/// A value and a file of it exclude each other.
fn both(text: &Text<'_>, node: &Node, key: &str, file: &str, problems: &mut Vec<Problem>) {
    if let (Some(_), Some(entry)) = (node.get(key), node.entry(file)) {
        problems.push(
            text.problem(
                Severity::Critical,
                "alertmanager/two-secrets",
                entry.key.clone(),
                format!("`{key}` and `{file}` exclude each other: Alertmanager refuses the file"),
            )
            .hint(format!("keep `{file}`")),
        );
    }
}
