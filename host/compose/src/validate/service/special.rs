//! Checks of what few services have: amounts given twice, device requests,
//! watches, builds.

use super::super::{list, section, text};
use super::Checker;
use crate::report::{Report, did_you_mean};
use crate::tree::Node;

/// What a service says of itself, whatever profile it has: device requests say how many
/// or which, devices, mounts and watches say where.
pub(in crate::validate) fn alone(name: &str, service: &Node, report: &mut Report) {
    let reserved = service
        .get("deploy")
        .and_then(|deploy| deploy.get("resources")?.get("reservations"))
        .map_or(&[][..], |reservations| list(reservations, "devices"));
    for request in list(service, "gpus").iter().chain(reserved) {
        if request.get("device_ids").is_some()
            && let Some(count) = request.get("count")
        {
            let message = format!("`{name}`: `count` and `device_ids` exclude each other");
            let hint = "say how many, or which".to_owned();
            report.error("conflict", count.key, message, Some(hint));
        }
    }
    for device in list(service, "devices") {
        if device.get("target").is_none() {
            let message = format!("`{name}`: a device needs a `target`");
            let hint = text(device, "source")
                .map(|source| format!("write `{source}:{source}`, or add `target: {source}`"));
            report.error("missing-key", device.mark, message, hint);
        }
    }
    for mount in list(service, "volumes") {
        if text(mount, "type") == Some("bind") && mount.get("source").is_none() {
            let target = text(mount, "target").unwrap_or_default();
            let message = format!("`{name}`: the bind mount to `{target}` has no `source`");
            let hint = "add `source: ` and the path on this machine".to_owned();
            report.error("missing-key", mount.mark, message, Some(hint));
        }
    }
    let watches = service
        .get("develop")
        .map_or(&[][..], |it| list(it, "watch"));
    for watch in watches {
        if text(watch, "path").is_none_or(str::is_empty) {
            let message = format!("`{name}`: a watch needs a path");
            let hint = "say which file or folder is watched".to_owned();
            report.error("invalid-value", watch.mark, message, Some(hint));
        }
    }
}

impl Checker<'_, '_> {
    /// What stands beside `deploy.resources` must say the same.
    pub(super) fn amounts(&mut self) {
        let resources = self
            .service
            .get("deploy")
            .and_then(|deploy| deploy.get("resources"));
        for (key, side, name) in [
            ("cpus", "limits", "cpus"),
            ("mem_limit", "limits", "memory"),
            ("mem_reservation", "reservations", "memory"),
            ("pids_limit", "limits", "pids"),
        ] {
            let Some(own) = self.service.get(key) else {
                continue;
            };
            let Some(amounts) = resources.and_then(|resources| resources.get(side)) else {
                continue;
            };
            let other = amounts.get(name);
            if !other.is_some_and(|other| other.same_data(own)) {
                let message = format!(
                    "`{}`: `{key}` and `deploy.resources.{side}.{name}` differ",
                    self.name
                );
                let hint = match other {
                    Some(_) => "keep one of the two".to_owned(),
                    None => format!("write it as `deploy.resources.{side}.{name}`"),
                };
                self.error("conflict", own.mark, message, Some(hint));
            }
        }
    }

    pub(super) fn watches(&mut self) {
        let Some(develop) = self.service.get("develop") else {
            return;
        };
        for watch in list(develop, "watch") {
            let action = text(watch, "action").unwrap_or_default();
            if text(watch, "target").is_none() && !matches!(action, "rebuild" | "restart") {
                let message = format!(
                    "`{}`: a watch with the action `{action}` needs a `target`",
                    self.name
                );
                let hint = "say where in the container the files go".to_owned();
                self.error("missing-key", watch.mark, message, Some(hint));
            }
        }
    }

    pub(super) fn builds(&mut self) {
        let Some(build) = self.service.get("build") else {
            return;
        };
        let name = self.name;
        for (key, context) in section(build, "additional_contexts").into_iter().flatten() {
            let Some(wanted) = context
                .as_text()
                .and_then(|text| text.strip_prefix("service:"))
            else {
                continue;
            };
            let names = self.services.keys().map(String::as_str);
            let hint = match self.services.get(wanted) {
                Some(_) => Some("give that service a `build`, or name a folder".to_owned()),
                None => did_you_mean(wanted, names)
                    .or_else(|| Some("name a service that has a `build`".to_owned())),
            };
            let message = match self.services.get(wanted) {
                Some(service) if service.get("build").is_some() => continue,
                Some(_) => format!(
                    "`{name}`: the context `{key}` is the service `{wanted}`, which has no `build`"
                ),
                None => format!(
                    "`{name}`: the context `{key}` is the service `{wanted}`, which is not defined"
                ),
            };
            self.error("undefined-service", context.mark, message, hint);
        }
        let platforms = list(build, "platforms");
        if let Some(platform) = self.service.get("platform")
            && !platforms.is_empty()
            && !platforms.iter().any(|other| other.same_data(platform))
        {
            let message =
                format!("`{name}`: `build.platforms` lacks the `platform` of the service");
            let hint = platform.as_text().map(|text| format!("add `{text}`"));
            self.error("conflict", platform.mark, message, hint);
        }
    }
}
