//! The settings of the plugin, as users write them. A secret is always the
//! path of a file inside Alertmanager's container.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Settings of the plugin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alertmanager {
    /// Version of Alertmanager to write for; without it the tag of its image
    /// says, and a tag without a version is the newest.
    pub version: Option<String>,
    /// Who is told. What no receiver asks for goes to the first.
    pub receivers: Vec<Receiver>,
    /// The receiver of the alert that always fires, best a switch that
    /// complains when it stops; without it nobody gets it.
    pub watchdog: Option<String>,
    /// The mail server, for receivers with `email`.
    pub smtp: Option<Smtp>,
    /// Times that receivers name in `active` and `mute`.
    pub times: BTreeMap<String, Time>,
    /// Labels that make a group, which is one notification.
    pub group_by: Vec<String>,
    /// How long to wait for others of a new group.
    pub group_wait: String,
    /// How long to wait before telling of changes of a group.
    pub group_interval: String,
    /// How long to wait before telling of the same again; critical ones after
    /// a quarter of it.
    pub repeat_interval: String,
}

/// Who is told, and of what.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// `critical`, `warning`, `info`; empty: all of them.
    pub severities: Vec<String>,
    /// Further conditions, as `label="value"`, `!=`, `=~` or `!~`.
    pub matchers: Vec<String>,
    /// Names of times: it is told then only.
    pub active: Vec<String>,
    /// Names of times: it is not told then.
    pub mute: Vec<String>,
    /// A Slack channel.
    pub slack: Option<Slack>,
    /// A mail address.
    pub email: Option<Email>,
    /// A PagerDuty service.
    pub pagerduty: Option<Pagerduty>,
}

/// A Slack channel: by a webhook, or by an app's token.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Slack {
    /// `#channel`; a webhook of an app posts to its own channel anyway.
    pub channel: String,
    /// File that holds the webhook's URL.
    pub api_url_file: Option<String>,
    /// File that holds the token of an app (`xoxb-…`).
    pub app_token_file: Option<String>,
    /// Change the message instead of writing another one; needs an app's token
    /// and Alertmanager 0.32.
    pub update_message: bool,
}

/// A mail address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Email {
    /// One or several, separated by commas.
    pub to: String,
}

/// A PagerDuty service.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pagerduty {
    /// File that holds the integration key (Events API v2).
    pub routing_key_file: String,
}

/// The mail server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Smtp {
    /// `host:port`.
    pub smarthost: String,
    /// Sender.
    pub from: String,
    /// Login, if it wants one.
    pub username: Option<String>,
    /// File that holds the password.
    pub password_file: Option<String>,
    /// Refuse a server without STARTTLS.
    #[serde(default = "yes")]
    pub require_tls: bool,
}

/// A time that comes again.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Time {
    /// `monday:friday`, `saturday`; empty: every day.
    pub weekdays: Vec<String>,
    /// `08:00`; with `to`.
    pub from: Option<String>,
    /// `18:00`; later than `from`.
    pub to: Option<String>,
    /// Time zone, `Europe/Berlin`; UTC if not said.
    pub location: Option<String>,
}

const fn yes() -> bool {
    true
}

impl Default for Alertmanager {
    fn default() -> Self {
        Self {
            version: None,
            receivers: Vec::new(),
            watchdog: None,
            smtp: None,
            times: BTreeMap::new(),
            group_by: ["alertname", "service"].map(str::to_owned).to_vec(),
            group_wait: "30s".to_owned(),
            group_interval: "5m".to_owned(),
            repeat_interval: "4h".to_owned(),
        }
    }
}
