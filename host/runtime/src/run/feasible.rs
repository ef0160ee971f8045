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
use sinops_core::stack::{Service, Stack};
use std::collections::{HashMap, HashSet};
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
    let (severity, message, hint) = match error {
        EngineError::NotFound { what } => (
            Severity::Critical,
            format!("{what} cannot be pulled"),
            "nothing was changed; mend the name, or log in with `docker login`",
        ),
        other => (
            Severity::Warning,
            format!("whether the image `{image}` can be pulled is not known: {other}"),
            "if the pull fails, the run ends before anything else is changed",
        ),
    };
    let place = service.map(|service| (service.name.as_str(), vec!["image"]));
    found(planned, severity, place, message, hint.to_owned())
}

/// A problem of a step at a service, with the keys that lead to its place below it.
fn found(
    planned: &PlannedAction,
    severity: Severity,
    place: Option<(&str, Vec<&str>)>,
    message: String,
    hint: String,
) -> StepProblem {
    let service = place.as_ref().map(|(service, _)| (*service).to_owned());
    let path = place.into_iter().flat_map(|(service, keys)| {
        let all = ["services", service].into_iter().chain(keys);
        all.map(str::to_owned).collect::<Vec<_>>()
    });
    StepProblem {
        step: planned.step.clone(),
        problem: Problem {
            severity,
            code: None,
            path: path.collect(),
            place: None,
            edits: Vec::new(),
            service,
            message,
            hint: Some(hint),
        },
    }
}

/// The first container of each service that is to get one: what it is made from is the
/// same for all of them.
fn created(plan: &Plan) -> impl Iterator<Item = (&PlannedAction, &String, u32)> {
    let mut seen = HashSet::new();
    plan.actions.iter().filter_map(move |planned| {
        let Operation::CreateContainer { service, number } = &planned.action.operation else {
            return None;
        };
        seen.insert(service).then_some((planned, service, *number))
    })
}

/// A problem for each service that is to get a container that this engine cannot make.
pub(super) fn attributes(engine: &LookOnly, setup: &Setup, plan: &Plan) -> Vec<StepProblem> {
    let services = setup.stack.services.iter();
    let services: HashMap<&str, &Service> = services.map(|it| (it.name.as_str(), it)).collect();
    created(plan)
        .filter_map(|(planned, name, number)| {
            // A replica that is not there is refused where the action is.
            let spec = spec::of(setup, services.get(name.as_str())?, number).ok()?;
            let error = engine.refuses(&spec)?;
            let attribute = match &error {
                EngineError::Unsupported { feature, .. } => {
                    feature.strip_prefix(&format!("services.{name}."))
                }
                _ => None,
            };
            let key = attribute.and_then(|it| it.split(['.', ' ', ':']).next());
            let place = Some((name.as_str(), key.into_iter().collect()));
            let hint = "nothing was changed; take it out, or use an engine that has it".to_owned();
            let message = error.to_string();
            Some(found(planned, Severity::Critical, place, message, hint))
        })
        .collect()
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
    for (planned, name, _) in created(plan) {
        let Some(service) = setup.project.services.get(name) else {
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
                let index = index.to_string();
                let place = Some((name.as_str(), vec![kind, index.as_str()]));
                problems.push(found(planned, Severity::Critical, place, message, hint));
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
