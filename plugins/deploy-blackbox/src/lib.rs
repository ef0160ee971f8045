//! Writes the modules of the blackbox exporter that is in the stack. Which
//! endpoints are probed by which of them is Prometheus's configuration, which
//! deploy-prometheus writes. Without a blackbox exporter there is nothing to do.

mod modules;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::Error;
use sinops_sdk::Severity::{Info, Warning};
use sinops_sdk::deploy_step::{DeployStep, Goal, Mounted, Planning, Problem, Proposal};
use sinops_sdk::types::Service;
use std::collections::BTreeMap;

/// The configuration, below the output folder.
pub const CONFIG: &str = "blackbox/blackbox.yml";

pub(crate) const MADE: &str = "Written by sinops (deploy-blackbox); changes here are lost.";

/// Settings of the plugin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Blackbox {
    /// How long a probe may take. Prometheus gives up after 10 seconds.
    pub timeout: String,
    /// `ip4` or `ip6`, where a name has both.
    pub ip_protocol: String,
    /// HTTP modules of your own, by name.
    pub http: BTreeMap<String, Http>,
}

/// A module that asks over HTTP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    /// `GET`, `POST` or `HEAD`.
    pub method: String,
    /// Statuses that are right; empty: 200 to 299.
    pub status: Vec<u16>,
    /// Regular expressions (RE2) that the body has to match.
    pub body_matches: Vec<String>,
    /// Headers to send. Not for secrets.
    pub headers: BTreeMap<String, String>,
    /// File inside the exporter's container that holds a bearer token.
    pub bearer_token_file: Option<String>,
    /// Take any certificate.
    pub insecure: bool,
    /// Follow redirects.
    pub follow_redirects: bool,
}

impl Default for Blackbox {
    fn default() -> Self {
        Self {
            timeout: "5s".to_owned(),
            ip_protocol: "ip4".to_owned(),
            http: BTreeMap::new(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            status: Vec::new(),
            body_matches: Vec::new(),
            headers: BTreeMap::new(),
            bearer_token_file: None,
            insecure: false,
            follow_redirects: true,
        }
    }
}

impl Blackbox {
    fn check(&self) -> Result<(), Error> {
        let wrong = |text: String| Err(Error::Settings(text));
        let seconds = self.timeout.strip_suffix('s').map(str::parse::<u16>);
        if !matches!(seconds, Some(Ok(1..=60))) {
            return wrong(format!(
                "settings.timeout: `{}` is no time from 1s to 60s",
                self.timeout
            ));
        }
        if !matches!(self.ip_protocol.as_str(), "ip4" | "ip6") {
            return wrong(format!(
                "settings.ip-protocol: `{}` is neither ip4 nor ip6",
                self.ip_protocol
            ));
        }
        let taken = modules::names(self);
        for (name, module) in &self.http {
            let key = format!("settings.http.{name}");
            if taken.contains(&name.as_str()) {
                return wrong(format!("{key}: there is such a module already"));
            }
            if !matches!(module.method.as_str(), "GET" | "POST" | "HEAD") {
                return wrong(format!(
                    "{key}.method: `{}` is none of GET, POST and HEAD",
                    module.method
                ));
            }
            if let Some(status) = module.status.iter().find(|it| !(100..600).contains(*it)) {
                return wrong(format!("{key}.status: {status} is no HTTP status"));
            }
            let secret = ["authorization", "cookie", "x-api-key"];
            if let Some(header) = module
                .headers
                .keys()
                .find(|it| secret.contains(&it.to_ascii_lowercase().as_str()))
            {
                return wrong(format!(
                    "{key}.headers.{header}: secrets do not go into generated files; use `bearer-token-file`"
                ));
            }
        }
        Ok(())
    }
}

impl DeployStep for Blackbox {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        self.check()?;
        let mut proposal = Proposal::default();
        let exporter =
            sinops_programs::running(&planning.stack.services, "blackbox-exporter").next();
        let (Goal::Up, Some(exporter)) = (planning.goal, exporter) else {
            return Ok(proposal);
        };
        let written = planning.write(CONFIG, modules::file(self));
        let mounted = planning.mounted(exporter, CONFIG);
        if let Some(write) = written {
            let id = write.id.clone();
            proposal.actions.push(write);
            if mounted == Mounted::Folder {
                let reload = planning.reload(exporter, &[id], "its configuration has changed");
                proposal.actions.extend(reload);
            }
        }
        if planning.stack.engine != "process" {
            proposal
                .problems
                .extend(advice(planning, exporter, mounted));
        }
        Ok(proposal)
    }
}

/// What keeps the file from having an effect.
fn advice(planning: &Planning, exporter: &Service, mounted: Mounted) -> Option<Problem> {
    let name = exporter.name.as_str();
    let folder = planning.shown(planning.stack.output_directory.trim_end_matches('/'));
    let line = format!("`{folder}/blackbox:/etc/blackbox_exporter:ro`");
    let flag = "`--config.file=/etc/blackbox_exporter/blackbox.yml`";
    let problem = |severity, text: &str, hint: String, key| {
        Some(
            Problem::new(severity, format!("`{name}` {text}"))
                .service(name)
                .hint(hint)
                .at(["services", name, key]),
        )
    };
    match mounted {
        Mounted::No => problem(
            Warning,
            "does not mount the generated configuration: it runs with another one",
            format!("add {line} to its volumes and {flag} to its command"),
            "volumes",
        ),
        Mounted::File => problem(
            Info,
            "mounts the generated file alone: it does not see changes",
            format!("mount the folder instead: {line}"),
            "volumes",
        ),
        Mounted::Folder if !exporter.definition.contains("blackbox.yml") => problem(
            Warning,
            "mounts the generated configuration and reads another file: its image reads config.yml",
            format!("add {flag} to its command"),
            "command",
        ),
        Mounted::Folder => None,
    }
}

sinops_sdk::deploy_step!(Blackbox);
