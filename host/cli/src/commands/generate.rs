//! `sinops generate`: writes the files of a pipeline and does nothing else. The engine
//! is asked if one answers, and never changed.

use super::{Context, Outcome};
use crate::args::{Format, Generate};
use crate::failure::{CHANGES, Failure, SUCCESS};
use crate::problem::{Problem, convert};
use crate::project;
use crate::render;
use crate::session::{self, Disk};
use sinops_core::config::MONITOR;
use sinops_core::notification::Severity;
use sinops_runtime::run::{FileState, Generated, GeneratedFile, Lock, Planner};

pub(crate) fn run(args: &Generate, context: &Context<'_>) -> Outcome {
    if args.pipeline == MONITOR {
        return Err(Problem::error("`monitor` generates no files")
            .help("the pipeline with the files for the monitoring is `monitoring`")
            .into());
    }
    let loaded = project::load(context)?;
    super::block_on(async {
        let disk = if args.only_looks() {
            Disk::Untouched
        } else {
            Disk::Keep
        };
        let (planner, place) =
            session::open_onlooking(context, loaded, disk, &args.pipeline).await?;
        let planner = match &args.out {
            Some(folder) => planner.generating_into(context.surroundings.absolute(folder)),
            None => planner,
        };
        let generated = planner.generate(&args.pipeline).await;
        let generated =
            generated.map_err(|error| Failure::Problems(convert::run(error, &place)))?;
        let problems = convert::steps(&generated.problems, &place);
        let is_critical = |severity| severity == Severity::Critical;
        if generated
            .problems
            .iter()
            .any(|found| is_critical(found.problem.severity))
        {
            return Err(Failure::Problems(problems));
        }
        context.warn(problems);
        finish(args, &planner, &generated, context)
    })
}

fn finish(
    args: &Generate,
    planner: &Planner,
    generated: &Generated,
    context: &Context<'_>,
) -> Outcome {
    let agreed = args.overwrite || planner.setup().config.overwrite;
    let lost = generated.files.iter().filter(|it| it.state.is_a_persons());
    let lost: Vec<&GeneratedFile> = lost.filter(|_| !agreed).collect();
    if !args.only_looks() {
        refuse(args, &lost)?;
        write(args, planner, generated)?;
    }
    let written = !args.only_looks();
    let folder = generated.folder().path().display().to_string();
    let shown = render::generate::Shown {
        generated,
        folder: &context.surroundings.shown(&folder),
        written,
        agreed,
    };
    let page = context.terminal.out_page();
    let text = match args.format {
        Format::Json => format!("{:#}", shown.json(args.diff)),
        Format::Text if args.diff => shown.diff(page),
        Format::Text => shown.list(page),
    };
    if !text.is_empty() {
        context.terminal.result(&text);
    }
    let changes = generated
        .files
        .iter()
        .any(|file| file.state != FileState::Unchanged);
    Ok(if args.exit_code && changes {
        CHANGES
    } else {
        SUCCESS
    })
}

/// Nothing at all is written where something of a person would be lost.
fn refuse(args: &Generate, lost: &[&GeneratedFile]) -> Result<(), Failure> {
    if lost.is_empty() {
        return Ok(());
    }
    let out = match &args.out {
        Some(out) => format!(" --out {}", out.display()),
        None => String::new(),
    };
    let command = format!("sinops generate {}{out}", args.pipeline);
    let problem = |file: &&GeneratedFile| {
        let words = match file.state {
            FileState::Foreign => "was not written by sinops and would be overwritten",
            _ => "was changed by hand and would be overwritten",
        };
        Problem::error(format!("{} {words}", file.path)).help(format!(
            "`{command} --diff` shows the difference; `--overwrite` accepts it; what you added \
             survives between lines `# sinops:keep begin NAME` and `# sinops:keep end`"
        ))
    };
    Err(Failure::Problems(lost.iter().map(problem).collect()))
}

fn write(args: &Generate, planner: &Planner, generated: &Generated) -> Result<(), Failure> {
    let failed = |error: String| Failure::from(Problem::error(error));
    // A run that is under way writes to the folder that services mount.
    let _lock = match args.out {
        Some(_) => None,
        None => Some(
            Lock::take(&planner.state_directory()).map_err(|error| failed(error.to_string()))?,
        ),
    };
    generated.write().map_err(|error| failed(error.to_string()))
}
