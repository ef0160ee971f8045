//! Defaults and implied values of a merged tree.

mod files;
mod prune;
mod selection;

use std::path::Path;

use indexmap::IndexMap;

pub(crate) use files::read_files;
pub(crate) use prune::prune;
pub(crate) use selection::{drop_unused, profiles, select_profiles};

use crate::paths;
use crate::source::Skip;
use crate::tree::{Fields, Mark, Node, Value};

/// Values for variables that are named without one.
fn environment(project: &mut Node, environment: &IndexMap<String, String>) {
    for service in services(project) {
        if let Some(variables) = service.get_mut("environment").and_then(Node::as_map_mut) {
            fill(variables, environment);
        }
    }
}

/// The same for those in lists, which get it from the variables of the included project.
pub(crate) fn listed_environment(project: &mut Node, environment: &IndexMap<String, String>) {
    for service in services(project) {
        if let Some(node) = service.get_mut("environment")
            && node.short
            && let Some(variables) = node.as_map_mut()
        {
            fill(variables, environment);
        }
    }
}

fn fill(variables: &mut Fields, environment: &IndexMap<String, String>) {
    for (name, value) in variables.iter_mut() {
        if value.is_null()
            && let Some(known) = environment.get(name)
        {
            value.value = Value::Text(known.clone());
        }
    }
}

pub(crate) fn services(project: &mut Node) -> impl Iterator<Item = &mut Node> {
    project
        .get_mut("services")
        .and_then(Node::as_map_mut)
        .into_iter()
        .flat_map(Fields::values_mut)
}

/// The folder of a build that names none: the one that paths start from.
pub(crate) fn contexts(project: &mut Node) {
    for build in services(project).filter_map(|service| service.get_mut("build")) {
        let mark = build.mark;
        if let Some(fields) = build.as_map_mut() {
            set_default(fields, "context", || text("."), mark);
        }
    }
}

/// Everything that a project means without saying it.
pub(crate) fn project(
    project: &mut Node,
    name: &str,
    variables: &IndexMap<String, String>,
    skip: Skip,
) {
    if skip.normalization && skip.environment {
        listed_environment(project, variables);
    } else {
        environment(project, variables);
    }
    let mut uses_default = false;
    for service in services(project) {
        let mark = service.mark;
        if let Some(fields) = service.as_map_mut() {
            if !skip.normalization {
                uses_default |= networks(fields, mark);
                implied(fields, mark, variables);
            }
            self::service(fields, skip);
        }
    }
    if skip.normalization {
        for section in RESOURCES {
            empty_for_nothing(project.get_mut(section));
        }
        if let Some(fields) = project.as_map_mut() {
            fields.insert("name".to_owned(), Node::text(name, Mark::NONE));
        }
    } else {
        names(project, name, uses_default);
    }
}

const RESOURCES: [&str; 4] = ["networks", "volumes", "secrets", "configs"];

/// Names of everything on the engine, and the network that is not declared.
pub(crate) fn names(project: &mut Node, name: &str, uses_default: bool) {
    if let Some(fields) = project.as_map_mut() {
        if uses_default {
            fields
                .entry("networks".to_owned())
                .or_insert_with(crate::merge::empty)
                .as_map_mut()
                .map(|networks| {
                    networks
                        .entry("default".to_owned())
                        .or_insert_with(crate::merge::empty)
                });
        }
        for section in RESOURCES {
            empty_for_nothing(fields.get_mut(section));
            resources(fields.get_mut(section), name);
        }
        fields.insert("name".to_owned(), Node::text(name, Mark::NONE));
    }
}

/// The long forms in a list of a node.
pub(crate) fn items_of<'a>(
    node: &'a mut Node,
    key: &str,
) -> impl Iterator<Item = (&'a mut Fields, Mark)> {
    let fields = node.as_map_mut();
    fields.into_iter().flat_map(|fields| items(fields, key))
}

/// Attaches a service without networks to `default`; whether it uses that one.
pub(crate) fn networks(service: &mut Fields, mark: Mark) -> bool {
    if service.contains_key("network_mode") || service.contains_key("provider") {
        return false;
    }
    let attached = service
        .entry("networks".to_owned())
        .or_insert_with(|| Node::new(Value::Map(Fields::new()), mark));
    if attached.is_null() {
        attached.value = Value::Map(Fields::new());
    }
    let Some(names) = attached.as_map_mut() else {
        return false;
    };
    if names.is_empty() {
        names.insert("default".to_owned(), Node::new(Value::Null, mark));
    }
    names.contains_key("default")
}

