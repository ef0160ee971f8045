//! Whether a normalised project holds together: references, cycles, names that
//! must be unique, settings that exclude each other.

use std::collections::HashMap;

use crate::report::{Report, did_you_mean};
use crate::tree::{Fields, Mark, Node, Value};

fn section<'a>(project: &'a Node, name: &str) -> Option<&'a Fields> {
    project.get(name).and_then(Node::as_map)
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_list).unwrap_or_default()
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_text)
}

fn integer(node: Option<&Node>) -> Option<i64> {
    match node?.value {
        Value::Int(value) => Some(value),
        _ => None,
    }
}

/// Checks the whole project; `inactive` are the services of other profiles.
pub(crate) fn check(project: &Node, inactive: &Fields, report: &mut Report) {
    let empty = Fields::new();
    let services = section(project, "services").unwrap_or(&empty);
    for name in ["services", "networks", "volumes", "secrets", "configs"] {
        names(name, section(project, name).unwrap_or(&empty), report);
    }
    for (name, service) in services {
        let mut checker = Checker {
            project,
            services,
            inactive,
            name,
            service,
            report,
        };
        checker.source();
        checker.dependencies();
        checker.attachments();
        checker.references();
        checker.mounts();
        checker.numbers();
    }
    container_names(services, report);
    cycles(services, report);
    resources(project, report);
}

fn names(section: &str, fields: &Fields, report: &mut Report) {
    for (name, node) in fields {
        let fits = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if !fits {
            report.error(
                "invalid-name",
                node.key,
                format!("`{name}` cannot be a name in `{section}`"),
                Some("use letters, digits, `.`, `_` and `-`".to_owned()),
            );
        }
    }
}

struct Checker<'a, 'r> {
    project: &'a Node,
    services: &'a Fields,
    inactive: &'a Fields,
    name: &'a str,
    service: &'a Node,
    report: &'r mut Report,
}

impl Checker<'_, '_> {
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
        if !image && build.is_none() && !process {
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
            self.error("conflict", inline.key, message, None);
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
                self.error("invalid-name", container.mark, message, Some(hint));
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
            if dependency.get("condition").is_none() {
                let message = format!("`{name}` depends on `{wanted}` without a `condition`");
                let hint = "add `condition: service_started`".to_owned();
                self.error("missing-key", dependency.key, message, Some(hint));
            }
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
        if wanted.is_empty() || known.is_some_and(|known| known.contains_key(wanted)) {
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
            if text(node, "type") == Some("bind") && node.get("source").is_none() {
                let message = format!("the bind mount to `{target}` has no `source`");
                self.report.error("missing-key", node.mark, message, None);
            }
        }
        for (mark, target, line) in problems {
            let message = format!("`{}` mounts `{target}` twice, see line {line}", self.name);
            self.error("conflict", mark, message, None);
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
                self.error("invalid-value", node.mark, message, None);
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
        let limits = deploy.and_then(|deploy| deploy.get("resources")?.get("limits"));
        if let Some(limit) = self.service.get("mem_limit")
            && let Some(memory) = limits.and_then(|limits| limits.get("memory"))
            && !limit.same_data(memory)
        {
            let message =
                format!("`{name}`: `mem_limit` and `deploy.resources.limits.memory` differ");
            self.error(
                "conflict",
                limit.mark,
                message,
                Some("keep one of the two".to_owned()),
            );
        }
        if let Some(policy) = self.service.get("restart") {
            let text = policy.as_text().unwrap_or_default();
            let word = text.split_once(':').map_or(text, |(word, _)| word);
            const WORDS: [&str; 4] = ["no", "always", "on-failure", "unless-stopped"];
            if !WORDS.contains(&word) {
                let message = format!("`{name}`: unknown restart policy `{text}`");
                let hint = did_you_mean(word, WORDS)
                    .unwrap_or_else(|| format!("use one of: {}", WORDS.join(", ")));
                self.error("invalid-value", policy.mark, message, Some(hint));
            }
        }
    }
}

fn container_names(services: &Fields, report: &mut Report) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for (name, service) in services {
        let Some(node) = service.get("container_name") else {
            continue;
        };
        let Some(container) = node.as_text() else {
            continue;
        };
        if let Some(other) = seen.insert(container, name) {
            report.error(
                "duplicate-container-name",
                node.mark,
                format!(
                    "the services `{other}` and `{name}` have the same container name `{container}`"
                ),
                Some("container names are unique on an engine: change one".to_owned()),
            );
        }
    }
}

