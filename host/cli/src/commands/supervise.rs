//! `sinops __supervise`: how the process engine starts its supervisor.

use super::Outcome;
use crate::args::Supervise;
use crate::failure::Failure;

pub(crate) fn run(_args: &Supervise) -> Outcome {
    Err(Failure::Fault("later".into()))
}
