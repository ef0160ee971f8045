//! What the schema of the settings cannot check.

use crate::settings::{Alertmanager, Receiver, Slack, Smtp, Time};
use sinops_programs::Version;
use sinops_sdk::Error;
use std::collections::BTreeSet;

fn wrong<T>(text: String) -> Result<T, Error> {
    Err(Error::Settings(text))
}

impl Alertmanager {
    /// Names the first thing that is wrong.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (key, value) in [
            ("group-wait", &self.group_wait),
            ("group-interval", &self.group_interval),
            ("repeat-interval", &self.repeat_interval),
        ] {
            if seconds(value).is_none() {
                return wrong(format!(
                    "settings.{key}: `{value}` is no time like 30s, 5m or 4h"
                ));
            }
        }
        if let Some(version) = &self.version
            && Version::parse(version).is_none()
        {
            return wrong(format!(
                "settings.version: `{version}` is no version like 0.28"
            ));
        }
        if let Some(smtp) = &self.smtp {
            smtp.check()?;
        }
        for (name, time) in &self.times {
            time.check(&format!("settings.times.{name}"))?;
        }
        let mut names = BTreeSet::new();
        for (index, receiver) in self.receivers.iter().enumerate() {
            let key = format!("settings.receivers[{index}]");
            if receiver.name.is_empty() || receiver.name == crate::config::NOBODY {
                return wrong(format!("{key}.name: `{}` cannot be a name", receiver.name));
            }
            if !names.insert(receiver.name.as_str()) {
                return wrong(format!("{key}.name: `{}` is there twice", receiver.name));
            }
            self.check_receiver(&key, receiver)?;
        }
        match &self.watchdog {
            Some(name) if !names.contains(name.as_str()) => {
                wrong(format!("settings.watchdog: there is no receiver `{name}`"))
            }
            _ => Ok(()),
        }
    }

    fn check_receiver(&self, key: &str, receiver: &Receiver) -> Result<(), Error> {
        if receiver.slack.is_none() && receiver.email.is_none() && receiver.pagerduty.is_none() {
            return wrong(format!(
                "{key}: `{}` tells nobody; give it slack, email or pagerduty",
                receiver.name
            ));
        }
        if let Some(other) = receiver
            .severities
            .iter()
            .find(|it| !matches!(it.as_str(), "critical" | "warning" | "info"))
        {
            return wrong(format!(
                "{key}.severities: `{other}` is none of critical, warning and info"
            ));
        }
        for matcher in &receiver.matchers {
            if !is_matcher(matcher) {
                return wrong(format!(
                    "{key}.matchers: `{matcher}` is not of the form label=\"value\" with =, !=, =~ or !~"
                ));
            }
        }
        for time in receiver.active.iter().chain(&receiver.mute) {
            if !self.times.contains_key(time) {
                return wrong(format!("{key}: there is no `{time}` in settings.times"));
            }
        }
        if let Some(slack) = &receiver.slack {
            slack.check(&format!("{key}.slack"))?;
        }
        if let Some(email) = &receiver.email {
            if !email.to.contains('@') {
                return wrong(format!("{key}.email.to: `{}` is no address", email.to));
            }
            if self.smtp.is_none() {
                return wrong(format!(
                    "{key}.email: say in settings.smtp which server sends"
                ));
            }
        }
        if let Some(pagerduty) = &receiver.pagerduty {
            file(
                &format!("{key}.pagerduty.routing-key-file"),
                &pagerduty.routing_key_file,
            )?;
        }
        Ok(())
    }

    /// Files of secrets that the container has to hold.
    pub(crate) fn secret_files(&self) -> BTreeSet<&str> {
        let receivers = self.receivers.iter().flat_map(|receiver| {
            let slack = receiver.slack.as_ref();
            let pagerduty = receiver.pagerduty.as_ref();
            [
                slack.and_then(|it| it.api_url_file.as_deref()),
                slack.and_then(|it| it.app_token_file.as_deref()),
                pagerduty.map(|it| it.routing_key_file.as_str()),
            ]
        });
        let smtp = self
            .smtp
            .as_ref()
            .and_then(|it| it.password_file.as_deref());
        receivers.chain([smtp]).flatten().collect()
    }
}

impl Slack {
    fn check(&self, key: &str) -> Result<(), Error> {
        if !self.channel.starts_with(['#', '@', 'C', 'G', 'D']) {
            return wrong(format!(
                "{key}.channel: `{}` is neither #channel nor the id of one",
                self.channel
            ));
        }
        match (&self.api_url_file, &self.app_token_file) {
            (Some(path), None) if self.update_message => wrong(format!(
                "{key}.update-message: the webhook in {path} cannot change messages; use app-token-file"
            )),
            (Some(path), None) => file(&format!("{key}.api-url-file"), path),
            (None, Some(path)) => file(&format!("{key}.app-token-file"), path),
            _ => wrong(format!(
                "{key}: give it either api-url-file or app-token-file"
            )),
        }
    }
}

impl Smtp {
    fn check(&self) -> Result<(), Error> {
        let port = self
            .smarthost
            .rsplit_once(':')
            .map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(_))) {
            return wrong(format!(
                "settings.smtp.smarthost: `{}` is no host:port",
                self.smarthost
            ));
        }
        match (&self.username, &self.password_file) {
            (Some(_), None) => wrong("settings.smtp: a username needs a password-file".to_owned()),
            (_, Some(path)) => file("settings.smtp.password-file", path),
            _ => Ok(()),
        }
    }
}

const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

impl Time {
    fn check(&self, key: &str) -> Result<(), Error> {
        for range in &self.weekdays {
            let places: Vec<Option<usize>> = range
                .split(':')
                .map(|day| DAYS.iter().position(|known| *known == day))
                .collect();
            let fits = match places.as_slice() {
                [Some(_)] => true,
                [Some(first), Some(last)] => first <= last,
                _ => false,
            };
            if !fits {
                return wrong(format!(
                    "{key}.weekdays: `{range}` is no day or range like monday:friday; a week begins on sunday"
                ));
            }
        }
        match (&self.from, &self.to) {
            (None, None) => Ok(()),
            (Some(from), Some(to)) => match (minutes(from), minutes(to)) {
                (Some(start), Some(end)) if start < end => Ok(()),
                _ => wrong(format!("{key}: `{from}` to `{to}` is no time of one day")),
            },
            _ => wrong(format!("{key}: `from` and `to` belong together")),
        }
    }
}

/// `HH:MM` up to `24:00`.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

/// `30s`, `5m`, `4h`, `1d` in seconds.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number: u64 = text.get(..text.len() - 1)?.parse().ok()?;
    number.checked_mul(unit).filter(|it| *it > 0)
}

fn file(key: &str, path: &str) -> Result<(), Error> {
    if path.starts_with('/') {
        return Ok(());
    }
    wrong(format!(
        "{key}: `{path}` is no absolute path; it names a file inside Alertmanager's container"
    ))
}

fn is_matcher(text: &str) -> bool {
    let Some(at) = text.find(['=', '!']) else {
        return false;
    };
    let (name, rest) = text.split_at(at);
    let value = ["=~", "!~", "!=", "="]
        .iter()
        .find_map(|operator| rest.strip_prefix(operator));
    let name = name.trim();
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && value.is_some_and(|value| {
            let value = value.trim();
            value.len() >= 2 && value.starts_with('"') && value.ends_with('"')
        })
}
