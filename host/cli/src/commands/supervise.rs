//! `sinops __supervise <folder>`: what the process engine starts for each
//! container. It has no terminal: what it has to say is in the folder.

use super::Outcome;
use crate::args::Supervise;
use crate::failure::Failure;
use std::path::Path;

pub(crate) fn run(args: &Supervise) -> Outcome {
    match args.arguments.as_slice() {
        [folder] => {
            let code = sinops_runtime::engines::supervise(Path::new(folder));
            Ok(u8::try_from(code).unwrap_or(1))
        }
        _ => Err(Failure::Fault(
            "the supervisor is started with one folder".into(),
        )),
    }
}
