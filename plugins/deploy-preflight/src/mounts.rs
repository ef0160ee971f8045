//! Bind mounts: what is mounted has to be there.

use crate::{Look, items, text};
use sinops_sdk::Severity::{Critical, Info, Warning};
use sinops_sdk::deploy_step::{Operation, Problem};
use sinops_sdk::types::PathKind;

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        for (index, mount) in items(definition, "volumes").enumerate() {
            let (Some("bind"), Some(source)) = (text(mount, "type"), text(mount, "source")) else {
                continue;
            };
            let target = text(mount, "target").unwrap_or_default();
            let kind = look.paths.get(source).copied();
            // Without options of a bind, compose lets the engine make the source.
            let made = mount.get("bind").is_none_or(|bind| {
                let made = bind.get("create_host_path");
                made.and_then(serde_json::Value::as_bool) == Some(true)
            });
            let Some((severity, message, hint)) = judge(look, source, target, kind, made) else {
                continue;
            };
            problems.push(
                Problem::new(severity, message)
                    .service(name)
                    .hint(hint)
                    .at(["services", name, "volumes", &index.to_string()]),
            );
        }
    }
}

fn judge(
    look: &Look<'_>,
    source: &str,
    target: &str,
    kind: Option<PathKind>,
    create_host_path: bool,
) -> Option<(sinops_sdk::Severity, String, String)> {
    let shown = look.planning.shown(source);
    match kind? {
        PathKind::Missing if is_proposed(look, source) => None,
        PathKind::Missing if looks_like_file(source) || looks_like_file(target) => Some((
            Critical,
            format!(
                "`{shown}` is mounted at `{target}` but does not exist: the engine would silently make a folder of that name"
            ),
            format!("make the file `{shown}`, or remove the mount"),
        )),
        PathKind::Missing if !create_host_path => Some((
            Critical,
            format!(
                "`{shown}` is mounted at `{target}` but does not exist, and the engine may not make it (create_host_path: false)"
            ),
            format!("make the folder with `mkdir -p {shown}`"),
        )),
        PathKind::Missing => Some((
            Info,
            format!(
                "`{shown}` is mounted at `{target}` but does not exist: the engine will make an empty folder, owned by root"
            ),
            format!("make it with `mkdir -p {shown}` if it should hold something"),
        )),
        PathKind::Directory
            if looks_like_file(source) && extension(source) == extension(target) =>
        {
            Some((
                Warning,
                format!(
                    "`{shown}` is a folder, but is mounted at `{target}` like a file: an engine may have made it when the file was missing"
                ),
                format!("remove the folder with `rmdir {shown}` and put the file there"),
            ))
        }
        PathKind::File | PathKind::Directory | PathKind::Special => None,
    }
}

/// Whether an earlier step of the pipeline writes this file, or one below it.
fn is_proposed(look: &Look<'_>, source: &str) -> bool {
    let output = look.planning.stack.output_directory.trim_end_matches('/');
    let Some(inside) = source
        .strip_prefix(output)
        .and_then(|rest| rest.strip_prefix('/'))
    else {
        return false;
    };
    let inside = inside.trim_end_matches('/');
    look.planning
        .proposed
        .iter()
        .any(|action| match &action.operation {
            Operation::WriteFile(file) => file
                .path
                .strip_prefix(inside)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            _ => false,
        })
}

fn looks_like_file(path: &str) -> bool {
    extension(path).is_some()
}

/// `sql` of `/a/init.sql`; `conf.d` and `v1.2` are folders by custom.
fn extension(path: &str) -> Option<&str> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    let (stem, extension) = name.rsplit_once('.')?;
    let word = extension.starts_with(|first: char| first.is_ascii_alphabetic());
    (!stem.is_empty() && word && extension != "d" && extension.len() <= 10).then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::extension;

    #[test]
    fn files_are_told_from_folders_by_name() {
        for (path, expected) in [
            ("/a/init.sql", Some("sql")),
            ("/var/run/docker.sock", Some("sock")),
            ("/a/prometheus.yml", Some("yml")),
            ("/a/conf.d", None),
            ("/a/v1.2", None),
            ("/a/.cache", None),
            ("/a/b", None),
            ("/a.b/c", None),
            ("/", None),
        ] {
            assert_eq!(extension(path), expected, "{path}");
        }
    }
}
