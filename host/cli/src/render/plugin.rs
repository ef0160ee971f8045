//! One plugin in full: for an operator who decides what to grant.

use crate::problem::printable;
use crate::render::schema;
use crate::render::table::Table;
use crate::render::text::{bytes, took};
use crate::terminal::{Page, Paint};
use serde_json::{Value, json};
use sinops_core::grants::{Capability, Grants};
use sinops_core::limits::Limits;
use sinops_core::plugin::Description;

/// What is shown of a plugin.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub(crate) name: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) source: String,
    pub(crate) description: &'a Description,
    pub(crate) granted: Grants,
    pub(crate) limits: Limits,
    pub(crate) settings_problems: Vec<String>,
    /// sinops.yaml has an entry for it.
    pub(crate) configured: bool,
}

/// For programs.
pub(crate) fn json(sheet: &Sheet<'_>) -> Value {
    json!({
        "name": sheet.name,
        "source": sheet.source,
        "digest": format!("sha256:{}", sheet.digest),
        "description": sheet.description,
        "granted": sheet.granted,
        "limits": sheet.limits,
        "configured": sheet.configured,
        "settings-problems": sheet.settings_problems,
    })
}

/// For people.
pub(crate) fn text(sheet: &Sheet<'_>, page: Page) -> String {
    let paint = page.paint;
    let description = sheet.description;
    let mut out = vec![
        format!(
            "{} {}  {}",
            paint.strong(&printable(&description.name)),
            printable(&description.version),
            paint.quiet(&description.role.to_string())
        ),
        printable(&description.summary),
        String::new(),
    ];
    let mut facts = Table::default();
    facts.row([paint.quiet("from"), printable(&sheet.source)]);
    facts.row([paint.quiet("digest"), format!("sha256:{}", sheet.digest)]);
    if sheet.name != description.name {
        facts.row([paint.quiet("used as"), printable(sheet.name)]);
    }
    out.extend(facts.lines(0, page.width));

    out.push(String::new());
    out.push(paint.strong("settings"));
    let settings = schema::lines(&description.settings_schema, 2, page);
    if settings.is_empty() {
        out.push("  none".to_owned());
    }
    out.extend(settings);
    if sheet.configured {
        out.extend(
            sheet
                .settings_problems
                .iter()
                .map(|problem| format!("  {} {}", paint.bad("✗"), printable(problem))),
        );
    }

    out.push(String::new());
    out.push(paint.strong("what it asks for"));
    if description.asks.is_empty() {
        out.push("  nothing".to_owned());
    }
    let mut asks = Table::default();
    for ask in &description.asks {
        asks.row([
            mark(covers(&sheet.granted, &ask.capability), paint),
            printable(&words(&ask.capability)),
            printable(&ask.reason),
        ]);
    }
    out.extend(asks.lines(2, page.width));
    let missing: Vec<&Capability> = description
        .asks
        .iter()
        .map(|ask| &ask.capability)
        .filter(|capability| covers(&sheet.granted, capability) == Some(false))
        .collect();
    if !missing.is_empty() {
        out.push(String::new());
        out.push(format!(
            "to grant what is missing, in sinops.yaml under plugins.{}:",
            sheet.name
        ));
        out.push("  grants:".to_owned());
        out.extend(
            missing
                .iter()
                .map(|capability| format!("    {}", printable(&line(capability)))),
        );
    }

    out.push(String::new());
    out.push(paint.strong("limits of one call"));
    let mut limits = Table::default();
    for (name, value) in limit_rows(&sheet.limits) {
        limits.row([name.to_owned(), value]);
    }
    out.extend(limits.lines(2, page.width));
    out.join("\n")
}

fn mark(granted: Option<bool>, paint: Paint) -> String {
    match granted {
        Some(true) => paint.good("granted"),
        Some(false) => paint.notable("not granted"),
        None => paint.quiet("unknown"),
    }
}

/// Whether something of this kind is granted; none: this host does not know it.
fn covers(granted: &Grants, capability: &Capability) -> Option<bool> {
    let any = |granted: &[String], asked: &str| {
        granted
            .iter()
            .any(|one| asked == "*" || one == asked || asked.contains('*'))
    };
    Some(match capability {
        Capability::Http(asked) => any(&granted.http, asked),
        Capability::Tcp(asked) => any(&granted.tcp, asked),
        Capability::Secret(asked) => any(&granted.secrets, asked),
        Capability::Mail(asked) => any(&granted.mail, asked),
        Capability::Directory(name) => granted.directories.contains_key(name),
        Capability::Containers => granted.containers,
        Capability::HealthCheck => granted.health_check,
        Capability::Exec => granted.exec,
        Capability::Other(_) => return None,
    })
}

