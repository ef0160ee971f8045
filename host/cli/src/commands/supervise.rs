//! `sinops __supervise FOLDER`: how the process engine starts its supervisor.

use super::Outcome;
use crate::args::Supervise;

pub(crate) fn run(args: &Supervise) -> Outcome {
    let code = sinops_runtime::engines::supervise(&args.folder);
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}