fn set_default(fields: &mut Fields, key: &str, value: impl FnOnce() -> Value, mark: Mark) {
    fields
        .entry(key.to_owned())
        .or_insert_with(|| Node::new(value(), mark));
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub(crate) fn items<'a>(
    service: &'a mut Fields,
    key: &str,
) -> impl Iterator<Item = (&'a mut Fields, Mark)> {
    let list = service.get_mut(key).and_then(Node::as_list_mut);
    list.into_iter().flatten().filter_map(|item| {
        let mark = item.mark;
        item.as_map_mut().map(|fields| (fields, mark))
    })
}

/// What a service means without saying it.
fn implied(service: &mut Fields, mark: Mark, variables: &IndexMap<String, String>) {
    if let Some(policy) = service.get_mut("pull_policy")
        && policy.as_text() == Some("if_not_present")
    {
        policy.value = text("missing");
    }
    if let Some(build) = service.get_mut("build") {
        let mark = build.mark;
        if let Some(fields) = build.as_map_mut() {
            if !fields.contains_key("dockerfile_inline") {
                set_default(fields, "dockerfile", || text("Dockerfile"), mark);
            }
            if let Some(arguments) = fields.get_mut("args").and_then(Node::as_map_mut) {
                fill(arguments, variables);
                arguments.retain(|_, value| !value.is_null());
            }
        }
    }
    for (mount, _) in items(service, "volumes") {
        if let Some(target) = mount.get_mut("target")
            && let Value::Text(path) = &target.value
        {
            target.value = Value::Text(paths::clean(Path::new(path)).display().to_string());
        }
    }
    dependencies(service, mark);
}

/// Its attributes in their long forms.
fn service(service: &mut Fields, skip: Skip) {
    for key in ["deploy", "develop", "pid"] {
        if service.get(key).is_some_and(Node::is_null) {
            service.shift_remove(key);
        }
    }
    // Compose checks it and goes no further.
    service.shift_remove("pull_refresh_after");
    if let Some(build) = service.get_mut("build") {
        let mark = build.mark;
        if let Some(fields) = build.as_map_mut() {
            self::build(fields, mark);
        }
    }
    let scale = service.get("scale").filter(|_| !skip.consistency).cloned();
    if let Some(deploy) = service.get_mut("deploy") {
        let mark = deploy.mark;
        if let Some(fields) = deploy.as_map_mut() {
            if let Some(scale) = scale {
                fields.entry("replicas".to_owned()).or_insert(scale);
            }
            for key in ["resources", "placement"] {
                set_default(fields, key, || Value::Map(Fields::new()), mark);
            }
        }
    }
    for (port, mark) in items(service, "ports") {
        set_default(port, "protocol", || text("tcp"), mark);
        set_default(port, "mode", || text("ingress"), mark);
    }
    for (secret, mark) in items(service, "secrets") {
        let source = secret
            .get("source")
            .and_then(Node::as_text)
            .unwrap_or_default()
            .to_owned();
        set_default(
            secret,
            "target",
            || Value::Text(format!("/run/secrets/{source}")),
            mark,
        );
    }
    for (port, _) in items(service, "ports") {
        if let Some(published) = port.get_mut("published")
            && let Value::Int(number) = published.value
        {
            published.value = Value::Text(number.to_string());
        }
    }
    for (request, mark) in items(service, "gpus") {
        device_request(request, mark);
    }
    let devices = service
        .get_mut("deploy")
        .and_then(|deploy| deploy.get_mut("resources")?.get_mut("reservations"))
        .and_then(|reservations| reservations.get_mut("devices"))
        .and_then(Node::as_list_mut);
    for request in devices.into_iter().flatten() {
        let mark = request.mark;
        if let Some(fields) = request.as_map_mut() {
            device_request(fields, mark);
        }
    }
    let watches = service
        .get_mut("develop")
        .and_then(|develop| develop.get_mut("watch"))
        .and_then(Node::as_list_mut);
    for watch in watches.into_iter().flatten() {
        let mark = watch.mark;
        if let Some(fields) = watch.as_map_mut() {
            // Compose always writes it.
            let exec = fields
                .entry("exec".to_owned())
                .or_insert_with(|| Node::new(Value::Map(Fields::new()), mark));
            if let Some(exec) = exec.as_map_mut() {
                set_default(exec, "command", || Value::Null, mark);
            }
        }
    }
    for key in ["dns"] {
        if let Some(list) = service.get_mut(key).and_then(Node::as_list_mut) {
            list.retain(|item| item.as_text() != Some(""));
        }
    }
    extra_hosts(service);
    required(service);
}

