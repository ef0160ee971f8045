//! `sinops run PIPELINE`: plan, print or execute, tell.

mod execute;
mod monitor;

use super::{Context, Outcome};
use crate::args::{Adjustments, Format, Run};
use crate::commands::plan::{self as plan_file, Saved};
use crate::failure::{CHANGES, Failure, SUCCESS};
use crate::interrupt::Interrupts;
use crate::problem::{Problem, convert};
use crate::project::{self, Loaded, Place};
use crate::render;
use crate::session::{self, Disk};
use serde_json::json;
use sinops_core::action::{Goal, Operation};
use sinops_core::config::{Config, DEFAULT_GATE, MONITOR};
use sinops_core::contents::brief;
use sinops_core::plan::Plan;
use sinops_core::plugin::Role;
use sinops_core::release::Release;
use sinops_core::stack::Stack;
use sinops_runtime::run::{Planned, Planner};
use std::path::PathBuf;

pub(crate) fn run(args: &Run, context: &Context<'_>) -> Outcome {
    let mut task = Task {
        only: args.services.clone(),
        dry_run: args.preview.dry_run,
        exit_code: args.preview.exit_code,
        format: args.preview.format,
        adjustments: args.adjustments.clone(),
        ..Task::of(args.pipeline.clone())
    };
    if args.pipeline == MONITOR {
        if args.preview.dry_run || !args.services.is_empty() || args.adjustments.are_given() {
            return Err(Problem::error(
                "`run monitor` takes neither services nor options of a deploy",
            )
            .help("it changes nothing; `--once` does one round")
            .into());
        }
        return monitor::run(args, context);
    }
    if args.once || args.listen.is_some() {
        return Err(Problem::error("--once and --listen belong to `run monitor`").into());
    }
    if let Some(file) = &args.plan {
        let saved = plan_file::read(file, &args.pipeline, context)?;
        task.only.clone_from(&saved.plan.services);
        task.adjustments.clone_from(&saved.adjustments);
        task.saved = Some(saved);
    }
    go(&task, context)
}

/// A pipeline to be planned or executed.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) pipeline: String,
    pub(crate) goal: Goal,
    pub(crate) only: Vec<String>,
    /// With [`Goal::Down`]: remove the project's volumes as well.
    pub(crate) volumes: bool,
    pub(crate) dry_run: bool,
    pub(crate) exit_code: bool,
    pub(crate) format: Format,
    pub(crate) adjustments: Adjustments,
    /// File in which the plan of a dry run is kept.
    pub(crate) keep: Option<PathBuf>,
    /// The plan that is to be carried out, and no other.
    pub(crate) saved: Option<Saved>,
    /// The release that what runs is compared with, closely.
    pub(crate) drift: Option<Release>,
}

impl Task {
    /// Brings everything up by a pipeline.
    pub(crate) fn of(pipeline: impl Into<String>) -> Self {
        Self {
            pipeline: pipeline.into(),
            goal: Goal::Up,
            only: Vec::new(),
            volumes: false,
            dry_run: false,
            exit_code: false,
            format: Format::default(),
            adjustments: Adjustments::default(),
            keep: None,
            saved: None,
            drift: None,
        }
    }
}

/// Plans or executes.
pub(crate) fn go(task: &Task, context: &Context<'_>) -> Outcome {
    go_with(
        task,
        project::load_adjusted(context, &task.adjustments),
        context,
    )
}

/// The same with what has been loaded already.
pub(crate) fn go_with(
    task: &Task,
    loaded: Result<Loaded, Failure>,
    context: &Context<'_>,
) -> Outcome {
    let outcome = loaded.and_then(|loaded| {
        super::block_on(async {
            let interrupts = Interrupts::listen().map_err(|error| super::no_signals(&error))?;
            let disk = if task.dry_run {
                Disk::Untouched
            } else {
                Disk::Keep
            };
            let (mut planner, place) = stoppable(
                &interrupts,
                session::open(context, loaded, disk, Some(&task.pipeline)),
            )
            .await?;
            if task.drift.is_some() {
                planner = planner.looking_closely();
            }
            if task.dry_run {
                let planned = stoppable(&interrupts, plan(task, &planner, &place)).await?;
                let code = show(task, &planned.plan, &planner, &place, context)?;
                if let Some(file) = &task.keep {
                    plan_file::keep(file, task, &planned, &planner, context)?;
                }
                Ok(code)
            } else {
                execute::run(task, planner, &place, &interrupts, context).await
            }
        })
    });
    if let (Err(Failure::Problems(problems)), Format::Json, false) =
        (&outcome, task.format, task.dry_run)
    {
        let problems: Vec<_> = problems.iter().map(Problem::to_json).collect();
        context
            .terminal
            .result(&json!({ "event": "refused", "problems": problems }).to_string());
    }
    outcome
}

