//! Arguments of `sinops generate`.

use super::Format;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `sinops generate`.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Pipeline whose files are written
    #[arg(default_value = "monitoring")]
    pub(crate) pipeline: String,

    /// Folder to write into [default: the one that services mount, .sinops/generated]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,

    /// Print what would change in the files; write nothing
    #[arg(long, group = "look")]
    pub(crate) diff: bool,

    /// Print which files would be written; write nothing
    #[arg(long, group = "look")]
    pub(crate) dry_run: bool,

    /// With --diff or --dry-run: exit with 2 if a file would change
    #[arg(long, requires = "look")]
    pub(crate) exit_code: bool,

    /// Overwrite files that were changed by hand
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// text, or json: one document
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

impl Generate {
    /// Nothing is written.
    pub(crate) fn only_looks(&self) -> bool {
        self.diff || self.dry_run
    }
}