/// One `host=address` per address, in order.
fn extra_hosts(fields: &mut Fields) {
    let Some(hosts) = fields.get_mut("extra_hosts").and_then(Node::as_list_mut) else {
        return;
    };
    let mut plain = Vec::with_capacity(hosts.len());
    for node in hosts.drain(..) {
        let text = node.as_text().unwrap_or_default();
        let (host, addresses) = crate::shape::host_and_addresses(text).unwrap_or((text, ""));
        plain.extend(addresses.split(',').map(|address| {
            let address = address
                .strip_prefix('[')
                .and_then(|address| address.strip_suffix(']'))
                .unwrap_or(address);
            node.with(Value::Text(format!("{host}={address}")))
        }));
    }
    plain.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
    *hosts = plain;
}

/// All devices, unless it says how many or which.
fn device_request(request: &mut Fields, mark: Mark) {
    if !request.contains_key("device_ids") {
        set_default(request, "count", || Value::Int(-1), mark);
    }
}

fn build(build: &mut Fields, mark: Mark) {
    if let Some(Value::Map(agents)) = build.get("ssh").map(|ssh| &ssh.value) {
        let agents = agents.iter().map(|(id, path)| {
            let text = match path.as_text().unwrap_or_default() {
                "" => id.clone(),
                path => format!("{id}={path}"),
            };
            Node::text(text, path.mark)
        });
        let agents = Node::new(Value::List(agents.collect()), mark);
        build.insert("ssh".to_owned(), agents);
    }
    extra_hosts(build);
}

/// A dependency is needed unless it says otherwise.
fn required(service: &mut Fields) {
    let depends = service.get_mut("depends_on").and_then(Node::as_map_mut);
    for dependency in depends.into_iter().flat_map(Fields::values_mut) {
        let mark = dependency.mark;
        if let Some(fields) = dependency.as_map_mut() {
            set_default(fields, "required", || Value::Bool(true), mark);
        }
    }
}

/// The services whose namespaces are shared.
pub(crate) fn dependencies(service: &mut Fields, mark: Mark) {
    let mut implied: Vec<(String, bool, Mark)> = Vec::new();
    let texts = |key: &str| {
        let list = service.get(key).and_then(Node::as_list).unwrap_or_default();
        list.iter()
            .filter_map(|node| Some((node.as_text()?, node.mark)))
    };
    for (link, mark) in texts("links") {
        let name = match link.split_once(':') {
            Some((name, alias)) if !alias.contains(':') => name,
            _ => link,
        };
        implied.push((name.to_owned(), true, mark));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(node) = service.get(key)
            && let Some(name) = node
                .as_text()
                .and_then(|text| text.strip_prefix("service:"))
        {
            implied.push((name.to_owned(), true, node.mark));
        }
    }
    for (source, mark) in texts("volumes_from") {
        if !source.starts_with("container:") {
            let name = source.split(':').next().unwrap_or_default();
            implied.push((name.to_owned(), false, mark));
        }
    }
    if implied.is_empty() {
        return;
    }
    let depends = service
        .entry("depends_on".to_owned())
        .or_insert_with(|| Node::new(Value::Map(Fields::new()), mark));
    let Some(depends) = depends.as_map_mut() else {
        return;
    };
    for (name, restart, mark) in implied {
        depends.entry(name).or_insert_with(|| {
            let mut fields = Fields::new();
            fields.insert("condition".to_owned(), Node::text("service_started", mark));
            fields.insert("restart".to_owned(), Node::bool(restart, mark));
            Node::new(Value::Map(fields), mark)
        });
    }
}

fn empty_for_nothing(section: Option<&mut Node>) {
    for node in section
        .and_then(Node::as_map_mut)
        .into_iter()
        .flat_map(Fields::values_mut)
    {
        if node.is_null() {
            node.value = Value::Map(Fields::new());
        }
    }
}

/// Names on the engine.
fn resources(section: Option<&mut Node>, project: &str) {
    let Some(section) = section.and_then(Node::as_map_mut) else {
        return;
    };
    for (key, node) in section.iter_mut() {
        let mark = node.mark;
        let Some(fields) = node.as_map_mut() else {
            continue;
        };
        let external = matches!(
            fields.get("external").map(|n| &n.value),
            Some(Value::Bool(true))
        );
        let name = if external {
            key.clone()
        } else {
            format!("{project}_{key}")
        };
        set_default(fields, "name", || Value::Text(name), mark);
    }
}