/// Plans, and makes sure that what a run uses only later can be used.
async fn plan(task: &Task, planner: &Planner, place: &Place) -> Result<Planned, Failure> {
    let salt = task.saved.as_ref().map(|saved| saved.plan.salt.as_str());
    let planned = planner
        .plan_with_facts(&task.pipeline, task.goal, &task.only, salt)
        .await;
    let mut problems = Vec::new();
    for (name, role) in used_later(&planner.setup().config, &task.pipeline) {
        if let Err(error) = planner.load(name, role).await {
            problems.extend(convert::run(error, place));
        }
    }
    match planned {
        Ok(mut planned) if problems.is_empty() => {
            let text = place.config.as_ref().map(|it| it.text.as_str());
            let hash = sinops_compose::definition_hash(&json!(text));
            planned.facts.insert("sinops.yaml".into(), brief(&hash));
            Ok(planned)
        }
        Ok(_) => Err(Failure::Problems(problems)),
        Err(error) => {
            let mut all = convert::run(error, place);
            all.append(&mut problems);
            Err(Failure::Problems(all))
        }
    }
}

/// Notifiers, and the collector of the gates where sinops.yaml has a say in it.
fn used_later<'a>(config: &'a Config, pipeline: &str) -> Vec<(&'a str, Role)> {
    let mut used: Vec<(&str, Role)> = Vec::new();
    if config
        .plugins()
        .any(|plugin| plugin.name == config.gate_collector)
        || config.gate_collector != DEFAULT_GATE
    {
        used.push((&config.gate_collector, Role::Collector));
    }
    if let Some(pipeline) = config.pipelines.get(pipeline) {
        used.extend(
            pipeline
                .notify
                .iter()
                .map(|name| (name.as_str(), Role::Notifier)),
        );
    }
    used
}

/// Does what changes nothing, until the user wants to stop.
async fn stoppable<T>(
    interrupts: &Interrupts,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        () = interrupts.any() => Err(Failure::Interrupted(Some("stopped; nothing was changed"))),
    }
}

/// Prints a plan.
fn show(
    task: &Task,
    plan: &Plan,
    planner: &Planner,
    place: &Place,
    context: &Context<'_>,
) -> Outcome {
    let stack = &planner.setup().stack;
    let volumes = if task.volumes {
        volumes(stack)
    } else {
        Vec::new()
    };
    let changes = changes(plan) + volumes.len();
    match task.format {
        Format::Json => {
            let mut document =
                serde_json::to_value(plan).map_err(|error| Failure::Fault(error.to_string()))?;
            if let Some(fields) = document.as_object_mut() {
                fields.insert("changes".into(), changes.into());
                if let Some(release) = &task.drift {
                    fields.insert("release".into(), release.number.into());
                }
                if task.volumes {
                    fields.insert("remove-volumes".into(), json!(volumes));
                }
            }
            context.terminal.result(&format!("{document:#}"));
        }
        Format::Text => {
            let page = context.terminal.out_page();
            context.terminal.result(&match &task.drift {
                Some(release) => render::drift::document(plan, changes, release, stack, page),
                None => render::plan::document(plan, &volumes, stack, page),
            });
        }
    }
    let problems = convert::steps(&plan.problems, place);
    let refused = plan.critical().next().is_some();
    if refused {
        return Err(Failure::Problems(problems));
    }
    context.warn(problems);
    Ok(if task.exit_code && changes > 0 {
        CHANGES
    } else {
        SUCCESS
    })
}

/// How many actions of a plan change something.
fn changes(plan: &Plan) -> usize {
    let waits = |operation: &Operation| matches!(operation, Operation::Gate { .. });
    plan.actions
        .iter()
        .filter(|planned| !waits(&planned.action.operation))
        .count()
}

/// Volumes that `down --volumes` removes: those of the project, by name.
fn volumes(stack: &Stack) -> Vec<String> {
    stack
        .volumes
        .iter()
        .filter(|it| !it.external)
        .map(|it| it.name.clone())
        .collect()
}
