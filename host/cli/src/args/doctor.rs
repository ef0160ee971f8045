//! Arguments of `sinops doctor`.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sinops doctor                     look at all that lies in this folder
  sinops doctor ops/                look at another one
  sinops doctor -f compose.yaml     look at this project, as it is deployed
  sinops doctor --format sarif      for a forge that shows findings in reviews
  sinops doctor --fix               write a mended copy to .sinops/mended

Exit codes:
  0    nothing critical was found
  1    something critical was found (with --deny warnings: anything but notes), or wrong input";

/// `sinops doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Doctor {
    /// Folder to look at: every compose file in it, and the configuration below it
    /// [default: this folder; with -f the folder of the project]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,

    /// text, json: one document, or sarif: version 2.1.0
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: DoctorFormat,

    /// Fail also when something of this kind is found
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) deny: Option<Deny>,

    /// Leave findings of this code out; repeatable
    #[arg(long = "allow", value_name = "CODE")]
    pub(crate) allowed: Vec<String>,

    /// Write a mended copy of what was looked at, for the findings that can be mended
    #[arg(long)]
    pub(crate) fix: bool,

    /// Folder of the mended copy: a new or an empty one
    #[arg(long, value_name = "DIR", default_value = ".sinops/mended", requires = "fix", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,

    /// Mend the files themselves instead of a copy
    #[arg(long, requires = "fix", conflicts_with = "out")]
    pub(crate) in_place: bool,

    /// Do not ask promtool, amtool and other validators that are on this machine
    #[arg(long)]
    pub(crate) no_tools: bool,
}

/// Form of the findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For forges and editors
    Sarif,
}

/// `--deny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings as well as what is critical
    Warnings,
}
