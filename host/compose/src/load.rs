//! From compose files to the canonical project.

use std::path::PathBuf;

use crate::container_names::shared_container_names;
use crate::diagnostic::{Diagnostic, LoadError};
use crate::layers::{self, ParsedFile, Scope};
use crate::model::{Project, Service};
use crate::normalize;
use crate::origins::Origins;
use crate::paths;
use crate::report::Report;
use crate::schema::ROOT;
use crate::source::LoadRequest;
use crate::tree::{Fields, Mark, Node};
use crate::units::normalize_project_name;
use crate::validate;

/// A project, and what came up while it was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The canonical project.
    pub project: Project,
    /// What is worth a look but does not stand in the way.
    pub warnings: Vec<Diagnostic>,
    /// Where every value comes from.
    pub origins: Origins,
    /// The files of the request, in their order.
    pub config_files: Vec<PathBuf>,
    /// Every profile that a service names, active or not, in order.
    pub profiles: Vec<String>,
}

/// Loads a project.
///
/// # Errors
/// All problems that were found, each with its place; at least one is an error.
pub fn load(request: LoadRequest<'_>) -> Result<Loaded, LoadError> {
    let mut report = Report::default();
    let skip = request.skip;
    let config_files = request.files.iter().map(|file| file.path.clone()).collect();
    match build(request, &mut report) {
        Some((project, tree, profiles)) if !report.has_errors() => {
            report.report_unset();
            let origins = Origins::new(tree, report.sources);
            let mut diagnostics = Vec::new();
            if !skip.container_names && !skip.consistency {
                diagnostics = shared_container_names(&project, &origins);
            }
            if !diagnostics.is_empty() {
                diagnostics.extend(report.diagnostics);
                return Err(LoadError {
                    diagnostics,
                    sources: origins.into_sources(),
                });
            }
            Ok(Loaded {
                project,
                warnings: report.diagnostics,
                origins,
                config_files,
                profiles,
            })
        }
        _ => Err(report.into_error()),
    }
}

/// What a load begins with.
pub(crate) struct Start<'a> {
    pub(crate) files: Vec<ParsedFile>,
    pub(crate) name: String,
    pub(crate) scope: Scope<'a>,
    profiles: Vec<String>,
}

/// Parses the files and decides the name of the project; variables in it are filled in
/// or are part of it.
pub(crate) fn start<'a>(
    request: LoadRequest<'a>,
    fill: bool,
    report: &mut Report,
) -> Option<Start<'a>> {
    let LoadRequest {
        files,
        project_name,
        project_directory,
        environment,
        profiles,
        reader,
        skip,
    } = request;
    if files.is_empty() {
        report.error(
            "no-file",
            Mark::NONE,
            "no compose file was given",
            Some("name one with `-f`, or create compose.yaml".to_owned()),
        );
        return None;
    }
    let mut scope = Scope {
        directory: project_directory.clone(),
        root: project_directory,
        home: environment.get("HOME").cloned(),
        environment,
        reader,
        skip,
        including: Vec::new(),
    };
    let name = project_name
        .or_else(|| scope.environment.get("COMPOSE_PROJECT_NAME").cloned())
        .filter(|name| !name.is_empty());
    let files = layers::parse(files, report);
    let name = decide_name(name, &files, fill, &scope, report)?;
    scope
        .environment
        .insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    Some(Start {
        files,
        name,
        scope,
        profiles,
    })
}

/// Reports that the files hold nothing.
pub(crate) fn nothing(report: &mut Report) {
    let start = Mark {
        file: 0,
        line: 1,
        column: 1,
        offset: 0,
        length: 0,
    };
    let hint = "start with `services:`".to_owned();
    report.error("empty", start, "the compose files are empty", Some(hint));
}

