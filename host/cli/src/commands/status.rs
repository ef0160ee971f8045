//! `sinops status`.

use super::{Context, Outcome};
use crate::args::{Format, Status};
use crate::failure::{Failure, SUCCESS};
use crate::problem::convert;
use crate::project;
use crate::render::status::{self, Picture};
use crate::session::{self, Disk};
use sinops_runtime::run::now_ms;

pub(crate) fn run(args: &Status, context: &Context<'_>) -> Outcome {
    let loaded = project::load(context)?;
    let picture = super::block_on(async {
        let (planner, place) = session::open(context, loaded, Disk::Untouched, None).await?;
        let observed = planner
            .observe()
            .await
            .map_err(|error| Failure::Problems(convert::run(error, &place)))?;
        Ok(Picture::new(&planner.setup().stack, &observed, now_ms()))
    })?;
    match args.format {
        Format::Json => {
            let document = serde_json::to_string_pretty(&picture)
                .map_err(|error| Failure::Fault(error.to_string()))?;
            context.terminal.result(&document);
        }
        Format::Text => {
            context
                .terminal
                .result(&status::text(&picture, context.terminal.out_page()));
        }
    }
    Ok(SUCCESS)
}
