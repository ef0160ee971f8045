//! What would fail in the middle of a run, and can be told before the first change: images
//! that registries do not have or do not give us, attributes that the engine cannot be told,
//! secrets and configs that are not there.

use super::planner::{LookOnly, Setup};
use super::spec;
use crate::engines::EngineError;
use futures::StreamExt;
use sinops_compose::FileObject;
use sinops_core::action::{Operation, Problem};
use sinops_core::notification::Severity;
use sinops_core::observed::Observed;
use sinops_core::plan::{Plan, PlannedAction, StepProblem};
use sinops_core::stack::Stack;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Registries are asked for so many images at once.
const AT_ONCE: usize = 8;

/// A problem for each image that cannot be had. What is here already is not asked for: a
/// pull that only looks for a newer one may well find the registry gone.
pub(super) async fn images(
    engine: &LookOnly,
    stack: &Stack,
    observed: &Observed,
    plan: &Plan,
) -> Vec<StepProblem> {
    let pulls = plan.actions.iter().filter_map(|planned| {
        let Operation::PullImage { image } = &planned.action.operation else {
            return None;
        };
        Some((planned, image))
    });
    let pulls: Vec<(&PlannedAction, &String)> = pulls.collect();
    if pulls.is_empty() {
        return Vec::new();
    }
    let images = observed.images.iter();
    let here: HashSet<&str> = images.map(|it| it.reference.as_str()).collect();
    let missing = pulls
        .into_iter()
        .filter(|(_, image)| !here.contains(image.as_str()));
    let missing: Vec<(&PlannedAction, &String)> = missing.collect();
    futures::stream::iter(missing)
        .map(|(planned, image)| async move {
            let error = engine.manifest(image).await.err()?;
            Some(problem(stack, planned, image, &error))
        })
        .buffered(AT_ONCE)
        .filter_map(|problem| async { problem })
        .collect()
        .await
}

fn problem(
    stack: &Stack,
    planned: &PlannedAction,
    image: &str,
    error: &EngineError,
) -> StepProblem {
    let mut services = stack.services.iter();
    let service = services.find(|service| service.image.as_deref() == Some(image));
    let service = service.map(|service| service.name.clone());
    let field = service.iter().flat_map(|name| ["services", name, "image"]);
    let (severity, message, hint) = match error {
        EngineError::NotFound { what } => (
            Severity::Critical,
            format!("{what} cannot be pulled"),
            "nothing was changed; mend the name, or log in with `docker login`".to_owned(),
        ),
        other => (
            Severity::Warning,
            format!("whether the image `{image}` can be pulled is not known: {other}"),
            "if the pull fails, the run ends before anything else is changed".to_owned(),
        ),
    };
    StepProblem {
        step: planned.step.clone(),
        problem: Problem {
            severity,
            code: None,
            path: field.map(str::to_owned).collect(),
            place: None,
            edits: Vec::new(),
            service,
            message,
            hint: Some(hint),
        },
    }
}

/// A problem for each service that is to get a container that this engine cannot make.
pub(super) fn attributes(engine: &LookOnly, setup: &Setup, plan: &Plan) -> Vec<StepProblem> {
    let mut seen = HashSet::new();
    let mut problems = Vec::new();
    for planned in &plan.actions {
        let Operation::CreateContainer { service, number } = &planned.action.operation else {
            continue;
        };
        if !seen.insert(service) {
            continue;
        }
        // A replica that is not there is refused where the action is.
        let refused = spec::container(setup, service, *number).ok();
        let Some(error) = refused.and_then(|spec| engine.refuses(&spec)) else {
            continue;
        };
        let mut path = vec!["services".to_owned(), service.clone()];
        if let EngineError::Unsupported { feature, .. } = &error {
            let attribute = feature.strip_prefix(&format!("services.{service}."));
            let key = attribute.and_then(|it| it.split(['.', ' ', ':']).next());
            path.extend(key.map(str::to_owned));
        }
        problems.push(StepProblem {
            step: planned.step.clone(),
            problem: Problem {
                severity: Severity::Critical,
                code: None,
                place: None,
                edits: Vec::new(),
                path,
                service: Some(service.clone()),
                message: error.to_string(),
                hint: Some("nothing was changed; take it out, or use an engine that has it".into()),
            },
        });
    }
    problems
}

/// A problem for each secret and config that a new container is to get and that nobody has.
pub(super) fn files(setup: &Setup, output: &Path, plan: &Plan) -> Vec<StepProblem> {
    let written: HashSet<_> = plan
        .actions
        .iter()
        .filter_map(|planned| match &planned.action.operation {
            Operation::WriteFile { path, .. } => Some(output.join(path)),
            _ => None,
        })
        .collect();
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for planned in &plan.actions {
        let Operation::CreateContainer { service: name, .. } = &planned.action.operation else {
            continue;
        };
        let Some(service) = setup
            .project
            .services
            .get(name)
            .filter(|_| seen.insert(name))
        else {
            continue;
        };
        let objects = &setup.project;
        for (kind, references, objects) in [
            ("secrets", &service.secrets, &objects.secrets),
            ("configs", &service.configs, &objects.configs),
        ] {
            for (index, reference) in references.iter().enumerate() {
                let key = &reference.source;
                let object = objects.get(key);
                let Some((message, hint)) = object.and_then(|it| missing(kind, key, it, &written))
                else {
                    continue;
                };
                let path = ["services", name, kind, &index.to_string()];
                problems.push(StepProblem {
                    step: planned.step.clone(),
                    problem: Problem {
                        severity: Severity::Critical,
                        code: None,
                        place: None,
                        edits: Vec::new(),
                        path: path.map(str::to_owned).to_vec(),
                        service: Some(name.clone()),
                        message,
                        hint: Some(hint),
                    },
                });
            }
        }
    }
    problems
}

/// Why a secret or config cannot be handed in, and what to do.
fn missing(
    kind: &str,
    key: &str,
    object: &FileObject,
    written: &HashSet<PathBuf>,
) -> Option<(String, String)> {
    let thing = kind.trim_end_matches('s');
    if let Some(file) = &object.file {
        let path = Path::new(file);
        if written.contains(path) || path.exists() {
            return None;
        }
        return Some((
            format!("the {thing} `{key}` is the file `{file}`, which does not exist"),
            "make the file, or mend its path in the compose file".to_owned(),
        ));
    }
    let variable = object.environment.as_ref()?;
    object.content.is_none().then(|| {
        (
            format!("the {thing} `{key}` is the variable `{variable}`, which is not set"),
            format!("set `{variable}` for this command, or in .env"),
        )
    })
}
