//! A real run: under the lock, with progress, a summary or a report of its
//! failure, and word to the notifiers.

use super::{Task, changes, stoppable, volumes};
use crate::args::Format;
use crate::commands::plan as plan_file;
use crate::commands::{Context, Outcome};
use crate::failure::{Failure, SUCCESS};
use crate::interrupt::Interrupts;
use crate::problem::{Problem, convert};
use crate::project::Place;
use crate::render::{progress, report};
use serde_json::{Value, json};
use sinops_core::action::Goal;
use sinops_core::plan::Plan;
use sinops_core::release::Release;
use sinops_runtime::engines::EngineOperation;
use sinops_runtime::run::{Event, Events, Planner, Report, RunResult, Runner, Told};
use std::collections::HashSet;
use std::time::{Duration, Instant};

pub(super) async fn run(
    task: &Task,
    planner: Planner,
    place: &Place,
    interrupts: &Interrupts,
    context: &Context<'_>,
) -> Outcome {
    let begun = Instant::now();
    let (mut runner, mut plan) = stoppable(interrupts, async {
        let mut runner = Runner::new(planner)
            .await
            .map_err(|error| Failure::Problems(convert::run(error, place)))?;
        let planned = super::plan(task, runner.planner(), place).await?;
        if let Some(saved) = &task.saved {
            plan_file::hold(saved, &planned, runner.planner())?;
        }
        runner.start_from(planned.observed);
        Ok((runner, planned.plan))
    })
    .await?;
    if let Err(refusal) = permitted(&plan, place, context) {
        let report = not_begun(task, &plan, RunResult::Failed, begun.elapsed());
        tell(&runner, &report, task, context).await;
        runner.close().await;
        return Err(refusal);
    }
    let images = plan.images_first(&runner.planner().setup().stack, runner.observed());
    if let Some(images) = images {
        let (report, changed) = carry_out(&runner, task, &images, interrupts, context).await?;
        if report.result != RunResult::Succeeded {
            let told = tell(&runner, &report, task, context).await;
            runner.close().await;
            let ending = Ending {
                changed: &changed,
                removed: &[],
                told: &told,
                release: None,
            };
            return conclude(&report, &images, &ending, task, context);
        }
        plan = stoppable(interrupts, async {
            runner.settle_images();
            // A kept plan says that images come first: what follows from them is its own.
            let planned = super::plan(task, runner.planner(), place).await?;
            runner.start_from(planned.observed);
            Ok::<_, Failure>(planned.plan)
        })
        .await?;
    }
    let idle = changes(&plan) == 0;
    let (mut outcome, changed) = if idle {
        let nothing = not_begun(task, &plan, RunResult::Succeeded, begun.elapsed());
        (nothing, HashSet::new())
    } else {
        carry_out(&runner, task, &plan, interrupts, context).await?
    };
    let release = written(&runner, &outcome, idle, task, context).await;
    let removed = if outcome.result == RunResult::Succeeded && task.volumes {
        remove_volumes(&runner, &mut outcome).await
    } else {
        Vec::new()
    };
    if idle && removed.is_empty() && outcome.result == RunResult::Succeeded {
        runner.close().await;
        up_to_date(task, &plan, context);
        return Ok(SUCCESS);
    }
    let told = tell(&runner, &outcome, task, context).await;
    runner.close().await;
    let ending = Ending {
        changed: &changed,
        removed: &removed,
        told: &told,
        release,
    };
    conclude(&outcome, &plan, &ending, task, context)
}

/// Writes down what is there now. That the disk does not take it does not make the run fail.
async fn written(
    runner: &Runner,
    report: &Report,
    idle: bool,
    task: &Task,
    context: &Context<'_>,
) -> Option<Release> {
    if report.result != RunResult::Succeeded || task.goal == Goal::Down {
        return None;
    }
    match runner.release(&task.pipeline, idle).await {
        Ok(release) => release,
        Err(error) => {
            let problem = Problem::warning(format!("no release was written: {error}"));
            context.warn(vec![problem.help(
                "`sinops rollback` will not know of this deploy; the next one is written again",
            )]);
            None
        }
    }
}

/// What came of a run beside its report.
#[derive(Debug)]
struct Ending<'a> {
    changed: &'a HashSet<usize>,
    removed: &'a [String],
    told: &'a [Told],
    release: Option<Release>,
}

/// A plan with a critical problem is not begun.
fn permitted(plan: &Plan, place: &Place, context: &Context<'_>) -> Result<(), Failure> {
    let problems = convert::steps(&plan.problems, place);
    if plan.critical().next().is_some() {
        return Err(Failure::Problems(problems));
    }
    context.warn(problems);
    Ok(())
}

/// The report of a run that had nothing to execute, or was not allowed to.
fn not_begun(task: &Task, plan: &Plan, result: RunResult, took: Duration) -> Report {
    let words: Vec<&str> = plan
        .critical()
        .map(|found| found.problem.message.as_str())
        .collect();
    let failure = (!words.is_empty()).then(|| sinops_runtime::run::Failure {
        what: "plan".into(),
        message: words.join("; "),
        ..sinops_runtime::run::Failure::default()
    });
    Report {
        run: String::new(),
        project: plan.project.clone(),
        pipeline: task.pipeline.clone(),
        result,
        changed: Vec::new(),
        tiers: Vec::new(),
        took,
        failure,
        undone: Vec::new(),
        left: Vec::new(),
        answers: Vec::new(),
        journal: String::new(),
    }
}

