//! One service.

use std::collections::HashMap;

use super::{integer, list, section, text};
use crate::report::{Report, did_you_mean};
use crate::tree::{Fields, Mark, Node, Value};

mod special;

pub(super) use special::alone;

/// A service and what it may refer to.
pub(super) struct Checker<'a, 'r> {
    pub(super) project: &'a Node,
    pub(super) services: &'a Fields,
    pub(super) inactive: &'a Fields,
    pub(super) name: &'a str,
    pub(super) service: &'a Node,
    pub(super) report: &'r mut Report,
}

impl Checker<'_, '_> {
    /// Every check.
    pub(super) fn check(&mut self) {
        self.source();
        self.dependencies();
        self.attachments();
        self.references();
        self.mounts();
        self.numbers();
        self.amounts();
        self.watches();
        self.builds();
    }

    fn error(&mut self, code: &'static str, mark: Mark, message: String, hint: Option<String>) {
        self.report.error(code, mark, message, hint);
    }

    fn source(&mut self) {
        let name = self.name;
        let process = self
            .service
            .get("x-sinops")
            .is_some_and(|own| own.get("process").is_some());
        let image = text(self.service, "image").is_some_and(|image| !image.is_empty());
        let build = self.service.get("build");
        if !image && build.is_none() && !process && self.service.get("provider").is_none() {
            self.error(
                "no-image",
                self.service.key,
                format!("the service `{name}` has neither `image` nor `build`"),
                Some("name the image it runs".to_owned()),
            );
        }
        if let Some(build) = build
            && build.get("dockerfile").is_some()
            && let Some(inline) = build.get("dockerfile_inline")
        {
            let message =
                format!("`{name}`: `dockerfile` and `dockerfile_inline` exclude each other");
            self.error(
                "conflict",
                inline.key,
                message,
                Some("keep one of the two".to_owned()),
            );
        }
        if let Some(container) = self.service.get("container_name") {
            let text = container.as_text().unwrap_or_default();
            let mut characters = text.chars();
            let fits = characters.next().is_some_and(|c| c.is_ascii_alphanumeric())
                && text.len() > 1
                && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
            if !fits {
                let message = format!("`{text}` cannot be a container name");
                let hint = "start with a letter or a digit; then also `_`, `.` and `-`".to_owned();
                // Compose leaves it to the engine, which refuses it.
                self.report
                    .warning("invalid-name", container.mark, message, Some(hint));
            }
        }
    }

    fn dependencies(&mut self) {
        let name = self.name;
        for (wanted, dependency) in section(self.service, "depends_on").into_iter().flatten() {
            let required = !matches!(
                dependency.get("required").map(|node| &node.value),
                Some(Value::Bool(false))
            );
            if self.services.contains_key(wanted) {
                continue;
            }
            if let Some(other) = self.inactive.get(wanted) {
                if required {
                    let profiles: Vec<&str> = list(other, "profiles")
                        .iter()
                        .filter_map(Node::as_text)
                        .collect();
                    let message = format!(
                        "the service `{name}` depends on `{wanted}`, which is only there with the profile {}",
                        profiles.join(" or ")
                    );
                    let hint = "activate the profile, or set `required: false`".to_owned();
                    self.error("inactive-service", dependency.key, message, Some(hint));
                }
                continue;
            }
            let message =
                format!("the service `{name}` depends on `{wanted}`, which is not defined");
            let hint = did_you_mean(wanted, self.services.keys().map(String::as_str))
                .unwrap_or_else(|| "define it, or take it out of `depends_on`".to_owned());
            self.error("undefined-service", dependency.key, message, Some(hint));
        }
    }

    fn attachments(&mut self) {
        let name = self.name;
        let networks = section(self.service, "networks");
        if let Some(mode) = self.service.get("network_mode")
            && networks.is_some_and(|networks| !networks.is_empty())
        {
            let message = format!("`{name}`: `network_mode` and `networks` exclude each other");
            self.error(
                "conflict",
                mode.key,
                message,
                Some("keep one of the two".to_owned()),
            );
        }
        for (network, node) in networks.into_iter().flatten() {
            self.defined("networks", "network", network, node.key);
        }
    }

