//! Providers of dashboards.

use sinops_config_check::{Node, Set, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::PathKind;

pub(crate) fn check(set: &Set<'_>, text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let mut paths: Vec<&str> = Vec::new();
    for provider in root.list("providers") {
        let options = provider.get("options");
        let by_folders = options
            .and_then(|it| it.get("foldersFromFilesStructure"))
            .and_then(Node::truth)
            == Some(true);
        if by_folders
            && let Some(folder) = provider.entry("folder")
            && folder.node.text().is_some_and(|it| !it.is_empty())
        {
            let problem = text
                .problem(
                    Severity::Critical,
                    "grafana/folder",
                    folder.key.clone(),
                    "`folder` and `foldersFromFilesStructure` exclude each other: Grafana refuses the provider",
                )
                .hint("keep one; with folders from files the names of the folders are used");
            problems.push(text.remove(problem, provider, folder));
        }
        let Some(path) = options.and_then(|it| it.get("path")) else {
            continue;
        };
        let wanted = path.text().unwrap_or_default().trim_end_matches('/');
        if let Some(outer) = paths
            .iter()
            .find(|it| wanted.starts_with(&format!("{it}/")) || **it == wanted)
        {
            problems.push(
                text.problem(
                    Severity::Warning,
                    "grafana/overlapping-providers",
                    path.span.clone(),
                    format!("another provider reads `{outer}`, and with it this folder: dashboards come twice and Grafana stops updating them"),
                )
                .hint("give each provider a folder of its own"),
            );
        }
        paths.push(wanted);
        missing(set, text, path, wanted, problems);
    }
}

/// A folder that the container does not have.
fn missing(set: &Set<'_>, text: &Text<'_>, path: &Node, wanted: &str, problems: &mut Vec<Problem>) {
    let mut mounts = set.mounts(text.path);
    let Some(mounted) = mounts.find(|mount| mount.service.program().starts_with("grafana")) else {
        return;
    };
    let Some((_, definition)) = set
        .services()
        .find(|(service, _)| service.name == mounted.service.name)
    else {
        return;
    };
    let mounts = definition.get("volumes").and_then(|it| it.as_array());
    // The mount that is nearest above the folder decides what is in it.
    let nearest = mounts
        .into_iter()
        .flatten()
        .filter_map(|mount| {
            let target = mount.get("target")?.as_str()?.trim_end_matches('/');
            let rest = wanted.strip_prefix(target)?;
            (rest.is_empty() || rest.starts_with('/')).then_some((target.len(), rest, mount))
        })
        .max_by_key(|it| it.0);
    let Some((_, rest, mount)) = nearest else {
        problems.push(
            text.problem(
                Severity::Warning,
                "grafana/no-dashboards",
                path.span.clone(),
                format!(
                    "`{}` mounts nothing at `{wanted}`: there are no dashboards",
                    mounted.service.name
                ),
            )
            .hint("mount a folder with dashboards there"),
        );
        return;
    };
    let bind = mount.get("type").and_then(|it| it.as_str()) == Some("bind");
    let Some(source) = mount
        .get("source")
        .and_then(|it| it.as_str())
        .filter(|_| bind)
    else {
        return;
    };
    let folder = format!("{}{rest}", source.trim_end_matches('/'));
    let prefix = folder
        .strip_prefix(&set.planning.stack.project_directory)
        .map(|it| it.trim_start_matches('/').to_owned());
    let gone = set
        .planning
        .observed
        .paths
        .iter()
        .any(|fact| fact.path == source && fact.kind == PathKind::Missing);
    let empty = prefix.is_some_and(|prefix| {
        !set.planning.observed.texts.iter().any(|text| {
            text.path
                .strip_prefix(&prefix)
                .is_some_and(|it| it.starts_with('/') && it.ends_with(".json"))
        })
    });
    if gone || empty {
        problems.push(
            text.problem(
                Severity::Warning,
                "grafana/no-dashboards",
                path.span.clone(),
                format!("no dashboard lies in `{folder}`, which is mounted at `{wanted}`"),
            )
            .hint("put dashboards (JSON) there, or take the provider out"),
        );
    }
}
