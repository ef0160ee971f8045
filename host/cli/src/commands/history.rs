//! `sinops history`: what was deployed. Asks neither engine nor plugins.

use super::{Context, Outcome};
use crate::args::{Format, History, HistoryCommand};
use crate::failure::{Failure, SUCCESS};
use crate::problem::Problem;
use crate::project;
use crate::render::history;
use sinops_runtime::run::{ReleaseError, Releases};

pub(crate) fn run(args: &History, context: &Context<'_>) -> Outcome {
    let loaded = project::load(context)?;
    let releases = Releases::of(&loaded.state_directory());
    let page = context.terminal.out_page();
    let text = match &args.command {
        Some(HistoryCommand::Show { number, format }) => {
            let release = releases.read(*number).map_err(|error| problem(&error))?;
            match format {
                Format::Json => json(&release)?,
                Format::Text => history::one(&release, page),
            }
        }
        None => {
            let all = releases.of_project(&loaded.stack.project);
            let mut all = all.map_err(|error| problem(&error))?;
            all.reverse();
            match args.format {
                Format::Json => json(&all)?,
                Format::Text => history::list(&all, page),
            }
        }
    };
    context.terminal.result(&text);
    Ok(SUCCESS)
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Fault(error.to_string()))
}

/// With what there is, where a number is wrong.
pub(super) fn problem(error: &ReleaseError) -> Problem {
    let problem = Problem::error(error.to_string());
    match error {
        ReleaseError::Unknown { known, .. } if known.is_empty() => {
            problem.help("nothing was deployed from here yet: `sinops run deploy` makes the first")
        }
        ReleaseError::Unknown { known, .. } => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            problem.help(format!("kept are: {}", known.join(", ")))
        }
        ReleaseError::Unreadable { .. } | ReleaseError::Unwritable { .. } => {
            problem.help("remove the file, or put back what it held")
        }
    }
}
