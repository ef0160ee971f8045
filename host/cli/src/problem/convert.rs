//! What the other crates say is wrong, as problems with file, line and hint.

use super::{Problem, nearest};
use crate::builtins;
use crate::locate::locate;
use crate::project::Place;
use indexmap::IndexMap;
use sinops_compose::{Diagnostic, Location, Origins, Severity, SourceFile};
use sinops_core::config::{ConfigError, MONITOR};
use sinops_core::notification::Severity as Weight;
use sinops_core::plan::StepProblem;
use sinops_runtime::engines::EngineError;
use sinops_runtime::plugins::PluginError;
use sinops_runtime::run::RunError;
use std::path::Path;

/// Diagnoses of the compose files. Variables without a value become one
/// warning: there may be dozens.
pub(crate) fn compose(diagnostics: &[Diagnostic], sources: &[SourceFile]) -> Vec<Problem> {
    let (unset, others): (Vec<_>, Vec<_>) = diagnostics
        .iter()
        .partition(|it| it.code == "unset-variable" && it.severity == Severity::Warning);
    let mut problems: Vec<Problem> = others
        .into_iter()
        .map(|diagnostic| of_compose(diagnostic, sources))
        .collect();
    match unset.as_slice() {
        [] => {}
        [one] => problems.push(of_compose(one, sources)),
        many => problems.push(unset_variables(many)),
    }
    problems
}

fn of_compose(diagnostic: &Diagnostic, sources: &[SourceFile]) -> Problem {
    let problem = match diagnostic.severity {
        Severity::Error => Problem::error(&diagnostic.message),
        Severity::Warning => Problem::warning(&diagnostic.message),
    }
    .maybe_help(diagnostic.hint.clone());
    match &diagnostic.location {
        Some(place) => at_place(problem, place, sources),
        None => problem,
    }
}

fn unset_variables(unset: &[&Diagnostic]) -> Problem {
    let mut by_file: IndexMap<String, Vec<String>> = IndexMap::new();
    for diagnostic in unset {
        let variable = diagnostic
            .message
            .split('`')
            .nth(1)
            .unwrap_or(&diagnostic.message);
        let (file, variable) = match &diagnostic.location {
            Some(place) => {
                let file = place.file.file_name().unwrap_or(place.file.as_os_str());
                (
                    file.display().to_string(),
                    format!("{variable} (line {})", place.line),
                )
            }
            None => (String::from("elsewhere"), variable.to_owned()),
        };
        by_file.entry(file).or_default().push(variable);
    }
    let files = by_file
        .iter()
        .map(|(file, variables)| format!("\n{file}: {}", variables.join(", ")));
    Problem::warning(format!(
        "{} variables are not set; empty strings are used:{}",
        unset.len(),
        files.collect::<String>()
    ))
    .help("set them in the environment or in .env, or write ${NAME:-default}")
}

/// What is wrong in sinops.yaml.
pub(crate) fn config(error: &ConfigError, source: Option<&SourceFile>) -> Problem {
    let problem = Problem::error(&error.message).maybe_help(error.hint.clone());
    let Some(source) = source else { return problem };
    let name = source.path.display().to_string();
    if let Some((line, column)) = error.location {
        return problem.at_column(&name, &source.text, line, column);
    }
    at_path(problem, source, &error.path)
}

/// Points at the deepest key of a path that a file has.
pub(crate) fn at_path(problem: Problem, source: &SourceFile, path: &[String]) -> Problem {
    match locate(&source.text, path) {
        Some(place) => problem.at_line(&name(&source.path), &source.text, place.line, ""),
        None => problem,
    }
}

/// Points at the line of the compose files that a path of the project comes from.
pub(crate) fn at_origin(problem: Problem, origins: &Origins, path: &[String]) -> Problem {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match origins.locate(&path) {
        Some(place) => at_place(problem, &place, origins.sources()),
        None => problem,
    }
}