fn words(capability: &Capability) -> String {
    let all = |text: &str, any: &str| {
        if text == "*" {
            any.to_owned()
        } else {
            text.to_owned()
        }
    };
    match capability {
        Capability::Http(origin) => format!("http to {}", all(origin, "origins that you name")),
        Capability::Tcp(address) => format!("tcp to {}", all(address, "addresses that you name")),
        Capability::Secret(name) => format!("secret {}", all(name, "that you name")),
        Capability::Mail(domain) => format!("mail to {}", all(domain, "domains that you name")),
        Capability::Directory(name) => format!("folder {name}"),
        Capability::Containers => "see the stack's containers".to_owned(),
        Capability::HealthCheck => "run declared health checks".to_owned(),
        Capability::Exec => "run commands in containers".to_owned(),
        Capability::Other(name) => name.clone(),
    }
}

/// The line of sinops.yaml that grants it.
fn line(capability: &Capability) -> String {
    let all = |text: &str, example: &str| {
        if text == "*" {
            example.to_owned()
        } else {
            text.to_owned()
        }
    };
    match capability {
        Capability::Http(origin) => format!("http: [\"{}\"]", all(origin, "https://example.org")),
        Capability::Tcp(address) => format!("tcp: [\"{}\"]", all(address, "example.org:5432")),
        Capability::Secret(name) => format!("secrets: [{}]", all(name, "NAME")),
        Capability::Mail(domain) => format!("mail: [\"{}\"]", all(domain, "example.org")),
        Capability::Directory(name) => format!("directories: {{ {name}: /path/on/this/machine }}"),
        Capability::Containers => "containers: true".to_owned(),
        Capability::HealthCheck => "health-check: true".to_owned(),
        Capability::Exec => "exec: true".to_owned(),
        Capability::Other(name) => format!("# {name}"),
    }
}

fn limit_rows(limits: &Limits) -> Vec<(&'static str, String)> {
    vec![
        ("memory", bytes(limits.memory)),
        ("cpu", took(limits.cpu)),
        ("wall", took(limits.wall)),
        ("copied", bytes(limits.copied)),
        ("output", bytes(limits.output)),
        ("table-elements", limits.table_elements.to_string()),
        ("handles", limits.handles.to_string()),
        ("connections", limits.connections.to_string()),
        ("response", bytes(limits.response)),
        ("log", bytes(limits.log)),
        ("component", bytes(limits.component)),
        ("stack", bytes(limits.stack)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_core::grants::Ask;
    use sinops_core::plugin::Role;

    #[test]
    fn an_operator_sees_what_is_asked_granted_and_missing() {
        let ask = |capability, reason: &str| Ask {
            capability,
            reason: reason.into(),
        };
        let description = Description {
            role: Role::Notifier,
            name: "notifier-slack".into(),
            version: "0.1.0".into(),
            summary: "Writes to a Slack channel.".into(),
            settings_schema: json!({ "properties": { "channel": { "type": "string" } } }),
            asks: vec![
                ask(
                    Capability::Http("https://hooks.slack.com".into()),
                    "to deliver",
                ),
                ask(Capability::Secret("*".into()), "the address of the webhook"),
            ],
        };
        let sheet = Sheet {
            name: "team",
            digest: "abc",
            source: "built-in notifier-slack".into(),
            description: &description,
            granted: Grants {
                http: vec!["https://hooks.slack.com".into()],
                ..Grants::default()
            },
            limits: Limits::default(),
            settings_problems: Vec::new(),
            configured: true,
        };
        let shown = text(&sheet, Page::plain());
        assert!(
            shown.starts_with(
                "\
notifier-slack 0.1.0  notifier
Writes to a Slack channel.

from     built-in notifier-slack
digest   sha256:abc
used as  team

settings
  channel  string

what it asks for
  granted      http to https://hooks.slack.com  to deliver
  not granted  secret that you name             the address of the webhook

to grant what is missing, in sinops.yaml under plugins.team:
  grants:
    secrets: [NAME]

limits of one call
  memory          64 MiB
"
            ),
            "{shown}"
        );
    }
}