fn build(request: LoadRequest<'_>, report: &mut Report) -> Option<(Project, Node, Vec<String>)> {
    let Start {
        files,
        name,
        scope,
        profiles,
    } = start(request, true, report)?;
    let skip = scope.skip;
    let mut tree = layers::load(files, &scope, report);
    report.report_postponed(&tree);
    if report.has_errors() {
        return None;
    }
    if tree.as_map().is_none_or(Fields::is_empty) {
        nothing(report);
        return None;
    }
    normalize::contexts(&mut tree);
    if !skip.paths {
        paths::absolute(&mut tree, &scope.directory, scope.home.as_deref());
    }
    normalize::project(&mut tree, &name, &scope.environment, skip);
    validate::objects(&tree, report);
    normalize::prune(&mut tree, &ROOT);
    let named = normalize::profiles(&tree);
    let inactive = normalize::select_profiles(&mut tree, &profiles);
    validate::check(&tree, &inactive, skip, report);
    normalize::read_files(&mut tree, &scope, report);
    normalize::drop_unused(&mut tree);
    if report.has_errors() {
        return None;
    }
    Some((typed(&tree, report)?, tree, named))
}

/// The given name, the one in the files, or the name of the folder.
fn decide_name(
    given: Option<String>,
    files: &[ParsedFile],
    fill: bool,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<String> {
    if let Some(given) = given {
        let normal = normalize_project_name(&given);
        if normal == given {
            return Some(given);
        }
        let hint = (!normal.is_empty()).then(|| format!("use `{normal}`"));
        report.error(
            "invalid-project-name",
            Mark::NONE,
            format!("`{given}` cannot be a project name: it must start with a lower-case letter or a digit and hold only those, `_` and `-`"),
            hint,
        );
        return None;
    }
    if let Some(name) = files
        .iter()
        .rev()
        .find_map(|file| name_in(file, fill, scope))
    {
        return Some(name);
    }
    let folder = scope
        .directory
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = normalize_project_name(&folder.unwrap_or_default());
    if name.is_empty() {
        report.error(
            "invalid-project-name",
            Mark::NONE,
            format!(
                "no project name can be made from the folder {}",
                scope.directory.display()
            ),
            Some("give one with `-p`, or write `name: …` in the compose file".to_owned()),
        );
        return None;
    }
    Some(name)
}

/// The top-level `name` of a file. It is filled in again with the final name in
/// the environment, which also reports its problems: here they are passed over.
fn name_in(file: &ParsedFile, fill: bool, scope: &Scope<'_>) -> Option<String> {
    let mut aside = Report::default();
    file.documents.iter().rev().find_map(|document| {
        let mut name = document.get("name")?.clone();
        if fill {
            crate::interpolate::interpolate(&mut name, &scope.environment, &mut aside);
        }
        let name = match (name.as_text()?, scope.skip.normalization) {
            (name, true) => name.to_owned(),
            (name, false) => normalize_project_name(name),
        };
        Some(name).filter(|name| !name.is_empty())
    })
}

/// Into the model. Services go one by one, so that a problem has a place.
fn typed(tree: &Node, report: &mut Report) -> Option<Project> {
    let mut project = tree.clone();
    let services = project
        .as_map_mut()
        .and_then(|fields| fields.insert("services".to_owned(), crate::merge::empty()));
    let mut problem = |mark: Mark, place: &str, error: &serde_json::Error| {
        report.error("invalid-value", mark, format!("{place}: {error}"), None);
    };
    let mut project: Project = match serde_json::from_value(project.to_json()) {
        Ok(project) => project,
        Err(error) => {
            problem(tree.mark, "the project", &error);
            return None;
        }
    };
    for (name, service) in services
        .as_ref()
        .and_then(Node::as_map)
        .into_iter()
        .flatten()
    {
        match serde_json::from_value::<Service>(service.to_json()) {
            Ok(typed) => {
                project.services.insert(name.clone(), typed);
            }
            Err(error) => problem(service.key, &format!("the service `{name}`"), &error),
        }
    }
    Some(project)
}