fn at_place(problem: Problem, place: &Location, sources: &[SourceFile]) -> Problem {
    match sources.iter().find(|source| source.path == place.file) {
        Some(source) => problem.at(
            &name(&source.path),
            &source.text,
            place.offset..place.offset + place.length,
            "",
        ),
        None => problem,
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// What the steps of a pipeline found wrong.
pub(crate) fn steps(found: &[StepProblem], place: &Place) -> Vec<Problem> {
    found
        .iter()
        .map(|StepProblem { step, problem }| {
            let message = match &problem.service {
                Some(service) => format!("{service}: {}", problem.message),
                None => problem.message.clone(),
            };
            let shown = match problem.severity {
                Weight::Critical => Problem::error(message),
                Weight::Warning | Weight::Info => Problem::warning(message),
            };
            let shown = shown.maybe_help(problem.hint.clone()).found_by(step);
            at_origin(shown, &place.origins, &problem.path)
        })
        .collect()
}

/// Why a run could not be planned or begun.
pub(crate) fn run(error: RunError, place: &Place) -> Vec<Problem> {
    examination(error, place.config.as_ref())
}

/// Why steps could not be asked.
pub(crate) fn examination(error: RunError, config: Option<&SourceFile>) -> Vec<Problem> {
    let one = match error {
        RunError::Plugin(error) => plugin(&error, config),
        RunError::Engine(error) => engine(&error),
        RunError::Settings {
            plugin,
            path,
            message,
        } => {
            let at = ["plugins".to_owned(), plugin.clone(), "settings".to_owned()];
            let keys = path.join(".");
            let keys = if keys.is_empty() {
                keys
            } else {
                format!("`{keys}`: ")
            };
            let problem = Problem::error(format!("settings of plugin `{plugin}`: {keys}{message}"))
                .help(format!(
                    "`sinops plugin inspect {plugin}` shows the settings that it takes"
                ));
            let path: Vec<String> = at.into_iter().chain(path).collect();
            in_config(problem, config, &path)
        }
        RunError::UnknownPipeline {
            ref name,
            ref known,
        } => unknown(
            &error,
            name,
            known.iter().map(String::as_str).chain([MONITOR]),
        ),
        RunError::UnknownService {
            ref name,
            ref known,
        } => unknown(&error, name, known.iter().map(String::as_str)),
        RunError::WrongRole { ref plugin, .. } => {
            let path = ["plugins".to_owned(), plugin.clone()];
            in_config(Problem::error(error.to_string()), config, &path)
        }
        RunError::Refused(refusals) => {
            return refusals
                .iter()
                .map(|refusal| {
                    Problem::error(refusal.to_string()).help(format!(
                        "this is a mistake of the plugin `{}`, not of your files: tell its author",
                        refusal.step
                    ))
                })
                .collect();
        }
        RunError::Journal(_) | RunError::Release(_) | RunError::File { .. } => {
            Problem::error(error.to_string())
        }
        RunError::Listen { address, .. } => {
            Problem::error(format!("/metrics cannot be served at {error}")).help(format!(
                "perhaps another program has port {}; `--listen` and `monitor.listen` in \
                 sinops.yaml name another address",
                address.port()
            ))
        }
        RunError::Leased { .. } => Problem::error(error.to_string())
            .help("wait until it is done; of a machine that has died the lease expires by itself"),
    };
    vec![one]
}

fn unknown<'a>(
    error: &RunError,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let help = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Problem::error(error.to_string()).help(help)
}

/// Why a plugin did not do its work.
pub(crate) fn plugin(error: &PluginError, config: Option<&SourceFile>) -> Problem {
    let problem = Problem::error(error.to_string());
    let help = match error {
        PluginError::Unreadable { .. } if builtins::all().is_empty() => {
            Some(format!("{}: {}", builtins::NONE, builtins::NONE_HELP))
        }
        PluginError::Unreadable { file, .. } => {
            let wanted = file.split('`').nth(1).unwrap_or_default();
            nearest(wanted, builtins::all().iter().map(|builtin| builtin.name))
                .map(|near| format!("did you mean `{near}`?"))
        }
        PluginError::Package { .. } | PluginError::Link { .. } => Some(
            "a plugin is made with `cargo build --target wasm32-wasip2` against the sdk, or in \
             any language that makes components, against wit/ of sinops"
                .to_owned(),
        ),
        PluginError::Trap { plugin, .. } | PluginError::Answer { plugin, .. } => Some(format!(
            "this is a mistake of the plugin `{plugin}`: tell its author"
        )),
        _ => None,
    };
    let problem = problem.maybe_help(help);
    match error.plugin() {
        Some(name) => in_config(problem, config, &["plugins".to_owned(), name.to_owned()]),
        None => problem,
    }
}

/// Points into sinops.yaml, if it names at least two keys of the path.
fn in_config(problem: Problem, config: Option<&SourceFile>, path: &[String]) -> Problem {
    match config {
        Some(source) if locate(&source.text, path).is_some_and(|place| place.depth > 1) => {
            at_path(problem, source, path)
        }
        _ => problem,
    }
}

/// Why an engine could not.
pub(crate) fn engine(error: &EngineError) -> Problem {
    let help = match error {
        EngineError::Unreachable { .. } => Some(
            "start one (`sudo systemctl start docker`), or name a running one in DOCKER_HOST; \
             without any, `--engine process` (`engine: process` in sinops.yaml) runs services \
             that have `x-sinops.process` as local processes",
        ),
        EngineError::PermissionDenied { .. } => Some(
            "add yourself to the group that may use it and log in again: \
             `sudo usermod -aG docker $USER`",
        ),
        EngineError::NotFound { what } if what.starts_with("image") => {
            Some("build it or pull it (`docker pull`), or mend `image:` in the compose file")
        }
        EngineError::Conflict { .. } => {
            Some("stop what holds it, or choose another port or name in the compose file")
        }
        EngineError::Unsupported { .. } => Some("take it out, or use another engine"),
        EngineError::NotFound { .. } | EngineError::Timeout { .. } | EngineError::Other { .. } => {
            None
        }
    };
    Problem::error(error.to_string()).maybe_help(help.map(str::to_owned))
}