fn up_to_date(task: &Task, plan: &Plan, context: &Context<'_>) {
    match task.format {
        Format::Json => context.terminal.result(
            &json!({ "event": "up-to-date", "project": plan.project, "goal": plan.goal })
                .to_string(),
        ),
        Format::Text => context
            .terminal
            .result(&report::nothing_to_do(plan, context.terminal.out_page())),
    }
}

/// Executes while the events are shown; also gives the actions that changed something.
async fn carry_out(
    runner: &Runner,
    task: &Task,
    plan: &Plan,
    interrupts: &Interrupts,
    context: &Context<'_>,
) -> Result<(Report, HashSet<usize>), Failure> {
    let (events, mut received) = Events::channel();
    let terminal = context.terminal;
    let mut progress = progress::choose(task.format, plan, terminal, context.global.verbose > 0);
    let mut changed = HashSet::new();
    let work = async {
        let report = runner
            .execute(plan, &task.pipeline, &events, &interrupts.run)
            .await;
        // With the sender gone the other side ends as well.
        drop(events);
        report
    };
    let watch = async {
        while let Some(event) = received.recv().await {
            if let Event::ActionDone {
                index,
                changed: true,
                ..
            } = event
            {
                changed.insert(index);
            }
            progress.event(&for_display(event, task.format, context), terminal);
        }
        progress.finish(terminal);
    };
    let (report, ()) = tokio::join!(work, watch);
    let mut report = report.map_err(|error| Failure::from(Problem::error(error.to_string())))?;
    if task.format == Format::Text {
        report.journal = context.surroundings.shown(&report.journal);
    }
    Ok((report, changed))
}

/// Paths as the user writes them, where a person reads.
fn for_display(event: Event, format: Format, context: &Context<'_>) -> Event {
    match event {
        Event::Started {
            run,
            project,
            actions,
            journal,
        } if format == Format::Text => Event::Started {
            run,
            project,
            actions,
            journal: context.surroundings.shown(&journal),
        },
        other => other,
    }
}

/// The volumes go last, and only by the user's word: no plugin can remove data.
async fn remove_volumes(runner: &Runner, report: &mut Report) -> Vec<String> {
    let setup = runner.planner().setup();
    let mut removed = Vec::new();
    for name in volumes(&setup.stack) {
        match setup
            .engine
            .execute(&EngineOperation::RemoveVolume(name.clone()))
            .await
        {
            Ok(effect) if effect.changed => removed.push(name),
            Ok(_) => {}
            Err(error) => {
                report.result = RunResult::Failed;
                report.left.push(format!("remove volume {name}: {error}"));
            }
        }
    }
    removed
}

/// Tells the notifiers of a deploy; one that fails does not make the run fail.
async fn tell(runner: &Runner, report: &Report, task: &Task, context: &Context<'_>) -> Vec<Told> {
    if task.goal == Goal::Down {
        return Vec::new();
    }
    let told = runner.planner().tell(report).await;
    if task.format == Format::Text {
        let problems = told.iter().filter_map(|told| {
            let reason = told.outcome.as_ref().err()?;
            Some(Problem::warning(format!(
                "`{}` could not tell: {reason}",
                told.notifier
            )))
        });
        context.warn(problems.collect());
    }
    told
}

fn told_json(told: &Told) -> Value {
    let (delivered, words) = match &told.outcome {
        Ok(reference) => (true, reference),
        Err(reason) => (false, reason),
    };
    json!({ "notifier": told.notifier, "delivered": delivered, "detail": words })
}

fn conclude(
    report: &Report,
    plan: &Plan,
    ending: &Ending<'_>,
    task: &Task,
    context: &Context<'_>,
) -> Outcome {
    let terminal = context.terminal;
    let succeeded = report.result == RunResult::Succeeded;
    match task.format {
        Format::Json => {
            let line = json!({
                "event": "report", "report": report, "removed-volumes": ending.removed,
                "told": ending.told.iter().map(told_json).collect::<Vec<_>>(),
                "release": ending.release.as_ref().map(|release| release.number),
            });
            terminal.result(&line.to_string());
        }
        Format::Text if succeeded => {
            let page = terminal.out_page();
            let summary = report::summary(report, plan, ending.changed, ending.removed, page);
            let release = ending.release.as_ref();
            terminal.result(&(summary + &release.map_or_else(String::new, report::release)));
        }
        Format::Text => terminal.say(&report::failure(report, plan.goal, terminal.err_page())),
    }
    match report.result {
        RunResult::Succeeded => Ok(SUCCESS),
        RunResult::Failed => Err(Failure::Reported),
        RunResult::Interrupted | RunResult::Aborted => Err(Failure::Interrupted(None)),
    }
}