    fn references(&mut self) {
        for mount in list(self.service, "volumes") {
            if text(mount, "type") == Some("volume")
                && let Some(source) = mount.get("source")
            {
                self.defined(
                    "volumes",
                    "volume",
                    source.as_text().unwrap_or_default(),
                    source.mark,
                );
            }
        }
        for (model, node) in section(self.service, "models").into_iter().flatten() {
            self.defined("models", "model", model, node.key);
        }
        for (section, what) in [("secrets", "secret"), ("configs", "config")] {
            for reference in list(self.service, section) {
                let source = reference.get("source").unwrap_or(reference);
                self.defined(
                    section,
                    what,
                    source.as_text().unwrap_or_default(),
                    source.mark,
                );
            }
        }
        for secret in self
            .service
            .get("build")
            .map_or(&[][..], |build| list(build, "secrets"))
        {
            let source = secret.get("source").unwrap_or(secret);
            self.defined(
                "secrets",
                "secret",
                source.as_text().unwrap_or_default(),
                source.mark,
            );
        }
    }

    fn defined(&mut self, section_name: &str, what: &str, wanted: &str, mark: Mark) {
        let known = section(self.project, section_name);
        // A volume without a name is anonymous.
        if (wanted.is_empty() && what == "volume")
            || known.is_some_and(|known| known.contains_key(wanted))
        {
            return;
        }
        let message = format!(
            "the service `{}` uses the {what} `{wanted}`, which is not defined",
            self.name
        );
        let names = known.into_iter().flat_map(Fields::keys).map(String::as_str);
        let hint = did_you_mean(wanted, names).unwrap_or_else(|| match what {
            "volume" => format!("define it below `volumes`, or write `./{wanted}` for a folder"),
            _ => format!("define it below `{section_name}`"),
        });
        self.error("undefined-resource", mark, message, Some(hint));
    }

    fn mounts(&mut self) {
        let mut targets: HashMap<&str, u32> = HashMap::new();
        let temporary = list(self.service, "tmpfs")
            .iter()
            .filter_map(|node| Some((node.as_text()?.split(':').next()?, node)));
        let mounts = list(self.service, "volumes")
            .iter()
            .filter_map(|node| Some((text(node, "target")?, node)));
        let mut problems = Vec::new();
        for (target, node) in temporary.chain(mounts) {
            match targets.get(target) {
                Some(line) => problems.push((node.mark, target, *line)),
                None => {
                    targets.insert(target, node.mark.line);
                }
            }
        }
        for (mark, target, line) in problems {
            let message = format!("`{}` mounts `{target}` twice, see line {line}", self.name);
            let hint = "keep one of the two, or give one another target".to_owned();
            self.error("conflict", mark, message, Some(hint));
        }
    }

    fn numbers(&mut self) {
        let name = self.name;
        let deploy = self.service.get("deploy");
        let replicas_node = deploy.and_then(|deploy| deploy.get("replicas"));
        let scale_node = self.service.get("scale");
        let (scale, replicas) = (integer(scale_node), integer(replicas_node));
        for (node, value) in [(scale_node, scale), (replicas_node, replicas)] {
            if let (Some(node), Some(..0)) = (node, value) {
                let message = format!("`{name}`: the number of containers cannot be negative");
                let hint = "write 0 for none".to_owned();
                self.error("invalid-value", node.mark, message, Some(hint));
            }
        }
        if let (Some(scale), Some(replicas), Some(node)) = (scale, replicas, scale_node)
            && scale != replicas
        {
            let message = format!("`{name}`: `scale` and `deploy.replicas` differ");
            self.error(
                "conflict",
                node.mark,
                message,
                Some("keep one of the two".to_owned()),
            );
        }
        if scale.or(replicas).unwrap_or(1) > 1
            && let Some(container) = self.service.get("container_name")
        {
            let message =
                format!("`{name}` runs more than once, so it cannot have a `container_name`");
            let hint = "remove `container_name`, or run it once".to_owned();
            self.error("conflict", container.key, message, Some(hint));
        }
        if let Some(policy) = self.service.get("restart") {
            let text = policy.as_text().unwrap_or_default();
            let word = text.split_once(':').map_or(text, |(word, _)| word);
            const WORDS: [&str; 4] = ["no", "always", "on-failure", "unless-stopped"];
            if !WORDS.contains(&word) {
                let message = format!("`{name}`: unknown restart policy `{text}`");
                let hint = did_you_mean(word, WORDS)
                    .unwrap_or_else(|| format!("use one of: {}", WORDS.join(", ")));
                // Compose leaves it to the engine, which refuses it.
                self.report
                    .warning("invalid-value", policy.mark, message, Some(hint));
            }
        }
    }
}
