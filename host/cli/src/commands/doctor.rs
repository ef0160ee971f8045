//! `sinops doctor`: what is wrong with a set of files, found by the steps of a
//! pipeline that only looks, and by validators that this machine has.

mod finding;
mod look;
mod mend;
mod tools;

pub(crate) use finding::{Finding, Findings, line_and_column};
pub(crate) use tools::Asked;

use super::{Context, Outcome, block_on};
use crate::args::doctor::{Deny, Doctor, DoctorFormat};
use crate::builtins;
use crate::failure::{Failure, SUCCESS};
use crate::problem::convert;
use crate::render::doctor as render;
use crate::session::{self, Disk};
use sinops_core::config::Config;
use sinops_core::notification::Severity;
use sinops_runtime::run::{Examination, examine};

/// The pipeline of checks; without one in sinops.yaml, all built-ins whose
/// names begin so.
const PIPELINE: &str = "doctor";

pub(crate) fn run(args: &Doctor, context: &Context<'_>) -> Outcome {
    let look = look::at(args.directory.as_deref(), context)?;
    let mut findings = look.findings;
    let steps = steps(&look.config.config);
    if steps.is_empty() {
        return Err(crate::problem::Problem::error(builtins::NONE)
            .help(builtins::NONE_HELP)
            .into());
    }
    let plugins = session::plugin_host(Disk::Keep)?;
    for set in look.sets {
        let found = block_on(async {
            let examination = Examination {
                plugins: &plugins,
                config: &look.config.config,
                config_directory: &look.config.directory,
                steps: &steps,
                project: set.compose.as_ref().map(|it| &it.project),
                stack: set.stack,
                texts: set.texts,
            };
            examine(examination).await.map_err(|error| {
                Failure::Problems(convert::examination(error, look.config.source.as_ref()))
            })
        })?;
        let origins = set.compose.as_ref().map(|it| &it.origins);
        for problem in found {
            findings.add_step(&set.directory, origins, problem);
        }
    }
    let asked = if args.no_tools {
        Vec::new()
    } else {
        tools::ask(context, &mut findings)
    };
    findings.allow(&args.allowed);
    findings.sort();
    let mended = if args.fix {
        Some(mend::write(args, context, &look.root, &findings)?)
    } else {
        None
    };
    let shown = |path: &std::path::Path| context.surroundings.shown(&path.display().to_string());
    match args.format {
        DoctorFormat::Text => {
            let page = context.terminal.out_page();
            let text = render::text(&findings, &shown, page);
            if !text.is_empty() {
                context.terminal.result(&text);
            }
            context.terminal.result(&render::sum(&findings, &asked));
        }
        DoctorFormat::Json => context.terminal.result(&render::json(&findings, &shown)),
        DoctorFormat::Sarif => context.terminal.result(&render::sarif(&findings, &shown)),
    }
    if let Some(mended) = mended {
        context.terminal.say(&mended);
    }
    let limit = match args.deny {
        Some(Deny::Warnings) => Severity::Warning,
        None => Severity::Critical,
    };
    if findings.iter().any(|it| it.severity >= limit) {
        return Err(Failure::Reported);
    }
    Ok(SUCCESS)
}

/// Instance names of the steps that look.
fn steps(config: &Config) -> Vec<String> {
    if let Some(pipeline) = config.pipelines.get(PIPELINE) {
        return pipeline.steps.clone();
    }
    let names = builtins::all().iter().map(|builtin| builtin.name);
    names
        .filter(|name| {
            name.strip_prefix(PIPELINE)
                .is_some_and(|it| it.starts_with('-'))
        })
        .map(str::to_owned)
        .collect()
}