/// Depth-first search without recursion, so that no chain is too long for the stack.
fn cycles(services: &Fields, report: &mut Report) {
    let next = |name: &str| -> Vec<&str> {
        let depends = services
            .get(name)
            .and_then(|service| section(service, "depends_on"));
        depends
            .into_iter()
            .flat_map(Fields::keys)
            .map(String::as_str)
            .collect()
    };
    let mut finished: HashMap<&str, bool> = HashMap::new();
    for start in services.keys() {
        let mut path: Vec<(&str, Vec<&str>)> = Vec::new();
        if !finished.contains_key(start.as_str()) {
            finished.insert(start, false);
            path.push((start, next(start)));
        }
        while let Some((name, rest)) = path.last_mut() {
            let Some(dependency) = rest.pop() else {
                finished.insert(name, true);
                path.pop();
                continue;
            };
            match finished.get(dependency) {
                Some(true) => {}
                Some(false) => {
                    let mut names: Vec<&str> = path.iter().map(|(name, _)| *name).collect();
                    let from = names
                        .iter()
                        .position(|name| *name == dependency)
                        .unwrap_or(0);
                    names.drain(..from);
                    let last = names.last().copied().unwrap_or(dependency);
                    let mark = services
                        .get(last)
                        .and_then(|service| service.get("depends_on")?.get(dependency))
                        .map_or(Mark::NONE, |node| node.key);
                    names.push(dependency);
                    report.error(
                        "dependency-cycle",
                        mark,
                        format!("the services wait for each other: {}", names.join(" -> ")),
                        Some("take one of these out of `depends_on`".to_owned()),
                    );
                }
                None if services.contains_key(dependency) => {
                    finished.insert(dependency, false);
                    path.push((dependency, next(dependency)));
                }
                None => {}
            }
        }
    }
}

fn resources(project: &Node, report: &mut Report) {
    for (kind, keys) in [
        ("secrets", &["file", "environment"][..]),
        ("configs", &["file", "environment", "content"][..]),
    ] {
        for (name, node) in section(project, kind).into_iter().flatten() {
            let set = keys.iter().filter(|key| node.get(key).is_some()).count();
            let external = is_external(node);
            if set > 1 {
                let message = format!(
                    "`{name}` in `{kind}`: {} exclude each other",
                    keys.join(", ")
                );
                report.error("conflict", node.key, message, Some("keep one".to_owned()));
            } else if set == 0 && !external {
                let message = format!("`{name}` in `{kind}` has no content");
                let hint = format!("set one of: {}", keys.join(", "));
                report.error("missing-key", node.key, message, Some(hint));
            }
        }
    }
    for kind in ["volumes", "networks"] {
        for (name, node) in section(project, kind).into_iter().flatten() {
            if !is_external(node) {
                continue;
            }
            let extra = node.as_map().into_iter().flatten().find(|(key, _)| {
                !matches!(key.as_str(), "name" | "external") && !key.starts_with("x-")
            });
            if let Some((key, field)) = extra {
                let message = format!("`{name}` in `{kind}` is external, so `{key}` has no effect");
                let hint = "remove it, or remove `external`".to_owned();
                // docker compose refuses this for volumes and ignores it for networks.
                if kind == "volumes" {
                    report.error("conflict", field.key, message, Some(hint));
                } else {
                    report.warning("conflict", field.key, message, Some(hint));
                }
            }
        }
    }
}

fn is_external(node: &Node) -> bool {
    matches!(
        node.get("external").map(|node| &node.value),
        Some(Value::Bool(true))
    )
}
